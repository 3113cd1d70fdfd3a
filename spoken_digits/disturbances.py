"""Hum and clicks in what is beside the word, by their own marks: for the diagnosis."""

from typing import NamedTuple

import numpy as np
import scipy.ndimage
import scipy.signal

from .audio import SAMPLE_RATE
from .detection import ECHO, HOP, find_spans

MAINS = (50, 60)  # Hz: the one in Europe, Africa, most of Asia; the other in most of America
ENOUGH = SAMPLE_RATE // 5  # samples: two harmonics of 50 Hz can be told apart in so many
HIGHEST = 1000  # Hz: as far as harmonics are looked for
HUMS = 0.6  # share of the power in the harmonics; in white noise it is 0.05, in pink noise 0.2
BLOCK = 40  # samples: 5 ms
SPIKE = 6  # times what is usual around it; in white noise the highest of 1,000 blocks is at 2
FAINT = 0.01  # of the loudest point: a click below that is not told


class Hum(NamedTuple):
    """Mains hum."""

    frequency: int  # Hz
    share: float  # of the power beside the word


def beside(waveform, spans, margin=3):
    """The longest piece of a waveform away from spans of frames."""
    away = np.ones(waveform.size // HOP + 1, dtype=bool)
    for first, end in spans:
        away[max(0, first - margin) : end + margin] = False
    pieces = find_spans(away)
    first, end = max(pieces, key=lambda piece: piece[1] - piece[0], default=(0, 0))
    return waveform[first * HOP : end * HOP]


def find_hum(background):
    """The Hum of a piece of background; None where there is none, or too little to tell."""
    if background.size < ENOUGH or not background.any():
        return None
    length = min(background.size, SAMPLE_RATE // 2)
    frequencies, power = scipy.signal.welch(background, SAMPLE_RATE, "hann", length)
    width = 2 * SAMPLE_RATE / length + 0.5  # Hz: the window's own, and what the mains drift by
    shares = {}
    for mains in MAINS:
        order = np.round(frequencies / mains)
        near = (np.abs(frequencies - order * mains) <= width) & (order >= 1)
        shares[mains] = power[near & (frequencies < HIGHEST)].sum() / power.sum()
    mains = max(shares, key=shares.get)
    return Hum(mains, shares[mains]) if shares[mains] >= HUMS else None


def count_clicks(waveform, spans):
    """How many clicks there are away from spans of frames: spikes of at most 15 ms."""
    bend = np.abs(np.diff(waveform, 2, append=[0, 0]))
    size = waveform.size // BLOCK * BLOCK
    if size < 10 * BLOCK:
        return 0
    peaks = bend[:size].reshape(-1, BLOCK).max(axis=1)
    loud = np.abs(waveform[:size]).reshape(-1, BLOCK).max(axis=1)
    usual = scipy.ndimage.median_filter(peaks, 41)
    spikes = (peaks > SPIKE * usual) & (loud > FAINT * np.abs(waveform).max())
    for first, end in spans:
        start, stop = (max(0, frame) * HOP // BLOCK for frame in (first - ECHO, end + ECHO))
        spikes[start:stop] = False
    return sum(end - first <= 3 for first, end in find_spans(spikes, gap=2))
