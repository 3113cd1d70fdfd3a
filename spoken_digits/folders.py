"""The clips in a folder: which there are by their names, and reading them, broken ones and all."""

import re
import warnings
from pathlib import Path

from .audio import ClipError

CLIP_NAME = re.compile(
    r"(?P<digit>[0-9])_(?P<speaker>.+)_(?P<take>[0-9]+)\.(?:wav|flac|mp3|ogg)", re.IGNORECASE
)
LONGEST = 430  # characters of a list in a message, which stays below 500 with what follows


def clips_in_folder(folder, corpora):
    """The paths of the clips in a folder and its sub-folders, but not in hidden ones.

    A warning tells which files have other names. Raises FileNotFoundError where there is no clip or
    no such folder; it names the `corpora` that could have been meant.
    """
    root = _existing(folder, corpora)
    files = [path for path in root.rglob("*") if path.is_file() and not _is_hidden(path, root)]
    clips = [path for path in files if CLIP_NAME.fullmatch(path.name)]
    others = sorted({path.name for path in files} - {path.name for path in clips})
    if not clips:
        there = f", but {len(files):,} others, such as {others[0][-60:]}" if others else ""
        raise FileNotFoundError(
            f"No file in {shortened(folder)} is named like 7_anna_0.wav{there}: check the path, or "
            "name them digit_speaker_take, with the ending wav, flac, mp3 or ogg."
        )
    if others:
        start = (
            f"{len(files) - len(clips):,} files in {shortened(folder)} are not named like "
            "7_anna_0.wav (digit_speaker_take) and were left out: "
        )
        warnings.warn(_listed(start, others, ", "), stacklevel=3)
    return clips


def read_all(paths, read, skip_broken):
    """read(path) of each clip, a list.

    Raises one ClipError for all the clips that cannot be used. Where they are to be skipped, a
    warning tells of them instead, as long as any clip is left.
    """
    rows, faults = [], []
    for path in paths:
        try:
            rows.append(read(path))
        except ClipError as error:
            faults.append(str(error).replace(str(path), path.name))
    if not faults:
        return rows
    start = f"{len(faults):,} of {len(paths):,} clips cannot be used"
    if skip_broken and rows:
        warnings.warn(_listed(f"{start} and were left out: ", faults, " "), stacklevel=3)
        return rows
    choice = " To load the others, say skip_broken=True." if rows else ""
    raise ClipError(_listed(f"{start}. ", faults, " ") + choice)


def shortened(folder):
    """A path as text, of its end alone where it is long."""
    text = str(folder)
    return text if len(text) <= 100 else f"...{text[-100:]}"


def _existing(folder, corpora):
    try:
        root = Path(folder).expanduser()
        if root.is_dir():
            return root
        is_file = root.is_file()
    except (TypeError, OSError, RuntimeError):  # no path, too long a name, nobody's home
        is_file = False
    if is_file:
        raise FileNotFoundError(
            f"{shortened(folder)} is a file: give the folder in which the clips are."
        )
    raise FileNotFoundError(
        f"There is no folder {shortened(folder)}: check the path, or choose one of the corpora "
        f"{', '.join(corpora)}."
    )


def _is_hidden(path, root):
    return any(part.startswith(".") for part in path.relative_to(root).parts)


def _listed(start, items, comma):
    """The start, and as many of the items as there is room for; how many more there are."""
    for number in range(min(len(items), 50), 0, -1):
        more = f" ... and {len(items) - number:,} more." if number < len(items) else ""
        text = start + comma.join(items[:number]) + more
        if len(text) <= LONGEST:
            break
    return text if text.endswith(".") else f"{text}."
