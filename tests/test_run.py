"""What tests/run.py takes, in which order, how much of it at once, and what it counts."""

import shutil
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

import run
from spoken_digits import costs

ROOT = Path(__file__).parents[1]
NOTEBOOKS = ROOT / "notebooks"
APART = ["-p", "no:cacheprovider"]  # a pytest in a test leaves nothing behind
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


# --- Which first, and how many at once ---


def test_the_longest_goes_first_and_before_it_what_was_never_measured(monkeypatch):
    table = pd.DataFrame({"seconds": [9, 60, 50], "speed": [900, 400, 900]}, ["01", "02", "03"])
    monkeypatch.setattr(costs, "load_costs", lambda: table)  # the 60 s were of a slow machine
    paths = [Path(f"{number}_x.ipynb") for number in ("01", "02", "03", "04")]
    assert [path.name[:2] for path in run.longest_first(paths)] == ["04", "03", "02", "01"]


@pytest.mark.parametrize(
    ("cores", "gigabytes", "lanes"), [(1, 16, 1), (2, 16, 2), (8, 16, 4), (2, 4, 1), (4, 0.5, 1)]
)
def test_a_lane_needs_a_core_and_memory(monkeypatch, cores, gigabytes, lanes):
    memory = type("Memory", (), {"available": gigabytes * 1e9})
    monkeypatch.setattr(run, "cores", lambda: cores)
    monkeypatch.setattr(run.psutil, "virtual_memory", lambda: memory)
    assert run.lanes() == lanes


def test_the_hungriest_notebook_fits_in_its_lane():
    assert costs.load_costs()["megabytes"].max() * 1e6 < run.MEMORY


@pytest.fixture
def machine(monkeypatch):
    """A function that says how many cores and lanes there are."""

    def set_to(cores, lanes):
        monkeypatch.setattr(run, "cores", lambda: cores)
        monkeypatch.setattr(run, "lanes", lambda: lanes)
        for name in run.THREADS:
            monkeypatch.delenv(name, raising=False)

    return set_to


# Each tells how many threads it may use, and waits until the others have told.
MEETS = """
import os, time
from pathlib import Path

def test_meets():
    here = Path(__file__)
    here.with_suffix(".told").write_text(os.environ.get("OMP_NUM_THREADS", "all"))
    end = time.monotonic() + 60
    while len(list(here.parent.glob("*.told"))) < len(list(here.parent.glob("*.py"))):
        assert time.monotonic() < end, "nobody came"
        time.sleep(0.02)
"""


@pytest.mark.parametrize(
    ("lanes", "works", "threads"), [(2, 2, "4"), (4, 3, "2"), (4, 1, "all"), (1, 1, "all")]
)
def test_works_run_at_once_and_share_the_cores(machine, tmp_path, capfd, lanes, works, threads):
    machine(8, lanes)
    files = {f"Work {n}": tmp_path / f"test_{n}.py" for n in range(works)}
    for file in files.values():
        file.write_text(MEETS)
    stages = run.run_side_by_side([(title, [*APART, str(file)]) for title, file in files.items()])
    passed = {"passed": 1, "failed": 0, "skipped": 0}
    assert stages == [(title, passed) for title in files]
    assert [file.read_text() for file in tmp_path.glob("*.told")] == [threads] * works
    shown = capfd.readouterr().out
    assert all(f"\n=== {title} ===\n" in shown for title in files)
    assert shown.count("1 passed in") == works


def test_one_lane_takes_the_works_one_after_the_other(machine, tmp_path):
    machine(1, 1)
    for n in range(2):
        (tmp_path / f"test_{n}.py").write_text("def test_it():\n    assert True\n")
    works = [(str(n), [*APART, str(tmp_path / f"test_{n}.py")]) for n in range(2)]
    assert [counts["passed"] for _, counts in run.run_side_by_side(works)] == [1, 1]


# --- What is counted ---


def test_what_fails_is_skipped_or_takes_its_process_along_is_counted(machine, tmp_path, capfd):
    machine(2, 2)
    tests = {
        "bad": "assert False",
        "good": "pass",
        "skipped": "import pytest; pytest.skip('why not')",
        "dying": "import os; os._exit(1)",
        "killed": "import os; os.kill(os.getpid(), 9)",
    }
    works = [("None", [*APART, str(tmp_path / "test_empty.py")])]
    (tmp_path / "test_empty.py").touch()
    for name, body in tests.items():
        (tmp_path / f"test_{name}.py").write_text(f"def test_it():\n    {body}\n")
        works.append(("Some", [*APART, str(tmp_path / f"test_{name}.py")]))
    assert run.summary(run.run_side_by_side(works)) == 1
    shown = capfd.readouterr().out.partition("=== Summary ===\n")[2]
    assert shown.splitlines() == [
        "FAILED  None",
        "FAILED  Some (1 skipped)",
        "1 passed, 4 failed, 1 skipped",
    ]


def test_notebooks_side_by_side_are_compared_and_fail_alone(machine, tmp_path):
    machine(2, 2)
    shutil.copy(ROOT / "conftest.py", tmp_path)
    count = ["n = 0", *["n += 1\nprint(n)"] * 3]  # cells that need those before them
    write(tmp_path / "dies.ipynb", ["import os\nos._exit(1)"], [""])
    write(tmp_path / "counts.ipynb", count, ["", *"123"])
    write(tmp_path / "differs.ipynb", count, ["", *"124"])
    options = [*APART, "--nbval", "--nbval-current-env", "--nbval-cell-timeout=100"]
    names = ("dies", "counts", "differs")
    works = [(name, [*options, str(tmp_path / f"{name}.ipynb")]) for name in names]
    assert dict(run.run_side_by_side(works)) == {
        "dies": {"passed": 0, "failed": 1, "skipped": 0},
        "counts": {"passed": 4, "failed": 0, "skipped": 0},
        "differs": {"passed": 3, "failed": 1, "skipped": 0},
    }


def write(path, sources, printed):
    """A notebook whose cells have these sources, and each of these texts as stored output."""
    notebook = new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python"}})
    for source, text in zip(sources, printed, strict=True):
        outputs = [new_output("stream", name="stdout", text=f"{text}\n")] if text else []
        notebook.cells.append(new_code_cell(source, execution_count=1, outputs=outputs))
    nbformat.write(notebook, path)


# --- All of it ---


def test_all_is_run_once(monkeypatch):
    """Each file of tests and each notebook is in one work, those named alone where some are."""
    asked = []
    counts = {"passed": 1, "failed": 0, "skipped": 0}

    def note(works):
        asked.extend(works)
        return [(title, counts) for title, _ in works]

    monkeypatch.setattr(run, "bring_recordings", lambda: "fsdd")
    monkeypatch.setattr(run, "run", lambda title, *command: (title, counts))
    monkeypatch.setattr(run, "run_pytest", lambda work: note([work])[0])
    monkeypatch.setattr(run, "run_side_by_side", note)
    monkeypatch.chdir(ROOT)
    assert run.main([]) == 0
    arguments = [argument for _, each in asked for argument in each]
    files = {each.removeprefix("--ignore=") for each in arguments if each.startswith("--ignore=")}
    assert files == {each for each in arguments if each.startswith("tests/")}
    assert all((ROOT / file).is_file() for file in files)
    assert arguments.count("tests") == 1
    notebooks = [Path(each).name for each in arguments if each.endswith(".ipynb")]
    assert sorted(notebooks) == sorted(path.name for path in NOTEBOOKS.glob("*.ipynb"))
    asked.clear()
    assert run.main(["notebooks/02*.ipynb"]) == 0
    ((title, arguments),) = asked
    assert title == "Notebooks, strict comparison, on the corpus fsdd"
    assert arguments[0] == "--nbval"
    assert arguments[-1] == str(TWO[0])
