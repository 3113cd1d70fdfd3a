"""The notebooks' door: what they draw, play and claim, and the names that it passes on."""

import base64
import inspect
import io
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

import helpers

ROOT = Path(__file__).parents[1]
RATE = helpers.SAMPLE_RATE


def tone(frequency, seconds=0.3):
    return 0.5 * np.sin(2 * np.pi * frequency * np.arange(int(RATE * seconds)) / RATE)


def save(path):
    soundfile.write(path, tone(500), RATE)


# --- To see, to hear, to claim ---


def test_plots_name_their_axes():
    above, below = Figure().subplots(2)
    helpers.plot_waveform(tone(1000), above)
    image = helpers.plot_spectrogram(tone(1000), below)
    assert (above.get_xlabel(), above.get_ylabel()) == ("time (s)", "amplitude")
    assert (below.get_xlabel(), below.get_ylabel()) == ("time (s)", "frequency (kHz)")
    assert above.get_xlim() == pytest.approx((0, 0.3))
    assert np.array_equal(above.lines[0].get_ydata(), tone(1000))
    assert image.get_array().shape == helpers.spectrogram(tone(1000))[2].shape
    assert below.get_ylim()[1] == pytest.approx(4, abs=0.02)


def test_show_gives_the_alternative_text():
    figure = plt.figure()
    InteractiveShell.instance()
    try:
        with capture_output() as captured:
            helpers.show(figure, "Two bars.")
    finally:
        InteractiveShell.clear_instance()
    (shown,) = captured.outputs
    assert shown.metadata["image/png"] == {"alt": "Two bars."}
    assert not plt.fignum_exists(figure.number)


def test_play_keeps_loudness_and_escapes_labels():
    quiet = tone(440).astype(np.float32) / 10
    page = helpers.play({"<b>one</b>": quiet, 'two & "three"': 2 * quiet}).data
    assert "<b>" not in page
    assert page.count("&lt;b&gt;one&lt;/b&gt;") >= 1
    assert "two &amp; &quot;three&quot;" in page
    sounds = re.findall(r'<audio[^>]*src="data:audio/wav;base64,([^"]+)"', page)
    assert len(sounds) == 2
    for sound, waveform in zip(sounds, (quiet, 2 * quiet), strict=True):
        samples, rate = soundfile.read(io.BytesIO(base64.b64decode(sound)))
        assert rate == RATE
        assert samples == pytest.approx(waveform, abs=1e-4)


def test_a_claim_that_holds(capsys):
    helpers.claim("Six speakers.", True)
    assert capsys.readouterr().out == "✔ Six speakers.\n"


def test_a_claim_that_does_not(capsys):
    with pytest.raises(AssertionError, match=r"^Six speakers\.$"):
        helpers.claim("Six speakers.", False)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("holds", [True, False])
def test_a_claim_about_another_corpus_is_not_checked(tmp_path, capsys, holds):
    save(tmp_path / "7_anna_0.wav")
    helpers.claims_about(helpers.load_recordings(tmp_path))
    helpers.claim("Six speakers.", holds)
    said = capsys.readouterr().out
    assert "not checked" in said
    assert "Six speakers." in said
    assert "✔" not in said


def test_a_claim_does_not_hang_on_what_was_loaded_last(tmp_path):
    save(tmp_path / "7_anna_0.wav")
    helpers.load_recordings(tmp_path)
    with pytest.raises(AssertionError, match="Six speakers"):
        helpers.claim("Six speakers.", False)


def test_helpers_starts_light():
    code = "import helpers, sys; print({'tensorflow', 'librosa', 'numba'} & set(sys.modules))"
    command = [sys.executable, "-c", code]
    assert subprocess.check_output(command, cwd=ROOT, text=True).strip() == "set()"


# --- What is drawn is what was given ---


@pytest.fixture
def axes():
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


def test_a_waveform_is_drawn_over_its_seconds(axes):
    waveform = np.random.default_rng(0).normal(size=4000)
    helpers.plot_waveform(waveform, axes)
    times, amplitudes = axes.lines[0].get_data()
    np.testing.assert_array_equal(amplitudes, waveform)
    np.testing.assert_allclose(times, np.arange(4000) / 8000)
    assert axes.get_xlim() == (0, 0.5)


def test_a_spectrogram_is_drawn_over_seconds_and_kilohertz(axes):
    waveform = tone(1000)
    image = helpers.plot_spectrogram(waveform, axes, 128, 32, dynamic_range=33)
    frequencies, times, levels = helpers.spectrogram(waveform, 128, 32)
    np.testing.assert_allclose(image.get_array().reshape(levels.shape), levels)
    np.testing.assert_allclose(image.get_clim(), [levels.max() - 33, levels.max()])
    edges = image.get_coordinates()
    np.testing.assert_allclose(edges[0, [0, -1], 0], times[[0, -1]], atol=0.003)
    np.testing.assert_allclose(edges[[0, -1], 0, 1], frequencies[[0, -1]] / 1000, atol=0.05)
    row = image.get_array().reshape(levels.shape).mean(axis=1).argmax()
    assert frequencies[row] == 1000


def test_a_history_is_drawn_training_and_validation_apart():
    columns = ["accuracy", "loss", "val_accuracy", "val_loss"]
    history = pd.DataFrame(np.arange(12.0).reshape(3, 4) / 10, columns=columns)
    figure = helpers.plot_history(history)
    for panel, name in zip(figure.axes, ["loss", "accuracy"], strict=True):
        assert panel.get_ylabel() == name
        drawn = {line.get_label(): line.get_data() for line in panel.lines}
        assert set(drawn) == {"training", "validation"}
        for label, column in [("training", name), ("validation", f"val_{name}")]:
            epochs, values = drawn[label]
            assert list(epochs) == [1, 2, 3]
            assert list(values) == list(history[column])
    plt.close(figure)


def test_a_confusion_matrix_has_spoken_digits_as_rows():
    labels, predictions = np.array([3, 3, 3, 3, 5]), np.array([3, 8, 8, 8, 5])
    figure = helpers.plot_confusion(labels, predictions)
    axes, bar = figure.axes
    percent = axes.collections[0].get_array().reshape(10, 10)
    assert percent[3, 8] == 75
    assert percent[3, 3] == 25
    assert percent[8, 3] != 75
    texts = [text.get_text() for text in axes.texts if text.get_text()]
    assert sorted(texts) == ["1\n100 %", "1\n25 %", "3\n75 %"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("recognised digit", "spoken digit")
    plt.close(figure)


# --- The door ---

PROMISED = [
    *["load_recordings", "fetch_recordings", "read_clip", "decode_clip", "ClipError", "FetchError"],
    *["official_split", "speaker_split", "sample_cnn", "spectrogram_cnn", "train", "recognise"],
    *[
        "claim",
        "claims_about",
        "trim",
        "diagnose",
        "describe",
        "SAMPLE_RATE",
        "RECORDINGS",
        "MODELS",
    ],
]


@pytest.mark.parametrize("name", PROMISED)
def test_the_promised_names_are_there(name):
    assert hasattr(helpers, name)


def test_the_code_of_a_network_can_be_read_through_the_door():
    assert "Conv1D, 48, 96, stride=12" in inspect.getsource(helpers.sample_cnn)


def test_each_group_of_names_tells_in_which_room_its_code_is():
    source = (ROOT / "helpers.py").read_text(encoding="utf-8")
    groups = re.findall(
        r"^(.*)\nfrom spoken_digits\.(\w+) import \(?([\w,\s]+?)\)?\n\n", source, re.M
    )
    assert len(groups) >= 15
    for comment, room, names in groups:
        assert comment.startswith(f"# spoken_digits/{room}.py: ")
        for name in re.findall(r"\w+", names):
            module = getattr(getattr(helpers, name), "__module__", None)
            assert (
                module is None
                or not module.startswith("spoken_digits")
                or (module == f"spoken_digits.{room}")
            ), name
