"""The exercises of notebook 05."""

from functools import cache

import numpy as np

from ..dataset import read_names
from ..records import load_predictions
from ..runs import Experiment
from .answers import array, number, outcome

# --- Exercise 1: how many discordant clips reach p < 0.001 ---


def exercise_1(answer):
    """Count of discordant clips with which the exact test can reach 0.001."""
    count = number(answer, "discordant clips")
    if count < 1 or count != int(count):
        return f"a count of clips is a whole number from 1 on, not {count:g}."
    smallest = 2 * 0.5 ** int(count) if count < 1000 else 0.0
    if smallest >= 0.001:
        if 0.5**count < 0.001:
            return (
                f"{0.5**count:.5f} is the probability of {count:g} heads. But {count:g} tails "
                "would be as surprising, and the test counts both: twice that."
            )
        return f"with {count:g} clips the smallest p-value is {smallest:.4f}. More are needed."
    if 2 * 0.5 ** int(count - 1) < 0.001:
        return f"{count:g} clips can reach 0.001, but fewer can, too. Try one less each time."
    return None


# --- Exercise 2: averages of two networks ---


@cache
def recorded(network):
    """Probabilities (seeds, clips, 10) of an improved network, and the labels of the clips."""
    runs = [
        load_predictions(Experiment(network, "improved", "fsdd", "official", "", seed))
        for seed in range(5)
    ]
    labels = read_names(runs[0]["test_clips"])["digit"].to_numpy()
    return np.stack([run["probabilities"] for run in runs]).astype(float), labels


def average_accuracy(pairs):
    """Mean accuracy in per cent of the averages of pairs of probabilities."""
    _, labels = recorded("sample_cnn")
    return 100 * np.mean(
        [((first + second).argmax(axis=1) == labels).mean() for first, second in pairs]
    )


def pairs_of_one_kind():
    """Each pair of spectrogram CNNs with different seeds, once."""
    images, _ = recorded("spectrogram_cnn")
    return [(images[i], images[j]) for i in range(5) for j in range(i)]


def pairs_of_both_kinds():
    """Each pair of a spectrogram CNN and a sampleCNN."""
    images, _ = recorded("spectrogram_cnn")
    return [(image, wave) for image in images for wave in recorded("sample_cnn")[0]]


def exercise_2(answer):
    """Mean accuracy of the averages of two spectrogram CNNs, and of one network of each kind."""
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        return "give two numbers in round brackets: (two spectrogram CNNs, one of each kind)."
    given = np.array([number(value, "per cent") for value in answer])
    right = np.array(
        [average_accuracy(pairs_of_one_kind()), average_accuracy(pairs_of_both_kinds())]
    )
    close = abs(given - right) < 0.03
    if close.all():
        return None
    if given.max() <= 1:
        return "these look like shares. Give per cent: times 100."
    if (abs(given[::-1] - right) < 0.06).all():
        return "the two are in the wrong order: first the two spectrogram CNNs."
    return wrong_pairs(given, close)


def wrong_pairs(given, close):
    """What is off where one or both averages were taken over other pairs."""
    images, waves = recorded("spectrogram_cnn")[0], recorded("sample_cnn")[0]
    same_seed = average_accuracy(list(zip(images, waves, strict=True)))
    with_itself = average_accuracy([(first, second) for first in images for second in images])
    if not close[1] and abs(given[1] - same_seed) < 0.02:
        return "your second number pairs equal seeds only. Take all 25 pairs of one of each kind."
    if not close[0] and abs(given[0] - with_itself) < 0.02:
        return (
            "your first number also averages each network with itself. Take different seeds only."
        )
    which = "first" if not close[0] else "second"
    return (
        f"your {which} number is not what I get. Average the probabilities of a pair, then take "
        "argmax(axis=1), compare with the labels, and take the mean over all pairs."
    )


# --- Exercise 3: always right ---


def exercise_3(answer):
    """Count of the clips on which all five sampleCNNs are right."""
    count = number(answer, "clips")
    waves, labels = recorded("sample_cnn")
    hits = waves.argmax(axis=2) == labels
    always = hits.all(axis=0).sum()
    if count == always:
        return None
    if abs(count - always / 3) < 0.1 or abs(count - always / 300) < 0.001:
        return "that is the share. Give the number of clips."
    if abs(count - 300 * hits.mean()) < 0.6 or abs(count - 100 * hits.mean()) < 0.1:
        return "that is their mean accuracy. Ask of each clip whether all five seeds got it right."
    if count == hits.any(axis=0).sum():
        return "on so many clips at least one is right. Every one of them should be: all, not any."
    if count == 300 - always:
        return "on so many clips at least one is wrong. Turn it round."
    if count <= 5:
        return (
            "you went along the wrong axis: the first one is the seeds, and those must all agree."
        )
    return "take all(axis=0), over the seeds, and count the clips that are left."


# --- Exercise 4: an interval for the difference ---


def made_up_answers():
    """Two networks on 300 clips: 60 missed by both, 4 by the second alone, 16 by the first."""
    first, second = np.ones(300, dtype=bool), np.ones(300, dtype=bool)
    first[:60] = second[:60] = False
    second[60:64], first[64:80] = False, False
    order = np.random.default_rng(0).permutation(300)
    return first[order], second[order]


def exercise_4(function):
    """Interval of the difference, by drawing clips with replacement; both answer the same ones."""
    first, second = made_up_answers()
    interval = outcome(function, first, second)
    low, high = array(interval, (2,))
    gains = 100.0 * (second.astype(float) - first)
    middle, error = gains.mean(), gains.std() / np.sqrt(len(gains))
    width, expected = high - low, 2 * 1.96 * error
    if not np.isfinite([low, high]).all():
        return "one end of your interval is no number."
    if width < 0:
        return "the lower end should come first."
    if high < 0.3:
        factor = "Give points: times 100." if high > 0 else "It should be second minus first."
        return (
            f"for a second network that is {middle:.0f} points better, you give {low:.3f} to "
            f"{high:.3f}. {factor}"
        )
    if width > 1.5 * expected:
        return (
            f"your interval is {width:.1f} points wide, where about {expected:.1f} would do. Draw "
            "the clips once, and let both networks answer the same ones."
        )
    if width < 0.75 * expected:
        return (
            f"your interval is {width:.1f} points wide, too narrow by far. Take the 2.5th and the "
            "97.5th percentile of the differences, and draw as many clips as there are."
        )
    if abs((low + high) / 2 - middle) > 0.5:
        return f"your interval should lie around {middle:.1f}, the difference on all clips."
    return None


# --- Exercise 5: how many witnesses ---


def bootstrap_width(shares):
    """Width in points of the 95 % bootstrap interval of the mean of some shares."""
    drawn = np.random.default_rng(1).integers(0, len(shares), (4000, len(shares)))
    low, high = np.percentile(100 * shares[drawn].mean(axis=1), [2.5, 97.5])
    return high - low


@cache
def witness_widths():
    """Width of the interval for each thing that can be drawn: answers, clips, fields."""
    images, labels = recorded("spectrogram_cnn")
    hits = images.argmax(axis=2) == labels
    names = load_predictions(Experiment("spectrogram_cnn", "improved", "fsdd", "official", "", 0))[
        "test_clips"
    ]
    speakers = read_names(names)["speaker"].to_numpy()
    by_clip = hits.mean(axis=0)
    fields = [
        by_clip[(speakers == speaker) & (labels == digit)].mean()
        for speaker in np.unique(speakers)
        for digit in range(10)
    ]
    things = {"answers": hits.ravel(), "clips": by_clip, "fields": np.array(fields)}
    return {name: bootstrap_width(shares) for name, shares in things.items()}


def exercise_5(answer):
    """Widths of three bootstrap intervals, and which of them is too narrow."""
    right = witness_widths()
    if not isinstance(answer, dict) or not {*right, "too narrow"} <= set(answer):
        return 'give a dict with "answers", "clips", "fields" and "too narrow".'
    for name, width in right.items():
        hint = width_hint(name, number(answer[name], "points"), width, right["answers"])
        if hint:
            return hint
    if answer["too narrow"] != "answers":
        return (
            "the widths are right. Now read them: which way of drawing treats five seeds on one "
            "clip as if they had nothing to do with each other?"
        )
    return None


def width_hint(name, given, width, naive):
    """What is off with one width, or None."""
    if abs(given - width) < 0.3:
        return None
    if abs(100 * given - width) < 0.3:
        return f"the width for {name} looks like a share. Give points: times 100."
    if name != "answers" and abs(given - naive) < 0.15:
        return (
            f"for {name} your interval is as narrow as for single answers. Draw {name}, and let "
            "each bring all of its answers along."
        )
    if abs(2 * given - width) < 0.3:
        return f"for {name} you give half the width: from the lower end to the upper, please."
    return (
        f"for {name} I get another width than {given:.2f} points. Take the 2.5th and the 97.5th "
        "percentile of the mean accuracies."
    )
