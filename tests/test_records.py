"""results/: a row and a file for each run, whole or not at all, and never twice."""

import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pandas as pd
import pytest
from filelock import FileLock
from sklearn.metrics import log_loss

from spoken_digits import records
from spoken_digits.dataset import read_names
from spoken_digits.records import (
    expected_seconds,
    load_predictions,
    load_runs,
    locks,
    record,
    recorded,
)
from spoken_digits.runs import Experiment

BASELINE = Experiment("mfcc_logistic", "baseline", "synthetic", "official", "", 0)


@pytest.fixture
def folder(tmp_path):
    """An empty place for results."""
    return tmp_path / "results"


@pytest.fixture
def calls(monkeypatch):
    """Experiments take no time; each that is run is written down."""
    calls = []

    def run_experiment(experiment):
        calls.append(experiment)
        print("an epoch")  # of no interest to the terminal
        time.sleep(0.05)
        row = {**experiment._asdict(), "test_accuracy": 0.5, "train_seconds": 20.0 * len(calls)}
        return row, {"probabilities": np.full((2, 10), 0.1)}

    monkeypatch.setattr(records, "run_experiment", run_experiment)
    return calls


def test_what_is_recorded_is_not_run_again(folder, calls):
    record(BASELINE, folder)
    record(BASELINE, folder)
    assert calls == [BASELINE]
    assert recorded(folder) == {BASELINE}
    assert load_predictions(BASELINE, folder)["probabilities"].shape == (2, 10)


def test_two_at_once_make_one_row_each(folder, calls):
    wanted = [BASELINE._replace(seed=seed) for seed in range(4)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(partial(record, results=folder), wanted * 2))
    runs = load_runs(folder)
    assert runs["seed"].tolist() == [0, 1, 2, 3]
    assert sorted(calls) == wanted


def test_a_failed_run_leaves_no_row(folder, calls, monkeypatch):
    def fail(experiment):
        raise MemoryError

    monkeypatch.setattr(records, "run_experiment", fail)
    with pytest.raises(MemoryError):
        record(BASELINE, folder)
    assert recorded(folder) == set()


def test_what_another_command_is_at_is_left_to_it(folder, calls):
    with FileLock(locks(folder) / BASELINE.name):
        record(BASELINE, folder)
    assert calls == []


def test_a_speaker_called_by_a_number_is_found_again(folder, calls):
    experiment = BASELINE._replace(split="speaker", held_out="01")
    record(experiment, folder)
    record(BASELINE, folder)
    assert recorded(folder) == {experiment, BASELINE}


def test_the_time_left_is_told_from_the_recorded_rows(folder, calls):
    assert expected_seconds([BASELINE], folder) == [60]
    for seed in range(2):
        record(BASELINE._replace(seed=seed), folder)  # 20 s, then 40 s
    assert expected_seconds([BASELINE._replace(seed=2)], folder) == [30 + 10]


def test_epochs_stay_out_of_the_terminal(folder, calls, capsys):
    record(BASELINE, folder)
    assert capsys.readouterr().out == ""


def test_rows_are_kept_and_sorted(folder, calls):
    for seed in (2, 0, 1):
        record(BASELINE._replace(seed=seed), folder)
    runs = load_runs(folder)
    assert runs["seed"].tolist() == [0, 1, 2]
    assert runs["train_seconds"].tolist() == [40, 60, 20]  # by when they were run
    assert load_runs(folder / "nowhere").empty


def test_a_row_is_written_with_six_digits_and_no_number_of_its_own(folder):
    folder.mkdir()
    records.add_row({**BASELINE._asdict(), "test_accuracy": 1 / 3}, folder)
    assert (folder / "runs.csv").read_text().splitlines() == [
        "network,variant,corpus,split,held_out,seed,test_accuracy",
        "mfcc_logistic,baseline,synthetic,official,,0,0.333333",
    ]


def test_a_network_that_was_never_recorded_may_take_a_minute(folder, calls):
    record(BASELINE, folder)
    assert expected_seconds([BASELINE, BASELINE._replace(network="other")], folder) == [30, 60]


# --- What is recorded ---


@pytest.fixture(scope="module")
def kept():
    """All rows of the project's results, each with what is kept beside it."""
    fields = list(Experiment._fields)
    return [
        (row, load_predictions(Experiment(*(getattr(row, name) for name in fields))))
        for row in load_runs().itertuples()
    ]


def test_each_row_is_what_its_answers_say(kept):
    for row, arrays in kept:
        labels = read_names(arrays["test_clips"])["digit"]
        assert len(labels) == row.test_clips
        assert (arrays["answers"] == labels).mean() == pytest.approx(row.test_accuracy, abs=1e-5), (
            row
        )


def test_each_loss_is_that_of_its_probabilities(kept):
    for row, arrays in kept:
        labels = read_names(arrays["test_clips"])["digit"]
        said = arrays["probabilities"].astype(float)
        share = said[np.arange(len(labels)), labels]
        if share.min() < 1e-4:  # 16 bits are too few for its logarithm
            continue
        loss = log_loss(labels, said / said.sum(axis=1, keepdims=True), labels=range(10))
        assert row.test_loss == pytest.approx(loss, abs=2e-3), row


def test_each_curve_ends_with_the_validation_accuracy(kept):
    for row, arrays in kept:
        if "val_accuracy" not in arrays or "early_stopping" in row.variant:
            continue
        assert len(arrays["val_accuracy"]) == row.epochs
        # One clip of 150 may differ: sigmoids that are all but 1 tie in 32 bits.
        last = arrays["val_accuracy"][-1]
        assert last == pytest.approx(row.validation_accuracy, abs=0.007), row


def test_the_times_are_above_0(kept):
    seconds = pd.DataFrame([(row.train_seconds, row.seconds_per_clip) for row, _ in kept])
    assert (seconds > 0).all(axis=None)
