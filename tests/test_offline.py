"""`make offline`: one folder with the series, the wheels and the recordings, and nobody's own."""

import subprocess
import sys
import tarfile
import zipfile

import pytest

from spoken_digits import fetching, offline

NAME = "tiny_package-1.0-py3-none-any.whl"
METADATA = "Metadata-Version: 2.1\nName: tiny-package\nVersion: 1.0\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: a test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


@pytest.fixture
def shelf(tmp_path):
    """A folder that stands in for the registry of packages: it has one tiny package."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    with zipfile.ZipFile(folder / NAME, "w") as wheel:
        wheel.writestr("tiny_package.py", "")
        wheel.writestr("tiny_package-1.0.dist-info/METADATA", METADATA)
        wheel.writestr("tiny_package-1.0.dist-info/WHEEL", WHEEL)
        wheel.writestr("tiny_package-1.0.dist-info/RECORD", "")
    return folder


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A small clone with two recordings, one's own voice, and a file that git does not know yet."""
    root = tmp_path / "clone"
    (root / "recordings" / "mine").mkdir(parents=True)
    for name in ("0_a_0.wav", "1_a_0.wav", "mine/0_me_0.wav"):
        (root / "recordings" / name).write_bytes(name.encode())
    (root / ".gitignore").write_text("recordings/*.wav\nrecordings/mine/\n")
    (root / "Makefile").write_text("lab:\n")
    (root / "new.txt").write_text("not yet committed\n")
    (root / "requirements.txt").write_text("tiny-package==1.0\n")
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    subprocess.run(["git", "add", "Makefile", "requirements.txt", ".gitignore"], cwd=root)
    monkeypatch.setattr(offline, "RECORDINGS", root / "recordings")
    monkeypatch.setattr(offline, "fetch_recordings", lambda: None)
    monkeypatch.setattr(offline, "registry", lambda: ["0_a_0.wav", "1_a_0.wav"])
    return root


def gather(clone, shelf):
    lists = ["-r", "requirements.txt", "--no-index", "--find-links", str(shelf)]
    return offline.gather(clone.parent / "build", clone, lists)


def test_the_folder_holds_the_series_the_wheels_and_the_recordings(clone, shelf):
    folder = gather(clone, shelf)
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert files == {
        "Makefile",
        "requirements.txt",
        ".gitignore",
        "new.txt",
        "READ_ME_FIRST.txt",
        "offline/made_for",
        "offline/recordings.tar",
        f"offline/wheels/{NAME}",
    }
    with tarfile.open(folder / "offline" / "recordings.tar") as archive:
        assert archive.getnames() == ["0_a_0.wav", "1_a_0.wav"]
    assert offline.made_for() in (folder / "READ_ME_FIRST.txt").read_text(encoding="utf-8")
    assert not list((clone.parent / "build").glob("offline/wheels"))


def test_a_second_time_needs_no_network(clone, shelf):
    gather(clone, shelf)
    (shelf / NAME).unlink()
    (clone / "Makefile").write_text("lab: setup\n")
    folder = gather(clone, shelf)
    assert (folder / "offline" / "wheels" / NAME).is_file()
    assert (folder / "Makefile").read_text() == "lab: setup\n"


def test_a_package_that_cannot_be_had_is_told(clone, shelf):
    (clone / "requirements.txt").write_text("no-such-package==1.0\n")
    with pytest.raises(SystemExit, match="could not all be fetched"):
        gather(clone, shelf)


def test_without_git_it_says_what_it_needs(clone, shelf, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(clone.parent))
    (clone / ".git").rename(clone.parent / "elsewhere")
    with pytest.raises(SystemExit, match="needs a clone made with git"):
        gather(clone, shelf)


def test_the_archive_is_one_that_the_recordings_can_be_taken_from(fsdd, tmp_path, monkeypatch):
    path = tmp_path / "recordings.tar"
    offline.pack_recordings(path)
    new = tmp_path / "recordings"
    new.mkdir()
    (new / "registry.txt").write_bytes((fetching.RECORDINGS / "registry.txt").read_bytes())
    monkeypatch.setattr(fetching, "RECORDINGS", new)
    monkeypatch.setenv("FSDD_ARCHIVE", str(path))
    fetching.fetch_recordings()
    assert fetching.missing_recordings() == {}


def test_wheels_are_for_this_python():
    assert f"Python {sys.version_info[0]}.{sys.version_info[1]}" in offline.made_for()
