"""Answers to the exercises of notebook 05, right and wrong."""

import numpy as np

from exercise_case import Case
from spoken_digits.exercises.notebook_05 import (
    average_accuracy,
    pairs_of_both_kinds,
    pairs_of_one_kind,
    recorded,
    witness_widths,
)

ALIKE, MIXED = average_accuracy(pairs_of_one_kind()), average_accuracy(pairs_of_both_kinds())
IMAGES, WAVES = recorded("spectrogram_cnn")[0], recorded("sample_cnn")[0]
SAME_SEED = average_accuracy(list(zip(IMAGES, WAVES, strict=True)))
HITS = WAVES.argmax(axis=2) == recorded("sample_cnn")[1]
WIDTHS = witness_widths()


def draws(clips, times=2000):
    return np.random.default_rng(5).integers(0, clips, (times, clips))


def untouched(first, second):
    return None


def paired(first, second):
    drawn = draws(len(first))
    gains = 100 * (second[drawn].mean(axis=1) - first[drawn].mean(axis=1))
    return np.percentile(gains, [2.5, 97.5])


def unpaired(first, second):
    random = np.random.default_rng(5)
    drawn, others = (random.integers(0, 300, (2000, 300)) for _ in range(2))
    gains = 100 * (second[others].mean(axis=1) - first[drawn].mean(axis=1))
    return np.percentile(gains, [2.5, 97.5])


def in_shares(first, second):
    return paired(first, second) / 100


def turned(first, second):
    return paired(second, first)


def quartiles(first, second):
    drawn = draws(len(first))
    return np.percentile(100 * (second[drawn].mean(axis=1) - first[drawn].mean(axis=1)), [25, 75])


def upside_down(first, second):
    return paired(first, second)[::-1]


def of_the_second(first, second):
    return np.percentile(100 * second[draws(300)].mean(axis=1), [2.5, 97.5])


def broken(first, second):
    return first - second


CASES = {
    "05-1": Case(
        right=[11, 11.0, np.int64(11)],
        wrong=[
            (10, "the test counts both"),
            (6, "the smallest p-value is 0.0312. More are needed"),
            (12, "fewer can, too"),
            (0.001, "a whole number"),
            (10**6, "fewer can, too"),
        ],
    ),
    "05-2": Case(
        right=[(ALIKE, MIXED), [round(ALIKE, 1), round(MIXED, 1)]],
        wrong=[
            ((MIXED, ALIKE), "in the wrong order"),
            ((ALIKE / 100, MIXED / 100), "times 100"),
            ((ALIKE, SAME_SEED), "equal seeds only"),
            ((90, MIXED), "your first number is not what I get"),
            ((ALIKE, 90), "your second number is not what I get"),
            (ALIKE, "two numbers"),
        ],
    ),
    "05-3": Case(
        right=[int(HITS.all(axis=0).sum()), HITS.all(axis=0).sum()],
        wrong=[
            (HITS.all(axis=0).mean(), "that is the share"),
            (100 * HITS.mean(), "their mean accuracy"),
            (300 * HITS.mean(), "their mean accuracy"),
            (HITS.any(axis=0).sum(), "all, not any"),
            ((~HITS).any(axis=0).sum(), "Turn it round"),
            (HITS.all(axis=1).sum(), "the wrong axis"),
            (123, "all(axis=0)"),
        ],
    ),
    "05-4": Case(
        right=[paired],
        wrong=[
            (unpaired, "let both networks answer the same ones"),
            (in_shares, "times 100"),
            (turned, "second minus first"),
            (quartiles, "too narrow by far"),
            (upside_down, "the lower end should come first"),
            (of_the_second, "wide"),
            (broken, "your function ended in TypeError"),
        ],
        stub=untouched,
    ),
    "05-5": Case(
        right=[WIDTHS | {"too narrow": "answers"}],
        wrong=[
            (WIDTHS | {"too narrow": "fields"}, "which way of drawing"),
            (
                dict.fromkeys(WIDTHS, WIDTHS["answers"]) | {"too narrow": "answers"},
                "Draw clips",
            ),
            (
                {name: width / 100 for name, width in WIDTHS.items()} | {"too narrow": "answers"},
                "times 100",
            ),
            (
                {name: width / 2 for name, width in WIDTHS.items()} | {"too narrow": "answers"},
                "half the width",
            ),
            (WIDTHS, "give a dict"),
        ],
    ),
}
