"""The editions for a class: nothing is given away, all runs, nbgrader grades what comes back."""

import ast
import csv
import os
import re
import subprocess
import symtable
import sys
from concurrent.futures import ThreadPoolExecutor

import nbformat
import pytest

from spoken_digits import costs, editions, rehearsal
from spoken_digits.pages import notebook_paths

PATHS = notebook_paths()
NAMES = [path.name for path in PATHS]
SECONDS = costs.load_costs()["seconds"].to_dict()  # by number, with solutions
QUICK = 20  # seconds
SLOW = {"01": ["exercise-5"]}  # by notebook: what takes half a minute for each copy is not graded


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
        deeper = cell.source.replace("](../", "](../../")
        if "solution" not in tags(cell) and deeper != changed[cell.id]:
            gone = [line for line in deeper.split(". ") if line not in changed[cell.id]]
            assert all("three dots" in line or "Until" in line for line in gone), gone
    order = [cell.id for cell in master.cells if cell.id in changed]
    assert order == [cell.id for cell in learner.cells]


def test_each_link_to_a_file_leads_there(both):
    home = editions.BUILD / "student"  # where a class has it
    texts = [cell.source for cell in both[1].cells if cell.cell_type == "markdown"]
    for target in re.findall(r"\]\((?!\w+:|#)([^)#\s]+)", "\n".join(texts)):
        assert target in NAMES or (home / target).resolve().exists(), target


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


def test_what_runs_for_learners_is_what_nbval_runs(both):
    """Their code cells are those of the master but for its solutions, and no cell
    misses what these give: none takes a name of theirs, and they change nothing in place."""
    master, learner = both
    code, solutions = [], []
    for cell in master.cells:
        if cell.cell_type == "code":
            (solutions if "solution" in tags(cell) else code).append(cell.source)
    assert code == [cell.source for cell in learner.cells if cell.cell_type == "code"]
    missed = set()
    for source in solutions:
        gives, takes, changes = names_of(source)
        missed |= gives
        assert changes & takes == set(), "a solution changes what is not its own"
    assert missed, "a test that finds no solution tests nothing"
    for source in code:
        assert names_of(re.sub(r"^\s*[%!].*", "pass", source, flags=re.M))[1] & missed == set()


def test_the_quick_ones_run_from_top_to_bottom(student, tmp_path):
    """Side by side, to save time. All of them: test_rehearsal.py."""
    paths = [path for path in notebook_paths(student) if SECONDS.get(path.name[:2], 999) <= QUICK]
    assert len(paths) >= 2
    convert = ["nbconvert", "--to", "notebook", "--execute", "--output-dir", tmp_path]
    with ThreadPoolExecutor(2) as pool:
        for done in pool.map(lambda path: run(*convert, path), paths):
            assert done.returncode == 0, done.stderr[-2000:]
    for path in paths:
        waiting, checks = rehearsal.checks_that_wait(tmp_path / path.name)
        assert waiting == checks >= 4, path.name


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


def names_of(source):
    """The names that a cell gives, those that it takes, and those of what it changes in place."""
    tables = [symtable.symtable(source, "cell", "exec")]
    page = tables[0].get_symbols()
    gives = {each.get_name() for each in page if each.is_assigned() or each.is_imported()}
    takes = {each.get_name() for each in page if each.is_referenced()}
    while tables:
        inner = tables.pop().get_children()
        tables += inner
        takes |= {each.get_name() for t in inner for each in t.get_symbols() if each.is_global()}
    changes = {  # clips["level"] = ...
        node.value.id
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Subscript | ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
    }
    return gives, takes, changes


def needed_cells(cells):
    """The code cells that the exercises need: those that give a name which a later one takes."""
    wanted, kept = set(), []
    for cell in reversed([cell for cell in cells if cell.cell_type == "code"]):
        gives, takes, changes = names_of(cell.source)
        if wanted & (gives | changes) or {"exercise", "check"} & set(tags(cell)):
            wanted = wanted - gives | takes
            kept.insert(0, cell)
    return kept


def hand_in(course, assignment, name, change):
    """Put a copy of the released notebook into the folder of a learner, its stubs changed."""
    released = course / "release" / assignment / f"{assignment}.ipynb"
    notebook = nbformat.read(released, 4)
    for place, cell in enumerate(notebook.cells):
        if "exercise" in tags(cell):
            cell.source = change(cell, answer_of(notebook.cells[place + 1]))
    folder = course / "submitted" / name / assignment
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / released.name)


def without_what_takes_long(source):
    """Leave in nbgrader's source what the exercises need: no figures. Returns what is filled in."""
    notebook = nbformat.read(source, 4)
    slow = tuple(SLOW.get(source.name[:2], ()))
    cells = [cell for cell in notebook.cells if not (slow and cell.id.startswith(slow))]
    notebook.cells = needed_cells(cells)
    nbformat.write(notebook, source)
    return {cell.id: cell.source for cell in notebook.cells}


def graded(course):
    """The points of each learner, and the points that could be had."""
    with (course / "grades.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    (most,) = {float(row["max_score"]) for row in rows}
    return {row["student_id"]: float(row["score"]) for row in rows}, most


@pytest.mark.parametrize("number", editions.ASSIGNED)
def test_a_perfect_a_wrong_and_an_empty_copy_get_all_some_and_no_points(
    number, nbgrader, fsdd, tmp_path
):
    course = editions.write_assignment(tmp_path, [number])
    (source,) = course.glob("source/*/*.ipynb")
    solved = without_what_takes_long(source)
    done = run("nbgrader", "generate_assignment", source.stem, cwd=course)
    assert done.returncode == 0, done.stderr
    right = ("exercise-1", "exercise-4")

    def partly(cell, answer):
        return solved[cell.id] if cell.id.startswith(right) else f"{answer} = 'twelve'"

    hand_in(course, source.stem, "perfect", lambda cell, answer: solved[cell.id])
    hand_in(course, source.stem, "empty", lambda cell, answer: cell.source)
    hand_in(course, source.stem, "wrong", partly)
    for command in (["autograde", source.stem], ["export"]):
        done = run("nbgrader", *command, cwd=course)
        assert done.returncode == 0, done.stderr[-3000:]
    points, most = graded(course)
    assert points == {"perfect": most, "wrong": len(right), "empty": 0}
    assert most == 5 - len(SLOW.get(number, ()))
