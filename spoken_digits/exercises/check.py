"""Checking an answer, in words for the learner and in points for a teacher's nbgrader.

Each exercise has a function in the file of its notebook, `exercise_2` in `notebook_03.py`. It gets
the answer, and what else it needs to know, and returns None where the answer is right, else a hint.
"""

import html
from importlib import import_module

from .answers import Hint, Waiting


class Verdict:
    """What a check says. As text it is its points, 1 or 0: nbgrader takes them from there."""

    def __init__(self, words, points):
        self.words, self.points = words, points

    def _repr_html_(self):
        return f"<p>{html.escape(self.words)}</p>"

    def __repr__(self):
        return str(self.points)


def check(exercise, answer, *facts):
    """Check an answer to an exercise such as "03-2": a Verdict, to be shown by the cell.

    `facts` is what the check of that exercise needs beside the answer. An answer of None, or a
    function that returns None, is one that has not been given yet. Errors of a learner's function
    become part of the verdict, so that the page goes on.
    """
    notebook, number = exercise.split("-")
    judge = getattr(import_module(f"{__package__}.notebook_{notebook}"), f"exercise_{number}")
    title = f"Exercise {number}"
    if answer is None or answer is Ellipsis:
        return Verdict(f"{title} waits for your answer, in the cell above.", 0)
    try:
        hint = judge(answer, *facts)
    except Waiting:
        return Verdict(f"{title} waits for your answer, in the cell above.", 0)
    except Hint as told:
        hint = str(told)
    if hint:
        return Verdict(f"{title}, not yet: {hint}", 0)
    return Verdict(f"✔ {title} is right.", 1)
