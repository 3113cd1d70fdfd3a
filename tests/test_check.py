"""`make check`: what it finds, what it says to do, and when it says that something is missing."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from types import SimpleNamespace

import psutil
import pytest

from spoken_digits import check, costs, fetching
from spoken_digits.check import Finding


@pytest.mark.parametrize(
    ("version", "fits"),
    [((3, 10, 9), False), ((3, 11, 0), True), ((3, 13, 5), True), ((3, 14, 0), False)],
)
def test_a_python_without_tensorflow_is_told(version, fits):
    finding = check.python_found(version)
    assert finding.found == ".".join(map(str, version))
    assert (finding.remedy == "") == fits


def test_packages_are_those_of_requirements():
    wanted = check.pins()
    assert {"tensorflow", "jupyterlab", "psutil"} <= set(wanted)
    finding = check.packages_found({"numpy": check.installed("numpy")})
    assert finding == Finding("Packages", "1 of 1 as pinned")


def test_another_version_and_a_missing_package_are_told():
    wanted = {"numpy": "0.1", "no-such-package": "1.0", "no-second": "1.0"}
    finding = check.packages_found(wanted)
    numpy = f"numpy is {check.installed('numpy')}, not 0.1"
    assert finding.found == f"0 of 3 as pinned: {numpy}, no-such-package is missing and 1 more"
    assert "make lab" in finding.remedy


GIGABYTES = {"01": 1, "02": 1, "04": 2, "06": 3, "07": 2, "10": 1}


@pytest.mark.parametrize(
    ("total", "free", "grade", "remedy"),
    [
        (16, 5.4, "good", ""),
        (16, 5.2, "unsure", "a third more free, 5.3 GB"),  # than 01, 02 and 04 take
        (16, 2, "missing", "close other programs"),
        (4, 2, "missing", "another computer"),
    ],
)
def test_memory(total, free, grade, remedy, monkeypatch):
    memory = SimpleNamespace(total=total * 1e9, available=free * 1e9)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    finding = check.memory_found(GIGABYTES)
    assert f"{free:.1f} of {total:.1f} GB free" in finding.found
    assert "up to 3.0 GB, those open at once in the 90 minutes 4.0 GB" in finding.found
    assert finding.grade() == grade
    assert remedy in finding.remedy and bool(remedy) == bool(finding.remedy)


def test_the_notebooks_that_are_open_at_once_are_those_of_the_90_minutes():
    text = (check.ROOT / "TEACHING.md").read_text(encoding="utf-8")
    part = text.split("\n## Ninety minutes")[1].split("\n## ")[0]
    at_once = [[]]
    for row in re.findall(r"^\| \d+ to .*", part, re.MULTILINE):
        closed = re.search(r"kernels of ([^|]*?) shut down", row)
        if closed:
            assert re.findall(r"\d\d", closed[1]) == sorted(at_once[-1])
            at_once.append([])
        at_once[-1] += set(re.findall(r"\(notebooks/(\d\d)_", row)) - set(at_once[-1])
    assert [sorted(numbers) for numbers in at_once] == check.AT_ONCE


@pytest.mark.parametrize(
    ("free", "is_installed", "enough"), [(1, True, True), (1, False, False), (0.1, True, False)]
)
def test_disk(free, is_installed, enough, monkeypatch):
    monkeypatch.setattr(check.shutil, "disk_usage", lambda _: SimpleNamespace(free=free * 1e9))
    assert (check.disk_found(is_installed).remedy == "") == enough


def test_what_cannot_be_looked_at_yet_has_no_tick():
    assert check.recordings_found(is_installed=False).grade() == "unsure"
    assert check.minutes_found(is_installed=False).grade() == "unsure"


def test_missing_recordings_are_counted(tmp_path, monkeypatch):
    for name in ("registry.txt", "people.txt"):
        (tmp_path / name).write_bytes((fetching.RECORDINGS / name).read_bytes())
    monkeypatch.setattr(fetching, "RECORDINGS", tmp_path)
    finding = check.recordings_found(is_installed=True)
    assert "FSDD 0 of 3,000" in finding.found
    assert finding.grade() == "missing" and "make lab" in finding.remedy


def test_the_command_for_those_without_make_brings_the_recordings(tmp_path, monkeypatch):
    name, clip = "7_anna_0.wav", next((fetching.RECORDINGS / "synthetic").glob("7_*"))
    archive, recordings = tmp_path / "archive", tmp_path / "recordings"
    for folder in (archive, recordings):
        folder.mkdir()
    shutil.copy(clip, archive / name)
    sha256 = hashlib.sha256(clip.read_bytes()).hexdigest()
    (recordings / "registry.txt").write_text(f"{name} {sha256}\n")
    (recordings / "people.txt").touch()
    monkeypatch.setattr(fetching, "RECORDINGS", recordings)
    monkeypatch.setenv("FSDD_ARCHIVE", str(archive))
    (code,) = re.findall('python -c "([^"]+)"', check.recordings_found(is_installed=True).remedy)
    exec(code)
    assert check.recordings_found(is_installed=True).grade() == "good"


def test_a_browser_is_found_by_command_or_by_place(tmp_path):
    place = tmp_path / "Browser.app"
    place.mkdir()
    places = {"By place": [str(place)], "By command": ["sh", "cmd"], "Not there": ["no-such"]}
    finding = check.browser_found(places)
    assert (finding.found, finding.grade()) == ("By place, By command", "good")
    nothing = check.browser_found({"Not there": ["no-such"]})
    assert "any" in nothing.found and nothing.grade() == "unsure"  # it may run on another machine


@pytest.mark.skipif(sys.platform != "linux", reason="sound cards are looked for on Linux alone")
@pytest.mark.parametrize(
    ("cards", "seen", "grade"),
    [
        ("00-00: ALC : ALC : playback 1 : capture 1\n", "one is there", "good"),
        ("", "none is seen", "unsure"),
    ],
)
def test_the_microphone_and_what_cannot_be_known(cards, seen, grade, tmp_path):
    (tmp_path / "asound").mkdir()
    (tmp_path / "asound" / "pcm").write_text(cards)
    finding = check.microphone_found(tmp_path / "asound" / "pcm")
    assert finding.found.startswith(seen)
    assert "No program can tell" in finding.found
    assert finding.grade() == grade


def test_a_microphone_that_was_not_looked_for_has_no_tick(monkeypatch):
    monkeypatch.setattr(check.platform, "system", lambda: "Windows")
    finding = check.microphone_found()
    assert finding.found.startswith("not looked for") and finding.grade() == "unsure"


def test_minutes_are_scaled_by_the_speed_here(monkeypatch):
    recorded = costs.load_costs()
    monkeypatch.setattr(costs, "speed", lambda: recorded["speed"].iloc[0] / 2)
    minutes = recorded["seconds"].iloc[0] / 30  # half as fast, so twice the minutes
    found = check.minutes_found(is_installed=True).found
    assert re.match(rf"{recorded.index[0]}: {minutes:.1f}\b", found), found


def run_main(monkeypatch, capsys, *findings):
    monkeypatch.setattr(check, "findings", lambda: iter(findings))
    status = check.main()
    return status, capsys.readouterr().out


def test_what_is_missing_gives_exit_status_1_and_says_what_to_do(monkeypatch, capsys):
    status, text = run_main(
        monkeypatch, capsys, Finding("Disk", "1 GB", "make room"), Finding("Browser", "Firefox")
    )
    assert status == 1
    assert "✘ Disk:       1 GB\n" in text and "-> make room\n" in text
    assert "✔ Browser:    Firefox\n" in text
    assert "Not ready yet: 1 line with ✘ above." in text
    assert "\033" not in text  # no colour but on a terminal


def test_where_nothing_is_missing_it_says_so(monkeypatch, capsys):
    status, text = run_main(monkeypatch, capsys, Finding("Browser", "Firefox"))
    assert (status, text.splitlines()[-1]) == (0, "Ready for the lesson.")


UNSURE = Finding("Memory", "4 GB", "close other programs", unsure=True)


@pytest.mark.parametrize(("count", "lines"), [(1, "1 line"), (2, "2 lines")])
def test_what_is_worth_knowing_is_counted_and_the_lesson_can_begin(
    count, lines, monkeypatch, capsys
):
    status, text = run_main(monkeypatch, capsys, Finding("Disk", "1 GB"), *[UNSURE] * count)
    assert text.count("? Memory:     4 GB\n") == text.count("-> close other programs\n") == count
    last = f"Ready for the lesson. Worth a look: {lines} with ? above."
    assert (status, text.splitlines()[-1]) == (0, last)


def test_what_is_worth_knowing_does_not_count_as_missing(monkeypatch, capsys):
    status, text = run_main(monkeypatch, capsys, UNSURE, Finding("Disk", "1 GB", "make room"))
    assert (status, text.splitlines()[-1]) == (1, "Not ready yet: 1 line with ✘ above.")


def test_red_lines_on_a_terminal():
    missing = check.line(Finding("Disk", "1 GB", "make room"), check.MARKS, colours=True)
    assert missing.count(check.RED) == 2
    for finding in (Finding("Disk", "1 GB"), UNSURE):
        assert check.RED not in check.line(finding, check.MARKS, colours=True)


def test_without_any_package_it_runs_and_names_them():
    """As before the first `make lab`: a Python with its standard library alone."""
    command = [sys.executable, "-S", "-E", "-m", "spoken_digits.check"]
    done = subprocess.run(command, cwd=check.ROOT, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert f"0 of {len(check.pins())} as pinned" in done.stdout
    assert len(done.stdout.splitlines()) <= 24, "more than one screen"
    assert done.stderr == ""


def test_an_output_without_ticks_gets_letters():
    """As on Windows, where the output goes into a file for an issue."""
    env = os.environ | {"PYTHONIOENCODING": "cp1252", "PYTHONPATH": ""}
    command = [sys.executable, "-S", "-m", "spoken_digits.check"]
    done = subprocess.run(command, cwd=check.ROOT, env=env, capture_output=True)
    assert done.stderr == b""
    text = done.stdout.decode("cp1252")
    assert re.search(r"^OK Python: .*^NO Packages: .*^ \? Memory: ", text, re.DOTALL | re.MULTILINE)
    assert re.search(r"\nNot ready yet: \d lines? with NO above\.$", text.rstrip())


# --- make check ---

# Stands in for a Python: runs `-c` for real, with another version; says that it is the one to run.
STAND_IN = """#!/bin/sh
if [ "$1" = -c ]; then
  exec "{python}" -c 'import sys; sys.version_info = {version}; exec(sys.argv[1])' "$2"
fi
echo "{name}: $*"
"""


@pytest.mark.skipif(shutil.which("make") is None or os.name == "nt", reason="there is no make here")
@pytest.mark.parametrize(
    ("pythons", "taken"),
    [
        ({"python3": (3, 14, 0), "python3.12": (3, 12, 3)}, "python3.12"),  # as make lab would
        ({"python3": (3, 14, 0), "python": (3, 13, 1)}, "python"),
        ({"python3": (3, 13, 1), "python3.12": (3, 12, 3)}, "python3"),
        ({"python3": (3, 14, 0)}, "python3"),  # it tells that another one is needed
        ({"python3": (3, 7, 0), "python": (3, 8, 0)}, "python"),
        ({"python3": (3, 7, 0)}, None),
    ],
)
def test_make_check_takes_the_python_of_make_lab_or_else_any(pythons, taken, tmp_path):
    shutil.copy(check.ROOT / "Makefile", tmp_path)
    for name, version in pythons.items():
        path = tmp_path / name
        path.write_text(STAND_IN.format(name=name, version=version, python=sys.executable))
        path.chmod(0o755)
    for tool in ("make", "sh"):
        (tmp_path / tool).symlink_to(shutil.which(tool))
    options = {"env": {"PATH": str(tmp_path)}, "capture_output": True, "text": True}
    done = subprocess.run(["make", "check"], cwd=tmp_path, **options)
    assert done.stdout == (f"{taken}: -m spoken_digits.check\n" if taken else "")
    assert ("No Python was found" in done.stderr) == (taken is None)
