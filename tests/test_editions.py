"""The editions for a class: nothing is given away, all runs, nbgrader grades what comes back."""

import ast
import csv
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import nbformat
import pytest

from spoken_digits import editions
from spoken_digits.pages import notebook_paths

PATHS = notebook_paths()
SHORT = ["01", "02"]  # without solutions, the two that run fastest
POINTS = {"perfect": 4, "wrong": 2, "empty": 0}  # of the first four exercises of notebook 01


def tags(cell):
    return cell.metadata.get("tags", [])


def lines(cells):
    """The lines of cells that say something, without blanks around them."""
    return {line.strip() for cell in cells for line in cell.source.splitlines() if line.strip()}


@pytest.fixture(scope="module")
def nbgrader():
    try:
        return editions.nbgrader_preprocessors()
    except ModuleNotFoundError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def student(nbgrader, tmp_path_factory):
    """The edition for learners, as files."""
    return editions.write_student(tmp_path_factory.mktemp("build"))


@pytest.fixture(params=PATHS, ids=lambda path: path.name[:2])
def both(request, student):
    """A notebook, and the same for learners."""
    return nbformat.read(request.param, 4), nbformat.read(student / request.param.name, 4)


def test_no_solution_is_left(both):
    master, learner = both
    solutions = [cell for cell in master.cells if "solution" in tags(cell)]
    assert solutions, "a test that finds no solution tests nothing"
    ours = lines(solutions) - lines(cell for cell in master.cells if cell not in solutions)
    assert lines(learner.cells) & ours == set()
    text = "\n".join(cell.source for cell in learner.cells)
    for trace in ("SOLUTION", "solution_", "three dots", "solution is", "What it means (after"):
        assert trace not in text
    assert [cell.id for cell in learner.cells if "solution" in tags(cell)] == []


def test_all_else_is_in_place(both):
    """Every other cell is there, in its order; of the texts only the way to solutions has gone."""
    master, learner = both
    changed = {cell.id: cell.source for cell in learner.cells}
    for cell in master.cells:
        if cell.id not in changed:
            assert "solution" in tags(cell) or re.search(r"\(after your own answer\)", cell.source)
            continue
        if "solution" not in tags(cell) and cell.source != changed[cell.id]:
            gone = [line for line in cell.source.split(". ") if line not in changed[cell.id]]
            assert all("three dots" in line or "Until" in line for line in gone), gone
    order = [cell.id for cell in master.cells if cell.id in changed]
    assert order == [cell.id for cell in learner.cells]


def test_every_stub_waits_and_every_check_is_locked(both):
    master, learner = both
    stubs = {cell.id: cell.source for cell in master.cells if "exercise" in tags(cell)}
    kept = {cell.id: cell.source for cell in learner.cells if "exercise" in tags(cell)}
    assert kept == stubs  # and test_exercises.py says that these wait
    for cell in learner.cells:
        if "check" in tags(cell):
            assert (cell.metadata.editable, cell.metadata.nbgrader.points) == (False, 1)


def test_it_is_valid_and_has_no_outputs(both):
    _, learner = both
    nbformat.validate(learner)
    for cell in learner.cells:
        if cell.cell_type == "code":
            assert (cell.outputs, cell.execution_count) == ([], None), cell.id
            ast.parse(re.sub(r"^\s*[%!].*", "pass", cell.source, flags=re.M))


def test_two_of_them_run_from_top_to_bottom(student, tmp_path):
    """Side by side, to save time. The cells of the others are those that nbval runs."""
    paths = [path for path in sorted(student.glob("*.ipynb")) if path.name[:2] in SHORT]
    convert = ["nbconvert", "--to", "notebook", "--execute", "--output-dir", tmp_path]
    with ThreadPoolExecutor() as pool:
        for done in pool.map(lambda path: run(*convert, path), paths):
            assert done.returncode == 0, done.stderr[-2000:]
    for path in paths:
        checks = [c for c in nbformat.read(tmp_path / path.name, 4).cells if "check" in tags(c)]
        assert len(checks) >= 4
        for cell in checks:
            assert "waits for your answer" in cell.outputs[0].data["text/html"], cell.id


def run(module, *arguments, cwd=None):
    command = [sys.executable, "-m", module, *map(str, arguments)]
    paths = [str(editions.NBGRADER), str(editions.BUILD.parent), os.environ.get("PYTHONPATH", "")]
    env = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "TF_CPP_MIN_LOG_LEVEL": "3"}
    env["PATH"] = os.pathsep.join([str(editions.NBGRADER / "bin"), os.environ["PATH"]])
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, env=env)


# --- nbgrader ---


def answer_of(check):
    return ast.unparse(editions.last_call(check.source).args[1])


@pytest.mark.parametrize("number", editions.ASSIGNED)
def test_the_source_has_each_solution_before_its_check(number, tmp_path):
    folder = editions.write_assignment(tmp_path)
    (path,) = folder.glob(f"source/{number}_*/{number}_*.ipynb")
    cells = nbformat.read(path, 4).cells
    for place, cell in enumerate(cells):
        assert "solution" not in tags(cell)
        if "check" in tags(cell):
            source = cells[place - 1].source
            assert source.count(editions.BEGIN) == source.count(editions.END) == 1
            assert source.splitlines()[-2].startswith(f"{answer_of(cell)} = ")
            ast.parse(source)


def needed_cells(cells):
    """The code cells that the exercises need: those that give a name which a later one uses."""
    wanted, kept = set(), []
    for cell in reversed([cell for cell in cells if cell.cell_type == "code"]):
        names = [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Name)]
        given = {node.id for node in names if isinstance(node.ctx, ast.Store)}
        tree = ast.parse(cell.source).body
        given |= {node.name for node in tree if isinstance(node, ast.FunctionDef)}
        given |= {a.asname or a.name for n in tree if isinstance(n, ast.Import) for a in n.names}
        changed = {  # clips["level"] = ...
            node.value.id
            for node in ast.walk(ast.parse(cell.source))
            if isinstance(node, ast.Subscript)
            and isinstance(node.ctx, ast.Store)
            and isinstance(node.value, ast.Name)
        }
        if wanted & (given | changed) or {"exercise", "check"} & set(tags(cell)):
            wanted |= {node.id for node in names if isinstance(node.ctx, ast.Load)}
            kept.insert(0, cell)
    return kept


def hand_in(course, name, change):
    """Put a copy of the released notebook into the folder of a learner, its stubs changed."""
    released = course / "release" / "01_dataset_exploration" / "01_dataset_exploration.ipynb"
    notebook = nbformat.read(released, 4)
    for place, cell in enumerate(notebook.cells):
        if "exercise" in tags(cell):
            cell.source = change(cell, answer_of(notebook.cells[place + 1]))
    folder = course / "submitted" / name / "01_dataset_exploration"
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / released.name)


def test_a_perfect_a_wrong_and_an_empty_copy_get_all_some_and_no_points(nbgrader, fsdd, tmp_path):
    course = editions.write_assignment(tmp_path, ["01"])
    (source,) = course.glob("source/*/*.ipynb")
    notebook = nbformat.read(source, 4)
    # To save time no figures, and not the fifth exercise, which takes half a minute.
    cells = [cell for cell in notebook.cells if not cell.id.startswith("exercise-5")]
    notebook.cells = needed_cells(cells)
    nbformat.write(notebook, source)
    solved = {cell.id: cell.source for cell in notebook.cells}

    done = run("nbgrader", "generate_assignment", source.stem, cwd=course)
    assert done.returncode == 0, done.stderr
    hand_in(course, "perfect", lambda cell, answer: solved[cell.id])
    hand_in(course, "empty", lambda cell, answer: cell.source)
    right = ("exercise-1", "exercise-4")
    hand_in(
        course,
        "wrong",
        lambda cell, answer: (
            solved[cell.id] if cell.id.startswith(right) else f"{answer} = 'twelve'"
        ),
    )
    for command in (["autograde", source.stem], ["export"]):
        done = run("nbgrader", *command, cwd=course)
        assert done.returncode == 0, done.stderr[-3000:]
    with (course / "grades.csv").open(encoding="utf-8") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert {name: float(row["score"]) for name, row in rows.items()} == POINTS
    assert {float(row["max_score"]) for row in rows.values()} == {4.0}
