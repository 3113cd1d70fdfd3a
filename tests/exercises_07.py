"""Answers to the exercises of notebook 07, right and wrong."""

import numpy as np
import pandas as pd
import scipy.signal
import scipy.stats

import helpers
from exercise_case import Case

VOICES = pd.DataFrame(
    {
        "sample_cnn": [65.4, 62.6, 54.8, 65.6, 79.4, 72.8],
        "spectrogram_cnn": [78.2, 82.8, 57.6, 82.6, 89.2, 80.8],
    },
    helpers.SPEAKERS,
).T
SPREAD = VOICES.loc["spectrogram_cnn"].std()


def first(limit, factor=None):
    """The first count of voices whose half is below a limit; `factor` in place of that of t."""
    for count in range(2, 1000):
        t = scipy.stats.t.ppf(0.975, count - 1) if factor is None else factor
        if t * SPREAD / count**0.5 < limit:
            return count
    return None


def filtered(edges, kind="bandpass", gain=1.0):
    band = scipy.signal.butter(4, edges, kind, fs=helpers.SAMPLE_RATE, output="sos")
    return lambda waveform: gain * scipy.signal.sosfilt(band, waveform)


def without_rate(waveform):
    return scipy.signal.sosfilt(scipy.signal.butter(4, [300, 3400], "bandpass"), waveform)


DIFFERENCES = (VOICES.loc["sample_cnn"] - VOICES.loc["spectrogram_cnn"]).to_numpy()


def compared(differences=DIFFERENCES, conclusion="worse", stays=6):
    return {"differences": differences, "conclusion": conclusion, "stays": stays}


CASES = {
    "07-1": Case(
        right=[first(2), np.int64(first(2)), float(first(2))],
        wrong=[
            (first(1), "Its half is asked for"),
            (first(2, 1.96), "the t-distribution"),
            (first(2, 1), "the standard error"),
            (first(2) - 1, "nearly"),
            (6, "still 2 points or more"),
            (500, "fewer are, too"),
        ],
        facts=lambda: (VOICES.loc["spectrogram_cnn"],),
    ),
    "07-2": Case(
        right=[{"promised": 0.95, "kept": 0.5}, {"promised": 0.93, "kept": 0.45}],
        wrong=[
            ({"promised": 0.5, "kept": 0.95}, "mixed up"),
            ({"promised": 0.95, "kept": 0.95}, "both are equal"),
            ({"promised": 1.0, "kept": 0.5}, "among the training clips"),
            ({"promised": 0.6, "kept": 0.5}, "belong to their labels"),
            ({"promised": 0.95, "kept": 0.94}, "high for a new voice"),
            ({"promised": 95, "kept": 50}, "looks like per cent"),
            ({"promised": 0.95}, "the keys"),
        ],
    ),
    "07-3": Case(
        right=[filtered([300, 3400]), filtered([300, 3400], gain=0.9)],
        wrong=[
            (filtered([300, 3400], "bandstop"), "a bandstop"),
            (filtered([2000, 3400]), "It should pass"),
            (filtered(3400, "lowpass"), "100 Hz still passes"),
            (filtered(300, "highpass"), "3,900 Hz still passes"),
            (lambda waveform: waveform, "filter at all"),
            (filtered([300, 3400], gain=3), "louder"),
            (lambda waveform: waveform[1:], "the shape"),
            (without_rate, "ValueError"),
            (lambda waveform: np.full(waveform.shape, np.nan), "blows up"),
        ],
        stub=lambda waveform: None,
    ),
    "07-4": Case(
        right=[compared(), compared(list(DIFFERENCES[::-1]))],
        wrong=[
            (compared(-DIFFERENCES), "the signs are turned"),
            (compared(DIFFERENCES / 100), "like shares"),
            (compared(np.arange(6.0)), "not what I get"),
            (compared(DIFFERENCES[:5]), "the shape"),
            (compared(conclusion="cannot tell"), "these runs can tell"),
            (compared(conclusion="better"), "Which way round"),
            (compared(conclusion="bad"), "one of"),
            (compared(stays=5), "five are left"),
            ({"conclusion": "worse"}, "the keys"),
        ],
        facts=lambda: (VOICES,),
    ),
}
