"""What each notebook costs: the seconds and the memory that it takes to run from top to bottom.

`python -m spoken_digits.costs` measures and writes results/notebooks.csv and results/sections.csv.
"""

import argparse
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import psutil

from .pages import NOTEBOOKS, by_section, code_hash, notebook_paths, read_cells
from .records import RESULTS
from .training import start_tensorflow

TABLE = RESULTS / "notebooks.csv"
SECTIONS = "sections.csv"  # beside it
TOGETHER = RESULTS / "together.csv"
TRIAL = 5.0  # seconds
BATCH = 32  # clips


def load_costs(table=TABLE):
    """The recorded costs, a DataFrame: a row a notebook, by its number ("01").

    `seconds` that it took, `megabytes` of memory at its peak (1 MB is a million bytes), `speed` of
    the machine as speed() gives it, the mean of just before and just after, `code` as code_hash()
    does, `date`.
    """
    return pd.read_csv(table, dtype={"notebook": str, "code": str}).set_index("notebook")


def load_sections(table=TABLE):
    """The recorded seconds of each section, a Series by number of the notebook and heading."""
    rows = pd.read_csv(table.with_name(SECTIONS), dtype={"notebook": str}, keep_default_na=False)
    return rows.set_index(["notebook", "section"])["seconds"]


def stale(costs, folder=NOTEBOOKS):
    """The numbers of the notebooks whose cost is not recorded, or was that of other code."""
    now = {path.name[:2]: code_hash(path) for path in notebook_paths(folder)}
    known = costs["code"].to_dict()
    return sorted(number for number in now | known if now.get(number) != known.get(number))


def speed(seconds=TRIAL):
    """How fast this machine trains: clips a second, of the spectrogram CNN on noise."""
    start_tensorflow()
    from .networks import spectrogram_cnn

    model = spectrogram_cnn()
    model.compile("adam", "categorical_crossentropy")
    x = np.random.default_rng(0).random((BATCH, *model.input_shape[1:]), dtype="float32")
    labels = np.eye(10, dtype="float32")[np.arange(BATCH) % 10]
    model.train_on_batch(x, labels)  # the first step builds what the others use
    start, steps = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        model.train_on_batch(x, labels)
        steps += 1
    return BATCH * steps / (time.perf_counter() - start)


def expected_seconds(costs, speed_here):
    """The seconds that each notebook will take on a machine of a speed: a Series by its number."""
    return costs["seconds"] * costs["speed"] / speed_here


def measure(path, look=None):
    """Run a notebook in a process of its own: its seconds, the megabytes of its kernel, and what
    look() says of the notebook with its outputs, by its path: seconds_of_sections() unless told.

    It is run as Restart & Run All would, in the folder where it lies, and stays as it was. Raises
    RuntimeError where a cell fails.
    """
    look = look or seconds_of_sections
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute"]
        command += ["--output-dir", folder, str(path)]
        start, peak = time.perf_counter(), 0
        with tempfile.TemporaryFile("w+") as told:
            process = psutil.Popen(command, cwd=path.parent, stdout=told, stderr=told)
            while process.poll() is None:
                peak = max(peak, memory_of_children(process))
                time.sleep(0.1)
            if process.returncode:
                told.seek(0)
                raise RuntimeError(f"{path.name} did not run to its end.\n{told.read()[-2000:]}")
        seconds = time.perf_counter() - start
        return seconds, peak / 1e6, look(Path(folder) / path.name)


def seconds_of_sections(path):
    """Heading -> seconds that the cells below it took, of a notebook that nbconvert has run."""
    seconds = {}
    for heading, cells in by_section(read_cells(path)).items():
        times = [cell["metadata"]["execution"] for cell in cells if cell["cell_type"] == "code"]
        spans = [
            pd.Timestamp(each["shell.execute_reply"]) - pd.Timestamp(each["iopub.execute_input"])
            for each in times
        ]
        seconds[heading] = sum(span.total_seconds() for span in spans)
    return seconds


def memory_of_children(process):
    """The bytes of memory that all processes below this one hold together."""
    total = 0
    for child in process.children(recursive=True):
        try:
            total += child.memory_info().rss
        except psutil.NoSuchProcess:  # it has ended meanwhile
            continue
    return total


def record_costs(numbers, table=TABLE, folder=NOTEBOOKS):
    """Measure the notebooks with these numbers, one after another, and write each down."""
    for path in notebook_paths(folder):
        number = path.name[:2]
        if number not in numbers:
            continue
        before = speed()
        seconds, megabytes, sections = measure(path)
        row = {
            "notebook": number,
            "code": code_hash(path),
            "seconds": round(seconds),
            "megabytes": round(megabytes),
            "speed": round((before + speed()) / 2),
            "date": time.strftime("%Y-%m-%d"),
        }
        put([row], table, folder)
        rows = [
            {"notebook": number, "section": heading, "seconds": round(each, 1)}
            for heading, each in sections.items()
        ]
        put(rows, table.with_name(SECTIONS), folder)
        print(f"{number}: {seconds:.0f} s, {megabytes:,.0f} MB", flush=True)


def record_together(number, kernels, table=TOGETHER, folder=NOTEBOOKS):
    """Run a notebook several times at once, as on a hub, and write down what that takes.

    `seconds` until the last has ended, `megabytes_each` the largest peak of one of them.
    """
    (path,) = (path for path in notebook_paths(folder) if path.name.startswith(number))
    start = time.perf_counter()
    with ThreadPoolExecutor(kernels) as pool:
        peaks = [peak for _, peak, _ in pool.map(measure, [path] * kernels)]
    row = {
        "notebook": number,
        "kernels": kernels,
        "seconds": round(time.perf_counter() - start),
        "megabytes_each": round(max(peaks)),
        "cores": psutil.cpu_count(),
        "date": time.strftime("%Y-%m-%d"),
    }
    put([row], table, folder)
    print(f"{kernels} at once: {row['seconds']} s, {row['megabytes_each']:,} MB each", flush=True)


def put(rows, table, folder):
    """Put the rows of one notebook in the place of its old ones; those of no notebook go."""
    there = [path.name[:2] for path in notebook_paths(folder)]
    new = pd.DataFrame(rows)
    if table.exists():
        old = pd.read_csv(table, dtype={"notebook": str, "code": str})
        kept = old["notebook"].isin(there) & (old["notebook"] != rows[0]["notebook"])
        new = pd.concat([old[kept], new]).sort_values("notebook", kind="stable")
    new.to_csv(table, index=False, lineterminator="\n")


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="python -m spoken_digits.costs",
        description="Run notebooks from top to bottom, and write down what they take.",
        epilog="Do nothing else on the machine meanwhile. Without numbers: those that are missing "
        "from results/notebooks.csv, or whose code has changed since.",
    )
    parser.add_argument("numbers", nargs="*", help='such as 01 05, or "all"')
    parser.add_argument("--together", type=int, metavar="N", help="N kernels of one at once")
    options = parser.parse_args(arguments)
    numbers = options.numbers
    if options.together:
        record_together(numbers[0], options.together)
        return
    if numbers == ["all"]:
        numbers = [path.name[:2] for path in notebook_paths()]
    if not numbers:
        numbers = stale(load_costs())
    record_costs(numbers)


if __name__ == "__main__":
    main()
