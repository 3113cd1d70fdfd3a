"""One folder for a memory stick, from which `make lab` works with no network: `make offline`.

It holds this series, its edition for learners, the packages as wheels for this system and this
Python, and the recordings.
"""

import platform
import shutil
import subprocess
import sys
import sysconfig
import tarfile

from .editions import BUILD, NBGRADER, emptied, nbgrader_preprocessors, write_student
from .fetching import RECORDINGS, fetch_recordings, registry

ROOT = RECORDINGS.parent
LISTS = ["-r", "requirements.txt", "-c", "requirements-lock.txt"]
LISTS += ["-r", "requirements-nbgrader.txt", "-r", "requirements-sphinx.txt"]
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
READ_ME = """\
Spoken digits, for a computer without a network

1. Copy this whole folder to the computer. It needs 5 GB of free disk.
2. In a terminal, go into the copy and type:  make lab NOTEBOOKS=build/student

That opens the notebooks as a class gets them, without solutions and outputs. "make lab" alone
opens those in the folder "notebooks", which have both.

The packages in the folder "offline" are for {made_for}.
They do not fit another system or another Python. Where "make lab" takes the wrong Python, name the
right one:  make lab PYTHON=/path/to/python{version}

Whoever has the series already needs only the folder "offline":
make lab OFFLINE=/path/to/the/stick/spoken-digits/offline

Without make, four lines do the same with Python {version}. They were tried on Linux. On Windows,
write .venv\\Scripts for .venv/bin, and in place of the third line:
set FSDD_ARCHIVE=%CD%\\offline\\recordings.tar

{without_make}
The recordings are those of the Free Spoken Digit Dataset, CC BY-SA 4.0: see recordings/LICENSE.
"""
WITHOUT_MAKE = """\
python -m venv .venv
.venv/bin/python -m pip install --no-index --find-links offline/wheels \
-r requirements.txt -c requirements-lock.txt -e .
export FSDD_ARCHIVE="$PWD/offline/recordings.tar"
.venv/bin/jupyter lab build/student
"""


def gather(build=BUILD, root=ROOT, lists=LISTS):
    """Write the folder anew, but keep wheels that are there already. Returns it.

    `lists` is what pip gets to know what to fetch. Raises SystemExit with a sentence where git or
    pip cannot do it, and FetchError where the recordings cannot be brought. The edition for
    learners is that of `make student`, at the same place: build/student.
    """
    folder = build / "offline" / "spoken-digits"
    wheels = build / "offline" / "wheels"  # outside, while the folder is made anew
    if (folder / "offline" / "wheels").is_dir():
        shutil.rmtree(wheels, ignore_errors=True)
        (folder / "offline" / "wheels").rename(wheels)
    fetch_wheels(wheels, root, lists)
    bring_nbgrader(wheels, root)
    copy_series(root, emptied(folder))
    write_student(folder / "build")
    (folder / "offline").mkdir()
    wheels.rename(folder / "offline" / "wheels")
    pack_recordings(folder / "offline" / "recordings.tar")
    text = READ_ME.format(made_for=made_for(), version=version(), without_make=WITHOUT_MAKE)
    (folder / "READ_ME_FIRST.txt").write_text(text, encoding="utf-8")
    (folder / "offline" / "made_for").write_text(f"{made_for()}\n", encoding="utf-8")
    return folder


def version():
    return "{}.{}".format(*sys.version_info)


def made_for():
    """The system and the Python that the wheels are for, in words."""
    system = {"Darwin": "macOS"}.get(platform.system(), platform.system())
    return f"{system} ({sysconfig.get_platform()}) with Python {version()}"


def fetch_wheels(folder, root, lists):
    """Bring all packages and what they bring along; what comes as source is built."""
    command = [*PIP, "wheel", "--quiet"]
    command += ["--wheel-dir", str(folder), "--find-links", str(folder), *lists]
    folder.mkdir(parents=True, exist_ok=True)
    if subprocess.run(command, cwd=root).returncode:
        sys.exit("The packages could not all be fetched: the reason stands above.")


def bring_nbgrader(wheels, root):
    """Install nbgrader from the wheels where `make student` has not yet: it makes the edition."""
    try:
        nbgrader_preprocessors()
    except ModuleNotFoundError:
        command = [*PIP, "install", "--quiet", "--no-index", "--find-links", str(wheels)]
        command += ["--target", str(NBGRADER), "--no-deps", "-r", "requirements-nbgrader.txt"]
        if subprocess.run(command, cwd=root).returncode:
            sys.exit("nbgrader could not be installed: the reason stands above.")


def copy_series(root, folder):
    """Copy what git knows, and new files that it does not ignore: nobody's own recordings."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        sys.exit("make offline needs a clone made with git, to know what belongs to the series.")
    for name in done.stdout.decode().split("\0"):
        source = root / name
        if name and source.is_file() and not source.is_symlink():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / name)


def pack_recordings(path):
    """Write the 3,000 recordings of FSDD to a tar archive: one file is quicker to copy."""
    fetch_recordings()
    with tarfile.open(path, "w") as archive:
        for name in registry():
            archive.add(RECORDINGS / name, name)


def size(folder):
    """The bytes of all files in a folder and below."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    made = gather()
    print(f"{size(made) / 1e9:.1f} GB for {made_for()} are in {made.relative_to(ROOT)}")
    print("Copy that folder to a memory stick. Its READ_ME_FIRST.txt says how to go on.")
