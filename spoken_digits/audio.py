"""Reading a recording.

A waveform is a 1-D float32 array in [-1, 1], mono, at SAMPLE_RATE samples a second.
"""

import io
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
import soxr

from .headers import mended, plain_samples

SAMPLE_RATE = 8000  # Hz, as in the dataset
MAX_SAMPLES = 50_000_000  # samples x channels: reading so many takes 1.5 GB of memory


class ClipError(ValueError):
    """A recording cannot be used. The message names the file and says what to do."""


class Sound(NamedTuple):
    """A recording as it came."""

    channels: np.ndarray  # (samples, channels), 1 is full scale
    sample_rate: float  # Hz
    format: str  # of the file: WAV, FLAC, OGG, MP3, ...


def read_clip(path):
    """Read any WAV, FLAC, OGG or MP3 file as a waveform.

    Channels are mixed, weighted by their power and turned to one polarity, so that a silent
    channel does not halve the level and opposed ones do not cancel. Any sample rate becomes
    SAMPLE_RATE (soxr, anti-aliased). Amplitudes beyond 1 are scaled down, never clipped. Where the
    header of a WAV file is wrong, and the sound is whole, all of it is read.

    Raises ClipError, with one sentence that names the file and what to do, for what is not
    audio, is too long, empty, silent (or constant), or holds NaN or infinite values.
    """
    return decode_clip(read_file(path), path)


def read_file(path):
    """The bytes of a file; `~` is the home. ClipError where it cannot be opened."""
    try:
        path = path if isinstance(path, Path) else Path(path)  # to make one anew takes its time
        with path.expanduser().open("rb", buffering=0) as file:
            return file.read()
    except (OSError, TypeError, ValueError, RuntimeError, MemoryError) as error:
        reason = getattr(error, "strerror", None)
        reason = f" ({reason})" if reason else ""
        is_path = isinstance(path, str | os.PathLike)
        name = (
            (str(path) or "An empty path")
            if is_path
            else f"What is no path ({type(path).__name__})"
        )
        raise ClipError(f"{name} cannot be opened{reason}: check the path.") from error


def decode_clip(content, name):
    """Read a waveform as read_clip() does, from the bytes of a file; ClipError calls it `name`."""
    return to_waveform(read_sound(content, name), name)


def read_sound(content, name):
    """The Sound in the bytes of a file. Raises ClipError as read_clip() does, but for silence."""
    if not content:
        raise ClipError(f"{name} is empty: record it again.")
    try:
        sound = _decoded(bytes(content), name)
    except (soundfile.SoundFileError, MemoryError) as error:
        raise ClipError(
            f"{name} is not audio that can be read: save it as WAV, FLAC, OGG or MP3."
        ) from error
    refuse_unusable(sound.channels, name)
    return sound


def _decoded(content, name):
    """The plainest WAV files at once, all others by libsndfile."""
    plain = plain_samples(content) if len(content) <= MAX_SAMPLES else None
    if plain:
        return Sound(*plain, "WAV")
    with soundfile.SoundFile(io.BytesIO(mended(content))) as file:
        if file.frames * file.channels > MAX_SAMPLES:
            raise ClipError(f"{name} is longer than can be read here: cut out the digit.")
        return Sound(file.read(file.frames, always_2d=True), file.samplerate, file.format)


def to_waveform(sound, name):
    """A Sound as a waveform, see read_clip(). ClipError, which calls it `name`, for silence."""
    channels, sample_rate, _ = sound
    if not 1_000 <= sample_rate <= 1_000_000:
        raise ClipError(
            f"{name} claims {sample_rate} samples a second: export it at {SAMPLE_RATE} Hz."
        )
    waveform = _mix(channels)
    if sample_rate != SAMPLE_RATE and not is_silent(waveform):
        waveform = within_full_scale(soxr.resample(waveform, sample_rate, SAMPLE_RATE))
    refuse_silence(waveform, name)
    return waveform.astype(np.float32)


def within_full_scale(waveform):
    """A waveform, scaled down where it goes beyond 1."""
    return waveform / max(1, np.abs(waveform).max())


def _mix(channels):
    """Mix an array (samples, channels) to one waveform, each channel weighted by its power."""
    channels = within_full_scale(channels)
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
    return waveform.size == 0 or waveform.max() - waveform.min() <= 2 / 32768
