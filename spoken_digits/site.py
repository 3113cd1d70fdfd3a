"""The series as web pages, from the notebooks as committed: `make site` writes build/site/html.

Sphinx makes the pages, with MyST-NB for notebooks. It lies in build/sphinx, apart from what
learners need. This file gathers what it reads, in build/site/source.
"""

import os
import re
import shutil
import subprocess
import sys

import nbformat
from matplotlib import pyplot as plt

from .editions import BUILD, emptied
from .grid import grid_runs
from .pages import NOTEBOOKS, notebook_paths
from .report import results_table

ROOT = NOTEBOOKS.parent
SPHINX = BUILD / "sphinx"
DOCUMENTS = ["TEACHING.md", "models/README.md", "recordings/README.md"]
# Code, links, HTML, headings, quotes and rows of tables: no word in them becomes a link.
NO_PROSE = re.compile(
    r"```.*?```|`[^`\n]*`|!?\[[^\]]*\]\([^)\s]*\)|<[^>\n]+>|https?://\S+|^(?:#|\|).*?$",
    re.DOTALL | re.MULTILINE,
)
BEFORE = {"sampleCNN": "sample_cnn, improved", "spectrogram CNN": "spectrogram_cnn, improved"}
# Title, column of the table of results, label of each bar -> row.
TURNING_POINTS = [
    (
        "As published, done again on the first edition",
        "classic edition",
        {"sampleCNN": "sample_cnn, original", "spectrogram CNN": "spectrogram_cnn, original"},
    ),
    ("Mended, on new clips of known voices", "test accuracy", BEFORE),
    ("The same two, on a voice never heard", "unseen speakers", BEFORE),
    (
        "260 people: the same two, and two made for new voices",
        "people",
        BEFORE
        | {
            "sampleCNN, new": "sample_cnn, open_set",
            "spectr. CNN, new": "spectrogram_cnn, open_set",
        },
    ),
]
COLOURS = ["#0173b2", "#de8f05"]


def gather(folder=BUILD / "site" / "source"):
    """Write what Sphinx reads: the pages of the series, beside each other as in it. Returns it."""
    shutil.copytree(ROOT / "docs" / "site", emptied(folder), dirs_exist_ok=True)
    shutil.copytree(ROOT / "docs", folder / "docs", ignore=shutil.ignore_patterns("site"))
    for name in DOCUMENTS:
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    terms = glossary_terms((folder / "docs" / "glossary.md").read_text("utf-8"))
    for path in folder.rglob("*.md"):
        text = on_the_site(path.read_text("utf-8"))
        path.write_text(link_terms(text, terms, set()), "utf-8")
    (folder / "originals").mkdir()
    (folder / "notebooks").mkdir()
    notebooks = {path: nbformat.read(path, 4) for path in notebook_paths()}
    for path, notebook in notebooks.items():
        shutil.copy(path, folder / "originals")
        nbformat.write(as_page(notebook, path.name, terms), folder / "notebooks" / path.name)
    (folder / "references.md").write_text(references(notebooks.values()), "utf-8")
    index = (folder / "index.md").read_text("utf-8").replace("THE REPOSITORY", repository())
    points = turning_points(results_table(grid_runs()), folder / "_static")
    (folder / "index.md").write_text(index.replace("TURNING POINTS", points), "utf-8")
    return folder


def repository(env=os.environ):
    """The words "the repository", as Markdown: a link where GitHub builds the site and says so."""
    server, name = env.get("GITHUB_SERVER_URL", "https://github.com"), env.get("GITHUB_REPOSITORY")
    return f"[the repository]({server}/{name})" if name else "the repository"


def as_page(notebook, name, terms):
    """The notebook with its solutions folded, words of the glossary linked, and a download link."""
    linked = set()
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        if "solution" in tags:
            cell.metadata["tags"] = [*tags, "hide-cell"]
        if cell.cell_type == "markdown":
            cell.source = link_terms(on_the_site(cell.source), terms, linked)
    notebook.cells[0].source += f"\n\n{{download}}`This page as a notebook <../originals/{name}>`"
    return notebook


def on_the_site(text):
    """Markdown with links to what is no page of the site taken out: their words stay."""
    names = [*DOCUMENTS, *(path.name for path in (ROOT / "docs").glob("*.md"))]
    pages = "|".join([r"\w+\.ipynb", *map(re.escape, names)])
    ours = re.compile(rf"(?:\.\./|notebooks/|docs/)*(?:{pages})(?:#.*)?$")

    def kept(found):
        target = found[2]
        whole = target.startswith(("http", "#")) or ours.match(target) or target.endswith(".png")
        return found[0] if whole else found[1]

    return re.sub(r"(?<!!)\[([^\]]*)\]\(([^)\s]+)\)", kept, text)


def glossary_terms(text):
    """Each term of the glossary, longest first -> the first of those with the same explanation."""
    groups = re.findall(r"((?:^[A-Za-z][^\n]*\n)+)  ", text, re.MULTILINE)
    terms = {term: group.splitlines()[0] for group in groups for term in group.splitlines()}
    return dict(sorted(terms.items(), key=lambda item: len(item[0]), reverse=True))


def link_terms(text, terms, linked):
    """Markdown whose prose links each explanation at the first use of one of its terms.

    A term may have a hyphen for a space, and be a plural. `terms` are as glossary_terms() gives
    them, `linked` (set) what was linked before.
    """
    parts, end = [], 0
    for found in NO_PROSE.finditer(text):
        parts += [_linked(text[end : found.start()], terms, linked), found[0]]
        end = found.end()
    return "".join([*parts, _linked(text[end:], terms, linked)])


def _linked(prose, terms, linked):
    first = {_plain(term): name for term, name in terms.items()}
    forms = "|".join(re.escape(term).replace(r"\ ", "[ -]") for term in terms)

    def link(found):
        name = first[_plain(found[1])]
        if name in linked:
            return found[0]
        linked.add(name)
        return f"{{term}}`{found[0]} <{name}>`"

    return re.sub(rf"\b({forms})(?:e?s)?\b", link, prose, flags=re.IGNORECASE)


def _plain(term):
    return term.lower().replace("-", " ")


def references(notebooks):
    """All that the pages cite with an address, in one list, as Markdown."""
    cited = {}
    for notebook in notebooks:
        title = notebook.cells[0].source.splitlines()[0].lstrip("# ")
        text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
        for words, address in re.findall(r"(?<!!)\[([^\]]+)\]\((https?://[^)\s]+)\)", text):
            cited.setdefault(address, (words, []))[1].append(title[:2])
    lines = [
        f"- [{words}]({address}): notebook {', '.join(dict.fromkeys(numbers))}"
        for address, (words, numbers) in sorted(cited.items(), key=lambda item: item[1][0].lower())
    ]
    return "# References\n\nAll that the notebooks point to.\n\n" + "\n".join(lines) + "\n"


def turning_points(table, folder):
    """Draw the four turning points from results_table() into a folder. Returns HTML."""
    found = []
    for place, (title, column, rows) in enumerate(TURNING_POINTS, 1):
        shares = {
            name: float(table.loc[row, column].partition(" ")[0]) for name, row in rows.items()
        }
        told = ", ".join(f"{name} {share} %" for name, share in shares.items())
        figure, axes = plt.subplots(figsize=(3.6, 0.2 + 0.45 * len(rows)), layout="constrained")
        colours = COLOURS * (len(rows) // 2)
        bars = axes.barh([*shares], [*shares.values()], color=colours)
        axes.bar_label(
            bars, [f"{share} %" for share in shares.values()], padding=-40, weight="bold"
        )
        axes.set(xlim=(0, 100), xticks=[])
        name = f"turning_point_{place}.png"
        figure.savefig(folder / name, dpi=150)
        plt.close(figure)
        picture = f'<img src="_static/{name}" alt="{title}: {told}.">'
        found.append(f"<figure><figcaption>{place}. {title}</figcaption>{picture}</figure>")
    return f'<div class="turning-points">{"".join(found)}</div>'


def build(source, out=BUILD / "site" / "html"):
    """Run Sphinx on a folder; a warning is an error. Raises CalledProcessError."""
    command = ["-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", str(source), str(out)]
    env = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (SPHINX, ROOT)))}
    subprocess.run([sys.executable, *command], check=True, env=env)
    return out


def main():
    print(f"The site: {build(gather())}/index.html")


if __name__ == "__main__":
    main()
