"""The checks of the exercises: a stub waits, a right answer passes, a wrong one gets its hint."""

import re
from importlib import import_module
from pathlib import Path

import nbformat
import pytest

import helpers

NUMBERS = ["01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11"]
CASES = {
    name: case
    for number in NUMBERS
    for name, case in import_module(f"exercises_{number}").CASES.items()
}
WRONG = [(name, place) for name, case in CASES.items() for place in range(len(case.wrong))]
ROOT = Path(__file__).parents[1]


def said(name, answer):
    return helpers.check(name, answer, *CASES[name].facts())


@pytest.mark.parametrize("name", CASES)
def test_an_untouched_stub_waits(name):
    verdict = said(name, CASES[name].stub)
    assert (verdict.points, "waits for your answer" in verdict.words) == (0, True)


@pytest.mark.parametrize("name", CASES)
def test_a_right_answer_is_accepted(name):
    assert CASES[name].right
    for answer in CASES[name].right:
        verdict = said(name, answer)
        assert (verdict.points, "is right" in verdict.words) == (1, True), verdict.words


@pytest.mark.parametrize(("name", "place"), WRONG)
def test_a_wrong_answer_gets_its_hint(name, place):
    answer, words = CASES[name].wrong[place]
    verdict = said(name, answer)
    assert verdict.points == 0
    assert "not yet: " in verdict.words
    assert words in verdict.words


@pytest.mark.parametrize("name", CASES)
def test_two_plausible_mistakes_get_hints_of_their_own(name):
    hints = {said(name, answer).words for answer, _ in CASES[name].wrong}
    assert len(hints) >= 2


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("answer", ["twelve", float("nan"), [], {}, object(), len])
def test_no_answer_breaks_the_page(name, answer):
    assert said(name, answer).points == 0


@pytest.mark.parametrize("number", NUMBERS)
def test_each_exercise_of_the_page_has_cases(number):
    (path,) = (ROOT / "notebooks").glob(f"{number}_*.ipynb")
    text = "\n".join(cell.source for cell in nbformat.read(path, 4).cells)
    checked = set(re.findall(r'helpers\.check\(\s*"(\d\d-\d)"', text))
    assert checked == {name for name in CASES if name.startswith(number)}


def test_a_verdict_is_words_on_the_page_and_points_for_nbgrader():
    waiting = helpers.check("01-1", None)
    assert repr(waiting) == "0"
    assert waiting._repr_html_() == "<p>Exercise 1 waits for your answer, in the cell above.</p>"
