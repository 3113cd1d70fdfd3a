"""What people hand to the functions, as waveforms: one clip or several, in any common form.

One clip is a path, the bytes of a file, an open file, a pair of sample rate and samples, an array
of samples, or a row of a table as load_recordings() gives it. Several are a batch: a collection of
clips, a dict label -> clip, a column, such a table, or an array (clips, samples).
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from .audio import (
    SAMPLE_RATE,
    ClipError,
    Sound,
    read_file,
    read_sound,
    refuse_unusable,
    to_waveform,
    within_full_scale,
)
from .doubt import doubt_sample_rate

FORMS = "give a path, the bytes of a file, an open file, (sample_rate, samples), or an array"
FILES = (str, bytes, bytearray, memoryview, os.PathLike)
SAMPLES = "samples"  # the format of an array
MOST_CHANNELS = 8  # an array with more columns is a batch, (clips, samples)


def clips_in(given):
    """The clips of a batch, a Series with their labels; None of what is one clip.

    Raises ClipError for a batch without clips, and for a table with none of the columns.
    """
    if isinstance(given, pd.DataFrame):
        given = given[_column_in(given.columns)]
    elif isinstance(given, dict):
        given = pd.Series(list(given.values()), list(given), dtype=object)
    elif _is_one(given):
        return None
    clips = given if isinstance(given, pd.Series) else pd.Series(list(given), dtype=object)
    if clips.empty:
        raise ClipError("There is no clip in what was given: give one at least.")
    return clips


def of_each(clips, ask, *options):
    """What ask(clip, *options, name) says of each clip of clips_in(), a list."""
    return [ask(clip, *options, f"Clip {label}") for label, clip in clips.items()]


def waveforms_in(given, sample_rate=None):
    """A list of waveforms from one clip or a batch; see as_waveform()."""
    clips = clips_in(given)
    if clips is None:
        return [as_waveform(given, sample_rate)]
    if sample_rate is not None:
        return of_each(clips, as_waveform, sample_rate)
    waveforms = of_each(clips, as_waveform, SAMPLE_RATE)
    doubt_sample_rate(waveforms)  # once for all of them
    return waveforms


def as_waveform(clip, sample_rate=None, name="The waveform"):
    """One clip as a waveform at SAMPLE_RATE; an array of samples at that rate stays as it is.

    Only whole numbers are scaled, to [-1, 1]. For the rest see as_sound() and read_clip().
    """
    sound = as_sound(clip, sample_rate, name)
    is_one_channel = sound.format == SAMPLES and sound.channels.shape[1] == 1
    if is_one_channel and sound.sample_rate == SAMPLE_RATE:
        return sound.channels[:, 0]
    return to_waveform(sound, name_of(clip, name))


def as_sound(clip, sample_rate=None, name="The waveform"):
    """One clip as a Sound. ClipError calls it `name` where it has no name of its own.

    `sample_rate`, in Hz, is that of an array: where it is not given it is 8 kHz, with a warning
    where it cannot be. Files and pairs tell their own. Whole numbers are scaled to [-1, 1].

    Raises ClipError, one plain sentence, for several clips, for what is no sound or cannot be read,
    is empty, or holds NaN or infinite values.
    """
    if _is_row(clip):
        clip = clip[_column_in(clip.index)]
    name = name_of(clip, name)
    if isinstance(clip, FILES) or hasattr(clip, "read"):
        return read_sound(_content(clip, name), name)
    if _is_pair(clip):
        samples, sample_rate = clip if _is_number(clip[1]) else clip[::-1]
        samples = to_floats(samples, name)
        if samples.ndim == 2 and samples.shape[0] < samples.shape[1]:
            samples = samples.T  # librosa has the channels first
    elif _is_one(clip):
        samples = to_floats(clip, name)
    else:
        raise ClipError("There are several clips where one is needed: choose one of them.")
    if samples.ndim not in (1, 2):
        raise ClipError(f"{name} has {samples.ndim} axes: {FORMS}.")
    channels = samples.reshape(len(samples), -1)
    if sample_rate is None:
        doubt_sample_rate([channels.mean(axis=1)])
        sample_rate = SAMPLE_RATE
    if not _is_number(sample_rate):
        raise ClipError("sample_rate is a number of samples a second: give 44100, for example.")
    return Sound(channels, np.asarray(sample_rate).item(), SAMPLES)


def to_floats(samples, name="The waveform"):
    """An array of samples as floats: whole numbers are scaled so that full scale is 1.

    Those of 64 bits, as Python's are, count as 16-bit samples as long as they fit. Raises ClipError
    for what holds no numbers, none at all, or NaN or infinite ones.
    """
    try:
        samples = np.asarray(samples)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ClipError(f"{name} is no sound: {FORMS}.") from error
    kind = samples.dtype.kind
    if kind not in "iuf" or not samples.ndim:
        raise ClipError(f"{name} is no sound: {FORMS}.")
    refuse_unusable(samples, name)
    if kind == "f":
        samples = samples.astype(np.float32) if samples.dtype == np.float16 else samples
        is_huge = np.abs(samples).max() > 2**31  # more than whole numbers have: squares overflow
        return within_full_scale(samples) if is_huge else samples
    bits = 8 * samples.dtype.itemsize
    if bits == 64:
        bits = 16 if samples.min() >= -(2**15) and samples.max() < 2**15 else 32
    middle = 2 ** (bits - 1) if kind == "u" else 0
    return (samples.astype(float) - middle) / 2 ** (bits - 1)


def _is_one(given):
    """Whether something is not a batch; it need not be a clip either."""
    if isinstance(given, pd.DataFrame | dict):
        return False
    if isinstance(given, FILES) or hasattr(given, "read") or not isinstance(given, Iterable):
        return True
    if isinstance(given, pd.Series):
        return given.dtype.kind in "biufc" or _is_row(given)
    if isinstance(given, Iterator):
        return False
    if hasattr(given, "dtype"):
        shape, kind = np.shape(given), getattr(given.dtype, "kind", "f")
        if kind in "OUT":  # objects and texts
            return not shape
        return len(shape) != 2 or shape[1] <= MOST_CHANNELS
    given = list(given)
    return not given or _is_number(given[0]) or _is_pair(given)


def _is_number(thing):
    if isinstance(thing, (*FILES, list, tuple, bool)):
        return False
    return np.ndim(thing) == 0 and np.asarray(thing).dtype.kind in "iuf"


def _is_pair(thing):
    """Whether it is (sample rate, samples), as scipy reads a file, or the other way round."""
    if not isinstance(thing, list | tuple) or len(thing) != 2:
        return False
    return _is_number(thing[0]) != _is_number(thing[1])


def _is_row(thing):
    return isinstance(thing, pd.Series) and ("waveform" in thing.index or "path" in thing.index)


def _column_in(labels):
    for column in ("waveform", "path"):
        if column in labels:
            return column
    raise ClipError("The table has neither a column waveform nor a column path: add one.")


def name_of(clip, name):
    """A path, or the name of an open file; else the name that is given."""
    if isinstance(clip, str | os.PathLike):
        return clip
    of_file = getattr(clip, "name", None) if hasattr(clip, "read") else None
    return Path(of_file).name if isinstance(of_file, str) else name


def _content(clip, name):
    """The bytes of a file that is given by its path, as bytes, or open."""
    if isinstance(clip, str | os.PathLike):
        return read_file(clip)
    if not hasattr(clip, "read"):
        return bytes(clip)
    try:
        if clip.seekable():
            clip.seek(0)
        content = clip.read()
    except (OSError, ValueError, AttributeError) as error:
        raise ClipError(f'{name} cannot be read: open it with open(path, "rb").') from error
    if not isinstance(content, bytes):
        raise ClipError(f'{name} is open as text: open it with open(path, "rb").')
    return content
