"""The site: what is gathered for it, and each page as a reader, a telephone and axe-core see it."""

import functools
import re
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import browser
from spoken_digits import grid, report, site

GLOSSARY = """\
# Words

```{glossary}
batch
  Some clips.

batch normalisation
  A layer.

MFCC
  A few numbers.

sample rate
sampling rate
  How many.
```
"""
TERMS = site.glossary_terms(GLOSSARY)
PAGES = [  # of Sphinx's source
    "index",
    "TEACHING",
    "references",
    "models/README",
    "recordings/README",
    *(f"docs/{name}" for name in ("cluster", "glossary", "hub", "results", "troubleshooting")),
    *(f"notebooks/{path.stem}" for path in site.notebook_paths()),
]


# --- What is gathered ---


def test_a_term_is_linked_once_and_only_in_prose():
    text = "# Sample rate\nA `sample rate`, [a sample rate](x), the sample rate; sample rates."
    link, linked = "{term}`sample rate <sample rate>`", set()
    assert site.link_terms(text, TERMS, linked) == text.replace("the sample rate", f"the {link}")
    assert linked == {"sample rate"}
    assert site.link_terms("The sample rate.", TERMS, linked) == "The sample rate."
    assert site.link_terms("The sampling rate.", TERMS, linked) == "The sampling rate."
    assert site.link_terms("MFCCs.", TERMS, linked) == "{term}`MFCCs <MFCC>`."


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("batches", "{term}`batches <batch>`"),
        ("**Batch normalisation**", "**{term}`Batch normalisation <batch normalisation>`**"),
        ("a sample-rate", "a {term}`sample-rate <sample rate>`"),
        ("sampling rate", "{term}`sampling rate <sample rate>`"),
    ],
)
def test_a_form_of_a_term_leads_to_what_it_means(text, link):
    assert site.link_terms(text, TERMS, set()) == link


def test_the_terms_of_a_glossary_longest_first():
    assert list(TERMS) == ["batch normalisation", "sampling rate", "sample rate", "batch", "MFCC"]
    assert TERMS["sampling rate"] == "sample rate"


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """What Sphinx reads."""
    return site.gather(tmp_path_factory.mktemp("site") / "source")


def linked_terms(path):
    return re.findall(r"\{term\}`[^`<]* <([^>]+)>`", path.read_text("utf-8"))


def test_every_word_of_the_glossary_is_linked_from_a_page(source):
    pages = [*source.rglob("*.md"), *source.glob("notebooks/*.ipynb")]
    linked = {term for path in pages for term in linked_terms(path)}
    entries = site.glossary_terms((source / "docs" / "glossary.md").read_text("utf-8")).values()
    assert linked == set(entries)
    assert [path for path in pages if "<batch>` normalisation" in path.read_text("utf-8")] == []


def test_each_page_links_the_words_that_it_uses(source):
    """At the first use and not again."""
    for path in [source / f"{name}.md" for name in ("index", "TEACHING", "models/README")]:
        linked = linked_terms(path)
        assert linked and len(linked) == len(set(linked)), path


def test_the_first_page_says_where_the_files_are(source):
    index = (source / "index.md").read_text("utf-8")
    assert f"Download {site.repository()} and unpack it" in index
    assert site.repository({}) == "the repository"
    github = {"GITHUB_REPOSITORY": "some/digits"}
    assert site.repository(github) == "[the repository](https://github.com/some/digits)"
    github["GITHUB_SERVER_URL"] = "https://e.org"
    assert site.repository(github) == "[the repository](https://e.org/some/digits)"


def test_links_to_what_is_no_page_lose_their_address():
    text = (
        "[A](helpers.py), [B](../models/README.md), [C](02_x.ipynb#D), [E](https://e.org), ![F](f)"
    )
    assert site.on_the_site(text) == text.replace("[A](helpers.py)", "A")


def test_a_solution_is_folded_and_the_notebook_can_be_fetched():
    cells = [new_markdown_cell("# 01 · Title"), new_code_cell("x = 1")]
    cells[1].metadata["tags"] = ["solution"]
    page = site.as_page(new_notebook(cells=cells), "01_x.ipynb", TERMS)
    assert page.cells[1].metadata["tags"] == ["solution", "hide-cell"]
    assert "../originals/01_x.ipynb" in page.cells[0].source


def test_references_are_listed_once_with_their_pages():
    texts = [
        "# 01 · A\n[B](https://b.org), [a](https://a.org)",
        "# 02 · C\n[B](https://b.org) [D](d)",
    ]
    notebooks = [new_notebook(cells=[new_markdown_cell(text)]) for text in texts]
    *_, first, second = site.references(notebooks).strip().splitlines()
    assert first == "- [a](https://a.org): notebook 01"
    assert second == "- [B](https://b.org): notebook 01, 02"


def test_the_turning_points_say_what_was_recorded(tmp_path):
    table = report.results_table(grid.grid_runs())
    told = site.turning_points(table, tmp_path)
    assert len(list(tmp_path.iterdir())) == told.count("<img") == 4
    for _, column, rows in site.TURNING_POINTS:
        for name, row in rows.items():
            assert f"{name} {table.loc[row, column].partition(' ')[0]} %" in told


# --- What comes out ---


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        """No line for each request."""


@pytest.fixture(scope="module")
def address(source):
    """The site, built anew and served on this machine. A warning of Sphinx fails it."""
    if not site.SPHINX.is_dir():
        pytest.skip("make sphinx has not been run")
    html = site.build(source, source.parent / "html")
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(html)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def windows(address):
    if not (browser.CHROMIUM and find_spec("playwright")):
        pytest.skip("no Chromium is installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, browser.chromium(playwright) as page:
        yield page.context.browser


@pytest.fixture
def telephone(windows):
    """A window as narrow as a telephone."""
    page = windows.new_page(viewport={"width": 390, "height": 800})
    page.set_default_timeout(1000 * browser.PATIENCE)
    yield page
    page.close()


def serious_faults(page, left_out=()):
    """What axe-core finds that keeps somebody from using the page, but for some selectors."""
    import axe_playwright_python

    axe = Path(axe_playwright_python.__file__).parent / "axe.min.js"
    page.evaluate(axe.read_text("utf-8"))
    look = "(exclude) => axe.run({ exclude }, { resultTypes: ['violations'] })"
    found = page.evaluate(look, [[selector] for selector in left_out])["violations"]
    serious = [fault for fault in found if fault["impact"] in ("serious", "critical")]
    return [(fault["id"], fault["nodes"][0]["html"]) for fault in serious]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_read_by_everybody(telephone, address, name):
    errors, asked = [], []
    telephone.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    telephone.on("pageerror", lambda error: errors.append(str(error)))
    telephone.on("request", lambda request: asked.append(request.url))
    telephone.goto(f"{address}/{name}.html")
    assert not errors
    assert not [url for url in asked if not url.startswith((address, "data:"))]
    assert telephone.evaluate("() => document.documentElement.scrollWidth") <= 390
    silent = "() => [...document.images].filter((image) => !image.alt).map((image) => image.src)"
    assert telephone.evaluate(silent) == []
    # Each coloured word of code is measured, which takes long: below, on one page.
    assert serious_faults(telephone, left_out=["pre"]) == []


@pytest.mark.parametrize("name", ["index", "notebooks/07_unseen_speakers"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_colours_can_be_read(telephone, address, name, scheme):
    telephone.emulate_media(color_scheme=scheme)
    telephone.goto(f"{address}/{name}.html")
    assert serious_faults(telephone) == []


def test_players_play_solutions_are_folded_and_the_next_page_is_a_click_away(telephone, address):
    telephone.goto(f"{address}/notebooks/02_waveforms_and_spectrograms.html")
    telephone.wait_for_function(
        "() => [...document.querySelectorAll('audio')].every((sound) => sound.duration > 0)"
    )
    assert telephone.locator("audio").count() > 5
    assert telephone.locator("details.hide > summary").count() >= 5
    assert telephone.locator("details.hide[open]").count() == 0
    with telephone.expect_download() as download:
        telephone.get_by_text("This page as a notebook").click()
    original = site.ROOT / "notebooks" / "02_waveforms_and_spectrograms.ipynb"
    assert Path(download.value.path()).read_bytes() == original.read_bytes()
    telephone.get_by_role("link", name=re.compile("^Next")).click()
    telephone.wait_for_url("**/03_sample_cnn.html")


def test_the_search_finds_nyquist_and_a_word_leads_to_the_glossary(telephone, address):
    telephone.goto(f"{address}/search.html?q=Nyquist")
    found = telephone.locator("#search-results li", has_text="What does a digit look like?")
    found.first.wait_for()
    telephone.goto(f"{address}/notebooks/02_waveforms_and_spectrograms.html")
    telephone.locator("a.reference", has_text="sample rate").first.click()
    telephone.wait_for_url("**/docs/glossary.html#term-sample-rate")
