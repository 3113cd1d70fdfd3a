"""Hum and clicks are told by their own marks, and other sounds are not taken for them."""

import numpy as np
import pytest
import scipy.signal

from page_recordings import clicks, hum
from spoken_digits.audio import SAMPLE_RATE
from spoken_digits.disturbances import beside, count_clicks, find_hum

N = 2 * SAMPLE_RATE
NOISE = np.random.default_rng(0).standard_normal(N)


@pytest.mark.parametrize("frequency", [50, 60])
@pytest.mark.parametrize("seconds", [0.25, 1, 2])
@pytest.mark.parametrize("drift", [0.997, 1, 1.003])
def test_the_mains_are_told_by_their_frequency(frequency, seconds, drift):
    sound = hum(int(seconds * SAMPLE_RATE), frequency * drift, 0)
    assert find_hum(sound + 0.1 * sound.std() * NOISE[: sound.size]).frequency == frequency


OTHERS = {
    "white noise": NOISE,
    "brown noise": scipy.signal.lfilter([1], [1, -0.98], NOISE),
    "rumble": scipy.signal.sosfilt(
        scipy.signal.butter(2, [30, 120], "bandpass", fs=SAMPLE_RATE, output="sos"), NOISE
    ),
    "a tone": np.sin(2 * np.pi * 433 * np.arange(N) / SAMPLE_RATE),
    "too little": hum(N, 50, 0)[:400],
    "nothing": np.zeros(N),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_sounds_are_no_hum(name):
    assert find_hum(OTHERS[name]) is None


def test_clicks_are_counted_away_from_the_word():
    sound = 1e-3 * NOISE + clicks(N, 0.05)
    assert count_clicks(sound, []) == 10
    assert count_clicks(sound, [(0, 100)]) == 5


@pytest.mark.parametrize("name", [name for name in OTHERS if name != "too little"])
def test_other_sounds_are_no_clicks(name):
    assert count_clicks(OTHERS[name], []) == 0


def test_the_longest_piece_beside_the_word_is_taken():
    waveform = np.arange(N) / N
    piece = beside(waveform, [(50, 60)])
    assert piece[0] == waveform[63 * 80]
    assert beside(waveform, [(0, 1000)]).size == 0
