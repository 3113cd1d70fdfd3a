"""Bringing the recordings of the dataset into `recordings/`, whole and as published."""

import errno
import hashlib
import lzma
import os
import shutil
import tarfile
import zlib
from pathlib import Path, PurePosixPath

import pooch
from filelock import FileLock

RECORDINGS = Path(__file__).resolve().parents[1] / "recordings"
FSDD_URL = (
    "https://github.com/Jakobovski/free-spoken-digit-dataset/archive/refs/tags/v1.0.10.tar.gz"
)


class FetchError(RuntimeError):
    """The dataset could not be fetched. The message says why, and which file is wrong."""


def fetch_recordings():
    """Bring the Free Spoken Digit Dataset 1.0.10 into `recordings/` and return that folder.

    The archive comes from the environment variable FSDD_ARCHIVE (a path or a URL) where it is
    set, else from the dataset's public archive of tag v1.0.10. Every file must have the SHA-256
    that `recordings/registry.txt` gives for it; files that have it already are left alone.
    Either all missing files arrive, or the folder stays as it was.

    Raises FetchError with a plain sentence where that fails.
    Source: https://github.com/Jakobovski/free-spoken-digit-dataset (CC BY-SA 4.0).
    """
    if not missing_recordings():
        return RECORDINGS
    try:
        with FileLock(RECORDINGS / ".lock"):
            missing = missing_recordings()  # another process may have brought them by now
            if missing:
                _fetch(missing)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise FetchError("The disk is full: the recordings need about 80 MB.") from error
        raise FetchError(f"The recordings could not be stored: {error.strerror}.") from error
    return RECORDINGS


def registry():
    """File name -> SHA-256 of the 3,000 recordings."""
    lines = (RECORDINGS / "registry.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split() for line in lines)


def missing_recordings():
    """The part of the registry that is absent from `recordings/`, or differs there."""
    return {name: sha for name, sha in registry().items() if not _is_intact(name, sha)}


def _is_intact(name, sha256):
    path = RECORDINGS / name
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def _fetch(missing):
    """Collect the missing files in a staging folder, then move them into place, whole."""
    staging = RECORDINGS / ".fetch"
    shutil.rmtree(staging, ignore_errors=True)  # a killed run may have left one
    staging.mkdir()
    try:
        source = os.environ.get("FSDD_ARCHIVE") or FSDD_URL
        archive = _download(source, staging) if "://" in source else Path(source).expanduser()
        _unpack(archive, source, missing, staging)
        for name in missing:
            (staging / name).replace(RECORDINGS / name)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _download(url, folder):
    """Download with a progress bar; give up after 5 s without connection, 15 s without data."""
    print(f"Fetching the Free Spoken Digit Dataset (15 MB) from {url}", flush=True)
    archive = folder / "archive"
    try:
        download = pooch.HTTPDownloader(progressbar=True, timeout=(5, 15))
        download(url, str(archive), None)
    except (OSError, ValueError) as error:  # what requests raises is one or the other
        if getattr(error, "errno", None) == errno.ENOSPC:
            raise
        kind = type(error).__name__
        raise FetchError(f"The recordings could not be downloaded from {url} ({kind}).") from error
    return archive


def _unpack(archive, source, missing, folder):
    """Write the missing files of the archive, and nothing else it may hold, to the folder.

    Of a member's name only the last part counts, and only content with the right SHA-256 is
    written: no absolute name, `..`, link or device can lead anywhere else.
    """
    wrong = set(missing)
    if not archive.is_file():
        raise FetchError(f"There is no file {source}: check FSDD_ARCHIVE.")
    try:
        with tarfile.open(archive) as members:
            for member in members:
                name = PurePosixPath(member.name).name
                if name not in wrong or not member.isfile() or member.size > 1_000_000:
                    continue
                content = members.extractfile(member).read()
                if hashlib.sha256(content).hexdigest() == missing[name]:
                    (folder / name).write_bytes(content)
                    wrong.remove(name)
    except (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, OSError) as error:
        if getattr(error, "errno", None):  # the disk is at fault, not the archive
            raise
        if archive.read_bytes()[:200].lstrip().startswith(b"<"):
            raise FetchError(
                f"{source} gave a web page, not the archive: "
                "a log-in page or a proxy of your network may stand in between."
            ) from error
        raise FetchError(f"{source} is no tar archive, or it is damaged or cut short.") from error
    if wrong:
        others = f", as do {len(wrong) - 1} other files" if len(wrong) > 1 else ""
        raise FetchError(
            f"{source} is not the dataset as published: {min(wrong)} is missing or differs from "
            f"recordings/registry.txt{others}."
        )
