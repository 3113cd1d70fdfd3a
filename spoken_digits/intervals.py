"""How far a figure may be off, by chance: intervals at 95 %, and tests of a family."""

import numpy as np
import pandas as pd
import scipy.stats


def wilson_interval(share, count):
    """The true shares that fit a share of `count` clips at 95 %, as (low, high). Notebook 03.

    Source: Wilson 1927, doi:10.1080/01621459.1927.10502953, by scipy.stats.binomtest.
    """
    return scipy.stats.binomtest(round(share * count), count).proportion_ci(method="wilson")


def t_interval(values):
    """The means that fit some values at 95 %, as (low, high), if they spread normally. Notebook 07.

    A value is what varies: a speaker, a seed. Source: Student 1908, by scipy.stats.ttest_1samp.
    """
    interval = scipy.stats.ttest_1samp(values, 0).confidence_interval()
    return interval.low, interval.high


def accuracy_with_interval(predictions, labels):
    """Share of right predictions with its Wilson interval: accuracy, from, to. From notebook 03.

    `predictions` and `labels` are arrays of digits (clips,).
    """
    accuracy = (predictions == labels).mean()
    low, high = wilson_interval(accuracy, len(labels))
    return {"accuracy": accuracy, "from": low, "to": high}


def paired_tests(differences):
    """A paired t-test of each row, corrected for all of them together. From notebook 08.

    `differences` is a DataFrame: a row a comparison, a column a pair, such as a voice. Returns a
    DataFrame of the same rows: `gain` the mean; `low` and `high` its t_interval(), uncorrected;
    `helped` how many pairs lie above 0; `p`; `corrected` by Benjamini and Hochberg 1995,
    doi:10.1111/j.2517-6161.1995.tb02031.x; `verdict` "helps" or "harms" where that lies below
    0.05, "may help" or "may harm" where only p does, else "cannot tell".
    """
    found = pd.DataFrame({"gain": differences.mean(axis=1)})
    found[["low", "high"]] = [t_interval(row) for row in differences.to_numpy()]
    found["helped"] = (differences > 0).sum(axis=1)
    found["p"] = scipy.stats.ttest_1samp(differences, 0, axis=1).pvalue
    found["corrected"] = scipy.stats.false_discovery_control(found["p"])
    word = found["gain"].gt(0).map({True: "help", False: "harm"})
    clear = [found["corrected"] < 0.05, found["p"] < 0.05]
    return found.assign(verdict=np.select(clear, [word + "s", "may " + word], "cannot tell"))
