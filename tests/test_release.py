"""The version stands in one place and is quoted in two; the templates ask for what is needed."""

import re

import pytest
import yaml

from spoken_digits.check import ROOT, release

TEMPLATES = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("a-*.yml"))


def test_one_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## (\S+)$", changes, re.MULTILINE)[1]
    assert citation["version"] == newest == release()


def test_the_citation_has_what_its_format_asks_for():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    (dataset,) = citation["references"]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert dataset["doi"] in readme
    assert all(author["family-names"] in readme for author in dataset["authors"])


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_a_template_asks_for_the_place_and_for_make_check(path):
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert form["name"] and form["description"]
    ids = [item["id"] for item in form["body"]]
    assert len(ids) == len(set(ids)) >= 4
    labels = " ".join(item["attributes"]["label"] for item in form["body"])
    assert "make check" in labels
    assert form["body"][0]["validations"]["required"]


def test_there_is_a_template_for_each_kind():
    assert [path.stem for path in TEMPLATES] == ["a-cell-fails", "a-sentence-is-wrong"]
