"""recipes.py: what is done to clips and networks before a training."""

import numpy as np
import pytest
import scipy.signal

import helpers
from spoken_digits import augmentation, features, networks, recipes, training

SECOND = np.arange(helpers.SAMPLE_RATE) / helpers.SAMPLE_RATE
TONE = 0.5 * np.sin(2 * np.pi * 500 * SECOND).astype(np.float32)


def loudest_frequency(waveform):
    frequencies, power = scipy.signal.periodogram(waveform, helpers.SAMPLE_RATE)
    return frequencies[power.argmax()]


@pytest.mark.parametrize("ratio", [0, 20])
def test_noise_lies_as_far_below_the_waveform_as_was_asked(ratio):
    noise = augmentation.add_noise(TONE, ratio, np.random.default_rng(0)) - TONE
    measured = 10 * np.log10(np.mean(TONE**2) / np.mean(noise**2))
    assert measured == pytest.approx(ratio, abs=0.2)


@pytest.mark.parametrize(("pitch", "pace"), [(1, 0.8), (1, 1.25), (1.2, 1), (0.85, 1), (1.2, 0.8)])
def test_another_voice_has_the_pitch_and_pace_that_were_asked(pitch, pace):
    changed = augmentation.change_voice(TONE, pitch, pace)
    assert changed.size == pytest.approx(TONE.size / pace, rel=0.01)
    assert loudest_frequency(changed) == pytest.approx(500 * pitch, rel=0.01)


@pytest.mark.parametrize(
    "change",
    [
        *augmentation.AUGMENTATIONS.values(),
        augmentation.augment,
        augmentation.equalise,
        augmentation.as_somebody_else,
    ],
)
def test_a_changed_copy_differs_and_leaves_the_given_clip_alone(change):
    given = TONE.copy()
    first, second, again = (change(given, np.random.default_rng(seed)) for seed in (0, 1, 0))
    assert (given == TONE).all()
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(first, again)


def test_brown_noise_falls_by_6_decibels_an_octave():
    silence, random = np.zeros(80_000), np.random.default_rng(0)
    noise = augmentation.add_noise(silence, 0, random, colour=2, power=1)
    assert np.mean(noise**2) == pytest.approx(1, rel=1e-3)
    frequencies, power = scipy.signal.welch(noise, helpers.SAMPLE_RATE, nperseg=1024)
    levels = 10 * np.log10(np.interp([500, 1000, 2000], frequencies, power))
    np.testing.assert_allclose(np.diff(levels), -6, atol=1.5)


def test_the_equaliser_keeps_within_its_decibels():
    impulse = np.zeros(4000)
    impulse[0] = 1
    changed = augmentation.equalise(impulse, np.random.default_rng(0), most=6)
    levels = 20 * np.log10(abs(np.fft.rfft(changed)))
    assert -6 <= levels.min() < -2
    assert 2 < levels.max() <= 6


def test_somebody_else_speaks_somewhere_in_the_padded_length():
    starts = []
    for seed in range(20):
        copy = augmentation.as_somebody_else(TONE[:1600], np.random.default_rng(seed))
        assert copy.size == helpers.PADDED_LENGTH
        starts.append(np.argmax(abs(copy) > 0.5 * abs(copy).max()))
    assert np.ptp(starts) > 1500


def test_copies_come_one_round_after_another():
    counted = iter(range(100))
    copies = augmentation.augmented(
        ["a", "b"], lambda clip, random: (clip, next(counted)), 3, seed=0
    )
    assert [clip for clip, _ in copies] == ["a", "b"] * 3
    assert [number for _, number in copies] == list(range(6))


def test_masks_hide_one_stretch_of_bands_and_one_of_frames():
    images = np.random.default_rng(0).uniform(1, 2, (50, 40, 64, 1))
    images[:, 0, 0] = 0.5  # the lowest value of each
    before, masked = images.copy(), augmentation.mask(images, np.random.default_rng(0))
    assert (images == before).all()
    hidden = masked[..., 0] == 0.5
    assert (masked[..., 0][~hidden] == images[..., 0][~hidden]).all()
    bands, frames = hidden.all(axis=2).sum(axis=1), hidden.all(axis=1).sum(axis=1)
    assert (bands.max(), frames.max()) == (6, 12)
    assert bands.min() == frames.min() == 0


def test_penalties_and_dropout_reach_every_layer():
    for kind, size in (("l1", 0.001), ("l2", 0.01)):
        model = recipes.RECIPES["spectrogram_cnn", f"original_{kind}_{size:g}"].build()
        layers = [layer for layer in model.layers if hasattr(layer, "kernel_regularizer")]
        assert len(layers) == 4
        for layer in layers:
            assert float(getattr(layer.kernel_regularizer, kind)) == pytest.approx(size)
    model = recipes.RECIPES["sample_cnn", "original_dropout_0.7"].build()
    assert [layer.rate for layer in model.layers if hasattr(layer, "rate")] == [0.7]


def test_cures_make_as_many_steps_but_where_their_name_says_otherwise():
    for network, epochs in (("sample_cnn", 60), ("spectrogram_cnn", 12)):
        for (kind, variant), recipe in recipes.RECIPES.items():
            cure = variant.removeprefix("original_")
            if kind != network or cure not in recipes.cures(recipe.build, None, epochs):
                continue
            train = recipe.train.keywords.get("train", recipe.train).keywords
            copies = 4 if cure == "masks" else 1 + recipe.copies
            longer = 3 if cure in ("more_epochs", "early_stopping") else 1
            assert train["epochs"] * copies == longer * epochs, variant


def test_early_stopping_goes_back_to_the_best_weights():
    helpers.start_tensorflow()
    import keras

    keras.utils.set_random_seed(0)
    random = np.random.default_rng(0)
    x, digits = random.normal(size=(60, 5)), random.integers(0, 10, 60)
    other = random.normal(size=(60, 5)), random.integers(0, 10, 60)  # nothing to learn for these
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(10, activation="softmax")])
    history = training.train_as_published(model, x, digits, 500, 0, other, patience=5)
    assert len(history) < 500
    loss, _ = model.evaluate(other[0], keras.utils.to_categorical(other[1], 10), verbose=0)
    assert loss == pytest.approx(history["val_loss"].min(), rel=1e-4)


def test_a_recurrent_network_stops_where_the_padding_begins():
    helpers.start_tensorflow()
    image = helpers.spectrogram_input(np.random.default_rng(0).normal(size=(1, 2400)))
    frames = image[:, :, :, 0].transpose(0, 2, 1)
    _, _, mask, reader, *_ = networks.recurrent("GRU").layers
    padded, cut = (reader(mask(part)) for part in (frames, frames[:, :30]))
    np.testing.assert_allclose(padded, cut, atol=1e-6)


@pytest.mark.parametrize("network", ["gru", "lstm", "bidirectional_gru", "conv_gru"])
def test_recurrent_networks_answer_with_ten_probabilities(network):
    helpers.start_tensorflow()
    x = np.random.default_rng(0).uniform(size=(2, 40, 64, 1))
    answers = recipes.RECIPES[network, "improved"].build().predict(x, verbose=0)
    np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-5)


def test_a_tone_sets_off_its_own_gabor_filter_most():
    import librosa

    centres = librosa.mel_frequencies(42, fmin=30, fmax=3950)[1:-1]
    filters = networks.gabor_filters()[:, 0]
    for band in (5, 20, 35):
        for phase in (0, 1, 2):
            tone = np.sin(2 * np.pi * centres[band] * SECOND[:256] + phase)
            cosines, sines = np.split(tone @ filters, 2)
            assert (cosines**2 + sines**2).argmax() == band


@pytest.mark.parametrize(
    ("feed", "moved"),
    [
        (features.waveforms_as_recorded, lambda x: x / 10),
        (features.levels_as_recorded, lambda x: x - 20 / 120),  # 20 dB of 120
    ],
)
def test_as_recorded_a_softer_clip_stays_softer(feed, moved):
    noise = np.random.default_rng(0).normal(0, 0.1, helpers.PADDED_LENGTH)
    np.testing.assert_allclose(feed([noise / 10])[0], moved(feed([noise])[0]), atol=1e-5)


def test_without_band_means_the_same_gain_in_every_frame_is_gone():
    noise = np.random.default_rng(0).normal(0, 0.1, helpers.PADDED_LENGTH)
    brighter = np.append(noise[:1], noise[1:] - 0.5 * noise[:-1])
    image, other = features.without_band_means([noise, brighter])
    assert abs(image.mean(axis=1)).max() < 1e-6
    plain = helpers.spectrogram_input([noise, brighter])
    assert abs(image - other).mean() < 0.3 * abs(plain[0] - plain[1]).mean()


@pytest.mark.parametrize("waveforms", [False, True])
def test_a_general_network_takes_any_length_and_forgets_the_place(waveforms):
    helpers.start_tensorflow()
    model = networks.general_cnn(waveforms)
    if waveforms:
        feed = recipes.RECIPES["sample_cnn", "general"].features
    else:
        feed = recipes.RECIPES["spectrogram_cnn", "general"].features
    word = np.random.default_rng(0).normal(size=2000)
    early, late = (
        model.predict(feed([np.pad(word, (start, 0))], length=16_000), verbose=0)
        for start in (4000, 4320)  # a step of all strides: 4 frames of 80 samples
    )
    np.testing.assert_allclose(late, early, atol=1e-3)
    assert model.predict(feed([word], length=8000), verbose=0).shape == (1, 10)
