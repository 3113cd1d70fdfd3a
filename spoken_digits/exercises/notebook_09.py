"""The exercises of notebook 09."""

from functools import cache

import numpy as np

from ..dataset import SPEAKERS
from ..records import load_runs
from .answers import number, outcome, shares, wrong_pairs

# --- Exercise 1: what a gate keeps ---


def exercise_1(answer):
    """What is left of a number after 40 frames with an update gate of 0.9 and a candidate of 0."""
    left = number(answer, "a share")
    if abs(left - 0.9**40) < 5e-4:
        return None
    if abs(left - 100 * 0.9**40) < 0.05:
        return "that is in per cent. Give a share, between 0 and 1."
    if abs(left - (1 - 0.9**40)) < 5e-4:
        return "that is how much is gone. How much is left?"
    if np.isclose(left, 0.1**40, rtol=0.1):
        return "you kept 0.1 in each frame. The gate is how much of the *old* number stays."
    if left in (36, 0.9 * 40) or abs(left - (1 - 0.1 * 40)) < 1e-9:
        return "frames multiply: each keeps 0.9 of what the frame before has left."
    if abs(left - 0.9**39) < 5e-4 or abs(left - 0.9**41) < 5e-4:
        return "you are one frame off: there are 40."
    return "each frame keeps 0.9 of the number and adds 0.1 times 0. That happens 40 times."


# --- Exercise 2: from which frame on an answer stands ---


def exercise_2(answer):
    """Whether a function finds the frame from which on digits no longer change."""
    for named in ([3, 6, 7, 6, 6, 6, 7, 7, 7], [6, 6, 7, 7, 7], [3, 3, 3, 3]):
        digits = np.array(named)
        given = number(outcome(answer, digits.copy()), "a frame, counted from 0")
        hint = wrong_frame(given, digits)
        if hint:
            return f"for {named}: {hint}"
    return None


def wrong_frame(given, digits):
    """What is off about the frame from which on these digits stay the same, or None."""
    changes = np.flatnonzero(np.diff(digits))  # the frame before each change
    since = changes[-1] + 1 if changes.size else 0
    if given == since:
        return None
    if given == since + 1:
        return f"you gave {given:g}. Is the first frame 0, as in Python?"
    if given == np.flatnonzero(digits == digits[-1])[0]:
        return "there the last answer comes up first, but it is given up again."
    if given == since - 1:
        return "that is the last frame with another answer. Its next one is wanted."
    if given == digits.size - since:
        return "that is for how many frames it stands. From which one on?"
    if changes.size and given == changes[0] + 1:
        return "there the answer changes for the first time, not for the last."
    return f"you gave {given:g}. Go back from the end: how far is the answer the same?"


# --- Exercise 3: the first frames or the last ---


def deaf_to_first(x):
    """Spectrograms (clips, 40, 64, 1) without their first ten frames."""
    return np.where(np.arange(64)[:, np.newaxis] < 10, 0, x)


def deaf_to_last(x, word_frames):
    """Spectrograms without the last ten of the first `word_frames` frames, a number for each."""
    places = np.arange(64)
    ends = np.broadcast_to(word_frames, len(x))[:, np.newaxis]
    return np.where(((places >= ends - 10) & (places < ends))[:, np.newaxis, :, np.newaxis], 0, x)


def exercise_3(answer, network, x, labels):
    """Accuracies of a network on `x` (clips, 40, 64, 1) without its first, or last, ten frames."""
    given = shares(answer, ["first", "last"])

    def accuracy(fed):
        return (network.predict(fed, verbose=0).argmax(axis=1) == labels).mean()

    heard = x.any(axis=(1, 3))
    word_frames = 64 - heard[:, ::-1].argmax(axis=1)
    first, last = accuracy(deaf_to_first(x)), accuracy(deaf_to_last(x, word_frames))
    alike = abs(given["first"] - first) < 0.006, abs(given["last"] - last) < 0.006
    if all(alike):
        return None
    if abs(given["first"] - last) < 0.006 and abs(given["last"] - first) < 0.006:
        return "the two are swapped."
    whole = accuracy(x)
    lost = whole - first, whole - last
    if np.allclose([given["first"], given["last"]], lost, atol=0.006):
        return "that is what is lost. Give the accuracies that are left."
    if not alike[0]:
        return "the first ten frames are x[:, :, :10]. Set these to 0 in a copy, all else stays."
    if abs(given["last"] - accuracy(deaf_to_last(x, 64))) < 0.006:
        return "those are the last ten of the 64, mostly padding. Each word has its own end."
    return "for the last ten, count back from each word's own end, word_frames."


# --- Exercise 4: does reading backwards, too, help with new voices? ---


@cache
def unseen():
    """Accuracies on each unseen voice, in per cent: a column for each of the two networks."""
    runs = load_runs()
    runs = runs[(runs["corpus"] == "fsdd") & (runs["split"] == "speaker") & (runs["seed"] == 0)]
    runs = runs[runs["variant"] == "improved"]
    table = 100 * runs.pivot_table("test_accuracy", "held_out", "network")
    return table.loc[SPEAKERS, ["bidirectional_gru", "gru"]]


def exercise_4(answer):
    """A reader in both directions against one, voice by voice."""
    accuracies = "those are accuracies. Subtract one network's from the other's."
    return wrong_pairs(
        answer,
        unseen()["bidirectional_gru"] - unseen()["gru"],
        "bidirectional_gru minus gru",
        "by_voice has a column for each network.",
        [(unseen()[network], accuracies) for network in unseen()],
    )
