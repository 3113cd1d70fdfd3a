"""Takes named as the dataset is, never over another, whole or not at all, counted as loaded."""

import errno
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import soundfile

from spoken_digits import takes
from spoken_digits.audio import SAMPLE_RATE, ClipError
from spoken_digits.dataset import load_recordings
from spoken_digits.takes import TakeError, delete_take, in_halves, load_takes, save_take

SOUND = 0.3 * np.sin(np.arange(4000) / 5).astype(np.float32)


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


# --- Whole or not at all ---

FULL = """
import resource, signal, sys
import numpy as np
from spoken_digits.takes import TakeError, save_take
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))
try:
    save_take(0.3 * np.sin(np.arange(16000) / 5), 7, "anna", sys.argv[1])
except TakeError as error:
    print(error)
"""


def test_a_used_up_disk_is_a_sentence_and_leaves_nothing(tmp_path):
    pytest.importorskip("resource")
    command = [sys.executable, "-c", FULL, str(tmp_path / "mine")]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    sentence = "The take was not stored in the folder mine: your share of the disk is used up."
    assert told.strip() == sentence
    assert not [*(tmp_path / "mine").iterdir()]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EROFS, "nothing may be written there"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_what_the_system_says_is_told_and_nothing_is_left(tmp_path, monkeypatch, number, words):
    def fail(_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(takes.os, "fsync", fail)
    with pytest.raises(TakeError, match=f"^The take was not stored in the folder .*: {words}.$"):
        save_take(SOUND, 7, "anna", tmp_path)
    assert not [*tmp_path.iterdir()]


def test_a_file_in_place_of_the_folder_is_told(tmp_path):
    (tmp_path / "mine").write_text("not a folder")
    with pytest.raises(TakeError, match="a file of that name where the folder should be"):
        save_take(SOUND, 7, "anna", tmp_path / "mine")
    assert (tmp_path / "mine").read_text() == "not a folder"


@pytest.mark.parametrize("number", sorted(takes.NO_LINKS))
def test_a_disk_without_links_takes_takes_too(tmp_path, monkeypatch, number):
    def fail(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(takes.os, "link", fail)
    names = [save_take(SOUND, 7, "anna", tmp_path).name for _ in range(2)]
    assert (
        names
        == sorted(path.name for path in tmp_path.iterdir())
        == [
            "7_anna_0.wav",
            "7_anna_1.wav",
        ]
    )


def test_a_take_is_deleted_once_and_a_second_time_without_a_word(tmp_path):
    path = save_take(SOUND, 7, "anna", tmp_path)
    delete_take(path)
    delete_take(path)
    assert not path.exists()


def test_what_cannot_be_deleted_is_told(tmp_path):
    (tmp_path / "7_anna_0.wav").mkdir()
    with pytest.raises(TakeError, match="^7_anna_0.wav was not deleted: "):
        delete_take(tmp_path / "7_anna_0.wav")


# --- Counted as they are loaded ---


def save(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, SOUND, SAMPLE_RATE, format="WAV")


SHAPES = {
    "as saved": ("{}_anna_{}.wav", "Anna"),
    "a capital": ("{}_Anna_{}.wav", "anna"),
    "a capital ending": ("{}_anna_{}.WAV", "Anna"),
    "two names": ("{}_Anna_Maria_{}.wav", "Anna Maria"),
    "a sub-folder": ("monday/{}_anna_{}.wav", "Anna"),
    "a name of the dataset": ("{}_theo_{}.wav", "Theo"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_loaded_counts(tmp_path, shape):
    pattern, name = SHAPES[shape]
    for digit in range(10):
        for take in range(3):
            save(tmp_path / pattern.format(digit, take))
    save(tmp_path / "0_somebodyelse_0.wav")
    found = load_takes(name, tmp_path)
    assert len(load_recordings(tmp_path)) == len(found) + 1 == 31
    first, rest = in_halves(found)
    assert (len(first), len(rest)) == (10, 20)
    assert set(first["take"]) == {0}
    assert set(rest["take"]) == {1, 2}


def test_without_a_folder_or_a_take_there_are_none(tmp_path):
    assert load_takes("anna", tmp_path / "none").empty
    (tmp_path / "0_anna_0.wav").touch()
    assert load_takes("anna", tmp_path).empty
    assert in_halves(load_takes("anna", tmp_path)) is None


def test_a_broken_take_is_left_out_with_a_warning(tmp_path):
    save(tmp_path / "0_anna_0.wav")
    (tmp_path / "1_anna_0.wav").touch()
    with pytest.warns(UserWarning, match="1_anna_0.wav is empty"):
        assert len(load_takes("anna", tmp_path)) == 1


def test_two_takes_of_each_digit_are_needed(tmp_path):
    for digit in range(10):
        for take in range(1 if digit == 4 else 2):
            save(tmp_path / f"{digit}_anna_{take}.wav")
    assert in_halves(load_takes("anna", tmp_path)) is None
