"""Doubting aloud that samples without a sample rate are at 8 kHz.

Read at 8 kHz, what was recorded at 44.1 kHz is 5.5 times as slow and as deep: a voice of 100 Hz
comes out at 18. Nobody speaks so deep, and few words are so long.
"""

import sys
import warnings
from pathlib import Path

import numpy as np
import scipy.fft
import scipy.signal

from .audio import SAMPLE_RATE, within_full_scale

HERE = Path(__file__).parent
OURS = {str(HERE.parent / "helpers.py"), *map(str, HERE.glob("*.py"))}
FRAME, HOP = 1600, 400  # samples: at 18 Hz a period is 444
WINDOW = np.hanning(FRAME)
RUMBLE = scipy.signal.butter(2, 60, "highpass", fs=SAMPLE_RATE, output="sos")
VOICES = slice(SAMPLE_RATE // 400, SAMPLE_RATE // 60)  # samples that a period of speech lasts
DEEPER = slice(SAMPLE_RATE // 50, SAMPLE_RATE * 3 // 40)  # from 50 down to 13 Hz
LEAST = 0.5  # share of the energy in frames that repeat so slowly
SHORTEST = 0.45  # s; a creaky word, which also repeats slowly, is shorter


def doubt_sample_rate(waveforms):
    """Warn where most of some waveforms sound as if they were recorded at more than 8 kHz.

    Of many, ten to twenty are looked at. Right waveforms never gave a warning: none of the 3,000 of
    FSDD, the 3,000 synthetic ones and the 3,119 of people. Of words taken at 44.1 kHz and not told,
    86 % of FSDD's and 90 % of the people's did; at 22.05 kHz four in ten, at 16 kHz one in ten.
    """
    some = waveforms[:: len(waveforms) // 20 + 1]
    if 2 * sum(is_too_slow(waveform) for waveform in some) <= len(some):
        return
    warnings.warn(
        f"Taken at {SAMPLE_RATE:,} samples a second, this is too deep and too slow for a voice: "
        f"say at which rate it was recorded, for example sample_rate=44100. If it is right, say "
        f"sample_rate={SAMPLE_RATE}.",
        stacklevel=_levels_to_caller(),
    )


def is_too_slow(waveform):
    """Whether most of a waveform repeats itself only at less than 50 Hz, for longer than a creak.

    By its autocorrelation, divided by the window's (Boersma 1993), in frames of 0.2 s.
    """
    waveform = within_full_scale(waveform)
    steady = scipy.signal.sosfilt(RUMBLE, waveform - np.mean(waveform))
    energy = np.cumsum(steady**2)
    middle = np.searchsorted(energy, [0.05 * energy[-1], 0.95 * energy[-1]])
    if np.diff(middle)[0] < SHORTEST * SAMPLE_RATE:
        return False
    padded = np.pad(steady, FRAME // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP]
    alike, of_window = (autocorrelation(x, DEEPER.stop) for x in (frames * WINDOW, WINDOW))
    power = alike[:, 0].copy()
    alike *= of_window[0] / of_window / (power[:, np.newaxis] + 1e-20)
    deep, voiced = alike[:, DEEPER].max(axis=1), alike[:, VOICES].max(axis=1)
    slow = (deep > 0.5) & (deep > voiced + 0.05)
    return power[slow].sum() > LEAST * power.sum()


def autocorrelation(frames, lags):
    """Of each row of (..., samples): the sum of its products with itself, (..., lags).

    `lags` are how many samples later the other factor may stand, from 0 to one less.
    """
    length = scipy.fft.next_fast_len(frames.shape[-1] + lags, real=True)
    power = np.abs(np.fft.rfft(frames, length)) ** 2
    return np.fft.irfft(power, length)[..., :lags]


def _levels_to_caller():
    """How many calls up the first one stands that is not ours."""
    frame, levels = sys._getframe(1), 1
    while frame.f_back and frame.f_code.co_filename in OURS:
        frame, levels = frame.f_back, levels + 1
    return levels
