"""Run every check and close with the counts: `make test`, or `python tests/run.py`.

With names of notebooks, only those are checked: `python tests/run.py notebooks/01*.ipynb`. They
are seen from the folder where that is typed; the star is for those shells, too, that hand it on.
The second way needs no make: it is the one for conda and for Windows.

Works (the tests, the browser, each notebook) run side by side, a process of pytest each. Not with
pytest-xdist: 3.8.0 waits for ever where a worker dies while its files are kept together
(https://github.com/pytest-dev/pytest-xdist/issues/1378).
"""

import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import psutil

import helpers
from spoken_digits import costs

CELL_TIMEOUT = 480  # seconds, so that a cell that hangs is noticed, on a slow machine too
LANES = 4  # at most: with more, all would wait for the longest work
MEMORY = 3.5e9  # bytes for a lane: what the hungriest notebook takes, and some
THREADS = ["OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"]

TIMES = "tests/test_benchmark.py"  # alone: it shows how long loading takes
APART = {"In a browser": "tests/test_browser.py", "Site": "tests/test_site.py"}


def main(names):
    notebooks = [path for name in names for path in found(name)]
    os.chdir(Path(__file__).resolve().parents[1])
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # no start-up chatter of TensorFlow
    corpus = bring_recordings()
    stages, works = [], []
    if not notebooks:
        notebooks = found("notebooks/*.ipynb")
        stages += [run("Style", "ruff", "check"), run("Layout", "ruff", "format", "--check")]
        stages += [run_pytest(("Loading times", [TIMES]))]
        works += [(title, [file]) for title, file in APART.items()]
        others = [f"--ignore={file}" for file in (TIMES, *APART.values())]
        works.insert(0, ("Unit tests", ["tests", *others]))

    # On other voices the numbers in the notebooks differ: there, cells need only run.
    mode, option = ("strict", "--nbval") if corpus == "fsdd" else ("lax", "--nbval-lax")
    title = f"Notebooks, {mode} comparison, on the corpus {corpus}"
    options = [option, "--nbval-current-env", f"--nbval-cell-timeout={CELL_TIMEOUT}"]
    works += [(title, [*options, str(path)]) for path in longest_first(notebooks)]
    return summary(stages + run_side_by_side(works))


def summary(stages):
    """Print the counts, those of one title added up. Returns 1 where something failed, else 0."""
    added = {}
    for title, counts in stages:
        before = added.get(title, dict.fromkeys(counts, 0))
        added[title] = {key: before[key] + counts[key] for key in counts}
    print("\n=== Summary ===")
    for title, counts in added.items():
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


def bring_recordings():
    """Bring what the works read, before one copies what another writes. Returns the corpus."""
    if os.environ.get("SPEECH_COMMANDS_ARCHIVE"):
        helpers.fetch_recordings("people")
    return helpers.load_recordings().attrs["corpus"]


def longest_first(notebooks):
    """The notebooks in the order of the time they take, so that the lanes end together.

    One that was never measured may be the longest.
    """
    seconds = costs.expected_seconds(costs.load_costs(), 1)
    return sorted(notebooks, key=lambda path: -seconds.get(path.name[:2], float("inf")))


def cores():
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def lanes():
    """How many works there is room for: each needs a core, and memory.

    A lane more than cores, three on two, was tried once: nothing was gained that could be seen.
    """
    return max(1, min(LANES, cores(), int(psutil.virtual_memory().available / MEMORY)))


def run_side_by_side(works):
    """Run pytest on works (title, arguments), so many at once as there are lanes, in their order.

    A lane keeps to its share of the cores: networks of several lanes would get in each other's way.
    """
    count = min(lanes(), len(works))
    if count == 1:
        return [run_pytest(work) for work in works]
    print(f"\n{count} at a time. Each shows its output when it has ended.", flush=True)
    share = dict.fromkeys(THREADS, str(cores() // count))
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(partial(run_pytest, share=share), works))


def run(title, *command, share=None):
    """Run a module of this Python; a failure counts as one.

    Its output goes through; that of one with a share of the cores comes in one piece, at the end.
    """
    command = [sys.executable, "-m", *command]
    if share is None:
        print(f"\n=== {title} ===", flush=True)
        done = subprocess.run(command)
    else:
        both = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        env = os.environ | share
        done = subprocess.run(command, env=env, text=True, errors="replace", **both)
        print(f"\n=== {title} ===\n{done.stdout}", flush=True)
    return title, {"passed": 0, "failed": int(done.returncode != 0), "skipped": 0}


def run_pytest(work, share=None):
    """Run pytest and count what it did. A crash, or no test at all, counts as a failure."""
    title, arguments = work
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        _, counts = run(title, "pytest", f"--junitxml={report}", *arguments, share=share)
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
