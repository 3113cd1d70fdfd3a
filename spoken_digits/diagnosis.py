"""What a recording is like, in words, before any network answers. For notebook 10.

The limits were set on the 3,000 clips of FSDD, which a finding must leave in peace, and on clips
that were spoilt on purpose (tests/test_diagnosis.py).
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy.signal

from .audio import SAMPLE_RATE, is_silent, to_waveform
from .detection import (
    ECHO,
    FRAMES_A_SECOND,
    REST,
    cut_to_heard,
    frame_levels,
    is_short,
    listen,
    outside,
    without_drift,
)
from .disturbances import beside, count_clicks, find_hum
from .given import as_sound, clips_in, name_of, of_each

HUM = scipy.signal.butter(4, 100, "lowpass", fs=SAMPLE_RATE, output="sos")
QUIETEST_TRAINED = -40  # dBFS, about the lowest peak among the 3,000 clips
FLAT_TOPS = 4  # so many flat samples at the loudest value are no chance
SHORTEST = 0.08  # s; of a six in noise, no more than its vowel can be measured: 0.08 s and more
LONGEST = 1  # s; recognise() hears no more
# dB from the background up to the word. Of 150 test clips with a second of white or of pink noise
# on either side, answer() names the digit of 99 % at 20 dB, of 96 to 99 % at 17, of 97 to 98 % at
# 15, and never a wrong one; at 10 dB of 93 to 95 %, and of these 1 to 3 in 100 are wrong.
NOISY = 16
# The same for mains hum at 50 Hz, and all 300 test clips: at 20 dB the spectrogram CNN hears 99 %
# rightly and the sampleCNN 100, at 10 dB 99 and 97, and where it is as loud as the word 97 and 86.
HUMMING = 10
CLICKING = 3  # clicks: one or two are in many good recordings


class Finding(NamedTuple):
    """One thing that was looked at. `advice` says what to do; empty where all is well."""

    check: str
    found: str
    advice: str = ""


def signal_to_noise(levels, words, noise, passed=()):
    """Decibels from the noise beside the words up to the words; None where there is too little.

    `levels` and `noise` are levels of the same frames: of the voice, and of what may disturb it.
    What listen() has `passed` over is no background: it is not heard.
    """
    background = outside(noise, [*words, *passed], margin=3)
    if not words or background.size < REST:
        return None
    loud = np.concatenate([levels[first:end] for first, end in words])
    return np.percentile(loud, 90) - 10 * np.log10(np.mean(10 ** (background / 10)))


def check_format(sound, silent):
    """Sample rate and channels as found, and which channels are silent."""
    number = sound.channels.shape[1]
    channels = "1 channel" if number == 1 else f"{number} channels, mixed to one"
    found = f"{sound.sample_rate:,.0f} samples a second, {channels} ({sound.format})."
    if silent:
        found += f" {silent} of the channels {'is' if silent == 1 else 'are'} silent."
    if sound.sample_rate > SAMPLE_RATE:
        found += f" Resampled to {SAMPLE_RATE:,}."
    if sound.sample_rate < SAMPLE_RATE:
        top = f"{sound.sample_rate / 2:,.0f} Hz"
        advice = (
            f"It holds nothing above {top}, where much of s and f lies: record at a higher rate."
        )
        return Finding("format", found, advice)
    return Finding("format", found)


def check_level(peak):
    """Loudest point heard, in dBFS: decibels relative to full scale."""
    if peak > 0:
        return Finding(
            "level", f"The loudest point is {peak:.0f} dB above full scale; scaled down."
        )
    found = f"The loudest point heard is {max(0, -peak):.0f} dB below full scale."
    if peak < QUIETEST_TRAINED:
        advice = "Quieter than every training clip: come closer, or turn the microphone up."
        return Finding("level", found, advice)
    return Finding("level", found)


def count_flat_tops(channels):
    """How many samples start three equal ones at the highest or the lowest value."""
    flat = (channels[:-2] == channels[1:-1]) & (channels[1:-1] == channels[2:])
    middle = channels[:-2]
    top = middle >= 0.999 * channels.max(axis=0)
    bottom = middle <= 0.999 * channels.min(axis=0)
    return int(np.sum(flat & (top | bottom) & (middle != 0)))


def check_clipping(channels):
    """Waves that were cut flat where they left the range of the microphone or of the file."""
    count = count_flat_tops(channels)
    if count < FLAT_TOPS:
        return Finding("clipping", "No wave is cut flat.")
    advice = "Too loud for the microphone: move back, or turn it down, and record again."
    return Finding("clipping", f"{count:,} samples lie in waves that are cut flat.", advice)


def check_background(snr_db, hum_snr_db, hum=None):
    """How far the voice stands above the background; and whether that is the hum of the mains.

    `hum_snr_db` is about what is below 100 Hz, which the other leaves out.
    """
    mains = f"a hum of {hum.frequency} Hz and its multiples, as mains cables make it" if hum else ""
    cables = "keep away from cables and chargers, or come closer."
    if snr_db is None and hum:
        advice = f"It may hide a word: {cables}"
        return Finding("background", f"Beside a word there is {mains}.", advice)
    if snr_db is None:
        found = "It cannot be measured: too little is there beside the word."
        return Finding("background", found)
    if min(snr_db - NOISY, hum_snr_db - HUMMING) < 0:
        below = hum_snr_db if snr_db >= NOISY else min(snr_db, hum_snr_db) if hum else snr_db
        what = mains or ("the background" if snr_db < NOISY else "a hum below 100 Hz")
        do = "find a quieter room, or come closer." if what == "the background" else cables
        found = f"The voice stands {below:.0f} dB above {what}."
        return Finding("background", found, f"The networks may not hear it: {do}")
    what = f"the background, {mains}" if mains else "the background"
    return Finding("background", f"The voice stands {snr_db:.0f} dB above {what}.")


def check_clicks(count):
    """Clicks beside the word: what is as short in the word itself cannot be told from it."""
    if not count:
        return Finding("clicks", "None beside the word.")
    found = f"{count} beside the word." if count > 1 else "One beside the word."
    if count < CLICKING:
        return Finding("clicks", found)
    advice = "There may be some in the word: check the plug, end other programs, record again."
    return Finding("clicks", found, advice)


def check_words(words, passed):
    """One word, several, or none; and the knocks and noises beside it that are passed over."""
    if not words:
        advice = "Was it noise, a tone, a click, a whisper? Record again, with a pause before it."
        return Finding("words", "No word stands out from the background.", advice)
    if len(words) > 1:
        advice = "The networks know one digit at a time: record one alone, without clicks."
        return Finding("words", f"{len(words)} words or noises, with pauses between.", advice)
    first, last = words[0][0] - ECHO, words[0][1] + ECHO  # so far a knock may cover it
    if any(is_short((start, end)) and start <= last and first <= end for start, end in passed):
        advice = "A click may cover a part of the word: record again, and touch nothing meanwhile."
        return Finding("words", "One word, with a click or a knock in it or beside it.", advice)
    if passed:
        noises = "1 knock or noise" if len(passed) == 1 else f"{len(passed)} knocks or noises"
        return Finding("words", f"One word. {noises} beside it: passed over.")
    return Finding("words", "One word.")


def check_ends(size, heard, words, frames):
    """How much trim() leaves of the samples, and whether a word was cut off at an end."""
    around = "before and after the word" if words else "at the ends"
    if len(words) > 1:
        around += " that stands out most"
    trimmed = max(0, size - heard)
    found = f"{trimmed / SAMPLE_RATE:.2f} s {around} is trimmed."
    if trimmed and heard == SAMPLE_RATE:  # no word is found, or a longer one
        found = f"Of {size / SAMPLE_RATE:.2f} s, the networks hear the loudest second."
    if words:
        before, after = words[0][0], frames - words[-1][1]
        if min(before, after) <= 1 and max(before, after) > 0.3 * FRAMES_A_SECOND:
            end = "start" if before < after else "end"
            advice = f"The {end} of the word may be missing: leave a pause before and after it."
            return Finding("ends", found, advice)
    return Finding("ends", found)


def check_length(first, end):
    """The length of the one word against the training clips.

    The word as listen() finds it: what trim() leaves has a margin.
    """
    seconds = (end - first) / FRAMES_A_SECOND
    found = f"The word is {seconds:.2f} s long. Half of the dataset's words: 0.32 to 0.46 s."
    if seconds < SHORTEST:
        return Finding("length", found, "Too short for a digit: was it cut off? Record again.")
    if seconds > LONGEST:
        advice = "The networks hear the loudest second alone: say it faster, or cut out the digit."
        return Finding("length", found, advice)
    return Finding("length", found)


def diagnose(clip, name="The recording", sample_rate=None):
    """Look at a recording: what recognise() takes. Returns a list of findings.

    A batch gives a DataFrame, a row a clip and a column a check, with a Finding in each cell.
    Raises ClipError, with one plain sentence, for what cannot be used at all; it calls the
    recording `name` where it has no name of its own.
    """
    clips = clips_in(clip)
    if clips is None:
        return _look_at(clip, sample_rate, name)
    found = of_each(clips, _look_at, sample_rate)
    return pd.DataFrame([{finding.check: finding for finding in one} for one in found], clips.index)


def _look_at(clip, sample_rate, name):
    sound = as_sound(clip, sample_rate, name)
    waveform, channels = to_waveform(sound, name_of(clip, name)), sound.channels
    silent = np.array([is_silent(channel) for channel in channels.T])
    steady = without_drift(waveform)
    levels, words, passed = listened = listen(steady)
    heard = cut_to_heard(steady, listened)
    peak = np.abs(channels).max()
    if peak <= 1:  # of what is heard: a knock beside the word may be louder
        peak *= min(1, np.abs(heard).max() / np.abs(waveform).max())
    findings = [
        check_format(sound, silent.sum()),
        check_level(20 * np.log10(peak)),
        check_clipping(channels[:, ~silent]),
        check_background(
            signal_to_noise(levels, words, levels, passed),
            signal_to_noise(levels, words, frame_levels(steady, HUM), passed),
            find_hum(beside(steady, [*words, *passed])),
        ),
        check_clicks(count_clicks(steady, [*words, *passed])),
        check_words(words, passed),
        check_ends(waveform.size, heard.size, words, levels.size),
    ]
    if len(words) == 1:
        findings.append(check_length(*words[0]))
    return findings


def describe(findings):
    """The findings as text, one a line; what needs doing is marked and told.

    Of several recordings, as diagnose() tabulates them, a paragraph each.
    """
    if isinstance(findings, pd.DataFrame):
        return "\n\n".join(f"{clip}\n{describe(row.dropna())}" for clip, row in findings.iterrows())
    lines = []
    for check, found, advice in findings:
        lines.append(f"{'!' if advice else ' '} {check:10}  {found}")
        if advice:
            lines.append(f"{'':14}{advice}")
    return "\n".join(lines)
