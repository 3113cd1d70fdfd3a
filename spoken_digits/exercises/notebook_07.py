"""The exercises of notebook 07."""

from collections.abc import Mapping

import numpy as np
import scipy.stats

from ..audio import SAMPLE_RATE
from .answers import Hint, array, number, outcome, shares, wrong_conclusion

# --- Exercise 1: how many voices ---

COUNTS = np.arange(2, 1000)


def first_below(half, limit):
    """The smallest count of voices whose half of the interval is below a limit."""
    return COUNTS[half < limit][0]


def exercise_1(answer, voices):
    """How many voices make the half of the t-interval shorter than 2 points.

    `voices` holds the accuracy on each of the six, in per cent; their spread is taken as true.
    """
    count = number(answer, "voices")
    spread = np.std(voices, ddof=1)
    error = spread / np.sqrt(COUNTS)
    half = scipy.stats.t.ppf(0.975, COUNTS - 1) * error
    right = first_below(half, 2)
    if count == right:
        return None
    if count == first_below(half, 1):
        return "with so many, the whole interval is shorter than 2 points. Its half is asked for."
    if count == first_below(1.96 * error, 2):
        return "that is with 1.96 standard errors. Take the factor of the t-distribution."
    if count == first_below(error, 2):
        return "with so many, the standard error is below 2 points. The half is a factor longer."
    if count in (right - 1, right + 1):
        return "nearly: the first count whose half is below 2. And n voices leave n - 1 degrees."
    if count < right:
        return f"with {count:g} voices the half is still 2 points or more. Try larger counts."
    return f"{count:g} are enough, but fewer are, too. Which count is the first below 2 points?"


# --- Exercise 2: validation clips of training voices ---


def exercise_2(answer):
    """Accuracies of the baseline on clips of known voices, and on the voice that was held out."""
    promised, kept = shares(answer, ["promised", "kept"]).values()
    if promised == kept:
        return "both are equal. 'kept' is the accuracy on all clips of the first speaker."
    if promised < kept:
        return "the new voice came out better than the known ones. Have the two been mixed up?"
    if promised == 1:
        return "'promised' is 1. Are the validation clips among the training clips?"
    if promised < 0.85:
        return "'promised' is low for known voices. Do the rows of mfccs belong to their labels?"
    if kept > 0.8:
        return "'kept' is high for a new voice. Was the first speaker among the training clips?"
    return None


# --- Exercise 3: a telephone ---

TONES = {100: "low", 1000: "middle", 3900: "high"}  # Hz


def gains_of(function):
    """By how many dB a function changes a tone of each height."""
    time, gains = np.arange(SAMPLE_RATE) / SAMPLE_RATE, {}
    for frequency, name in TONES.items():
        tone = np.sin(2 * np.pi * frequency * time)
        result = array(outcome(function, tone), tone.shape)
        if not np.isfinite(result).all():
            raise Hint("your filter blows up. Take output='sos' with sosfilt.")
        middle = slice(2000, 6000)  # a filter needs time to settle
        power = np.mean(result[middle] ** 2) / np.mean(tone[middle] ** 2)
        gains[name] = 10 * np.log10(power + 1e-12)
    return gains


def exercise_3(answer):
    """Whether a function lets through 300 to 3,400 Hz, and nothing far outside."""
    gains = gains_of(answer)
    if gains["middle"] < -3:
        if min(gains["low"], gains["high"]) > -3:
            return "it takes 1,000 Hz away and leaves the rest: a bandstop. Wanted: a bandpass."
        return f"a tone of 1,000 Hz comes out {-gains['middle']:.0f} dB softer. It should pass."
    if gains["middle"] > 3:
        return "a tone of 1,000 Hz comes out louder. A telephone line does not make it so."
    through = [name for name in ("low", "high") if gains[name] > -15]
    if len(through) == 2:
        return "tones of 100 and of 3,900 Hz pass as well. Did you filter at all?"
    if "low" in through:
        return "a tone of 100 Hz still passes. The band begins at 300 Hz."
    if "high" in through:
        return "a tone of 3,900 Hz still passes. The band ends at 3,400 Hz."
    return None


# --- Exercise 4: is the sampleCNN worse? ---


def conclusion(differences):
    """What six paired differences allow to say."""
    below_zero = scipy.stats.ttest_1samp(differences, 0).confidence_interval()
    return "worse" if below_zero.high < 0 else "better" if below_zero.low > 0 else "cannot tell"


def exercise_4(answer, voices):
    """Six paired differences, what they allow to say, and how often that stays with five.

    `voices` is a DataFrame of accuracies in per cent, a row a network, a column a voice.
    """
    if not isinstance(answer, Mapping) or not {"differences", "conclusion", "stays"} <= set(answer):
        raise Hint("give a dict with the keys 'differences', 'conclusion' and 'stays'.")
    given = array(answer["differences"], (6,))
    truth = (voices.loc["sample_cnn"] - voices.loc["spectrogram_cnn"]).to_numpy()
    if not np.allclose(np.sort(given), np.sort(truth), atol=0.05):
        if np.allclose(np.sort(-given), np.sort(truth), atol=0.05):
            return "the signs are turned: the sampleCNN minus the spectrogram CNN."
        if np.allclose(np.sort(100 * given), np.sort(truth), atol=0.05):
            return "these look like shares. Give the differences in points."
        return "the differences are not what I get. For each voice: one network minus the other."
    wrong = wrong_conclusion(answer["conclusion"], truth, "better", "worse")
    if wrong:
        return wrong
    stays = number(answer["stays"], "how many of the six")
    left = [conclusion(np.delete(truth, place)) for place in range(6)]
    right = left.count(conclusion(truth))
    if stays != right:
        return (
            f"'stays' should not be {stays:g}. Leave out each voice once: five are left, df is 4."
        )
    return None
