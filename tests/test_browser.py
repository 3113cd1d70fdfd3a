"""The notebooks in a real JupyterLab and a real Chromium, whose microphone plays a file.

Screenshots go to the folder that the environment variable SCREENSHOTS names, or to `screenshots`.
Each window is watched: a request to anybody but JupyterLab fails the test, and so does a dialog.
"""

import base64
import html
import os
import re
import shutil
import time
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import scipy.signal
import soundfile
import soxr

import browser
import helpers
from recording_cases import BAD, DOUBTFUL

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SCREENSHOTS = Path(os.environ.get("SCREENSHOTS", ROOT / "screenshots"))

VOICE = helpers.RECORDINGS / "synthetic" / "7_gbf2_3.wav"  # what the microphone hears
PAGE = "09_your_own_voice.ipynb"
RECORD, BOOTH = "record", "booth"  # its two cells with a Record button
STORED = "Run this cell to see the buttons."

pytestmark = [
    pytest.mark.skipif(not browser.CHROMIUM, reason="no Chromium is installed"),
    pytest.mark.skipif(not find_spec("playwright"), reason="Playwright is not installed"),
]


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of the project, so that what is run and saved leaves no trace in it."""
    copy = tmp_path_factory.mktemp("browser") / "tree"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "mine", "screenshots"))
    return copy


@pytest.fixture(scope="module")
def lab(tree, tmp_path_factory):
    """JupyterLab on that copy, as its address and its token."""
    with browser.jupyterlab(tree / "notebooks", tmp_path_factory.mktemp("lab"), tree) as started:
        yield started


@pytest.fixture(scope="module")
def playwright():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def microphone(tmp_path_factory):
    """Options for a microphone that says the word, over and over, with four seconds between."""
    sample_rate = helpers.SAMPLE_RATE
    sound = np.pad(helpers.read_clip(VOICE), (int(0.7 * sample_rate), 4 * sample_rate))
    path = tmp_path_factory.mktemp("microphone") / "sound.wav"
    soundfile.write(path, soxr.resample(sound, sample_rate, 48_000), 48_000)
    return [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={path}",
    ]


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
def test_stored_figures_and_players_are_there(reader, name):
    with opened(reader, name, "stored") as page:
        stored = count_stored(browser.notebook(page))
        assert stored[0]
        wait_for_stored(page, stored)
        text = page.locator(".jp-NotebookPanel").text_content()
        assert "Error displaying widget" not in text
        assert "Javascript Error" not in text


@pytest.mark.parametrize("name", [path.name for path in NOTEBOOKS])
def test_who_cannot_see_the_figures_hears_of_them(reader, name):
    with opened(reader, name, "spoken") as page:
        stored = browser.notebook(page)
        wait_for_stored(page, count_stored(stored))
        heard = set()
        for picture in page.locator(".jp-OutputArea img").all():
            picture.scroll_into_view_if_needed()  # what is out of sight is not spoken
            heard |= set(browser.spoken_images(page))
    pages = "".join(
        output.get("data", {}).get("text/html", "")
        for cell in stored.cells
        for output in cell.get("outputs", [])
    )
    alts = [html.unescape(alt) for alt in re.findall(r'<img alt="([^"]*)"', pages)]
    assert len(alts) == count_stored(stored)[0] >= 1
    assert heard >= set(alts)


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


# --- Notebook 09, before and after it is run ---


def test_where_no_button_can_be_drawn_a_sentence_stands_in(reader):
    with opened(reader, PAGE, "buttons") as page:
        for name in (RECORD, BOOTH):
            cell = browser.cell(page, name)
            cell.scroll_into_view_if_needed()
            cell.get_by_text(STORED, exact=True).wait_for()


@pytest.fixture(scope="module")
def spoken(playwright, lab, microphone):
    """Notebook 09 in a window with a microphone, run down to the booth."""
    with window(playwright, lab, *microphone) as (page, lab):
        browser.open_notebook(page, *lab, PAGE)
        browser.run(page, BOOTH, above=True)
        yield page


@pytest.fixture
def page(spoken, request):
    with seen(spoken, request.node.originalname.removeprefix("test_")):
        yield spoken


def press(cell, name):
    cell.get_by_role("button", name=name).click()


def choose_files(page, cell, paths):
    """Press Upload, choose files, and wait until the button counts them."""
    with page.expect_file_chooser() as chooser:
        cell.locator(".widget-upload").click()
    chooser.value.set_files(paths)
    cell.get_by_text(f"Upload ({len(paths)})").wait_for()


def wait_to_hear(cell, waveform):
    """Wait until the first player in a cell plays this waveform, with silence around or without."""
    end = time.monotonic() + browser.PATIENCE
    while time.monotonic() < end:
        for sound in cell.locator("audio").all()[:1]:
            content = base64.b64decode(sound.get_attribute("src").partition(",")[2])
            if likeness(helpers.decode_clip(content, "The player"), waveform) > 0.95:
                return
        time.sleep(0.5)
    raise AssertionError("The player plays something else.")


def likeness(recorded, played):
    """The highest correlation, 0 to 1, of the played waveform with any part of the recorded one.

    Both are brought to eight times the sample rate, so that they can be laid on top of each other.
    """
    if recorded.size < played.size:
        return 0
    recorded, played = (soxr.resample(clip.astype(float), 1, 8) for clip in (recorded, played))
    products = np.abs(scipy.signal.correlate(recorded, played, "valid", method="fft"))
    energy = np.cumsum(recorded**2)
    energy = energy[played.size - 1 :] - np.append(0, energy[: -played.size])
    return np.max(products / np.sqrt(energy + 1e-6) / np.linalg.norm(played))


def test_a_recording_is_diagnosed_shown_heard_and_recognised(page):
    cell = browser.cell(page, RECORD)
    cell.scroll_into_view_if_needed()
    screenshot(page, "record_ready")
    cell.locator("meter").evaluate(
        """(meter) => {
          window.loudest = meter.value;
          const look = () => { loudest = Math.max(loudest, meter.value); };
          new MutationObserver(look).observe(meter, { attributes: true });
        }"""
    )
    press(cell, "Record")
    cell.get_by_text("Recording: say one digit.").wait_for()
    screenshot(page, "record_running")
    cell.get_by_text("Recorded").wait_for()
    cell.get_by_text("One word.").wait_for()
    cell.locator("img").nth(1).wait_for()
    wait_to_hear(cell, helpers.read_clip(VOICE))
    assert page.evaluate("() => loudest") > -40
    widths = cell.locator("img").evaluate_all("found => found.map((image) => image.naturalWidth)")
    assert min(widths) > 0


def test_stop_ends_a_recording(page):
    cell = browser.cell(page, RECORD)
    press(cell, "Record")
    cell.get_by_text("Recording: say one digit.").wait_for()
    press(cell, "Stop")
    cell.get_by_text(re.compile(r"Recorded [012]\.\d s")).wait_for()


@pytest.mark.parametrize(
    ("button", "clip"),
    [
        ("A synthetic voice", "synthetic/7_caribbeanf4_0.wav"),
        ("A clip of the dataset", "7_george_0.wav"),
    ],
)
def test_a_clip_is_one_click_away(page, button, clip, fsdd):
    cell = browser.cell(page, RECORD)
    press(cell, button)
    cell.get_by_text(Path(clip).name).first.wait_for()
    wait_to_hear(cell, helpers.read_clip(helpers.RECORDINGS / clip))


def test_files_of_every_kind_are_taken_at_once_and_a_bad_one_gets_its_sentence(page, tmp_path):
    cell, voice = browser.cell(page, RECORD), helpers.read_clip(VOICE)
    for kind in ("aiff", "au", "flac", "mp3", "ogg", "wav"):
        soundfile.write(tmp_path / f"clip.{kind}", voice, helpers.SAMPLE_RATE)
    BAD["m4a"][0](tmp_path)
    paths = sorted(tmp_path.iterdir())
    choose_files(page, cell, paths)
    for path in paths:
        cell.get_by_text(path.name).first.wait_for()
    cell.get_by_text("clip.m4a is not audio that can be read: save it as WAV").wait_for()
    wait_to_hear(cell, voice)
    assert "Traceback" not in cell.inner_text()


def test_odd_and_bad_files_on_the_page_get_an_answer_or_a_sentence(page, tmp_path):
    cell, sentences, paths = browser.cell(page, RECORD), [], []
    for name, (write, told) in (BAD | DOUBTFUL).items():
        if told == "cannot be opened":  # nor can it be chosen
            continue
        folder = tmp_path / name
        folder.mkdir()
        path = write(folder).rename(tmp_path / f"{name}.wav")
        if path.stat().st_size < 100_000:  # more than 10 MB in all would be lost on the way
            paths.append(path)
            sentences.append(f"{name}.wav {told}" if name in BAD else f"{name}.wav")
    assert len(paths) > 60
    choose_files(page, cell, paths)
    cell.get_by_text(Path(paths[-1]).name).first.wait_for()
    page.wait_for_function(
        "() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'"
    )
    text = cell.inner_text()
    assert "Traceback" not in text
    assert "Error" not in text
    missing = [words for words in sentences if not re.search(words.replace(" ", ".*"), text)]
    assert not missing


def test_takes_are_saved_as_the_microphone_heard_them(page, tree):
    cell = browser.cell(page, BOOTH)
    for digit in (0, 1):
        cell.get_by_text(f"Say: {digit}").wait_for()
        press(cell, "Record")
    cell.get_by_text("Say: 2").wait_for()
    takes = sorted((tree / "recordings" / "mine").iterdir())
    assert [path.name[:2] for path in takes] == ["0_", "1_"]
    for path in takes:
        assert likeness(helpers.read_clip(path), helpers.read_clip(VOICE)) > 0.95


def test_the_same_recording_twice_is_answered_twice(playwright, lab, spoken, tmp_path):
    soundfile.write(tmp_path / "muted.wav", np.zeros(48_000), 48_000)
    muted = f"--use-file-for-fake-audio-capture={tmp_path / 'muted.wav'}"
    with window(playwright, lab, "--use-fake-ui-for-media-stream", DEVICE, muted) as (page, lab):
        browser.open_notebook(page, *lab, PAGE)
        with seen(page, "muted"):
            cell = browser.run(page, RECORD)  # in the kernel that ran the others
            press(cell, "Record")
            answer = cell.locator(".jp-OutputArea-output", has_text="Your recording").last
            answer.wait_for()
            first = answer.element_handle()
            press(cell, "Record")
            first.wait_for_element_state("hidden")
            answer.wait_for()


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
            cell.get_by_text("One word.").wait_for()
