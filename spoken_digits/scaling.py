"""What a cluster costs, measured with short experiments; what a large one brings, simulated.

`make scaling` measures on this machine and writes results/scaling.csv. Notebook 11 draws it.
"""

import heapq
import shutil
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from .cluster import connected, record_on
from .records import RESULTS, add_row, keep, load_predictions, load_runs, record_apart
from .runs import Experiment, circumstances

TABLE = RESULTS / "scaling.csv"
SHORT = [  # 12 experiments that take some seconds each
    Experiment(network, "short", "fsdd", "official", "", seed)
    for network in ("sample_cnn", "spectrogram_cnn")
    for seed in range(6)
]
WORKERS = (10, 100, 1000)
REPEATS = 10  # times as many experiments as are recorded: more people, more seeds
# What the simulation assumes, beside what was measured. A straggler is a worker on a slow machine.
DEATHS = 0.01  # share of the runs whose worker dies, at any moment of it
STRAGGLERS = 0.05  # share of the workers
SLOWNESS = 3  # times as long as the others


# --- Measured ---


def run_plain(experiments, jobs, results):
    """Record experiments on the plain path, `jobs` at once. Returns the seconds it took."""
    start = time.perf_counter()
    with ThreadPoolExecutor(jobs) as threads:
        list(threads.map(partial(record_apart, results=results), experiments))
    return time.perf_counter() - start


def measure_plain(jobs):
    """SHORT on the plain path, a process for each experiment: measure -> value."""
    with tempfile.TemporaryDirectory() as folder:
        return {"seconds": run_plain(SHORT, jobs, Path(folder))}


def measure_local(workers):
    """SHORT on so many local workers: measure -> value, and the tasks as record_on() gives them.

    `seconds` from the start of the cluster to its end; `start_seconds` until the first experiment
    starts; `overhead_seconds` from the end of a run to the start of the next on the same worker;
    `all_overhead_seconds` is all time of the workers beyond the experiments, a run: start and end
    of the cluster and the wait for the last run with it. `bytes` is what a run sends back.
    """
    with tempfile.TemporaryDirectory() as folder:
        start = time.time()
        with connected(f"local:{workers}") as client:
            tasks = record_on(client, SHORT, Path(folder))
        seconds = time.time() - start
    return {
        "seconds": seconds,
        "start_seconds": tasks["start"].min() - start,
        "overhead_seconds": gaps(tasks).mean(),
        "all_overhead_seconds": (workers * seconds - (tasks["end"] - tasks["start"]).sum())
        / len(SHORT),
        "bytes": tasks["bytes"].mean(),
    }, tasks


def gaps(tasks):
    """Seconds from the end of each task to the start of the next on the same worker: an array."""
    tasks = tasks.sort_values("start")
    return (tasks.groupby("worker")["start"].shift(-1) - tasks["end"]).dropna().to_numpy()


def measure_throughput(client, tasks=10_000):
    """How many empty tasks a second a scheduler hands out and takes back."""
    start = time.perf_counter()
    futures = client.map(_nothing, range(tasks), pure=False)
    client.gather(futures)
    return tasks / (time.perf_counter() - start)


def _nothing(_):
    return None


def measure_writing(results=RESULTS, rows=20):
    """Seconds to write a row and its predictions beside all that `results` holds, in a copy."""
    runs = load_runs(results).tail(rows)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        (copy / ".locks").mkdir()
        shutil.copy(results / "runs.csv", copy)
        seconds = 0
        for row in runs.to_dict("records"):
            experiment = Experiment(*(row[field] for field in Experiment._fields))
            kept = load_predictions(experiment, results)
            start = time.perf_counter()
            keep(experiment, kept, copy)
            add_row(row, copy)
            seconds += time.perf_counter() - start
    return seconds / len(runs)


def measure():
    """All that is measured, a DataFrame of kind, setting, measure, value."""
    rows = []
    for jobs in (1, 2):
        rows += _rows("measured", f"plain, {jobs} at once", measure_plain(jobs))
        rows += _rows("measured", f"local:{jobs}", measure_local(jobs)[0])
    with connected("local:2") as client:
        throughput = {"tasks_per_second": measure_throughput(client)}
    rows += _rows("measured", "scheduler, 10,000 empty tasks", throughput)
    rows += _rows("measured", "client", {"writing_seconds": measure_writing()})
    return pd.DataFrame(rows)


def _rows(kind, setting, values):
    return [
        {"kind": kind, "setting": setting, "measure": measure, "value": value}
        for measure, value in values.items()
    ]


# --- Simulated ---


def amdahl(workers, serial):
    """How many times as fast so many workers are, where a share `serial` cannot be divided.

    Source: Amdahl 1967, doi:10.1145/1465482.1465560.
    """
    return 1 / (serial + (1 - serial) / workers)


def simulate(
    seconds,
    workers,
    start=0.0,
    overhead=0.0,
    handing_out=0.0,
    writing=0.0,
    stragglers=0.0,
    slowness=SLOWNESS,
    deaths=0.0,
    seed=0,
):
    """Simulate a cluster: the seconds from its start until the last row is written.

    `seconds` is how long each experiment takes, in the order in which they are handed out. A worker
    needs `start` seconds before its first, and each time that it has died; `overhead` for each run.
    One after the other, the scheduler takes `handing_out` seconds for each run and the client
    `writing` for each row. A share `stragglers` of the workers takes `slowness` times as long. With
    a chance of `deaths` the worker dies during a run, at any moment, and the run is done again.
    """
    random = np.random.default_rng(seed)
    factors = np.where(random.random(workers) < stragglers, slowness, 1.0)
    free = [(start, worker) for worker in range(workers)]  # a heap: who is free next, and when
    waiting, scheduler, client = [*reversed(seconds)], 0.0, 0.0
    ends = []
    while waiting:
        moment, worker = heapq.heappop(free)
        scheduler = max(scheduler, moment) + handing_out
        takes, length = factors[worker] * (overhead + waiting[-1]), waiting.pop()
        if random.random() < deaths:
            waiting.append(length)
            heapq.heappush(free, (scheduler + random.random() * takes + start, worker))
            continue
        ends.append(scheduler + takes)
        heapq.heappush(free, (ends[-1], worker))
    for end in sorted(ends):
        client = max(client, end) + writing
    return client


def assumptions(measured):
    """What was measured, as the options of simulate(): from the DataFrame of measure()."""
    values = measured.set_index(["setting", "measure"])["value"]
    return {
        "start": values["local:2", "start_seconds"],
        "overhead": max(0.0, values["local:2", "overhead_seconds"]),
        "handing_out": 1 / values["scheduler, 10,000 empty tasks", "tasks_per_second"],
        "writing": values["client", "writing_seconds"],
    }


def simulate_all(measured, seconds, workers=WORKERS, seeds=range(20)):
    """Simulate clusters with what was measured: a DataFrame of kind, setting, measure, value.

    `seconds` (s) is the mean over the seeds, `speedup` is against one worker without faults or
    costs, `amdahl` what Amdahl's formula gives with the scheduler's and the client's share as the
    serial one: it knows no start, no stragglers, no deaths, and no last run that all wait for.
    """
    known, alone = assumptions(measured), np.sum(seconds)
    one_by_one = (known["handing_out"] + known["writing"]) * len(seconds)
    faults = {"stragglers": STRAGGLERS, "deaths": DEATHS}
    rows = []
    for count in workers:
        took = [simulate(seconds, count, seed=seed, **known, **faults) for seed in seeds]
        values = {
            "seconds": np.mean(took),
            "speedup": alone / np.mean(took),
            "amdahl": amdahl(count, one_by_one / (alone + one_by_one)),
        }
        rows += _rows("simulated", f"{count} workers", values)
    return pd.DataFrame(rows)


def longer_grid(results=RESULTS, repeats=REPEATS):
    """Seconds of each experiment of a grid `repeats` times as long as what is recorded."""
    return np.tile(load_runs(results)["train_seconds"].to_numpy() + 10, repeats)  # 10 to load


def load_scaling(table=TABLE):
    """What was measured and simulated, a DataFrame of kind, setting, measure, value."""
    return pd.read_csv(table)


def main():
    """Measure, simulate, write the table, and print it."""
    measured = measure()
    table = pd.concat([measured, simulate_all(measured, longer_grid())], ignore_index=True)
    facts = circumstances()
    table = table.assign(processor=facts["processor"], date=facts["date"])
    table.to_csv(TABLE, index=False, float_format="%.6g")
    print(table.drop(columns=["processor", "date"]).to_string(index=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
