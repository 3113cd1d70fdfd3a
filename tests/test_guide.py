"""TEACHING.md and docs/hub.md: figures are those that were measured, links lead somewhere."""

import re

import pandas as pd
import pytest

from spoken_digits import costs, guide
from spoken_digits.pages import NOTEBOOKS, anchor, notebook_paths, sections

TEXTS = {path: path.read_text(encoding="utf-8") for path in guide.GUIDES}
TEXT = TEXTS[guide.GUIDES[0]]
LINKS = sorted(
    {(path, link) for path in TEXTS for link in re.findall(r"\]\(([^)\s]+)\)", TEXTS[path])}
)
NUMBERS = [path.name[:2] for path in notebook_paths()]


@pytest.mark.parametrize("path", guide.GUIDES, ids=lambda path: path.name)
def test_figures_are_those_that_were_measured(path):
    measured = costs.load_costs(), costs.load_sections(), guide.load_together()
    now = guide.filled_in(TEXTS[path], *measured)
    assert now == TEXTS[path], "run: python -m spoken_digits.guide"


def test_every_notebook_has_its_minutes_and_its_memory():
    for number in NUMBERS:
        for kind in ("minutes", "gigabytes"):
            assert f"<!-- {kind} {number} -->" in TEXT


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


def test_each_notebook_has_its_part():
    """Goal, questions to ask first, misconceptions, what to skip, how to assess."""
    parts = re.split(r"^### (\d\d) · ", TEXT, flags=re.MULTILINE)[1:]
    by_number = dict(zip(parts[::2], parts[1::2], strict=True))
    assert sorted(by_number) == NUMBERS
    for number, part in by_number.items():
        for word in ("**Goal.**", "**Ask first.**", "**Expect.**", "**Skip.**", "**Assess.**"):
            assert word in part, (number, word)
        assert f"({NOTEBOOKS.name}/{number}_" in part


def test_the_minutes_of_a_route_add_up():
    routes = re.findall(r"^## .*?\((\d+) minutes\)\n(.*?)(?=^## )", TEXT, re.M | re.S)
    assert [whole for whole, _ in routes] == ["90", "210"]
    for whole, table in routes:
        steps = re.findall(r"^\| (\d+) \|", table, re.MULTILINE)
        assert sum(map(int, steps)) == int(whole)


MEASURED = pd.DataFrame({"seconds": [100, 8], "megabytes": [1249, 900]}, index=["01", "02"])
SECTIONS = pd.Series({("01", "Listen first"): 2.4, ("01", "Count"): 0.2})
TOGETHER = pd.DataFrame({"kernels": [3], "megabytes_each": [2160]}, index=["01"])


@pytest.mark.parametrize(
    ("what", "figure"),
    [
        ("minutes 01", "1.5"),
        ("minutes 02", "0.5"),
        ("gigabytes 01", "1.2"),
        ("seconds 01 Listen first", "2"),
        ("seconds 01 Count", "under 1"),
        ("together 01 megabytes_each", "2.2"),
        ("together 01 kernels", "3"),
        ("minutes 09", guide.UNKNOWN),
        ("seconds 02 Count", guide.UNKNOWN),
    ],
)
def test_a_figure_is_filled_in(what, figure):
    text = f"It takes <!-- {what} -->old<!-- --> here."
    expected = f"It takes <!-- {what} -->{figure}<!-- --> here."
    assert guide.filled_in(text, MEASURED, SECTIONS, TOGETHER) == expected


def test_a_section_that_is_not_there_is_told():
    with pytest.raises(KeyError):
        guide.filled_in("<!-- seconds 01 Gone -->1<!-- -->", MEASURED, SECTIONS, TOGETHER)
