"""The exercises of notebook 10."""

from collections.abc import Mapping
from functools import cache

import numpy as np
import pandas as pd

from ..dataset import SPEAKERS, read_names
from ..records import load_predictions
from ..runs import Experiment
from .answers import Hint, number, outcome

# --- Exercise 1: decibels as a ratio of amplitudes ---


def exercise_1(answer):
    """How many times the amplitude 20 dB are."""
    ratio = number(answer, "how many times the amplitude")
    if np.isclose(ratio, 10):
        return None
    if np.isclose(ratio, 100):
        return "so much are 20 dB in power. Power goes with the square of the amplitude."
    if np.isclose(ratio, 0.1):
        return "the other way round: the voice is the larger one."
    if ratio == 20:
        return "20 is in dB. As a ratio of powers it is 10 ** (dB / 10); of amplitudes?"
    return "10 ** (dB / 10) is the ratio of powers. What is its root?"


# --- Exercise 2: the rule of both networks ---


def said(first, second, sure, less):
    """Probabilities of two networks, (2, 11): each names an answer, and how sure it is of that."""
    rows = np.array([np.full(11, (1 - share) / 10) for share in (sure, less)])
    rows[[0, 1], [first, second]] = sure, less
    return rows


RULE = [  # probabilities, threshold, the digit, what is amiss where it is another
    (said(7, 7, 0.9, 0.8), 0.5, 7, "both name 7, at 80 % at least, and the threshold is 0.5."),
    (said(0, 0, 0.6, 0.9), 0.5, 0, "both name 0, and 0 is a digit like the others."),
    (said(3, 8, 0.9, 0.9), 0.5, -1, "one says 3 and the other 8, so there is no answer."),
    (said(10, 10, 0.9, 0.9), 0.5, -1, "both say none of them, the last column. That is no digit."),
    (said(4, 4, 0.9, 0.4), 0.5, -1, "one is sure of only 40 %. The lower one decides."),
    (said(4, 4, 0.6, 0.5), 0.5, 4, "one half is *at least* one half."),
    (said(4, 4, 0.9, 0.8), 0.85, -1, "the threshold is 0.85 here. Do you use what you are given?"),
]


def exercise_2(answer):
    """Whether a function is the rule."""
    for probabilities, threshold, right, amiss in RULE:
        given = number(outcome(answer, probabilities.copy(), threshold), "a digit, or -1")
        if given != right:
            return amiss
    return None


# --- Exercise 3: coverage and risk ---


def exercise_3(answer):
    """Whether a function gives coverage and risk, in per cent."""
    random = np.random.default_rng(0)
    scores, right = random.integers(0, 20, 200) / 20, random.random(200) < 0.8
    for threshold in (0.5, 0.25, 0, 2):
        given = outcome(answer, scores.copy(), right.copy(), threshold)
        hint = wrong_pair(given, scores, right, threshold)
        if hint:
            return hint
    return None


def wrong_pair(given, scores, right, threshold):
    """What is off about a pair of coverage and risk, or None."""
    if not isinstance(given, tuple | list) or len(given) != 2:
        return "return two numbers, coverage and risk, as a tuple."
    coverage, risk = (number(value, "per cent") for value in given)
    answered = scores >= threshold
    share = 100 * answered.mean()
    wrong = 100 * np.mean(~right[answered]) if answered.any() else 0
    if np.allclose((coverage, risk), (share, wrong)):
        return None
    if np.allclose((coverage, risk), (wrong, share)):
        return "these are the right two, the other way round: coverage first."
    if np.allclose((coverage, risk), (share / 100, wrong / 100)):
        return "these are shares. Give both in per cent."
    if np.isclose(coverage, 100 * np.mean(scores > threshold)):
        return "a score that is equal to the threshold gets an answer, too."
    if np.isclose(risk, 100 * np.mean(answered & ~right)):
        return "the risk is the share of wrong ones among the *answers*, not among all clips."
    if np.isclose(risk, 100 - wrong):
        return "that is how many answers are right. The risk is about wrong ones."
    return "it is not what I get. Which clips have a score of at least the threshold?"


# --- Exercise 4: a stricter goal ---


@cache
def unseen():
    """Scores of the rule on the six voices that were left out, and whether each clip is right."""
    rows = []
    for speaker in SPEAKERS:
        first, second = (
            load_predictions(Experiment(network, "general", "fsdd", "speaker", speaker, 0))
            for network in ("spectrogram_cnn", "sample_cnn")
        )
        labels = read_names(first["test_clips"])["digit"].to_numpy()
        sure = [run["probabilities"].max(axis=1).astype(float) for run in (first, second)]
        agree = first["answers"] == second["answers"]
        right = first["answers"] == labels
        rows.append(
            pd.DataFrame({"score": np.where(agree, np.min(sure, axis=0), 0), "right": right})
        )
    return pd.concat(rows, ignore_index=True)


def at_goal(goal):
    """The lowest threshold with at most `goal` per cent wrong, and what it gives: a dict."""
    clips = unseen()
    for threshold in np.arange(0.05, 1, 0.05).round(2):
        answered = clips[clips["score"] >= threshold]
        errors = int((~answered["right"]).sum())
        if 100 * errors <= goal * len(answered):
            coverage = 100 * len(answered) / len(clips)
            return {"threshold": threshold, "coverage": coverage, "errors": errors}
    raise ValueError(f"No threshold meets {goal} %.")


def exercise_4(answer):
    """The threshold for 1 wrong answer in 1,000, what it covers, and how many are wrong."""
    names = ("threshold", "coverage", "errors")
    if not isinstance(answer, Mapping) or not set(names) <= set(answer):
        raise Hint("give a dict with the keys 'threshold', 'coverage' and 'errors'.")
    threshold, coverage, errors = (number(answer[name], name) for name in names)
    right, lax = at_goal(0.1), at_goal(1)
    if np.isclose(threshold, lax["threshold"]):
        return "that meets 1 in 100. Wanted: 1 in 1,000, which is 0.1 per cent."
    if not np.isclose(threshold, right["threshold"]):
        return "another threshold: the lowest of the steps with a risk of at most 0.1 per cent."
    if np.isclose(coverage, right["coverage"] / 100, atol=0.001):
        return "the coverage looks like a share. Give it in per cent."
    if abs(coverage - right["coverage"]) > 0.6:
        return "the coverage: how many of *all* clips have a score of at least the threshold?"
    if errors != right["errors"]:
        return "the errors: count the wrong ones among the answers."
    return None
