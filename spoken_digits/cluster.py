"""Experiments on a cluster: Dask schedules them, workers run them, this process writes them down.

`experiments.py run --cluster` and notebook 11 use it. What is taught of it: docs/cluster.md.
"""

import contextlib
import logging
import queue
import re
import traceback
from functools import partial
from pathlib import Path
from pickle import dumps

import numpy as np
import pandas as pd
from distributed import CancelledError, Client, LocalCluster
from tqdm import tqdm

from .records import RESULTS, add_row, hold, keep, progress_bar, recorded
from .workers import ONE_CORE, OUR_CODE, Task, environment, task_for_workers

SAME = "Give all machines the packages of requirements-lock.txt and this project's code as here, "
SAME += "start each worker with --nthreads 1, and run it again: what was recorded stays."
GONE = "The scheduler is gone. What was recorded stays: run it again to go on."
OPEN_FILES = 4096  # that we ask the system for: each experiment in flight holds a lock, a file


class ClusterError(RuntimeError):
    """The cluster cannot be used, or no longer. The message says why, and what to do."""


@contextlib.contextmanager
def connected(where):
    """A distributed.Client for the time of a `with`, of what `--cluster` names.

    "local:2" starts two workers on this machine, and ends them with the `with`. Else it is the
    address of a scheduler that runs already ("tcp://host:8786"), or the path of its scheduler file.
    Raises ClusterError where nobody answers there.
    """
    # Dask tells with a traceback that a scheduler is gone. Here it is told in a sentence.
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    if where.startswith("local:"):
        workers = where.removeprefix("local:")
        if not re.fullmatch("[1-9][0-9]?", workers):
            raise ClusterError(f"{where} names no number of workers from 1 to 99: local:2, say.")
        with local_cluster(int(workers)) as cluster, Client(cluster) as client:
            yield client
        return
    is_address = "://" in where
    if not (is_address or Path(where).is_file()):
        raise ClusterError(
            f"{where} is neither local:N nor an address such as tcp://host:8786, "
            "and there is no such scheduler file."
        )
    try:
        client = Client(where) if is_address else Client(scheduler_file=where)
    except (OSError, ValueError) as error:
        raise ClusterError(f"No scheduler of Dask answers at {where}: {error}") from error
    with client:
        yield client


def local_cluster(workers):
    """A distributed.LocalCluster as the experiments want it: a core and a process a worker.

    The dashboard takes any free port. No limit to the memory, as without a cluster: what a training
    needs cannot be put on disk.
    """
    return LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        memory_limit=0,
        env=ONE_CORE,
        dashboard_address="127.0.0.1:0",
    )


def record_on(client, experiments, results=RESULTS):
    """Record experiments on a cluster, those that have no row yet. Returns a DataFrame of Tasks.

    `client` is a distributed.Client; `results` the folder that this process alone writes to. What
    another command is at is waited for, and done here if that command ends without it. Where a
    worker dies, Dask has its experiment done again. An experiment that fails is told in `error`.

    Raises ClusterError where the scheduler is gone or a worker differs from this machine: what was
    recorded until then stays.
    """
    done = recorded(results)
    missing = [experiment for experiment in experiments if experiment not in done]
    print(f"{len(experiments)} experiments, {len(missing)} of them missing.")
    if missing and client.dashboard_link:
        print(f"Dask's dashboard: {client.dashboard_link}", flush=True)
    tasks, ending = [], contextlib.closing(finished(client, missing, results))
    with progress_bar(missing, results) as ended, ending as each_one:
        for experiment, task in each_one:
            tasks += [task] if task else []
            ended(experiment)
    return pd.DataFrame(tasks, columns=Task._fields)


def finished(client, experiments, results):
    """Yields each experiment once it has ended and is written down, with its Task.

    In place of the Task stands None where another command has recorded it meanwhile.
    """
    left, flying, done, said = list(experiments), {}, queue.SimpleQueue(), ""
    send, waited = partial(submit, client, task_for_workers(), done), True
    try:
        while left or flying:
            if client.status != "running":
                raise ClusterError(GONE)
            if waited:
                ours = hold(left, results, at_most=most_in_flight() - len(flying))
                flying |= {send(experiment): (experiment, ours[experiment]) for experiment in ours}
                theirs = (set(left) - ours.keys()) & recorded(results)
                yield from ((experiment, None) for experiment in theirs)
                left = [each for each in left if each not in ours and each not in theirs]
            try:
                future = done.get(timeout=1)
            except queue.Empty:
                waited, before, said = True, said, why_it_waits(client, left, flying)
                if said and said != before:
                    tqdm.write(said)
                continue
            waited = False
            experiment, lock = flying[future]
            task = write_down(experiment, future, results)
            del flying[future]
            lock.release()
            future.release()  # or it would be done again if its worker died later
            yield experiment, task
    finally:
        if client.status == "running":
            client.cancel(list(flying))
        for _, lock in flying.values():
            lock.release()


def most_in_flight():
    """How many experiments may be with the scheduler at once: half of the files that may be open.

    1,000 workers need more of them than most systems allow by themselves, so that is raised.
    """
    try:
        import resource
    except ImportError:  # Windows, which allows 8,192
        return OPEN_FILES // 2
    allowed, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if allowed == resource.RLIM_INFINITY or allowed >= most:
        return most // 2
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return most // 2


def submit(client, function, done, experiment):
    """Hand an experiment to the scheduler. Its future is put into the queue `done` at its end.

    The key is the experiment and the code: two clients of a scheduler share what they both want.
    """
    wanted = environment()
    key = f"{experiment.name}-{wanted[OUR_CODE]}"
    future = client.submit(function, tuple(experiment), wanted, key=key, pure=False)
    future.add_done_callback(done.put)
    return future


def write_down(experiment, future, results):
    """Write what came back of an experiment, its row last. Returns its Task."""
    try:
        error = future.exception()
        answer = None if error else future.result()
    except (CancelledError, OSError) as reason:
        raise ClusterError(GONE) from reason
    if error:
        told = "".join(traceback.format_exception_only(error)).strip()
        return Task(experiment.name, "", np.nan, np.nan, 0, told)
    if isinstance(answer, str):
        raise ClusterError(f"{answer} {SAME}")
    task, row, kept = answer
    keep(experiment, kept, results)
    add_row(row, results)
    return task._replace(bytes=len(dumps(answer)))


def why_it_waits(client, left, flying):
    """A sentence where nothing goes on for a reason that somebody could mend, else an empty one."""
    if not flying:
        return f"Another command is at the {len(left)} that are left: waiting for it."
    try:
        workers = client.scheduler_info()["n_workers"]
    except (CancelledError, OSError) as reason:
        raise ClusterError(GONE) from reason
    if workers:
        return ""
    address = client.scheduler.address
    return f"There is no worker: waiting for one. To start one: dask worker {address} --nthreads 1"
