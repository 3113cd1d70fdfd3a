"""Answers to the exercises of notebook 10, right and wrong."""

import numpy as np

from exercise_case import Case
from spoken_digits.exercises.notebook_10 import at_goal


def rule(probabilities, threshold, sure=np.min, answers=11, agree=True, least=np.greater_equal):
    """The rule, right as it is; each setting makes a mistake."""
    first, second = probabilities[:, :answers].argmax(axis=1)
    if (agree and first != second) or (answers == 11 and first == 10):
        return -1
    return int(first) if least(sure(probabilities.max(axis=1)), threshold) else -1


def mistaken(**settings):
    return lambda probabilities, threshold: rule(probabilities, threshold, **settings)


def pair(scores, right, threshold):
    answered = scores >= threshold
    risk = 100 * np.mean(~right[answered]) if answered.any() else 0
    return 100 * answered.mean(), risk


def of_all(scores, right, threshold):
    answered = scores >= threshold
    return 100 * answered.mean(), 100 * np.mean(answered & ~right)


def above(scores, right, threshold):
    return 100 * np.mean(scores > threshold), 100 * np.mean(~right[scores > threshold])


STRICT, LAX = at_goal(0.1), at_goal(1)

CASES = {
    "10-1": Case(
        right=[10, 10.0, 10 ** (20 / 20)],
        wrong=[
            (100, "in power"),
            (0.1, "other way round"),
            (20, "is in dB"),
            (3, "What is its root?"),
        ],
    ),
    "10-2": Case(
        right=[rule],
        wrong=[
            (mistaken(sure=np.max), "The lower one decides"),
            (mistaken(sure=np.mean), "The lower one decides"),
            (mistaken(agree=False), "so there is no answer"),
            (mistaken(least=np.greater), "*at least*"),
            (lambda both, threshold: rule(both, 0.5), "what you are given"),
            (lambda both, threshold: int(both[0].argmax()), "no answer"),
            (lambda both, threshold: rule(both, threshold) or -1, "0 is a digit"),
            (
                lambda both, threshold: (
                    10 if both[0].argmax() == both[1].argmax() == 10 else rule(both, threshold)
                ),
                "That is no digit",
            ),
            (lambda both, threshold: "7", "a single number"),
        ],
        stub=lambda probabilities, threshold: None,
    ),
    "10-3": Case(
        right=[pair, lambda *given: [*pair(*given)]],
        wrong=[
            (lambda *given: pair(*given)[::-1], "coverage first"),
            (lambda *given: tuple(np.array(pair(*given)) / 100), "in per cent"),
            (of_all, "among the *answers*"),
            (above, "equal to the threshold"),
            (lambda *given: (pair(*given)[0], 100 - pair(*given)[1]), "about wrong ones"),
            (lambda *given: (1, 2), "not what I get"),
            (lambda *given: 3, "as a tuple"),
        ],
        stub=lambda scores, right, threshold: None,
    ),
    "10-4": Case(
        right=[STRICT, STRICT | {"coverage": round(STRICT["coverage"])}],
        wrong=[
            (LAX, "1 in 1,000"),
            (STRICT | {"threshold": 0.95}, "another threshold"),
            (STRICT | {"coverage": STRICT["coverage"] / 100}, "like a share"),
            (STRICT | {"coverage": 99}, "of *all* clips"),
            (STRICT | {"errors": STRICT["errors"] + 1}, "count the wrong ones"),
            ({"threshold": 0.85}, "the keys"),
        ],
    ),
}
