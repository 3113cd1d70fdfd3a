"""The edition for learners, run from top to bottom, and written down in results/student.csv.

`python -m spoken_digits.rehearsal` runs the notebooks whose code for learners has changed since.
"""

import argparse
import tempfile
import time
from pathlib import Path

from .costs import load_costs, measure, put, stale
from .editions import write_student
from .pages import NOTEBOOKS, code_hash, notebook_paths, read_cells
from .records import RESULTS

TABLE = RESULTS / "student.csv"
WAITS = "waits for your answer"


def rehearse(path):
    """Run a notebook of the edition for learners as it is. Returns how many checks wait.

    Raises RuntimeError where a cell fails, and where a check does not wait for its answer.
    """
    waiting, checks = measure(path, checks_that_wait)[2]
    if waiting < checks or not checks:
        raise RuntimeError(f"{path.name}: {waiting} of {checks} checks wait for an answer.")
    return waiting


def checks_that_wait(path):
    """How many checks of a notebook that was run wait for their answer, and how many there are."""
    checks = [cell for cell in read_cells(path) if "check" in cell["metadata"].get("tags", [])]
    return sum(WAITS in str(cell["outputs"]) for cell in checks), len(checks)


def record(student, numbers, table=TABLE, folder=NOTEBOOKS):
    """Run the notebooks with these numbers from the folder `student`, and write each down."""
    for path in notebook_paths(student):
        number = path.name[:2]
        if number not in numbers:
            continue
        start = time.perf_counter()
        waiting = rehearse(path)
        day = time.strftime("%Y-%m-%d")
        row = {"notebook": number, "code": code_hash(path), "waiting": waiting, "date": day}
        put([row], table, folder)
        seconds = time.perf_counter() - start
        print(f"{number}: to its end in {seconds:.0f} s; {waiting} checks wait", flush=True)


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="python -m spoken_digits.rehearsal",
        description="Run the notebooks of the edition for learners, and write down that they run.",
        epilog="Without numbers: those whose code for learners was not run as it is now.",
    )
    parser.add_argument("numbers", nargs="*", help="such as 01 05")
    numbers = parser.parse_args(arguments).numbers
    with tempfile.TemporaryDirectory() as build:
        student = write_student(Path(build))
        record(student, numbers or stale(load_costs(TABLE), student))


if __name__ == "__main__":
    main()
