"""Reading a recording, finding the word in it, and trimming it.

A waveform is a 1-D float32 array in [-1, 1], mono, at SAMPLE_RATE samples a second.
"""

import io
from pathlib import Path

import numpy as np
import scipy.signal
import soundfile
import soxr

SAMPLE_RATE = 8000  # Hz, as in the dataset
MAX_SAMPLES = 50_000_000  # samples x channels: reading so many takes 1.5 GB of memory


class ClipError(ValueError):
    """A recording cannot be used. The message names the file and says what to do."""


# --- Read ---


def read_clip(path):
    """Read any WAV, FLAC, OGG or MP3 file as a waveform.

    Channels are mixed, weighted by their power and turned to one polarity, so that a silent
    channel does not halve the level and opposed ones do not cancel. Any sample rate becomes
    SAMPLE_RATE (soxr, anti-aliased). Amplitudes beyond 1 are scaled down, never clipped.

    Raises ClipError, with one sentence that names the file and what to do, for what is not
    audio, is too long, empty, silent (or constant), or holds NaN or infinite values.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except (OSError, ValueError, MemoryError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", type(error).__name__)
        raise ClipError(f"{path} cannot be opened ({reason}): check the path.") from error
    return decode_clip(content, path)


def decode_clip(content, name):
    """Read a waveform as read_clip() does, from the bytes of a file; ClipError calls it `name`."""
    if not content:
        raise ClipError(f"{name} is empty: record it again.")
    try:
        info = soundfile.info(io.BytesIO(content))
        if info.frames * info.channels > MAX_SAMPLES:
            raise ClipError(f"{name} is longer than can be read here: cut out the digit.")
        channels, sample_rate = soundfile.read(io.BytesIO(content), always_2d=True)
    except (soundfile.SoundFileError, MemoryError) as error:
        raise ClipError(
            f"{name} is not audio that can be read: save it as WAV, FLAC, OGG or MP3."
        ) from error
    refuse_unusable(channels, name)
    if not 1_000 <= sample_rate <= 1_000_000:
        raise ClipError(
            f"{name} claims {sample_rate} samples a second: export it at {SAMPLE_RATE} Hz."
        )

    waveform = _mix(channels)
    if sample_rate != SAMPLE_RATE and not is_silent(waveform):
        waveform = soxr.resample(waveform, sample_rate, SAMPLE_RATE)
    refuse_silence(waveform, name)
    return (waveform / max(1, np.abs(waveform).max())).astype(np.float32)


def _mix(channels):
    """Mix an array (samples, channels) to one waveform, each channel weighted by its power."""
    channels = channels / max(1, np.abs(channels).max())
    if channels.shape[1] == 1:
        return channels[:, 0]
    centred = channels - channels.mean(axis=0)
    covariance = centred.T @ centred
    power = covariance.diagonal()
    if not power.any():
        return channels[:, 0]
    polarity = np.where(covariance[power.argmax()] < 0, -1, 1)
    return channels @ (polarity * power / power.sum())


def refuse_unusable(samples, name):
    if not samples.size:
        raise ClipError(f"{name} is empty: record it again.")
    if not np.isfinite(samples).all():
        raise ClipError(f"{name} holds NaN or infinite samples: export or record it again.")


def refuse_silence(waveform, name):
    if is_silent(waveform):
        raise ClipError(f"{name} is silent: check the microphone and record it again.")


def is_silent(waveform):
    """Whether nothing moves by more than two steps of 16-bit sound, as dither alone does."""
    return waveform.size == 0 or np.ptp(waveform) <= 2 / 32768


# --- Where the words are ---


FRAME, HOP = 160, 80  # samples at 8 kHz: frames of 20 ms, one each 10 ms
FRAMES_A_SECOND = SAMPLE_RATE / HOP
REST = 40  # frames: in less, a long n or m in the word itself would pass for the background
PAUSE = 0.25  # s; a closed mouth within a word, as in "six" and "eight", is shorter
VOICE = scipy.signal.butter(4, 100, "highpass", fs=SAMPLE_RATE, output="sos")


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


def outside(levels, words, margin):
    """The levels of the frames that are at least `margin` frames away from every word."""
    away = np.ones(levels.size, dtype=bool)
    for first, end in words:
        away[max(0, first - margin) : end + margin] = False
    return levels[away]


def find_words(levels):
    """(first, end) frame of each word: loud parts, then outward to where the background begins.

    A loud part is within 15 dB of the loudest frame, and 6 dB above the quietest tenth. Noise or
    a tone that goes on and on, without 4 dB of rise and fall, is no word.
    """
    loudest, gap = levels.max(), round(PAUSE * FRAMES_A_SECOND)
    if loudest - np.percentile(levels, 10) < 4:
        return []
    limit = max(loudest - 15, min(np.percentile(levels, 10) + 6, loudest - 6))
    loud = [(first, end) for first, end in find_spans(levels > limit, gap) if end - first >= 5]
    rest = outside(levels, loud, margin=5)
    background = np.median(rest) if rest.size >= REST else -np.inf
    edge = max(loudest - 35, min(background + 6, loudest - 6))
    words = np.zeros(levels.size, dtype=bool)
    for first, end in loud:
        words[first:end] = True
        for start, stop in find_spans(levels > edge, gap=12):
            if start < end and first < stop:
                words[start:stop] = True
    return find_spans(words, gap)


def trim(waveform):
    """What recognise() hears of a waveform: without its offset and the silence at its ends.

    Silence is what stays 40 dB and more below the loudest part. Of what is still longer than a
    second, the loudest second is left. Built up in notebook 07.
    """
    import librosa  # slow to import

    centred = waveform - waveform.mean()  # an offset would hide the silence
    word, _ = librosa.effects.trim(centred, top_db=40, frame_length=256, hop_length=64)
    if word.size > SAMPLE_RATE:
        energy = np.cumsum(np.pad(word**2, (1, 0)))
        start = np.argmax(energy[SAMPLE_RATE:] - energy[:-SAMPLE_RATE])
        word = word[start : start + SAMPLE_RATE]
    return word
