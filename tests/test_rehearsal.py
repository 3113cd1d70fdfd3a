"""What is written down of the edition for learners: it ran to its end, and each stub waited."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from spoken_digits import costs, editions, rehearsal
from spoken_digits.pages import code_hash, notebook_paths, read_cells

WAITING = "from IPython.display import HTML\n\nHTML('<p>Exercise 1 waits for your answer.</p>')"


def test_every_notebook_was_run_whole_as_it_is(tmp_path):
    try:
        student = editions.write_student(tmp_path)
    except ModuleNotFoundError as error:
        pytest.skip(str(error))
    recorded = costs.load_costs(rehearsal.TABLE)
    assert costs.stale(recorded, student) == [], "run: python -m spoken_digits.rehearsal"
    for path in notebook_paths(student):
        tags = [cell["metadata"].get("tags", []) for cell in read_cells(path)]
        checks = sum("check" in each for each in tags)
        assert checks >= 4
        assert recorded["waiting"][path.name[:2]] == checks


@pytest.fixture
def folder(tmp_path):
    """A function that writes a notebook with these cells, tagged as checks. Returns its folder."""

    def write(*sources):
        check = {"tags": ["check"]}
        cells = [
            new_code_cell(source, id=f"check-{place}", metadata=check)
            for place, source in enumerate(sources)
        ]
        nbformat.write(new_notebook(cells=cells), tmp_path / "01_short.ipynb")
        return tmp_path

    return write


def test_a_notebook_that_runs_and_waits_is_written_down(folder, capsys):
    student = folder(WAITING)
    table = student / "student.csv"
    rehearsal.record(student, ["01"], table, student)
    row = costs.load_costs(table).loc["01"]
    assert (row["code"], row["waiting"]) == (code_hash(student / "01_short.ipynb"), 1)
    assert costs.stale(costs.load_costs(table), student) == []
    assert "1 checks wait" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("sources", "told"),
    [
        ([WAITING, "'That is right.'"], "1 of 2 checks wait"),
        ([], "0 of 0 checks wait"),
        ([WAITING, "1 / 0"], "did not run to its end"),
    ],
)
def test_one_that_does_not_is_told_and_not_written_down(sources, told, folder):
    student = folder(*sources)
    with pytest.raises(RuntimeError, match=told):
        rehearsal.record(student, ["01"], student / "student.csv", student)
    assert not (student / "student.csv").exists()
