"""Loading a corpus, reading the names of its files, and splitting it."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from recording_cases import tone
from spoken_digits import dataset, fetching
from spoken_digits.archives import FetchError
from spoken_digits.audio import SAMPLE_RATE, ClipError
from spoken_digits.dataset import load_recordings, official_split, read_names, speaker_split

COLUMNS = ["digit", "speaker", "take", "seconds", "path", "waveform"]


def save(path, frequency=500, sample_rate=SAMPLE_RATE):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, 0.5 * tone(frequency, sample_rate, 0.3), sample_rate)


# --- Load ---


def test_columns(corpus):
    assert list(corpus.columns) == COLUMNS
    assert [corpus[column].dtype.kind for column in ("digit", "take", "seconds")] == ["i", "i", "f"]
    assert all(isinstance(value, str) for column in ("speaker", "path") for value in corpus[column])
    names = [Path(path).name for path in corpus["path"]]
    assert names == sorted(names)
    assert list(corpus.index) == list(range(3000))
    parts = corpus[["digit", "speaker", "take"]].astype(str).agg("_".join, axis=1)
    assert names == list(parts + ".wav")


def test_waveforms(corpus):
    for clip in corpus.itertuples():
        assert clip.waveform.dtype == np.float32
        assert clip.waveform.ndim == 1
        assert clip.seconds == clip.waveform.size / SAMPLE_RATE
        assert 0 < np.abs(clip.waveform).max() <= 1


def test_fsdd(fsdd):
    assert fsdd.attrs == {"corpus": "fsdd"}
    assert set(fsdd["speaker"]) == {"george", "jackson", "lucas", "nicolas", "theo", "yweweler"}
    takes = fsdd.groupby(["speaker", "digit"])["take"].agg(list)
    assert all(sorted(of_one) == list(range(50)) for of_one in takes)
    assert fsdd["seconds"].median() == pytest.approx(0.42, abs=0.01)
    assert np.percentile(fsdd["waveform"].str.len(), 95) == pytest.approx(5299, abs=1)


def test_synthetic(synthetic):
    assert synthetic.attrs == {"corpus": "synthetic"}
    takes = synthetic.groupby(["speaker", "digit"])["take"].agg(list)
    assert len(takes) == 300
    assert all(sorted(of_one) == list(range(10)) for of_one in takes)


def test_any_folder(tmp_path):
    save(tmp_path / "01" / "0_01_0.wav", 500, 48000)  # as in AudioMNIST
    save(tmp_path / "02" / "deep" / "9_02_10.wav", 700, 44100)
    save(tmp_path / "3_anna_lena_7.WAV", 900)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clips = load_recordings(str(tmp_path))
    rows = clips[["digit", "speaker", "take"]].to_numpy().tolist()
    assert rows == [[0, "01", 0], [3, "anna_lena", 7], [9, "02", 10]]
    assert clips["seconds"].to_numpy() == pytest.approx(0.3, abs=0.001)
    for waveform, frequency in zip(clips["waveform"], (500, 900, 700), strict=True):
        peak = np.abs(np.fft.rfft(waveform, SAMPLE_RATE)).argmax()
        assert peak == pytest.approx(frequency, abs=3)
    assert clips.attrs["corpus"] == str(tmp_path)
    assert load_recordings(tmp_path).equals(clips)  # a Path will do, too


def test_clips_of_one_name_have_one_order(tmp_path):
    for folder in "dbace":
        save(tmp_path / folder / "7_anna_0.wav")
    paths = list(load_recordings(tmp_path)["path"])
    assert paths == sorted(paths)


def test_other_files_are_told_in_one_warning(tmp_path):
    others = ["seven.wav", "7_anna.wav", "17_anna_0.wav", "7_anna_0.m4a", "7_anna_0.wav.bak"]
    for name in ("7_anna_0.wav", *others):
        save(tmp_path / "sub" / f"{name}.wav")
        (tmp_path / "sub" / f"{name}.wav").rename(tmp_path / "sub" / name)
    (tmp_path / ".DS_Store").write_text("hidden files are nobody's recordings")
    with pytest.warns(UserWarning) as told:
        clips = load_recordings(tmp_path)
    assert len(clips) == 1
    assert len(told) == 1
    assert told[0].filename == __file__  # points to the caller
    assert str(told[0].message).startswith("5 files")
    assert all(name in str(told[0].message) for name in others)
    assert "DS_Store" not in str(told[0].message)


def test_a_folder_without_clips(tmp_path):
    with pytest.raises(FileNotFoundError, match="is named like 7_anna_0.wav: check the path"):
        load_recordings(tmp_path)


def test_a_bad_clip_is_named(tmp_path):
    save(tmp_path / "7_anna_0.wav")
    (tmp_path / "7_anna_1.wav").write_bytes(b"no audio")
    with pytest.raises(ClipError, match="7_anna_1.wav"):
        load_recordings(tmp_path)


# --- Names of files ---


def test_what_the_names_of_files_tell():
    table = read_names(["7_anna_0.wav", "0_anna_lena_12.WAV", "3_01_007.wav"])
    assert table.to_dict("list") == {
        "digit": [7, 0, 3],
        "speaker": ["anna", "anna_lena", "01"],
        "take": [0, 12, 7],
    }
    assert [table[column].dtype.kind for column in ("digit", "take")] == ["i", "i"]


def test_a_name_that_tells_nothing_is_named():
    with pytest.raises(ValueError, match="^seven.wav is not named like 7_anna_0.wav"):
        read_names(["7_anna_0.wav", "seven.wav"])


def test_names_tell_the_same_as_loading(synthetic):
    table = read_names([Path(path).name for path in synthetic["path"]])
    pd.testing.assert_frame_equal(table, synthetic[["digit", "speaker", "take"]])


# --- Split ---


def check_parts(parts, clips):
    """Each clip is in one part, the columns stay, and each part holds each digit as often."""
    assert sorted(np.concatenate([part.index for part in parts])) == list(clips.index)
    for part in parts:
        assert list(part.columns) == COLUMNS
        assert part["digit"].value_counts().to_list() == [len(part) // 10] * 10


def test_official_split(corpus):
    parts = official_split(corpus)
    assert [len(part) for part in parts] == [2400, 300, 300]
    check_parts(parts, corpus)
    train, validation, test = (set(part["take"]) for part in parts)
    tenth = (corpus["take"].max() + 1) // 10
    assert test == set(range(tenth))
    assert validation == set(range(tenth, 2 * tenth))
    assert train == set(range(2 * tenth, 10 * tenth))
    for part in parts:
        assert len(set(part["speaker"].value_counts())) == 1
        assert set(part["speaker"]) == set(corpus["speaker"])


def test_official_split_of_few_takes(synthetic):
    three = synthetic[synthetic["take"].isin([2, 5, 9])]
    takes = [set(part["take"]) for part in official_split(three)]
    assert takes == [{9}, {5}, {2}]
    with pytest.raises(ValueError, match="at least 3 takes, not 2"):
        official_split(three[three["take"] > 2])


def test_speaker_split(corpus):
    speakers = sorted(set(corpus["speaker"]))
    validators = []
    for held_out in speakers:
        parts = speaker_split(corpus, held_out)
        check_parts(parts, corpus)
        train, validation, test = (set(part["speaker"]) for part in parts)
        assert test == {held_out}
        assert len(validation) == 1
        assert train == set(speakers) - validation - test
        validators += validation
    assert sorted(validators) == speakers
    assert validators == speakers[1:] + speakers[:1]


def test_speaker_split_of_the_wrong_speaker(synthetic):
    with pytest.raises(ValueError, match="needs 3 speakers, 'nobody' among them"):
        speaker_split(synthetic, "nobody")
    one, two, *_ = synthetic["speaker"].unique()
    with pytest.raises(ValueError, match="needs 3 speakers"):
        speaker_split(synthetic[synthetic["speaker"].isin([one, two])], one)


def test_a_recording_is_read_once_and_as_it_was_checked(fsdd, monkeypatch):
    monkeypatch.setattr(dataset, "read_clip", lambda path: pytest.fail(f"{path} is read again"))
    clips = load_recordings("fsdd")
    assert clips["path"].equals(fsdd["path"])
    assert all(map(np.array_equal, clips["waveform"], fsdd["waveform"]))


def test_where_recordings_are_missing_their_bytes_are_no_others(tmp_path, monkeypatch):
    def fails(contents):
        contents["7_anna_0.wav"] = b"of a recording that has the same name"
        raise FetchError("No way to the dataset.")

    monkeypatch.setattr(fetching, "fetch_recordings", fails)
    monkeypatch.setattr(fetching, "RECORDINGS", tmp_path)
    save(tmp_path / "synthetic" / "7_anna_0.wav")
    assert len(load_recordings("auto")) == 1
