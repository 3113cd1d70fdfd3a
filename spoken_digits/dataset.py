"""Loading a corpus, one row a clip, and splitting it."""

import re
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from . import fetching
from .audio import SAMPLE_RATE, read_clip

CLIP_NAME = re.compile(r"(?P<digit>[0-9])_(?P<speaker>.+)_(?P<take>[0-9]+)\.wav", re.IGNORECASE)
SPEAKERS = ["george", "jackson", "lucas", "nicolas", "theo", "yweweler"]  # of FSDD
CLASSIC = ["jackson", "nicolas", "theo"]  # those of its first edition, 1,500 clips
SYNTHETIC_NOTICE = """
################################################################################
#                                                                              #
#    THESE ARE SYNTHETIC VOICES, not the people of the Free Spoken Digit       #
#    Dataset (FSDD). Claims about FSDD are shown but not checked.              #
#                                                                              #
################################################################################
Why: {reason}
To get the real voices: connect to the internet and run this again. Or download
{url}
on another computer and set the variable FSDD_ARCHIVE to the path of that file.
"""


def load_recordings(corpus="auto"):
    """Load a corpus as a DataFrame, one row a clip, sorted by file name.

    `corpus` is "fsdd"; "synthetic" (the eSpeak NG voices in `recordings/synthetic`); "auto"
    (FSDD where it is or can be fetched, else synthetic, with a notice); or the path of any
    folder of `{digit}_{speaker}_{take}.wav` files, in sub-folders too.

    Columns: digit (int), speaker (str), take (int), seconds (float), path (str) and waveform.
    `.attrs["corpus"]` tells which corpus it is. First used in notebook 01.

    Raises FetchError where "fsdd" cannot be had, FileNotFoundError for a folder without clips,
    ClipError for a clip that cannot be used.
    """
    if corpus in ("auto", "fsdd"):
        try:
            folder = fetching.fetch_recordings()
            corpus, paths = "fsdd", [folder / name for name in fetching.registry()]
        except fetching.FetchError as reason:
            if corpus == "fsdd":
                raise
            print(SYNTHETIC_NOTICE.format(reason=reason, url=fetching.FSDD_URL))
            corpus = "synthetic"
    if corpus != "fsdd":
        paths = _find_clips(
            fetching.RECORDINGS / "synthetic" if corpus == "synthetic" else Path(corpus)
        )

    paths = sorted(paths, key=lambda path: (path.name, path))
    clips = pd.DataFrame([_clip_row(path) for path in paths])
    clips.attrs["corpus"] = str(corpus)
    return clips


def _find_clips(folder):
    files = [path for path in folder.rglob("*") if path.is_file() and path.name[0] != "."]
    others = sorted(path.name for path in files if not CLIP_NAME.fullmatch(path.name))
    if others:
        warnings.warn(
            f"{len(others)} files in {folder} are not named like 7_anna_0.wav "
            f"(digit_speaker_take.wav) and were left out: {', '.join(others)}",
            stacklevel=3,
        )
    if len(files) == len(others):
        raise FileNotFoundError(f"No file in {folder} is named like 7_anna_0.wav: check the path.")
    return [path for path in files if CLIP_NAME.fullmatch(path.name)]


def read_names(names):
    """What the names of files tell: a DataFrame with digit (int), speaker and take (int).

    Raises ValueError for a name that is not like 7_anna_0.wav.
    """
    return pd.DataFrame([_read_name(name) for name in names])


def _read_name(name):
    parts = CLIP_NAME.fullmatch(name)
    if parts is None:
        raise ValueError(f"{name} is not named like 7_anna_0.wav (digit_speaker_take.wav).")
    return {
        "digit": int(parts["digit"]),
        "speaker": parts["speaker"],
        "take": int(parts["take"]),
    }


def _clip_row(path):
    waveform = read_clip(path)
    return {
        **_read_name(path.name),
        "seconds": waveform.size / SAMPLE_RATE,
        "path": str(path),
        "waveform": waveform,
    }


def official_split(clips):
    """Split by take, as FSDD does: first tenth test, second tenth validation, rest training.

    For FSDD's 50 takes: 0-4, 5-9 and 10-49. Every speaker is in all three parts, so the test
    says nothing about new voices. Returns train, validation, test. Built up in notebook 01.
    Source: https://github.com/Jakobovski/free-spoken-digit-dataset#usage.
    """
    takes = np.unique(clips["take"])
    if takes.size < 3:
        raise ValueError(f"A split by take needs at least 3 takes, not {takes.size}.")
    tenth = max(1, takes.size // 10)
    is_test = clips["take"] < takes[tenth]
    is_train = clips["take"] >= takes[2 * tenth]
    return clips[is_train], clips[~is_train & ~is_test], clips[is_test]


def speaker_split(clips, held_out):
    """Split by speaker: test on `held_out`, validate on the next speaker, train on the others.

    "Next" is by alphabet, and the first follows the last, so that each speaker validates once
    where each is held out once. Returns train, validation, test. Built up in notebook 01.
    """
    speakers = sorted(clips["speaker"].unique())
    if held_out not in speakers or len(speakers) < 3:
        raise ValueError(f"A speaker split needs 3 speakers, {held_out!r} among them: {speakers}")
    validator = speakers[(speakers.index(held_out) + 1) % len(speakers)]
    is_test, is_validation = clips["speaker"] == held_out, clips["speaker"] == validator
    return clips[~is_test & ~is_validation], clips[is_validation], clips[is_test]
