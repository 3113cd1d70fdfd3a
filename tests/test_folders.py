"""Folders of recordings as people have them."""

import re
import warnings

import pytest
import soundfile

from recording_cases import CLIPS
from spoken_digits.audio import SAMPLE_RATE, ClipError
from spoken_digits.dataset import CORPORA, load_recordings


@pytest.fixture
def save(tmp_path):
    """A function that saves a seven in a folder, and one that breaks it."""

    def write(*parts, **options):
        path = tmp_path.joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, CLIPS[7], SAMPLE_RATE, **options)
        return path

    return write


@pytest.fixture(autouse=True)
def _no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def message(error):
    """What it says: at most 500 characters, one line, a sentence."""
    text = str(getattr(error, "value", error))
    assert re.fullmatch(r"[^\n]{20,500}\.", text), text
    return text


def test_clips_may_be_flac_mp3_or_ogg(tmp_path, save):
    for name in ("7_anna_0.wav", "7_anna_1.flac", "7_anna_2.mp3", "7_anna_3.OGG"):
        save(name)
    clips = load_recordings(tmp_path)
    assert clips["take"].tolist() == [0, 1, 2, 3]
    assert clips["digit"].tolist() == [7] * 4


def test_hidden_folders_and_files_are_passed_over(tmp_path, save):
    save("7_anna_0.wav")
    save(".ipynb_checkpoints", "7_anna_1.wav")
    save("deep", ".trash", "deeper", "7_anna_2.wav")
    save(".7_anna_3.wav")
    assert load_recordings(tmp_path)["take"].tolist() == [0]


def test_a_folder_may_itself_be_hidden(tmp_path, save):
    save(".mine", "7_anna_0.wav")
    assert len(load_recordings(tmp_path / ".mine")) == 1


def test_a_path_may_begin_at_home(tmp_path, save, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    save("mine", "7_anna_0.wav")
    clips = load_recordings("~/mine")
    assert len(clips) == 1
    assert clips.attrs["corpus"] == "~/mine"


# --- Other names ---


def test_of_very_many_other_names_a_warning_tells_the_number(tmp_path, save):
    save("7_anna_0.wav")
    for number in range(3000):
        (tmp_path / f"{number:08x}_nohash_0.wav").touch()
    with pytest.warns(UserWarning) as told:
        assert len(load_recordings(tmp_path)) == 1
    (warning,) = told
    text = message(warning.message)
    assert text.startswith("3,000 files in ")
    shown = len(re.findall("_nohash_", text))
    assert text.endswith(f"... and {3000 - shown:,} more.")
    assert warning.filename == __file__


def test_without_any_clip_the_number_and_an_example_are_told(tmp_path):
    for number in range(3000):
        (tmp_path / f"{number:08x}_nohash_0.wav").touch()
    with pytest.raises(FileNotFoundError) as told:
        load_recordings(tmp_path)
    text = message(told)
    assert "3,000 others, such as 00000000_nohash_0.wav" in text
    assert "name them digit_speaker_take" in text


@pytest.mark.parametrize("length", [1, 240])
def test_long_names_stay_within_the_limit(tmp_path, save, length):
    folder = tmp_path / ("x" * length) / ("y" * length)
    save(*folder.relative_to(tmp_path).parts, "7_anna_0.wav")
    for number in range(5):
        (folder / f"{number}{'z' * length}").touch()
        (folder / f"7_{'a' * length}_{number}.wav").write_bytes(b"")
    with pytest.warns(UserWarning) as told, pytest.raises(ClipError) as caught:
        load_recordings(folder)
    message(caught)
    message(told[0].message)


# --- Broken clips ---


@pytest.fixture
def broken(tmp_path, save):
    """Five takes, of which two are broken."""
    for take in range(5):
        save(f"7_anna_{take}.wav")
    (tmp_path / "7_anna_1.wav").write_bytes(b"")
    (tmp_path / "7_anna_3.wav").write_bytes(b"no audio")
    return tmp_path


def test_broken_clips_are_told_together_with_what_to_do(broken):
    with pytest.raises(ClipError) as told:
        load_recordings(broken)
    assert message(told) == (
        "2 of 5 clips cannot be used. 7_anna_1.wav is empty: record it again. "
        "7_anna_3.wav is not audio that can be read: save it as WAV, FLAC, OGG or MP3. "
        "To load the others, say skip_broken=True."
    )


def test_the_rest_can_be_loaded(broken):
    with pytest.warns(UserWarning) as told:
        clips = load_recordings(broken, skip_broken=True)
    assert clips["take"].tolist() == [0, 2, 4]
    (warning,) = told
    text = message(warning.message)
    assert text.startswith("2 of 5 clips cannot be used and were left out: 7_anna_1.wav is empty")
    assert warning.filename == __file__


def test_of_very_many_broken_ones_the_number_is_told(tmp_path, save):
    save("7_anna_0.wav")
    for take in range(1, 200):
        (tmp_path / f"7_anna_{take}.wav").write_bytes(b"")
    with pytest.raises(ClipError) as told:
        load_recordings(tmp_path)
    text = message(told)
    assert text.startswith("199 of 200 clips cannot be used.")
    assert re.search(r"\.\.\. and 19\d more\. To load the others", text)


def test_where_all_are_broken_none_can_be_skipped(tmp_path):
    (tmp_path / "7_anna_0.wav").write_bytes(b"")
    with pytest.raises(ClipError) as told:
        load_recordings(tmp_path, skip_broken=True)
    assert message(told) == "1 of 1 clips cannot be used. 7_anna_0.wav is empty: record it again."


# --- No folder ---


@pytest.mark.parametrize(
    "corpus", ["fsd", "~nobody-of-that-name", "x" * 300, "a\0b", "", None, 5, ["fsdd"]], ids=repr
)
def test_what_is_no_folder_is_told_with_the_corpora(corpus, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError) as told:
        load_recordings(corpus)
    text = message(told)
    assert "check the path" in text
    if corpus:
        assert text.startswith("There is no folder ")
        assert all(name in text for name in CORPORA)


def test_a_file_is_no_folder(save):
    with pytest.raises(FileNotFoundError, match="7_anna_0.wav is a file: give the folder in which"):
        load_recordings(save("7_anna_0.wav"))
