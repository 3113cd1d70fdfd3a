"""Bringing recordings into `recordings/`: as published, and all that can be had or none."""

import errno
import hashlib
import os
import shutil
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock

from .archives import FetchError, needed, unpack

RECORDINGS = Path(__file__).resolve().parents[1] / "recordings"


class Archive(NamedTuple):
    """Where a corpus comes from, and which of its files go where."""

    title: str
    url: str
    variable: str  # of the environment: another path or URL
    registry: str  # in `recordings/`: a line a file, its name and its SHA-256
    folder: str  # in `recordings/`
    whole: bool  # whether a file that the archive lacks is a fault


ARCHIVES = {
    "fsdd": Archive(
        "the Free Spoken Digit Dataset",
        "https://github.com/Jakobovski/free-spoken-digit-dataset/archive/refs/tags/v1.0.10.tar.gz",
        "FSDD_ARCHIVE",
        "registry.txt",
        "",
        whole=True,
    ),
    "people": Archive(
        "Speech Commands",
        "https://storage.googleapis.com/download.tensorflow.org/data/speech_commands_v0.02.tar.gz",
        "SPEECH_COMMANDS_ARCHIVE",
        "people.txt",
        "people",
        whole=False,
    ),
}


def fetch_recordings(corpus="fsdd", contents=None):
    """Bring a corpus into `recordings/` and return its folder.

    "fsdd" is the Free Spoken Digit Dataset 1.0.10. "people" is a sample of Speech Commands v0.02,
    `recordings/people`: its archive of 2.4 GB is read as far as needed, and not stored.

    It comes from the environment variable FSDD_ARCHIVE or SPEECH_COMMANDS_ARCHIVE (a tar or zip
    archive by its path or URL, or a folder) where that is set, else from the dataset's public
    address. Every file must have the SHA-256 that `recordings/registry.txt` or `people.txt` gives
    for it; files that have it already are left alone. Either all missing files arrive, or the
    folder stays as it was. Of "people", a sentence tells how many the archive lacks, and the
    others arrive. `contents`, a dict, gets name -> bytes of the files that were right already: who
    reads on from these reads each file once, and just what was checked.

    Raises FetchError with a plain sentence where that fails, ValueError for another corpus.
    Sources: https://github.com/Jakobovski/free-spoken-digit-dataset (CC BY-SA 4.0);
    P. Warden, Speech Commands, 2018, https://arxiv.org/abs/1804.03209 (CC BY 4.0).
    """
    if corpus not in ARCHIVES:
        raise ValueError(f"What can be fetched is {' or '.join(ARCHIVES)}, not {corpus!r}.")
    try:
        if missing_recordings(corpus, contents):
            with FileLock(RECORDINGS / ".lock"):
                missing = missing_recordings(corpus)  # another process may have brought them by now
                if missing:
                    _fetch(corpus, missing)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise FetchError("The disk is full: the recordings need about 100 MB.") from error
        raise FetchError(f"The recordings could not be stored: {error.strerror}.") from error
    return recordings_folder(corpus)


def recordings_folder(corpus="fsdd"):
    """The folder in which the recordings of a corpus lie."""
    return RECORDINGS / ARCHIVES[corpus].folder


def registry(corpus="fsdd"):
    """File name -> SHA-256 of the 3,000 recordings of FSDD, or of the 3,119 of people."""
    text = (RECORDINGS / ARCHIVES[corpus].registry).read_text(encoding="utf-8")
    return dict(line.split()[:2] for line in text.splitlines())


def missing_recordings(corpus="fsdd", contents=None):
    """The part of the registry that is absent from the folder of the corpus, or differs there.

    `contents` as for fetch_recordings().
    """
    folder, missing = recordings_folder(corpus), {}
    for name, sha256 in registry(corpus).items():
        content = _intact(folder / name, sha256)
        if content is None:
            missing[name] = sha256
        elif contents is not None:
            contents[name] = content
    return missing


def _intact(path, sha256):
    """The bytes of a file; None where it is absent or another one."""
    if not path.is_file():
        return None
    with path.open("rb", buffering=0) as file:  # buffers take their time
        content = file.read()
    return content if hashlib.sha256(content).hexdigest() == sha256 else None


def _fetch(corpus, missing):
    """Collect the missing files in a staging folder, then move them into place, whole."""
    archive, folder = ARCHIVES[corpus], recordings_folder(corpus)
    source = os.environ.get(archive.variable) or archive.url
    staging = RECORDINGS / ".fetch"
    shutil.rmtree(staging, ignore_errors=True)  # a killed run may have left one
    staging.mkdir()
    try:
        lacking = unpack(source, archive, missing, staging)
        if lacking:
            _tell_lacking(source, archive, lacking, len(registry(corpus)))
        for name in missing:
            if name not in lacking:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (staging / name).replace(folder / name)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _tell_lacking(source, archive, lacking, registered):
    """Say which registered files are not in the archive; where that is a fault, raise."""
    where = f"recordings/{archive.registry}"
    if archive.whole or len(lacking) == registered:
        others = f", as do {len(lacking) - 1} other files" if len(lacking) > 1 else ""
        raise FetchError(
            f"{source} is not the dataset as published: {min(lacking)} is missing or differs from "
            f"{where}{others}. {needed(archive)}"
        )
    print(f"{source} lacks {len(lacking):,} of the {registered:,} files of {where}, or has others.")
