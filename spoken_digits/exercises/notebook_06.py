"""The exercises of notebook 06."""

from collections.abc import Mapping

import numpy as np

from .. import features
from ..audio import SAMPLE_RATE
from .answers import Hint, array, number, outcome, shares, wrong_conclusion

INPUTS = [
    "original_waveform_input",
    "original_spectrogram_input",
    "waveform_input",
    "spectrogram_input",
]


def close(value, truth, tolerance):
    """Whether a value lies within a tolerance, a share of the truth."""
    return abs(value - truth) <= tolerance * abs(truth)


def exercise_1(answer):
    """What a 1 becomes where it survives a dropout of 0.85."""
    value = number(answer, "what a 1 becomes")
    if close(value, 1 / 0.15, 0.01):
        return None
    if close(value, 1 / 0.85, 0.01):
        return "that is 1 / 0.85. Which share survives: what is dropped, or the rest?"
    if close(value, 0.15, 0.01) or close(value, 0.85, 0.01):
        return "that is a share. Each survivor is divided by the share that survives."
    if close(value, 1 / 0.3, 0.01):
        return "that is what a dropout of 0.7 gives. Change it to 0.85 and run the cell again."
    if value in (0, 1):
        return "a dropped value is 0, and in use a 1 stays 1. What about a survivor in training?"
    return "compare the share that survives with what 0.7 gave, 3.33: it was 1 / 0.3."


def exercise_2(answer):
    """Accuracies of the nearest neighbour, without and with copies of test clips in training."""
    honest, leaked = shares(answer, ["honest", "leaked"]).values()
    if honest == leaked == 1:
        return "both are 1. Are the test clips themselves among the training clips?"
    if leaked == 1:
        return "leaked is 1: the test clips themselves lie in training. Add their copies alone."
    if honest > leaked:
        return "the leak made the test look worse. Have the two been mixed up?"
    if honest == leaked:
        return "both are equal. For 'leaked', the copies of the 100 test clips belong in training."
    if honest < 0.5:
        return "honest is very low. Do the labels still belong to their clips, copies included?"
    return None


def exercise_3(answer):
    """Whether a function adds a hum of 50, 100 and 150 Hz at the stated ratio."""
    clip = np.random.default_rng(0).normal(scale=0.1, size=SAMPLE_RATE).astype(np.float32)
    results = {snr_db: outcome(answer, clip.copy(), snr_db) for snr_db in (20, 5)}
    for snr_db, result in results.items():
        hum = array(result, clip.shape) - clip
        power = np.mean(hum**2)
        if not power > 0:
            return "nothing was added to the clip."
        ratio = 10 * np.log10(np.mean(clip**2) / power)
        if abs(ratio + snr_db) < 0.2:
            return f"for {snr_db} dB the hum is stronger than the clip. Is the ratio upside down?"
        if abs(ratio - 2 * snr_db) < 0.2 or abs(ratio - snr_db / 2) < 0.2:
            return f"for {snr_db} dB the ratio is {ratio:.1f} dB. Power or amplitude: 10 or 20?"
        if abs(ratio - snr_db) > 0.2:
            return f"for {snr_db} dB the ratio is {ratio:.1f} dB. Compare the mean powers."
        problem = wrong_tones(hum)
        if problem:
            return problem
    return None


def wrong_tones(hum):
    """What is off about the tones of a hum of one second, or None."""
    strength = np.abs(np.fft.rfft(hum))  # a bin for each hertz
    found = np.flatnonzero(strength > 0.1 * strength.max())
    if set(found) != {50, 100, 150}:
        loudest = ", ".join(map(str, found[:4]))
        return f"the hum has its power at {loudest} Hz. Wanted: 50, 100, 150. Time in seconds?"
    if strength[found].max() > 1.1 * strength[found].min():
        return "the three tones are not equally strong."
    return None


def exercise_4(answer):
    """The inputs to which a gain of -12 dB changes nothing."""
    if isinstance(answer, str) or not isinstance(answer, list | tuple | set):
        raise Hint(f"give a list of names, such as ['waveform_input'], not {answer!r}.")
    named = {str(name).removeprefix("helpers.") for name in answer}
    if named - set(INPUTS):
        return f"not one of the four: {', '.join(sorted(named - set(INPUTS)))}."
    clip = np.random.default_rng(0).normal(scale=0.1, size=4000).astype(np.float32)
    both = [clip, clip * 10 ** (-12 / 20)]
    placebos = {name for name in INPUTS if np.allclose(*getattr(features, name)(both), atol=1e-3)}
    if named == placebos:
        return None
    if named - placebos:
        wrong = sorted(named - placebos)[0]
        return f"a gain does change {wrong}. Is anything in it divided by the level of the clip?"
    missing = len(placebos - named)
    return f"{missing} more, please. Which inputs divide by a maximum or a standard deviation?"


def exercise_5(answer):
    """How often one of 20 useless cures looks like a finding, before and after the correction."""
    before, after = shares(answer, ["before", "after"]).values()
    if close(before, 0.05, 0.2):
        return "'before' is the share for a single cure. In what share does any of 20 do it?"
    if abs(before - (1 - 0.95**20)) > 0.05:
        return "'before' is off: p-values of 2,000 x 20 cures, five differences each, then any()."
    if abs(after - before) < 0.05:
        return "the correction changed nothing. Did you take the corrected p-values for 'after'?"
    if after < 0.01:
        return "'after' is too small. Correct each trial by itself (axis=1), not all in one family."
    if after > 0.08:
        return "'after' is too large. Correct the 20 p-values of each trial together (axis=1)."
    return None


def exercise_6(answer):
    """A trial of one's own: does the verdict follow from the five pairs?"""
    if not isinstance(answer, Mapping) or not {"cure", "placebo", "verdict"} <= set(answer):
        raise Hint("give a dict with the keys 'cure', 'placebo' and 'verdict'.")
    cure, placebo = (array(answer[name]) for name in ("cure", "placebo"))
    if cure.shape != (5,) or placebo.shape != (5,):
        return "give five accuracies for each, one a seed."
    if not (np.isfinite([cure, placebo]).all() and min(cure.min(), placebo.min()) >= 0):
        return "an accuracy is a number from 0 to 1."
    if max(cure.max(), placebo.max()) > 1:
        return "give shares, from 0 to 1, not per cent."
    if (cure == placebo).all():
        return "cure and placebo agree in every seed. Were the copies changed at all?"
    if np.ptp(cure) == np.ptp(placebo) == 0:
        return "all seeds agree. Does the seed reach the split and the choice of the 60 clips?"
    return wrong_conclusion(answer["verdict"], 100 * (cure - placebo), "helps", "harms")
