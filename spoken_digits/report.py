"""The tables of results, all of them and in brief, and the table of recipes."""

from dataclasses import fields

import pandas as pd

from .grid import BOTH, COMPARED
from .intervals import t_interval, wilson_interval
from .recipe import Recipe
from .recipes import GROUPS, OFF_THE_SHELF, RECURRENT
from .records import RESULTS
from .voices import by_person, said_to_people

NEW = ["improved_augmentation", "general", "open_set"]
ROWS = [
    *COMPARED,
    *[(network, "improved") for network in RECURRENT],
    *[(network, variant) for variant in NEW for network in BOTH],
    *[(network, "baseline") for network in OFF_THE_SHELF],
]
# In brief, for README.md: its rows and columns, in a newcomer's words.
BRIEF_ROWS = {
    "spectrogram_cnn, open_set": "the shipped recipe, on spectrograms (notebook 08)",
    "sample_cnn, open_set": "the shipped recipe, on waveforms (08)",
    "spectrogram_cnn, improved": "spectrogram CNN (04)",
    "sample_cnn, improved": "sampleCNN (03)",
    "conv_gru, improved": "convolutions, then a recurrent layer (09)",
    "mfcc_logistic, baseline": "no network: logistic regression on mean MFCCs (05)",
    "soundswallower, baseline": "a recogniser off the shelf, not trained here (07)",
}
BRIEF_COLUMNS = {
    "test accuracy": "known voices",
    "unseen speakers": "a voice never heard",
    "people": "people",
}
PUBLISHED = {"sample_cnn": "60 %", "spectrogram_cnn": "70 %"}  # classic edition, one run each


def results_table(runs, results=RESULTS):
    """The rows of grid_runs() that tell how good each network is, as text: a row a network.

    Accuracies are means over the seeds. In brackets stands the Wilson interval that a single run
    with that accuracy would have: it is about other clips, not about other seeds or speakers. For
    unseen speakers and for people it is the t-interval of their mean. What a network said to
    people is read from the folder `results`. A column without any entry is left out.
    """
    rows = {}
    for network, variant in ROWS:
        same = runs[(runs["network"] == network) & (runs["variant"] == variant)]
        official, classic, unseen = (
            same[(same["corpus"] == corpus) & (same["split"] == split)]
            for corpus, split in [("fsdd", "official"), ("classic", "random"), ("fsdd", "speaker")]
        )
        people = same[same["split"] == "people"]
        train, test = official["train_accuracy"].mean(), official["test_accuracy"].mean()
        seconds = official["train_seconds"].median()
        rows[f"{network}, {variant}"] = {
            "weights": f"{official['parameters'].iloc[0]:,}",
            "training accuracy": accuracy_text(train, official["train_clips"].iloc[0]),
            "test accuracy": accuracy_text(test, official["test_clips"].iloc[0]),
            "gap (points)": f"{round(100 * (train - test), 1) + 0:.1f}",  # + 0: never "-0.0"
            "seeds": range_text(official["test_accuracy"]),
            "unseen speakers": unseen_text(unseen),
            "people": people_text(people, results),
            "classic edition": classic_text(classic),
            "published": PUBLISHED[network] if variant == "original" else "",
            "training (s)": f"{seconds:.0f}" if seconds >= 1 else "under 1",
            "one clip (ms)": f"{1000 * official['seconds_per_clip'].median():.1f}",
        }
    table = pd.DataFrame(rows).T.rename_axis("network")
    return table.loc[:, (table != "").any()]


def brief_table(table):
    """The rows and columns of results_table() that README.md shows, renamed; "–" where none is."""
    brief = table.loc[list(BRIEF_ROWS), list(BRIEF_COLUMNS)].replace("", "–")
    return brief.rename(index=BRIEF_ROWS, columns=BRIEF_COLUMNS)


def unseen_text(runs):
    """Mean accuracy over held-out speakers with its t-interval, in per cent; "" without runs.

    A speaker counts once, however many clips and seeds there are: n is the number of speakers.
    """
    if runs.empty:
        return ""
    speakers = 100 * runs.groupby("held_out")["test_accuracy"].mean()
    low, high = t_interval(speakers)
    return f"{speakers.mean():.1f} % ({low:.0f} to {min(100, high):.0f})"


def people_text(runs, results=RESULTS):
    """Mean accuracy over people who were never heard with its t-interval; "" without runs.

    A person counts once, however many clips and seeds there are.
    """
    if runs.empty:
        return ""
    share, low, high = by_person(*said_to_people(runs, results)).values()
    return f"{100 * share:.1f} % ({100 * low:.1f} to {min(100, 100 * high):.1f})"


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
    """The lowest and the highest of some accuracies, in per cent; a single one is no range."""
    if len(shares) == 1:
        return "one seed"
    return f"{100 * shares.min():.1f} to {100 * shares.max():.1f} %"


def recipes_text():
    """The table of recipes as text, a part for each group; settings that nobody changes left out.

    What stands as "-" is as the network or the training has it.
    """
    return "\n\n".join(
        f"{group}\n\n{group_table(recipes).to_string()}" for group, recipes in GROUPS.items()
    )


def group_table(recipes):
    """Recipes as a DataFrame of texts: a row a recipe, a column for each setting that is used."""
    used = [
        field.name
        for field in fields(Recipe)
        if any(getattr(recipe, field.name) != field.default for recipe in recipes.values())
    ]
    rows = {
        f"{network}, {variant}": [setting_text(getattr(recipe, name)) for name in used]
        for (network, variant), recipe in recipes.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=used)


def setting_text(value):
    """A setting of a recipe, in short: a function by its name, layers by their values in order."""
    if value is None:
        return "-"
    if isinstance(value, dict):
        return ";".join(f"{name}={setting_text(each)}" for name, each in value.items())
    if isinstance(value, list):
        return ",".join(str(each).replace(" ", "") for each in value)
    return getattr(value, "__name__", str(value))


def markdown(table):
    """A DataFrame of texts as a Markdown table."""
    rows = [[table.index.name, *table.columns], ["---"] * (1 + len(table.columns))]
    rows += [[name, *values] for name, values in zip(table.index, table.to_numpy(), strict=True)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
