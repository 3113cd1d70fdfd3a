"""The notebooks' door: what they draw, play and claim, and the names that it passes on."""

import ast
import base64
import html
import inspect
import io
import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import nbformat
import numpy as np
import pytest
import soundfile
from matplotlib import pyplot as plt

import helpers
from recording_cases import tone
from spoken_digits.audio import SAMPLE_RATE
from spoken_digits.features import spectrogram

ROOT = Path(__file__).parents[1]


@pytest.fixture
def axes():
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


# --- What is drawn is what was given ---


def test_a_waveform_is_drawn_over_its_seconds(axes):
    waveform = np.random.default_rng(0).normal(size=4000)
    helpers.plot_waveform(waveform, axes)
    (line,) = axes.lines
    np.testing.assert_array_equal(line.get_ydata(), waveform)
    np.testing.assert_allclose(line.get_xdata(), np.arange(4000) / 8000)
    assert axes.get_xlim() == (0, 0.5)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("time (s)", "amplitude")


@pytest.mark.parametrize(
    ("options", "window_length", "hop_length", "dynamic_range"),
    [
        ({}, 256, 64, 70),
        ({"window_length": 128, "hop_length": 32, "dynamic_range": 33}, 128, 32, 33),
    ],
)
def test_a_spectrogram_is_drawn_over_seconds_and_kilohertz(
    axes, options, window_length, hop_length, dynamic_range
):
    waveform = tone(1000, SAMPLE_RATE, 0.3) * np.linspace(1, 2, 2400)
    image = helpers.plot_spectrogram(waveform, axes, **options)
    frequencies, times, levels = spectrogram(waveform, window_length, hop_length)
    np.testing.assert_array_equal(image.get_array(), levels)
    corners = image.get_coordinates()  # half a step outside the centres
    np.testing.assert_allclose((corners[0, 1:, 0] + corners[0, :-1, 0]) / 2, times)
    np.testing.assert_allclose(
        (corners[1:, 0, 1] + corners[:-1, 0, 1]) / 2, frequencies / 1000, atol=1e-9
    )
    assert image.get_clim() == (levels.max() - dynamic_range, levels.max())
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("time (s)", "frequency (kHz)")


def test_a_confusion_matrix_has_spoken_digits_as_rows():
    labels = np.array([3, 3, 3, 3, 5, 0])
    predictions = np.array([3, 8, 8, 8, 5, 9])
    figure = helpers.plot_confusion(labels, predictions)
    plt.close(figure)
    axes, bar = figure.axes
    expected = np.zeros((10, 10))
    expected[[3, 3, 5, 0], [3, 8, 5, 9]] = [25, 75, 100, 100]  # per cent of the spoken digit
    (mesh,) = axes.collections
    np.testing.assert_array_equal(mesh.get_array().reshape(10, 10), expected)
    texts = {  # by the cell in which it stands
        tuple(int(place) for place in reversed(text.get_position())): text.get_text()
        for text in axes.texts
        if text.get_text()
    }
    assert texts == {
        (3, 3): "1\n25 %",
        (3, 8): "3\n75 %",
        (5, 5): "1\n100 %",
        (0, 9): "1\n100 %",
    }
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("recognised digit", "spoken digit")
    for labels_of_axis in (axes.get_xticklabels(), axes.get_yticklabels()):
        assert [text.get_text() for text in labels_of_axis] == list("0123456789")
    assert axes.yaxis_inverted()  # 0 is at the top
    assert bar.get_ylabel() == "share of the spoken digit (%)"


# --- To hear ---


def test_play_keeps_the_order_and_the_loudness_and_escapes_labels():
    quiet = 0.05 * tone(440, SAMPLE_RATE, 0.1)
    sounds = {"<b>one</b>": quiet, 'two & "three"': 4 * quiet, "a": 0.5 * quiet}
    page = helpers.play(sounds).data
    assert "<b>" not in page
    players = re.findall(
        r'<figcaption>(.*?)</figcaption><audio[^>]* aria-label="([^"]*)"'
        r'[^>]* src="data:audio/wav;base64,([^"]+)"',
        page,
    )
    assert len(players) == page.count("<audio") == 3
    for (caption, spoken, sound), (label, waveform) in zip(players, sounds.items(), strict=True):
        assert html.unescape(caption) == html.unescape(spoken) == label
        samples, sample_rate = soundfile.read(io.BytesIO(base64.b64decode(sound)))
        assert sample_rate == SAMPLE_RATE
        assert samples == pytest.approx(waveform, abs=1e-4)


def test_what_goes_beyond_full_scale_is_scaled_down_to_be_played():
    page = helpers.play({"loud": 3 * tone(440, SAMPLE_RATE, 0.1)}).data
    (sound,) = re.findall(r'base64,([^"]+)"', page)
    samples, _ = soundfile.read(io.BytesIO(base64.b64decode(sound)))
    assert samples == pytest.approx(tone(440, SAMPLE_RATE, 0.1), abs=1e-2)


def test_a_clip_of_less_than_a_frame_is_drawn_in_two(axes):
    image = helpers.plot_spectrogram(tone(1000, SAMPLE_RATE, 0.01), axes)
    assert image.get_array().shape == (129, 2)
    assert np.ptp(image.get_coordinates()[..., 0]) > 0  # an image with a width


# --- To claim ---


def check_that_claims_are_checked(capsys):
    helpers.claim("Six speakers.", True)
    assert capsys.readouterr().out == "✔ Six speakers.\n"
    with pytest.raises(AssertionError, match=r"^Six speakers\.$"):
        helpers.claim("Six speakers.", False)
    assert capsys.readouterr().out == ""


def test_a_claim_is_checked_before_anything_is_said(capsys):
    check_that_claims_are_checked(capsys)


def test_a_claim_about_fsdd_is_checked(fsdd, capsys):
    helpers.claims_about(fsdd)
    check_that_claims_are_checked(capsys)


@pytest.mark.parametrize("holds", [True, False])
def test_a_claim_about_another_corpus_is_told_but_not_checked(synthetic, capsys, holds):
    helpers.claims_about(synthetic)
    helpers.claim("Six speakers.", holds)
    said = capsys.readouterr().out
    assert "not checked on the corpus synthetic" in said
    assert said.endswith(" Six speakers.\n")
    assert "✔" not in said


def test_a_claim_on_a_folder_prints_no_path(tmp_path, capsys):
    soundfile.write(tmp_path / "7_anna_0.wav", tone(500, SAMPLE_RATE), SAMPLE_RATE)
    helpers.claims_about(helpers.load_recordings(tmp_path))
    helpers.claim("Six speakers.", True)
    said = capsys.readouterr().out
    assert said == "(a claim about FSDD, not checked on a folder) Six speakers.\n"


@pytest.mark.parametrize(("encoding", "tick"), [("utf-8", "✔"), ("cp1252", "OK")])
def test_a_claim_on_a_console_without_a_tick(encoding, tick):
    command = [sys.executable, "-c", "import helpers; helpers.claim('Six speakers.', True)"]
    env = os.environ | {"PYTHONIOENCODING": encoding}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, check=True)
    assert done.stdout.decode(encoding).strip() == f"{tick} Six speakers."


def test_a_claim_does_not_hang_on_what_was_loaded_last(tmp_path, synthetic, capsys):
    soundfile.write(tmp_path / "7_anna_0.wav", tone(500, SAMPLE_RATE), SAMPLE_RATE)
    helpers.load_recordings(tmp_path)
    check_that_claims_are_checked(capsys)
    helpers.claims_about(synthetic)
    helpers.load_recordings(tmp_path)
    helpers.claim("Six speakers.", False)
    assert "not checked on the corpus synthetic" in capsys.readouterr().out


# --- The door ---

PROMISED = [
    *["load_recordings", "fetch_recordings", "read_clip", "decode_clip", "ClipError", "FetchError"],
    *["official_split", "speaker_split", "sample_cnn", "spectrogram_cnn", "train", "claim"],
    *["claims_about", "recognise", "trim", "diagnose", "describe"],
    *["SAMPLE_RATE", "RECORDINGS", "MODELS", "NONE"],
]


@pytest.mark.parametrize("name", PROMISED)
def test_the_promised_names_are_there(name):
    assert hasattr(helpers, name)


def test_every_name_that_a_notebook_uses_is_there():
    paths = sorted((ROOT / "notebooks").glob("*.ipynb"))
    cells = [cell for path in paths for cell in nbformat.read(path, as_version=4).cells]
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    names = set(re.findall(r"\bhelpers\.(\w+)", code))
    assert len(names) > 50
    assert [name for name in sorted(names) if not hasattr(helpers, name)] == []


def test_the_code_of_a_network_can_be_read_through_the_door():
    source = inspect.getsource(helpers.sample_cnn)  # what `helpers.sample_cnn??` shows
    assert source.startswith("def sample_cnn(")
    assert "*convolution(layers.Conv1D, 48, 96, stride=12" in source
    assert 'layers.Dense(10, activation="softmax")' in source


def defined_names(source):
    """The names that a file itself defines, not those that it imports."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                yield from (part.id for part in ast.walk(target) if isinstance(part, ast.Name))


def groups_of_names():
    """(the line above, room, names) of each import from a room in helpers.py."""
    source = (ROOT / "helpers.py").read_text(encoding="utf-8")
    return [
        (source.splitlines()[node.lineno - 2], node.module.removeprefix("spoken_digits."), node)
        for node in ast.parse(source).body
        if isinstance(node, ast.ImportFrom) and node.module.startswith("spoken_digits")
    ]


def test_a_room_has_one_group_of_names():
    rooms = [room for _, room, _ in groups_of_names()]
    assert len(rooms) == len(set(rooms)) >= 15


@pytest.mark.parametrize(
    ("comment", "room", "node"), [pytest.param(*group, id=group[1]) for group in groups_of_names()]
)
def test_the_line_above_a_group_names_the_room_where_its_code_is(comment, room, node):
    path = f"spoken_digits/{room.replace('.', '/')}.py"
    assert re.fullmatch(rf"# {re.escape(path)}: \w.*", comment)
    defined = set(defined_names((ROOT / path).read_text("utf-8")))
    for alias in node.names:
        assert alias.asname is None
        assert alias.name in defined
        thing = getattr(helpers, alias.name)
        assert thing is getattr(import_module(f"spoken_digits.{room}"), alias.name)
        if inspect.isroutine(thing) or inspect.isclass(thing):
            assert thing.__module__ == f"spoken_digits.{room}"


def test_helpers_starts_light():
    code = "import helpers, sys; print({'tensorflow', 'librosa', 'numba'} & set(sys.modules))"
    command = [sys.executable, "-c", code]
    assert subprocess.check_output(command, cwd=ROOT, text=True).strip() == "set()"
