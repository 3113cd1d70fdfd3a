"""The notebooks as files: which there are, what their code is, which sections they have."""

import hashlib
import json
import re
from pathlib import Path

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"


def notebook_paths(folder=NOTEBOOKS):
    """The paths of the notebooks, in their order."""
    return sorted(folder.glob("[0-9][0-9]_*.ipynb"))


def read_cells(path):
    """The cells of a notebook: a list of dicts as in the file, but each with its source as text."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell | {"source": "".join(cell["source"])} for cell in cells]


def code_hash(path):
    """Twelve hexadecimal digits that change as soon as any code cell of the notebook does."""
    code = [cell["source"] for cell in read_cells(path) if cell["cell_type"] == "code"]
    return hashlib.sha256("\0".join(code).encode()).hexdigest()[:12]


def title(path):
    """The title of a notebook without its number: "What is in the recordings?"."""
    return read_cells(path)[0]["source"].splitlines()[0].partition("·")[2].strip()


def sections(path):
    """The headings of the second and third level, in order."""
    texts = [cell["source"] for cell in read_cells(path) if cell["cell_type"] == "markdown"]
    return re.findall(r"^###? +(.+?) *$", "\n".join(texts), re.MULTILINE)


def by_section(cells):
    """Heading of the second level -> the cells below it, in order; "" for those above the first."""
    heading, found = "", {}
    for cell in cells:
        if cell["cell_type"] == "markdown" and cell["source"].startswith("## "):
            heading = cell["source"].splitlines()[0][3:].strip()
        found.setdefault(heading, []).append(cell)
    return found


def anchor(heading):
    """What JupyterLab and the pages of a repository call a heading in a link: "Listen-first"."""
    return heading.replace(" ", "-")
