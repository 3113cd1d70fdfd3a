"""What a file of exercise cases holds: for each exercise a stub, right and wrong answers."""

from collections.abc import Callable
from typing import Any, NamedTuple


class Case(NamedTuple):
    """Answers to one exercise. Each wrong one comes with words that its hint must hold."""

    right: list  # at least one
    wrong: list  # at least two pairs (answer, words of its hint)
    stub: Any = None  # what the cell holds before the learner has changed it
    facts: Callable = (
        tuple  # () -> what the check needs beside the answer; called when it is needed
    )
