"""Training: what a network is given, in which pairs, and how its weights are moved."""

import subprocess
import sys

import numpy as np
import pytest

from spoken_digits import training

LABELS = np.random.default_rng(3).integers(0, 10, 70)


def clips(labels, length=40):
    """Clips that tell their digit: the values of each add up to it, most of them in one place."""
    x = np.zeros((len(labels), length, 1), "float32")
    x[:, 20, 0], x[:, 21, 0] = np.asarray(labels) - 0.25, 0.25
    return x


@pytest.fixture
def given():
    """What each fit() of the model was called with: (arguments, options)."""
    return []


@pytest.fixture
def model(given):
    """A small network on such clips that writes down what each fit() was given."""
    training.start_tensorflow()
    import keras

    class Spied(keras.Sequential):
        def fit(self, *arguments, **options):
            given.append((arguments, options))
            return super().fit(*arguments, **options)

    layers = [keras.Input((40, 1)), keras.layers.Flatten()]
    return Spied([*layers, keras.layers.Dense(10, activation="softmax")])


def told(x):
    """The digit that each clip tells, wherever it lies in it."""
    return x.sum(axis=(1, 2)).round().astype(int)


def watching(labels=(4, 2, 7)):
    return clips(labels), np.array(labels)


# --- What the networks of notebooks 03 on are given ---


def test_each_clip_keeps_its_label_in_every_epoch(model, given):
    training.train(model, clips(LABELS), LABELS, epochs=3, shift=15, validation=watching())
    assert len(given) == 3
    for (x, targets, _), options in given:
        assert (targets.sum(axis=1) == 1).all()
        np.testing.assert_array_equal(targets.argmax(axis=1), LABELS)
        np.testing.assert_array_equal(told(x), LABELS)
        watched, expected = options["validation_data"]
        np.testing.assert_array_equal(told(watched), expected.argmax(axis=1))
        assert told(watched).tolist() == [4, 2, 7]


def test_clips_move_anew_in_every_epoch_at_most_so_far_and_either_way(model, given):
    training.train(model, clips(LABELS), LABELS, epochs=2, shift=15)
    moves = [np.argmax(arguments[0][:, :, 0] > 0.3, axis=1) - 20 for arguments, _ in given]
    seen = LABELS > 0  # a zero has no place
    for move in moves:
        assert move[seen].min() < -8
        assert move[seen].max() > 8
        assert abs(move[seen]).max() <= 15
    assert not np.array_equal(*moves)


def test_the_furthest_shifts_are_among_them():
    moved = training.move(
        np.eye(9, dtype="float32")[[4] * 300, :, None], 2, np.random.default_rng(0)
    )
    assert set(moved[..., 0].argmax(axis=1)) == {2, 3, 4, 5, 6}


def test_what_leaves_at_one_end_comes_in_at_the_other():
    x = np.arange(1, 7, dtype="float32")[np.newaxis, :, np.newaxis]
    (moved,) = training.move(x, 5, np.random.default_rng(0))
    assert sorted(moved[:, 0]) == [1, 2, 3, 4, 5, 6]
    assert not np.array_equal(moved, x[0])


def test_without_a_shift_no_clip_moves(model, given):
    training.train(model, clips(LABELS), LABELS, epochs=1)
    np.testing.assert_array_equal(given[0][0][0], clips(LABELS))


def test_the_seed_decides_the_shifts(model, given):
    for seed in (0, 0, 1):
        training.train(model, clips(LABELS), LABELS, epochs=1, shift=15, seed=seed)
    first, again, other = (arguments[0] for arguments, _ in given)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_change_comes_behind_the_shift_and_anew_in_every_epoch(model, given):
    x, seen = clips(LABELS), []

    def change(moved, random):
        seen.append(moved.copy())
        return moved + random.normal(size=(len(moved), 1, 1))

    training.train(model, x, LABELS, epochs=2, shift=5, change=change)
    noise = [arguments[0] - moved for (arguments, _), moved in zip(given, seen, strict=True)]
    assert not np.array_equal(*seen)
    assert not np.allclose(*noise)
    np.testing.assert_array_equal(x, clips(LABELS))  # the given clips stay as they were


@pytest.mark.parametrize(("count", "batch", "steps"), [(70, 32, 3), (64, 32, 2), (70, 7, 10)])
def test_the_learning_rate_falls_to_0_along_a_cosine(model, given, count, batch, steps):
    x, labels = clips(LABELS[:count]), LABELS[:count]
    training.train(model, x, labels, epochs=4, learning_rate=0.01, batch_size=batch)
    schedule = model.optimizer._learning_rate
    end = 4 * steps
    assert model.optimizer.iterations == end
    wanted = [0.01, 0.01 * (1 + np.cos(np.pi / 4)) / 2, 0.005, 0]
    shares = [float(schedule(place * end)) for place in (0, 0.25, 0.5, 1)]
    np.testing.assert_allclose(shares, wanted, atol=1e-7)
    for arguments, options in given:
        assert arguments[2] == batch
        assert options["verbose"] == 0


def test_by_default_it_is_0_002_and_batches_of_32(model, given):
    training.train(model, clips(LABELS), LABELS, epochs=1)
    assert float(model.optimizer._learning_rate(0)) == pytest.approx(0.002)
    assert given[0][0][2] == 32


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_loss_is_cross_entropy_with_the_smoothing_asked_for(model, smoothing):
    import keras

    training.train(model, clips(LABELS), LABELS, epochs=1, label_smoothing=smoothing)
    assert isinstance(model.optimizer, keras.optimizers.Adam)
    assert isinstance(model.loss, keras.losses.CategoricalCrossentropy)
    assert model.loss.get_config()["label_smoothing"] == smoothing
    said, right = np.full((1, 10), 0.02), np.zeros((1, 10))
    said[0, 3], right[0, 3] = 0.82, 1
    targets = right * (1 - smoothing) + smoothing / 10
    by_hand = -(targets * np.log(said)).sum()
    assert float(model.loss(right, said)) == pytest.approx(by_hand, rel=1e-4)


def test_the_history_is_that_of_the_epochs(model, capsys):
    history = training.train(
        model, clips(LABELS), LABELS, epochs=5, learning_rate=0.05, validation=watching()
    )
    assert list(history.columns) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert len(history) == 5
    assert history["loss"].is_monotonic_decreasing
    loss, accuracy = model.evaluate(watching()[0], np.eye(10)[[4, 2, 7]], verbose=0)
    assert history["val_loss"].iloc[-1] == pytest.approx(loss, rel=1e-4)
    assert history["val_accuracy"].iloc[-1] == pytest.approx(accuracy)
    assert capsys.readouterr().out.count("epoch") == 5


def test_of_many_epochs_every_tenth_of_them_is_told(model, capsys):
    training.train(model, clips(LABELS), LABELS, epochs=30)
    lines = capsys.readouterr().out.splitlines()
    assert [int(line.split()[1].rstrip(":")) for line in lines] == [*range(3, 31, 3)]


def test_one_line_tells_an_epoch():
    logs = {"loss": 1.234, "accuracy": 0.567}
    assert training.progress(7, logs) == "epoch   7: loss 1.23, accuracy 57%"
    logs |= {"val_loss": 0.5, "val_accuracy": 0.25}
    assert training.progress(12, logs).endswith("57%, validation loss 0.50, accuracy 25%")


# --- What the originals are given ---


def test_the_originals_are_given_all_at_once_in_the_right_pairs(model, given):
    import keras

    history = training.train_as_published(model, clips(LABELS), LABELS, 3, watching())
    ((x, targets, batch, epochs), options) = given[0]
    assert (len(given), batch, epochs, options["verbose"]) == (1, 135, 3, 0)
    np.testing.assert_array_equal(told(x), LABELS)
    np.testing.assert_array_equal(targets.argmax(axis=1), LABELS)
    watched, expected = options["validation_data"]
    np.testing.assert_array_equal(told(watched), expected.argmax(axis=1))
    assert isinstance(model.optimizer, keras.optimizers.Adam)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.001)
    assert model.loss == "categorical_crossentropy"
    assert len(history) == 3
    loss, _ = model.evaluate(watching()[0], np.eye(10)[[4, 2, 7]], verbose=0)
    assert history["val_loss"].iloc[-1] == pytest.approx(loss, rel=1e-4)


def test_early_stopping_goes_back_to_the_best_weights():
    training.start_tensorflow()
    import keras

    keras.utils.set_random_seed(0)
    random = np.random.default_rng(0)
    x, labels = random.normal(size=(60, 5)), random.integers(0, 10, 60)
    other = random.normal(size=(60, 5)), random.integers(0, 10, 60)  # nothing to learn for these
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(10, activation="softmax")])
    history = training.train_as_published(model, x, labels, 500, other, 0.01, patience=5)
    assert len(history) == 6 + history["val_loss"].idxmin()
    loss, _ = model.evaluate(other[0], keras.utils.to_categorical(other[1], 10), verbose=0)
    assert loss == pytest.approx(history["val_loss"].min(), rel=1e-4)


def test_a_baseline_is_fitted_to_the_given_pairs():
    from sklearn.neighbors import KNeighborsClassifier

    model = KNeighborsClassifier(1)
    assert training.fit_baseline(model, clips(LABELS)[:, 20], LABELS).empty
    np.testing.assert_array_equal(model.predict(clips(LABELS)[:, 20]), LABELS)


def test_tensorflow_starts_without_a_line():
    code = "import helpers; helpers.start_tensorflow()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout + done.stderr == ""
