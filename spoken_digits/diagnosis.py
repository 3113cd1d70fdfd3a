"""What a recording is like, in words, before any network answers. For notebook 09.

The limits were set on the 3,000 clips of FSDD, which a finding must leave in peace, and on clips
that were spoilt on purpose (tests/test_diagnosis.py).
"""

import io
from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy.signal
import soundfile

from .audio import (
    FRAMES_A_SECOND,
    REST,
    SAMPLE_RATE,
    decode_clip,
    find_words,
    frame_levels,
    is_silent,
    outside,
    read_clip,
    trim,
)

HUM = scipy.signal.butter(4, 100, "lowpass", fs=SAMPLE_RATE, output="sos")
QUIETEST_TRAINED = -40  # dBFS, about the lowest peak among the 3,000 clips
FLAT_TOPS = 4  # so many flat samples at the loudest value are no chance
SHORTEST = 0.08  # s; of a six in noise, no more than its vowel can be measured: 0.08 s and more
LONGEST = 1  # s; recognise() hears no more
# dB from the background up to the word. The 300 test clips in pink noise, with a second of it
# around: at 20 dB the spectrogram CNN still knows 100 %, the sample CNN 94 %; at 15 dB they know
# 98 and 88 %, at 10 dB 95 and 72 %. White noise harms less: at 15 dB 99 and 98 %.
NOISY = 20
# The same for mains hum at 50 Hz: at 20 dB they know 100 and 100 %, at 10 dB 99 and 94 %, and
# where it is as loud as the word 93 and 51 %.
HUMMING = 10


class Finding(NamedTuple):
    """One thing that was looked at. `advice` says what to do; empty where all is well."""

    check: str
    found: str
    advice: str = ""


def signal_to_noise(levels, words, noise):
    """Decibels from the noise beside the words up to the words; None where there is too little.

    `levels` and `noise` are levels of the same frames: of the voice, and of what may disturb it.
    """
    background = outside(noise, words, margin=3)
    if not words or background.size < REST:
        return None
    loud = np.concatenate([levels[first:end] for first, end in words])
    return np.percentile(loud, 90) - 10 * np.log10(np.mean(10 ** (background / 10)))


def check_format(sound, silent):
    """Sample rate and channels as found, and which channels are silent."""
    channels = "1 channel" if sound.channels == 1 else f"{sound.channels} channels, mixed to one"
    found = f"{sound.samplerate:,} samples a second, {channels} ({sound.format})."
    if silent:
        found += f" {silent} of the channels {'is' if silent == 1 else 'are'} silent."
    if sound.samplerate > SAMPLE_RATE:
        found += f" Resampled to {SAMPLE_RATE:,}."
    if sound.samplerate < SAMPLE_RATE:
        top = f"{sound.samplerate / 2:,.0f} Hz"
        advice = (
            f"It holds nothing above {top}, where much of s and f lies: record at a higher rate."
        )
        return Finding("format", found, advice)
    return Finding("format", found)


def check_level(peak):
    """Loudest point in dBFS: decibels relative to full scale."""
    if peak > 0:
        return Finding(
            "level", f"The loudest point is {peak:.0f} dB above full scale; scaled down."
        )
    found = f"The loudest point is {max(0, -peak):.0f} dB below full scale."
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


def check_background(snr_db, hum_snr_db):
    """How far the voice stands above the background, and above a hum where that is loud."""
    if snr_db is None:
        found = "It cannot be measured: too little is there beside the word."
        return Finding("background", found)
    found = f"The voice stands {snr_db:.0f} dB above the background."
    if snr_db < NOISY:
        advice = "Too little for the networks: find a quieter room, or come closer."
        return Finding("background", found, advice)
    if hum_snr_db < HUMMING:
        found = f"The voice stands {hum_snr_db:.0f} dB above a hum below 100 Hz."
        advice = "Too little for the networks: keep away from cables and chargers, or come closer."
        return Finding("background", found, advice)
    return Finding("background", found)


def check_words(words):
    """One word, several, or none."""
    if not words:
        advice = "Was it noise, a tone or a click? Record again, with a pause before the digit."
        return Finding("words", "No word stands out from the background.", advice)
    if len(words) > 1:
        advice = "The networks know one digit at a time: record one alone, without clicks."
        return Finding("words", f"{len(words)} words or noises, with pauses between.", advice)
    return Finding("words", "One word.")


def check_ends(size, heard, words, frames):
    """How much trim() leaves of the samples, and whether a word was cut off at an end."""
    found = f"{(size - heard) / SAMPLE_RATE:.2f} s of silence at the ends is trimmed."
    if heard == SAMPLE_RATE < size:  # with a background, there is no silence to trim
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

    The word as find_words() sees it: what trim() leaves is the background's as well.
    """
    seconds = (end - first) / FRAMES_A_SECOND
    found = f"The word is {seconds:.2f} s long. Half of the words trained on: 0.32 to 0.46 s."
    if seconds < SHORTEST:
        return Finding("length", found, "Too short for a digit: was it cut off? Record again.")
    if seconds > LONGEST:
        advice = "The networks hear the loudest second alone: say it faster, or cut out the digit."
        return Finding("length", found, advice)
    return Finding("length", found)


def diagnose(source, name="The recording"):
    """Look at a recording: a path, or the bytes of a file. Returns a list of findings.

    Raises ClipError, with one plain sentence, for what cannot be used at all.
    """
    if isinstance(source, bytes | memoryview):
        waveform = decode_clip(source, name)
    else:
        waveform, source = read_clip(source), Path(source).read_bytes()
    channels, _ = soundfile.read(io.BytesIO(source), always_2d=True)
    silent = np.array([is_silent(channel) for channel in channels.T])
    levels = frame_levels(waveform)
    words = find_words(levels)
    findings = [
        check_format(soundfile.info(io.BytesIO(source)), silent.sum()),
        check_level(20 * np.log10(np.abs(channels).max())),
        check_clipping(channels[:, ~silent]),
        check_background(
            signal_to_noise(levels, words, noise=levels),
            signal_to_noise(levels, words, noise=frame_levels(waveform, HUM)),
        ),
        check_words(words),
        check_ends(waveform.size, trim(waveform).size, words, levels.size),
    ]
    if len(words) == 1:
        findings.append(check_length(*words[0]))
    return findings


def describe(findings):
    """The findings as text, one a line; what needs doing is marked and told."""
    lines = []
    for check, found, advice in findings:
        lines.append(f"{'!' if advice else ' '} {check:10}  {found}")
        if advice:
            lines.append(f"{'':14}{advice}")
    return "\n".join(lines)
