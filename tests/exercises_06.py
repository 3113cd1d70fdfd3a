"""Answers to the exercises of notebook 06, right and wrong."""

import numpy as np

import helpers
from exercise_case import Case


def hum(waveform, snr_db, tones=(50, 100, 150), sign=1, power_of=10.0, strengths=(1, 1, 1)):
    """A hum, right as it is; each setting makes a mistake."""
    time = np.arange(waveform.size) / helpers.SAMPLE_RATE
    added = sum(
        strength * np.sin(2 * np.pi * tone * time)
        for tone, strength in zip(tones, strengths, strict=True)
    )
    wanted = np.mean(waveform**2) / 10 ** (sign * snr_db / power_of)
    return waveform + added * np.sqrt(wanted / np.mean(added**2))


def mistaken(**settings):
    return lambda waveform, snr_db: hum(waveform, snr_db, **settings)


def trial(cure, verdict, placebo=(0.6, 0.62, 0.58, 0.61, 0.6)):
    return {"cure": list(cure), "placebo": list(placebo), "verdict": verdict}


BETTER, SAME = (0.71, 0.72, 0.69, 0.7, 0.72), (0.61, 0.6, 0.6, 0.6, 0.61)
WORSE = (0.51, 0.52, 0.49, 0.5, 0.52)
GAINS = ["original_spectrogram_input", "spectrogram_input", "waveform_input"]

CASES = {
    "06-1": Case(
        right=[1 / 0.15, 6.67, np.float32(6.6666667)],
        wrong=[
            (1 / 0.85, "Which share survives"),
            (0.15, "that is a share"),
            (3.33, "a dropout of 0.7"),
            (1, "a dropped value is 0"),
            (0, "a dropped value is 0"),
            (12, "compare the share"),
        ],
    ),
    "06-2": Case(
        right=[{"honest": 0.85, "leaked": 0.93}, {"honest": 0.7, "leaked": 0.99}],
        wrong=[
            ({"honest": 85, "leaked": 93}, "looks like per cent"),
            ({"honest": 0.85}, "the keys"),
            ({"honest": 0.85, "leaked": 0.85}, "both are equal"),
            ({"honest": 0.93, "leaked": 0.85}, "mixed up"),
            ({"honest": 0.85, "leaked": 1.0}, "their copies alone"),
            ({"honest": 1.0, "leaked": 1}, "both are 1"),
            ({"honest": 0.1, "leaked": 0.3}, "labels"),
            ({"honest": -0.1, "leaked": 0.3}, "cannot be negative"),
        ],
    ),
    "06-3": Case(
        right=[hum, mistaken(power_of=10)],
        wrong=[
            (mistaken(sign=-1), "upside down"),
            (mistaken(power_of=20.0), "Power or amplitude"),
            (mistaken(power_of=5.0), "Power or amplitude"),
            (mistaken(power_of=12.0), "Compare the mean powers"),
            (mistaken(tones=(50, 150, 250)), "Wanted: 50, 100, 150"),
            (mistaken(strengths=(1, 0.5, 0.3)), "equally strong"),
            (lambda waveform, snr_db: waveform, "nothing was added"),
            (lambda waveform, snr_db: waveform[:-1], "shape"),
            (lambda waveform, snr_db: waveform[0] / None, "TypeError"),
        ],
        stub=lambda waveform, snr_db: None,
    ),
    "06-4": Case(
        right=[GAINS, set(GAINS), [f"helpers.{name}" for name in GAINS]],
        wrong=[
            (["original_spectrogram_input"], "2 more"),
            ([*GAINS, "original_waveform_input"], "does change original_waveform_input"),
            (["loud_input"], "not one of the four: loud_input"),
            ("waveform_input", "a list of names"),
        ],
    ),
    "06-5": Case(
        right=[{"before": 0.64, "after": 0.05}, {"before": 0.62, "after": 0.044}],
        wrong=[
            ({"before": 0.05, "after": 0.0}, "a single cure"),
            ({"before": 0.9, "after": 0.05}, "'before' is off"),
            ({"before": 0.64, "after": 0.64}, "changed nothing"),
            ({"before": 0.64, "after": 0.0}, "axis=1"),
            ({"before": 0.64, "after": 0.2}, "too large"),
            ({"before": 71, "after": 5}, "looks like per cent"),
        ],
    ),
    "06-6": Case(
        right=[trial(BETTER, "helps"), trial(SAME, "cannot tell"), trial(WORSE, "harms")],
        wrong=[
            (trial(SAME, "helps"), "5 such pairs cannot tell"),
            (trial(BETTER, "cannot tell"), "Zero does not lie in it"),
            (trial(BETTER, "great"), "one of"),
            (trial(BETTER[:3], "helps"), "five accuracies"),
            (trial(np.multiply(BETTER, 100), "helps"), "not per cent"),
            (trial((0.6, 0.62, 0.58, 0.61, 0.6), "cannot tell"), "changed at all"),
            (trial(5 * [0.7], "helps", 5 * [0.6]), "all seeds agree"),
            ({"cure": BETTER, "placebo": SAME}, "the keys"),
        ],
    ),
}
