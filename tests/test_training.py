"""Training: what a network is given, in which pairs, and how its weights are moved."""

import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from spoken_digits import training

LABELS = np.random.default_rng(3).integers(0, 10, 70)


def clips(labels, length=40):
    """Clips that tell their digit: the values of each add up to it, most of them in one place."""
    x = np.zeros((len(labels), length, 1), "float32")
    x[:, 20, 0], x[:, 21, 0] = np.asarray(labels) - 0.25, 0.25
    return x


def told(x):
    """The digit that each clip tells, wherever it lies in it."""
    return x.sum(axis=(1, 2)).round().astype(int)


def watching(labels=(4, 2, 7)):
    return clips(labels), np.array(labels)


@pytest.fixture
def given():
    """What each fit() of the spy was called with, a dict."""
    return []


@pytest.fixture
def spy(given):
    """A model that learns nothing, but keeps how it was compiled and what each fit() got."""
    model = SimpleNamespace(output_shape=(None, 10))

    def compile(optimizer, loss, metrics):
        model.optimizer, model.loss, model.metrics = optimizer, loss, metrics

    def fit(x, targets, batch_size, epochs=1, **options):
        given.append({"x": x, "targets": targets, "batch_size": batch_size, "epochs": epochs})
        given[-1] |= options
        logs = {"accuracy": [0.5] * epochs, "loss": [1 / len(given)] * epochs}
        return SimpleNamespace(history=logs)

    model.compile, model.fit = compile, fit
    return model


@pytest.fixture
def model():
    """A small network on such clips, which does learn."""
    training.start_tensorflow()
    import keras

    keras.utils.set_random_seed(0)
    layers = [keras.Input((40, 1)), keras.layers.Flatten()]
    return keras.Sequential([*layers, keras.layers.Dense(10, activation="softmax")])


def test_a_network_with_eleven_answers_gets_eleven_targets(spy, given):
    spy.output_shape = (None, 11)
    training.train(spy, clips([4, 10]), [4, 10], epochs=1, validation=(clips([3]), [3]))
    np.testing.assert_array_equal(given[0]["targets"], np.eye(11)[[4, 10]])
    np.testing.assert_array_equal(given[0]["validation_data"][1], np.eye(11)[[3]])


def check_pairs(fit):
    """Fail unless each clip of a fit() has its own label, those that are watched too."""
    pairs = [(fit["x"], fit["targets"], LABELS), (*fit["validation_data"], (4, 2, 7))]
    for x, targets, labels in pairs:
        np.testing.assert_array_equal(told(x), labels)
        np.testing.assert_array_equal(targets, np.eye(10)[list(labels)])


# --- What the networks of notebooks 03 on are given ---


@pytest.mark.parametrize("kind", [np.array, lambda labels: pd.Series(labels, range(99, 29, -1))])
def test_each_clip_keeps_its_label_in_every_epoch(spy, given, kind):
    labels = kind(LABELS)
    training.train(spy, clips(LABELS), labels, epochs=3, shift=15, validation=watching())
    assert len(given) == 3
    for fit in given:
        check_pairs(fit)
        np.testing.assert_array_equal(fit["validation_data"][0], watching()[0])  # not moved
        assert fit["epochs"] == 1
        assert fit["verbose"] == 0


def test_without_validation_clips_none_are_watched(spy, given):
    training.train(spy, clips(LABELS), LABELS, epochs=1)
    assert given[0]["validation_data"] is None


def test_clips_move_anew_in_every_epoch_at_most_so_far_and_either_way(spy, given):
    training.train(spy, clips(LABELS), LABELS, epochs=2, shift=15)
    seen = LABELS > 0  # a zero has no place
    moves = [np.argmax(fit["x"][seen, :, 0] > 0.3, axis=1) - 20 for fit in given]
    for move in moves:
        assert move.min() < -8
        assert move.max() > 8
        assert abs(move).max() <= 15
        assert len(set(move)) > 10  # each clip by itself
    assert not np.array_equal(*moves)


def test_the_furthest_shifts_are_among_them():
    x = np.eye(9, dtype="float32")[[4] * 300, :, None]
    moved = training.move(x, 2, np.random.default_rng(0))
    assert set(moved[..., 0].argmax(axis=1)) == {2, 3, 4, 5, 6}
    assert x[..., 0].argmax(axis=1).tolist() == [4] * 300


def test_what_leaves_at_one_end_comes_in_at_the_other():
    x = np.arange(12, dtype="float32").reshape(1, 6, 2)
    random = SimpleNamespace(integers=lambda low, high, count: np.array([low]))
    (moved,) = training.move(x, 2, random)
    np.testing.assert_array_equal(moved, [[4, 5], [6, 7], [8, 9], [10, 11], [0, 1], [2, 3]])
    assert moved.dtype == np.float32


def test_without_a_shift_no_clip_moves(spy, given):
    training.train(spy, clips(LABELS), LABELS, epochs=1)
    np.testing.assert_array_equal(given[0]["x"], clips(LABELS))


def test_the_seed_decides_the_shifts(spy, given):
    for seed in ({}, {"seed": 0}, {"seed": 1}):
        training.train(spy, clips(LABELS), LABELS, epochs=2, shift=15, **seed)
    first, again, other = (np.stack([fit["x"] for fit in given[at : at + 2]]) for at in (0, 2, 4))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_change_comes_behind_the_shift_and_anew_in_every_epoch(spy, given):
    x, seen = clips(LABELS), []

    def change(moved, random):
        seen.append(moved.copy())
        return moved + random.normal(size=(len(moved), 1, 1))

    training.train(spy, x, LABELS, epochs=2, shift=5, change=change)
    noise = [fit["x"] - moved for fit, moved in zip(given, seen, strict=True)]
    assert not np.array_equal(*seen)
    assert not np.allclose(*noise)
    np.testing.assert_array_equal(x, clips(LABELS))  # the given clips stay as they were


@pytest.mark.parametrize(
    ("count", "batch_size", "steps"), [(70, 32, 3), (64, 32, 2), (70, 7, 10), (5, 32, 1)]
)
def test_the_learning_rate_falls_to_0_along_a_cosine(spy, given, count, batch_size, steps):
    import keras

    x, labels = clips(LABELS[:count]), LABELS[:count]
    training.train(spy, x, labels, epochs=4, learning_rate=0.01, batch_size=batch_size)
    schedule = spy.optimizer._learning_rate
    assert isinstance(spy.optimizer, keras.optimizers.Adam)
    assert schedule.decay_steps == 4 * steps
    rates = [float(schedule(place * 4 * steps)) for place in (0, 0.25, 0.5, 1)]
    by_hand = [0.01, 0.01 * (1 + np.cos(np.pi / 4)) / 2, 0.005, 0]
    np.testing.assert_allclose(rates, by_hand, atol=1e-7)
    assert [fit["batch_size"] for fit in given] == 4 * [batch_size]


def test_a_constant_learning_rate_stays(spy):
    training.train(spy, clips(LABELS), LABELS, epochs=4, learning_rate=0.01, schedule="constant")
    spy.optimizer.iterations.assign(4 * 3)  # after the last step
    assert float(spy.optimizer.learning_rate) == pytest.approx(0.01)


def test_callbacks_see_every_epoch(spy, given):
    callbacks = ["one", "two"]
    training.train(spy, clips(LABELS), LABELS, epochs=2, callbacks=callbacks)
    assert [fit["callbacks"] for fit in given] == 2 * [callbacks]


def test_unless_told_otherwise_it_is_0_002_and_batches_of_32(spy, given):
    training.train(spy, clips(LABELS), LABELS, epochs=1)
    assert float(spy.optimizer._learning_rate(0)) == pytest.approx(0.002)
    assert given[0]["batch_size"] == 32
    assert spy.loss.get_config()["label_smoothing"] == 0


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_loss_is_cross_entropy_with_the_smoothing_asked_for(spy, smoothing):
    import keras

    training.train(spy, clips(LABELS), LABELS, epochs=1, label_smoothing=smoothing)
    assert isinstance(spy.loss, keras.losses.CategoricalCrossentropy)
    assert spy.loss.get_config()["label_smoothing"] == smoothing
    said, right = np.full((1, 10), 0.02), np.zeros((1, 10))
    said[0, 3], right[0, 3] = 0.82, 1
    targets = right * (1 - smoothing) + smoothing / 10
    by_hand = -(targets * np.log(said)).sum()
    assert float(spy.loss(right, said)) == pytest.approx(by_hand, rel=1e-4)
    assert spy.metrics == ["accuracy"]


def test_a_network_that_is_trained_learns_and_its_history_is_that_of_the_epochs(model, capsys):
    x, labels = clips(LABELS) / 10, LABELS
    watched = clips((4, 2, 7)) / 10, np.array([4, 2, 7])
    history = training.train(model, x, labels, epochs=5, learning_rate=0.05, validation=watched)
    assert list(history.columns) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert len(history) == 5
    assert history["loss"].is_monotonic_decreasing
    loss, accuracy = model.evaluate(watched[0], np.eye(10)[[4, 2, 7]], verbose=0)
    assert history["val_loss"].iloc[-1] == pytest.approx(loss, rel=1e-4)
    assert history["val_accuracy"].iloc[-1] == pytest.approx(accuracy)
    assert capsys.readouterr().out.count("epoch") == 5
    assert model.optimizer.iterations == 5 * 3  # one schedule over all epochs, to its very end
    assert float(model.optimizer.learning_rate) == pytest.approx(0, abs=1e-9)


def test_training_that_goes_on_says_so(model, capsys):
    said = "This network was trained before: training goes on from its weights.\n"
    for before in ("", said):
        training.train(model, clips(LABELS) / 10, LABELS, epochs=1)
        assert capsys.readouterr().out.startswith(f"{before}epoch   1:")


@pytest.mark.parametrize(
    ("epochs", "lines"), [(3, [1, 2, 3]), (21, [*range(2, 21, 2)]), (29, [*range(2, 29, 2)])]
)
def test_of_many_epochs_about_ten_are_told(spy, capsys, epochs, lines):
    history = training.train(spy, clips(LABELS), LABELS, epochs=epochs)
    out = capsys.readouterr().out.splitlines()
    assert [int(line.split()[1].rstrip(":")) for line in out] == lines
    np.testing.assert_allclose(history["loss"], [1 / epoch for epoch in range(1, epochs + 1)])
    assert out[-1] == f"epoch {lines[-1]:3}: loss {1 / lines[-1]:.2f}, accuracy 50%"


def test_one_line_tells_an_epoch():
    logs = {"loss": 1.234, "accuracy": 0.567}
    assert training.progress(7, logs) == "epoch   7: loss 1.23, accuracy 57%"
    logs |= {"val_loss": 0.5, "val_accuracy": 0.25}
    assert training.progress(12, logs).endswith("57%, validation loss 0.50, accuracy 25%")


@pytest.mark.parametrize(("epochs", "patience"), [(500, 5), (40, 100)])
def test_early_stopping_goes_back_to_the_best_weights(epochs, patience):
    training.start_tensorflow()
    import keras

    keras.utils.set_random_seed(0)
    random = np.random.default_rng(0)
    x, labels = random.normal(size=(60, 5)), random.integers(0, 10, 60)
    other = random.normal(size=(60, 5)), random.integers(0, 10, 60)  # nothing to learn for these
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(10, activation="softmax")])
    history = training.train(
        model, x, labels, epochs, learning_rate=0.01, validation=other, patience=patience
    )
    assert len(history) == min(epochs, 1 + patience + history["val_loss"].idxmin())
    assert history["val_loss"].iloc[-1] > history["val_loss"].min()
    loss, accuracy = model.evaluate(other[0], np.eye(10)[other[1]], verbose=0)
    assert loss == pytest.approx(history["val_loss"].min(), rel=1e-4)
    assert accuracy == pytest.approx(history["val_accuracy"][history["val_loss"].idxmin()])


# --- What the originals are given ---


def test_the_originals_are_given_all_at_once_in_the_right_pairs(spy, given):
    import keras

    history = training.train_as_published(spy, clips(LABELS), LABELS, 3, watching())
    (fit,) = given
    check_pairs(fit)
    np.testing.assert_array_equal(fit["x"], clips(LABELS))
    assert (fit["batch_size"], fit["epochs"], fit["verbose"]) == (135, 3, 0)
    assert isinstance(spy.optimizer, keras.optimizers.Adam)
    assert float(spy.optimizer.learning_rate) == pytest.approx(0.001)
    assert spy.loss == "categorical_crossentropy"
    assert spy.metrics == ["accuracy"]
    assert history["loss"].tolist() == [1, 1, 1]


def test_the_originals_take_other_numbers_too(spy, given):
    options = {"learning_rate": 0.25, "batch_size": 13}
    training.train_as_published(spy, clips(LABELS), LABELS, 3, watching(), **options)
    assert float(spy.optimizer.learning_rate) == pytest.approx(0.25)
    assert given[0]["batch_size"] == 13


# --- The baselines, and the start ---


def test_a_baseline_is_fitted_to_the_given_pairs():
    from sklearn.neighbors import KNeighborsClassifier

    model = KNeighborsClassifier(1)
    assert training.fit_baseline(model, clips(LABELS)[:, 20], LABELS).empty
    np.testing.assert_array_equal(model.predict(clips(LABELS)[:, 20]), LABELS)


def test_tensorflow_starts_without_a_line_but_later_errors_show():
    code = (
        "import os, sys; from spoken_digits.training import start_tensorflow; start_tensorflow();"
        "import keras; keras.ops.zeros(1);"
        "sys.stderr.write(os.environ['TF_CPP_MIN_LOG_LEVEL'] + ' and an error')"
    )
    quiet = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    options = {"capture_output": True, "text": True, "check": True, "env": quiet}
    done = subprocess.run([sys.executable, "-c", code], **options)
    assert (done.stdout, done.stderr) == ("", "3 and an error")


def test_what_others_write_while_tensorflow_starts_is_not_lost():
    """In a worker of a cluster other threads write to stderr, and two tasks may start at once."""
    code = """
import os, sys, threading
from spoken_digits import training

here, done = threading.Event(), threading.Event()


def talk():
    here.wait()
    os.write(2, b"I0000 00:00:1795810578.597067   15176 cudart_stub.cc:31] of no interest\\n")
    os.write(2, b"from another thread\\n")
    done.set()


class Imports:
    def find_spec(self, name, *_):
        if name == "keras":
            here.set()
            done.wait()


sys.meta_path.insert(0, Imports())
threads = [threading.Thread(target=training.start_tensorflow) for _ in range(3)]
threads.append(threading.Thread(target=talk))
[thread.start() for thread in threads]
[thread.join() for thread in threads]
training.start_tensorflow()
sys.stderr.write("and later")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("", "from another thread\nand later")
