"""The notebooks as committed: run in order, readable without running, nobody's machine in them."""

import html
import json
import re
from pathlib import Path
from statistics import median

import nbformat
import pytest
from nbconvert import ScriptExporter, SlidesExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

# Paths of somebody's machine. The homes and the project's own folder are those of this machine.
PRIVATE = re.compile(
    r"/home/|/Users/|/root\b|/tmp/|[A-Za-z]:\\+Users|site-packages"
    + rf"|[/\\]{re.escape(Path.home().name)}[/\\]"
    + (rf"|(?<![\w./]){re.escape(str(ROOT.parent))}[/\\]" if ROOT.parent != Path("/") else "")
)


def read(path):
    """Read a notebook as it is: nbformat.read() would mend ids in silence."""
    return nbformat.v4.reads(path.read_text(encoding="utf-8"))


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def markdown(cells):
    return "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def outputs(notebook):
    """Each output with the cell that it belongs to."""
    return [(cell, output) for cell in code_cells(notebook) for output in cell.outputs]


def tags(cell):
    return cell.metadata.get("tags", [])


def lines(cell):
    return [line for line in cell.source.splitlines() if line.strip()]


def check_format(notebook):
    nbformat.validate(notebook)


def check_ids(notebook):
    """Slugs such as read-clip-01. Random ids (8 hex digits, or a UUID) change at each rewrite."""
    ids = [cell.get("id", "") for cell in notebook.cells]
    for name in ids:
        assert re.fullmatch(r"(?![0-9a-f]{8}\b)[a-z0-9]+(-[a-z0-9]+)*", name), f"{name!r}: no slug"
        assert ids.count(name) == 1, f"{name}: this id is used twice"


def check_kernelspec(notebook):
    kernel = notebook.metadata.get("kernelspec", {})
    assert (kernel.get("name"), kernel.get("display_name")) == ("python3", "Python 3")


def check_language(notebook):
    """Without the ending, nbconvert makes a script .txt; a version would be that of one machine."""
    language = notebook.metadata.get("language_info", {})
    assert (language.get("name"), language.get("file_extension")) == ("python", ".py")
    assert "version" not in language


def check_slides(notebook):
    """As slides, a notebook turns the page at each heading."""
    for cell in notebook.cells:
        heading = re.match("#+ ", cell.source) if cell.cell_type == "markdown" else None
        wanted = ("slide" if heading.end() < 4 else "subslide") if heading else None
        assert cell.metadata.get("slideshow", {}).get("slide_type") == wanted, cell.id


def check_executed_in_order(notebook):
    for number, cell in enumerate(code_cells(notebook), 1):
        assert cell.execution_count == number, f"{cell.id}: run as {cell.execution_count}"


def check_no_stderr_nor_error(notebook):
    for cell, output in outputs(notebook):
        assert output.get("name") != "stderr", f"{cell.id}: stored stderr: {output.text[:200]}"
        assert output.output_type != "error", f"{cell.id}: {output.get('evalue')}"


def check_no_private_path(notebook):
    for cell in notebook.cells:
        text = cell.source + json.dumps(cell.get("outputs", []), ensure_ascii=False)
        text = re.sub(r"base64,[\w+/=]+|\"image/png\": \"[^\"]+", "", text)  # hold any letters
        found = PRIVATE.search(text)
        assert not found, f"{cell.id}: a path of somebody's machine: {found.group()}"


def check_alt_text(notebook):
    """A bare image loses its alternative text in JupyterLab: helpers.show() writes HTML."""
    for cell, output in outputs(notebook):
        data = output.get("data", {})
        assert not [kind for kind in data if kind.startswith("image/")], f"{cell.id}: a bare image"
        for picture in re.findall(r"<img\b[^>]*>", data.get("text/html", "")):
            alt = re.search(r'alt="([^"]*)"', picture)
            assert alt and len(alt[1].split()) >= 3, f"{cell.id}: a picture without words"


def check_opening(notebook):
    kinds = [cell.cell_type for cell in notebook.cells]
    opening = markdown(notebook.cells[: kinds.index("code")]).replace("’", "'")
    for phrase in ("What you'll do", "What you'll learn", "What you need"):
        assert phrase in opening, f"no {phrase!r} before the first code cell"
    for doing in ("read", "run"):
        assert re.search(rf"(\d+|a|one) minutes? to {doing}", opening), f"no minutes to {doing}"


def check_closing(notebook):
    headings = re.findall(r"^#+ +(.+?) *$", markdown(notebook.cells), re.MULTILINE)
    closing = [heading for heading in headings if not heading.startswith("Exercise ")][-3:]
    assert closing == ["Recap", "Exercises", "Where to go next"], f"closes with {closing}"


def number(notebook):
    """The number in the title of a notebook: "03"."""
    return notebook.cells[0].source[2:4]


def blocks(notebook):
    """The cells of each exercise: from its text to the next exercise, or the next heading."""
    found = []
    for cell in notebook.cells:
        text = cell.source if cell.cell_type == "markdown" else ""
        if re.match(r"(#+ +|\*\*)Exercise \d+", text):
            found.append([cell])
        elif found and text.startswith("## "):
            break
        elif found:
            found[-1].append(cell)
    return found


def check_solutions(notebook):
    """Each exercise has a hidden solution, which is run."""
    for cell in notebook.cells:
        if "solution" in tags(cell):
            assert cell.metadata.get("jupyter", {}).get("source_hidden"), f"{cell.id} is visible"
            assert cell.cell_type == "code", f"{cell.id}: a solution must be code, which is run"
    assert blocks(notebook), "no exercise"
    for text, *rest in blocks(notebook):
        assert any("solution" in tags(cell) for cell in rest), f"{text.id} has no solution"


LEVELS = {"warm-up", "core", "investigation"}
GRADED = {"exercise": {"solution": True, "grade": False, "locked": False}}
GRADED["check"] = {"solution": False, "grade": True, "locked": True, "points": 1}


def check_exercises(notebook):
    """Text, a cell to fill in, its check, the solution: marked as nbgrader wants them."""
    levels = []
    for text, *cells in blocks(notebook):
        assert [tags(cell)[:1] for cell in cells[:3]] == [["exercise"], ["check"], ["solution"]]
        answer, check, solution = cells[:3]
        level = re.match(r"\*\*Exercise \d\*\* \(\*([\w-]+)\*\)", text.source)
        assert level, f"{text.id} names no level"
        levels.append(level[1])
        for cell in (answer, check):
            marks = GRADED[tags(cell)[0]] | {"grade_id": cell.id, "schema_version": 3}
            assert cell.metadata.get("nbgrader", {}).items() >= marks.items(), cell.id
        for mark in ("### BEGIN SOLUTION", "### END SOLUTION"):
            assert solution.source.count(mark) == 1, f"{solution.id}: {mark}"
        asked = f'helpers.check("{number(notebook)}-{len(levels)}"'
        for cell, words in ((check, "waits for your answer"), (solution, "is right")):
            assert asked in re.sub(r"\(\s+", "(", cell.source), f"{cell.id} does not check"
            assert words in json.dumps(cell.outputs), f"{cell.id} does not say: {words}"
    assert len(levels) >= 4
    assert set(levels) == LEVELS


def check_questions(notebook):
    """Two or three questions with three choices or more, and a word on each wrong one."""
    questions = [cell for cell in notebook.cells if cell.id.startswith("question-")]
    assert 2 <= len(questions) <= 3
    for cell in questions:
        asked, answer = cell.source.split("<details><summary>Answer</summary>\n\n")
        assert asked.startswith("**Check yourself.** "), cell.id
        choices = re.findall(r"^- \*\*(\w)\.\*\* \S", asked, re.MULTILINE)
        (right,) = re.findall(r"^\*\*(\w)\.\*\* \S", answer)
        wrong = re.findall(r"^- \*\*(\w)\*\*: \S", answer, re.MULTILINE)
        assert len(choices) >= 3, cell.id
        assert sorted([right, *wrong]) == choices, cell.id
        assert answer.endswith("\n\n</details>"), cell.id


UNMARKED = {"Set up", "Recap", "Exercises", "Where to go next"}
MARKS = {"core": "*Core.*", "optional": "*Optional: skip it on a first reading.*"}
ON_THE_ROUTE = "*Core, and on the 90-minute route.*"  # tagged route-90; see test_guide.py


def check_core(notebook):
    """Every section says whether it is core, by a tag and in words; what is on a route is core."""
    for cell in notebook.cells:
        heading = re.match(r"## (.+)\n*(.*)", cell.source) if cell.cell_type == "markdown" else None
        if heading and heading[1] not in UNMARKED:
            marks = [tag for tag in tags(cell) if tag in MARKS]
            assert len(marks) == 1, f"{cell.id}: core or optional?"
            said = ON_THE_ROUTE if "route-90" in tags(cell) else MARKS[marks[0]]
            assert heading[2] == said, f"{cell.id}: not said below the heading"
            assert said in MARKS.values() or marks == ["core"], f"{cell.id}: on a route, not core"
        later = re.findall(r"^## .+", cell.source, re.MULTILINE)[0 if not heading else 1 :]
        assert cell.cell_type == "code" or not later, f"{cell.id}: a heading starts a cell"
    assert re.search(r"minutes to read, of which \d+ for the core", notebook.cells[0].source)


def check_references(notebook):
    """The page closes with two to five works for who wants more."""
    _, closing = markdown(notebook.cells).split("\n## Where to go next\n")
    works = [line for line in closing.splitlines() if re.search(r"https?://|doi:|ISBN", line)]
    assert 2 <= len(works) <= 5, works


def check_cell_lengths(notebook):
    lengths = [len(lines(cell)) for cell in code_cells(notebook)]
    for cell in code_cells(notebook):
        assert 1 <= len(lines(cell)) <= 25, f"{cell.id}: {len(lines(cell))} lines"
    long = [
        f"{cell.id}: {len(lines(cell))}" for cell in code_cells(notebook) if len(lines(cell)) > 12
    ]
    assert len(long) <= 0.1 * len(lengths), f"more than a tenth of cells over 12 lines: {long}"
    assert 2 <= median(lengths) <= 5, f"the median cell has {median(lengths)} lines"


def check_prose(notebook):
    prose = re.sub(r"\]\([^)]*\)|<[^>]*>", " ", markdown(notebook.cells))  # no links, no HTML
    words = len(re.findall(r"\b[^\W\d_][\w'’-]*", prose))
    ratio = words / sum(len(lines(cell)) for cell in code_cells(notebook))
    assert 8 <= ratio <= 16, f"{ratio:.1f} words of prose for each line of code, not 8 to 16"


def check_nbval_marks(notebook):
    """Outputs are compared but where a network is trained, or shows what it learned ("trained").

    Trained numbers differ between processors. A claim about them is compared all the same, so it
    stands in a cell of its own. Marks are tags, not comments.
    """
    for cell in code_cells(notebook):
        marks = {tag for tag in tags(cell) if tag.startswith("nbval") or "exception" in tag}
        trains = re.search(r"\.fit\(|\btrain\(", cell.source) or "trained" in tags(cell)
        claims = "helpers.claim(" in cell.source and "solution" not in tags(cell)
        assert not ("trained" in tags(cell) and claims), f"{cell.id}: a claim that is not compared"
        allowed = {"nbval-ignore-output"} if trains else set()
        assert marks <= allowed, f"{cell.id}: tagged {marks}"
        comment = re.search(r"#\s*(NBVAL|PYTEST_VALIDATE)\w*", cell.source)
        assert not comment, f"{cell.id}: {comment.group()}: use a tag"
        assert "clear_output" not in cell.source, f"{cell.id}: nbval cannot compare cleared output"


def check_what_claims_are_about(notebook):
    """Said behind the first load_recordings(), so that it hangs on no later one."""
    sources = [cell.source for cell in code_cells(notebook)]
    said = [source for source in sources if "helpers.claims_about(clips)" in source]
    assert len(said) == 1, f"helpers.claims_about(clips) stands in {len(said)} cells, not in one"
    before = "\n".join(sources[: sources.index(said[0])])
    assert "helpers.claim(" not in before, "a claim stands before it is said what it is about"


def check_imports(notebook):
    """Of our own code a notebook imports the door alone."""
    for cell in code_cells(notebook):
        found = re.search(
            r"^(from|import) (spoken_digits|experiments)\b", cell.source, re.MULTILINE
        )
        assert not found, f"{cell.id}: {found and found.group()}: take it from helpers"


def check_claims(notebook):
    printed = [(cell, output.get("text", "")) for cell, output in outputs(notebook)]
    for cell, text in printed:
        assert "not checked" not in text, f"{cell.id}: this was not run on FSDD"
    assert any("✔ " in text for _, text in printed), "no claim was checked"


CHECKS = [check for name, check in sorted(globals().items()) if name.startswith("check_")]


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook(path, check):
    check(read(path))


def test_as_slides_and_as_a_script():
    """What a teacher exports: a slide for each heading, pictures with their words, Python."""
    talk, _ = SlidesExporter().from_filename(NOTEBOOKS[0])
    notebook = read(NOTEBOOKS[0])
    assert talk.count("<section") > markdown(notebook.cells).count("\n## ")
    pages = [output.get("data", {}).get("text/html", "") for _, output in outputs(notebook)]
    words = re.findall(r'<img alt="([^"]+)"', "".join(pages))
    assert words
    assert set(map(html.unescape, words)) <= set(re.findall(r'<img alt="([^"]+)"', talk))
    _, resources = ScriptExporter().from_filename(NOTEBOOKS[0])
    assert resources["output_extension"] == ".py"


def test_a_name_means_one_thing_in_all_notebooks():
    defined = {}
    for path in NOTEBOOKS:
        for cell in code_cells(read(path)):
            if "solution" in tags(cell):
                continue
            for name in re.findall(r"^ *def (\w+)", cell.source, re.MULTILINE):
                defined.setdefault(name, set()).add(path.stem)
    assert {name: pages for name, pages in defined.items() if len(pages) > 1} == {}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_readme_tells_the_minutes_of_the_page(path):
    opening = read(path).cells[0].source
    minutes = re.search(r"(\d+) minutes to read(?:, of which (\d+) for the core)?", opening)
    told = f"{minutes[1]} min" + f" ({minutes[2]})" * bool(minutes[2])
    (row,) = re.findall(rf"\|.*notebooks/{path.name}.*", (ROOT / "README.md").read_text("utf-8"))
    assert f"| {told} |" in row


# --- The checks themselves: a good notebook passes all, each fault is caught by its check ---


def sample():
    """A small notebook as it should be."""

    def markdown_cell(name, text):
        kind = "subslide" if text.startswith("###") else "slide"
        metadata = {"slideshow": {"slide_type": kind}} if text.startswith("#") else {}
        return new_markdown_cell(text, id=name, metadata=metadata)

    def code_cell(name, text, number, *results, **metadata):
        results = list(results)
        return new_code_cell(
            text, id=name, execution_count=number, outputs=results, metadata=metadata
        )

    page = '<img alt="Two bars, the left one higher." src="data:image/png;base64,iVBORw0KGgo=">'
    figure = new_output(
        "display_data", data={"text/html": page, "text/plain": "Two bars, the left one higher."}
    )
    tick = new_output("stream", name="stdout", text="✔ Six speakers.\n")
    opening = "# 01 · Title\n**What you'll do**: look.\n\n**What you'll learn**: to see.\n\n"
    opening += "**What you need**: nothing; 10 minutes to read, of which 5 for the core; "
    opening += "1 minute to run."
    question = "**Check yourself.** Who?\n\n- **A.** He\n- **B.** She\n- **C.** They\n\n"
    question += "<details><summary>Answer</summary>\n\n**B.** So.\n\n- **A**: no.\n- **C**: no."
    question += "\n\n</details>"
    cells = [
        markdown_cell("opening", opening),
        code_cell("draw-01", "helpers.claims_about(clips)\nhelpers.show(figure, alt)", 1, figure),
        markdown_cell("look", "## Look\n*Core.*\n\n" + "word " * 240),
        code_cell("train-01", "model.fit(x)\nhelpers.train(x)", 2, tags=["nbval-ignore-output"]),
        code_cell("check-01", "six = n == 6\nhelpers.claim('Six speakers.', six)", 3, tick),
        *(markdown_cell(f"question-{name}", question) for name in ("one", "two")),
        markdown_cell("recap", "## Recap\nYou looked."),
        markdown_cell("exercises", "## Exercises"),
    ]
    cells[2].metadata["tags"] = ["core"]
    for place, level in enumerate(["warm-up", "core", "core", "investigation"], 1):
        cells += exercise(place, level, code_cell, markdown_cell)
    works = "- [A book](https://example.org)\n- [Another](https://example.org/2)"
    cells += [markdown_cell("next", f"## Where to go next\n{works}")]
    kernel = {"name": "python3", "display_name": "Python 3"}
    language = {"name": "python", "file_extension": ".py"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": language})


def exercise(place, level, code_cell, markdown_cell):
    """The four cells of an exercise."""

    def graded(kind):
        name = f"exercise-{place}-{'answer' if kind == 'exercise' else 'check'}"
        return {"tags": [kind], "nbgrader": {"grade_id": name, "schema_version": 3} | GRADED[kind]}

    def verdict(words):
        return new_output("display_data", data={"text/html": f"<p>{words}</p>", "text/plain": "0"})

    name, asked = f"exercise-{place}", f'helpers.check("01-{place}", answer)'
    source = f"def solution():\n    ### BEGIN SOLUTION\n    ### END SOLUTION\n\n{asked}"
    hidden = {"tags": ["solution"], "jupyter": {"source_hidden": True}}
    return [
        markdown_cell(name, f"**Exercise {place}** (*{level}*). How many?"),
        code_cell(f"{name}-answer", "n = None\nm = None", 3 * place + 1, **graded("exercise")),
        code_cell(
            f"{name}-check",
            asked,
            3 * place + 2,
            verdict("waits for your answer"),
            **graded("check"),
        ),
        code_cell(f"{name}-solution", source, 3 * place + 3, verdict("is right"), **hidden),
    ]


def edit(name, **changes):
    """A fault: some fields of the cell of that id are otherwise."""

    def apply(notebook):
        next(cell for cell in notebook.cells if cell.id == name).update(nbformat.from_dict(changes))

    return apply


def printed(text, stream="stdout"):
    return [new_output("stream", name=stream, text=text)]


def picture(page):
    return [new_output("display_data", data={"text/html": page})]


def drop(name):
    def apply(notebook):
        notebook.cells = [cell for cell in notebook.cells if cell.id != name]

    return apply


IMAGE = {"image/png": "iVBORw0KGgo="}
FAULTS = {
    "no-id": (check_ids, lambda notebook: notebook.cells[0].pop("id")),
    "no-outputs-field": (check_format, lambda notebook: notebook.cells[1].pop("outputs")),
    "random-id": (check_ids, edit("look", id="0a1b2c3d")),
    "uuid": (check_ids, edit("look", id="0a1b2c3d-1111-2222-3333-444444444444")),
    "same-id": (check_ids, edit("look", id="recap")),
    "kernel": (check_kernelspec, lambda notebook: notebook.metadata.clear()),
    "kernel-name": (
        check_kernelspec,
        lambda notebook: notebook.metadata.kernelspec.update(display_name="Python 3 (ipykernel)"),
    ),
    "no-ending": (check_language, lambda notebook: notebook.metadata.language_info.clear()),
    "a-version": (
        check_language,
        lambda notebook: notebook.metadata.language_info.update(version="3.12.1"),
    ),
    "no-slide": (check_slides, edit("recap", metadata={})),
    "slide-without-heading": (
        check_slides,
        edit("question-one", metadata={"slideshow": {"slide_type": "slide"}}),
    ),
    "not-run": (check_executed_in_order, edit("draw-01", execution_count=None)),
    "run-late": (check_executed_in_order, edit("draw-01", execution_count=9)),
    "stderr": (check_no_stderr_nor_error, edit("draw-01", outputs=printed("oh", "stderr"))),
    "error": (
        check_no_stderr_nor_error,
        edit("draw-01", outputs=[new_output("error", ename="E", evalue="e", traceback=[])]),
    ),
    "path-in-output": (check_no_private_path, edit("check-01", outputs=printed("/home/ann/x"))),
    "path-in-source": (
        check_no_private_path,
        edit("check-01", source="read('C:\\\\Users\\\\ann')"),
    ),
    "path-in-prose": (check_no_private_path, edit("look", source="See /Users/ann/x.wav")),
    "project-path": (check_no_private_path, edit("check-01", outputs=printed(f"{ROOT}/x.wav"))),
    "bare-image": (
        check_alt_text,
        edit(
            "draw-01",
            outputs=[new_output("display_data", data=IMAGE, metadata={"image/png": {"alt": "A"}})],
        ),
    ),
    "no-alt": (check_alt_text, edit("draw-01", outputs=picture("<img src='x'>"))),
    "blank-alt": (check_alt_text, edit("draw-01", outputs=picture('<img alt=" " src="x">'))),
    "no-goals": (
        check_opening,
        edit("opening", source="What you'll do, What you need: 1 minute to read, 1 minute to run"),
    ),
    "no-minutes": (
        check_opening,
        edit("opening", source="What you'll do, What you'll learn, What you need: 1 minute to run"),
    ),
    "no-recap": (check_closing, edit("recap", source="You looked.")),
    "no-next": (check_closing, drop("next")),
    "no-exercise": (check_solutions, lambda notebook: notebook.cells.__delitem__(slice(9, -1))),
    "no-solution": (check_solutions, drop("exercise-4-solution")),
    "prose-solution": (check_solutions, edit("exercise-1-solution", cell_type="markdown")),
    "solution-visible": (
        check_solutions,
        edit("exercise-1-solution", metadata={"tags": ["solution"]}),
    ),
    "no-level": (check_exercises, edit("exercise-1", source="**Exercise 1.** How many?")),
    "no-investigation": (
        check_exercises,
        edit("exercise-4", source="**Exercise 4** (*core*). Oh?"),
    ),
    "nothing-to-fill-in": (check_exercises, drop("exercise-2-answer")),
    "not-for-nbgrader": (check_exercises, edit("exercise-2-check", metadata={"tags": ["check"]})),
    "another-exercise": (
        check_exercises,
        edit("exercise-2-check", source='helpers.check("01-3", answer)'),
    ),
    "stub-accepted": (check_exercises, edit("exercise-3-check", outputs=printed("is right"))),
    "solution-wrong": (check_exercises, edit("exercise-3-solution", outputs=printed("not yet"))),
    "no-solution-marks": (
        check_exercises,
        edit("exercise-3-solution", source='helpers.check("01-3", answer)'),
    ),
    "one-question": (check_questions, drop("question-one")),
    "no-reason": (
        check_questions,
        lambda notebook: notebook.cells[5].update(
            source=notebook.cells[5].source.replace("- **C**: no.", "")
        ),
    ),
    "core-or-not": (check_core, edit("look", metadata={})),
    "core-unsaid": (check_core, edit("look", source="## Look\nWords.")),
    "route-unsaid": (check_core, edit("look", metadata={"tags": ["core", "route-90"]})),
    "route-untagged": (check_core, edit("look", source=f"## Look\n{ON_THE_ROUTE}")),
    "route-not-core": (
        check_core,
        edit(
            "look",
            source=f"## Look\n{ON_THE_ROUTE}",
            metadata={"tags": ["optional", "route-90"]},
        ),
    ),
    "heading-inside": (check_core, edit("recap", source="## Recap\nWords.\n\n## Exercises")),
    "no-core-minutes": (
        check_core,
        edit("opening", source="# 01 · Title\n10 minutes to read, 1 minute to run."),
    ),
    "no-references": (check_references, edit("next", source="## Where to go next\nNotebook 02.")),
    "one-long-cell": (
        check_cell_lengths,
        lambda notebook: notebook.cells.extend(
            new_code_cell("x = 1\n" * length) for length in [26] + [3] * 20
        ),
    ),
    "many-longish-cells": (
        check_cell_lengths,
        lambda notebook: [cell.update(source="x = 1\n" * 13) for cell in code_cells(notebook)[:3]],
    ),
    "one-liners": (
        check_cell_lengths,
        lambda notebook: [cell.update(source="x") for cell in code_cells(notebook)],
    ),
    "little-prose": (check_prose, drop("look")),
    "much-prose": (check_prose, edit("look", source="word " * 800)),
    "links-are-no-prose": (check_prose, edit("look", source="[word](" + "/word" * 40 + ")")),
    "ignored-output": (check_nbval_marks, edit("train-01", source="print(n)")),
    "skipped": (check_nbval_marks, edit("train-01", metadata={"tags": ["nbval-skip"]})),
    "nbval-comment": (check_nbval_marks, edit("draw-01", source="# NBVAL_IGNORE_OUTPUT\nx")),
    "cleared": (check_nbval_marks, edit("draw-01", source="clear_output()")),
    "not-checked": (
        check_claims,
        lambda notebook: notebook.cells[1].update(outputs=printed("(not checked) Six speakers.")),
    ),
    "about-nothing": (check_what_claims_are_about, edit("draw-01", source="helpers.show(1)\n2")),
    "about-two-things": (
        check_what_claims_are_about,
        edit("check-01", source="helpers.claims_about(clips)\nhelpers.claim('Six.', six)"),
    ),
    "about-too-late": (
        check_what_claims_are_about,
        lambda notebook: notebook.cells.append(notebook.cells.pop(1)),
    ),
    "through-the-window": (
        check_imports,
        edit("draw-01", source="import helpers\nfrom spoken_digits import audio"),
    ),
    "no-claim": (check_claims, edit("check-01", outputs=printed("Six speakers."))),
}


@pytest.mark.parametrize("check", CHECKS)
def test_a_good_notebook_passes(check):
    check(sample())


@pytest.mark.parametrize(("check", "spoil"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_caught(check, spoil):
    notebook = sample()
    spoil(notebook)
    with pytest.raises((AssertionError, nbformat.ValidationError)):
        check(notebook)


def test_every_check_has_a_fault():
    assert {check for check, _ in FAULTS.values()} == set(CHECKS)
