"""Answers to the exercises of notebook 03, right and wrong."""

import numpy as np

from exercise_case import Case


def untouched(*_):
    """A function as the learner finds it."""


def pool(values, size, of=np.max):
    return of(values[: len(values) // size * size].reshape(-1, size), axis=1)


def overlapping(values, size):
    return np.lib.stride_tricks.sliding_window_view(values, size).max(axis=1)


def with_the_rest(values, size):
    return np.array([values[start : start + size].max() for start in range(0, len(values), size)])


def loss(sums, digit):
    powers = np.exp(sums - sums.max())
    return -np.log(powers[digit] / powers.sum())


def sigmoid(sums):
    return 1 / (1 + np.exp(-sums))


def binary(sums, digit):
    return -np.log(sigmoid(sums[digit])) - np.log(1 - np.delete(sigmoid(sums), digit)).sum()


CLEAR, CLOSE = {256: 0.3, 128: 0.45, 64: 0.6}, {256: 0.3, 128: 0.56, 64: 0.6}
WITHOUT, WITH = [0.5, 0.52, 0.51], [0.6, 0.63, 0.6]

CASES = {
    "03-1": Case(
        right=[79, 79.0, np.int64(79)],
        wrong=[
            (78, "you counted the hops"),
            (80, "one too many"),
            (82, "256 samples wide itself"),
            (83, "room for its own"),
            (79.8, "part of a place"),
            (20, "at a stride of 256"),
            (282, "18,262"),
            (5299, "How many hops"),
            ((None, 79, 16), "a single number"),
        ],
    ),
    "03-2": Case(
        stub=untouched,
        right=[pool, lambda values, size: list(pool(values, size))],
        wrong=[
            (lambda values, size: pool(values, size, np.mean), "average pooling"),
            (lambda values, size: pool(values, size, np.min), "smallest"),
            (lambda values, size: pool(abs(values), size), "sign left out"),
            (lambda values, size: np.maximum(pool(values, size), 0), "ReLU"),
            (lambda values, size: values[::size][: len(values) // size], "took the first"),
            (overlapping, "overlap"),
            (with_the_rest, "incomplete group"),
            (lambda values, size: values.reshape(-1, size).max(axis=1), "ended in ValueError"),
            (lambda values, size: values[:12].reshape(-1, size).max(axis=0), "other axis"),
            (lambda values, size: values.max(), "one number"),
            (lambda values, size: values, "there should be 6"),
            (lambda values, size: pool(values, size) + 1, "Print the groups"),
            (7, "should be a function"),
        ],
    ),
    "03-3": Case(
        right=[
            (CLEAR, 64),
            (CLOSE, "cannot tell"),
            ({256: 0.3, 128: 0.5, 64: 0.6}, 64),
            ({256: 0.3, 128: 0.5, 64: 0.6}, "cannot tell"),
        ],
        wrong=[
            (CLEAR, "give 2 things"),
            ((CLEAR, "cannot tell"), "believe a lead"),
            ((CLEAR, 128), "your conclusion is 128"),
            ((CLOSE, 64), "may be luck"),
            ((CLEAR, "sixty-four"), "the conclusion should be"),
            (([0.3, 0.45, 0.6], 64), "keys 256, 128 and 64"),
            (({256: 30, 128: 45, 64: 60}, 64), "per cent"),
            (({256: 0.01, 128: 0.45, 64: 0.6}, 64), "blind guessing"),
            (({256: 0.3, 128: 0.45, 64: 1460 / 2400}, 64), "on other clips"),
        ],
    ),
    "03-4": Case(
        stub=untouched,
        right=[loss],
        wrong=[
            (lambda sums, digit: -loss(sums, digit), "sign is missing"),
            (lambda sums, digit: np.exp(-loss(sums, digit)), "the softmax itself"),
            (lambda sums, digit: -np.log(sigmoid(sums[digit])), "sigmoid of one sum"),
            (
                lambda sums, digit: -np.log(sigmoid(sums)[digit] / sigmoid(sums).sum()),
                "shares of the sigmoids",
            ),
            (binary, "binary cross-entropy"),
            (lambda sums, digit: loss(sums, digit) / np.log(10), "powers of 10"),
            (lambda sums, digit: loss(sums, digit) / np.log(2), "powers of 2"),
            (lambda sums, digit: loss(sums, digit) / 10, "divided by ten"),
            (lambda sums, digit: loss(sums, digit) + 1, "First the softmax"),
            (
                lambda sums, digit: -np.log(np.exp(sums)[digit] / np.exp(sums).sum()),
                "Subtract the largest sum",
            ),
        ],
    ),
    "03-5": Case(
        right=[
            (WITHOUT, WITH, "helps"),
            (WITH, WITHOUT, "hurts"),
            (WITHOUT, [0.55, 0.5, 0.52], "cannot tell"),
        ],
        wrong=[
            ((WITHOUT, WITH), "give 3 things"),
            ((WITHOUT, WITH, "cannot tell"), "these runs can tell"),
            ((WITHOUT, WITH, "hurts"), "Which way round"),
            ((WITHOUT, [0.55, 0.5, 0.52], "helps"), "3 such pairs cannot tell"),
            ((WITHOUT, WITH, "yes"), "the conclusion should be"),
            ((WITHOUT, WITH[:2], "helps"), "as many of each"),
            ((WITHOUT[:2], WITH[:2], "helps"), "at least three seeds"),
            (([0.5, 0.5, 0.5], [0.6, 0.6, 0.6], "helps"), "a seed of its own"),
            (([50, 52, 51], [60, 63, 60], "helps"), "per cent"),
            ((0.5, 0.6, "helps"), "as a list"),
        ],
    ),
}
