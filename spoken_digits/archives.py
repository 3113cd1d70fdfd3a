"""What recordings are taken from: a tar or zip archive, by path or address, or a folder."""

import bz2
import gzip
import hashlib
import io
import lzma
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from urllib.request import url2pathname

import requests
import urllib3
from tqdm import tqdm

DECOMPRESSORS = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}
DAMAGE = (tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error, lzma.LZMAError, OSError)
LARGEST = 1_000_000  # bytes: no recording is larger


class FetchError(RuntimeError):
    """The dataset could not be fetched. The message says why, and which file is wrong."""


def needed(archive):
    """What somebody should give instead."""
    return f"What is needed is {archive.url}, as it is or unpacked."


def unpack(source, archive, missing, folder):
    """Write the missing files (name -> SHA-256) from a path or address to a folder.

    `source` is a folder, or a tar or zip archive, by a path or an address that begins with http://,
    https:// or file://. Of a member's name only as many parts count as a registered name has, and
    only content with the right SHA-256 is written: no absolute name, `..`, link or device can lead
    anywhere else. What follows the last missing file is not read. Returns the names that it lacks.

    Raises FetchError, which says what was given and what is needed.
    """
    is_remote = source.lower().startswith(("http://", "https://"))
    path = None if is_remote else _path_of(source, archive)
    if path and path.is_dir():
        return _take(_in_folder(path, missing), missing, folder)
    with _open_url(source, archive.title) if is_remote else _open_file(path) as (stream, size):
        head = stream.peek(200)[:200]
        bar = {"desc": "Reading the archive", "delay": 1, "leave": False}
        try:
            with tqdm.wrapattr(stream, "read", size, **bar) as watched:
                return _take(_members(watched, head), missing, folder)
        except (*DAMAGE, RuntimeError) as error:  # RuntimeError: a zip with a password
            if getattr(error, "errno", None):  # the disk is at fault, not the archive
                raise
            if head.lstrip().startswith(b"<"):
                raise FetchError(
                    f"{source} gave a web page, not the archive: "
                    "a log-in page or a proxy of your network may stand in between."
                ) from error
            raise FetchError(
                f"{source} is no tar or zip archive that can be read, or it is damaged or cut "
                f"short. {needed(archive)}"
            ) from error


def _path_of(source, archive):
    """The path of a file or folder that is there, from a path or a file:// address."""
    scheme, mark, address = source.partition("://")
    name = source
    if mark:
        host, _, name = address.partition("/")
        if scheme.lower() != "file" or host not in ("", "localhost"):
            raise FetchError(
                f"{source} is no address that can be read: {archive.variable} is a path, or begins "
                f"with http://, https:// or file:/// (three slashes). {needed(archive)}"
            )
        name = url2pathname(f"/{name}")
    try:
        path = Path(name).expanduser()
        if path.is_file() or path.is_dir():
            return path
    except (OSError, RuntimeError):  # too long a name, nobody's home
        path = Path(name)
    whole = "" if path.is_absolute() else " (a whole path is safest)"
    raise FetchError(
        f"There is no file or folder {source}: check {archive.variable}{whole}. {needed(archive)}"
    )


@contextmanager
def _open_file(path):
    with path.open("rb") as stream:
        yield stream, path.stat().st_size


@contextmanager
def _open_url(url, title):
    """A stream of bytes and its size, None where unknown.

    Gives up after 5 s without connection, 15 s without data.
    """
    as_it_is = {"Accept-Encoding": "identity"}  # what is packed already is not packed again
    try:
        with requests.get(url, stream=True, headers=as_it_is, timeout=(5, 15)) as response:
            response.raise_for_status()
            size = response.raw.length_remaining
            megabytes = f" ({size / 1e6:,.0f} MB)" if size else ""
            print(f"Fetching {title}{megabytes} from {url}", flush=True)
            response.raw.auto_close = False  # at its end it is read, not closed
            yield io.BufferedReader(response.raw), size
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        kind = type(error).__name__
        raise FetchError(f"The recordings could not be downloaded from {url} ({kind}).") from error


def _members(stream, head):
    """(name, size, how to read it) of each file of an archive that begins with the bytes of head.

    The list of what a zip holds stands at its end, so it is stored first.
    """
    if head.startswith(b"PK"):
        with tempfile.TemporaryFile() as whole:
            shutil.copyfileobj(stream, whole)
            with zipfile.ZipFile(whole) as members:
                for member in members.infolist():
                    yield member.filename, member.file_size, partial(members.read, member)
        return
    with tarfile.open(fileobj=_decompress(stream, head), mode="r|") as members:
        for member in members:
            if member.isfile():
                yield member.name, member.size, members.extractfile(member).read


def _decompress(stream, head):
    """The tar archive in a compressed stream that begins with the bytes of head."""
    for magic, decompressor in DECOMPRESSORS.items():
        if head.startswith(magic):
            return decompressor(stream)
    return stream


def _in_folder(root, names):
    """The same of the files in a folder and below that have one of the names."""
    endings = {PurePosixPath(name).name for name in names}
    for path in root.rglob("*"):
        if path.name in endings and path.is_file():
            yield path.as_posix(), path.stat().st_size, partial(_read, path)


def _read(path):
    try:
        return path.read_bytes()
    except OSError as error:
        raise FetchError(f"{path} cannot be opened ({error.strerror}).") from error


def _take(members, missing, folder):
    """Write the missing ones of the members to the folder. Returns the names that are lacking."""
    lacking = set(missing)
    depth = min(missing).count("/") + 1
    for path, size, read in members:
        name = "/".join(PurePosixPath(path).parts[-depth:])
        if name not in lacking or size > LARGEST:
            continue
        content = read()
        if hashlib.sha256(content).hexdigest() == missing[name]:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(content)
            lacking.remove(name)
            if not lacking:
                break
    return lacking
