"""How far a figure may be off, by chance: intervals at 95 %."""

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
