"""Fetching the recordings, with all that can go wrong, against a real server on the loopback."""

import errno
import functools
import gzip
import hashlib
import io
import itertools
import os
import shutil
import socket
import subprocess
import sys
import tarfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pooch
import pytest

import helpers
from spoken_digits import fetching
from spoken_digits.fetching import FetchError, fetch_recordings

ROOT = Path(__file__).parents[1]
RANDOM = np.random.default_rng(0)
FILES = {f"{digit}_anna_{take}.wav": RANDOM.bytes(5000) for digit in range(10) for take in range(3)}
FIRST, CHANGED, *_, LAST = FILES
IMPORT = (
    "import sys, pathlib; from spoken_digits import fetching; "
    "fetching.RECORDINGS = pathlib.Path(sys.argv[1]); "
)


def member(name, content=b"", **fields):
    """One member of a tar archive."""
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, content


def pack(members, mode="w:gz"):
    """The bytes of an archive."""
    packed = io.BytesIO()
    blocks = {"compresslevel": 1} if mode == "w:bz2" else {}  # small, so that there are several
    with tarfile.open(fileobj=packed, mode=mode, **blocks) as archive:
        for info, content in members:
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


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
    """A function that fetches from a path or URL, or from bytes saved as a file."""

    def run(source):
        if isinstance(source, bytes):
            (recordings.parent / "archive.tar.gz").write_bytes(source)
            source = recordings.parent / "archive.tar.gz"
        monkeypatch.setenv("FSDD_ARCHIVE", str(source))
        return fetch_recordings()

    return run


def snapshot(folder):
    """All that lies in a folder, but for the lock."""
    paths = [path for path in folder.rglob("*") if path.name != ".lock"]
    return {str(path): path.is_file() and path.read_bytes() for path in paths}


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


# --- A server ---


def answer(body=ARCHIVE, status=200, kind="application/gzip", cut=None, pause=0):
    """A function that answers a request, perhaps with less than it promised, perhaps slowly."""

    def reply(request):
        request.send_response(status)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        for start in range(0, len(body[:cut]), 4096):
            request.wfile.write(body[:cut][start : start + 4096])
            time.sleep(pause)

    return reply


@pytest.fixture
def serve():
    """A function that starts a server and returns it; `.url` and `.requests` say the rest."""
    servers = []

    def start(reply):
        def do_get(request):
            server.requests += 1
            reply(request)

        methods = {"do_GET": do_get, "log_message": lambda *_: None}
        handler = type("Handler", (BaseHTTPRequestHandler,), methods)
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.requests = 0
        server.handle_error = lambda *_: None  # a client that is gone
        server.url = f"http://127.0.0.1:{server.server_port}/v1.0.10.tar.gz"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/v1.0.10.tar.gz"


# --- What goes well ---


def test_a_download_arrives(serve, fetch, recordings):
    server = serve(answer())
    assert fetch(server.url) == recordings
    assert is_complete(recordings)
    fetch(server.url)
    assert server.requests == 1  # what is right is not fetched again


@pytest.mark.parametrize("value", ["", None])
def test_without_a_variable_the_public_archive_is_fetched(serve, recordings, monkeypatch, value):
    monkeypatch.setattr(fetching, "FSDD_URL", serve(answer()).url)
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


# --- Faults of the network ---


@pytest.mark.parametrize("cut", [0, 1, 1000, len(ARCHIVE) // 2, len(ARCHIVE) - 1])
def test_a_dropped_connection(serve, fetch, cut):
    check_fault(fetch, serve(answer(cut=cut)).url, "could not be downloaded", "127.0.0.1")


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

    check_fault(fetch, serve(reply).url, "could not be downloaded")


def test_a_closed_port(fetch):
    check_fault(fetch, closed_port(), "could not be downloaded")


def test_a_silent_server(serve, fetch, monkeypatch):
    timeouts = []

    def impatient(**options):
        timeouts.append(options.pop("timeout"))
        return downloader(timeout=0.2, **options)

    downloader = pooch.HTTPDownloader
    monkeypatch.setattr(pooch, "HTTPDownloader", impatient)
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


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", gzip.compress(b"no tar"), b"\0" * 20_000])
def test_what_is_no_archive(fetch, content):
    check_fault(fetch, content, "archive.tar.gz")


def test_a_missing_archive(fetch, tmp_path):
    check_fault(fetch, tmp_path / "absent.tar.gz", "absent.tar.gz", "FSDD_ARCHIVE")


def test_a_folder_instead(fetch, tmp_path):
    check_fault(fetch, tmp_path, str(tmp_path))


LINKS = {
    "symlink": {"type": tarfile.SYMTYPE, "linkname": "../registry.txt"},
    "hard-link": {"type": tarfile.LNKTYPE, "linkname": "fsdd/recordings/" + FIRST},
    "device": {"type": tarfile.CHRTYPE, "devmajor": 1, "devminor": 5},
    "fifo": {"type": tarfile.FIFOTYPE},
    "folder": {"type": tarfile.DIRTYPE},
}
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
    info, content = stranger
    outside = tmp_path / "outside"
    outside.mkdir()
    info = info.replace(
        name=info.name.format(outside=outside), linkname=info.linkname.format(outside=outside)
    )
    members = [(info, content), *dataset()]
    fetch(pack(members if where == "first" else members[1:] + members[:1]))
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
    server = serve(answer(pause=0.02))
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
    server = serve(answer(pause=1))
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
        (pooch.HTTPDownloader, "__call__", 1, errno.ENOSPC, "disk is full"),
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
    check_fault(fetch, serve(answer()).url, words)


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
    for words in ("SYNTHETIC VOICES", "could not be downloaded", "FSDD_ARCHIVE", fetching.FSDD_URL):
        assert words in notice
    helpers.claims_about(clips)
    helpers.claim("Six speakers.", False)
    assert "not checked" in capsys.readouterr().out


def test_who_asks_for_fsdd_gets_no_stand_in(some_voices, monkeypatch):
    monkeypatch.setenv("FSDD_ARCHIVE", closed_port())
    with pytest.raises(helpers.FetchError):
        helpers.load_recordings("fsdd")


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
