"""What is recorded: runs.csv, and one file of predictions for each row.

`results` is the folder that holds both.
"""

import contextlib
import io
import multiprocessing
from pathlib import Path

import numpy as np
import pandas as pd
from filelock import FileLock, Timeout
from tqdm import tqdm

from .runs import Experiment, run_experiment

RESULTS = Path(__file__).resolve().parents[1] / "results"


def load_runs(results=RESULTS):
    """All recorded rows, a DataFrame; empty where nothing is recorded yet."""
    path = results / "runs.csv"
    if not path.exists():
        return pd.DataFrame(columns=list(Experiment._fields))
    return pd.read_csv(path, keep_default_na=False, dtype={"held_out": str})


def load_predictions(experiment, results=RESULTS):
    """What is kept beside a row: a dict of arrays, as run_experiment() gives it."""
    with np.load(results / "predictions" / f"{experiment.name}.npz") as arrays:
        return dict(arrays)


def recorded(results=RESULTS):
    """The experiments that have a row, a set."""
    with FileLock(locks(results) / "runs"):  # Windows cannot replace a file that somebody reads
        rows = load_runs(results)[list(Experiment._fields)].itertuples(index=False, name=None)
    return {Experiment(*row) for row in rows}


def locks(results=RESULTS):
    """The folder of what is needed during a run only."""
    folder = results / ".locks"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def record(experiment, results=RESULTS):
    """Run an experiment and write it down, unless that is done or another process is at it."""
    lock = FileLock(locks(results) / experiment.name, blocking=False)
    with contextlib.suppress(Timeout), lock:
        if experiment in recorded(results):
            return
        with contextlib.redirect_stdout(io.StringIO()):  # the epochs
            row, kept = run_experiment(experiment)
        keep(experiment, kept, results)
        add_row(row, results)


def hold(experiments, results=RESULTS, at_most=500):
    """Take hold of `at_most` experiments that have no row and that no other process is at.

    Returns a dict, experiment -> its lock, a file that stays open: release it once its row is
    written.
    """
    held = {}
    for experiment in experiments:
        if len(held) == at_most:
            break
        lock = FileLock(locks(results) / experiment.name, blocking=False)
        with contextlib.suppress(Timeout):
            lock.acquire()
            held[experiment] = lock
    for experiment in recorded(results) & held.keys():  # with the lock in hand, none is added
        held.pop(experiment).release()
    return held


def keep(experiment, kept, results):
    """Write the file of predictions, whole or not at all."""
    predictions = results / "predictions"
    predictions.mkdir(exist_ok=True)
    unfinished = locks(results) / f"{experiment.name}.npz"
    np.savez_compressed(unfinished, **kept)
    unfinished.replace(predictions / unfinished.name)


def add_row(row, results):
    """Write runs.csv anew with one more row, whole or not at all."""
    with FileLock(locks(results) / "runs"):
        rows = [load_runs(results), pd.DataFrame([row])]
        runs = pd.concat([part for part in rows if len(part)])
        runs = runs.sort_values(list(Experiment._fields))
        unfinished = locks(results) / "runs.csv"
        runs.to_csv(unfinished, index=False, float_format="%.6g")
        unfinished.replace(results / "runs.csv")


def record_apart(experiment, results=RESULTS):
    """record() in a process of its own: its memory goes back when it ends."""
    spawn = multiprocessing.get_context("spawn")
    process = spawn.Process(target=record, args=(experiment, results), daemon=True)
    process.start()
    process.join()
    return experiment


def expected_seconds(experiments, results=RESULTS):
    """How long each will take, from the recorded rows of its network and variant; else 60 s."""
    runs = load_runs(results)
    if runs.empty:
        return [60] * len(experiments)
    known = runs.groupby(["network", "variant"])["train_seconds"].mean() + 10  # to start and load
    return [known.get((experiment.network, experiment.variant), 60) for experiment in experiments]


@contextlib.contextmanager
def progress_bar(experiments, results=RESULTS):
    """Shows how far the experiments are, and about how long they will still take.

    Gives a function that takes each experiment that has ended.
    """
    seconds = dict(zip(experiments, expected_seconds(experiments, results), strict=True))
    bar = "{percentage:3.0f} %, {elapsed} gone, about {remaining} left{postfix}"
    with tqdm(total=sum(seconds.values()), bar_format=bar, smoothing=0) as progress:

        def ended(experiment):
            progress.set_postfix_str(f"last: {experiment.name}", refresh=False)
            progress.update(seconds[experiment])

        yield ended
