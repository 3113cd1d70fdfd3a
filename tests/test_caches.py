"""Where neither the environment nor the home can be written, librosa still has a place."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from spoken_digits import caches

ROOT = Path(__file__).parents[1]
NOWHERE = Path("/nonexistent")


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", "")
    monkeypatch.delenv("NUMBA_CACHE_DIR")


def in_an_environment_at(folder, monkeypatch):
    """As if librosa were installed there."""
    spec = type("Spec", (), {"origin": str(folder / "__init__.py")})
    monkeypatch.setattr(caches, "find_spec", lambda name: spec)


def test_where_nothing_can_be_written_a_temporary_folder_is_made(monkeypatch):
    in_an_environment_at(NOWHERE, monkeypatch)
    monkeypatch.setattr(Path, "home", lambda: NOWHERE)
    caches.give_numba_a_place()
    folder = Path(os.environ["NUMBA_CACHE_DIR"])
    assert folder.is_dir()
    assert folder.stat().st_mode & 0o077 == 0  # what others could write there would be run
    folder.rmdir()


@pytest.mark.parametrize("writable", ["environment", "home"])
def test_one_place_is_enough(tmp_path, monkeypatch, writable):
    in_an_environment_at(tmp_path if writable == "environment" else NOWHERE, monkeypatch)
    monkeypatch.setattr(Path, "home", lambda: tmp_path if writable == "home" else NOWHERE)
    caches.give_numba_a_place()
    assert "NUMBA_CACHE_DIR" not in os.environ


def test_a_place_that_was_given_is_kept(monkeypatch):
    in_an_environment_at(NOWHERE, monkeypatch)
    monkeypatch.setattr(Path, "home", lambda: NOWHERE)
    monkeypatch.setenv("NUMBA_CACHE_DIR", "mine")
    caches.give_numba_a_place()
    assert os.environ["NUMBA_CACHE_DIR"] == "mine"


def test_a_temporary_folder_goes_with_its_process():
    code = (
        "from pathlib import Path; import helpers; from spoken_digits import caches; import os; "
        "os.environ.pop('NUMBA_CACHE_DIR', None); caches.can_write = lambda folder: False; "
        "caches.give_numba_a_place(); print(os.environ['NUMBA_CACHE_DIR'])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not Path(done.stdout.strip()).exists()
