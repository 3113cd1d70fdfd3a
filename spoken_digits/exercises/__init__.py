"""The checks of the exercises: they tell a learner what is right, what is off, what to try."""

from .check import check

__all__ = ["check"]
