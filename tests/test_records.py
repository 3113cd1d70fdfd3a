"""results/: a row and a file for each run, whole or not at all, and never twice."""

import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from filelock import FileLock

from spoken_digits import records
from spoken_digits.dataset import CLASSIC, DIGIT_WORDS, read_names
from spoken_digits.fetching import registry
from spoken_digits.records import (
    expected_seconds,
    load_predictions,
    load_runs,
    locks,
    record,
    recorded,
)
from spoken_digits.runs import Experiment, split, with_none
from spoken_digits.voices import load_people_facts

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


@pytest.mark.parametrize("work", [recorded, partial(records.add_row, {**BASELINE._asdict()})])
def test_nobody_reads_or_writes_the_rows_while_another_writes_them(folder, work):
    with ThreadPoolExecutor(1) as threads:
        with FileLock(locks(folder) / "runs"):
            done = threads.submit(work, results=folder)
            with pytest.raises(TimeoutError):
                done.result(timeout=0.2)
            assert not (folder / "runs.csv").exists()
        done.result(timeout=10)


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


def test_what_is_claimed_has_no_row_and_nobody_is_at_it(folder, calls):
    four = [BASELINE._replace(seed=seed) for seed in range(4)]
    record(four[0], folder)
    with FileLock(locks(folder) / four[1].name):
        held = records.hold(four, folder)
        assert list(held) == four[2:]
        record(four[2], folder)  # another command leaves it to this one
        assert records.hold(four, folder) == {}
    assert calls == four[:1]
    held[four[2]].release()
    assert list(records.hold(four[1:], folder, at_most=1)) == [four[1]]
    held[four[3]].release()


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


@pytest.mark.parametrize("part", ["keep", "add_row"])
def test_what_could_not_be_written_leaves_all_as_it_was(folder, calls, monkeypatch, part):
    """A full disk, in the middle of either file."""

    def fill(target, *arguments, **options):
        Path(target).write_text("half")
        raise OSError("No space left on device")

    record(BASELINE, folder)
    rows = (folder / "runs.csv").read_bytes()
    if part == "keep":
        monkeypatch.setattr(np, "savez_compressed", fill)
    else:
        monkeypatch.setattr(pd.DataFrame, "to_csv", lambda table, target, **options: fill(target))
    other = BASELINE._replace(seed=1)
    with pytest.raises(OSError, match="No space"):
        record(other, folder)
    assert (folder / "runs.csv").read_bytes() == rows
    assert recorded(folder) == {BASELINE}
    whole = [BASELINE] if part == "keep" else [BASELINE, other]
    files = sorted(path.name for path in (folder / "predictions").iterdir())
    assert files == [f"{each.name}.npz" for each in whole]
    monkeypatch.undo()
    monkeypatch.setattr(records, "run_experiment", lambda _: ({**other._asdict()}, {"x": [1]}))
    record(other, folder)  # and then again
    assert recorded(folder) == {BASELINE, other}
    assert load_predictions(other, folder)["x"].tolist() == [1]
    assert sorted(path.name for path in folder.iterdir()) == [".locks", "predictions", "runs.csv"]


def test_what_is_kept_is_read_back_to_the_bit(folder, calls, monkeypatch):
    random = np.random.default_rng(0)
    kept = {
        "test_clips": np.array(["0_anna_0.wav"]),
        "answers": np.array([7], np.uint8),
        "probabilities": random.random((1, 10)).astype(np.float32),
        "val_loss": random.random(3).astype(np.float32),
    }
    monkeypatch.setattr(records, "run_experiment", lambda each: (each._asdict(), kept))
    record(BASELINE, folder)
    again = load_predictions(BASELINE, folder)
    assert list(again) == list(kept)
    for name, values in kept.items():
        assert again[name].dtype == values.dtype
        np.testing.assert_array_equal(again[name], values)


# --- What is recorded ---


def test_the_columns_are_those_that_others_read():
    assert ",".join(load_runs().columns) == (
        "network,variant,corpus,split,held_out,seed,epochs,parameters,train_clips,test_clips,"
        "train_accuracy,validation_accuracy,test_accuracy,test_loss,test_ece,train_seconds,"
        "seconds_per_clip,python,tensorflow,keras,numpy,processor,date"
    )


@pytest.fixture(scope="module")
def kept():
    """All rows of the project's results, each with what is kept beside it."""
    fields = list(Experiment._fields)
    return [
        (row, load_predictions(Experiment(*(getattr(row, name) for name in fields))))
        for row in load_runs().itertuples()
    ]


def digits_in(names):
    """The digits that names of clips tell: 7_theo_0.wav, of people seven/0a1b_nohash_0.wav."""
    if "/" in names[0]:
        return np.array([DIGIT_WORDS.index(name.partition("/")[0]) for name in names])
    return read_names(names)["digit"]


def test_each_row_is_what_its_answers_say(kept):
    for row, arrays in kept:
        labels = digits_in(arrays["test_clips"])
        assert len(labels) == row.test_clips
        assert (arrays["answers"] == labels).mean() == pytest.approx(row.test_accuracy, abs=1e-5), (
            row
        )


def before_rounding(rounded, towards):
    """The farthest from it that numbers were which became these 16 bits: half a step."""
    return (rounded.astype(float) + np.nextafter(rounded, np.float16(towards))) / 2


def test_each_loss_is_one_that_its_rounded_probabilities_allow(kept):
    for row, arrays in kept:
        labels = digits_in(arrays["test_clips"])
        rounded = arrays["probabilities"][np.arange(len(labels)), labels]
        # log_loss() counts no share below the step of its type: baselines answer in 32 bits.
        least = np.finfo(np.float32 if row.variant == "baseline" else float).eps
        most_loss, least_loss = (
            -np.log(np.clip(before_rounding(rounded, towards), least, 1)).mean()
            for towards in (-1, 2)
        )
        six_digits = 1e-5 * row.test_loss
        assert least_loss - six_digits <= row.test_loss <= most_loss + six_digits, row


def test_each_calibration_error_is_that_of_its_probabilities(kept):
    for row, arrays in kept:
        right = arrays["answers"] == digits_in(arrays["test_clips"])
        stated = with_none(arrays["probabilities"].astype(float))
        sure = stated[np.arange(len(stated)), arrays["answers"]]
        bins = pd.Series(right - sure).groupby(np.minimum(10 * sure // 1, 9))
        error = bins.sum().abs().sum() / len(right)
        # One clip of 150 may be rounded into another bin.
        assert error == pytest.approx(row.test_ece, abs=0.007), row


def test_each_curve_tells_the_validation_accuracy(kept):
    for row, arrays in kept:
        assert len(arrays.get("val_accuracy", [])) == row.epochs
        if not row.epochs or row.corpus == "people":  # there, the row is about whole seconds
            continue
        # Early stopping goes back to the epoch of the lowest validation loss.
        epoch = arrays["val_loss"].argmin() if "early_stopping" in row.variant else -1
        # One clip of 150 may differ: sigmoids that are all but 1 tie in 32 bits.
        told = arrays["val_accuracy"][epoch]
        if arrays["probabilities"].shape[1] > 10:  # to Keras, "none of the ten" is a wrong answer
            assert told <= row.validation_accuracy + 0.007, row
            continue
        assert told == pytest.approx(row.validation_accuracy, abs=0.007), row


def test_the_recorded_test_clips_are_those_of_their_split(kept):
    names = sorted(registry())
    clips = read_names(names).assign(path=names)
    corpora = {"fsdd": clips, "classic": clips[clips["speaker"].isin(CLASSIC)]}
    facts = load_people_facts()
    is_digit = facts["name"].str.partition("/")[0].isin(DIGIT_WORDS)
    of_people = facts.loc[is_digit & (facts["part"] == "test"), "name"]
    for row, arrays in kept:
        if row.corpus == "people":
            assert sorted(arrays["test_clips"]) == sorted(of_people), row
            continue
        experiment = Experiment(*(getattr(row, name) for name in Experiment._fields))
        train, _, test = split(corpora[row.corpus], experiment)
        assert arrays["test_clips"].tolist() == test["path"].tolist(), row
        assert not set(train["path"]) & set(test["path"])


def test_the_times_are_above_0(kept):
    seconds = pd.DataFrame([(row.train_seconds, row.seconds_per_clip) for row, _ in kept])
    assert (seconds > 0).all(axis=None)
