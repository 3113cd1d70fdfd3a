"""The networks for voices that they never heard, and their Gabor filters."""

import numpy as np
import pytest

from spoken_digits import features, general
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
        (general.general_sample_cnn, features.general_waveform_input, 222_250),
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
    assert model.predict(feed([word], length=8000), verbose=0).shape == (1, 10)
