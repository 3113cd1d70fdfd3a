"""TEACHING.md, README.md, the guides of docs: their figures are those measured, links lead on."""

import ast
import re
from importlib import import_module
from typing import NamedTuple

import pandas as pd
import pytest

from spoken_digits import costs, guide
from spoken_digits.pages import (
    NOTEBOOKS,
    anchor,
    by_section,
    notebook_paths,
    read_cells,
    sections,
)

TEXTS = {path: path.read_text(encoding="utf-8") for path in guide.GUIDES}
TEXT, HUB, _, README = (TEXTS[path] for path in guide.GUIDES)
ROOT = NOTEBOOKS.parent
LINKS = sorted(
    {(path, link) for path in TEXTS for link in re.findall(r"\]\(([^)\s]+)\)", TEXTS[path])}
)
NUMBERS = [path.name[:2] for path in notebook_paths()]


@pytest.mark.parametrize("path", guide.GUIDES, ids=lambda path: path.name)
def test_figures_are_those_that_were_measured(path):
    now = guide.filled_in(TEXTS[path], *guide.load_measured())
    assert now == TEXTS[path], "run: python -m spoken_digits.guide"


def test_times_are_those_of_one_machine_that_the_guide_names():
    raw, (ours, sections, _) = costs.load_costs(), guide.load_measured()
    slower = raw["speed"] / guide.SPEED
    assert ours["seconds"].to_dict() == pytest.approx((raw["seconds"] * slower).to_dict())
    for (number, heading), seconds in costs.load_sections().items():
        assert sections[number, heading] == pytest.approx(seconds * slower[number])
    assert f"{guide.SPEED} clips a second" in TEXT


@pytest.mark.parametrize("path", notebook_paths(), ids=lambda path: path.name[:2])
def test_a_notebook_says_itself_about_how_long_it_runs(path):
    opening = "".join(read_cells(path)[0]["source"])
    said = re.search(r"(\d+|a) minutes? to run on two cores", opening)[1]
    minutes = guide.load_measured()[0]["seconds"][path.name[:2]] / 60
    assert abs(int(said.replace("a", "1")) - minutes) < 1, f"{minutes:.1f} minutes"


def test_every_notebook_has_its_minutes_and_its_memory():
    for number in NUMBERS:
        for kind in ("minutes", "gigabytes"):
            assert f"<!-- {kind} {number} -->" in TEXT
        assert re.search(rf"^\| \[{number} .*\| <!-- minutes {number} -->", README, re.MULTILINE)


def test_kernels_at_once_were_done_no_sooner_than_one_after_another():
    assert "no sooner than they would have been one after another" in HUB
    costs, _, together = guide.load_measured()
    for number, row in together.iterrows():
        assert row["seconds"] >= 0.95 * row["kernels"] * costs.loc[number, "measured"]


def test_jupyter_is_as_the_page_on_hubs_says():
    """What JupyterLab brings along: no list of ours names it."""
    kernels = import_module("jupyter_server.services.kernels.kernelmanager").MappingKernelManager
    jupyter = import_module("jupyter_core.paths")
    for name, value in re.findall(r"^c\.MappingKernelManager\.(\w+) = (\w+)", HUB, re.MULTILINE):
        default = kernels.class_traits()[name].default_value
        assert default != ast.literal_eval(value), "it needs no setting"
    assert kernels.cull_connected.default_value is False
    (prefix,) = re.findall(r"ipykernel install --prefix (\S+)", HUB)
    places = jupyter.jupyter_path()
    for system in jupyter.SYSTEM_JUPYTER_PATH:
        assert places.index(jupyter.ENV_JUPYTER_PATH[0]) <= places.index(system)
        assert system != f"{prefix}/share/jupyter"


WITHOUT = re.search(r"^### Without make$.*?(?=^#)", TEXT, re.MULTILINE | re.DOTALL)[0]
COMMANDS = re.findall(r"^\| [^|`]+ \| `make (\w+)[^|`]*` \| (.*) \|$", WITHOUT, re.MULTILINE)


MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def test_all_that_a_teacher_makes_can_be_done_without_make():
    named = re.findall(r"`make (\w+)", TEXT)
    assert {target for target, _ in COMMANDS} == set(named) | {"site", "test"}


@pytest.mark.parametrize(("target", "without"), COMMANDS)
def test_a_command_without_make_is_what_make_does(target, without):
    rule = rf"^(?:\w+ )*{target}\b[\w ]*:.*\n((?:\t.*\n)+)"
    recipe = re.search(rule, MAKEFILE, re.MULTILINE)[1]
    for command in re.findall(r"`([^`]+)`", without):
        program, _, arguments = command.partition(" ")
        if program == "python":
            assert arguments in recipe.replace("$@", target)
        elif program == "jupyter":
            assert "-m jupyterlab" in recipe
        else:
            assert command in (ROOT / "environment.yml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["nbgrader", "sphinx"])
def test_what_make_brings_beside_is_brought_without_it(name):
    assert f"--target build/{name} --no-deps -r requirements-{name}.txt`" in WITHOUT
    assert (ROOT / f"requirements-{name}.txt").is_file()


@pytest.mark.parametrize(("page", "link"), LINKS, ids=lambda each: getattr(each, "name", each))
def test_a_link_leads_to_a_file_and_to_a_section_of_it(page, link):
    if "://" in link:
        return
    name, _, section = link.partition("#")
    path = page.parent / name if name else page
    assert path.exists(), link
    if section and path.suffix == ".ipynb":
        assert section in [anchor(heading) for heading in sections(path)], link
    elif section:
        headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        slugs = [re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in headings]
        assert section in slugs, link


PARTS = re.split(r"^### (\d\d) · ", TEXT.split("\n## Notebook by notebook")[1], flags=re.MULTILINE)
BY_NUMBER = dict(zip(PARTS[1::2], PARTS[2::2], strict=True))


def test_each_notebook_has_its_part():
    assert sorted(BY_NUMBER) == NUMBERS


@pytest.mark.parametrize("number", BY_NUMBER)
def test_a_part_has_all_that_a_teacher_needs(number):
    """Goal, questions to ask first, misconceptions with what answers each, what to skip, marks."""
    part = BY_NUMBER[number]
    assert f"({NOTEBOOKS.name}/{number}_" in part
    words = "".join(rf"\*\*{each}\.\*\*(.*?)" for each in ("Goal", "Ask first", "Expect", "Skip"))
    _, ask, expect, skip, assess = re.search(rf"{words}\*\*Assess\.\*\*(.*)", part, re.S).groups()
    ours = f"]({NOTEBOOKS.name}/{number}_"
    assert ask.count(ours) >= 2 and ask.count("?") >= 3
    bullets = expect.strip().split("\n")
    assert len(bullets) >= 3
    for bullet in bullets:
        assert bullet.startswith('- "') and ours in bullet, bullet
    (path,) = (path for path in notebook_paths() if path.name.startswith(number))
    for heading, cells in by_section(read_cells(path)).items():
        if "optional" in cells[0]["metadata"].get("tags", []):
            assert f"#{anchor(heading)})" in skip, f"optional, and not to be skipped: {heading}"
    assert re.search(r"\(\d\b|, \d[;.)]|points? ", assess), "no marking scheme"


# --- Routes ---

ROW = re.compile(r"^\|(?: (\d),)? (\d+) to (\d+) \|([^|]+)\|([^|]*)\|([^|]+)\|", re.MULTILINE)
SLOWER, LATE = 2, 2  # a laptop half as fast; minutes of a row that may pass before its cells ran


class Row(NamedTuple):
    """A row of a route: its minutes, the sections and the figures of it, what the teacher does."""

    week: str
    begin: int
    end: int
    where: str
    runs: str
    teacher: str

    def links(self):
        """(number of the notebook, anchor of a section), of each link."""
        return re.findall(r"\(notebooks/(\d\d)_\w+\.ipynb#([^)]+)\)", self.where)


def rows(title):
    """The rows of the route whose heading begins so."""
    part = re.search(rf"^## {title}.*?(?=^## )", TEXT, re.MULTILINE | re.DOTALL)[0]
    found = [Row(week, int(a), int(b), *rest) for week, a, b, *rest in ROW.findall(part)]
    assert len(found) == part.count("\n| ") - 1, "a row has no minutes"
    return found


NINETY, HALF_A_DAY, FOUR_WEEKS = map(rows, ("Ninety minutes", "Half a day", "Four weeks"))
LESSONS = {"90": NINETY, "half": HALF_A_DAY} | {
    f"week {week}": [row for row in FOUR_WEEKS if row.week == week] for week in "1234"
}
LENGTHS = {"90": 90, "half": 210} | {f"week {week}": 90 for week in "1234"}
ALL_ROWS = [(route, row) for route, each in LESSONS.items() for row in each]
BY_PLACE = [f"{route}, {row.begin}" for route, row in ALL_ROWS]


@pytest.mark.parametrize("route", LESSONS)
def test_a_route_fills_its_minutes_without_a_gap(route):
    steps = LESSONS[route]
    assert [row.begin for row in steps] == [0, *(row.end for row in steps[:-1])]
    assert steps[-1].end == LENGTHS[route]


def marked():
    """(number, anchor) of each section of the notebooks that is tagged route-90."""
    found = set()
    for path in notebook_paths():
        for heading, cells in by_section(read_cells(path)).items():
            if "route-90" in cells[0]["metadata"].get("tags", []):
                found.add((path.name[:2], anchor(heading)))
    return found


def test_the_sections_of_the_90_minutes_are_those_that_are_marked_in_the_notebooks():
    assert {link for row in NINETY for link in row.links()} == marked()


@pytest.mark.parametrize(("route", "row"), ALL_ROWS, ids=BY_PLACE)
def test_a_row_tells_the_seconds_of_its_own_sections(route, row):
    if row.where.strip() == "Break":
        return
    ((number, headings),) = re.findall(r"<!-- seconds (\d\d) ([^>]+) -->", row.runs)
    assert [(number, anchor(each)) for each in headings.split(" + ")] == row.links()
    assert f"<!-- ready {number} {headings.split(' + ')[-1]} -->" in row.runs


@pytest.mark.parametrize("route", LESSONS)
def test_the_cells_of_a_row_have_run_when_it_is_their_turn(route):
    """From where the teacher has them started, else from the row itself, on a slow laptop too."""
    (_, sections, _), started = guide.load_measured(), {}
    for row in LESSONS[route]:
        begun = re.search(r"\*Run All\*[^.]*", row.teacher)
        numbers = re.findall(r"\b\d\d\b", begun[0]) if begun else []
        started |= dict.fromkeys(numbers, row.begin)
        for number, heading in re.findall(r"<!-- ready (\d\d) ([^>]+) -->", row.runs):
            minutes = SLOWER * guide.until_ready(sections[number], heading) / 60
            begin = min(started.get(number, row.begin), row.begin)
            assert begin + minutes <= row.begin + LATE, (row.begin, number, heading)


def open_at_once(steps):
    """The notebooks whose kernels are there, a set for each row of a route."""
    kernels, sets = set(), []
    for row in steps:
        if shut := re.search(r"([^.]*) shut down", row.teacher):
            kernels -= set(re.findall(r"\b\d\d\b", shut[1])) or kernels
        begun = re.search(r"\*Run All\*[^.]*", row.teacher)
        kernels |= set(re.findall(r"\b\d\d\b", begun[0]) if begun else [])
        kernels |= {number for number, _ in row.links()}
        sets.append(sorted(kernels))
    return sets


def test_the_page_on_hubs_counts_the_notebooks_that_are_open_at_once():
    """For each lesson those of its hungriest moment."""
    told = re.findall(r"^\| (.+) \| ([\d, ]+) \| <!-- gigabytes (.+?) -->", HUB, re.MULTILINE)
    megabytes = costs.load_costs()["megabytes"]
    lessons = ["ninety minutes", "half a day", *(f"four weeks, week {week}" for week in "1234")]
    assert [lesson for lesson, *_ in told] == lessons
    for steps, (lesson, numbers, counted) in zip(LESSONS.values(), told, strict=True):
        most = max(open_at_once(steps), key=lambda each: megabytes[each].sum())
        assert numbers.split(", ") == counted.split(" + ") == most, lesson


MEASURED = pd.DataFrame(
    {"seconds": [100, 8], "measured": [50, 4], "megabytes": [1249, 900], "speed": [450, 455]},
    index=["01", "02"],
)
SECTIONS = pd.Series({("01", "Listen first"): 2.4, ("01", "Count"): 0.2})
TOGETHER = pd.DataFrame({"kernels": [3], "megabytes_each": [2160]}, index=["01"])


@pytest.mark.parametrize(
    ("what", "figure"),
    [
        ("minutes 01", "1.5"),
        ("minutes 02", "0.5"),
        ("measured 01", "50"),
        ("speed max", "455"),
        ("gigabytes 01", "1.2"),
        ("gigabytes 01 + 02", "2.1"),
        ("seconds 01 Listen first", "2"),
        ("seconds 01 Count", "under 1"),
        ("seconds 01 Listen first + Count", "3"),
        ("ready 01 Count", "3"),
        ("ready 01 Listen first", "2"),
        ("together 01 megabytes_each", "2.2"),
        ("together 01 kernels", "3"),
    ],
)
def test_a_figure_is_filled_in(what, figure):
    text = f"It takes <!-- {what} -->old<!-- --> here."
    expected = f"It takes <!-- {what} -->{figure}<!-- --> here."
    assert guide.filled_in(text, MEASURED, SECTIONS, TOGETHER) == expected


@pytest.mark.parametrize(
    "what",
    ["seconds 01 Gone", "ready 01 Gone", "minutes 09", "seconds 02 Count", "gigabytes 01 + 09"],
)
def test_what_was_not_measured_is_told(what):
    with pytest.raises(KeyError):
        guide.filled_in(f"<!-- {what} -->1<!-- -->", MEASURED, SECTIONS, TOGETHER)
