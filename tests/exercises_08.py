"""Answers to the exercises of notebook 08, right and wrong."""

import numpy as np

from exercise_case import Case
from spoken_digits.exercises.notebook_08 import heads


def heard_means(image, axis=1, everywhere=False, padding=False):
    """Band means over heard frames, right as it is; each setting makes a mistake."""
    heard = image.any(axis=0)
    taken = image if padding else image[:, heard]
    if axis == 0:
        mean = image.mean(axis=0, keepdims=True)
    else:
        mean = taken.mean(axis=axis, keepdims=axis is not None)
    return image - mean if everywhere else np.where(heard, image - mean, 0)


def mistaken(**settings):
    return lambda image: heard_means(image, **settings)


def by_fold(validation, test):
    return np.mean([test.loc[validation[fold].idxmax(), fold] for fold in test.columns])


HEADS = heads()
GAIN = (HEADS["both"] - HEADS["alone"]).to_numpy()
OTHER = (HEADS["both"] - HEADS["other"]).to_numpy()

CASES = {
    "08-1": Case(
        right=[10**2.4, 251, np.float32(251.19)],
        wrong=[
            (10**1.2, "24 dB, in power"),
            (24, "is in dB"),
            (12, "is in dB"),
            (10**-2.4, "stronger over the weaker"),
            (4, "highest and the lowest draw"),
        ],
    ),
    "08-2": Case(
        right=[heard_means, lambda image: heard_means(image).astype(np.float32)],
        wrong=[
            (mistaken(everywhere=True), "It should stay 0"),
            (mistaken(everywhere=True, padding=True), "the padding takes part"),
            (mistaken(padding=True), "the padding takes part"),
            (mistaken(axis=0), "each frame's mean"),
            (mistaken(axis=None), "one mean for all bands"),
            (lambda image: image, "nothing was changed"),
            (lambda image: heard_means(image) / 2 + 1, "not what I get"),
            (lambda image: image.mean(axis=1), "the shape"),
        ],
        stub=lambda image: None,
    ),
    "08-3": Case(
        right=[by_fold, lambda validation, test: float(by_fold(validation, test))],
        wrong=[
            (lambda validation, test: test.max().mean(), "best test accuracy of each fold"),
            (lambda validation, test: test.mean(axis=1).max(), "the best mean on test"),
            (lambda validation, test: validation.max().mean(), "Look them up in `test`"),
            (
                lambda validation, test: test.loc[validation.mean(axis=1).idxmax()].mean(),
                "Each should choose for itself",
            ),
            (lambda validation, test: 3, "not what I get"),
            (lambda validation, test: test.max(), "a single number"),
        ],
        stub=lambda validation, test: None,
    ),
    "08-4": Case(
        right=[
            {"differences": GAIN, "conclusion": "cannot tell"},
            {"differences": list(GAIN[::-1]), "conclusion": "cannot tell"},
        ],
        wrong=[
            ({"differences": -GAIN, "conclusion": "cannot tell"}, "the signs are turned"),
            ({"differences": GAIN / 100, "conclusion": "cannot tell"}, "like shares"),
            ({"differences": OTHER, "conclusion": "better"}, "against the sampleCNN"),
            ({"differences": GAIN + 1, "conclusion": "better"}, "not what I get"),
            ({"differences": GAIN, "conclusion": "better"}, "such pairs cannot tell"),
            ({"differences": GAIN, "conclusion": "good"}, "one of"),
            ({"differences": GAIN}, "the keys"),
        ],
    ),
}
