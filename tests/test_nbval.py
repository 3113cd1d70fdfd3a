"""What the root conftest.py changes in nbval: stderr, sounds, pictures, a dead kernel."""

import shutil
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import numpy as np
import pytest
from matplotlib import pyplot as plt
from nbformat.v4 import new_code_cell, new_notebook, new_output

import helpers
from spoken_digits import figures

CONFTEST = Path(__file__).parents[1] / "conftest.py"
STEP = 1 / 32768  # of 16 bit
QUIET = np.zeros(800, dtype=np.float32)


def run_nbval(folder, cells, *options):
    """Run nbval on a notebook: name -> (source, stored outputs) gives name -> why it failed."""
    shutil.copy(CONFTEST, folder)
    kernel = {"name": "python3", "display_name": "Python 3"}
    notebook = new_notebook(metadata={"kernelspec": kernel})
    for source, stored in cells.values():
        notebook.cells.append(new_code_cell(source, execution_count=1, outputs=stored))
    nbformat.write(notebook, folder / "cells.ipynb")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--junitxml=report.xml"]
    done = subprocess.run(
        [*command, *options], cwd=folder, capture_output=True, text=True, timeout=120
    )
    reports = ElementTree.parse(folder / "report.xml").iter("testcase")
    reasons = ["".join(report.itertext()) for report in reports]  # empty where it passed
    assert done.returncode == any(reasons), done.stdout
    return dict(zip(cells, reasons, strict=True))


def printing(text):
    """A cell that prints this and something on stderr; "same" is stored."""
    source = f"import sys\nprint('chatter', file=sys.stderr)\nprint('{text}')"
    return source, [new_output("stream", name="stdout", text="same\n")]


def playing(first, second):
    """A cell that plays silence twice; these two sounds are stored, or only the first."""
    sounds = {"first": first} if second is None else {"first": first, "second": second}
    stored = new_output("display_data", data={"text/html": helpers.play(sounds).data})
    stored["data"]["text/plain"] = "<IPython.core.display.HTML object>"
    page = helpers.play({"first": QUIET, "second": QUIET}).data
    source = f"from IPython.display import HTML\nprint('before')\ndisplay(HTML({page!r}))"
    return source, [new_output("stream", name="stdout", text="before\n"), stored]


def drawing(alt="Two bars.", size=(4, 3), bars=(1, 2), pictures=1):
    """A cell that draws two bars; what is stored was drawn with these settings."""
    source = (
        "import matplotlib.pyplot as plt\nfrom spoken_digits import figures\n"
        "figure, axes = plt.subplots(figsize=(4, 3))\naxes.bar([0, 1], [1, 2])\n"
        "figures.show(figure, 'Two bars.')"
    )
    stored = []
    for _ in range(pictures):
        figure, axes = plt.subplots(figsize=size)
        axes.bar([0, 1], bars)
        data = {"text/html": figures.image(figure, alt), "text/plain": alt}
        stored.append(new_output("display_data", data=data))
    return source, stored


# One notebook for all of these: a kernel is slow to start. Up to 4 steps of 16 bit are rounding.
STRICT = {
    "the same text": (printing("same"), ""),
    "another text": (printing("other"), "Cell outputs differ"),
    "the same sounds": (playing(QUIET, QUIET), ""),
    "rounding": (playing(QUIET + 4.4 * STEP, QUIET - 4.4 * STEP), ""),
    "another sound": (playing(QUIET, QUIET + 5.4 * STEP), "mismatch 'text/html'"),
    "another sample": (
        playing(QUIET, QUIET + 5.4 * STEP * (np.arange(800) == 7)),
        "mismatch 'text/html'",
    ),
    "another length": (playing(QUIET[1:], QUIET), "mismatch 'text/html'"),
    "a sound more": (playing(QUIET, None), "mismatch 'text/html'"),
    "the same picture": (drawing(), ""),
    "other pixels": (drawing(bars=(2, 1)), ""),
    "a border of 2 pixels": (drawing(size=(4.02, 2.98)), ""),
    "another size": (drawing(size=(4, 3.1)), "mismatch 'text/html'"),
    "another alternative text": (drawing("Three bars."), "Cell outputs differ"),
    "no picture stored": (drawing(pictures=0), "Cell outputs differ"),
    "a picture missing": (drawing(pictures=2), "Cell outputs differ"),
}


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    cells = {name: cell for name, (cell, _) in STRICT.items()}
    return run_nbval(tmp_path_factory.mktemp("strict"), cells, "--nbval")


@pytest.mark.parametrize("name", STRICT)
def test_text_and_sounds_are_compared_but_for_stderr_and_rounding(strict, name):
    _, reason = STRICT[name]
    assert reason in strict[name]
    assert bool(strict[name]) == bool(reason), strict[name]


def test_lax_compares_nothing_and_a_dead_kernel_fails_at_once(tmp_path):
    start = time.monotonic()
    cells = {"other": printing("other"), "dead": ("import os\nos._exit(1)", [])}
    failed = run_nbval(tmp_path, cells, "--nbval-lax", "--nbval-cell-timeout=100")
    assert failed["other"] == ""
    assert "The kernel died while it ran this cell." in failed["dead"]
    assert time.monotonic() - start < 60
