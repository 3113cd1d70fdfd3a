"""The exercises of notebook 11."""

from collections.abc import Mapping
from math import ceil

import numpy as np

from ..grid import grid_runs
from .answers import Hint, number, outcome

# --- Exercise 1: from how many workers on the longest run decides ---


def exercise_1(answer):
    """The total of the grid's seconds over its longest run, a count."""
    seconds = grid_runs()["train_seconds"]
    workers, most = number(answer, "a count of workers"), seconds.sum() / seconds.max()
    if abs(workers - most) <= 1:
        return None
    if workers == len(seconds):
        return "with one each, all but the longest would be idle for most of the time."
    if np.isclose(workers, seconds.sum() / seconds.mean(), atol=1):
        return "that is the total over the mean. Wanted: over the longest run."
    if np.isclose(workers, 1 / most, rtol=0.1):
        return "the other way round: how often does the longest run go into the total?"
    return "divide the total of train_seconds by the longest run."


# --- Exercise 2: Amdahl's law ---


def exercise_2(answer):
    """Whether a function gives the speed-up by Amdahl's law."""
    cases = [(serial, workers) for serial in (0.0, 0.05, 0.3, 1.0) for workers in (1, 2, 10, 1000)]
    given = np.array([number(outcome(answer, *case), "a speed-up") for case in cases])
    serial, workers = np.array(cases).T
    times = serial + (1 - serial) / workers
    if np.allclose(given, 1 / times, rtol=1e-3):
        return None
    if np.allclose(given, times, rtol=1e-3):
        return "that is the time that is left. The speed-up is one over it."
    if np.allclose(given, 1 / (serial / workers + 1 - serial), rtol=1e-3):
        return "the two parts are exchanged: the serial part is the one that stays."
    if np.allclose(given, workers):
        return "so it would be if nothing were serial."
    if np.allclose(given, serial + (1 - serial) * workers, rtol=1e-3):
        return "that is Gustafson's law, for work that grows with the workers. Here it stays."
    return "it is not what I get. With one worker it is 1; with very many it nears 1 / serial."


# --- Exercise 3: how many clips fit into memory ---


def exercise_3(answer):
    """Whether a function tells how many clips like some given ones fit into so many gigabytes."""
    for shape, kind, gigabytes in [
        ((10, 40, 64, 1), np.float64, 1),
        ((7, 40, 64, 1), np.float32, 2.5),
        ((3, 8000), np.float32, 0.001),
    ]:
        features = np.ones(shape, kind)
        given = number(outcome(answer, features, gigabytes), "a count of clips")
        hint = wrong_count(given, features, gigabytes)
        if hint:
            return hint
    return None


def wrong_count(given, features, gigabytes):
    """What is off about a count of clips, or None."""
    each = features.nbytes / len(features)
    right = gigabytes * 1e9 / each
    if given == int(right):
        return None
    if abs(given - right) < 1:
        return "no part of a clip can be trained on: round down."
    if abs(given - gigabytes * 2**30 / each) < 1:
        return "here a gigabyte is 1e9 bytes. (2 ** 30 of them are a gibibyte.)"
    if abs(given - gigabytes * 1e9 / features.nbytes) < 1:
        return "that is how often all of these clips fit. How large is one?"
    if abs(given - gigabytes * 1e9 / (features.size / len(features))) < 1:
        return "each number takes more than one byte: features.itemsize."
    return "it is not what I get: the bytes there are over the bytes of one clip."


# --- Exercise 4: what two measurements say of a hundred workers ---


def exercise_4(answer, one, two):
    """The serial share from the seconds of one and of two workers, and a hundred's speed-up."""
    if not isinstance(answer, Mapping) or not {"serial", "hundred"} <= set(answer):
        raise Hint("give a dict with the keys 'serial' and 'hundred'.")
    serial, hundred = (number(answer[name], name) for name in ("serial", "hundred"))
    share = 2 * two / one - 1
    if not np.isclose(serial, share, atol=0.01):
        if np.isclose(serial, two / one, atol=0.01):
            return "that is how much of the time is left with two workers, not the serial share."
        if np.isclose(serial, 1 - share, atol=0.01):
            return "that is the share that two workers do divide. The serial one is the rest."
        return "solve two / one = serial + (1 - serial) / 2 for the serial share."
    expected = 1 / (share + (1 - share) / 100)
    if np.isclose(hundred, expected, rtol=0.02):
        return None
    if np.isclose(hundred, 1 / share, rtol=0.02):
        return "that is with no end of workers. Put 100 into your amdahl()."
    return f"the serial share is right. It promises about {ceil(expected)}, by Amdahl's law."
