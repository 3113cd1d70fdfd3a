"""Answers to the exercises of notebook 01, right and wrong."""

import numpy as np
import pandas as pd

from exercise_case import Case

SECONDS = {  # speaker -> digit -> durations; ann's mean and median of 0 differ
    "ann": {0: [0.3, 0.3, 2.5], 1: [0.5, 0.5, 0.5], 2: [0.6, 0.7, 1.2]},
    "ben": {0: [0.7, 0.7, 0.7], 1: [0.4, 0.4, 0.4], 2: [0.5, 0.5, 1.5]},
}
CLIPS = pd.DataFrame(
    [
        {"speaker": speaker, "digit": digit, "take": take, "seconds": seconds}
        for speaker, digits in SECONDS.items()
        for digit, durations in digits.items()
        for take, seconds in enumerate(durations)
    ]
)
CLIPS["waveform"] = [np.zeros(round(1000 * seconds)) for seconds in CLIPS["seconds"]]
ROW = 1000  # numbers in a row of the padded table: three clips of 18 are cut
KEPT = 100 * CLIPS["seconds"].clip(upper=1).mean()
UNSEEN = pd.Series([0.5, 0.46, 0.28, 0.32, 0.52, 0.16], list("abcdef"))


def decibels(waveform):
    return 20 * np.log10(abs(waveform - waveform.mean()).max())


def no_sign(waveform):
    return 20 * np.log10((waveform - waveform.mean()).max())


def verdict(shares, words):
    return {"shares": shares, "verdict": words}


CASES = {
    "01-1": Case(
        right=[3, np.int64(3), 3.0],
        wrong=[
            (1, "longer than two seconds"),
            (15, "the others"),
            (CLIPS["seconds"].mean(), "mean duration"),
            (3 / 18, "a share"),
            (18, "every clip"),
            (7, "counts the True"),
            ("three", "a single number"),
        ],
        facts=lambda: (CLIPS,),
    ),
    "01-2": Case(
        right=[{"ann": 0, "ben": 1}, pd.Series({"ben": np.int64(1), "ann": np.int64(0)})],
        wrong=[
            ({"ann": 2, "ben": 0}, "the longest"),
            ({"ann": 1, "ben": 1}, "by the mean"),
            ({"ann": 0, "ben": 2}, "1 of 2 are right. Look again at ben"),
            ({0: "ann", 1: "ben"}, "your keys should be the speakers: ann, ben"),
            (0, "a dictionary from speaker to digit"),
        ],
        facts=lambda: (CLIPS,),
    ),
    "01-3": Case(
        right=[100 - KEPT, round(100 - KEPT)],
        wrong=[
            (1 - KEPT / 100, "Times 100"),
            (KEPT, "how much is sound"),
            (100 * (1 - CLIPS["seconds"].mean() / 2.5), "up to the longest clip"),
            (100 * (1 - CLIPS["seconds"].mean()), "clip its length first"),
            (100 * 15 / 18, "not clips"),
            (5, "add up the samples"),
        ],
        facts=lambda: (CLIPS, ROW),
    ),
    "01-4": Case(
        right=[decibels, lambda waveform: float(decibels(waveform))],
        wrong=[
            (no_sign, "without its sign"),
            (lambda waveform: 20 * np.log10(abs(waveform).max()), "subtract the mean"),
            (lambda waveform: decibels(waveform) / 2, "10 log10 is for power"),
            (lambda waveform: decibels(waveform) * np.log(10), "natural logarithm"),
            (lambda waveform: 20 * np.log10(waveform.std()), "the RMS level"),
            (lambda waveform: 10 ** (decibels(waveform) / 20), "Turn it into dB"),
            (lambda waveform: -decibels(waveform), "sign is turned"),
            (lambda waveform: 3.0, "it gives 3.00 dB"),
            (lambda waveform: waveform, "the shape"),
            (-3, "should be a function"),
        ],
        stub=lambda waveform: None,
    ),
    "01-5": Case(
        right=[
            verdict(UNSEEN + 0.1, "better"),
            verdict((UNSEEN - 0.1).to_dict(), "worse"),
            verdict(UNSEEN + [0.1, 0.1, 0.1, 0.1, 0.1, 0], "cannot tell"),
            verdict(UNSEEN + [0.1, 0.1, 0.1, 0.1, 0.1, -0.1], "cannot tell"),
        ],
        wrong=[
            (verdict(UNSEEN + [0.1, 0.1, 0.1, 0.1, 0.1, -0.1], "better"), "do not all agree"),
            (verdict(UNSEEN + 0.1, "cannot tell"), "All agree"),
            (verdict(UNSEEN + 0.1, "perhaps"), "choose one verdict"),
            (verdict(100 * UNSEEN, "better"), "between 0 and 1"),
            (verdict(UNSEEN, "cannot tell"), "from before"),
            (verdict(UNSEEN * 0 + 0.93, "better"), "known voices"),
            (verdict(UNSEEN.iloc[1:], "better"), "one entry a voice"),
            (verdict(0.6, "better"), "the shares by voice"),
            ({"verdict": "better"}, "two entries"),
        ],
        facts=lambda: (UNSEEN,),
    ),
}
