"""Intervals, and the table of results that README.md and notebook 05 show."""

import pandas as pd
import scipy.stats

from .grid import ALL, BOTH, RECURRENT

ROWS = [
    *ALL,
    *[(network, "improved") for network in RECURRENT],
    *[(network, variant) for variant in ("improved_augmentation", "general") for network in BOTH],
]
PUBLISHED = {"sample_cnn": "60 %", "spectrogram_cnn": "70 %"}  # classic edition, one run each


def wilson_interval(share, count):
    """The true shares that fit a share of `count` clips at 95 %, as (low, high). Notebook 03.

    Source: Wilson 1927, doi:10.1080/01621459.1927.10502953, by scipy.stats.binomtest.
    """
    return scipy.stats.binomtest(round(share * count), count).proportion_ci(method="wilson")


def results_table(runs):
    """The rows of grid_runs() that tell how good each network is, as text: a row a network.

    Accuracies are means over the seeds. In brackets stands the Wilson interval that a single run
    with that accuracy would have: it is about other clips, not about other seeds or speakers. For
    unseen speakers it is the t-interval of the speakers' mean.
    """
    rows = {}
    for network, variant in ROWS:
        same = runs[(runs["network"] == network) & (runs["variant"] == variant)]
        official, classic, unseen = (
            same[(same["corpus"] == corpus) & (same["split"] == split)]
            for corpus, split in [("fsdd", "official"), ("classic", "random"), ("fsdd", "speaker")]
        )
        train, test = official["train_accuracy"].mean(), official["test_accuracy"].mean()
        seconds = official["train_seconds"].median()
        rows[f"{network}, {variant}"] = {
            "weights": f"{official['parameters'].iloc[0]:,}",
            "training accuracy": accuracy_text(train, official["train_clips"].iloc[0]),
            "test accuracy": accuracy_text(test, official["test_clips"].iloc[0]),
            "gap (points)": f"{round(100 * (train - test), 1) + 0:.1f}",  # + 0: never "-0.0"
            "seeds": range_text(official["test_accuracy"]),
            "unseen speakers": unseen_text(unseen),
            "classic edition": classic_text(classic),
            "published": PUBLISHED.get(network, "") if variant == "original" else "",
            "training (s)": f"{seconds:.0f}" if seconds >= 1 else "under 1",
            "one clip (ms)": f"{1000 * official['seconds_per_clip'].median():.1f}",
        }
    return pd.DataFrame(rows).T.rename_axis("network")


def unseen_text(runs):
    """Mean accuracy over held-out speakers with its t-interval, in per cent; "" without runs.

    A speaker counts once, however many clips and seeds there are: n is the number of speakers.
    """
    if runs.empty:
        return ""
    speakers = 100 * runs.groupby("held_out")["test_accuracy"].mean()
    half = scipy.stats.t.ppf(0.975, len(speakers) - 1) * speakers.sem()
    mean = speakers.mean()
    return f"{mean:.1f} % ({mean - half:.0f} to {min(100, mean + half):.0f})"


def classic_text(runs):
    """Mean test accuracy on the classic edition with its Wilson interval; "" without runs."""
    if runs.empty:
        return ""
    return accuracy_text(runs["test_accuracy"].mean(), runs["test_clips"].iloc[0])


def accuracy_text(share, count):
    """An accuracy with its Wilson interval, in per cent."""
    low, high = wilson_interval(share, count)
    return f"{100 * share:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def range_text(shares):
    """The lowest and the highest of some accuracies, in per cent."""
    return f"{100 * shares.min():.1f} to {100 * shares.max():.1f} %"


def markdown(table):
    """A DataFrame of texts as a Markdown table, as README.md holds it."""
    rows = [[table.index.name, *table.columns], ["---"] * (1 + len(table.columns))]
    rows += [[name, *values] for name, values in zip(table.index, table.to_numpy(), strict=True)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
