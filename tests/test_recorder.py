"""The Record button's sound as a file; takes named as the dataset is, never over another."""

import io
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile

import spoken_digits.recorder
from spoken_digits.audio import ClipError, decode_clip
from spoken_digits.dataset import load_recordings
from spoken_digits.recorder import Recorder, save_take

SOUND = 0.3 * np.sin(np.arange(4000) / 5).astype(np.float32)


# --- The button, as far as it goes without a browser ---


def test_before_a_recording_there_is_no_sound():
    assert Recorder().wav == b""
    with pytest.raises(ClipError, match="^Your recording is empty: record it again.$"):
        decode_clip(Recorder().wav, "Your recording")


def test_a_recording_becomes_a_wav_file_at_the_rate_of_the_microphone():
    recorder = Recorder(sample_rate=44100)
    recorder.samples = memoryview(SOUND.tobytes())  # as ipywidgets hands it over
    samples, sample_rate = soundfile.read(io.BytesIO(recorder.wav))
    assert sample_rate == 44100
    np.testing.assert_allclose(samples, SOUND, atol=1 / 32768)


def test_the_page_sets_and_reads_what_the_button_has():
    page = Path(spoken_digits.recorder.__file__).with_name("recorder.js").read_text("utf-8")
    names = set(re.findall(r'model\.[gs]et\("(\w+)"', page))
    assert {"seconds", "samples", "sample_rate", "takes", "problem"} == names
    assert all(Recorder().has_trait(name) for name in names)
    assert all(Recorder().trait_metadata(name, "sync") for name in names)


def test_a_recording_is_not_sent_back_to_the_browser():
    assert Recorder().trait_metadata("samples", "echo_update") is False


# --- Takes ---


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Anna", "anna"),
        ("Zoë Müller-Lüdenscheidt", "zoemullerludenscheidt"),
        ("../../etc/passwd", "etcpasswd"),
        ("a_b_7", "ab7"),
        ("C:\\con", "ccon"),
        ("", "me"),
        ("   ", "me"),
        ("李雷", "me"),
        ("\0\n", "me"),
        (None, "none"),
        ("Théo", "mytheo"),
        ("\u0000\ud800", "me"),
        ("x" * 500, "x" * 30),
    ],
)
def test_names_become_safe(tmp_path, name, expected):
    assert save_take(SOUND, 7, name, tmp_path).name == f"7_{expected}_0.wav"


def test_a_take_is_named_as_the_dataset_is_and_can_be_loaded(tmp_path):
    path = save_take(SOUND, 7, "Anna", tmp_path)
    assert path.name == "7_anna_0.wav"
    clips = load_recordings(tmp_path)
    assert clips.loc[0, ["digit", "speaker", "take"]].tolist() == [7, "anna", 0]
    np.testing.assert_allclose(clips["waveform"][0], SOUND, atol=1 / 32768)


def test_takes_are_numbered_on_for_each_digit_and_name(tmp_path):
    names = [
        save_take(SOUND, digit, name, tmp_path).name
        for digit, name in [(7, "anna"), (7, "Anna"), (7, "ben"), (3, "anna"), ("7", "anna")]
    ]
    assert names == ["7_anna_0.wav", "7_anna_1.wav", "7_ben_0.wav", "3_anna_0.wav", "7_anna_2.wav"]


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "7_anna_0.wav").write_text("mine")
    assert save_take(SOUND, 7, "anna", tmp_path).name == "7_anna_1.wav"
    assert (tmp_path / "7_anna_0.wav").read_text() == "mine"


def test_two_at_once_get_two_names(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(lambda _: save_take(SOUND, 7, "anna", tmp_path), range(40)))
    assert len(set(paths)) == len(list(tmp_path.iterdir())) == 40


def test_the_folder_is_made(tmp_path):
    assert save_take(SOUND, 0, "anna", tmp_path / "a" / "b").is_file()


@pytest.mark.parametrize("digit", [-1, 10, "seven", None, 7.5, "", "07", True])
def test_what_is_no_digit_is_refused(tmp_path, digit):
    with pytest.raises(ValueError, match="not a digit"):
        save_take(SOUND, digit, "anna", tmp_path)


@pytest.mark.parametrize("sound", [[], [np.nan], [[0.1, 0.2]], [np.inf, 0]])
def test_what_is_no_sound_is_refused(tmp_path, sound):
    with pytest.raises(ClipError, match="no sound"):
        save_take(sound, 7, "anna", tmp_path)


def test_loud_sound_is_limited_not_wrapped(tmp_path):
    sound, _ = soundfile.read(save_take(4 * SOUND, 7, "anna", tmp_path))
    assert (
        np.sign(sound[np.abs(SOUND) > 0.1]).tolist() == np.sign(SOUND[np.abs(SOUND) > 0.1]).tolist()
    )
