"""The notebooks in a real JupyterLab and a real Chromium, whose microphone plays a file.

Screenshots go to the folder that the environment variable SCREENSHOTS names, or to `screenshots`.
Each window is watched: a request to anybody but JupyterLab fails the test, and so does a dialog.
"""

import html
import json
import os
import re
import shutil
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

import browser
import helpers
from page_recordings import RECORDINGS, VOICE, WORD
from recording_cases import BAD, DOUBTFUL
from test_verdict import SAID

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SCREENSHOTS = Path(os.environ.get("SCREENSHOTS", ROOT / "screenshots"))

# Of the copy of the project: `__pycache__` is written to by what runs beside.
LEFT_OUT = [".*", "mine", "screenshots", "build", "__pycache__"]

PAGE = "10_your_own_voice.ipynb"
RECORD, BOOTH, TRY = "record", "booth", "try"  # its cells with a Record button
STORED = {
    RECORD: "Run this cell to see the Record button.",
    BOOTH: "Run this cell to see the Record button.",
    TRY: "Run this cell and those above it to see the Record button.",
}

pytestmark = [
    pytest.mark.skipif(not browser.CHROMIUM, reason="no Chromium is installed"),
    pytest.mark.skipif(not find_spec("playwright"), reason="Playwright is not installed"),
]


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of the project, so that what is run and saved leaves no trace in it."""
    copy = tmp_path_factory.mktemp("browser") / "tree"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*LEFT_OUT))
    return copy


@pytest.fixture(scope="module")
def lab(tree, tmp_path_factory):
    """JupyterLab on that copy, as its address and its token."""
    with browser.jupyterlab(tree, tmp_path_factory.mktemp("lab"), tree) as started:
        yield started


@pytest.fixture(scope="module")
def playwright():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def microphone(tmp_path_factory):
    """Options for a microphone that says the word behind the countdown, and then is silent."""
    sample_rate = helpers.SAMPLE_RATE
    sound = np.pad(WORD, (int(2.2 * sample_rate), 4 * sample_rate))
    return hearing(tmp_path_factory.mktemp("microphone") / "sound.wav", sound)


def hearing(path, sound):
    """Options for a microphone that hears a waveform, over and over."""
    soundfile.write(path, soxr.resample(sound, helpers.SAMPLE_RATE, 48_000), 48_000)
    return ["--use-fake-ui-for-media-stream", DEVICE, f"--use-file-for-fake-audio-capture={path}"]


@contextmanager
def window(playwright, lab, *options, host="localhost"):
    """A window of Chromium and the address of JupyterLab. Nobody else may be asked for anything."""
    address, token = lab[0].replace("localhost", host), lab[1]
    ours = (address, address.replace("http", "ws"), "blob:", "data:")
    urls = []
    with browser.chromium(playwright, *options) as page:
        page.context.on("request", lambda request: urls.append(request.url))
        page.on("websocket", lambda socket: urls.append(socket.url))
        yield page, (address, token)
    assert urls
    assert not [url for url in urls if not url.startswith(ours)]


@contextmanager
def opened(window, name, title):
    """A notebook in a window. Its kernel ends with it."""
    page, lab = window
    browser.open_notebook(page, *lab, name)
    with seen(page, f"{title}_{Path(name).stem}"):
        yield page
    page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.shutdown()")


@contextmanager
def seen(page, title):
    """A screenshot at the end, also where something fails. No dialog may be left on the page."""
    try:
        yield
    finally:
        screenshot(page, title)
    assert not page.locator(".jp-Dialog").all_inner_texts()


def screenshot(page, name):
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


# --- Every notebook ---


@pytest.fixture(scope="module")
def reader(playwright, lab):
    """One window for all that needs no microphone."""
    with window(playwright, lab) as opened:
        yield opened


def count_stored(notebook):
    """How many figures and players the outputs hold."""
    data = [output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", [])]
    pages = [item.get("text/html", "") for item in data]
    return sum(page.count("<img") for page in pages), sum(page.count("<audio") for page in pages)


def wait_for_stored(page, stored):
    """Wait until as many figures and players are drawn as count_stored() gives."""
    page.wait_for_function(
        """([figures, players]) => {
          const found = (name) => [...document.querySelectorAll(".jp-OutputArea " + name)];
          const images = found("img").filter((image) => image.naturalWidth > 0);
          const sounds = found("audio").filter((sound) => sound.duration > 0);
          return images.length === figures && sounds.length === players;
        }""",
        arg=stored,
    )


@pytest.mark.parametrize("name", [path.name for path in NOTEBOOKS])
def test_stored_figures_and_players_are_there_and_who_cannot_see_hears_of_them(reader, name):
    with opened(reader, name, "stored") as page:
        notebook = browser.notebook(page)
        figures, players = count_stored(notebook)
        assert figures, "no figure is stored"
        wait_for_stored(page, [figures, players])
        text = page.locator(".jp-NotebookPanel").text_content()
        assert "Error displaying widget" not in text
        assert "Javascript Error" not in text
        heard = spoken_when_in_sight(page)
    alts = stored_alts(notebook)
    assert len(alts) == figures, "a stored figure without alternative text"
    assert heard == alts, "a screen reader is not told of each"


def spoken_when_in_sight(page):
    """What a screen reader is told of each figure, scrolled into sight: a list, in their order."""
    heard, session = [], page.context.new_cdp_session(page)
    for place, picture in enumerate(page.locator(".jp-OutputArea img").all()):
        picture.scroll_into_view_if_needed()  # what is out of sight is not spoken
        for _ in range(50):  # and what is in sight not at once
            told = browser.spoken_image(session, place)
            if told:
                break
            page.wait_for_timeout(100)
        heard.append(told)
    return heard


def stored_alts(notebook):
    """The alternative texts of the figures that the outputs hold."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    pages = "".join(output.get("data", {}).get("text/html", "") for output in outputs)
    return [html.unescape(alt) for alt in re.findall(r'<img alt="([^"]*)"', pages)]


@pytest.mark.parametrize("name", [path.name for path in NOTEBOOKS[:2]])
def test_run_all_leaves_clean_outputs(reader, name):
    with opened(reader, name, "run") as page:
        stored = count_stored(browser.notebook(page))
        browser.run_all(page)
        notebook = browser.notebook(page)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    outputs = [output for cell in cells for output in cell.outputs]
    assert not [o for o in outputs if o.output_type == "error" or o.get("name") == "stderr"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert count_stored(notebook) == stored


def test_the_next_notebook_the_code_and_the_model_card_are_a_click_away(reader):
    """JupyterLab stands at the project's root, the notebooks one folder below."""
    page, lab = reader
    browser.open_notebook(page, *lab, NOTEBOOKS[0].name)
    with seen(page, "links"):
        place = "() => jupyterapp.shell.currentWidget.context.path"
        for link, path in [(NOTEBOOKS[1].name, f"notebooks/{NOTEBOOKS[1].name}")]:
            page.locator(f'.jp-Notebook a[href*="{link}"]').last.click()
            page.wait_for_function(f"(path) => ({place})() === path", arg=path)
        for path in ("models/README.md", "spoken_digits/audio.py"):
            page.evaluate(
                "(path) => { jupyterapp.commands.execute('docmanager:open', { path }) }", path
            )
            page.wait_for_function(f"(path) => ({place})() === path", arg=path)


# --- Notebook 10, before and after it is run ---


@pytest.fixture(scope="module")
def spoken(playwright, lab, microphone):
    """Notebook 10 in a fresh kernel, in a window with a microphone. No cell has been run."""
    with window(playwright, lab, *microphone) as (page, lab):
        page.set_viewport_size({"width": 1366, "height": 768})
        browser.open_notebook(page, *lab, PAGE)
        yield page


@pytest.fixture
def page(spoken, request):
    with seen(spoken, request.node.originalname.removeprefix("test_")):
        yield spoken


@pytest.fixture
def mine(tree):
    """The folder of takes, empty."""
    folder = tree / "recordings" / "mine"
    shutil.rmtree(folder, ignore_errors=True)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def press(cell, name):
    cell.get_by_role("button", name=name).first.click()


def follow(page, cell):
    """Take down what the page says of a recording, and how loud it was."""
    cell.locator(".recorder").evaluate(
        """(page) => {
          const status = page.querySelector("[role=status]"), meter = page.querySelector("meter");
          Object.assign(window, { said: [], counted: [], loudest: -60 });
          const look = () => {
            const clock = page.querySelector(".clock").textContent;
            if (status.textContent !== said.at(-1)) said.push(status.textContent);
            if (clock !== counted.at(-1)) counted.push(clock);
            loudest = Math.max(loudest, meter.value);
          };
          const all = { subtree: true, childList: true, characterData: true, attributes: true };
          new MutationObserver(look).observe(page, all);
        }"""
    )


def choose_files(page, cell, paths):
    """Press Upload and choose files."""
    with page.expect_file_chooser() as chooser:
        press(cell, "Upload")
    chooser.value.set_files(paths)


def wait_for_answer(cell):
    """Wait until Python has answered what was asked last."""
    cell.locator("[role=status]:empty").wait_for(state="attached")


def test_where_no_button_can_be_drawn_a_sentence_stands_in(page):
    for name, sentence in STORED.items():
        cell = browser.cell(page, name)
        cell.scroll_into_view_if_needed()
        cell.get_by_text(sentence, exact=True).wait_for()


def test_a_recording_alone_in_a_fresh_kernel_gets_its_verdict(page):
    cell = browser.run(page, RECORD)
    cell.get_by_role("button", name="A synthetic voice").wait_for()
    screenshot(page, "record_ready")
    follow(page, cell)
    press(cell, "Record")
    verdict = cell.locator(".verdict")
    verdict.wait_for()
    wait_for_answer(cell)
    assert verdict.inner_text().startswith("7 both networks hear 7")
    said, counted, loudest = page.evaluate("() => [said, counted, loudest]")
    phases = ["Waiting for", "Get ready.", "Speak now: one digit.", "Working …", ""]
    assert [phase for phase in said if not phase.startswith(tuple(phases[:4]))] == [""]
    assert all(any(text.startswith(phase) for text in said) for phase in phases)
    assert [text for text in counted if text in "321" and text] == ["3", "2", "1"]
    assert "1.5 s left" in counted
    assert loudest > -40
    box = verdict.bounding_box()
    assert 0 < box["y"] < box["y"] + box["height"] < 768
    assert cell.locator("audio").count() == 3
    assert re.search(r"as recorded, 4\d,\d00 samples a second", cell.inner_text())


def test_it_can_be_played_and_repeated(page):
    cell = browser.cell(page, RECORD)
    press(cell, "▶ Play")
    before = cell.locator(".verdict").element_handle()
    press(cell, "Record again")
    before.wait_for_element_state("hidden")
    assert cell.locator(".verdict").inner_text().startswith("7 both networks hear 7")


@pytest.mark.parametrize(
    ("phase", "told"), [("Get ready.", "Nothing was recorded."), ("Speak now", "Working …")]
)
def test_stop_ends_a_recording(page, phase, told):
    cell = browser.run(page, RECORD)
    follow(page, cell)
    cell.locator(".recorder").evaluate(
        """(page, phase) => {
          const status = page.querySelector("[role=status]");
          const stop = () => {
            if (!status.textContent.startsWith(phase)) return;
            watch.disconnect();
            setTimeout(() => page.querySelector(".record").click(), 300);
          };
          const watch = new MutationObserver(stop);
          watch.observe(status, { childList: true, characterData: true });
        }""",
        phase,
    )
    press(cell, "Record")
    page.wait_for_function("(told) => said.some((text) => text.startsWith(told))", arg=told)
    assert "0.5 s left" not in page.evaluate("() => counted")


def test_a_clip_is_one_click_away(page, fsdd):
    cell = browser.run(page, RECORD)
    press(cell, "A clip of the dataset")
    below = cell.locator(".below", has_text="7_george_0.wav")
    below.wait_for()
    assert "as recorded, 8,000 samples a second" in below.inner_text()


def test_files_of_every_kind_are_taken_at_once_and_a_bad_one_gets_its_sentence(page, tmp_path):
    cell = browser.cell(page, RECORD)
    wait_for_answer(cell)
    for kind in ("flac", "mp3", "ogg", "wav"):
        soundfile.write(tmp_path / f"clip.{kind}", WORD, helpers.SAMPLE_RATE)
    BAD["m4a"][0](tmp_path)
    paths = sorted(tmp_path.iterdir())
    choose_files(page, cell, paths)
    for path in paths:
        cell.get_by_text(path.name).first.wait_for()
    cell.get_by_text("clip.m4a is not audio that can be read: save it as WAV").wait_for()
    assert "Traceback" not in cell.inner_text()


def test_odd_and_bad_files_on_the_page_get_an_answer_or_a_sentence(page, tmp_path):
    cell, sentences, paths = browser.cell(page, RECORD), [], []
    wait_for_answer(cell)
    for name in [*BAD, *list(DOUBTFUL)[::8]]:  # all of them are in test_recording_cases.py
        write, told = (BAD | DOUBTFUL)[name]
        if told == "cannot be opened":  # nor can it be chosen
            continue
        folder = tmp_path / name
        folder.mkdir()
        path = write(folder).rename(tmp_path / f"{name}.wav")
        if path.stat().st_size < 100_000:  # more than 10 MB in all are refused
            paths.append(path)
            sentences.append(f"{name}.wav {told}" if name in BAD else f"{name}.wav")
    choose_files(page, cell, paths)
    cell.get_by_text(Path(paths[-1]).name).first.wait_for()
    text = cell.inner_text()
    assert "Traceback" not in text
    assert "The answer failed" not in text
    missing = [words for words in sentences if not re.search(words.replace(" ", ".*"), text)]
    assert not missing


def test_each_kind_of_recording_gets_its_verdict_and_its_advice(page, tmp_path):
    """The files are handed in: what the microphone hears takes the same way."""
    cell, paths = browser.cell(page, RECORD), []
    wait_for_answer(cell)
    for name, sound in RECORDINGS.items():
        paths.append(tmp_path / f"{name}.wav")
        soundfile.write(paths[-1], sound, helpers.SAMPLE_RATE)
    choose_files(page, cell, paths)
    last = f"^{list(RECORDINGS)[-1]}.wav"
    cell.locator(".below").get_by_text(re.compile(last)).wait_for()
    wait_for_answer(cell)
    shown = " ".join(cell.locator(".below").inner_text().split())
    for name, (verdict, advice) in SAID.items():
        told = shown.partition(f"{name}.wav ")[2][:700]
        if name == "silent":  # this name stands in the sentence
            told = f"no digit: Your recording {told}"
        assert re.search(verdict, told), f"{name}: {told[:100]}"
        assert re.search(advice.replace(" :", ":"), told), f"{name}: {told}"


def test_what_would_be_lost_on_the_way_is_told(page, tmp_path):
    cell = browser.cell(page, RECORD)
    wait_for_answer(cell)
    (tmp_path / "long.wav").write_bytes(bytes(10_000_000))
    choose_files(page, cell, [tmp_path / "long.wav"])
    cell.get_by_text("These files hold more than 10 MB").wait_for()


def test_while_python_is_busy_the_page_says_so_and_answers_later(page):
    cell = browser.run(page, RECORD)
    busy = "() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.requestExecute"
    page.evaluate(f"{busy}({{ code: 'import time\\ntime.sleep(6)' }}) && null")
    follow(page, cell)
    press(cell, "A synthetic voice")
    cell.get_by_text("Working …").wait_for()
    assert cell.get_by_role("button", name="Record").is_disabled()
    cell.locator(".verdict").wait_for()
    wait_for_answer(cell)
    assert cell.get_by_role("button", name="Record").is_enabled()


def test_takes_are_counted_repeated_and_deleted(page, mine):
    cell = browser.run(page, BOOTH)
    cell.get_by_text("1 of 20").wait_for()
    cell.locator("[data-field=name]").fill("Zoë")
    for digit, place in (("zero", 2), ("one", 3)):
        cell.locator(".prompt", has_text=digit).wait_for()
        press(cell, "Record")
        cell.get_by_text(f"{place} of 20").wait_for()
    assert sorted(path.name for path in mine.iterdir()) == ["0_zoe_0.wav", "1_zoe_0.wav"]
    press(cell.locator("tr", has_text="0_zoe_0.wav"), "Again")
    cell.get_by_text("Say once more").wait_for()
    press(cell, "Record")
    cell.locator("tr", has_text="0_zoe_1.wav").wait_for()
    press(cell.locator("tr", has_text="1_zoe_0.wav"), "Delete")
    cell.locator("tr", has_text="1_zoe_0.wav").wait_for(state="detached")
    assert [path.name for path in mine.iterdir()] == ["0_zoe_1.wav"]
    assert helpers.diagnose(mine / "0_zoe_1.wav")[5].found == "One word."


def test_one_press_is_one_take_when_the_cell_was_run_again(page, mine):
    for _ in range(3):
        cell = browser.run(page, BOOTH)
    cell.get_by_text("1 of 20").wait_for()
    press(cell, "Record")
    cell.get_by_text("2 of 20").wait_for()
    assert [path.name for path in mine.iterdir()] == ["0_me_0.wav"]


def test_a_take_that_cannot_be_stored_is_a_sentence_and_leaves_nothing(page, mine):
    mine.write_text("no folder")
    cell = browser.run(page, BOOTH)
    press(cell, "Record")
    words = "The take was not stored in the folder mine: there is a file of that name"
    cell.get_by_text(words).wait_for()
    mine.unlink()
    press(cell, "Keep it all the same")
    cell.get_by_text("2 of 20").wait_for()
    assert [path.name for path in mine.iterdir()] == ["0_me_0.wav"]


def test_the_tuned_network_is_asked_by_the_same_button(page):
    for name in (RECORD, "imports", "features", "fine-tune"):
        browser.run(page, name)
    browser.run_code(
        page,
        """
shown = keras.models.load_model(helpers.MODELS / "spectrogram_cnn.keras")
heard = [helpers.read_clip(examples["A synthetic voice"])] * 20
two = {"before": shown, "after": fine_tune(heard, [3] * 20, epochs=40)}  # told that it is a three
""",
    )
    browser.run(page, "try-parts")
    cell = browser.run(page, TRY)
    press(cell, "A synthetic voice")
    cell.locator(".verdict").nth(1).wait_for()
    wait_for_answer(cell)
    said = [" ".join(text.split()) for text in cell.locator(".verdict").all_inner_texts()]
    assert [text.split(" at ")[0] for text in said] == ["7", "3"]
    assert "before" in cell.inner_text()
    press(cell, "Record")
    cell.locator(".verdict").first.wait_for()
    wait_for_answer(cell)


def test_no_voice_is_in_the_notebook_that_is_saved(page, tree):
    cell = browser.run(page, RECORD)
    press(cell, "A synthetic voice")
    cell.locator(".verdict").wait_for()
    page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
    notebook = json.loads((tree / "notebooks" / PAGE).read_text("utf-8"))
    state = notebook["metadata"]["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]
    assert any(widget["model_module"] == "anywidget" for widget in state.values())
    assert "base64" not in json.dumps(state)
    outputs = [cell["outputs"] for cell in notebook["cells"] if cell["id"] in STORED]
    assert "base64" not in json.dumps(outputs)


def test_when_the_kernel_is_gone_the_page_says_so_and_a_new_run_helps(page):
    cell = browser.run(page, RECORD)
    cell.get_by_role("button", name="A synthetic voice").wait_for()
    page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    cell.get_by_text("Python (the kernel) is gone").wait_for()
    assert cell.get_by_role("button", name="Record").is_disabled()
    cell = browser.run(page, RECORD)
    press(cell, "A synthetic voice")
    cell.locator(".verdict").wait_for()


DEVICE = "--use-fake-device-for-media-stream"
PROBLEMS = {
    "refused": ([DEVICE, "--deny-permission-prompts"], "localhost", "was not allowed"),
    "no_microphone": (["--use-fake-ui-for-media-stream"], "localhost", "found no microphone"),
    "insecure": (
        ["--host-resolver-rules=MAP lab.example 127.0.0.1"],
        "lab.example",
        "only to pages at localhost",
    ),
}


@pytest.mark.parametrize("kind", PROBLEMS)
def test_a_problem_is_one_sentence_and_the_upload_stays(playwright, lab, spoken, kind):
    options, host, words = PROBLEMS[kind]
    with window(playwright, lab, *options, host=host) as (page, address):
        browser.open_notebook(page, *address, PAGE)
        with seen(page, f"problem_{kind}"):
            cell = browser.run(page, RECORD)  # in the kernel that ran the others
            press(cell, "Record")
            cell.get_by_text(words).wait_for()
            assert cell.get_by_role("button", name="Record").is_enabled()
            choose_files(page, cell, [VOICE])
            cell.get_by_text(VOICE.name).first.wait_for()


def test_a_muted_microphone_is_told_each_time(playwright, lab, spoken, tmp_path):
    muted = hearing(tmp_path / "muted.wav", np.zeros(8000))
    with window(playwright, lab, *muted) as (page, lab):
        browser.open_notebook(page, *lab, PAGE)
        with seen(page, "muted"):
            cell = browser.run(page, RECORD)
            press(cell, "Record")
            first = cell.locator(".verdict", has_text="Your recording is silent").element_handle()
            press(cell, "Record again")
            first.wait_for_element_state("hidden")
            cell.locator(".verdict", has_text="Your recording is silent").wait_for()
