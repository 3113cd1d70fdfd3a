"""`make check`: what it finds, what it says to do, and when it says that something is missing."""

import re
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


@pytest.mark.parametrize(
    ("total", "free", "remedy"),
    [(16, 8, ""), (16, 2, "close other programs"), (4, 2, "another computer")],
)
def test_memory(total, free, remedy, monkeypatch):
    memory = SimpleNamespace(total=total * 1e9, available=free * 1e9)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    finding = check.memory_found(3)
    assert f"{free:.1f} of {total:.1f} GB free" in finding.found
    assert remedy in finding.remedy and bool(remedy) == bool(finding.remedy)


@pytest.mark.parametrize(
    ("free", "is_installed", "enough"), [(1, True, True), (1, False, False), (0.1, True, False)]
)
def test_disk(free, is_installed, enough, monkeypatch):
    monkeypatch.setattr(check.shutil, "disk_usage", lambda _: SimpleNamespace(free=free * 1e9))
    assert (check.disk_found(is_installed).remedy == "") == enough


def test_missing_recordings_are_counted(tmp_path, monkeypatch):
    for name in ("registry.txt", "people.txt"):
        (tmp_path / name).write_bytes((fetching.RECORDINGS / name).read_bytes())
    monkeypatch.setattr(fetching, "RECORDINGS", tmp_path)
    finding = check.recordings_found(is_installed=True)
    assert "FSDD 0 of 3,000" in finding.found
    assert "make lab" in finding.remedy


def test_a_browser_is_found_by_command_or_by_place(tmp_path):
    place = tmp_path / "Browser.app"
    place.mkdir()
    places = {"By place": [str(place)], "By command": ["sh", "cmd"], "Not there": ["no-such"]}
    assert check.browser_found(places).found == "By place, By command"
    nothing = check.browser_found({"Not there": ["no-such"]})
    assert "any" in nothing.found and nothing.remedy == ""  # it may run on another machine


@pytest.mark.skipif(sys.platform != "linux", reason="sound cards are looked for on Linux alone")
@pytest.mark.parametrize(
    ("cards", "seen"),
    [("00-00: ALC : ALC : playback 1 : capture 1\n", "one is there"), ("", "none is seen")],
)
def test_the_microphone_and_what_cannot_be_known(cards, seen, tmp_path):
    (tmp_path / "asound").mkdir()
    (tmp_path / "asound" / "pcm").write_text(cards)
    finding = check.microphone_found(tmp_path / "asound" / "pcm")
    assert finding.found.startswith(seen)
    assert "No program can tell" in finding.found


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


def test_red_lines_on_a_terminal():
    assert check.line(Finding("Disk", "1 GB", "make room"), colours=True).count(check.RED) == 2
    assert check.RED not in check.line(Finding("Disk", "1 GB"), colours=True)


def test_without_any_package_it_runs_and_names_them():
    """As before the first `make lab`: a Python with its standard library alone."""
    command = [sys.executable, "-S", "-E", "-m", "spoken_digits.check"]
    done = subprocess.run(command, cwd=check.ROOT, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert f"0 of {len(check.pins())} as pinned" in done.stdout
    assert len(done.stdout.splitlines()) <= 24, "more than one screen"
    assert done.stderr == ""
