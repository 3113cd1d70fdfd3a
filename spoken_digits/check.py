"""Is this machine ready for a lesson? `make check`, or `python -m spoken_digits.check`.

As far as can be with the standard library alone: it also runs where nothing is installed yet.
"""

import csv
import os
import platform
import re
import shutil
import sys
from collections import Counter
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PYTHONS = [(3, 11), (3, 12), (3, 13)]
BROWSERS = {  # by their commands, and by where they lie on macOS and Windows
    "Chromium": ["chromium", "chromium-browser"],
    "Chrome": [
        "google-chrome",
        "google-chrome-stable",
        "/Applications/Google Chrome.app",
        "Google/Chrome/Application/chrome.exe",
    ],
    "Firefox": ["firefox", "/Applications/Firefox.app", "Mozilla Firefox/firefox.exe"],
    "Safari": ["/Applications/Safari.app"],
    "Edge": ["microsoft-edge", "Microsoft/Edge/Application/msedge.exe"],
}
DISK_INSTALLED, DISK_BEFORE = 0.5, 4  # GB
SOUND_CARDS = Path("/proc/asound/pcm")  # of Linux
# The notebooks of the 90 minutes that TEACHING.md has open at once, before and after a clearing.
AT_ONCE = [["01", "02", "04"], ["01", "07", "10"]]
SPARE = 4 / 3  # for JupyterLab and the browser, as docs/hub.md has it

MARKS = {"good": "✔", "unsure": "?", "missing": "✘"}
LETTERS = {"good": "OK", "unsure": " ?", "missing": "NO"}
RED, GREEN, YELLOW, PLAIN = "\033[31m", "\033[32m", "\033[33m", "\033[0m"
COLOURS = {"good": GREEN, "unsure": YELLOW, "missing": RED}


class Finding(NamedTuple):
    """What was looked at, what was found, what to do, and whether a lesson can do without."""

    name: str
    found: str
    remedy: str = ""
    unsure: bool = False

    def grade(self):
        return "unsure" if self.unsure else "missing" if self.remedy else "good"


def python_found(version=sys.version_info):
    found = ".".join(str(part) for part in version[:3])
    known = tuple(version[:2]) in PYTHONS
    return Finding("Python", found, "" if known else "install Python 3.11, 3.12 or 3.13")


def pins(root=ROOT):
    """Package -> version, as requirements.txt has it."""
    text = (root / "requirements.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w.-]+)==([\w.]+)", text, re.MULTILINE))


def packages_found(wanted):
    """Which packages of a dict, name -> version, are there in that version."""
    there = {name: installed(name) for name in wanted}
    wrong = [
        f"{name} is {there[name]}, not {version}" if there[name] else f"{name} is missing"
        for name, version in wanted.items()
        if there[name] != version
    ]
    found = f"{len(wanted) - len(wrong)} of {len(wanted)} as pinned"
    if not wrong:
        return Finding("Packages", found)
    more = f" and {len(wrong) - 2} more" if len(wrong) > 2 else ""
    return Finding(
        "Packages",
        f"{found}: {', '.join(wrong[:2])}{more}",
        "run make lab with a network; under conda, create the environment again",
    )


def installed(name):
    """The version of an installed package, or None."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def memory_found(gigabytes):
    """Whether the memory that is free will do. `gigabytes`: a dict, notebook -> what it takes."""
    try:
        import psutil
    except ModuleNotFoundError:
        found = "cannot be told before the packages are installed"
        return Finding("Memory", found, unsure=True)
    memory = psutil.virtual_memory()
    whole, free = memory.total / 1e9, memory.available / 1e9
    one = max(gigabytes.values())
    together = max(sum(gigabytes[number] for number in numbers) for numbers in AT_ONCE)
    found = (
        f"{free:.1f} of {whole:.1f} GB free; one notebook takes up to {one:.1f} GB, "
        f"those open at once in the 90 minutes {together:.1f} GB"
    )
    if free >= max(one, together * SPARE):
        return Finding("Memory", found)
    if free >= one:
        more = f"for the 90 minutes, have a third more free, {together * SPARE:.1f} GB"
        remedy = f"{more}: close other programs, and kernels that you no longer use"
        return Finding("Memory", found, remedy, unsure=True)
    if whole > one + 2:
        return Finding("Memory", found, "close other programs and other kernels")
    return Finding("Memory", found, "take another computer, or leave out the hungriest notebooks")


def disk_found(is_installed, folder=ROOT):
    free = shutil.disk_usage(folder).free / 1e9
    needed = DISK_INSTALLED if is_installed else DISK_BEFORE
    remedy = "" if free >= needed else f"make room: {needed} GB are needed"
    return Finding("Free disk", f"{free:.0f} GB", remedy)


def recordings_found(is_installed):
    """Which recordings are in place; those of FSDD are compared with their checksums."""
    if not is_installed:
        found = "are looked at once the packages are installed"
        return Finding("Recordings", found, unsure=True)
    from .fetching import missing_recordings, recordings_folder, registry

    whole, missing = len(registry()), len(missing_recordings())
    names, folder = registry("people"), recordings_folder("people")
    people = sum((folder / name).is_file() for name in names)
    found = f"FSDD {whole - missing:,} of {whole:,}; people, which no notebook needs, {people:,}"
    command = 'python -c "import helpers; helpers.load_recordings()"'
    with_network = f"with a network, run make lab, or under conda: {command}"
    remedy = f"{with_network}; without one, see docs/troubleshooting.md"
    return Finding("Recordings", found, remedy if missing else "")


def browser_found(places=BROWSERS):
    roots = [os.environ.get(name, "") for name in ("PROGRAMFILES", "PROGRAMFILES(X86)")]
    found = [
        browser
        for browser, names in places.items()
        if any(
            shutil.which(name) or Path(name).is_dir() or Path(root, name).is_file()
            for name in names
            for root in roots
        )
    ]
    if found:
        return Finding("Browser", ", ".join(found))
    nothing = "none was seen here; any that is up to date will do, on any machine"
    return Finding("Browser", nothing, unsure=True)


def microphone_found(cards=SOUND_CARDS):
    seen = "not looked for on this system"
    if cards.parent.parent.is_dir() and platform.system() == "Linux":
        lines = cards.read_text() if cards.is_file() else ""
        seen = "one is there" if "capture" in lines else "none is seen on this machine"
    rights = "No program can tell whether the browser may use it: press Record in notebook 10"
    return Finding("Microphone", f"{seen}. {rights}", unsure=seen != "one is there")


def minutes_found(is_installed):
    """The minutes that each notebook will take here, from a five-second measurement."""
    name = "Minutes"
    if not is_installed:
        return Finding(name, "are measured once the packages are installed", unsure=True)
    from .costs import expected_seconds, load_costs, speed, stale

    costs, fast = load_costs(), speed()
    minutes = (expected_seconds(costs, fast) / 60).map("{:.1f}".format)
    each = ", ".join(f"{number}: {text}" for number, text in minutes.items())
    unknown = stale(costs)
    more = f"; not measured as they are now: {', '.join(unknown)}" if unknown else ""
    return Finding(name, f"{each}{more}; training at {fast:,.0f} clips a second")


def recorded_gigabytes(root=ROOT):
    """Notebook -> the GB of memory that it takes, as recorded."""
    with (root / "results" / "notebooks.csv").open(encoding="utf-8", newline="") as file:
        return {row["notebook"]: int(row["megabytes"]) / 1000 for row in csv.DictReader(file)}


def findings():
    """All findings, one after another."""
    yield python_found()
    packages = packages_found(pins())
    yield packages
    is_installed = installed("tensorflow") is not None and installed("psutil") is not None
    yield memory_found(recorded_gigabytes())
    yield disk_found(is_installed)
    yield recordings_found(is_installed)
    yield browser_found()
    yield microphone_found()
    yield minutes_found(is_installed)


def line(finding, marks, colours):
    """A finding as a line of text, and a second one that says what to do."""
    grade = finding.grade()
    colour, plain = (COLOURS[grade], PLAIN) if colours else ("", "")
    mark, found = marks[grade], f" {finding.name + ':':12}{finding.found}"
    remedy = f"{'':{len(mark) + 13}}-> {finding.remedy}"
    if grade == "missing":
        return f"{colour}{mark}{found}{plain}\n{colour}{remedy}{plain}"
    return f"{colour}{mark}{plain}{found}" + (f"\n{remedy}" if finding.remedy else "")


def marks_for(encoding):
    """The marks of the lines: letters where the encoding has no ticks, as that of Windows' files.

    Put in by "replace", a tick would become a question mark, which means something else here.
    """
    try:
        "".join(MARKS.values()).encode(encoding)
    except UnicodeEncodeError:
        return LETTERS
    return MARKS


def release(root=ROOT):
    """The version of the series, from pyproject.toml."""
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    return re.search(r'^version = "(.+)"$', text, re.MULTILINE)[1]


def main():
    """Print what was found. Returns the exit status: 1 where something is missing."""
    colours = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    marks = marks_for(sys.stdout.encoding)
    system = f"{platform.system()} {platform.release()}, {platform.machine()}"
    print(f"Spoken digits {release()} on {system}, {os.cpu_count()} cores")
    counts = Counter()
    for finding in findings():
        print(line(finding, marks, colours), flush=True)
        counts[finding.grade()] += 1
    missing, unsure = counts["missing"], counts["unsure"]
    if missing:
        print(f"Not ready yet: {lines(missing)} with {marks['missing']} above.")
        return 1
    more = f" Worth a look: {lines(unsure)} with ? above." if unsure else ""
    print(f"Ready for the lesson.{more}")
    return 0


def lines(count):
    return f"{count} line{'s' * (count > 1)}"


if __name__ == "__main__":
    sys.exit(main())
