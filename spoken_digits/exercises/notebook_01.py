"""The exercises of notebook 01."""

import numpy as np
import pandas as pd

from .answers import Hint, array, number, outcome


def exercise_1(answer, clips):
    """How many clips last longer than a second."""
    count = number(answer, "how many clips")
    seconds = clips["seconds"]
    truth = (seconds > 1).sum()
    if count == truth:
        return None
    if count == (seconds > 2).sum():
        return "that is how many last longer than two seconds. Which number has to change?"
    if count == len(clips) - truth:
        return f"those are the others: {len(clips)} clips in all, less yours, are the long ones."
    if np.isclose(count, seconds.mean()):
        return "that is the mean duration. Compare each duration with 1, then count."
    if np.isclose(count, truth / len(clips)) or np.isclose(count, 100 * truth / len(clips)):
        return "that is a share of the clips. Here the count is wanted: sum, rather than mean."
    if count == len(clips):
        return "that is every clip. Did you compare samples, rather than seconds, with 1?"
    return 'compare clips["seconds"] with 1: the sum of True and False counts the True.'


def exercise_2(answer, clips):
    """The shortest digit of each speaker, by the median."""
    digits = _dictionary(answer, "a dictionary from speaker to digit")
    tables = {
        how: clips.pivot_table(index="digit", columns="speaker", values="seconds", aggfunc=how)
        for how in ("median", "mean")
    }
    truth = tables["median"].idxmin().to_dict()
    if set(digits) != set(truth):
        return f"your keys should be the speakers: {', '.join(truth)}."
    if _same(digits, truth):
        return None
    if _same(digits, tables["median"].idxmax().to_dict()):
        return "those are the longest digits. idxmin finds the smallest."
    if _same(digits, tables["mean"].idxmin().to_dict()):
        return "those are the shortest by the mean, which a few long clips can pull up."
    wrong = [name for name in truth if not _same({0: digits[name]}, {0: truth[name]})]
    return (
        f"{len(truth) - len(wrong)} of {len(truth)} are right. Look again at {wrong[0]}: take the "
        "median of each digit, then the digit whose median is the smallest."
    )


def exercise_3(answer, clips, length):
    """The padding in the padded table, in per cent."""
    percent = number(answer, "per cent")
    lengths = np.array([len(waveform) for waveform in clips["waveform"]])
    truth = _padding(lengths, length)
    if abs(percent - truth) < 0.51:
        return None
    if abs(100 * percent - truth) < 0.51:
        return "that is a share between 0 and 1. Times 100 it is per cent."
    if abs(percent - (100 - truth)) < 0.51:
        return "that is how much is sound. The padding is the rest."
    if abs(percent - _padding(lengths, lengths.max())) < 0.51:
        return f"that is the padding up to the longest clip. Here a row has {length} numbers."
    if abs(percent - 100 * (1 - lengths.mean() / length)) < 0.51:
        return "close. A clip that was cut fills its row and no more: clip its length first."
    if abs(percent - 100 * (lengths < length).mean()) < 0.51:
        return "so many clips have padding. Count numbers of the table instead, not clips."
    return "add up the samples that are kept of each clip, and divide by the size of the table."


def exercise_4(answer):
    """A function that gives the peak level of a waveform, in dB."""
    wave = 0.05 + 0.2 * np.sin(2 * np.pi * np.arange(800) / 40)
    wave[100] = -0.4  # the furthest sample lies below the mean
    centred = wave - wave.mean()
    level = float(array(outcome(answer, wave.copy()), ()))
    peak, mean_square = abs(centred).max(), np.mean(centred**2)
    mistakes = {
        20 * np.log10(centred.max()): "it looks above the mean only. The furthest sample may lie "
        "below: take the size of each, without its sign.",
        20 * np.log10(abs(wave).max()): "subtract the mean of the samples first.",
        10 * np.log10(peak): "amplitude takes 20 log10; 10 log10 is for power.",
        20 * np.log(peak): "np.log is the natural logarithm. Decibels need np.log10.",
        10 * np.log10(mean_square): "that is the RMS level. Here one single sample counts, the "
        "furthest from the mean.",
        peak: "that is the peak's amplitude. Turn it into dB: 20 log10 of it.",
        -20 * np.log10(peak): "the sign is turned: a peak below 1 has a level below 0 dB.",
    }
    if np.isclose(level, 20 * np.log10(peak), atol=0.01):
        return None
    for mistaken, hint in mistakes.items():
        if np.isclose(level, mistaken, atol=0.001):
            return hint
    return (
        f"for a wave whose furthest sample is {peak:.3f} from the mean, it gives {level:.2f} dB; "
        f"20 log10({peak:.3f}) is {20 * np.log10(peak):.2f}."
    )


def exercise_5(answer, unseen):
    """Shares on new voices with all clips equally loud, and the verdict that they allow."""
    wanted = '{"shares": ..., "verdict": ...}'
    answer = _dictionary(answer, wanted)
    if set(answer) != {"shares", "verdict"}:
        return f"hand in a dictionary with two entries: {wanted}."
    shares = pd.Series(_dictionary(answer["shares"], "the shares by voice"))
    if set(shares.index) != set(unseen.index):
        return "your shares should have one entry a voice, as on_unknown_voices gives them."
    shares = pd.Series(array(shares.reindex(unseen.index), unseen.shape), unseen.index)
    if not shares.between(0, 1).all():
        return "shares lie between 0 and 1. Are yours per cent?"
    if np.allclose(shares, unseen):
        return (
            "your shares are those from before. Give the changed waveforms to picture_distances, "
            "and its new table to on_unknown_voices."
        )
    if shares.mean() > 0.8:
        return "so high? That looks like known voices. Ask on_unknown_voices."
    better, worse = (shares > unseen).sum(), (shares < unseen).sum()
    return _verdict_hint(str(answer["verdict"]), better, worse, len(unseen))


def _verdict_hint(verdict, better, worse, voices):
    """What is off with a verdict on so many voices, some of them better, some worse."""
    if verdict not in ("better", "worse", "cannot tell"):
        return 'choose one verdict: "better", "worse" or "cannot tell".'
    allowed = {better: "better", worse: "worse"}.get(voices, "cannot tell")
    if verdict == allowed:
        return None
    found = f"of {voices} voices, {better} are better and {worse} worse with your change"
    if allowed == "cannot tell":
        return f"{found}. They do not all agree, so chance alone could do that."
    return f"{found}. All agree: which verdict does the rule allow?"


def _padding(lengths, length):
    """How many per cent of a table with rows of this length are padding."""
    return 100 * (1 - np.minimum(lengths, length).mean() / length)


def _dictionary(answer, what):
    """The answer as a dict; a pandas Series will do. Raises Hint where it is neither."""
    if isinstance(answer, pd.Series):
        return answer.to_dict()
    if not isinstance(answer, dict):
        raise Hint(f"give {what}, not {type(answer).__name__}.")
    return answer


def _same(digits, truth):
    """Whether the two dicts name the same digits."""
    return all(str(digits[name]) == str(digit) for name, digit in truth.items())
