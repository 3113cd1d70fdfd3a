"""Answers to the exercises of notebook 02, right and wrong."""

import numpy as np
import scipy.signal

import helpers
from exercise_case import Case


def clips():
    """The clips at hand everywhere; nicolas is not among them."""
    return (helpers.load_recordings("synthetic"),)


def pitch(shift=0, centred=True, loudest=True):
    """A function that measures a pitch, right or with a mistake."""

    def measure(waveform):
        about = waveform - waveform.mean()
        energy = scipy.signal.fftconvolve(about**2, np.ones(400), mode="same")
        start = int(np.argmax(energy)) - 200 if loudest else len(waveform) - 400
        piece = waveform[max(0, start) : max(0, start) + 400]
        piece = piece - piece.mean() if centred else piece
        agreement = np.correlate(piece, piece, mode="full")[piece.size - 1 :]
        return 8000 / (20 - shift + np.argmax(agreement[20:128]))

    return measure


def from_pitch(change):
    return lambda waveform: change(pitch()(waveform))


def failing(waveform):
    return waveform["pitch"]


CASES = {
    "02-1": Case(
        right=[(101, 55), [101, 55], np.array([101, 55])],
        wrong=[
            ((55, 101), "in the other order"),
            ((200, 55), "200 // 2 + 1"),
            ((100, 55), "count both ends"),
            ((129, 55), "belong to 256 samples"),
            ((13, 456), "are in samples"),
            ((57, 55), "half the window length"),
            ((101, 57), "must still fit"),
            ((101, 69), "a hop of 64 samples"),
            ((101, 23), "hop_length"),
            (101, "should be (2,)"),
        ],
        facts=lambda: (np.zeros(4571),),
    ),
    "02-2": Case(
        right=[(37, -39.2, -100.7), np.array([37.8, -39.0, -101.0])],
        wrong=[
            ((31.25, -39.2, -100.7), "Zero-pad, to see"),
            ((62.5, -39.2, -100.7), "with the Hann window"),
            ((28, -39.2, -100.7), "3 dB below"),
            ((19, -39.2, -100.7), "from the top to one side"),
            ((1.21, -39.2, -100.7), "steps of 31.25 Hz"),
            ((500, -39.2, -100.7), "the width is off"),
            ((37, -100.7, -39.2), "first without"),
            ((37, 39.2, 100.7), "should be negative"),
            ((37, -19.6, -50.4), "20 log10 of a size"),
            ((37, -78.4, -201.4), "10 log10 for powers"),
            ((37, -39.2, -70), "the level with the window"),
            ((37, 0, -100.7), "the level without the window"),
            ((37, -39.2), "should be (3,)"),
        ],
    ),
    "02-3": Case(
        right=[512, np.int64(512), 512.0],
        wrong=[
            (1024, "So does a shorter window"),
            (256, "twice that"),
            (128, "125 Hz wide"),
            (64, "give it in samples"),
            (400, "choose one of"),
            ("512", "a single number"),
        ],
    ),
    "02-4": Case(
        right=[pitch()],
        wrong=[
            (from_pitch(lambda hertz: 8000 / hertz), "period in samples"),
            (from_pitch(lambda hertz: 1 / hertz), "one divided by the period"),
            (from_pitch(lambda hertz: 1000 / hertz), "one divided by the period"),
            (from_pitch(lambda hertz: hertz / 2), "an octave off"),
            (from_pitch(lambda hertz: hertz + 30), "Check the steps"),
            (lambda waveform: 8000.0, "always agrees"),
            (pitch(shift=20), "add 20"),
            (pitch(centred=False), "subtract the mean"),
            (pitch(loudest=False), "where it is loudest"),
            (failing, "ended in IndexError"),
            (117.0, "should be a function"),
        ],
        stub=lambda waveform: None,
    ),
    "02-5": Case(
        right=[{"rounding": -89.0, "haze": -82.2, "explains": "part"}],
        wrong=[
            ({"rounding": -52.9, "haze": -82.2, "explains": "part"}, "Spread it over 4,000 Hz"),
            ({"rounding": -86.0, "haze": -82.2, "explains": "part"}, "over 2,000 Hz"),
            ({"rounding": -78.2, "haze": -82.2, "explains": "part"}, "Measure its variance"),
            ({"rounding": 89, "haze": -82.2, "explains": "part"}, "far below 0"),
            ({"rounding": -120, "haze": -82.2, "explains": "part"}, "multiples of 1/128"),
            ({"rounding": -89.0, "haze": -60, "explains": "part"}, "Average powers"),
            ({"rounding": -89.0, "haze": -82.2, "explains": "all"}, "Which share"),
            ({"rounding": -89.0, "haze": -82.2, "explains": "nothing"}, "Which share"),
            ({"rounding": -89.0, "haze": -82.2, "explains": "yes"}, "choose"),
            (-89.0, "a dict with the keys"),
        ],
        facts=clips,
    ),
}
