"""Run every check and close with the counts: `make test`, or `python tests/run.py`.

With names of notebooks, only those are checked: `python tests/run.py notebooks/01*.ipynb`. They
are seen from the folder where that is typed; the star is for those shells, too, that hand it on.
The second way needs no make: it is the one for conda and for Windows.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

import helpers

CELL_TIMEOUT = 480  # seconds, so that a cell that hangs is noticed, on a slow machine too


def main(names):
    notebooks = [path for name in names for path in found(name)]
    os.chdir(Path(__file__).resolve().parents[1])
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # no start-up chatter of TensorFlow
    stages = []
    if not notebooks:
        notebooks = ["notebooks"]
        stages += [run("Style", "ruff", "check"), run("Layout", "ruff", "format", "--check")]
        apart = {"In a browser": "tests/test_browser.py", "Site": "tests/test_site.py"}
        stages += [run_pytest("Unit tests", "tests", *(f"--ignore={f}" for f in apart.values()))]
        stages += [run_pytest(title, file) for title, file in apart.items()]

    corpus = helpers.load_recordings().attrs["corpus"]
    # On other voices the numbers in the notebooks differ: there, cells need only run.
    mode, option = ("strict", "--nbval") if corpus == "fsdd" else ("lax", "--nbval-lax")
    title = f"Notebooks, {mode} comparison, on the corpus {corpus}"
    options = [option, "--nbval-current-env", f"--nbval-cell-timeout={CELL_TIMEOUT}"]
    stages += [run_pytest(title, *options, *notebooks)]

    print("\n=== Summary ===")
    for title, counts in stages:
        verdict = "FAILED" if counts["failed"] else "passed"
        skipped = f" ({counts['skipped']} skipped)" if counts["skipped"] else ""
        print(f"{verdict}  {title}{skipped}")
    total = {key: sum(counts[key] for _, counts in stages) for key in stages[0][1]}
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**total))
    return 1 if total["failed"] else 0


def found(name):
    """The paths that a name stands for, a list. Raises SystemExit where there are none."""
    paths = sorted(path.resolve() for path in Path(name).parent.glob(Path(name).name))
    if not paths:
        raise SystemExit(f"There is no {name} in {Path.cwd()}.")
    return paths


def run(title, *command):
    """Run a module of this Python and let its output through; a failure counts as one."""
    print(f"\n=== {title} ===", flush=True)
    done = subprocess.run([sys.executable, "-m", *command])
    return title, {"passed": 0, "failed": int(done.returncode != 0), "skipped": 0}


def run_pytest(title, *arguments):
    """Run pytest and count what it did. A crash, or no test at all, counts as a failure."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        _, counts = run(title, "pytest", f"--junitxml={report}", *arguments)
        if report.exists():
            suite = next(ElementTree.parse(report).iter("testsuite"))
            tests, failures, errors, skipped = (
                int(suite.get(key)) for key in ("tests", "failures", "errors", "skipped")
            )
            counts["passed"] = tests - failures - errors - skipped
            counts["failed"] = max(counts["failed"], failures + errors)
            counts["skipped"] = skipped
    return title, counts


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
