"""Archives made in memory, and what a server may answer in place of one."""

import io
import socket
import tarfile
import time
import zipfile

from spoken_digits import fetching

LINKS = {
    "symlink": {"type": tarfile.SYMTYPE, "linkname": "../registry.txt"},
    "hard-link": {"type": tarfile.LNKTYPE, "linkname": "fsdd/recordings/0_anna_0.wav"},
    "device": {"type": tarfile.CHRTYPE, "devmajor": 1, "devminor": 5},
    "fifo": {"type": tarfile.FIFOTYPE},
    "folder": {"type": tarfile.DIRTYPE},
}


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


def pack_zip(files, **options):
    """The bytes of a zip, as the dataset's page gives it: name -> content."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", **options) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def pack_with(stranger, where, members, outside):
    """An archive with one more member, "first" or "last"; {outside} in its names is a folder."""
    info, content = stranger
    info = info.replace(
        name=info.name.format(outside=outside), linkname=info.linkname.format(outside=outside)
    )
    stranger = [(info, content)]
    return pack(stranger + members if where == "first" else members + stranger)


def answer(body, status=200, kind="application/gzip", cut=None, pause=0):
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


def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/v1.0.10.tar.gz"


def fetcher(corpus, recordings, monkeypatch):
    """A function that fetches a corpus from a path or URL, or from bytes saved as a file."""

    def run(source):
        if isinstance(source, bytes):
            (recordings.parent / "archive.tar.gz").write_bytes(source)
            source = recordings.parent / "archive.tar.gz"
        monkeypatch.setenv(fetching.ARCHIVES[corpus].variable, str(source))
        return fetching.fetch_recordings(corpus)

    return run


def snapshot(folder):
    """All that lies in a folder, but for the lock."""
    paths = [path for path in folder.rglob("*") if path.name != ".lock"]
    return {str(path): path.is_file() and path.read_bytes() for path in paths}
