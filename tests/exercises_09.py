"""Answers to the exercises of notebook 09, right and wrong."""

import numpy as np

from exercise_case import Case
from spoken_digits.exercises.notebook_09 import deaf_to_first, deaf_to_last, unseen

RANDOM = np.random.default_rng(0)
FRAMES = RANDOM.integers(30, 60, 100)  # of each made-up clip
X = (
    RANDOM.uniform(0.1, 1, (100, 40, 64, 1))
    * (np.arange(64) < FRAMES[:, np.newaxis])[:, np.newaxis, :, np.newaxis]
)
LABELS = RANDOM.integers(0, 10, 100)


class Network:
    """Right where the frames that decide are heard: the third in each clip, the last in some."""

    def predict(self, x, verbose):
        heard = x.any(axis=(1, 3))
        ends = heard[np.arange(100), FRAMES - 1] | (np.arange(100) % 3 > 0)
        tails = heard[:, 55] | (np.arange(100) % 20 > 0) | (FRAMES < 56)
        starts = heard[:, 2] | (np.arange(100) % 2 > 0)
        said = np.where(ends & starts & tails, LABELS, (LABELS + 1) % 10)
        return np.eye(10)[said]


def accuracy(x):
    return (Network().predict(x, 0).argmax(axis=1) == LABELS).mean()


FIRST, LAST = accuracy(deaf_to_first(X)), accuracy(deaf_to_last(X, FRAMES))


def since(digits):
    changes = np.flatnonzero(np.diff(digits))
    return changes[-1] + 1 if changes.size else 0


GAIN = (unseen()["bidirectional_gru"] - unseen()["gru"]).to_numpy()

CASES = {
    "09-1": Case(
        right=[0.9**40, 0.0148, np.float32(0.0148)],
        wrong=[
            (100 * 0.9**40, "in per cent"),
            (1 - 0.9**40, "how much is gone"),
            (0.1**40, "how much of the *old*"),
            (36.0, "frames multiply"),
            (-3.0, "frames multiply"),
            (0.9**39, "one frame off"),
            (0.5, "That happens 40 times"),
        ],
    ),
    "09-2": Case(
        right=[since, lambda digits: int(since(digits))],
        wrong=[
            (lambda digits: since(digits) + 1, "Is the first frame 0"),
            (lambda digits: since(digits) - 1, "with another answer"),
            (lambda digits: np.flatnonzero(digits == digits[-1])[0], "given up again"),
            (lambda digits: digits.size - since(digits), "how many frames"),
            (lambda digits: np.append(np.flatnonzero(np.diff(digits)) + 1, 0)[0], "first time"),
            (lambda digits: 100, "Go back from the end"),
            (lambda digits: digits, "a single number"),
        ],
        stub=lambda digits: None,
    ),
    "09-3": Case(
        right=[{"first": FIRST, "last": LAST}, {"first": float(FIRST), "last": LAST + 0.001}],
        wrong=[
            ({"first": LAST, "last": FIRST}, "swapped"),
            ({"first": 1 - FIRST, "last": 1 - LAST}, "what is lost"),
            ({"first": FIRST, "last": accuracy(deaf_to_last(X, 64))}, "mostly padding"),
            ({"first": FIRST, "last": LAST - 0.1}, "each word's own end"),
            ({"first": FIRST - 0.1, "last": LAST}, "x[:, :, :10]"),
            ({"first": 100 * FIRST, "last": 100 * LAST}, "looks like per cent"),
            ({"first": FIRST}, "the keys"),
        ],
        facts=lambda: (Network(), X, LABELS),
    ),
    "09-4": Case(
        right=[
            {"differences": GAIN, "conclusion": "cannot tell"},
            {"differences": list(GAIN[::-1]), "conclusion": "cannot tell"},
        ],
        wrong=[
            ({"differences": -GAIN, "conclusion": "cannot tell"}, "the signs are turned"),
            ({"differences": GAIN / 100, "conclusion": "cannot tell"}, "like shares"),
            ({"differences": unseen()["gru"], "conclusion": "better"}, "those are accuracies"),
            ({"differences": GAIN + 1, "conclusion": "better"}, "not what I get"),
            ({"differences": GAIN, "conclusion": "better"}, "such pairs cannot tell"),
            ({"differences": GAIN, "conclusion": "good"}, "one of"),
            ({"differences": GAIN}, "the keys"),
        ],
    ),
}
