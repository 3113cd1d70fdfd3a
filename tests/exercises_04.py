"""Answers to the exercises of notebook 04, right and wrong."""

from exercise_case import Case  # noqa: F401

CASES = {}
