"""The exercises of notebook 08."""

from functools import cache

import numpy as np
import pandas as pd

from ..dataset import SPEAKERS, read_names
from ..records import load_predictions
from ..runs import Experiment
from .answers import array, number, outcome, wrong_pairs

# --- Exercise 1: how far an equaliser of 12 dB can pull two frequencies apart ---


def exercise_1(answer):
    """Ratio of the powers of two frequencies, one raised by 12 dB, the other lowered by 12."""
    ratio = number(answer, "how many times the power")
    if 248 <= ratio <= 255:
        return None
    if abs(ratio - 10**1.2) < 0.5:
        return "so much are 12 dB in power, or 24 dB in amplitude. Wanted: 24 dB, in power."
    if ratio in (12, 24):
        return f"{ratio:g} is in dB. As a ratio of powers it is 10 ** (dB / 10)."
    if 0 < ratio < 1:
        return "give the stronger over the weaker, a number above 1."
    return "how many dB lie between the highest and the lowest draw? Then 10 ** (dB / 10)."


# --- Exercise 2: band means over heard frames alone ---


def exercise_2(answer):
    """Whether a function takes from each band its mean over the frames that are heard."""
    image = np.random.default_rng(0).random((40, 64))
    image[:, [20, *range(50, 64)]] = 0  # a silent frame in the word, and padding behind it
    result = array(outcome(answer, image.copy()), image.shape)
    heard = image.any(axis=0)
    centred = image - image[:, heard].mean(axis=1, keepdims=True)
    if np.allclose(result, np.where(heard, centred, 0), atol=1e-6):
        return None
    if np.allclose(result, image):
        return "nothing was changed."
    if np.allclose(result, centred, atol=1e-6):
        return "the means are right, but they were taken from the padding, too. It should stay 0."
    over_all = image - image.mean(axis=1, keepdims=True)
    if np.allclose(result[:, heard], over_all[:, heard], atol=1e-6):
        return "the padding takes part in the mean. In which frames is any band above 0?"
    if np.allclose(result[:, heard].mean(axis=0), 0, atol=1e-6):
        return "that is each frame's mean over the bands. Wanted: each band's mean over frames."
    if abs(result[:, heard].mean()) < 1e-6:
        return "that is one mean for all bands. Each band has its own."
    return "it is not what I get. For each band: its mean over heard frames, taken from those."


# --- Exercise 3: choose fold by fold ---


def table(seed):
    """Made-up accuracies in per cent: four recipes (rows), six folds (columns)."""
    random = np.random.default_rng(seed)
    names = ["as it was", "copies", "voices", "together"]
    return pd.DataFrame(random.integers(500, 950, (4, 6)) / 10, names, SPEAKERS)


def exercise_3(answer):
    """Whether a function lets each fold choose by its own validation voice."""
    for seed in range(3):
        validation, test = table(seed), table(seed + 10)
        given = number(outcome(answer, validation.copy(), test.copy()), "a mean in per cent")
        hint = wrong_choice(given, validation, test)
        if hint:
            return hint
    return None


def wrong_choice(given, validation, test):
    """What is off about the mean test accuracy of chosen recipes, or None."""
    strict = np.mean([test.loc[validation[fold].idxmax(), fold] for fold in test])
    if np.isclose(given, strict):
        return None
    if np.isclose(given, test.max().mean()):
        return "that is the best test accuracy of each fold: the test has chosen."
    if np.isclose(given, test.mean(axis=1).max()):
        return "that is the recipe with the best mean on test: the test has chosen."
    if np.isclose(given, validation.max().mean()):
        return "that is the validation accuracy of the chosen ones. Look them up in `test`."
    if np.isclose(given, test.loc[validation.mean(axis=1).idxmax()].mean()):
        return "all folds together have chosen one recipe. Each should choose for itself."
    return "it is not what I get. For each fold: validation's best recipe, its test accuracy."


# --- Exercise 4: two heads ---


@cache
def heads():
    """Accuracies on each unseen voice, in per cent: the spectrogram CNN alone, and both networks.

    `both` names the digit with the highest mean probability of the two (seed 0).
    """
    rows = {}
    for speaker in SPEAKERS:
        kept = [
            load_predictions(Experiment(network, "general", "fsdd", "speaker", speaker, 0))
            for network in ("spectrogram_cnn", "sample_cnn")
        ]
        labels = read_names(kept[0]["test_clips"])["digit"].to_numpy()
        both = sum(run["probabilities"].astype(float) for run in kept).argmax(axis=1)
        said = {"alone": kept[0]["answers"], "other": kept[1]["answers"], "both": both}
        rows[speaker] = {name: 100 * (digits == labels).mean() for name, digits in said.items()}
    return pd.DataFrame(rows).T


def exercise_4(answer):
    """Both networks together against the spectrogram CNN alone, voice by voice."""
    against_other = "that is against the sampleCNN. Subtract what the spectrogram CNN gets alone."
    return wrong_pairs(
        answer,
        heads()["both"] - heads()["alone"],
        "both together minus the spectrogram CNN alone",
        "Average probabilities, then take the highest.",
        [(heads()["both"] - heads()["other"], against_other)],
    )
