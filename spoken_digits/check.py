"""Is this machine ready for a lesson? `make check`, or `python -m spoken_digits.check`.

As far as can be with the standard library alone: it also runs where nothing is installed yet.
"""

import csv
import os
import platform
import re
import shutil
import sys
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
RED, GREEN, PLAIN = "\033[31m", "\033[32m", "\033[0m"


class Finding(NamedTuple):
    """What was looked at, what was found, and what to do: "" where nothing is missing."""

    name: str
    found: str
    remedy: str = ""


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


def memory_found(needed):
    """Whether there are that many GB of memory, and how many are free."""
    try:
        import psutil
    except ModuleNotFoundError:
        return Finding("Memory", "cannot be told before the packages are installed")
    memory = psutil.virtual_memory()
    whole, free = memory.total / 1e9, memory.available / 1e9
    found = f"{free:.1f} of {whole:.1f} GB free; the hungriest notebook takes {needed:.1f} GB"
    if free >= needed:
        return Finding("Memory", found)
    if whole > needed + 2:
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
        return Finding("Recordings", "are looked at once the packages are installed")
    from .fetching import missing_recordings, recordings_folder, registry

    whole, missing = len(registry()), len(missing_recordings())
    names, folder = registry("people"), recordings_folder("people")
    people = sum((folder / name).is_file() for name in names)
    found = f"FSDD {whole - missing:,} of {whole:,}; people, which no notebook needs, {people:,}"
    remedy = "run make lab with a network, or see docs/troubleshooting.md" if missing else ""
    return Finding("Recordings", found, remedy)


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
    return Finding("Browser", "none was seen here; any that is up to date will do, on any machine")


def microphone_found(cards=SOUND_CARDS):
    seen = "not looked for on this system"
    if cards.parent.parent.is_dir() and platform.system() == "Linux":
        lines = cards.read_text() if cards.is_file() else ""
        seen = "one is there" if "capture" in lines else "none is seen on this machine"
    rights = "No program can tell whether the browser may use it: press Record in notebook 10"
    return Finding("Microphone", f"{seen}. {rights}")


def minutes_found(is_installed):
    """The minutes that each notebook will take here, from a five-second measurement."""
    name = "Minutes"
    if not is_installed:
        return Finding(name, "are measured once the packages are installed")
    from .costs import expected_seconds, load_costs, speed, stale

    costs, fast = load_costs(), speed()
    minutes = (expected_seconds(costs, fast) / 60).map("{:.1f}".format)
    each = ", ".join(f"{number}: {text}" for number, text in minutes.items())
    unknown = stale(costs)
    more = f"; not measured as they are now: {', '.join(unknown)}" if unknown else ""
    return Finding(name, f"{each}{more}; training at {fast:,.0f} clips a second")


def hungriest(root=ROOT):
    """The GB of memory of the notebook that takes most, as recorded."""
    with (root / "results" / "notebooks.csv").open(encoding="utf-8", newline="") as file:
        return max(int(row["megabytes"]) for row in csv.DictReader(file)) / 1000


def findings():
    """All findings, one after another."""
    yield python_found()
    packages = packages_found(pins())
    yield packages
    is_installed = installed("tensorflow") is not None and installed("psutil") is not None
    yield memory_found(hungriest())
    yield disk_found(is_installed)
    yield recordings_found(is_installed)
    yield browser_found()
    yield microphone_found()
    yield minutes_found(is_installed)


def line(finding, colours):
    """A finding as a line of text, and a second one that says what to do."""
    red, green, plain = (RED, GREEN, PLAIN) if colours else ("", "", "")
    if not finding.remedy:
        return f"{green}✔{plain} {finding.name + ':':12}{finding.found}"
    return (
        f"{red}✘ {finding.name + ':':12}{finding.found}{plain}\n"
        f"{red}  {'':12}-> {finding.remedy}{plain}"
    )


def release(root=ROOT):
    """The version of the series, from pyproject.toml."""
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    return re.search(r'^version = "(.+)"$', text, re.MULTILINE)[1]


def main():
    """Print what was found. Returns the exit status: 1 where something is missing."""
    colours = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    system = f"{platform.system()} {platform.release()}, {platform.machine()}"
    print(f"Spoken digits {release()} on {system}, {os.cpu_count()} cores")
    missing = 0
    for finding in findings():
        print(line(finding, colours), flush=True)
        missing += bool(finding.remedy)
    if missing:
        print(f"Not ready yet: {missing} line{'s' * (missing > 1)} with ✘ above.")
        return 1
    print("Ready for the lesson.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
