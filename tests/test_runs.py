"""One experiment: who is trained with what, what the row says, and what is kept beside it."""

import sys
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from spoken_digits import (
    dataset,
    features,
    material,
    networks,
    recipe,
    recipes,
    records,
    runs,
)
from spoken_digits.runs import Experiment

BASELINE = Experiment("mfcc_logistic", "baseline", "synthetic", "official", "", 0)
HEAR = runs.hear
SPIED = Experiment("spied", "baseline", "small", "official", "", 0)

# What others read from results/runs.csv by these names.
COLUMNS = [
    *["network", "variant", "corpus", "split", "held_out", "seed", "epochs", "parameters"],
    *["train_accuracy", "validation_accuracy", "test_accuracy"],
    *["train_seconds", "seconds_per_clip"],
]


# --- A small corpus of clips that tell who they are ---

SPEAKERS = ["anna", "ben", "cleo", "dora"]


def small_corpus(name, speakers=SPEAKERS, takes=10):
    """Clips of one sample, in thousandths: digit, speaker and take, as a number."""
    rows = [
        {"digit": digit, "speaker": speaker, "take": take, "path": f"{digit}_{speaker}_{take}.wav"}
        for digit in range(10)
        for speaker in speakers
        for take in range(takes)
    ]
    clips = pd.DataFrame(rows)
    code = clips["digit"] * 100 + clips["speaker"].str[0].map(ord) % 10 * 10 + clips["take"]
    clips["waveform"] = [np.array([value], "float32") for value in code]
    clips.attrs["corpus"] = name
    return clips


def digit_of(x):
    """The digit that each clip tells."""
    return np.asarray(x)[:, 0].astype(int) // 100


class Model:
    """Stands in for a network: probabilities from what a clip tells, a little wrong."""

    weights = 7

    def predict_proba(self, x):
        digits = digit_of(x)
        wrong = (x[:, 0] % 10 == 0) & (digits < 5)  # on take 0 of these digits
        predicted = np.where(wrong, (digits + 1) % 10, digits)
        return np.eye(10)[predicted] * 0.7 + 0.03

    def count_params(self):
        return self.weights


@pytest.fixture
def spied(monkeypatch):
    """What an experiment hands to its training, as a dict; no time is spent."""
    given = {}

    def load(corpus):
        given.setdefault("corpora", []).append(corpus)
        return small_corpus(corpus) if corpus != "synthetic" else small_corpus(corpus, ["zoe"], 3)

    def train(cooked, model, x, labels, seed, validation):
        given.update(x=np.asarray(x), labels=np.asarray(labels), seed=seed)
        given.update(watched=validation, recipe=cooked, model=model)
        return pd.DataFrame({"loss": [0.5, 0.25], "val_loss": [0.75, 0.125]})

    cooked = recipe.Recipe(Model, np.stack, epochs=5)  # it will stop early
    monkeypatch.setattr(material, "load_recordings", load)
    monkeypatch.setattr(runs, "train_by_recipe", train)
    monkeypatch.setitem(recipes.RECIPES, ("spied", "baseline"), cooked)
    return given


def cook(monkeypatch, **settings):
    """The spied recipe with other settings."""
    cooked = replace(recipes.RECIPES["spied", "baseline"], **settings)
    monkeypatch.setitem(recipes.RECIPES, ("spied", "baseline"), cooked)


def codes(part):
    return sorted(np.concatenate(list(part["waveform"])))


# --- What the training is given ---


@pytest.mark.parametrize("split", ["official", "random", "speaker", "speaker_refit"])
def test_each_clip_comes_with_its_label_and_no_test_clip_among_them(spied, split):
    held_out = "ben" if split.startswith("speaker") else ""
    experiment = SPIED._replace(split=split, held_out=held_out, seed=3)
    _, _, _, (train, validation, test) = runs.fit(experiment)
    np.testing.assert_array_equal(digit_of(spied["x"]), spied["labels"])
    x, labels = spied["watched"]
    np.testing.assert_array_equal(digit_of(x), labels)
    assert sorted(spied["x"][:, 0]) == codes(train)
    assert sorted(x[:, 0]) == codes(validation)
    assert not set(codes(test)) & (set(codes(train)) | set(codes(validation)))
    assert (spied["seed"], spied["corpora"]) == (3, ["small"])
    assert spied["recipe"] == recipes.RECIPES["spied", "baseline"]
    assert isinstance(spied["model"], Model)
    if split == "speaker_refit":
        assert set(codes(validation)) < set(codes(train))
    else:
        assert not set(codes(validation)) & set(codes(train))


def test_each_copy_comes_with_the_label_of_its_clip(spied, monkeypatch):
    def change(waveform, random):
        return waveform + random.uniform(0.1, 0.4)

    cook(monkeypatch, augmentation=change, copies=3)
    _, _, _, (train, validation, _) = runs.fit(SPIED)
    np.testing.assert_array_equal(digit_of(spied["x"]), spied["labels"])
    assert len(spied["x"]) == 4 * len(train)
    assert len(spied["watched"][0]) == len(validation)  # no copies of those
    np.testing.assert_array_equal(spied["x"][: len(train), 0], np.concatenate([*train["waveform"]]))
    rounds = np.split(spied["x"][:, 0] % 1, 4)
    assert not rounds[0].any()
    assert len(np.unique(np.concatenate(rounds[1:]).round(4))) > 2 * len(train)


def test_the_classic_edition_gives_its_three_speakers_to_all_parts(spied, monkeypatch):
    everybody = small_corpus("fsdd", dataset.SPEAKERS)
    asked = []
    monkeypatch.setattr(material, "load_recordings", lambda name: asked.append(name) or everybody)
    _, _, _, parts = runs.fit(SPIED._replace(corpus="classic", split="random", seed=5))
    np.testing.assert_array_equal(digit_of(spied["x"]), spied["labels"])
    assert asked == ["fsdd"]
    assert [len(part) for part in parts] == [240, 30, 30]
    heard = pd.concat(parts)
    assert heard["path"].is_unique
    assert set(heard["speaker"]) == {"jackson", "nicolas", "theo"}


def test_the_seed_decides_the_copies(spied, monkeypatch):
    cook(monkeypatch, augmentation=lambda waveform, random: waveform + random.random(), copies=2)
    for seed in (0, 1):
        _, _, _, (train, _, _) = runs.fit(SPIED._replace(seed=seed))
        clips = np.concatenate(list(train["waveform"]))
        copies = np.random.default_rng(seed).random((2, len(clips))) + clips
        np.testing.assert_allclose(spied["x"][len(clips) :, 0], copies.ravel())


def test_synthetic_clips_are_for_training_alone(spied, monkeypatch):
    cook(monkeypatch, synthetic=True)
    _, _, _, parts = runs.fit(SPIED)
    assert [set(part["speaker"]) >= {"zoe"} for part in parts] == [True, False, False]
    np.testing.assert_array_equal(digit_of(spied["x"]), spied["labels"])
    train, _, _ = dataset.official_split(small_corpus("small"))
    voices = small_corpus("synthetic", ["zoe"], 3)
    assert sorted(spied["x"][:, 0]) == sorted(codes(train) + codes(voices))
    assert sorted(spied["watched"][0][:, 0]) == codes(parts[1])
    cook(monkeypatch, clips_per_digit=5)  # of the corpus, and all the synthetic voices
    _, _, _, parts = runs.fit(SPIED)
    assert parts[0]["speaker"].eq("zoe").value_counts().to_dict() == {True: 30, False: 50}
    cook(monkeypatch, clips_per_digit=None)
    _, _, _, parts = runs.fit(SPIED._replace(corpus="synthetic"))
    assert parts[0]["path"].is_unique  # there they are the corpus already


def test_fewer_clips_are_as_many_of_each_digit(spied, monkeypatch):
    cook(monkeypatch, clips_per_digit=7)
    chosen = []
    for seed in (0, 0, 1):
        _, _, _, (train, validation, test) = runs.fit(SPIED._replace(seed=seed))
        assert (train["digit"].value_counts() == 7).all()
        assert (len(validation), len(test)) == (40, 40)
        chosen.append(codes(train))
        everything, _, _ = dataset.official_split(small_corpus("small"))
        drawn = everything.groupby("digit").sample(7, random_state=seed)
        assert train["path"].tolist() == drawn["path"].tolist()
        for _ in range(2):  # whatever else was drawn before
            again = material.training_clips(everything, spied["recipe"], SPIED._replace(seed=seed))
            assert again["path"].tolist() == drawn["path"].tolist()
    assert chosen[0] == chosen[1] != chosen[2]


def test_no_test_clip_is_touched_before_the_training_is_over(spied, monkeypatch):
    events = []

    def feed(waveforms):
        events.append(sorted(np.concatenate(list(waveforms))))
        return np.stack(list(waveforms))

    train = runs.train_by_recipe

    def trained(*arguments):
        events.append("trained")
        return train(*arguments)

    cook(monkeypatch, features=feed)
    monkeypatch.setattr(runs, "train_by_recipe", trained)
    row, kept = runs.run_experiment(SPIED)
    _, validation, test = dataset.official_split(small_corpus("small"))
    before, after = events[: events.index("trained")], events[events.index("trained") + 1 :]
    assert len(before) == 2
    assert before[1] == codes(validation)
    assert not set(np.concatenate(before)) & set(codes(test))
    assert after[2] == codes(test)


# --- What the row says ---


def test_each_figure_of_a_row_is_what_was_measured(spied):
    row, kept = runs.run_experiment(SPIED)
    train, _, test = dataset.official_split(small_corpus("small"))
    assert (row["train_clips"], row["test_clips"]) == (len(train), len(test)) == (320, 40)
    assert (row["epochs"], row["parameters"]) == (2, 7)
    assert row["train_accuracy"] == row["validation_accuracy"] == 1  # takes 1 to 9
    assert row["test_accuracy"] == 0.5  # take 0
    assert kept["test_clips"].tolist() == test["path"].tolist()
    predictions = test["digit"].where(test["digit"] >= 5, test["digit"] + 1)
    np.testing.assert_array_equal(kept["answers"], predictions)
    assert kept["answers"].dtype == np.uint8
    assert kept["probabilities"].dtype == np.float32
    said = Model().predict_proba(np.stack(list(test["waveform"])))
    np.testing.assert_allclose(kept["probabilities"], said, rtol=1e-6)
    assert row["test_loss"] == pytest.approx(-np.log([0.03, 0.73]).mean(), rel=1e-6)
    assert row["test_ece"] == pytest.approx(0.73 - 0.5)
    assert kept["loss"].dtype == np.float32
    assert kept["loss"].tolist() == [0.5, 0.25]
    assert kept["val_loss"].tolist() == [0.75, 0.125]


def test_what_is_kept_stands_in_the_order_of_the_test_clips(spied):
    _, kept = runs.run_experiment(SPIED._replace(split="random"))
    names = kept["test_clips"].tolist()
    assert len(names) == 40
    assert names != sorted(names)
    told = dataset.read_names(names)
    wrong = (told["take"] == 0) & (told["digit"] < 5)
    assert 0 < wrong.sum() < 40
    np.testing.assert_array_equal(kept["answers"], told["digit"] + wrong)
    np.testing.assert_array_equal(kept["probabilities"].argmax(axis=1), told["digit"] + wrong)


def test_a_row_has_the_columns_of_the_table_in_their_order(spied):
    row, _ = runs.run_experiment(SPIED)
    assert list(row) == records.load_runs().columns.tolist()
    assert {name: row[name] for name in Experiment._fields} == SPIED._asdict()


def test_the_circumstances_are_told(monkeypatch):
    class Calendar:
        def now(zone):
            assert zone is UTC
            return datetime(2031, 2, 3, 23, 59, tzinfo=zone)

    monkeypatch.setattr(runs, "datetime", Calendar)
    assert runs.circumstances() == {
        "python": ".".join(map(str, sys.version_info[:3])),
        "tensorflow": version("tensorflow"),
        "keras": version("keras"),
        "numpy": np.__version__,
        "processor": runs.processor(),
        "date": "2031-02-03",
    }


def test_the_processor_is_called_by_its_name_where_the_system_tells_it(monkeypatch, tmp_path):
    cpuinfo = tmp_path / "cpuinfo"
    monkeypatch.setattr(runs, "Path", {"/proc/cpuinfo": cpuinfo}.__getitem__)
    monkeypatch.setattr(runs.platform, "processor", lambda: "")
    monkeypatch.setattr(runs.platform, "machine", lambda: "arm64")
    assert runs.processor() == "arm64"
    monkeypatch.setattr(runs.platform, "processor", lambda: "arm")
    assert runs.processor() == "arm"
    cpuinfo.write_text("cpu\t: 0\nmodel name\t: Fast One\n\ncpu\t: 1\nmodel name\t: Other\n")
    assert runs.processor() == "Fast One"


def test_training_takes_the_seconds_of_the_processor_and_of_nothing_else(spied, monkeypatch):
    clock, train = [100.0], runs.train_by_recipe

    def taking(seconds, function):
        def slow(*arguments):
            clock[0] += seconds
            return function(*arguments)

        return slow

    monkeypatch.setattr(runs.time, "process_time", lambda: clock[0])
    monkeypatch.setattr(runs, "train_by_recipe", taking(7.5, train))
    cook(monkeypatch, network=taking(1000, Model), features=taking(1000, np.stack))
    assert runs.fit(SPIED)[2] == 7.5
    row, _ = runs.run_experiment(SPIED)
    assert row["train_seconds"] == 7.5


def test_time_for_a_clip_is_the_median_and_the_first_call_is_not_counted(monkeypatch):
    asked, clock = [], iter([0, 1, 1, 9, 9, 11])
    monkeypatch.setattr(runs.time, "perf_counter", lambda: next(clock))

    class Slow:
        def predict_on_batch(self, x):
            asked.append(list(x))

    assert runs.seconds_per_clip(Slow(), list, [10, 20, 30]) == 2
    assert asked == [[10], [10], [20], [30]]


def test_time_for_a_clip_holds_what_is_done_to_the_waveform(monkeypatch):
    clock = [0]
    monkeypatch.setattr(runs.time, "perf_counter", lambda: clock[0])

    def feed(waveforms):
        clock[0] += 5
        return waveforms

    class Baseline:
        def predict_proba(self, x):
            clock[0] += 3

    assert runs.seconds_per_clip(Baseline(), feed, [10, 20]) == 8


def test_probabilities_add_up_to_1():
    class Sigmoids:
        def predict(self, x, verbose):
            assert verbose == 0
            return np.float32([[0.5, 0.25, 0.25, 1.0], [0.1, 0.1, 0.1, 0.1]])[x]

    found = runs.predict(Sigmoids(), [1, 0])
    np.testing.assert_allclose(found, [[0.25] * 4, [0.25, 0.125, 0.125, 0.5]])
    assert found.dtype == float


# --- An eleventh answer, and people ---


def test_the_digit_named_is_the_likeliest_of_ten_whatever_the_eleventh_says():
    said = np.full((2, 11), 0.01)
    said[0, 4], said[1, 10], said[1, 7] = 0.9, 0.8, 0.12
    assert runs.named(said).tolist() == [4, 7]


def test_calibration_is_of_the_digit_that_is_named():
    said = np.zeros((1, 11))
    said[0, [4, 10]] = 0.2, 0.8
    assert runs.expected_calibration_error(np.array([4]), said) == pytest.approx(0.8)


def test_no_digit_is_named_where_all_ten_are_zero():
    said = np.eye(11)[[0, 10, 4]]
    assert runs.named(said).tolist() == [0, dataset.NONE, 4]
    assert runs.named(said[:, :10]).tolist() == [0, dataset.NONE, 4]


def test_what_ten_digits_lack_is_an_eleventh_answer():
    said = np.eye(10, dtype="f4")[[3, 5, 7]]
    assert runs.with_none(said) is said
    said[1] = 0
    whole = runs.with_none(said)
    assert whole.dtype == np.float32
    np.testing.assert_array_equal(whole, np.eye(11)[[3, 10, 7]])
    assert runs.with_none(whole) is whole


def test_where_no_digit_was_found_the_recogniser_is_wrong_and_sure():
    clips = pd.DataFrame({"digit": [0, 1, 2, 3]})
    said = np.eye(10, dtype="f4")[[0, 1, 2, 4]]
    said[0] = 0  # its highest is the first, which is the digit that was spoken
    found = runs.scores([clips] * 3, [said] * 3)
    assert found["test_accuracy"] == found["train_accuracy"] == 0.5
    assert found["test_ece"] == pytest.approx(0.5)
    assert found["test_loss"] == pytest.approx(-np.log(np.finfo("f4").eps) / 2, rel=1e-3)


def test_people_are_asked_of_what_is_no_network_too():
    class Recogniser:
        def predict_proba(self, x):
            return np.eye(10, dtype="f4")[[len(samples) for samples in x]]

    clips = pd.DataFrame({"name": ["a", "b"], "waveform": [np.zeros(3), np.zeros(7)]})
    cooked = recipe.Recipe(Recogniser, list, chosen_by_people=True)  # its clips keep their lengths
    kept = runs.answers_to(Recogniser(), cooked, "choosing", [clips, clips[1:]])
    assert kept["choosing_clips"].tolist() == ["a", "b", "b"]
    assert runs.named(kept["choosing_probabilities"]).tolist() == [3, 7, 7]
    assert np.isnan(kept["choosing_energies"]).all()


def test_accuracies_are_of_digits_alone():
    clips = pd.DataFrame({"digit": [3, dataset.NONE, 5]})
    digits = pd.DataFrame({"digit": [3, 5]})
    said = np.full((3, 11), 0.01)
    said[[0, 1, 2], [3, 2, 6]] = 0.9
    found = runs.scores([clips, digits, digits], [said, said[[0, 2]], said[[0, 2]]])
    assert found["train_accuracy"] == found["test_accuracy"] == 0.5


@pytest.mark.parametrize(
    ("whole_second", "any_length", "samples"),
    [(True, True, 8000), (False, True, 5299), (True, False, 5299)],
)
def test_a_whole_second_is_for_a_network_of_any_length(whole_second, any_length, samples):
    class Network:
        input_shape = (None, None if any_length else 5299, 1)

    clips = pd.DataFrame({"waveform": [np.ones(9000, "float32") * np.arange(9000) % 7]})
    hears = recipe.Recipe(Network, features.waveform_input)
    assert runs.hear(Network(), hears, clips, whole_second).shape == (1, samples, 1)


def test_what_is_no_network_has_no_energy():
    assert np.isnan(runs.energies(Model(), np.zeros((3, 5)))).tolist() == [True] * 3


def test_the_energy_is_that_of_the_ten_digits():
    import keras

    sums = np.random.default_rng(0).normal(size=(5, 11))
    model = keras.Sequential([keras.Input((11,)), keras.layers.Dense(11, activation="softmax")])
    model.layers[-1].set_weights([np.eye(11), np.arange(11) / 10])
    expected = np.log(np.exp(sums + np.arange(11) / 10)[:, :10].sum(axis=1))
    np.testing.assert_allclose(runs.energies(model, sums), expected, rtol=1e-5)


def test_what_people_were_answered_is_kept(spied, monkeypatch):
    def heard(part):
        clips = small_corpus("people")
        names = [f"{part}/{place}" for place in range(len(clips))]
        return [clips.assign(name=names), clips.iloc[:3].assign(name=f"{part} word")]

    def hear(*given, whole_second):
        asked.append(whole_second)
        return HEAR(*given, whole_second)

    asked = []
    sounds = small_corpus("sounds").iloc[:2].assign(name="hiss")
    monkeypatch.setattr(runs, "people_and_words", heard)
    monkeypatch.setattr(runs, "sound_clips", lambda: sounds)
    monkeypatch.setattr(runs, "energies", lambda model, x: x[:, 0])
    cook(monkeypatch, chosen_by_people=True)
    _, kept = runs.run_experiment(SPIED)
    assert set(kept["choosing_clips"][400:]) == {"validation word"}
    assert kept["choosing_clips"][7] == "validation/7"
    assert kept["choosing_probabilities"].shape == (403, 10)
    assert "asked_clips" not in kept
    monkeypatch.setattr(runs, "split", lambda clips, experiment: [heard("test")[0]] * 3)
    monkeypatch.setattr(runs, "hear", hear)
    _, kept = runs.run_experiment(SPIED._replace(corpus="people", split="people"))
    assert asked[:3] == [True] * 3
    assert kept["test_clips"][7] == "test/7"  # a person's takes of two words have one file name
    assert set(kept["asked_clips"][400:]) == {"test word", "hiss"}
    np.testing.assert_array_equal(kept["asked_energies"][-2:], sounds["waveform"].str[0])


def test_fifty_clips_are_timed(spied, monkeypatch):
    def timed(model, feed, waveforms):
        spied["timed"] = list(waveforms)
        assert model is spied["model"]
        assert feed is np.stack
        return 0.25

    monkeypatch.setattr(material, "load_recordings", lambda name: small_corpus(name, [*"abcdef"]))
    monkeypatch.setattr(runs, "seconds_per_clip", timed)
    row, _ = runs.run_experiment(SPIED)
    assert row["seconds_per_clip"] == 0.25
    _, _, test = dataset.official_split(small_corpus("small", [*"abcdef"]))
    assert spied["timed"] == list(test["waveform"][:50])


def test_a_baseline_consists_of_what_it_has_learned():
    x, labels = np.random.default_rng(0).normal(size=(30, 4)), np.arange(30) % 10
    for network, expected in [("majority", 10), ("mfcc_logistic", 10 * (4 + 1))]:
        model = recipe.build(recipes.RECIPES[network, "baseline"]).fit(x, labels)
        assert runs.count_parameters(model) == expected


def test_the_seed_decides_both_draws_of_a_random_split():
    clips = small_corpus("small")
    for seed in (0, 4):
        parts = material.split(clips, SPIED._replace(split="random", seed=seed))
        rest, test = train_test_split(clips, test_size=40, random_state=seed)
        train, validation = train_test_split(rest, test_size=40, random_state=seed)
        for ours, expected in zip(parts, (train, validation, test), strict=True):
            assert ours["path"].tolist() == expected["path"].tolist()


@pytest.mark.parametrize(
    ("sure", "right", "expected"),
    [
        ((0.95, 1.0), (True, False), 0.475),  # one bin, up to 1
        ((0.81, 0.89), (True, False), 0.35),  # one bin, though both differ
        ((0.85, 0.95), (False, True), 0.45),  # two bins
        ((0.82, 0.9), (False, True), 0.46),  # ten of them, and not eleven
    ],
)
def test_the_bins_of_the_calibration_error(sure, right, expected):
    probabilities = np.array([[share, 0.0] for share in sure])
    labels = np.where(right, 0, 1)
    found = runs.expected_calibration_error(labels, probabilities)
    assert found == pytest.approx(expected)


def test_scores_tell_the_parts_apart():
    clips = [pd.DataFrame({"digit": digits}) for digits in ([0, 1], [0, 1, 2, 3], [4])]
    said = [np.eye(10)[[0, 1]], np.eye(10)[[0, 1, 2, 9]], np.full((1, 10), 0.1)]
    found = runs.scores(clips, said)
    assert (found["train_accuracy"], found["validation_accuracy"]) == (1, 0.75)
    assert found["test_accuracy"] == 0
    assert found["test_loss"] == pytest.approx(np.log(10))
    with pytest.raises(ValueError, match="shorter"):
        runs.scores(clips, said[:2])


# --- With a real baseline, and a real network ---


@pytest.fixture(scope="module")
def voices(synthetic):
    """The clips of a third of the synthetic voices."""
    return synthetic[synthetic["speaker"].isin(synthetic["speaker"].unique()[::3])]


@pytest.fixture(scope="module")
def baseline(voices):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(material, "load_recordings", {"synthetic": voices}.__getitem__)
        return runs.run_experiment(BASELINE)


def test_an_experiment_gives_a_row(baseline):
    row, _ = baseline
    assert set(COLUMNS) <= row.keys()
    for part in ("train", "validation", "test"):
        assert 0.3 < row[f"{part}_accuracy"] <= 1
    assert row["parameters"] == 10 * (40 + 1)
    assert (row["train_clips"], row["test_clips"]) == (800, 100)
    assert 0 < row["seconds_per_clip"] < 1
    assert row["train_seconds"] > 0
    assert row["epochs"] == 0


def test_its_predictions_are_those_of_the_row(baseline, voices):
    row, kept = baseline
    _, _, test = dataset.official_split(voices)
    assert kept["test_clips"].tolist() == [Path(path).name for path in test["path"]]
    assert (kept["answers"] == test["digit"]).mean() == pytest.approx(row["test_accuracy"])
    np.testing.assert_array_equal(kept["answers"], kept["probabilities"].argmax(axis=1))
    loss = log_loss(test["digit"], kept["probabilities"], labels=range(10))
    assert row["test_loss"] == pytest.approx(loss, rel=1e-4)
    labels = test["digit"].to_numpy()
    ece = runs.expected_calibration_error(labels, kept["probabilities"])
    assert row["test_ece"] == pytest.approx(ece, abs=1e-4)


def test_a_network_keeps_its_history(monkeypatch, synthetic):
    some = synthetic[synthetic["take"] < 4].iloc[::7].reset_index(drop=True)
    monkeypatch.setattr(material, "load_recordings", lambda corpus: some)
    network = BASELINE._replace(network="sample_cnn", variant="original")
    short = replace(recipes.RECIPES["sample_cnn", "original"], epochs=2)
    monkeypatch.setitem(recipes.RECIPES, ("sample_cnn", "original"), short)
    row, kept = runs.run_experiment(network)
    assert row["epochs"] == len(kept["val_accuracy"]) == 2
    assert row["parameters"] == 19_210
    assert row["validation_accuracy"] == pytest.approx(kept["val_accuracy"][-1])
    np.testing.assert_allclose(kept["probabilities"].sum(axis=1), 1, atol=1e-5)


@pytest.fixture
def small_networks(monkeypatch):
    """Each network that is built and trained, with what is measured after each epoch: dicts.

    A real network that is quick, of 30 numbers. Its batches are of 50 clips.
    """
    built = []

    def feed(waveforms):
        numbers = np.stack(list(waveforms))
        return np.concatenate([numbers / 1000, np.sin(numbers)], axis=1)

    def network():
        import keras

        layers = [keras.Input((2,)), keras.layers.Dense(10, activation="softmax")]
        model, note = keras.Sequential(layers), {"batches": [], "epochs": [], "watched": []}
        fit = model.fit

        def watching(x, targets, batch_size, **options):
            result = fit(x, targets, batch_size, **options)
            note["batches"].append(batch_size)
            note["epochs"].append({name: values[0] for name, values in result.history.items()})
            x, targets = options["validation_data"]
            said = model.predict(x, verbose=0)
            right = said.argmax(axis=1) == targets.argmax(axis=1)
            loss = -np.log((said * targets).sum(axis=1)).mean()
            note["watched"].append((len(x), loss, right.mean()))
            return result

        model.fit = watching
        built.append(note | {"model": model, "feed": feed})
        return model

    def load(corpus):
        return small_corpus(corpus, ["anna", "ben", "cleo"])

    cooked = recipe.Recipe(network, feed, epochs=3, batch_size=50, learning_rate=0.1)
    monkeypatch.setattr(material, "load_recordings", load)
    monkeypatch.setitem(recipes.RECIPES, ("spied", "baseline"), cooked)
    return built


def test_each_figure_of_a_network_is_measured_on_its_own_part(small_networks):
    experiment = SPIED._replace(split="speaker", held_out="anna")  # ben is for validation
    row, kept = runs.run_experiment(experiment)
    ((note),) = small_networks
    assert note["batches"] == [50] * 3
    assert row["epochs"] == 3
    assert row["parameters"] == 2 * 10 + 10
    for name in ("loss", "accuracy", "val_loss", "val_accuracy"):
        np.testing.assert_allclose(kept[name], [epoch[name] for epoch in note["epochs"]])
        assert kept[name].dtype == np.float32
    clips, losses, accuracies = zip(*note["watched"], strict=True)
    assert clips == (100,) * 3
    np.testing.assert_allclose(kept["val_loss"], losses, rtol=1e-4)
    np.testing.assert_allclose(kept["val_accuracy"], accuracies, rtol=1e-5)

    corpus = small_corpus("small", ["anna", "ben", "cleo"])
    measured = {}
    for part, speaker in [("train", "cleo"), ("validation", "ben"), ("test", "anna")]:
        own = corpus[corpus["speaker"] == speaker]
        said = note["model"].predict(note["feed"](own["waveform"]), verbose=0)
        measured[part] = (said.argmax(axis=1) == own["digit"]).mean()
        assert row[f"{part}_accuracy"] == pytest.approx(measured[part])
    assert len(set(measured.values())) == 3, "a part could stand for another"
    np.testing.assert_allclose(kept["probabilities"], said, rtol=1e-4)
    np.testing.assert_array_equal(kept["answers"], said.argmax(axis=1))
    loss = -np.log(said[np.arange(100), own["digit"]]).mean()
    assert row["test_loss"] == pytest.approx(loss, rel=1e-4)


def test_the_seed_decides_all_of_a_training(small_networks):
    first, again, other = (
        runs.run_experiment(SPIED._replace(seed=seed))[1]["probabilities"] for seed in (0, 0, 1)
    )
    np.testing.assert_allclose(again, first, atol=1e-4)
    assert abs(other - first).max() > 0.02


# --- Its parts ---


def test_a_random_split_takes_a_tenth_each(synthetic):
    experiment = BASELINE._replace(split="random")
    parts = material.split(synthetic, experiment)
    assert [len(part) for part in parts] == [2400, 300, 300]
    assert len(pd.concat(parts)["path"].unique()) == 3000
    other = material.split(synthetic, experiment._replace(seed=1))
    assert set(parts[2]["path"]) != set(other[2]["path"])


def test_a_split_by_speaker_tests_on_who_was_never_heard(synthetic):
    speaker = synthetic["speaker"].iloc[0]
    experiment = BASELINE._replace(split="speaker", held_out=speaker)
    train, validation, test = material.split(synthetic, experiment)
    assert set(test["speaker"]) == {speaker}
    assert speaker not in set(train["speaker"]) | set(validation["speaker"])


def test_once_all_is_chosen_the_validation_speaker_is_learned_from_too(synthetic):
    speaker = synthetic["speaker"].iloc[0]
    experiment = BASELINE._replace(split="speaker_refit", held_out=speaker)
    train, _, test = material.split(synthetic, experiment)
    assert set(test["speaker"]) == {speaker}
    assert set(train["speaker"]) == set(synthetic["speaker"]) - {speaker}


def test_the_classic_edition_has_1500_clips_of_three_speakers(fsdd):
    classic = material.load_corpus("classic")
    assert len(classic) == 1500
    assert set(classic["speaker"]) == set(dataset.CLASSIC)


def test_calibration_error():
    labels = np.zeros(4, int)
    sure = np.array([[1.0, 0.0]] * 4)
    assert runs.expected_calibration_error(labels, sure) == 0
    assert runs.expected_calibration_error(np.array([0, 0, 1, 1]), sure) == 0.5
    # Right in three of four at 75 %, and in one of two at 95 %: errors 0 and 0.45.
    mixed = np.array([[0.75, 0.25]] * 4 + [[0.95, 0.05]] * 2)
    labels = np.array([0, 0, 0, 1, 0, 1])
    assert runs.expected_calibration_error(labels, mixed) == pytest.approx(0.45 * 2 / 6)


@pytest.mark.parametrize(
    ("build", "feed"),
    [
        (networks.sample_cnn, features.waveform_input),
        (networks.spectrogram_cnn, features.spectrogram_input),
    ],
)
def test_a_clip_is_answered_within_15_milliseconds(build, feed, synthetic):
    waveforms = synthetic["waveform"][:20]
    assert runs.seconds_per_clip(build(), feed, waveforms) <= 0.015


def test_all_folds_of_a_seed_start_from_the_same_weights(fsdd, monkeypatch):
    """Notebook 08 warns of it: the luck of such a start is in each of the six."""
    starts = []

    def keep(recipe, model, *_):
        starts.append(np.concatenate([weights.ravel() for weights in model.get_weights()]))
        raise InterruptedError

    monkeypatch.setattr(runs, "train_by_recipe", keep)
    for held_out, seed in [("george", 0), ("theo", 0), ("george", 1)]:
        run = Experiment("spectrogram_cnn", "general_alone", "fsdd", "speaker", held_out, seed)
        with pytest.raises(InterruptedError):
            runs.fit(run)
    np.testing.assert_array_equal(starts[0], starts[1])
    assert not np.array_equal(starts[0], starts[2])
