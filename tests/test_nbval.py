"""What the root conftest.py changes in nbval: stderr, rounding in sounds, a dead kernel."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

import helpers

CONFTEST = Path(__file__).parents[1] / "conftest.py"


def run_nbval(folder, source, stored, *options):
    """Run nbval on a notebook of one cell with stored outputs; return its exit code and report."""
    cell = new_code_cell(source, execution_count=1, outputs=stored)
    kernel = {"name": "python3", "display_name": "Python 3"}
    notebook = new_notebook(cells=[cell], metadata={"kernelspec": kernel})
    nbformat.write(notebook, folder / "one_cell.ipynb")
    shutil.copy(CONFTEST, folder)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("printed", "option", "exit_code"),
    [
        ("same", "--nbval", 0),
        ("other", "--nbval", 1),
        ("other", "--nbval-lax", 0),
    ],
)
def test_stdout_is_compared_and_stderr_is_not(tmp_path, printed, option, exit_code):
    source = f"import sys\nprint('chatter', file=sys.stderr)\nprint('{printed}')"
    stored = [new_output("stream", name="stdout", text="same\n")]
    code, report = run_nbval(tmp_path, source, stored, option)
    assert code == exit_code, report
    assert exit_code == 0 or "Cell outputs differ" in report


STEP = 1 / 32768  # of 16 bit
QUIET = np.zeros(800, dtype=np.float32)


@pytest.mark.parametrize(
    ("first", "second", "exit_code"),
    [
        (QUIET, QUIET, 0),
        (QUIET + 2 * STEP, QUIET - 2 * STEP, 0),  # rounding
        (QUIET, QUIET + 9 * STEP, 1),
        (QUIET, QUIET + 9 * STEP * (np.arange(800) == 7), 1),  # one sample only
        (QUIET[1:], QUIET, 1),
        (QUIET, None, 1),
    ],
)
def test_sounds_are_compared_but_for_rounding(tmp_path, first, second, exit_code):
    sounds = {"first": first} if second is None else {"first": first, "second": second}
    stored = new_output("display_data", data={"text/html": helpers.play(sounds).data})
    stored["data"]["text/plain"] = "<IPython.core.display.HTML object>"
    page = helpers.play({"first": QUIET, "second": QUIET}).data
    source = f"from IPython.display import HTML\nprint('before')\ndisplay(HTML({page!r}))"
    before = new_output("stream", name="stdout", text="before\n")
    code, report = run_nbval(tmp_path, source, [before, stored], "--nbval")
    assert code == exit_code, report
    assert exit_code == 0 or "mismatch 'text/html'" in report


def test_a_dead_kernel_fails_at_once(tmp_path):
    start = time.monotonic()
    source = "import os\nos._exit(1)"
    code, report = run_nbval(tmp_path, source, [], "--nbval-lax", "--nbval-cell-timeout=100")
    assert code == 1
    assert "The kernel died while it ran this cell." in report
    assert time.monotonic() - start < 60
