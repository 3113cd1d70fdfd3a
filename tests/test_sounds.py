"""Sounds that are no speech, for tests."""

import numpy as np
import pytest

from other_sounds import SOUNDS
from spoken_digits.sounds import TEST_SOUNDS, sounds_for_tests

KINDS = pytest.mark.parametrize("kind", TEST_SOUNDS)


@KINDS
def test_a_second_at_a_sensible_level(kind):
    for waveform in sounds_for_tests(kind):
        assert waveform.shape == (8000,)
        assert waveform.dtype == np.float32
        assert np.isfinite(waveform).all()
        assert 10 ** (-27 / 20) < np.abs(waveform).max() < 10 ** (-2 / 20)
        assert abs(waveform.mean()) < 0.01 * np.abs(waveform).max()


@KINDS
def test_the_same_each_time_and_never_twice(kind):
    sounds = sounds_for_tests(kind)
    assert len(sounds) == len({waveform.tobytes() for waveform in sounds}) == 50
    for one, other in zip(sounds, sounds_for_tests(kind, 3), strict=False):
        np.testing.assert_array_equal(one, other)


def spectrum(sound):
    """Level in dB of eight bands of 500 Hz, less their mean."""
    power = np.abs(np.fft.rfft(sound, 8000)[:4000]) ** 2
    levels = 10 * np.log10([band.sum() + 1e-9 for band in np.split(power, 8)])
    return levels - levels.mean()


@pytest.mark.parametrize("kind", sorted(set(TEST_SOUNDS) & set(SOUNDS)))
def test_they_are_not_those_of_training(kind):
    trained = np.mean(
        [spectrum(SOUNDS[kind](np.random.default_rng(seed))) for seed in range(40)], axis=0
    )
    tested = np.mean([spectrum(waveform) for waveform in sounds_for_tests(kind)], axis=0)
    assert np.abs(trained - tested).max() > 3
