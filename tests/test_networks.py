"""The networks, what they are fed, and their training."""

import subprocess
import sys

import numpy as np
import pytest

import helpers

RANDOM = np.random.default_rng(0)
WAVEFORMS = [RANDOM.normal(size=size).astype("float32") for size in (2000, 5299, 8000)]


@pytest.mark.parametrize(
    ("build", "shape", "weights"),
    [(helpers.sample_cnn, (18262, 1), 19_210), (helpers.spectrogram_cnn, (129, 22, 1), 1_003_658)],
)
def test_the_originals_are_as_published(build, shape, weights):
    model = build(original=True)
    assert model.input_shape[1:] == shape
    assert model.count_params() == weights


@pytest.mark.parametrize(
    ("build", "feed", "most_weights"),
    [
        (helpers.sample_cnn, helpers.waveform_input, 150_000),
        (helpers.spectrogram_cnn, helpers.spectrogram_input, 100_000),
    ],
)
def test_the_improved_networks_take_their_input_and_give_probabilities(build, feed, most_weights):
    model = build()
    probabilities = model(feed(WAVEFORMS)).numpy()
    assert model.count_params() <= most_weights
    assert probabilities.shape == (3, 10)
    assert probabilities.sum(axis=1) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("feed", [helpers.waveform_input, helpers.spectrogram_input])
def test_neither_loudness_nor_an_offset_reaches_a_network(feed):
    changed = [0.01 * waveform + 0.2 for waveform in WAVEFORMS]
    np.testing.assert_allclose(feed(changed), feed(WAVEFORMS), atol=0.01)


def test_padding_is_exactly_0_so_that_it_can_be_masked():
    image = helpers.spectrogram_input(WAVEFORMS[:1])[0, :, :, 0]
    assert image[:, :25].any(axis=0).all()
    assert not image[:, 25:].any()  # the frame at 25 begins at sample 2,000


def test_a_spectrogram_reaches_from_0_to_1():
    images = helpers.spectrogram_input(WAVEFORMS)
    assert images.min() == pytest.approx(0, abs=1e-6)
    assert images.max(axis=(1, 2, 3)) == pytest.approx(1)


def test_training_lowers_the_loss_and_tells_each_epoch(capsys):
    from keras import Input, Sequential, layers

    digits = np.arange(64) % 10
    x = np.eye(10, dtype="float32")[digits][..., np.newaxis]
    model = Sequential([Input((10, 1)), layers.Flatten(), layers.Dense(10, activation="softmax")])
    history = helpers.train(model, x, digits, epochs=5, rate=0.1, validation=(x, digits))
    assert history["loss"].is_monotonic_decreasing
    assert list(history.columns) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert capsys.readouterr().out.count("epoch") == 5


def test_tensorflow_starts_without_a_line():
    code = "import helpers; helpers.start_tensorflow()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout + done.stderr == ""


def test_each_epoch_is_changed_anew():
    import keras

    x, seen = np.zeros((40, 3), "float32"), []

    def change(clips, random):
        seen.append(clips + random.normal(size=clips.shape))
        return seen[-1]

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(10, activation="softmax")])
    helpers.train(model, x, np.arange(40) % 10, epochs=3, change=change)
    assert len(seen) == 3
    assert not np.array_equal(seen[0], seen[1])
    assert not x.any()
