"""What all checks need: is it a number, does the function run, what did it give."""

import numbers

import numpy as np


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
