"""What each notebook takes: the table is that of the notebooks as they are, and measured."""

import nbformat
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from spoken_digits import costs, pages


def test_the_recorded_costs_are_those_of_the_notebooks_as_they_are():
    assert costs.stale(costs.load_costs()) == [], "run: python -m spoken_digits.costs"


def test_recorded_costs_are_plausible():
    recorded = costs.load_costs()
    assert recorded["seconds"].min() > 1
    assert recorded["megabytes"].between(100, 8000).all()
    assert recorded["speed"].min() > 0


@pytest.fixture
def folder(tmp_path):
    """A folder with a notebook that takes half a second and 200 MB."""
    code = "import time\nhuge = bytearray(b'x') * 200_000_000\ntime.sleep(0.5)"
    cells = [
        new_markdown_cell("# 01 · What?", id="top"),
        new_markdown_cell("## Hear it\n\n### Louder", id="text"),
        new_code_cell(code, id="code"),
    ]
    nbformat.write(new_notebook(cells=cells), tmp_path / "01_short.ipynb")
    return tmp_path


def test_a_notebook_is_measured_and_written_down(folder, monkeypatch, capsys):
    speeds = iter([900, 1100.8])  # before and after
    monkeypatch.setattr(costs, "speed", lambda: next(speeds))
    before = (folder / "01_short.ipynb").read_bytes()
    table = folder / "costs.csv"
    costs.record_costs(["01", "02"], table, folder)
    row = costs.load_costs(table).loc["01"]
    assert row["seconds"] >= 1
    assert 200 < row["megabytes"] < 500
    assert (row["speed"], row["code"]) == (1000, pages.code_hash(folder / "01_short.ipynb"))
    sections = costs.load_sections(table)
    assert sections.index.to_list() == [("01", ""), ("01", "Hear it")]
    assert 0.5 <= sections["01", "Hear it"] <= row["seconds"]
    assert (folder / "01_short.ipynb").read_bytes() == before
    assert capsys.readouterr().out.startswith("01: ")


def test_kernels_at_once_are_measured_together(folder):
    table = folder / "together.csv"
    costs.record_together("01", 2, table, folder)
    row = pd.read_csv(table, dtype={"notebook": str}).iloc[0]
    assert (row["notebook"], row["kernels"]) == ("01", 2)
    assert 200 < row["megabytes_each"] < 500
    assert row["seconds"] >= 1


def test_a_cell_that_fails_is_told(folder):
    notebook = nbformat.read(folder / "01_short.ipynb", 4)
    notebook.cells[2].source = "1 / 0"
    nbformat.write(notebook, folder / "01_short.ipynb")
    with pytest.raises(RuntimeError, match="01_short.ipynb did not run to its end") as told:
        costs.measure(folder / "01_short.ipynb")
    assert "ZeroDivisionError" in str(told.value)


def test_a_missing_a_changed_and_a_removed_notebook_are_stale(folder):
    right = pages.code_hash(folder / "01_short.ipynb")
    assert costs.stale(pd.DataFrame({"code": {"01": right}}), folder) == []
    assert costs.stale(pd.DataFrame({"code": {"01": "0"}}), folder) == ["01"]
    assert costs.stale(pd.DataFrame({"code": {"01": right, "09": "0"}}), folder) == ["09"]
    assert costs.stale(pd.DataFrame({"code": []}), folder) == ["01"]


def test_text_may_change_without_a_new_measurement(folder):
    before = pages.code_hash(folder / "01_short.ipynb")
    notebook = nbformat.read(folder / "01_short.ipynb", 4)
    notebook.cells[0].source += "!"
    nbformat.write(notebook, folder / "01_short.ipynb")
    assert pages.code_hash(folder / "01_short.ipynb") == before
    notebook.cells[2].source += "\n"
    nbformat.write(notebook, folder / "01_short.ipynb")
    assert pages.code_hash(folder / "01_short.ipynb") != before


def test_title_and_sections(folder):
    assert pages.title(folder / "01_short.ipynb") == "What?"
    assert pages.sections(folder / "01_short.ipynb") == ["Hear it", "Louder"]


def test_half_the_speed_takes_twice_as_long():
    recorded = pd.DataFrame({"seconds": [60], "speed": [500]}, index=["01"])
    assert costs.expected_seconds(recorded, 250).to_dict() == {"01": 120}


def test_the_speed_is_that_of_training():
    assert costs.speed(seconds=0.2) > 1
