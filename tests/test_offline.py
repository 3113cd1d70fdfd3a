"""`make offline`: one folder with the series, its edition for learners, the wheels and the
recordings, and nobody's own."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from spoken_digits import editions, fetching, offline

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
    monkeypatch.setattr(offline, "nbgrader_preprocessors", lambda: None)
    monkeypatch.setattr(offline, "write_student", write_one)
    return root


def write_one(build):
    """Stands in for the edition for learners."""
    (build / "student").mkdir(parents=True)
    (build / "student" / "01.ipynb").write_text("{}")


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
        "build/student/01.ipynb",
        "offline/made_for",
        "offline/recordings.tar",
        f"offline/wheels/{NAME}",
    }
    with tarfile.open(folder / "offline" / "recordings.tar") as archive:
        assert archive.getnames() == ["0_a_0.wav", "1_a_0.wav"]
    assert offline.made_for() in (folder / "READ_ME_FIRST.txt").read_text(encoding="utf-8")
    assert not list((clone.parent / "build").glob("offline/wheels"))


def test_the_edition_for_learners_is_that_of_make_student(clone, shelf, tmp_path, monkeypatch):
    try:
        editions.nbgrader_preprocessors()
    except ModuleNotFoundError as error:
        pytest.skip(str(error))
    monkeypatch.setattr(offline, "write_student", editions.write_student)
    ours = gather(clone, shelf) / "build" / "student"
    made = editions.write_student(tmp_path)
    files = {path.name: path.read_bytes() for path in made.iterdir()}
    assert files and {path.name: path.read_bytes() for path in ours.iterdir()} == files


def test_nbgrader_is_taken_from_the_wheels_where_it_is_not_there_yet(clone, shelf, monkeypatch):
    def missing():
        raise ModuleNotFoundError("nbgrader")

    monkeypatch.setattr(offline, "nbgrader_preprocessors", missing)
    monkeypatch.setattr(offline, "NBGRADER", clone.parent / "beside")
    (clone / "requirements-nbgrader.txt").write_text("tiny-package==1.0\n")
    gather(clone, shelf)
    assert (clone.parent / "beside" / "tiny_package.py").is_file()
    (clone / "requirements-nbgrader.txt").write_text("no-such-package==1.0\n")
    with pytest.raises(SystemExit, match="nbgrader could not be installed"):
        gather(clone, shelf)


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


# --- `make lab` with the network shut off: the real Makefile, venv and pip, and tiny packages ---

BACKEND = """\
import zipfile

def build_editable(folder, config_settings=None, metadata_directory=None):
    with zipfile.ZipFile(f"{folder}/tiny_series-1.0-py3-none-any.whl", "w") as wheel:
        for name, text in {"METADATA": METADATA, "WHEEL": WHEEL, "RECORD": ""}.items():
            wheel.writestr(f"tiny_series-1.0.dist-info/{name}", text)
    return "tiny_series-1.0-py3-none-any.whl"

"""
HELPERS = """\
import os, pathlib, tarfile

def load_recordings():
    kept = pathlib.Path("recordings.txt")
    if not kept.exists():
        kept.write_text(" ".join(tarfile.open(os.environ["FSDD_ARCHIVE"]).getnames()))
    return kept.read_text().split()
"""
PROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "tiny-series"
version = "1.0"
"""
LAB = """\
import sys

def main():
    print("LAB", *sys.argv[1:])

if __name__ == "__main__":
    main()
"""
PROBE = "import socket; socket.create_connection(('192.0.2.1', 9), timeout=1)"


@pytest.fixture
def shut_off():
    """What to put before a command, so that it has no network at all."""
    before = (
        ["unshare", "-n"] if hasattr(os, "geteuid") and not os.geteuid() else ["unshare", "-rn"]
    )
    if not (shutil.which("unshare") and shutil.which("make")):
        pytest.skip("there is no unshare or no make here")
    probe = subprocess.run([*before, sys.executable, "-c", PROBE], capture_output=True, text=True)
    if "unreachable" not in probe.stderr:
        pytest.skip("this machine lets nobody shut off the network")
    return before


@pytest.fixture
def room(tmp_path):
    """An empty clone, and a stick beside it with a JupyterLab that says what it was told."""
    root, stick = tmp_path / "clone", tmp_path / "a stick" / "offline"
    (stick / "wheels").mkdir(parents=True)
    root.mkdir()
    with zipfile.ZipFile(stick / "wheels" / "jupyterlab-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("jupyterlab/__init__.py", "")
        wheel.writestr("jupyterlab/labextensions.py", "")
        wheel.writestr("jupyterlab/__main__.py", LAB)
        wheel.writestr(
            "jupyterlab-1.0.dist-info/entry_points.txt",
            "[console_scripts]\njupyter = jupyterlab.__main__:main\n",
        )
        metadata = METADATA.replace("tiny-package", "jupyterlab")
        wheel.writestr("jupyterlab-1.0.dist-info/METADATA", metadata)
        wheel.writestr("jupyterlab-1.0.dist-info/WHEEL", WHEEL)
        wheel.writestr("jupyterlab-1.0.dist-info/RECORD", "")
    (root / "0_a_0.wav").write_bytes(b"")
    with tarfile.open(stick / "recordings.tar", "w") as archive:
        archive.add(root / "0_a_0.wav", "0_a_0.wav")
    constants = (
        f"METADATA = {METADATA.replace('tiny-package', 'tiny-series')!r}\nWHEEL = {WHEEL!r}\n"
    )
    texts = {"backend.py": BACKEND + constants, "helpers.py": HELPERS, "pyproject.toml": PROJECT}
    texts |= {"requirements.txt": "jupyterlab==1.0\n", "requirements-lock.txt": ""}
    for name, text in texts.items():
        (root / name).write_text(text)
    shutil.copy(Path(__file__).parents[1] / "Makefile", root)
    return root


@pytest.fixture
def env():
    """The environment of somebody who has set nothing."""
    ours = ("PYTHONPATH", "FSDD_ARCHIVE")
    env = {
        name: value
        for name, value in os.environ.items()
        if name not in ours and not name.startswith(("PIP_", "MAKE"))
    }
    return env | {"PIP_CONFIG_FILE": os.devnull, "PIP_RETRIES": "0"}  # it may name a folder at hand


def test_make_lab_works_from_the_stick_and_a_second_time_without_it(room, shut_off, env):
    lab = [*shut_off, "make", "lab", f"PYTHON={sys.executable}"]

    done = subprocess.run(lab, cwd=room, env=env, capture_output=True, text=True)
    assert done.returncode != 0 and "The packages are not all installed" in done.stderr
    stick = room.parent / "a stick" / "offline"
    done = subprocess.run(
        [*lab, f"OFFLINE={stick}"], cwd=room, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "1 recordings are ready." in done.stdout
    assert "LAB --LabApp.default_url=/lab/tree/notebooks/01" in done.stdout
    done = subprocess.run(lab, cwd=room, env=env, capture_output=True, text=True)
    assert done.returncode == 0 and "LAB " in done.stdout, done.stderr
    assert "Installing" not in done.stdout

    lab.append("NOTEBOOKS=build/student/")
    done = subprocess.run(lab, cwd=room, env=env, capture_output=True, text=True)
    assert done.returncode != 0 and "make student makes build/student" in done.stderr
    folder = room / "build" / "student"
    folder.mkdir(parents=True)
    (folder / "01_dataset_exploration.ipynb").touch()
    done = subprocess.run(lab, cwd=room, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "LAB --LabApp.default_url=/lab/tree/build/student/01_dataset" in done.stdout


def test_the_lines_without_make_work_from_the_stick(room, shut_off, env):
    (room.parent / "a stick" / "offline").rename(room / "offline")
    ask = ".venv/bin/python -c 'import helpers; print(helpers.load_recordings())'"
    env["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), env["PATH"]])
    lines = [*shut_off, "sh", "-e", "-c", f"{offline.WITHOUT_MAKE}\n{ask}"]
    done = subprocess.run(lines, cwd=room, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "LAB lab build/student" in done.stdout
    assert "['0_a_0.wav']" in done.stdout
