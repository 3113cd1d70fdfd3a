"""Experiments on a cluster: real processes, which are killed, that know nothing of each other.

Where it says "quick", an experiment takes no time, or waits until the test opens the gate.
"""

import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import dask
import numpy as np
import pandas as pd
import pytest
from filelock import FileLock

import experiments
from spoken_digits import cluster, fetching, records, runs, scaling, workers

ROOT = Path(__file__).parents[1]
PATIENCE = 180  # seconds until a test gives up: a busy machine is slow
COMMAND = ["run", "--network", "majority", "--split", "official", "--seeds"]
GATED = 100  # seeds from here on wait for the gate

# What a worker loads beforehand: experiments of no time, and a diary of which process did which.
QUICK = """
import os
import time
from pathlib import Path

import numpy as np

from spoken_digits import workers

HERE = Path(os.environ["TEST_FOLDER"])


def run_experiment(experiment):
    with (HERE / "diary").open("a") as diary:
        diary.write(f"{experiment.seed} {os.getpid()}\\n")
    while experiment.seed >= 100 and not (HERE / "gate").exists():
        time.sleep(0.05)
    if experiment.seed == 13:
        raise ValueError("Thirteen is too many.")
    return {**experiment._asdict(), "train_seconds": 1.0}, {"probabilities": np.zeros((1, 10))}


workers.run_experiment = run_experiment
workers.give_keras_its_own_random = lambda: None  # no need to start TensorFlow
"""


def until(holds, process=None):
    """Wait until something holds; return it. Fail if that takes long, or if a process ends."""
    end = time.monotonic() + PATIENCE
    while not (found := holds()):
        assert time.monotonic() < end, "it took too long"
        assert process is None or process.poll() is None, "the process has ended"
        time.sleep(0.05)
    return found


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    """The command sets these for its children; no other test shall have them."""
    for name in workers.ONE_CORE:
        monkeypatch.setenv(name, "1")


@pytest.fixture
def start(tmp_path):
    """A function that starts a process in a folder of its own, as on another machine."""
    started = []

    def start(*command, **env):
        folder = tmp_path / f"machine_{len(started)}"
        folder.mkdir()
        env = os.environ | {"PYTHONPATH": str(ROOT), "TEST_FOLDER": str(tmp_path)} | env
        log = (folder / "log").open("w")
        options = {"cwd": folder, "env": env, "stdout": log, "stderr": subprocess.STDOUT}
        # Who runs the tests in the background may have them ignore Ctrl+C; what is started must not
        heed = None if os.name == "nt" else heed_ctrl_c
        process = subprocess.Popen(
            [sys.executable, *map(str, command)],
            start_new_session=True,
            preexec_fn=heed,
            **options,
        )
        log.close()
        process.told = lambda: (folder / "log").read_text(errors="replace")
        started.append(process)
        return process

    yield start
    for process in started:
        kill(process)


def heed_ctrl_c():
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def kill(process):
    """End a process and its children at once, as a power cut does."""
    if os.name == "nt":
        process.kill()
    elif process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.fixture
def dask_scheduler(start, tmp_path):
    """A scheduler: its process, its address and its scheduler file."""
    file = tmp_path / "scheduler.json"
    command = ["-m", "dask", "scheduler", "--host", "127.0.0.1", "--port", 0, "--no-show"]
    command += ["--dashboard-address", "127.0.0.1:0", "--scheduler-file", file]
    process = start(*command)
    address = until(lambda: re.search(r"tcp://127\.0\.0\.1:\d+", process.told()), process)[0]
    until(file.exists, process)
    return SimpleNamespace(process=process, address=address, file=file)


@pytest.fixture
def worker(start, dask_scheduler, tmp_path, fsdd):
    """A function that starts a worker, a quick one; or one with other options or environment."""
    (tmp_path / "quick.py").write_text(QUICK)

    def worker(*options, **env):
        options = options or ("--preload", tmp_path / "quick.py")
        command = ["-m", "dask", "worker", dask_scheduler.address, "--host", "127.0.0.1"]
        command += ["--no-dashboard", "--no-nanny"]
        return start(
            *command, *([] if "--nthreads" in options else ["--nthreads", 1]), *options, **env
        )

    return worker


@pytest.fixture
def results(tmp_path):
    return tmp_path / "results"


@pytest.fixture
def diary(tmp_path):
    """Which seeds were run so far, and in which process: a function that gives pairs."""
    path = tmp_path / "diary"
    return lambda: [tuple(map(int, line.split())) for line in lines(path)]


def lines(path):
    return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def gate(tmp_path):
    """What the gated experiments wait for: .touch() opens it."""
    return tmp_path / "gate"


@pytest.fixture
def run(results, dask_scheduler):
    """Runs the command in a thread, with seeds of the majority baseline; gives its exit code."""

    def run(*seeds):
        where = ["--results", str(results), "--cluster", dask_scheduler.address]
        thread = threading.Thread(target=lambda: codes.append(experiments.main(command)))
        command, codes = [*COMMAND, *map(str, seeds), *where], []
        thread.start()

        def code():
            thread.join(PATIENCE)
            return codes[0]

        return code

    return run


def seeds_recorded(results):
    return records.load_runs(results)["seed"].tolist()


def seeds_run(diary):
    return [seed for seed, _ in diary()]


# --- Faults ---


def test_a_worker_killed_in_the_middle(worker, run, diary, gate, results):
    pair = {process.pid: process for process in (worker(), worker())}
    code = run(0, 1, 100, 101, 102)
    until(lambda: len(seeds_run(diary)) == 4 and seeds_recorded(results) == [0, 1])
    killed, pid = next(entry for entry in diary() if entry[0] >= GATED)
    kill(pair[pid])
    gate.touch()
    assert code() == 0
    assert seeds_recorded(results) == [0, 1, 100, 101, 102]
    assert seeds_run(diary).count(killed) == 2
    assert len(seeds_run(diary)) == 6  # all the others once


def test_the_last_worker_killed_and_a_new_one_started(worker, run, diary, gate, results, capsys):
    said, last = [], worker()
    code = run(0, 100)
    until(lambda: 100 in seeds_run(diary))
    kill(last)
    until(lambda: said.append(capsys.readouterr().out) or "There is no worker" in "".join(said))
    assert "dask worker tcp://127.0.0.1:" in "".join(said)
    gate.touch()
    worker()
    assert code() == 0
    assert seeds_recorded(results) == [0, 100]


def test_the_scheduler_gone(worker, start, diary, results, dask_scheduler):
    worker()
    where = ["--results", results, "--cluster", dask_scheduler.address]
    client = start(ROOT / "experiments.py", *COMMAND, 0, 1, 100, *where)
    until(lambda: 100 in seeds_run(diary) and seeds_recorded(results) == [0, 1], client)
    kill(dask_scheduler.process)
    assert client.wait(PATIENCE) == 1
    assert "The scheduler is gone. What was recorded stays" in client.told()
    assert "Traceback" not in client.told()
    assert seeds_recorded(results) == [0, 1]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no process groups to send Ctrl+C to")
@pytest.mark.parametrize("where", ["a cluster", "local"])
def test_stopped_with_ctrl_c_and_started_again(
    where, start, worker, run, diary, gate, results, dask_scheduler, tmp_path
):
    worker()
    script, place = ROOT / "experiments.py", dask_scheduler.address
    if where == "local":  # its workers load what the script has: it is their main module, too
        script, place = tmp_path / "local.py", "local:1"
        script.write_text(QUICK + LOCAL)
    command = [script, *COMMAND, 0, 100, 101, "--results", results, "--cluster", place]
    first = start(*command)
    until(lambda: 100 in seeds_run(diary) and seeds_recorded(results) == [0], first)
    os.killpg(first.pid, signal.SIGINT)  # as Ctrl+C does
    assert first.wait(PATIENCE) == 130
    assert "What was recorded stays" in first.told()
    assert "Traceback" not in first.told()
    row = (results / "runs.csv").read_bytes().splitlines()[1]
    gate.touch()
    assert run(0, 100, 101)() == 0
    assert seeds_recorded(results) == [0, 100, 101]
    assert row in (results / "runs.csv").read_bytes()
    assert seeds_run(diary).count(0) == 1


LOCAL = """
if __name__ == "__main__":
    import sys

    import experiments

    experiments.fetching.fetch_recordings = lambda: None  # the quick ones need none
    sys.exit(experiments.main())
"""


def test_two_clients_at_once(worker, run, diary, gate, results, capsys):
    worker()
    both, said = [run(0, 100, 101), run(1, 100, 101)], []
    until(lambda: said.append(capsys.readouterr().out) or both_are_at_it("".join(said)))
    gate.touch()
    assert [code() for code in both] == [0, 0]
    assert seeds_recorded(results) == [0, 1, 100, 101]
    assert sorted(seeds_run(diary)) == [0, 1, 100, 101]


def both_are_at_it(said):
    return said.count("3 experiments, 3 of them missing.") == 2


def said_so(said, capsys):
    said.append(capsys.readouterr().out)
    return "Another command is at" in "".join(said)


def test_what_another_command_was_at_is_done_here_once_that_is_stopped(
    worker, run, results, capsys
):
    worker()
    held = FileLock(records.locks(results) / "majority-baseline-fsdd-official-1")
    with held:
        code, said = run(1, 2), []
        until(lambda: said_so(said, capsys))
        assert "Another command is at the 1 that are left: waiting for it." in "".join(said)
        assert seeds_recorded(results) == [2]
    assert code() == 0
    assert seeds_recorded(results) == [1, 2]


def test_an_experiment_that_raises_is_told_and_the_others_go_on(worker, run, results, capsys):
    worker()
    assert run(12, 13, 14)() == 1
    assert seeds_recorded(results) == [12, 14]
    out = capsys.readouterr().out
    assert re.search(
        r"FAILED: majority-baseline-fsdd-official-13: ValueError: Thirteen is too many\.\n"
        r"\(on the worker tcp://127\.0\.0\.1:\d+\)\n",
        out,
    )
    assert "NOT RECORDED, it failed or another command is at it: majority" in out


# --- Workers that are not as this machine ---


def test_a_worker_with_another_version_runs_nothing(worker, run, diary, results, tmp_path, capsys):
    other = tmp_path / "packages" / "soxr-0.0.1.dist-info"
    other.mkdir(parents=True)
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: soxr\nVersion: 0.0.1\n")
    worker(PYTHONPATH=os.pathsep.join([str(other.parent), str(ROOT)]))
    assert run(0, 1)() == 1
    told = capsys.readouterr().out
    soxr = workers.environment()["soxr"]
    assert re.search(r"The worker tcp://127\.0\.0\.1:\d+ differs: soxr is 0\.0\.1 there", told)
    assert f"and {soxr} here. Give all machines the packages of requirements-lock.txt" in told
    assert (diary(), seeds_recorded(results)) == ([], [])


@pytest.mark.parametrize(
    ("name", "options", "told"),
    [
        (
            "a worker with two threads",
            ["--nthreads", 2],
            "threads of a worker is 2 there and 1 here",
        ),
        ("one without this project", ["--preload", "hide.py"], "lacks something that is here: "),
    ],
)
def test_another_worker_that_cannot_be_used(name, options, told, worker, run, tmp_path, capsys):
    (tmp_path / "hide.py").write_text("import sys\nsys.modules['spoken_digits'] = None\n")
    worker(*[tmp_path / option if option == "hide.py" else option for option in options])
    assert run(0)() == 1
    assert told in capsys.readouterr().out


def test_all_that_differs_is_told():
    here, there = {"Python": "3.12.1", "numpy": "2.0", "keras": "3"}, {"numpy": "2.1", "keras": "3"}
    assert workers.differences(here, here) == ""
    told = "Python is not known there and 3.12.1 here, numpy is 2.1 there and 2.0 here"
    assert workers.differences(here, there) == told


def test_our_own_code_is_compared_too(tmp_path, monkeypatch):
    shutil.copytree(ROOT / "spoken_digits", tmp_path / "spoken_digits")
    ours = workers.environment()
    workers.environment.cache_clear()
    monkeypatch.setattr(workers, "__file__", str(tmp_path / "spoken_digits" / "workers.py"))
    try:
        assert workers.environment() == ours
        workers.environment.cache_clear()
        with (tmp_path / "spoken_digits" / "recipes.py").open("a") as file:
            file.write("# another recipe\n")
        assert workers.differences(ours, workers.environment()).startswith("the code of spoken_di")
    finally:
        workers.environment.cache_clear()


# --- The recordings ---


@pytest.fixture
def elsewhere(tmp_path):
    """Another machine: the rooms, and a registry of three recordings, none of which is there."""
    folder = tmp_path / "elsewhere"
    shutil.copytree(ROOT / "spoken_digits", folder / "spoken_digits")
    (folder / "recordings").mkdir()
    names = ["0_george_0.wav", "1_george_0.wav", "2_george_0.wav"]
    shas = fetching.registry()
    registry = "".join(f"{name} {shas[name]}\n" for name in names)
    (folder / "recordings" / "registry.txt").write_text(registry)
    return folder


def test_a_worker_without_recordings_and_without_a_way_to_them(
    worker, run, elsewhere, results, capsys, monkeypatch
):
    def fetch():
        raise AssertionError("the client needs none")

    monkeypatch.setattr(fetching, "fetch_recordings", fetch)
    worker("--name", "far", PYTHONPATH=str(elsewhere), FSDD_ARCHIVE="/nowhere.tar")
    assert run(0)() == 1
    out = capsys.readouterr().out
    assert re.search("FAILED: .*FetchError: .*/nowhere.tar", out)
    assert re.search(r"\(on the worker tcp://127\.0\.0\.1:\d+\)", out)
    assert not (results / "runs.csv").exists()


def test_two_workers_without_recordings_fetch_them_once(
    worker, run, elsewhere, serve, tmp_path, diary
):
    archive = tmp_path / "archive.tar"
    with tarfile.open(archive, "w") as tar:
        for name in ("0_george_0.wav", "1_george_0.wav", "2_george_0.wav"):
            tar.add(fetching.RECORDINGS / name, f"fsdd/recordings/{name}")

    def reply(request):
        until(lambda: len(ready) == 2 or time.monotonic() > end)  # both shall be at it
        request.send_response(200)
        request.send_header("Content-Length", str(archive.stat().st_size))
        request.end_headers()
        request.wfile.write(archive.read_bytes())

    server = serve(reply)
    env = {"PYTHONPATH": str(elsewhere), "FSDD_ARCHIVE": server.url}
    pair = [worker("--preload", tmp_path / "quick.py", **env) for _ in range(2)]
    ready, end = pair, time.monotonic() + 5
    until(lambda: all("Registered to" in each.told() for each in pair))
    assert run(100, 101, 0, 1)  # two wait for the gate: each worker has one
    until(lambda: {pid for _, pid in diary()} == {each.pid for each in pair})
    assert server.requests == 1
    assert len(list((elsewhere / "recordings").glob("*.wav"))) == 3
    (tmp_path / "gate").touch()


# --- What `--cluster` may name ---


def test_a_scheduler_file_names_a_cluster_too(worker, dask_scheduler, results):
    worker()
    with cluster.connected(str(dask_scheduler.file)) as client:
        tasks = cluster.record_on(client, scaling.SHORT[:2], results)
    assert sorted(tasks["experiment"]) == sorted(each.name for each in scaling.SHORT[:2])
    assert set(tasks["error"]) == {""}
    assert (tasks["end"] >= tasks["start"]).all()
    assert (tasks["bytes"] > 100).all()
    assert records.recorded(results) == set(scaling.SHORT[:2])


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("local:0", "local:0 names no number of workers"),
        ("local:many", "local:many names no number of workers"),
        ("/nowhere/scheduler.json", "there is no such scheduler file"),
        ("tcp://127.0.0.1:9", "No scheduler of Dask answers at tcp://127.0.0.1:9"),
    ],
)
def test_where_no_cluster_is_it_says_so(where, told, results, capsys):
    with dask.config.set({"distributed.comm.timeouts.connect": "1s"}):
        assert experiments.record_with_dask(scaling.SHORT, where, results) == 1
    assert told in capsys.readouterr().out


def test_many_workers_may_be_kept_busy():
    assert 1000 < cluster.most_in_flight() <= 2048


def test_without_a_cluster_nothing_of_dask_is_loaded():
    code = "import sys, helpers, experiments; print({'dask', 'distributed'} & {*sys.modules})"
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert done.stdout == "set()\n"


# --- The same results ---

DRAWS = """
import random, sys, threading

from spoken_digits import workers


def draw():
    while True:
        random.random()


if sys.argv[1] == "among others":
    workers.give_keras_its_own_random()
    threading.Thread(target=draw, daemon=True).start()
import keras

keras.utils.set_random_seed(3)
layers = [keras.layers.Dense(4) for _ in range(50)]
model = keras.Sequential([keras.Input((4,)), *layers])
print([float(weights.sum()) for weights in model.get_weights()])
"""


def test_what_others_draw_by_chance_does_not_change_a_network():
    """Dask does so while an experiment runs, in the same process."""
    command, env = [sys.executable, "-c", DRAWS], os.environ | {"PYTHONPATH": str(ROOT)}
    alone, among = (
        subprocess.run([*command, where], env=env, capture_output=True, text=True, check=True)
        for where in ("alone", "among others")
    )
    assert alone.stdout == among.stdout
    assert alone.stdout.count(",") == 99


def test_the_twelve_short_experiments_give_the_same_with_a_cluster_and_without(fsdd, tmp_path):
    plain, local = tmp_path / "plain", tmp_path / "local"
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, spawn) as one_after_another:  # starting TensorFlow once
        list(one_after_another.map(partial(records.record, results=plain), scaling.SHORT))
    with warnings.catch_warnings(), cluster.connected("local:2") as client:
        warnings.simplefilter("error")
        tasks = cluster.record_on(client, scaling.SHORT, local)
    assert set(tasks["error"]) == {""}
    assert tasks["worker"].nunique() == 2
    same, also = (records.load_runs(folder) for folder in (plain, local))
    assert len(same) == len(also) == 12
    pd.testing.assert_frame_equal(same[[*FIELDS]], also[[*FIELDS]])
    for experiment in scaling.SHORT:
        one, other = (records.load_predictions(experiment, folder) for folder in (plain, local))
        np.testing.assert_array_equal(one["test_clips"], other["test_clips"])
        np.testing.assert_allclose(one["probabilities"], other["probabilities"], atol=1e-5)


FIELDS = [*runs.Experiment._fields, "epochs", "parameters", "train_clips", "test_clips"]
FIELDS += [f"{part}_accuracy" for part in runs.PARTS]
