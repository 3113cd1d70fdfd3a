"""Finding the word in a waveform, and trimming the waveform to it.

A frame is 20 ms, one each 10 ms. Spans are (first, end) in frames, the end not included.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy.signal

from .audio import SAMPLE_RATE, within_full_scale
from .doubt import autocorrelation
from .given import as_waveform, clips_in, of_each

FRAME, HOP = 160, 80  # samples at 8 kHz: frames of 20 ms, one each 10 ms
FRAMES_A_SECOND = SAMPLE_RATE / HOP
REST = 40  # frames: in less, a long n or m in the word itself would pass for the background
PAUSE = 0.25  # s; a closed mouth within a word, as in "six" and "eight", is shorter
GAP = round(PAUSE * FRAMES_A_SECOND)
SHORT = 5  # frames: what is loud for less is a click or a knock
VOWEL = 10  # frames: what is loud for so long is none
ECHO = 6  # frames on either side of a knock that hold its echo, and of the filters
VOICED = 0.4  # likeness to itself one period later; white noise stays below, vowels above
REACH = 30  # frames before and after the voice: of 1,000 words, 999 have no longer s, f or t there
MARGIN = 10  # frames left on either side of the word
WINDOW = np.hanning(400)  # 50 ms: three periods of a deep voice
LAGS = SAMPLE_RATE // 60 + 1  # samples: from 0 to the period of the deepest
DRIFT = scipy.signal.butter(2, 30, "highpass", fs=SAMPLE_RATE, output="sos")
VOICE = scipy.signal.butter(4, 100, "highpass", fs=SAMPLE_RATE, output="sos")


class Heard(NamedTuple):
    """What there is in a waveform."""

    levels: np.ndarray  # of each frame, in dBFS
    words: list  # the span of each word
    passed: list  # the spans of knocks and noises that were passed over


def without_drift(waveform):
    """The waveform without what is below 30 Hz: an offset, slow drift, rumble. Of equal length."""
    return scipy.signal.sosfiltfilt(DRIFT, waveform, padlen=0).astype(np.float32)


def frame_levels(waveform, band=VOICE):
    """Level of each frame in dBFS: without hum, rumble and offset, or of these alone (band=HUM)."""
    part = scipy.signal.sosfilt(band, waveform - waveform.mean())
    padded = np.pad(part, FRAME // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP]
    return 10 * np.log10(np.mean(frames**2, axis=1) + 1e-12)


def find_spans(mask, gap=0):
    """(first, end) of each span of True; spans with fewer than `gap` frames between are one."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(int), [0]]))).reshape(-1, 2)
    joined = []
    for first, end in edges.tolist():
        if joined and first - joined[-1][1] < gap:
            first = joined.pop()[0]
        joined.append((first, end))
    return joined


def outside(levels, spans, margin):
    """The levels of the frames that are at least `margin` frames away from every span."""
    away = np.ones(levels.size, dtype=bool)
    for first, end in spans:
        away[max(0, first - margin) : end + margin] = False
    return levels[away]


def loud_spans(levels, gap=GAP):
    """Spans within 15 dB of the loudest frame, and 6 dB above the quietest tenth.

    Noise or a tone that goes on and on, without 4 dB of rise and fall, has none.
    """
    loudest, quiet = levels.max(), np.percentile(levels, 10)
    if loudest - quiet < 4:
        return []
    limit = max(loudest - 15, min(quiet + 6, loudest - 6))
    return find_spans(levels > limit, gap)


def pass_over(levels, spans, margin=0):
    """Levels in which the frames of these spans are no louder than the quietest tenth."""
    levels, quiet = levels.copy(), np.percentile(levels, 10)
    for first, end in spans:
        part = slice(max(0, first - margin), end + margin)
        levels[part] = np.minimum(levels[part], quiet)
    return levels


def find_knocks(levels):
    """Spans of clicks and knocks: short, and 6 dB louder than a vowel or far from one."""
    parts = loud_spans(levels, gap=0)
    tops = [levels[first:end].max() for first, end in parts]
    long = [top for (first, end), top in zip(parts, tops, strict=True) if end - first >= VOWEL]
    sharp = max(long, default=np.inf) + 6
    knocks = [p for p, top in zip(parts, tops, strict=True) if is_short(p) and top > sharp]
    levels = pass_over(levels, knocks, ECHO)
    while far := [span for span in loud_spans(levels) if is_short(span)]:
        knocks += far
        levels = pass_over(levels, far, ECHO)
    return knocks


def is_short(span):
    return span[1] - span[0] < SHORT


def find_words(levels):
    """Span of each word by its level: loud parts, then outward to where the background begins.

    Knocks are passed over.
    """
    levels = pass_over(levels, find_knocks(levels), ECHO)
    loud = [span for span in loud_spans(levels) if not is_short(span)]
    rest = outside(levels, loud, margin=5)
    background = np.median(rest) if rest.size >= REST else -np.inf
    loudest = levels.max()
    edge = max(loudest - 35, min(background + 6, loudest - 6))
    words = np.zeros(levels.size, dtype=bool)
    for first, end in loud:
        words[first:end] = True
        for start, stop in find_spans(levels > edge, gap=12):
            if start < end and first < stop:
                words[start:stop] = True
    return find_spans(words, GAP)


def periodicity(waveform):
    """How alike each frame is to itself one period later, 1 at most, for pitches of 60 to 400 Hz.

    Frames of 50 ms, one each 10 ms. Source: Boersma 1993, the autocorrelation divided by the
    window's.
    """
    padded = np.pad(scipy.signal.sosfilt(VOICE, waveform), WINDOW.size // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW.size)[::HOP]
    of_window = autocorrelation(WINDOW, LAGS)
    alike = np.empty(len(frames))
    for start in range(0, len(frames), 1000):  # 10 s at a time, for the memory's sake
        part = autocorrelation(frames[start : start + 1000] * WINDOW, LAGS)
        part = part / (part[:, :1] + 1e-20) * of_window[0] / of_window
        alike[start : start + 1000] = part[:, SAMPLE_RATE // 400 :].max(axis=1)
    return alike


def voiced_part(waveform, first, end):
    """The part of a span that may be speech, REACH around its voice; None without a voice."""
    alike = periodicity(waveform[first * HOP : end * HOP])
    voiced = first + np.flatnonzero(alike > VOICED)
    if voiced.size < SHORT:
        return None
    return max(first, int(voiced[0]) - REACH), min(end, int(voiced[-1]) + 1 + REACH)


def listen(waveform):
    """Find the words in a waveform without drift; knocks and noises are passed over.

    A noise is what has no voice; so a whisper is one, too. A word ends at most REACH beside its
    voice, and what is left of its span is noise.
    """
    levels, passed = frame_levels(waveform), []
    left = levels
    while found := find_words(left):
        words = [part for span in found if (part := voiced_part(waveform, *span))]
        passed += find_knocks(left) + beside(found, words, levels.size)
        if words:
            return Heard(levels, words, passed)
        left = pass_over(left, passed, ECHO)
    return Heard(levels, [], passed)


def beside(spans, words, frames):
    """What is left of the spans without the words, in pieces longer than a click."""
    mask = np.zeros(frames, dtype=bool)
    for first, end in spans:
        mask[first:end] = True
    for first, end in words:
        mask[first:end] = False
    return [(first, end) for first, end in find_spans(mask) if end - first >= SHORT]


def trim(clip, sample_rate=None):
    """What recognise() hears of a clip: the word, with 0.1 s of what is beside it.

    `clip` and `sample_rate` as for recognise(); a batch gives a table with the columns seconds and
    waveform. A float32 array of a second at most, without offset, drift and rumble. Zeros stand in
    where a clip begins or ends sooner, or holds a knock or a noise there: so silence around a word
    changes next to nothing. Of several words it is the one that rises most, and longest, above the
    background; where none is found, the loudest second. The core of it is built up in notebook 10.

    Raises ClipError for what is no clip.
    """
    clips = clips_in(clip)
    if clips is None:
        return cut_to_word(as_waveform(clip, sample_rate))
    words = [cut_to_word(waveform) for waveform in of_each(clips, as_waveform, sample_rate)]
    seconds = [word.size / SAMPLE_RATE for word in words]
    return pd.DataFrame({"seconds": seconds, "waveform": words}, clips.index)


def cut_to_word(waveform):
    """What trim() leaves of a waveform."""
    steady = without_drift(within_full_scale(waveform))
    return cut_to_heard(steady, listen(steady))


def cut_to_heard(steady, heard):
    """What trim() leaves of a waveform without drift, in which listen() has heard this."""
    levels, words, passed = heard
    if not words:
        return loudest_second(steady)
    steady = steady.copy()
    rise = levels - np.percentile(levels, 10)
    first, end = max(words, key=lambda word: rise[slice(*word)].sum())
    for start, stop in passed:  # a knock, and what lies beyond it
        if stop <= first:
            steady[: stop * HOP] = 0
        if start >= end:
            steady[start * HOP :] = 0
    margin = MARGIN * HOP
    return loudest_second(np.pad(steady, margin)[first * HOP : end * HOP + 2 * margin])


def loudest_second(waveform):
    """The second of a waveform that holds most energy, or all of a shorter one."""
    if waveform.size <= SAMPLE_RATE:
        return waveform
    energy = np.cumsum(np.pad(waveform.astype(float) ** 2, (1, 0)))
    start = np.argmax(energy[SAMPLE_RATE:] - energy[:-SAMPLE_RATE])
    return waveform[start : start + SAMPLE_RATE]
