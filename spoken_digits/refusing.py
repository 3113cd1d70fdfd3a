"""Ways to refuse what is none of the ten digits, and what each costs.

`answers` is a table of people_answers() for one network, a row a clip.
"""

import numpy as np
import pandas as pd

from .dataset import NONE

DIGITS = list(range(10))


def sureness(answers):
    """The probability of the likeliest of the ten digits, a Series (clips,).

    An eleventh answer takes its share from all ten.
    """
    return answers[DIGITS].max(axis=1)


def agreement(first, second):
    """The answers of two networks to the same clips as those of one: said, and how surely.

    Returns the first table with `sure` added: the lower of the two probabilities for what both
    say, and 0 where they disagree. This is the rule of answer(). Raises ValueError for other clips.
    """
    if not first["name"].equals(second["name"]):
        raise ValueError("The two tables are about different clips.")
    lower = np.minimum(sureness(first), sureness(second))
    return first.assign(sure=lower.where(first["said"] == second["said"], 0))


def trade(answers, sure):
    """What each threshold answers, gets wrong and gives away: a DataFrame, a row a threshold.

    An answer is given where `sure` (clips,) reaches the threshold. Columns, as shares: answered (of
    the digits), wrong (of the answered digits; 0 where there are none), given (of what is no digit,
    the share that gets a digit all the same).
    """
    sure, is_digit = np.asarray(sure), (answers["digit"] != NONE).to_numpy()
    is_wrong = is_digit & (answers["said"] != answers["digit"]).to_numpy()
    thresholds = np.unique(sure)

    def reaching(clips):
        return clips.sum() - np.searchsorted(np.sort(sure[clips]), thresholds)

    answered = reaching(is_digit)
    return pd.DataFrame(
        {
            "threshold": thresholds,
            "answered": answered / is_digit.sum(),
            "wrong": reaching(is_wrong) / np.maximum(1, answered),
            "given": reaching(~is_digit) / (~is_digit).sum(),
        }
    )
