"""The exercises of notebook 03."""

import numpy as np

from ..features import PADDED_LENGTH
from .answers import Hint, array, number, outcome, wrong_conclusion

WIDTH, STRIDE = 256, 64  # of the filter that exercise 1 asks about
VALIDATION_CLIPS = 300


def exercise_1(answer):
    """How many stops a filter makes without padding."""
    stops = number(answer, "of stops")
    last = PADDED_LENGTH - WIDTH
    hints = {
        last // STRIDE: "you counted the hops. The filter also stops where it starts.",
        last // STRIDE + 2: "that is one too many: at the last stop the filter would hang over "
        "the end, and no zeros are added there.",
        PADDED_LENGTH // STRIDE: "that is the length divided by the stride. The filter is 256 "
        "samples wide itself: how far can its first sample travel?",
        PADDED_LENGTH // STRIDE + 1: "the filter needs room for its own 256 samples: the last "
        "stop is before the end of the clip.",
        last // WIDTH + 1: "that is the number at a stride of 256. Here it is 64.",
        (18262 - WIDTH) // STRIDE + 1: "that is for the original's 18,262 samples. Here there "
        "are 5,299.",
    }
    if stops == last // STRIDE + 1:
        return None
    if stops != int(stops):
        return "a filter cannot stop at a part of a place: drop the remainder, then add the start."
    if stops in hints:
        return hints[stops]
    return (
        "the first stop is at sample 0. How many hops of 64 fit until the filter's last sample "
        "meets the end of the clip?"
    )


def exercise_2(answer):
    """Max-pooling without overlap, what is left over dropped."""
    random = np.random.default_rng(3)
    for length, size in [(12, 2), (12, 4), (11, 3)]:
        values = random.normal(size=length) - 1  # mostly negative: zeros added would win
        given = array(outcome(answer, values.copy(), size))
        pairs = values[: length // size * size].reshape(-1, size)
        if given.shape == (len(pairs),) and np.allclose(given, pairs.max(axis=1)):
            continue
        raise Hint(pooling_hint(values, size, given, pairs))


def pooling_hint(values, size, given, pairs):
    """What went wrong in a pooling of `values`, whose groups are `pairs`."""
    where = f"for {len(values)} values and a size of {size}"
    if given.shape == (len(values) - size + 1,):
        return f"{where} your groups overlap. The next group starts where the last one ended."
    if given.shape == (len(pairs) + 1,):
        return f"{where} you keep an incomplete group at the end. Keras drops what is left over."
    if given.shape == (size,):
        return f"{where} you got {size} values: is the maximum taken along the other axis?"
    if given.shape == ():
        return f"{where} you gave one number. There should be one for each group of neighbours."
    if given.shape != (len(pairs),):
        return f"{where} there should be {len(pairs)} values; yours has the shape {given.shape}."
    for name, wrong in {
        "the mean: that is average pooling": pairs.mean(axis=1),
        "the smallest": pairs.min(axis=1),
        "the first": pairs[:, 0],
        "the last": pairs[:, -1],
        "the largest in size, sign left out": abs(pairs).max(axis=1),
    }.items():
        if np.allclose(given, wrong):
            return f"{where} you took {name}. Take the largest of each group."
    if np.allclose(given, np.maximum(pairs.max(axis=1), 0)):
        return f"{where} a negative largest value became 0. That is a ReLU, not a pooling."
    return f"{where} the numbers are not the largest of each group. Print the groups and compare."


def exercise_3(answer):
    """Accuracies of three strides from one seed, and a conclusion by the rule of ten points."""
    accuracies, conclusion = parts(answer, "accuracies as a dict, conclusion")
    if not isinstance(accuracies, dict) or set(accuracies) != {256, 128, 64}:
        return "the first part should be a dict with the keys 256, 128 and 64."
    values = {stride: accuracy_of(accuracies[stride]) for stride in (256, 128, 64)}
    second, best = sorted(values, key=values.get)[1:]
    lead = values[best] - values[second]
    if not isinstance(conclusion, str | int) or conclusion not in (*values, "cannot tell"):
        return 'the conclusion should be 256, 128, 64 or "cannot tell".'
    if abs(lead - 0.1) < 0.002 and conclusion in (best, "cannot tell"):
        return None  # on the very line
    points = f"{best} leads {second} by {100 * lead:.0f} points"
    if conclusion == "cannot tell":
        return (
            f"{points}. The rule lets you believe a lead of ten or more." if lead >= 0.1 else None
        )
    if lead < 0.1:
        return f"{points}. From one seed that may be luck: what does the rule tell you to say?"
    if conclusion != best:
        return f"in your own numbers {points}, and your conclusion is {conclusion!r}."
    return None


def exercise_4(answer):
    """The cross-entropy that Keras takes from the sums behind a sigmoid."""
    random = np.random.default_rng(4)
    for digit in (3, 0, 9):
        sums = random.normal(scale=2, size=10)
        given = number(outcome(answer, sums.copy(), digit))
        if not np.isclose(given, cross_entropy(sums, digit), rtol=1e-4):
            return loss_hint(sums, digit, given)
    try:
        with np.errstate(all="ignore"):
            number(outcome(answer, np.linspace(0, 2000, 10), 9))
    except Hint:
        return (
            "right for small sums, but not a number for large ones, since exp(2000) is too large "
            "for a computer. Subtract the largest sum from all ten first: the shares stay."
        )
    return None


def cross_entropy(sums, digit):
    """Minus the logarithm of the softmax of `sums` at `digit`."""
    return np.log(np.exp(sums - sums.max()).sum()) + sums.max() - sums[digit]


def loss_hint(sums, digit, given):
    """What went wrong in a cross-entropy."""
    right, sigmoids = cross_entropy(sums, digit), 1 / (1 + np.exp(-sums))
    others = np.log(1 - np.delete(sigmoids, digit)).sum()
    mistakes = {
        "the sign is missing: the logarithm of a share is negative, a loss is not.": -right,
        "that is the softmax itself. The loss is minus its logarithm.": np.exp(-right),
        "that is minus the logarithm of the sigmoid of one sum. The other nine play no part in "
        "it, and they should.": -np.log(sigmoids[digit]),
        "you took shares of the sigmoids. Keras bypasses the sigmoid: take the exponentials "
        "of the sums.": -np.log(sigmoids[digit] / sigmoids.sum()),
        "that adds up ten yes-or-no questions (binary cross-entropy). Here one of ten is right.": (
            -np.log(sigmoids[digit]) - others
        ),
        "that is in powers of 10. The loss uses the natural logarithm, np.log.": right / np.log(10),
        "that is in powers of 2. The loss uses the natural logarithm, np.log.": right / np.log(2),
        "that is divided by ten. The loss of one clip is not a mean over digits.": right / 10,
    }
    for hint, wrong in mistakes.items():
        if np.isclose(given, wrong, rtol=1e-4):
            return hint
    return (
        f"for {np.round(sums, 2).tolist()} and the digit {digit} you gave {given:.3f}. First the "
        "softmax (exp of each sum, divided by the sum of all ten), then minus the log of the "
        "digit's share."
    )


def exercise_5(answer):
    """Accuracies of several seeds without and with a change, and a conclusion by the interval."""
    without, changed, conclusion = parts(answer, "without, with, conclusion")
    without, changed = accuracies_of(without), accuracies_of(changed)
    if len(without) != len(changed):
        return f"{len(without)} runs without and {len(changed)} with: pairs need as many of each."
    if len(without) < 3:
        return "give at least three seeds: from fewer, luck cannot be judged."
    differences = np.subtract(changed, without)
    if len(set(without)) == 1 or np.ptp(differences) < 1e-9:
        return "all your runs came out alike. Did each get a seed of its own, seed=0, 1, 2?"
    return wrong_conclusion(conclusion, 100 * differences, "helps", "hurts")


def parts(answer, names):
    """The parts of an answer that is a tuple, as many as `names` lists. Raises Hint."""
    count = len(names.split(","))
    if not isinstance(answer, tuple | list) or len(answer) != count:
        raise Hint(f"give {count} things, with commas between them: ({names}).")
    return answer


def accuracies_of(answer):
    """A list of accuracies. Raises Hint where it is none."""
    if not isinstance(answer, tuple | list | np.ndarray):
        raise Hint("give the accuracies as a list, in the order of the seeds.")
    return [accuracy_of(value) for value in answer]


def accuracy_of(answer):
    """An accuracy on the validation clips as a share. Raises Hint where it cannot be one."""
    accuracy = number(answer, "between 0 and 1")
    if 1 < accuracy <= 100:
        raise Hint(f"{accuracy:g} looks like per cent. Give shares, such as 0.42.")
    if not 0 <= accuracy <= 1:
        raise Hint(f"{accuracy:g} is no share of clips: it should lie between 0 and 1.")
    if accuracy < 0.05:
        raise Hint(f"{accuracy:g} is worse than blind guessing, 0.1. Is that the accuracy?")
    clips = accuracy * VALIDATION_CLIPS
    if abs(clips - round(clips)) > 0.16:  # three decimals may have been typed in
        raise Hint(
            f"{accuracy:.4f} of 300 validation clips would be {clips:.1f} clips. Was it measured "
            "on other clips, or is it a mean of several runs?"
        )
    return accuracy
