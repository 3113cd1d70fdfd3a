"""The exercises of notebook 04."""

import math

import numpy as np

from .answers import Hint, number, outcome, shares, wrong_conclusion

# --- 1: decibels taken away ---


def exercise_1(answer):
    """Validation accuracies of a short training in decibels and in power, a dict of two shares."""
    scores = shares(answer, ["decibels", "power"])
    decibels, power = scores["decibels"], scores["power"]
    if decibels == power:
        return (
            "both numbers are the same. Did both trainings get the same input? Only one of them "
            "should see 10 ** (6 * (x - 1)), and its validation clips have to be changed as well."
        )
    if decibels < power:
        return (
            f"power comes out {100 * (power - decibels):.0f} points better. Have the two changed "
            "places, or did training and validation clips get different scales?"
        )
    if decibels < 0.6:
        return (
            f"in decibels brief_training() should reach well over 60 %, not {decibels:.0%}. Are "
            "x_train and x_validation still those of the improved network, and is the seed set in "
            "brief_training()?"
        )
    if power < 0.2:
        return (
            f"{power:.0%} in power is close to blind guessing. Change the validation clips in the "
            "same way as the training clips: 10 ** (6 * (x - 1)) for both."
        )
    return None


# --- 2: how many steps until the start is forgotten ---

STARTS = [(0.99, 1e-4), (0.9, 1e-4), (0.99, 1e-3), (0.5, 0.25)]  # momentum, variance


def exercise_2(answer):
    """A function (momentum, variance) -> steps until at most `variance` is left of a start of 1."""
    for momentum, variance in STARTS:
        steps = number(outcome(answer, momentum, variance), "steps")
        truth = steps_needed(momentum, variance)
        if steps == truth:
            continue
        asked = f"for a momentum of {momentum} and a variance of {variance:g} it gives {steps:g}"
        exact = math.log(variance) / math.log(momentum)
        if steps < 0:
            return f"{asked}, a negative number. Both logarithms are negative: divide one by one."
        if math.isclose(steps, exact) and not steps.is_integer():
            return f"{asked}. Nobody makes part of a step: round up to a whole number."
        if math.isclose(steps, 1 / exact, rel_tol=0.01):
            return f"{asked}. The quotient is upside down: log(variance) over log(momentum)."
        if truth > 50 and math.isclose(steps, truth / 18, abs_tol=1):
            return f"{asked}. That is the number of epochs of 18 steps; steps were asked for."
        left = momentum ** min(steps, 1e6)
        word = "more than" if left > variance else "at most"
        hint = f"{asked}, where {left:.3g} of the start is left, {word} {variance:g}. "
        return hint + (
            "A few more steps are needed." if left > variance else "Fewer steps will do."
        )
    return None


def steps_needed(momentum, variance):
    """The smallest number of steps after which at most `variance` is left of a start of 1."""
    steps = math.floor(math.log(variance) / math.log(momentum)) - 1
    while momentum**steps > variance * (1 + 1e-12):
        steps += 1
    return steps


# --- 3: the lowest loss that smoothed targets allow ---


def exercise_3(answer):
    """A function: label smoothing -> the lowest cross-entropy that ten digits allow, in nats."""
    for smoothing in (0.1, 0.3, 0.0):
        with np.errstate(all="ignore"):  # log(0) is told below, in words
            result = outcome(answer, smoothing)
        if smoothing == 0 and isinstance(result, float) and math.isnan(result):
            return (
                "without smoothing it gives NaN, from 0 times log 0. Targets of 0 add nothing to "
                "the loss: leave them out of the sum."
            )
        loss, truth = number(result, "nats"), entropy(smoothing, smoothing / 10)
        if math.isclose(loss, truth, abs_tol=0.002):
            continue
        asked = f"for a smoothing of {smoothing} it gives {loss:.3f}"
        right = 1 - smoothing + smoothing / 10
        mistakes = {
            truth / math.log(2): "That is in bits. Keras takes the natural logarithm, np.log.",
            -truth: "Only the sign is wrong: the loss is minus the sum.",
            entropy(smoothing, smoothing / 9): "Smoothing is shared among all ten digits, the "
            "right one too: it keeps 1 - 0.9 of it, so that 0.1 gives targets of 0.91 and 0.01.",
            -right * math.log(right): "That is the right digit's part alone; the other nine have "
            "targets as well.",
            truth / 10: "That is the mean over ten digits. Cross-entropy is their sum.",
        }
        for value, words in mistakes.items():
            if smoothing and math.isclose(loss, value, abs_tol=0.002):
                return f"{asked}. {words}"
        return (
            f"{asked}, and it is {truth:.3f}. The loss is lowest where the network's probabilities "
            "are the targets themselves: minus the sum of target times log(target)."
        )
    return None


def entropy(smoothing, wrong):
    """Entropy of ten targets, nine of which are `wrong`, in nats."""
    right = 1 - 9 * wrong
    return -sum(target * math.log(target) for target in [right, *9 * [wrong]] if target > 0)


# --- 4: the digit that is named too often ---


def exercise_4(answer):
    """A function (spoken, recognised) -> the digit that is named most beyond what was spoken."""
    for seed in range(3):
        spoken, recognised = confused(seed)
        surplus = np.bincount(recognised, minlength=10) - np.bincount(spoken, minlength=10)
        digit = number(outcome(answer, spoken.copy(), recognised.copy()), "a digit")
        if digit == surplus.argmax():
            continue
        wrong = spoken != recognised
        if digit == np.bincount(spoken[wrong], minlength=10).argmax():
            return (
                f"it names {digit:g}, the digit that is missed most often: a row of the matrix. "
                "Named too often is a column: count what was recognised."
            )
        if digit == np.bincount(recognised, minlength=10).argmax():
            return (
                f"it names {digit:g}, the digit that is recognised most often. But the digits are "
                "not spoken equally often here: subtract how often each one was."
            )
        if digit == surplus.max() or digit > 9:
            return f"it gives {digit:g}: a number of clips, not a digit. Try argmax() for max()."
        return (
            f"it names {digit:g}, and that digit is named {surplus[int(digit)]} times beyond what "
            f"was spoken; there is one with {surplus.max()}."
            if digit in range(10)
            else f"it gives {digit:g}, and a digit is a whole number from 0 to 9."
        )
    return None


def confused(seed):
    """Digits spoken and recognised, two arrays: one is missed most, one named most, one too often.

    Those are three different digits, so that each mistake shows.
    """
    missed, common, named = np.random.default_rng(seed).permutation(10)[:3]
    counts = np.full(10, 30)
    counts[common] = 90
    spoken = np.repeat(np.arange(10), counts)
    recognised = spoken.copy()
    recognised[np.flatnonzero(spoken == missed)[:25]] = named
    return spoken, recognised


# --- 5: two window lengths, three seeds ---


def exercise_5(answer):
    """Accuracies of two window lengths from the same seeds, and what they allow to say: a dict."""
    if not isinstance(answer, dict) or set(answer) != {128, 256, "conclusion"}:
        return 'give a dict with the keys 128, 256 and "conclusion".'
    pairs = [accuracies(answer[window], window) for window in (128, 256)]
    if len(pairs[0]) != len(pairs[1]):
        return "each seed gives a pair: as many accuracies for 128 as for 256 samples."
    changes = [100 * (short - long) for short, long in zip(*pairs, strict=True)]
    if len(set(changes)) == 1:
        return (
            f"all pairs differ by {changes[0]:.1f} points. Does every training get a seed of its "
            "own, and each window its own input?"
        )
    return wrong_conclusion(answer["conclusion"], changes, "128 is better", "256 is better")


def accuracies(values, window):
    """At least three accuracies as a list of shares. Raises Hint where they are none."""
    if not isinstance(values, list | tuple | np.ndarray) or np.size(values) < 3:
        raise Hint(f"give a list of at least three accuracies for {window}, one for each seed.")
    scores = [number(value, "a share") for value in list(values)]
    if max(scores) > 1 or min(scores) < 0:
        raise Hint(f"the accuracies for {window} should be shares, from 0 to 1.")
    return scores
