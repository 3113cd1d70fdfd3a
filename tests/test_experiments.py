"""experiments.py: one experiment, its recording, and what is recorded."""

import csv
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from filelock import FileLock

import experiments
import helpers
from spoken_digits import (
    dataset,
    features,
    fetching,
    grid,
    networks,
    recipes,
    recognition,
    records,
    report,
    runs,
    training,
)
from spoken_digits.runs import Experiment

ROOT = Path(__file__).parents[1]
BASELINE = Experiment("mfcc_logistic", "baseline", "synthetic", "official", "", 0)

# What others read from results/runs.csv by these names.
COLUMNS = [
    *["network", "variant", "corpus", "split", "held_out", "seed", "epochs", "parameters"],
    *["train_accuracy", "validation_accuracy", "test_accuracy"],
    *["train_seconds", "seconds_per_clip"],
]


# --- One experiment ---


@pytest.fixture(scope="module")
def baseline():
    return runs.run_experiment(BASELINE)


def test_an_experiment_gives_a_row(baseline):
    row, _ = baseline
    assert set(COLUMNS) <= row.keys()
    for part in ("train", "validation", "test"):
        assert 0.3 < row[f"{part}_accuracy"] <= 1
    assert row["parameters"] == 10 * (40 + 1)
    assert (row["train_clips"], row["test_clips"]) == (2400, 300)
    assert 0 < row["seconds_per_clip"] < 1


def test_its_predictions_are_those_of_the_row(baseline, synthetic):
    row, kept = baseline
    _, _, test = helpers.official_split(synthetic)
    assert kept["test_clips"].tolist() == [Path(path).name for path in test["path"]]
    assert (kept["answers"] == test["digit"]).mean() == pytest.approx(row["test_accuracy"])
    assert (kept["answers"] == kept["probabilities"].argmax(axis=1)).mean() > 0.99


def test_a_network_keeps_its_history_and_the_seed_decides(monkeypatch):
    network = BASELINE._replace(network="sample_cnn", variant="original")
    recipe = recipes.RECIPES["sample_cnn", "original"]
    short = recipe._replace(train=partial(recipe.train.func, epochs=2))
    monkeypatch.setitem(recipes.RECIPES, ("sample_cnn", "original"), short)
    (row, kept), (_, again), (_, other) = (
        runs.run_experiment(network._replace(seed=seed)) for seed in (0, 0, 1)
    )
    assert row["epochs"] == len(kept["val_accuracy"]) == 2
    assert row["parameters"] == 19_210
    assert row["validation_accuracy"] == pytest.approx(kept["val_accuracy"][-1])
    np.testing.assert_allclose(kept["probabilities"].astype(float).sum(axis=1), 1, atol=0.01)
    np.testing.assert_allclose(again["probabilities"], kept["probabilities"], atol=0.02)
    assert abs(other["probabilities"] - kept["probabilities"]).max() > 0.1


def test_no_test_clip_is_touched_before_the_training_is_over(monkeypatch, synthetic):
    events, recipe = [], recipes.RECIPES["majority", "baseline"]

    def features(waveforms):
        events.append({waveform.tobytes() for waveform in waveforms})
        return np.zeros((len(waveforms), 1))

    def train(*arguments, **options):
        events.append("trained")
        return recipe.train(*arguments, **options)

    spying = recipe._replace(features=features, train=train)
    monkeypatch.setitem(recipes.RECIPES, ("majority", "baseline"), spying)
    runs.run_experiment(BASELINE._replace(network="majority"))
    test = {waveform.tobytes() for waveform in helpers.official_split(synthetic)[2]["waveform"]}
    before = events[: events.index("trained")]
    assert len(before) == 2
    assert not any(part & test for part in before)


def test_fewer_clips_are_drawn_from_the_training_clips_alone(monkeypatch):
    recipe = recipes.RECIPES["majority", "baseline"]._replace(clips_per_digit=7)
    monkeypatch.setitem(recipes.RECIPES, ("majority", "baseline"), recipe)
    row, _ = runs.run_experiment(BASELINE._replace(network="majority"))
    assert (row["train_clips"], row["test_clips"]) == (70, 300)


def test_copies_and_synthetic_voices_are_for_training_alone(monkeypatch, fsdd):
    given = {}

    def train(model, x, digits, seed, validation):
        given.update(clips=len(x), digits=len(digits), watched=len(validation[0]))
        return training.fit_baseline(model, x, digits, seed, validation)

    recipe = recipes.RECIPES["majority", "baseline"]
    changed = recipe._replace(train=train, augment=lambda clip, _: clip, copies=2, synthetic=True)
    monkeypatch.setitem(recipes.RECIPES, ("majority", "baseline"), changed)
    row, _ = runs.run_experiment(BASELINE._replace(network="majority", corpus="fsdd"))
    assert (row["train_clips"], row["test_clips"]) == (2400 + 3000, 300)
    assert given == {"clips": 3 * 5400, "digits": 3 * 5400, "watched": 300}

    row, _ = runs.run_experiment(BASELINE._replace(network="majority"))
    assert row["train_clips"] == 2400  # no synthetic test clip among the teachers


# --- Its parts ---


def test_a_random_split_takes_a_tenth_each(synthetic):
    experiment = BASELINE._replace(split="random")
    parts = runs.split(synthetic, experiment)
    assert [len(part) for part in parts] == [2400, 300, 300]
    assert len(pd.concat(parts)["path"].unique()) == 3000
    other = runs.split(synthetic, experiment._replace(seed=1))
    assert set(parts[2]["path"]) != set(other[2]["path"])


def test_a_split_by_speaker_tests_on_who_was_never_heard(synthetic):
    speaker = synthetic["speaker"].iloc[0]
    experiment = BASELINE._replace(split="speaker", held_out=speaker)
    train, validation, test = runs.split(synthetic, experiment)
    assert set(test["speaker"]) == {speaker}
    assert speaker not in set(train["speaker"]) | set(validation["speaker"])


def test_once_all_is_chosen_the_validation_speaker_teaches_too(synthetic):
    speaker = synthetic["speaker"].iloc[0]
    experiment = BASELINE._replace(split="speaker_refit", held_out=speaker)
    train, _, test = runs.split(synthetic, experiment)
    assert set(test["speaker"]) == {speaker}
    assert set(train["speaker"]) == set(synthetic["speaker"]) - {speaker}


def test_the_classic_edition_has_1500_clips_of_three_speakers(fsdd):
    classic = runs.load_corpus("classic")
    assert len(classic) == 1500
    assert set(classic["speaker"]) == set(dataset.CLASSIC)


def test_calibration_error():
    digits = np.zeros(4, int)
    sure = np.array([[1.0, 0.0]] * 4)
    assert runs.expected_calibration_error(digits, sure) == 0
    assert runs.expected_calibration_error(np.array([0, 0, 1, 1]), sure) == 0.5
    # Right in three of four at 75 %, and in one of two at 95 %: errors 0 and 0.45.
    mixed = np.array([[0.75, 0.25]] * 4 + [[0.95, 0.05]] * 2)
    answers = np.array([0, 0, 0, 1, 0, 1])
    assert runs.expected_calibration_error(answers, mixed) == pytest.approx(0.45 * 2 / 6)


def test_wilson_interval():
    low, high = report.wilson_interval(0.9, 100)  # worked out by hand from Wilson's formula
    assert (low, high) == pytest.approx((0.8256, 0.9448), abs=1e-4)


@pytest.mark.parametrize("build", [helpers.sample_cnn, helpers.spectrogram_cnn])
def test_a_rebuilt_network_differs_in_what_was_changed_alone(build):
    def original():
        return build(original=True)

    def configs(model):
        return [layer.get_config() for layer in model.layers]

    double = networks.rebuilt(original, lambda config: networks.resize(config, 2))
    assert double.layers[0].filters == 2 * original().layers[0].filters
    assert double.output_shape == (None, 10)
    quick = networks.with_setting(original, "momentum", 0.9)()
    changed = [
        {name for name in before if before[name] != after[name]} - {"name"}
        for before, after in zip(configs(original()), configs(quick), strict=True)
    ]
    assert {"momentum"} in changed
    assert all(names <= {"momentum"} for names in changed)


def cell(notebook, name):
    """The code of a notebook's cell, by its id."""
    cells = nbformat.read(ROOT / "notebooks" / notebook, as_version=4).cells
    return next(cell.source for cell in cells if cell.id == name)


@pytest.mark.parametrize(
    ("notebook", "length", "ours"),
    [
        ("03_sample_cnn.ipynb", "longest = 18262", features.original_waveform_input),
        ("04_spectrogram_cnn.ipynb", "", features.original_spectrogram_input),
    ],
)
def test_the_originals_are_fed_as_in_their_notebooks(notebook, length, ours):
    source = cell(notebook, "padding" if length else "input").split("\n\n\nx_train")[0]
    names = {}
    exec(f"import numpy as np, scipy.signal, helpers\n{length}\n{source}", names)
    waveforms = [np.random.default_rng(0).normal(size=n).astype("float32") for n in (900, 9000)]
    np.testing.assert_array_equal(ours(waveforms), names["original_input"](waveforms))


def test_the_deep_network_is_that_of_notebook_03():
    names = {}
    exec("import keras, helpers\nfrom keras import layers", names)
    for name in ("convolution", "improved", "deep"):
        exec(cell("03_sample_cnn.ipynb", name), names)
    built = names["deep_sample_cnn"](), networks.deep_sample_cnn()
    configs = [[layer.get_config() | {"name": ""} for layer in model.layers] for model in built]
    assert configs[0] == configs[1]


# --- Recording ---


@pytest.fixture
def results(tmp_path, monkeypatch):
    """An empty place for results, and experiments that take no time."""
    calls = []

    def run_experiment(experiment):
        calls.append(experiment)
        time.sleep(0.05)
        row = {**experiment._asdict(), "test_accuracy": 0.5, "train_seconds": 20.0 * len(calls)}
        return row, {"probabilities": np.full((2, 10), 0.1)}

    monkeypatch.setattr(records, "run_experiment", run_experiment)
    folder = tmp_path / "results"
    for function in (
        records.record,
        records.recorded,
        records.load_runs,
        records.load_predictions,
        records.locks,
        records.expected_seconds,
        records.record_apart,
        grid.grid_runs,
    ):
        monkeypatch.setattr(function, "__defaults__", (folder,))
    return calls


def test_what_is_recorded_is_not_run_again(results):
    records.record(BASELINE)
    records.record(BASELINE)
    assert results == [BASELINE]
    assert records.recorded() == {BASELINE}
    assert records.load_predictions(BASELINE)["probabilities"].shape == (2, 10)


def test_two_at_once_make_one_row_each(results):
    wanted = [BASELINE._replace(seed=seed) for seed in range(4)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(records.record, wanted * 2))
    runs = records.load_runs()
    assert runs["seed"].tolist() == [0, 1, 2, 3]
    assert sorted(results) == wanted


def test_a_failed_run_leaves_no_row(results, monkeypatch):
    def fail(experiment):
        raise MemoryError

    monkeypatch.setattr(records, "run_experiment", fail)
    with pytest.raises(MemoryError):
        records.record(BASELINE)
    assert records.recorded() == set()


def test_a_child_that_dies_is_told_and_the_others_go_on(results, monkeypatch):
    broken = BASELINE._replace(corpus="/nowhere")

    def record_apart(experiment, results):
        if experiment == broken:
            return apart(experiment, results)  # a real process, which finds no such folder
        return records.record(experiment) or experiment

    apart = records.record_apart
    monkeypatch.setattr(experiments, "record_apart", record_apart)
    assert experiments.record_all([broken, BASELINE], 1, records.load_runs.__defaults__[0]) == [
        broken
    ]
    assert records.recorded() == {BASELINE}


def test_what_another_command_is_at_is_left_to_it(results):
    with FileLock(records.locks() / BASELINE.name):
        records.record(BASELINE)
    assert results == []


def test_a_speaker_called_by_a_number_is_found_again(results):
    experiment = BASELINE._replace(split="speaker", held_out="01")
    records.record(experiment)
    records.record(BASELINE)
    assert records.recorded() == {experiment, BASELINE}


def test_the_time_left_is_told_from_the_recorded_rows(results):
    assert records.expected_seconds([BASELINE]) == [60]
    for seed in range(2):
        records.record(BASELINE._replace(seed=seed))  # 20 s, then 40 s
    assert records.expected_seconds([BASELINE._replace(seed=2)]) == [30 + 10]


def test_without_the_recordings_it_says_so(monkeypatch, capsys):
    def fail():
        raise helpers.FetchError("There is no way to the dataset.")

    monkeypatch.setattr(fetching, "fetch_recordings", fail)
    assert experiments.main(["run", "--network", "majority"]) == 1
    assert capsys.readouterr().out == "There is no way to the dataset.\n"


def test_names_tell_experiments_apart():
    names = [experiment.name for experiment in grid.grid()]
    assert len(set(names)) == len(names)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no process groups to send Ctrl+C to")
def test_a_run_can_be_interrupted_and_run_twice_at_once(tmp_path, fsdd):
    rows = tmp_path / "runs.csv"
    command = [sys.executable, ROOT / "experiments.py", "run", "--results", tmp_path]
    command += ["--split", "official"]
    command += ["--network", "majority", "mfcc_logistic", "--seeds", "0", "1"]
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

    both = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert 0 in [process.wait() for process in both]  # the first to end may miss the other's row
    table = pd.read_csv(rows)
    assert len(table) == len(table.drop_duplicates(["network", "seed"])) == 4


def test_the_help_explains_the_grid():
    command = [sys.executable, ROOT / "experiments.py", "--help"]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for part in grid.GRID:
        assert part.question in out


# --- What is recorded ---


def test_the_whole_grid_is_recorded():
    assert set(grid.grid()) <= records.recorded()


def test_each_row_is_what_its_answers_say():
    runs = records.load_runs()
    fields = list(Experiment._fields)
    for row in runs.itertuples():
        kept = records.load_predictions(Experiment(*(getattr(row, name) for name in fields)))
        digits = np.array([int(name[0]) for name in kept["test_clips"]])
        assert len(digits) == row.test_clips
        assert (kept["answers"] == digits).mean() == pytest.approx(row.test_accuracy, abs=1e-5), row


@pytest.mark.parametrize(
    ("build", "features"),
    [
        (helpers.sample_cnn, helpers.waveform_input),
        (helpers.spectrogram_cnn, helpers.spectrogram_input),
    ],
)
def test_a_clip_is_answered_within_15_milliseconds(build, features, synthetic):
    waveforms = synthetic["waveform"][:20]
    assert runs.seconds_per_clip(build(), features, waveforms) <= 0.015


def test_the_table_is_made_from_the_rows_of_its_network_and_corpus():
    common = {"parameters": 1234, "train_accuracy": 1.0, "train_clips": 2400, "test_clips": 300}
    common |= {"train_seconds": 80.4, "seconds_per_clip": 0.0021}
    parts = [("fsdd", "official", "", 0.98), ("fsdd", "official", "", 1.0)]
    parts += [("classic", "random", "", 0.5), ("fsdd", "speaker", "c", 0.9)]
    parts += [("fsdd", "speaker", speaker, 0.8) for speaker in "aabbc"]
    columns = ["network", "variant", "corpus", "split", "held_out", "test_accuracy"]
    rows = [(*row, *part) for row in report.ROWS for part in parts]
    runs = pd.DataFrame(rows, columns=columns).assign(**common)
    table = report.results_table(runs)
    assert table.loc["sample_cnn, original"].to_dict() == {
        "weights": "1,234",
        "training accuracy": "100.0 % (99.8 to 100.0)",
        "test accuracy": "99.0 % (97.1 to 99.7)",
        "gap (points)": "1.0",
        "seeds": "98.0 to 100.0 %",
        # Speakers' means 80, 80, 85: mean 81.67, standard error 1.667, times 4.303 for n = 3.
        "unseen speakers": "81.7 % (74 to 89)",
        "classic edition": "50.0 % (44.4 to 55.6)",
        "published": "60 %",
        "training (s)": "80",
        "one clip (ms)": "2.1",
    }
    close = report.results_table(runs.assign(train_accuracy=0.9899))  # 0.01 points below
    assert (close["gap (points)"] == "0.0").all()
    known = report.results_table(runs[runs["split"] == "official"])
    assert (known[["unseen speakers", "classic edition"]] == "").all(axis=None)


def test_rows_that_somebody_added_stay_out_of_the_table(results):
    planned = Experiment("majority", "baseline", "fsdd", "official", "", 0)
    for experiment in (planned, planned._replace(seed=77), planned._replace(corpus="synthetic")):
        records.record(experiment)
    assert len(records.load_runs()) == 3
    assert grid.grid_runs()["seed"].tolist() == [0]


def test_the_readme_shows_the_recorded_results():
    table = report.markdown(report.results_table(grid.grid_runs()))
    assert table in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("network", list(helpers.SHIPPED))
def test_the_card_of_a_shipped_network_shows_the_recorded_results(network):
    card = (ROOT / "models" / "README.md").read_text(encoding="utf-8")
    row = next(line for line in card.splitlines() if f"`{network}.keras`" in line)
    recorded = report.results_table(grid.grid_runs()).loc[f"{network}, general"]
    for column in ("weights", "test accuracy", "unseen speakers"):
        assert f"| {recorded[column]} |" in row


@pytest.mark.parametrize("network", list(helpers.SHIPPED))
def test_a_shipped_network_is_the_recorded_one(network, fsdd):
    recorded = records.load_predictions(Experiment(network, "general", "fsdd", "official", "", 0))
    _, _, test = helpers.official_split(fsdd)
    x = helpers.SHIPPED[network](test["waveform"])
    answers = recognition.shipped(network).predict(x, verbose=0)
    np.testing.assert_allclose(answers, recorded["probabilities"], atol=0.02)


def test_a_shipped_file_holds_the_trained_weights_and_stays_small(monkeypatch, tmp_path):
    helpers.start_tensorflow()
    import keras

    trained = {}

    def fit(experiment):
        assert experiment[1:] == ("general", "fsdd", "official", "", 0)
        model = recipes.RECIPES[experiment[:2]].build()
        model.compile("adam", "categorical_crossentropy")
        trained[experiment.network] = model
        return model, None, 0, ()

    monkeypatch.setattr(runs, "fit", fit)
    runs.ship(tmp_path)
    for network, model in trained.items():
        path = tmp_path / f"{network}.keras"
        assert path.stat().st_size < 1_000_000
        for ours, theirs in zip(keras.models.load_model(path).weights, model.weights, strict=True):
            np.testing.assert_array_equal(ours, theirs)
    assert set(trained) == set(helpers.SHIPPED)


def test_shipping_without_the_recordings_is_refused_in_a_sentence(monkeypatch, capsys):
    def fetch():
        raise helpers.FetchError("No way to the recordings.")

    monkeypatch.setattr(fetching, "fetch_recordings", fetch)
    assert experiments.main(["ship"]) == 1
    assert capsys.readouterr().out == "No way to the recordings.\n"


def test_the_command_chooses_a_held_out_speaker():
    options = experiments.command_line().parse_args(["run", "--held-out", "theo"])
    chosen = experiments.chosen(options)
    assert {experiment.held_out for experiment in chosen} == {"theo"}
    assert {experiment.split for experiment in chosen} == {"speaker", "speaker_refit"}
