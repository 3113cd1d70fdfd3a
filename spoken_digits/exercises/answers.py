"""What all checks need: is it a number, does the function run, what did it give."""

import numbers
from collections.abc import Mapping

import numpy as np

from ..intervals import t_interval


class Waiting(Exception):
    """The learner has not answered yet."""


class Hint(Exception):
    """The answer is not right; the message says what to try."""


def number(answer, unit=""):
    """The answer as a float. Raises Hint where it is none."""
    if isinstance(answer, bool) or not isinstance(answer, numbers.Real | np.number):
        raise Hint(f"give a single number{f' ({unit})' * bool(unit)}, not {answer!r}.")
    if not np.isfinite(answer):
        raise Hint(f"your number is {answer}. Did something get divided by zero?")
    return float(answer)


def outcome(function, *arguments):
    """What a learner's function gives for these arguments.

    Raises Waiting where it gives None, as the untouched one does, and Hint where it fails.
    """
    if not callable(function):
        raise Hint(f"this should be a function, and it is {type(function).__name__}.")
    try:
        result = function(*arguments)
    except Exception as error:  # whatever a learner's code can raise is told, not hidden
        raise Hint(f"your function ended in {type(error).__name__}: {error}") from error
    if result is None:
        raise Waiting
    return result


def array(answer, shape=None):
    """The answer as an array of floats. Raises Hint where it is none, or of another shape."""
    try:
        values = np.asarray(answer, dtype=float)
    except (TypeError, ValueError):
        raise Hint(f"give an array of numbers, not {type(answer).__name__}.") from None
    if shape is not None and values.shape != shape:
        raise Hint(f"your array has the shape {values.shape}, it should be {shape}.")
    return values


def shares(answer, names):
    """The values of a dict under these names, as shares from 0 to 1: name -> share. Raises Hint."""
    if not isinstance(answer, Mapping) or not set(names) <= set(answer):
        raise Hint(f"give a dict with the keys {' and '.join(map(repr, names))}.")
    found = {name: number(answer[name], f"a share for {name}") for name in names}
    for name, share in found.items():
        if share > 1:
            raise Hint(f"{name}: {share:g} looks like per cent. Give a share between 0 and 1.")
        if share < 0:
            raise Hint(f"{name}: {share:g}. A share cannot be negative.")
    return found


def wrong_pairs(answer, truth, order, what_to_do, others=()):
    """What is off about paired differences in points and the conclusion from them, or None.

    `answer` is a dict with "differences", in any order, and "conclusion"; `order` says which was
    to be subtracted from which, `what_to_do` how to begin. `others` holds pairs of other
    differences and the hint for whoever gives those. Raises Hint where a key is missing.
    """
    if not isinstance(answer, Mapping) or not {"differences", "conclusion"} <= set(answer):
        raise Hint("give a dict with the keys 'differences' and 'conclusion'.")
    given = np.sort(array(answer["differences"], (len(truth),)))
    mistakes = [
        (-truth, f"the signs are turned: {order}."),
        (truth / 100, "these look like shares. Give the differences in points."),
        *others,
    ]
    if np.allclose(given, np.sort(truth), atol=0.05):
        return wrong_conclusion(answer["conclusion"], truth, "better", "worse")
    for differences, hint in mistakes:
        if np.allclose(given, np.sort(differences), atol=0.05):
            return hint
    return f"the differences are not what I get. {what_to_do}"


def wrong_conclusion(given, differences, above, below):
    """What is off about a conclusion from paired differences in points, or None.

    Right is `above` where the 95 % t-interval of their mean lies above 0, `below` where it lies
    below, else "cannot tell". Raises Hint where `given` is none of the three.
    """
    choices = (above, below, "cannot tell")
    if not isinstance(given, str) or given not in choices:
        raise Hint(f"the conclusion should be one of {', '.join(map(repr, choices))}.")
    low, high = t_interval(differences)
    right = above if low > 0 else below if high < 0 else "cannot tell"
    if given == right:
        return None
    interval = f"the interval of your differences goes from {low:+.1f} to {high:+.1f} points"
    if right == "cannot tell":
        return f"{interval}. Zero lies in it: {len(differences)} such pairs cannot tell."
    if given == "cannot tell":
        return f"{interval}. Zero does not lie in it, so these runs can tell."
    return f"{interval}. Which way round did you subtract?"
