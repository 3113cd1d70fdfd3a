"""The command: what it runs, where it writes, and what it says."""

import csv
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import experiments
from spoken_digits import fetching, grid, records, report
from spoken_digits.fetching import FetchError
from spoken_digits.runs import Experiment
from spoken_digits.voices import load_people_facts

ROOT = Path(__file__).parents[1]
BASELINE = Experiment("mfcc_logistic", "baseline", "synthetic", "official", "", 0)


ONE_CORE = ["OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"]


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    """The command sets these for its children; no other test shall have them."""
    for name in ONE_CORE:
        monkeypatch.setenv(name, "9")


def test_without_the_recordings_it_says_so(monkeypatch, capsys):
    def fail():
        raise FetchError("There is no way to the dataset.")

    monkeypatch.setattr(fetching, "fetch_recordings", fail)
    assert experiments.main(["run", "--network", "majority"]) == 1
    assert capsys.readouterr().out == "There is no way to the dataset.\n"


# The command, but its experiments take a quarter of a second, in the children too.
QUICK = """
import sys
import time

import experiments
import numpy as np
from spoken_digits import records


def run_experiment(experiment):
    time.sleep(0.25)
    return {**experiment._asdict(), "train_seconds": 1.0}, {"probabilities": np.zeros((1, 10))}


records.run_experiment = run_experiment
if __name__ == "__main__":
    sys.exit(experiments.main())
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no process groups to send Ctrl+C to")
def test_a_run_can_be_interrupted_and_run_twice_at_once(tmp_path, fsdd):
    rows = tmp_path / "runs.csv"
    command = [sys.executable, ROOT / "experiments.py", "run", "--results", tmp_path]
    command += ["--split", "official", "--network", "majority", "--seeds", "0", "1", "2", "3"]
    own_group = {"start_new_session": True, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    # Who runs the tests in the background may have them ignore Ctrl+C; the command must not.
    heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)

    first = subprocess.Popen([*command, "--jobs", "1"], text=True, preexec_fn=heed, **own_group)
    end = time.monotonic() + 120
    while not rows.exists():
        assert first.poll() is None, first.stdout.read()
        assert time.monotonic() < end
        time.sleep(0.1)
    os.killpg(first.pid, signal.SIGINT)  # as Ctrl+C does
    out, _ = first.communicate(timeout=30)
    assert first.returncode == 130
    assert "What was recorded stays" in out
    assert "Traceback" not in out
    assert 1 <= len(list(csv.reader(rows.open()))) - 1 < 4

    recorded = rows.read_bytes().splitlines()[1:]

    quick = tmp_path / "quick.py"
    quick.write_text(QUICK)
    command[1] = quick
    paths = {"env": os.environ | {"PYTHONPATH": str(ROOT)}, "stdout": subprocess.DEVNULL}
    both = [subprocess.Popen(command, **paths) for _ in range(2)]
    assert 0 in [process.wait() for process in both]  # the first to end may miss the other's row
    assert pd.read_csv(rows)["seed"].tolist() == [0, 1, 2, 3]
    for row in recorded:
        assert row in rows.read_bytes()


def test_the_help_explains_the_grid():
    command = [sys.executable, ROOT / "experiments.py", "--help"]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for part in grid.GRID:
        assert part.question in out


def test_shipping_without_the_recordings_is_refused_in_a_sentence(monkeypatch, capsys):
    def fetch():
        raise FetchError("No way to the recordings.")

    monkeypatch.setattr(fetching, "fetch_recordings", fetch)
    assert experiments.main(["ship"]) == 1
    assert capsys.readouterr().out == "No way to the recordings.\n"


def test_the_command_chooses_a_held_out_speaker():
    options = experiments.command_line().parse_args(["run", "--held-out", "theo"])
    chosen = experiments.chosen(options)
    assert {experiment.held_out for experiment in chosen} == {"theo"}
    assert {experiment.split for experiment in chosen} == {"speaker", "speaker_refit"}


def test_each_part_of_the_grid_can_be_chosen():
    def chosen(*arguments):
        return experiments.chosen(experiments.command_line().parse_args(["run", *arguments]))

    assert chosen() == grid.grid()
    some = chosen("--network", "gru", "sample_cnn", "--variant", "improved", "--corpus", "fsdd")
    assert some == [
        each
        for each in grid.grid()
        if each.network in ("gru", "sample_cnn") and each[1:3] == ("improved", "fsdd")
    ]
    seeds = chosen("--network", "majority", "--split", "random", "--seeds", "8", "9")
    names = ("majority", "baseline", "classic", "random", "")
    assert seeds == [Experiment(*names, 8), Experiment(*names, 9)]


def test_what_was_chosen_is_recorded_and_what_is_missing_is_told(monkeypatch, capsys, tmp_path):
    asked = []

    def record_all(chosen, jobs, results):
        asked.append((chosen, jobs, results))
        assert [os.environ[name] for name in ONE_CORE] == ["1"] * 3
        return chosen[1:]

    monkeypatch.setattr(fetching, "fetch_recordings", lambda: None)
    monkeypatch.setattr(experiments, "record_all", record_all)
    command = ["--results", str(tmp_path), "run", "--network", "majority", "--split", "official"]
    assert experiments.main([*command, "--seeds", "0", "1", "--jobs", "3"]) == 1
    both = [Experiment("majority", "baseline", "fsdd", "official", "", seed) for seed in (0, 1)]
    assert asked == [(both, 3, tmp_path)]
    told = "NOT RECORDED, it failed or another command is at it: majority-baseline-fsdd-official-1"
    assert capsys.readouterr().out == told + "\n"
    assert experiments.main([*command, "--seeds", "0"]) == 0
    assert asked[1] == (both[:1], 2, tmp_path)


def test_what_has_a_row_is_left_out(monkeypatch, capsys, tmp_path):
    def run_experiment(experiment):
        return {**experiment._asdict(), "train_seconds": 1}, {"probabilities": np.zeros((1, 10))}

    def record_apart(experiment, results):
        started.append(experiment)
        records.record(experiment, results)
        return experiment

    monkeypatch.setattr(records, "run_experiment", run_experiment)
    monkeypatch.setattr(experiments, "record_apart", record_apart)
    three, started = [BASELINE._replace(seed=seed) for seed in range(3)], []
    records.record(three[1], tmp_path)
    assert experiments.record_all(three, 1, tmp_path) == []
    assert started == [three[0], three[2]]
    assert experiments.record_all(three, 1, tmp_path) == []
    assert len(started) == 2
    assert capsys.readouterr().out.splitlines() == [
        "3 experiments, 2 of them missing.",
        "3 experiments, 0 of them missing.",
    ]


def test_shipping_asks_for_its_clips_and_writes_no_row(monkeypatch):
    shipped, asked_for = [], []
    monkeypatch.setattr(fetching, "fetch_recordings", lambda: None)
    monkeypatch.setattr(experiments, "load_recordings", asked_for.append)
    monkeypatch.setattr(experiments, "ship", lambda: shipped.append("both"))
    monkeypatch.setattr(experiments, "record_all", None)
    assert experiments.main(["ship"]) == 0
    assert (shipped, asked_for) == (["both"], ["others", "people"])


def test_a_child_that_dies_is_told_and_the_others_go_on(tmp_path, monkeypatch):
    broken = BASELINE._replace(corpus="/nowhere")

    def record_apart(experiment, results):
        if experiment == broken:
            return apart(experiment, results)  # a real process, which finds no such folder
        return records.record(experiment, results) or experiment

    def run_experiment(experiment):
        return {**experiment._asdict(), "train_seconds": 1}, {"probabilities": np.zeros((1, 10))}

    apart = experiments.record_apart
    monkeypatch.setattr(experiments, "record_apart", record_apart)
    monkeypatch.setattr(records, "run_experiment", run_experiment)
    assert experiments.record_all([broken, BASELINE], 1, tmp_path) == [broken]
    assert records.recorded(tmp_path) == {BASELINE}


def test_the_folder_of_results_may_stand_before_or_behind():
    parser = experiments.command_line()
    for arguments in (
        ["--results", "a", "run"],
        ["run", "--results", "a"],
        ["table", "--results", "a"],
    ):
        assert parser.parse_args(arguments).results == Path("a")
    assert parser.parse_args(["run"]).results == records.RESULTS


def test_what_the_clips_of_people_are_like_is_written_down(tmp_path, monkeypatch):
    facts = pd.DataFrame({"name": ["one/0a_nohash_0.wav"], "pitch_hz": [np.nan], "marks": [""]})
    monkeypatch.setattr(experiments, "people_facts", lambda: facts)
    monkeypatch.setattr(fetching, "fetch_recordings", lambda: None)
    assert experiments.main(["people", "--results", str(tmp_path)]) == 0
    pd.testing.assert_frame_equal(load_people_facts(tmp_path), facts)


def test_without_the_clips_of_people_the_reason_is_told(tmp_path, monkeypatch, capsys):
    def facts():
        raise FetchError("`make people` brings them.")

    monkeypatch.setattr(experiments, "people_facts", facts)
    monkeypatch.setattr(fetching, "fetch_recordings", lambda: None)
    assert experiments.main(["people", "--results", str(tmp_path)]) == 1
    assert "make people" in capsys.readouterr().out
    assert not list(tmp_path.glob("people.csv"))


def test_without_the_clips_that_a_training_needs_nothing_starts(tmp_path, monkeypatch, capsys):
    def load_recordings(corpus):
        raise {"people": FetchError, "others": FileNotFoundError}[corpus](f"No {corpus} here.")

    monkeypatch.setattr(fetching, "fetch_recordings", lambda: None)
    monkeypatch.setattr(experiments, "load_recordings", load_recordings)
    monkeypatch.setattr(experiments, "record_all", lambda *arguments: [])
    command = ["--results", str(tmp_path), "run"]
    for network, variant, told in [
        ("spectrogram_cnn", "open_set", "No others here."),
        ("soundswallower", "baseline", "No people here."),
    ]:
        assert experiments.main([*command, "--network", network, "--variant", variant]) == 1
        assert capsys.readouterr().out == f"{told}\n"
    assert experiments.main([*command, "--variant", "original"]) == 0
    monkeypatch.setattr(experiments, "recorded", lambda results: set(grid.grid()))
    assert experiments.main([*command, "--variant", "open_set"]) == 0


def test_the_tables_are_printed(capsys):
    assert experiments.main(["table"]) == 0
    table = report.markdown(report.results_table(grid.grid_runs()))
    assert capsys.readouterr().out == table + "\n"
    assert experiments.main(["recipes"]) == 0
    assert capsys.readouterr().out == report.recipes_text() + "\n"
