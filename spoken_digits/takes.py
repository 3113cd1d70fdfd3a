"""Takes of one's own: written whole or not at all, counted as load_recordings() reads them."""

import contextlib
import errno
import io
import os
import re
import secrets
import unicodedata
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile

from .audio import SAMPLE_RATE, ClipError
from .dataset import SPEAKERS, load_recordings
from .fetching import RECORDINGS

MINE = RECORDINGS / "mine"
REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "your share of the disk is used up",
    errno.EFBIG: "your share of the disk is used up",
    errno.EROFS: "nothing may be written there",
    errno.EACCES: "nothing may be written there",
    errno.EPERM: "nothing may be written there",
    errno.EEXIST: "there is a file of that name where the folder should be",
    errno.ENOTDIR: "there is a file of that name where the folder should be",
}
NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS}


class TakeError(OSError):
    """A take could not be stored or deleted. The message says why, in one sentence."""


def save_take(waveform, digit, name, folder=MINE):
    """Write a waveform as `{digit}_{name}_{take}.wav`, 16 bit at 8 kHz. Returns its path.

    Takes are numbered on, and a file that is there is never overwritten, also when two kernels
    save at once. The file appears once all of it is written. Raises ValueError for what is no
    digit, ClipError for no sound, and TakeError where it cannot be written; then nothing is left.
    """
    if str(digit) not in [*"0123456789"]:
        raise ValueError(f"{digit!r} is not a digit from 0 to 9.")
    waveform = np.asarray(waveform, dtype=np.float32)
    if waveform.ndim != 1 or not waveform.size or not np.isfinite(waveform).all():
        raise ClipError("There is no sound to save: record it again.")
    file = io.BytesIO()
    soundfile.write(file, waveform.clip(-1, 1), SAMPLE_RATE, format="WAV")
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return _write(file.getvalue(), folder, f"{digit}_{speaker_name(name)}")
    except OSError as error:
        reason = REASONS.get(error.errno, error.strerror)
        raise TakeError(
            f"The take was not stored in the folder {folder.name}: {reason}."
        ) from error


def _write(content, folder, start):
    part = folder / f".{secrets.token_hex(8)}.part"  # hidden: no clip before all of it is there
    try:
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        take = 0
        while True:
            with contextlib.suppress(FileExistsError):
                path = folder / f"{start}_{take}.wav"
                _name(part, path)
                return path
            take += 1
    finally:
        part.unlink(missing_ok=True)


def _name(part, path):
    """Give a file its name, but never that of another: FileExistsError."""
    try:
        os.link(part, path)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        # A disk without hard links, such as a USB stick.
        if path.exists():
            raise FileExistsError(path) from None
        part.rename(path)


def delete_take(path):
    """Delete a take, which may be gone already. Raises TakeError where it must stay."""
    try:
        Path(path).unlink(missing_ok=True)
    except OSError as error:
        reason = REASONS.get(error.errno, error.strerror)
        raise TakeError(f"{Path(path).name} was not deleted: {reason}.") from error


def load_takes(name, folder=MINE):
    """The takes of somebody, as load_recordings() reads them: a DataFrame, by digit and take.

    `name` as it was typed for save_take(). Capitals, sub-folders and two names count as well: the
    speaker Anna_Maria is the name "Anna Maria". Clips that cannot be read are left out, with a
    warning. Without a folder, or a take, it is an empty table.
    """
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "(?s).* are not named like ")
            takes = load_recordings(folder, skip_broken=True)
    except (FileNotFoundError, ClipError):
        takes = pd.DataFrame(columns=["digit", "speaker", "take", "seconds", "path", "waveform"])
    mine = takes["speaker"].map(speaker_name) == speaker_name(name)
    found = takes[mine].sort_values(["digit", "take", "path"], ignore_index=True)
    found.attrs["corpus"] = str(folder)
    return found


def in_halves(takes):
    """Takes to learn from, and takes held back: of each digit the first half, and the rest.

    None where there are fewer than two of any digit.
    """
    by_digit = takes.groupby("digit")["take"]
    if by_digit.size().reindex(range(10), fill_value=0).min() < 2:
        return None
    first = by_digit.cumcount() < by_digit.transform("size") // 2
    return takes[first], takes[~first]


def speaker_name(name):
    """A name as it can stand in a file name anywhere: small letters a to z, and digits.

    Accents are dropped: Zoë becomes zoe. Where nothing is left, "me" stands in. A reader called
    Theo becomes mytheo, not one with the theo of the dataset.
    """
    plain = unicodedata.normalize("NFKD", str(name)).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"[^a-z0-9]", "", plain)[:30] or "me"
    return f"my{plain}" if plain in SPEAKERS else plain
