"""Answers to the exercises of notebook 01, right and wrong."""

from exercise_case import Case  # noqa: F401

CASES = {}
