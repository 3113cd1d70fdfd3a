"""Editions of the notebooks for a class: without solutions, or as an assignment to be graded.

`python -m spoken_digits.editions student` writes build/student, `... assignment` build/assignment.
nbgrader takes the solutions out. It lies in build/nbgrader, apart from what learners need.
"""

import argparse
import ast
import re
import shutil
import sys
from pathlib import Path

import nbformat

from .pages import NOTEBOOKS, notebook_paths

BUILD = NOTEBOOKS.parent / "build"
NBGRADER = BUILD / "nbgrader"
ASSIGNED = ["01", "05"]
HOW_TO_OPEN = "(click the three dots)"  # stands in each sentence that says where a solution is
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"

# An empty stub, because a page must run from top to bottom: nbgrader's own raises an error.
CONFIG = """\
# Settings of nbgrader for the exercises on spoken digits. README.md beside this says how to begin.
c = get_config()  # noqa: F821

c.CourseDirectory.course_id = "spoken_digits"
c.ClearSolutions.code_stub = {"python": ""}  # a cell to fill in waits, and the page goes on
c.ExecutePreprocessor.timeout = 600  # seconds, for a slow cell
"""
README = """\
# An assignment from the spoken digits

`source/` is a course of [nbgrader](https://nbgrader.readthedocs.io), an assignment for each
notebook, with the solutions in the cells that a class fills in. Do not hand it out as it is.

    nbgrader generate_assignment 01_dataset_exploration

writes `release/01_dataset_exploration/` without the solutions: hand that out. Put what comes back
into `submitted/NAME/01_dataset_exploration/`, then

    nbgrader autograde 01_dataset_exploration
    nbgrader export

Each exercise gives a point. `grades.csv` holds them. `nbgrader` may be the one of your own server,
if it can import this project's `helpers`. Or take the one that `make assignment` has brought, in
this folder:

    export PATH="$PWD/../nbgrader/bin:$PATH" PYTHONPATH="$PWD/../nbgrader"
"""


def nbgrader_preprocessors():
    """The module nbgrader.preprocessors. Raises ModuleNotFoundError, which says what to do."""
    if NBGRADER.is_dir() and str(NBGRADER) not in sys.path:
        sys.path.append(str(NBGRADER))  # last, so that it takes nothing else's place
    try:
        from nbgrader import preprocessors
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "nbgrader is not installed. `make student` brings it; without make: python -m pip "
            "install --target build/nbgrader --no-deps -r requirements-nbgrader.txt"
        ) from error
    return preprocessors


def as_source(notebook):
    """A copy as nbgrader wants its source: each solution in the cell that is to be filled in.

    There it stands between the marks that nbgrader takes away, and gives the answer that the check
    below looks at. The folded solutions are gone, what is said about them too, and where to find
    them.
    """
    notebook = notebook.copy()
    notebook.cells = [nbformat.from_dict(cell) for cell in notebook.cells]
    kept, stub, check, solved = [], None, None, False
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        starts = cell.cell_type == "markdown" and re.match(r"## |\*\*Exercise \d", cell.source)
        if starts:
            stub, check, solved = None, None, False
        if "exercise" in tags:
            stub = cell
        if "check" in tags:
            check = cell
        if "solution" in tags:
            solved = True
            stub.source = with_solution(stub.source, check.source, cell.source)
            continue
        if solved and cell.cell_type == "markdown" and not starts:
            continue
        if cell.cell_type == "markdown":
            cell.source = without_way_to_solutions(cell.source)
        kept.append(cell)
    notebook.cells = kept
    return notebook


def with_solution(stub, check, solution):
    """The source of a cell to fill in, followed by its solution between nbgrader's marks.

    A solution ends with the check of what it gives: in its place the answer gets its name.
    """
    name = ast.unparse(last_call(check).args[1])
    call = last_call(solution)
    lines = solution.splitlines()[: call.lineno - 1]
    lines = [line for line in lines if line.strip() not in (BEGIN, END)]
    return "\n".join([stub, BEGIN, *lines, f"{name} = {ast.unparse(call.args[1])}", END])


def last_call(source):
    """The syntax tree of the call that is the last line of a cell, such as helpers.check(...)."""
    return ast.parse(source).body[-1].value


def without_way_to_solutions(text):
    """A text without the sentences that tell where a solution is."""
    if HOW_TO_OPEN not in text:
        return text
    paragraphs = []
    for paragraph in text.split("\n\n"):
        sentences = re.split(r"(?<=[.!?]) +", paragraph)
        paragraphs.append(" ".join(each for each in sentences if HOW_TO_OPEN not in each))
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def as_student(notebook):
    """A copy for learners: no solution, no output, all else in place. nbgrader does it."""
    steps = nbgrader_preprocessors()
    notebook, resources = as_source(notebook), {}
    for step in (
        steps.ClearSolutions(code_stub={"python": ""}),
        steps.LockCells(),
        steps.CheckCellMetadata(),
        steps.ClearOutput(),
        steps.ClearHiddenTests(),
        steps.ClearMarkScheme(),
    ):
        notebook, resources = step.preprocess(notebook, resources)
    for cell in notebook.cells:
        cell.source = cell.source.rstrip("\n")  # what an empty stub leaves
    return notebook


def write_student(build=BUILD):
    """Write the edition for learners anew. Returns its folder."""
    folder = emptied(build / "student")
    for path in notebook_paths():
        learner = as_student(nbformat.read(path, 4))
        for cell in learner.cells:  # it lies a folder deeper than the masters
            if cell.cell_type == "markdown":
                cell.source = cell.source.replace("](../", "](../../")
        write(learner, folder / path.name)
    return folder


def write_assignment(build=BUILD, numbers=ASSIGNED):
    """Write nbgrader's source of some notebooks, by their numbers, anew. Returns its folder."""
    folder = emptied(build / "assignment")
    (folder / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")
    (folder / "README.md").write_text(README, encoding="utf-8")
    for path in notebook_paths():
        if path.name[:2] in numbers:
            home = folder / "source" / path.stem
            home.mkdir(parents=True)
            write(as_source(nbformat.read(path, 4)), home / path.name)
    return folder


def emptied(folder):
    """A folder, made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def write(notebook, path):
    nbformat.validate(notebook)
    path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m spoken_digits.editions")
    parser.add_argument("edition", choices=["student", "assignment"])
    edition = parser.parse_args(arguments).edition
    if edition == "student":
        print(f"For learners, without solutions: {shown(write_student())}")
        return
    folder = write_assignment()
    print(f"For nbgrader, with solutions: {shown(folder)}. Its README.md says how to go on.")


def shown(folder):
    return f"{folder.relative_to(Path.cwd())}" if folder.is_relative_to(Path.cwd()) else f"{folder}"


if __name__ == "__main__":
    main()
