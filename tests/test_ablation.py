"""The inputs and networks of the ablations: as the improved one, but for one thing."""

import numpy as np
import pytest

from recording_cases import tone
from spoken_digits import ablation, networks
from spoken_digits.audio import SAMPLE_RATE
from spoken_digits.features import spectrogram_input

CLIPS = [tone(700, SAMPLE_RATE, 0.4), np.random.default_rng(0).normal(size=4000)]


def test_power_is_what_the_decibels_were_made_of():
    power, levels = ablation.power_input(CLIPS), spectrogram_input(CLIPS)
    assert power.max() == pytest.approx(1)
    seen = levels > 0
    np.testing.assert_allclose(10 * np.log10(power[seen]), 60 * levels[seen] - 60, atol=1e-4)


@pytest.mark.parametrize("frequency", [300, 1000, 2000, 3900])
def test_even_bands_are_of_equal_width(frequency):
    (image,) = ablation.even_bands_input([tone(frequency, SAMPLE_RATE, 0.5)])
    assert image.shape == (40, 64, 1)
    assert (image.min(), image.max()) == (0, 1)
    assert 1 + image[:, 10, 0].argmax() == round(41 * frequency / 4000)


def test_few_frames_are_every_third():
    few = ablation.few_frames_input(CLIPS)
    assert few.shape == (2, 40, 22, 1)
    np.testing.assert_array_equal(few[:, :, 5], spectrogram_input(CLIPS)[:, :, 15])


def test_the_networks_differ_from_the_improved_ones_in_what_their_name_says():
    few = ablation.few_frames_cnn()
    assert networks.structure(few) == networks.structure(networks.spectrogram_cnn())
    hidden, plain = ablation.hidden_layer_cnn(), networks.spectrogram_cnn()
    deep, flat = networks.structure(hidden), networks.structure(plain)
    assert deep[:-3] + deep[-1:] == flat
    assert (deep[-3]["units"], deep[-3]["activation"], deep[-2]["rate"]) == (128, "relu", 0.5)
    assert hidden.output_shape == (None, 10)
