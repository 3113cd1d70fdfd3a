"""What people record on the page of notebook 10, made from a synthetic voice: name -> waveform."""

import numpy as np

import helpers
from spoken_digits.audio import SAMPLE_RATE
from spoken_digits.detection import frame_levels

VOICE = helpers.RECORDINGS / "synthetic" / "7_gbf2_3.wav"
WORD = helpers.read_clip(VOICE)
WORD = 0.3 * WORD / np.abs(WORD).max()
ONE = helpers.read_clip(helpers.RECORDINGS / "synthetic" / "1_gbf2_3.wav")
LOUD = 10 ** (np.percentile(frame_levels(WORD), 90) / 20)  # RMS of the loud part of the word


def room(seconds, seed=0):
    """A quiet room."""
    random = np.random.default_rng(seed)
    return 2e-4 * random.standard_normal(int(seconds * SAMPLE_RATE))


def said(*parts):
    """The parts one after the other, 3 s in all, in a quiet room."""
    sound = np.concatenate([room(0.9), *parts])
    sound = np.append(sound, np.zeros(max(0, 3 * SAMPLE_RATE - sound.size)))
    return sound + room(sound.size / SAMPLE_RATE, 1)


def hum(size, frequency, snr_db):
    """Mains hum with its harmonics, so many dB below the word."""
    times = np.arange(size) / SAMPLE_RATE
    waves = sum(np.sin(2 * np.pi * frequency * k * times + k) / k for k in range(1, 8))
    return LOUD * 10 ** (-snr_db / 20) * waves / np.sqrt(np.mean(waves**2))


def clicks(size, level):
    """Five clicks a second, each of two samples."""
    found = np.zeros(size)
    found[800::1600] = level
    found[801::1600] = -level
    return found


def hiss(size, snr_db):
    return LOUD * 10 ** (-snr_db / 20) * np.random.default_rng(3).standard_normal(size)


GOOD = said(WORD)
N = GOOD.size
BREATH = 0.02 * np.random.default_rng(4).standard_normal(4800) * np.hanning(4800)
RECORDINGS = {
    "good": GOOD,
    "at 17 dB": GOOD + hiss(N, 17),
    "quiet": GOOD / 60,
    "humming at 50 Hz": GOOD + hum(N, 50, 8),
    "humming at 60 Hz": GOOD + hum(N, 60, 8),
    "hissing": GOOD + hiss(N, 7),
    "clicking": GOOD + clicks(N, 0.1),
    "clipped": (12 * GOOD).clip(-0.9, 0.9),
    "cut off": np.append(WORD[WORD.size // 3 :], room(1.5)),
    "two words": said(ONE, room(0.5), WORD),
    "other word": said(WORD[::-1]),  # "seven", from its end
    "breath first": said(BREATH, room(0.3), WORD),
    "long": said(np.repeat(WORD.reshape(-1, 1), 3, axis=1).ravel()),
    "silent": np.zeros(N),
    "room alone": room(3),
    "hum alone": hum(N, 50, 20),
}
