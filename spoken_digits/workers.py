"""On a worker of a cluster: is it like the client's machine? Then an experiment is run."""

import contextlib
import functools
import hashlib
import io
import os
import platform
import random
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

from distributed import get_worker

from .fetching import fetch_recordings
from .material import corpora_beside
from .recipes import RECIPES
from .runs import Experiment, run_experiment
from .training import start_tensorflow

ONE_CORE = {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
# The packages that a row depends on, and those that carry it.
PACKAGES = ["numpy", "scipy", "pandas", "scikit-learn", "librosa", "soundfile", "soxr", "keras"]
PACKAGES += ["tensorflow", "soundswallower", "dask", "distributed", "cloudpickle"]
OUR_CODE = "the code of spoken_digits"


class Task(NamedTuple):
    """An experiment that has ended: where and when (seconds since 1970, of the worker's clock)."""

    experiment: str  # its name
    worker: str  # its address; empty where it is not known
    start: float
    end: float
    bytes: int  # what came back through the scheduler
    error: str  # empty where all went well


@functools.cache
def environment():
    """What must be the same on all workers and here: name -> version. Also our own code's hash."""
    code = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        code.update(path.read_text("utf-8").encode())
    return {
        "Python": platform.python_version(),
        **{package: _version(package) for package in PACKAGES},
        OUR_CODE: code.hexdigest()[:8],
    }


def _version(package):
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def differences(wanted, found):
    """How what was found differs from what is wanted, two dicts: a text, empty where it does not"""
    return ", ".join(
        f"{name} is {found.get(name, 'not known')} there and {value} here"
        for name, value in wanted.items()
        if found.get(name) != value
    )


def run_on_worker(experiment, wanted):
    """One experiment, on a worker. Returns the Task but for its bytes, the row, what is kept.

    Where the worker differs from what is `wanted`, environment() of the client, it runs nothing
    and returns a text that says so. An error has the address of the worker with it, as a note.
    """
    worker, experiment = get_worker(), Experiment(*experiment)
    found = environment() | {"threads of a worker": worker.state.nthreads}
    differs = differences(wanted | {"threads of a worker": 1}, found)
    if differs:
        return f"The worker {worker.address} differs: {differs}."
    for name, value in ONE_CORE.items():  # TensorFlow reads its own when it starts, below
        os.environ.setdefault(name, value)
    start = time.time()
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # the epochs
            bring(experiment)
            give_keras_its_own_random()
            row, kept = run_experiment(experiment)
    except Exception as error:
        error.add_note(f"(on the worker {worker.address})")
        raise
    finally:
        forget_networks()
    return Task(experiment.name, worker.address, start, time.time(), 0, ""), row, kept


def bring(experiment):
    """Fetch the recordings that an experiment needs and that can be fetched, where they are not.

    Of several workers on a machine one fetches, and the others wait for it.
    """
    if experiment.corpus in ("fsdd", "classic", "people"):
        bring_once("fsdd")
    if "people" in corpora_beside(RECIPES[experiment.network, experiment.variant], experiment):
        bring_once("people")


@functools.cache
def bring_once(corpus):
    """An archive that lacks some people is not read again for each experiment."""
    fetch_recordings(corpus)


@functools.cache
def give_keras_its_own_random():
    """Keep Python's random numbers that Keras draws apart from those that Dask draws.

    Keras seeds its weights from the module `random`, which is one for all threads of a process.
    Dask's thread draws from it twice a second (dask.sizeof), and so the same seed would make
    another network each time. Keras has no public way to be given a generator.
    """
    start_tensorflow()
    from keras.src.random import seed_generator
    from keras.src.utils import rng_utils

    seed_generator.python_random = rng_utils.random = random.Random()


def forget_networks():
    """Give back the memory of the networks: a worker goes on, where a process alone would end."""
    if "keras" in sys.modules:
        sys.modules["keras"].utils.clear_session(free_memory=True)


def task_for_workers():
    """The function that is sent. Within another one it travels by its value and not by its name:
    the scheduler, and a worker without this project, can still read it."""

    def experiment_on_worker(experiment, wanted):
        try:
            from spoken_digits.workers import run_on_worker
        except ImportError as error:
            from distributed import get_worker

            return f"The worker {get_worker().address} lacks something that is here: {error}."
        return run_on_worker(experiment, wanted)

    return experiment_on_worker
