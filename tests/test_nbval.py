"""What the root conftest.py changes in nbval: stderr is not compared, a dead kernel is noticed."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

CONFTEST = Path(__file__).parents[1] / "conftest.py"


def run_nbval(folder, source, stored, *options):
    """Run nbval on a notebook of one cell with stored stdout; return its exit code and report."""
    stdout = [new_output("stream", name="stdout", text=stored)]
    cell = new_code_cell(source, execution_count=1, outputs=stdout)
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
    code, report = run_nbval(tmp_path, source, "same\n", option)
    assert code == exit_code, report
    assert exit_code == 0 or "Cell outputs differ" in report


def test_a_dead_kernel_fails_at_once(tmp_path):
    start = time.monotonic()
    source = "import os\nos._exit(1)"
    code, report = run_nbval(tmp_path, source, "", "--nbval-lax", "--nbval-cell-timeout=100")
    assert code == 1
    assert "The kernel died while it ran this cell." in report
    assert time.monotonic() - start < 60
