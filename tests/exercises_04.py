"""Answers to the exercises of notebook 04, right and wrong."""

import math

import numpy as np

from exercise_case import Case


def stub(*_):
    return None


def steps_until_forgotten(momentum, variance):
    return math.ceil(round(math.log(variance) / math.log(momentum), 9))


def lowest_loss(smoothing):
    targets = np.array([1 - 0.9 * smoothing] + 9 * [smoothing / 10])
    targets = targets[targets > 0]
    return -(targets * np.log(targets)).sum()


def with_zeros(smoothing):
    targets = np.array([1 - 0.9 * smoothing] + 9 * [smoothing / 10])
    return -(targets * np.log(targets)).sum()


def shared_among_nine(smoothing):
    right, wrong = 1 - smoothing, smoothing / 9
    return -(right * math.log(right) + 9 * wrong * math.log(wrong))


def named_too_often(spoken, recognised):
    named = np.bincount(recognised, minlength=10)
    return (named - np.bincount(spoken, minlength=10)).argmax()


CLEAR = {128: [0.80, 0.81, 0.805], 256: [0.90, 0.912, 0.905]}
UNCLEAR = {128: [0.80, 0.86, 0.83], 256: [0.84, 0.83, 0.85]}

CASES = {
    "04-1": Case(
        right=[{"decibels": 0.9, "power": 0.7}],
        wrong=[
            (0.2, "give a dict with the keys 'decibels' and 'power'"),
            ({"decibels": 90, "power": 70}, "looks like per cent"),
            ({"decibels": 0.9, "power": -0.2}, "cannot be negative"),
            ({"decibels": 0.7, "power": 0.9}, "changed places"),
            ({"decibels": 0.9, "power": 0.9}, "both numbers are the same"),
            ({"decibels": 0.4, "power": 0.3}, "well over 60 %"),
            ({"decibels": 0.9, "power": 0.1}, "close to blind guessing"),
        ],
    ),
    "04-2": Case(
        right=[steps_until_forgotten],
        wrong=[
            (lambda m, v: math.log(v) / math.log(m), "round up"),
            (lambda m, v: math.floor(math.log(v) / math.log(m)), "A few more steps are needed"),
            (lambda m, v: math.log(m) / math.log(v), "upside down"),
            (lambda m, v: math.log(v), "a negative number"),
            (lambda m, v: math.ceil(math.log(v) / math.log(m) / 18), "number of epochs"),
            (lambda m, v: 5000, "Fewer steps will do"),
            (lambda m: 952, "TypeError"),
        ],
        stub=stub,
    ),
    "04-3": Case(
        right=[lowest_loss],
        wrong=[
            (with_zeros, "0 times log 0"),
            (lambda s: lowest_loss(s) / math.log(2), "in bits"),
            (lambda s: -lowest_loss(s), "Only the sign is wrong"),
            (shared_among_nine, "shared among all ten digits"),
            (lambda s: -(1 - 0.9 * s) * math.log(1 - 0.9 * s), "the right digit's part alone"),
            (lambda s: lowest_loss(s) / 10, "the mean over ten digits"),
            (lambda s: 0.0, "target times log(target)"),
        ],
        stub=stub,
    ),
    "04-4": Case(
        right=[named_too_often],
        wrong=[
            (
                lambda spoken, named: np.bincount(spoken[spoken != named]).argmax(),
                "missed most often",
            ),
            (lambda spoken, named: np.bincount(named).argmax(), "subtract how often"),
            (
                lambda spoken, named: (np.bincount(named) - np.bincount(spoken)).max(),
                "a number of clips",
            ),
            (lambda spoken, named: 2.5, "a whole number from 0 to 9"),
            (
                lambda spoken, named: (np.bincount(named) - np.bincount(spoken)).argsort()[1],
                "beyond what",
            ),
        ],
        stub=stub,
    ),
    "04-5": Case(
        right=[
            CLEAR | {"conclusion": "256 is better"},
            UNCLEAR | {"conclusion": "cannot tell"},
            {128: CLEAR[256], 256: CLEAR[128], "conclusion": "128 is better"},
        ],
        wrong=[
            ([0.8, 0.9], "give a dict with the keys 128, 256"),
            (CLEAR | {"conclusion": "no idea"}, "the conclusion should be one of"),
            ({128: [0.8], 256: [0.9], "conclusion": "256 is better"}, "at least three"),
            (
                {128: [80, 81, 82], 256: [90, 91, 93], "conclusion": "256 is better"},
                "should be shares",
            ),
            (
                {128: [0.8, 0.82, 0.83, 0.8], 256: [0.9, 0.91, 0.92], "conclusion": "cannot tell"},
                "each seed gives a pair",
            ),
            ({128: 3 * [0.8], 256: 3 * [0.9], "conclusion": "256 is better"}, "all pairs differ"),
            (UNCLEAR | {"conclusion": "256 is better"}, "cannot tell"),
            (CLEAR | {"conclusion": "cannot tell"}, "so these runs can tell"),
        ],
    ),
}
