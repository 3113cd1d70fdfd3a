"""Fetching the recordings, with all that can go wrong, against a real server on the loopback."""

import errno
import functools
import gzip
import hashlib
import itertools
import os
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
import requests

import helpers
from archives import (
    LINKS,
    answer,
    closed_port,
    fetcher,
    member,
    pack,
    pack_with,
    pack_zip,
    snapshot,
)
from spoken_digits import fetching
from spoken_digits.fetching import FetchError, fetch_recordings

ROOT = Path(__file__).parents[1]
RANDOM = np.random.default_rng(0)
FILES = {f"{digit}_anna_{take}.wav": RANDOM.bytes(5000) for digit in range(10) for take in range(3)}
FIRST, CHANGED, *_, LAST = FILES
NEEDED = f"What is needed is {fetching.ARCHIVES['fsdd'].url}, as it is or unpacked."
IMPORT = (
    "import sys, pathlib; from spoken_digits import fetching; "
    "fetching.RECORDINGS = pathlib.Path(sys.argv[1]); "
)


def dataset(**changes):
    """The members of the archive; a change is other content, or None for a missing member."""
    files = {**FILES, **changes}
    return [member(f"fsdd/recordings/{name}", files[name]) for name in files if files[name]]


@functools.cache
def whole_archive(mode):
    return pack(dataset(), mode)


ARCHIVE = whole_archive("w:gz")


@pytest.fixture
def recordings(tmp_path, monkeypatch):
    """A recordings folder with a registry, one right file and one changed file."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    lines = [f"{name} {hashlib.sha256(content).hexdigest()}\n" for name, content in FILES.items()]
    (folder / "registry.txt").write_text("".join(lines))
    (folder / FIRST).write_bytes(FILES[FIRST])
    (folder / CHANGED).write_bytes(b"changed")
    monkeypatch.setattr(fetching, "RECORDINGS", folder)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return folder


@pytest.fixture
def fetch(recordings, monkeypatch):
    return fetcher("fsdd", recordings, monkeypatch)


def is_complete(folder):
    """Whether the recordings lie there, and nothing else does."""
    found = {path.name for path in folder.iterdir()} - {".lock", "registry.txt"}
    return found == set(FILES) and all(
        (folder / name).read_bytes() == FILES[name] for name in FILES
    )


def check_fault(fetch, source, *words):
    """A fault is told in a sentence, changes nothing, and the next run repairs what is missing."""
    folder = fetching.RECORDINGS
    before = snapshot(folder)
    with pytest.raises(FetchError) as fault:
        fetch(source)
    assert snapshot(folder) == before
    message = str(fault.value)
    assert message.endswith(".")
    assert "None" not in message
    for word in words:
        assert word in message
    fetch(ARCHIVE)
    assert is_complete(folder)


# --- What goes well ---


def test_a_download_arrives(serve, fetch, recordings):
    server = serve(answer(ARCHIVE))
    assert fetch(server.url) == recordings
    assert is_complete(recordings)
    fetch(server.url)
    assert server.requests == 1  # what is right is not fetched again


@pytest.mark.parametrize("value", ["", None])
def test_without_a_variable_the_public_archive_is_fetched(serve, recordings, monkeypatch, value):
    public = fetching.ARCHIVES["fsdd"]._replace(url=serve(answer(ARCHIVE)).url)
    monkeypatch.setitem(fetching.ARCHIVES, "fsdd", public)
    monkeypatch.delenv("FSDD_ARCHIVE", raising=False)
    if value is not None:
        monkeypatch.setenv("FSDD_ARCHIVE", value)
    fetch_recordings()
    assert is_complete(recordings)


def test_only_what_is_wrong_is_written(fetch, recordings):
    fetch(ARCHIVE)
    (recordings / LAST).write_bytes(FILES[LAST][:-1])
    (recordings / FIRST).unlink()
    written = {name: (recordings / name).stat().st_mtime_ns for name in FILES if name != FIRST}
    fetch(ARCHIVE)
    assert is_complete(recordings)
    times = {name: (recordings / name).stat().st_mtime_ns for name in written}
    assert [name for name in times if times[name] != written[name]] == [LAST]


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_any_tar_archive_will_do(fetch, recordings, mode):
    fetch(whole_archive(mode))
    assert is_complete(recordings)


def test_a_path_may_begin_at_home(fetch, recordings, monkeypatch):
    monkeypatch.setenv("HOME", str(recordings.parent))
    monkeypatch.setenv("USERPROFILE", str(recordings.parent))
    (recordings.parent / "my archive.tar.gz").write_bytes(ARCHIVE)
    fetch("~/my archive.tar.gz")
    assert is_complete(recordings)


PAGE = {f"dataset-1.0.10/recordings/{name}": content for name, content in FILES.items()}


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_from_the_page_will_do(fetch, recordings, compression):
    fetch(pack_zip(PAGE, compression=compression))
    assert is_complete(recordings)


def test_a_zip_can_be_downloaded(serve, fetch, recordings):
    fetch(serve(answer(pack_zip(PAGE), kind="application/zip")).url)
    assert is_complete(recordings)


@pytest.mark.parametrize("place", ["", "recordings", "dataset-1.0.10/recordings"])
def test_a_folder_will_do(fetch, recordings, tmp_path, place):
    folder = tmp_path / "unpacked" / place
    folder.mkdir(parents=True)
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    fetch(tmp_path / "unpacked")
    assert is_complete(recordings)
    assert {path.name for path in folder.iterdir()} == set(FILES)  # it is left as it was


@pytest.mark.parametrize("start", ["file://", "file://localhost", "FILE://"])
def test_a_file_address_will_do(fetch, recordings, tmp_path, start):
    (tmp_path / "my archive.tar.gz").write_bytes(ARCHIVE)
    address = (tmp_path / "my archive.tar.gz").as_uri()
    fetch(address.replace("file://", start))
    assert is_complete(recordings)


def test_the_address_of_a_folder_will_do(fetch, recordings, tmp_path):
    (tmp_path / "unpacked").mkdir()
    for name, content in FILES.items():
        (tmp_path / "unpacked" / name).write_bytes(content)
    fetch((tmp_path / "unpacked").as_uri())
    assert is_complete(recordings)


# --- Faults of the network ---


@pytest.mark.parametrize("cut", [0, 1, 1000, len(ARCHIVE) // 2, len(ARCHIVE) - 1])
def test_a_dropped_connection(serve, fetch, cut):
    check_fault(fetch, serve(answer(ARCHIVE, cut=cut)).url, "could not be downloaded", "127.0.0.1")


@pytest.mark.parametrize("status", [403, 404, 500, 503])
def test_a_refusal(serve, fetch, status):
    check_fault(fetch, serve(answer(b"no", status)).url, "could not be downloaded")


@pytest.mark.parametrize("page", [b"<!DOCTYPE html><p>Log in", b"\n <html>" + b" " * 40_000])
def test_a_web_page_instead(serve, fetch, page):
    check_fault(fetch, serve(answer(page, kind="text/html")).url, "web page", "proxy")


def test_a_nonsensical_length(serve, fetch):
    def reply(request):
        request.send_response(200)
        request.send_header("Content-Length", "many")
        request.end_headers()

    check_fault(fetch, serve(reply).url, "cut short")


def test_a_closed_port(fetch):
    check_fault(fetch, closed_port(), "could not be downloaded")


def test_a_silent_server(serve, fetch, monkeypatch):
    timeouts = []

    def impatient(*args, **options):
        timeouts.append(options.pop("timeout"))
        return get(*args, timeout=0.2, **options)

    get = requests.get
    monkeypatch.setattr(requests, "get", impatient)
    check_fault(fetch, serve(lambda _: time.sleep(2)).url, "could not be downloaded")
    assert max(timeouts[0]) <= 20  # seconds that a reader really waits


@pytest.mark.parametrize("address", ["http://", "nonsense://x", "http://[", "http://a b.invalid/"])
def test_an_impossible_address(fetch, address):
    check_fault(fetch, address, address)


# --- Faults of the archive ---


@pytest.mark.parametrize("place", np.linspace(0, 0.99, 12))
@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_a_truncated_archive(fetch, mode, place):
    whole = whole_archive(mode)
    end = (
        int(place * len(whole)) if mode != "w" else int(place * 5632 * len(FILES))
    )  # without the padding
    check_fault(fetch, whole[:end], "archive.tar.gz")


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz"])
def test_a_damaged_archive(fetch, recordings, mode):
    whole = whole_archive(mode)
    faults = 0
    for place in np.random.default_rng(1).integers(0, len(whole), 40):
        for path in recordings.glob("*.wav"):
            path.unlink()
        end = place + 1 if place % 2 else len(whole)  # one byte, or all that follows
        try:
            fetch(whole[:place] + bytes(255 - byte for byte in whole[place:end]) + whole[end:])
            assert is_complete(recordings)  # the damage may lie where it does not matter
        except FetchError as fault:
            assert "archive.tar.gz" in str(fault)
            assert not list(recordings.glob("*.wav"))
            faults += 1
    assert faults > 20
    fetch(whole)
    assert is_complete(recordings)


@pytest.mark.parametrize("content", [None, b"RIFF", FILES[LAST][:-1], FILES[LAST] + b"\0"])
def test_a_tampered_or_missing_member_is_named(fetch, content):
    check_fault(fetch, pack(dataset(**{LAST: content})), LAST, "registry.txt.")


def test_of_several_wrong_members_one_is_named(fetch):
    wrong = dict.fromkeys([CHANGED, "5_anna_1.wav", LAST], b"wrong")
    check_fault(fetch, pack(dataset(**wrong)), CHANGED, "as do 2 other files.")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", gzip.compress(b"no tar")])
def test_what_is_no_archive(fetch, content):
    check_fault(fetch, content, "archive.tar.gz is no tar or zip archive", NEEDED)


def test_an_archive_without_members(fetch):
    check_fault(fetch, b"\0" * 20_000, "is not the dataset as published", NEEDED)


@pytest.mark.parametrize("absent", ["absent.tar.gz", "~nobody-of-that-name/x", "~/absent.tar.gz"])
def test_a_missing_archive(fetch, absent):
    check_fault(fetch, absent, f"no file or folder {absent}: check FSDD_ARCHIVE", NEEDED)


def test_a_missing_archive_by_a_part_of_its_path(fetch):
    check_fault(fetch, "absent.tar.gz", "check FSDD_ARCHIVE (a whole path is safest).")


def test_a_missing_archive_by_its_whole_path(fetch, tmp_path):
    path = tmp_path / "absent.tar.gz"
    check_fault(fetch, path, f"{path}: check FSDD_ARCHIVE. What", NEEDED)


def test_a_folder_without_the_recordings(fetch, tmp_path):
    (tmp_path / "unpacked").mkdir()
    (tmp_path / "unpacked" / LAST).write_bytes(FILES[LAST])
    check_fault(fetch, tmp_path / "unpacked", "unpacked is not the dataset as published", NEEDED)


@pytest.mark.parametrize(
    "address",
    ["ftp://host/x.tar.gz", "s3://bucket/x", "file://home/anna/x.tar.gz", "file://[", "x" * 5000],
)
def test_what_cannot_be_read_is_told_with_what_is_needed(fetch, address):
    check_fault(fetch, address, address, "FSDD_ARCHIVE", NEEDED)


ZIPS = {
    "cut-short": pack_zip(PAGE)[:-5000],
    "its-end-alone": pack_zip(PAGE)[-5000:],
    "empty": pack_zip({}),
    "without-one": pack_zip({name: PAGE[name] for name in list(PAGE)[:-1]}),
    "a-changed-byte": pack_zip(PAGE).replace(FILES[LAST][:9], b"x" + FILES[LAST][1:9]),
    "unknown-compression": pack_zip(PAGE).replace(
        b"PK\1\2\x14\3\x14\0\0\0\0\0", b"PK\1\2\x14\3\x14\0\0\0\x63\0"
    ),
    "with-a-password": pack_zip(PAGE).replace(b"PK\1\2\x14\3\x14\0\0\0", b"PK\1\2\x14\3\x14\0\1\0"),
}


@pytest.mark.parametrize("content", ZIPS.values(), ids=ZIPS.keys())
def test_a_faulty_zip(fetch, content):
    check_fault(fetch, content, "archive.tar.gz", NEEDED)


@pytest.mark.parametrize(
    "name", ["../evil.wav", "/evil.wav", "..\\evil.wav", "recordings/registry.txt", f"../{LAST}"]
)
def test_nothing_of_a_zip_but_the_recordings_is_written(fetch, recordings, tmp_path, name):
    fetch(pack_zip({name: b"evil"} | PAGE))
    assert is_complete(recordings)
    assert {path.name for path in tmp_path.iterdir()} == {"archive.tar.gz", "recordings"}


def test_a_recording_in_a_zip_is_not_huge(fetch, recordings):
    lines = (recordings / "registry.txt").read_text()
    huge = b"\0" * 2_000_000
    old, new = (hashlib.sha256(content).hexdigest() for content in (FILES[LAST], huge))
    (recordings / "registry.txt").write_text(lines.replace(old, new))
    place = next(name for name in PAGE if name.endswith(LAST))
    with pytest.raises(FetchError, match=LAST):
        fetch(pack_zip(PAGE | {place: huge}))


STRANGERS = {
    "unregistered": member("fsdd/recordings/0_eve_0.wav", b"evil"),
    "registry": member("fsdd/recordings/registry.txt", b"evil"),
    "absolute": member("/{outside}/evil.wav", b"evil"),
    "parent": member("../evil.wav", b"evil"),
    "absolute-namesake": member("/{outside}/" + LAST, b"evil"),
    "parent-namesake": member("../" + LAST, b"evil"),
    "windows-namesake": member("..\\" + LAST, b"evil"),
    "upper-case": member("fsdd/recordings/" + LAST.upper(), b"evil"),
    "huge-namesake": member("fsdd/recordings/" + LAST, b"\0" * 2_000_000),
    **{f"{kind}-namesake": member("fsdd/" + LAST, **link) for kind, link in LINKS.items()},
    "through-a-link": member("recordings", type=tarfile.SYMTYPE, linkname="{outside}"),
}


@pytest.mark.parametrize("where", ["first", "last"])
@pytest.mark.parametrize("stranger", STRANGERS.values(), ids=STRANGERS.keys())
def test_nothing_but_the_recordings_is_written(fetch, recordings, tmp_path, stranger, where):
    outside = tmp_path / "outside"
    outside.mkdir()
    fetch(pack_with(stranger, where, dataset(), outside))
    assert is_complete(recordings)
    assert {path.name for path in tmp_path.iterdir()} == {"archive.tar.gz", "outside", "recordings"}
    assert not list(outside.iterdir())
    assert not any((recordings / name).is_symlink() for name in FILES)


@pytest.mark.parametrize("kind", LINKS)
def test_a_recording_must_be_a_file(fetch, kind):
    link = member("fsdd/recordings/" + LAST, **LINKS[kind])
    check_fault(fetch, pack([*dataset(**{LAST: None}), link]), LAST)


def test_a_recording_is_not_huge(fetch, recordings):
    lines = (recordings / "registry.txt").read_text()
    huge = b"\0" * 2_000_000
    old, new = (hashlib.sha256(content).hexdigest() for content in (FILES[LAST], huge))
    (recordings / "registry.txt").write_text(lines.replace(old, new))
    with pytest.raises(FetchError, match=LAST):  # not read, so not compared either
        fetch(pack(dataset(**{LAST: huge})))


# --- Faults of this machine ---


def python(code, folder, archive, **options):
    """Start a Python process that fetches into the folder."""
    environment = {**os.environ, "FSDD_ARCHIVE": str(archive), "no_proxy": "127.0.0.1"}
    command = [sys.executable, "-c", IMPORT + code, str(folder)]
    return subprocess.Popen(command, cwd=ROOT, env=environment, text=True, **options)


def test_two_at_once(serve, recordings):
    server = serve(answer(ARCHIVE, pause=0.02))
    code = "print(flush=True); input(); fetching.fetch_recordings()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    both = [python(code, recordings, server.url, **pipes) for _ in range(2)]
    for process in both:
        process.stdout.readline()  # imported, ready to go
    for process in both:
        process.stdin.write("\n")
        process.stdin.flush()
    for process in both:
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert server.requests == 1
    assert is_complete(recordings)


# Half of the n-th file is written, or n files are moved, and the process is gone: no `finally`,
# as with SIGKILL or a power cut.
DIE = """
import os
original, calls = pathlib.Path.{method}, 0
def dying(path, argument):
    global calls
    calls += 1
    if calls == {call}:
        if isinstance(argument, bytes):
            original(path, argument[:1000])
        os._exit(9)
    return original(path, argument)
pathlib.Path.{method} = dying
fetching.fetch_recordings()
"""


@pytest.mark.parametrize(("method", "call"), [("write_bytes", 9), ("replace", 1), ("replace", 9)])
def test_killed_while_unpacking(fetch, recordings, method, call):
    (recordings.parent / "archive.tar.gz").write_bytes(ARCHIVE)
    code = DIE.format(method=method, call=call)
    assert python(code, recordings, recordings.parent / "archive.tar.gz").wait(60) == 9
    for name in set(FILES) - {CHANGED}:  # each is whole, or not there
        path = recordings / name
        assert not path.exists() or path.read_bytes() == FILES[name]
    assert (recordings / CHANGED).read_bytes() in (b"changed", FILES[CHANGED])
    assert not is_complete(recordings)
    fetch(ARCHIVE)
    assert is_complete(recordings)


def test_killed_while_downloading(serve, fetch, recordings):
    server = serve(answer(ARCHIVE, pause=1))
    before = {path.name for path in recordings.iterdir()}
    process = python("fetching.fetch_recordings()", recordings, server.url)
    for _ in range(1200):
        if server.requests:
            break
        time.sleep(0.02)
    assert server.requests
    process.kill()
    process.wait()
    assert {path.name for path in recordings.iterdir()} - {".lock", ".fetch"} == before
    fetch(ARCHIVE)
    assert is_complete(recordings)


@pytest.mark.parametrize(
    ("owner", "method", "call", "number", "words"),
    [
        (Path, "write_bytes", 9, errno.ENOSPC, "disk is full"),
        (Path, "replace", 1, errno.ENOSPC, "disk is full"),
        (Path, "write_bytes", 1, errno.EACCES, "Permission denied"),
    ],
)
def test_a_full_or_read_only_disk(serve, fetch, monkeypatch, owner, method, call, number, words):
    original, calls = getattr(owner, method), itertools.count(1)

    def fail_once(*args):
        if next(calls) == call:
            raise OSError(number, os.strerror(number))
        return original(*args)

    monkeypatch.setattr(owner, method, fail_once)
    check_fault(fetch, serve(answer(ARCHIVE)).url, words)


# --- What a reader gets then ---


@pytest.fixture
def some_voices(recordings):
    """A few synthetic clips in the recordings folder of this test."""
    clips = sorted((ROOT / "recordings" / "synthetic").glob("*_1.wav"))[:20]
    if not clips:
        pytest.skip("there is no synthetic corpus in recordings/synthetic")
    (recordings / "synthetic").mkdir()
    for clip in clips:
        shutil.copy(clip, recordings / "synthetic")
    return len(clips)


def test_synthetic_voices_stand_in(some_voices, recordings, monkeypatch, capsys):
    monkeypatch.setenv("FSDD_ARCHIVE", closed_port())
    start = time.monotonic()
    clips = helpers.load_recordings("auto")
    assert time.monotonic() - start < 5
    assert clips.attrs["corpus"] == "synthetic"
    assert len(clips) == some_voices
    notice = capsys.readouterr().out
    for words in (
        "SYNTHETIC VOICES",
        "could not be downloaded",
        "FSDD_ARCHIVE",
        fetching.ARCHIVES["fsdd"].url,
    ):
        assert words in notice
    helpers.claims_about(clips)
    helpers.claim("Six speakers.", False)
    assert "not checked" in capsys.readouterr().out


def test_who_asks_for_fsdd_gets_no_stand_in(some_voices, monkeypatch):
    monkeypatch.setenv("FSDD_ARCHIVE", closed_port())
    with pytest.raises(helpers.FetchError):
        helpers.load_recordings("fsdd")


# --- What was checked need not be read again ---


def test_the_bytes_of_what_is_right_are_handed_on(fetch, recordings):
    contents = {}
    assert CHANGED in fetching.missing_recordings("fsdd", contents)
    assert contents == {FIRST: FILES[FIRST]}
    fetch(ARCHIVE)
    assert fetch_recordings(contents=contents) == recordings
    assert contents == FILES


# --- The real archive ---


def test_the_dataset_itself(tmp_path, monkeypatch):
    if not os.environ.get("FSDD_ARCHIVE"):
        if not fetching.missing_recordings():
            return  # all 3,000 lie in recordings/ and have just been checked
        pytest.skip("FSDD is not in recordings/, and FSDD_ARCHIVE is not set")
    shutil.copy(fetching.RECORDINGS / "registry.txt", tmp_path)
    monkeypatch.setattr(fetching, "RECORDINGS", tmp_path)
    fetch_recordings()
    assert len(list(tmp_path.glob("*.wav"))) == 3000
    assert not fetching.missing_recordings()
