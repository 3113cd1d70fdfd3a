"""The networks for voices that they never heard, and their Gabor filters."""

import numpy as np
import pytest

from spoken_digits import features, general, networks
from spoken_digits.audio import SAMPLE_RATE


def test_a_tone_sets_off_its_own_gabor_filter_most():
    import librosa

    centres = librosa.mel_frequencies(42, fmin=30, fmax=3950)[1:-1]
    filters = general.gabor_filters()[:, 0]
    times = np.arange(256) / SAMPLE_RATE
    for band in (5, 20, 35):
        for phase in (0, 1, 2):
            tone = np.sin(2 * np.pi * centres[band] * times + phase)
            cosines, sines = np.split(tone @ filters, 2)
            assert (cosines**2 + sines**2).argmax() == band


@pytest.mark.parametrize(
    ("build", "feed", "weights"),
    [
        (general.general_cnn, features.general_spectrogram_input, 201_770),
        (general.open_set_cnn, features.general_spectrogram_input, 201_963),
        (general.general_sample_cnn, features.general_waveform_input, 222_250),
        (general.open_set_sample_cnn, features.general_waveform_input, 222_443),
    ],
)
def test_a_general_network_takes_any_length_and_forgets_the_place(build, feed, weights):
    model = build()
    assert model.count_params() == weights
    word = np.random.default_rng(0).normal(size=2000)
    early, late = (
        model.predict(feed([np.pad(word, (start, 0))], length=16_000), verbose=0)
        for start in (4000, 4320)  # a step of all strides: 4 frames of 80 samples
    )
    np.testing.assert_allclose(late, early, atol=1e-3)
    answers = model.predict(feed([word], length=8000), verbose=0).shape[1]
    assert answers == (11 if "open_set" in build.__name__ else 10)


def test_all_gabor_filters_have_the_same_energy():
    filters = general.gabor_filters()
    assert filters.shape == (256, 1, 80)
    assert filters.dtype == np.float32
    cosines, sines = np.split((filters[:, 0].astype(float) ** 2).sum(axis=0), 2)
    np.testing.assert_allclose(cosines + sines, 2, rtol=1e-5)


def test_gabor_levels_fall_from_1_to_0_over_50_decibels_a_step_for_every_80_samples():
    times = np.arange(8000) / SAMPLE_RATE
    tone = np.sin(2 * np.pi * 1000 * times) * np.where(times < 0.5, 1, 0.1)  # 20 dB softer
    levels = np.asarray(general.gabor_levels(tone[np.newaxis, :, np.newaxis].astype("float32")))
    assert levels.shape == (1, 40, 100, 1)
    assert levels.max() == pytest.approx(1)
    assert levels.min() == pytest.approx(0, abs=1e-6)
    band = levels[0, :, 25, 0].argmax()
    assert levels[0, band, 25, 0] - levels[0, band, 75, 0] == pytest.approx(20 / 50, abs=0.01)


def test_on_waveforms_it_is_the_same_network_behind_the_filters():
    on_waveforms, on_spectrograms = general.general_sample_cnn(), general.general_cnn()
    ours, theirs = map(networks.structure, (on_waveforms, on_spectrograms))
    assert ours[-len(theirs) + 1 :] == theirs[1:]
    assert on_waveforms.input_shape == (None, None, 1)
    assert on_spectrograms.input_shape == (None, 40, None, 1)
    bank = next(layer for layer in on_waveforms.layers if layer.get_config().get("filters") == 80)
    np.testing.assert_array_equal(bank.kernel, general.gabor_filters())
