"""The names of notebooks that tests/run.py takes."""

from pathlib import Path

import pytest

import run

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
TWO = [NOTEBOOKS / "02_waveforms_and_spectrograms.ipynb"]


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        (NOTEBOOKS.parent, "notebooks/02_waveforms_and_spectrograms.ipynb"),
        (NOTEBOOKS.parent, "notebooks/02*.ipynb"),  # cmd.exe and PowerShell hand the star on
        (NOTEBOOKS, "02*.ipynb"),
        ("/", str(TWO[0])),
    ],
)
def test_a_notebook_is_found_from_where_one_is(monkeypatch, folder, name):
    monkeypatch.chdir(folder)
    assert run.found(name) == TWO


def test_none_of_that_name_is_a_sentence(monkeypatch):
    monkeypatch.chdir(NOTEBOOKS)
    with pytest.raises(SystemExit, match=r"There is no notebooks/02\*.ipynb in "):
        run.found("notebooks/02*.ipynb")
