"""Loading a corpus, splitting it, and what the notebooks draw, play and claim."""

import base64
import io
import re
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import soundfile
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

import helpers

ROOT = Path(__file__).parents[1]
RATE = helpers.SAMPLE_RATE
COLUMNS = ["digit", "speaker", "take", "seconds", "path", "waveform"]


@pytest.fixture(params=["fsdd", "synthetic"])
def corpus(request):
    """Each of the two corpora, where it is at hand."""
    return request.getfixturevalue(request.param)


def tone(frequency, seconds=0.3, rate=RATE):
    return 0.5 * np.sin(2 * np.pi * frequency * np.arange(int(rate * seconds)) / rate)


def save(path, frequency=500, rate=RATE):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, tone(frequency, rate=rate), rate)


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
        assert clip.seconds == clip.waveform.size / RATE
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
        clips = helpers.load_recordings(str(tmp_path))
    rows = clips[["digit", "speaker", "take"]].to_numpy().tolist()
    assert rows == [[0, "01", 0], [3, "anna_lena", 7], [9, "02", 10]]
    assert clips["seconds"].to_numpy() == pytest.approx(0.3, abs=0.001)
    for waveform, frequency in zip(clips["waveform"], (500, 900, 700), strict=True):
        peak = np.abs(np.fft.rfft(waveform, RATE)).argmax()
        assert peak == pytest.approx(frequency, abs=3)
    assert clips.attrs["corpus"] == str(tmp_path)
    assert helpers.load_recordings(tmp_path).equals(clips)  # a Path will do, too


def test_clips_of_one_name_have_one_order(tmp_path):
    for folder in "dbace":
        save(tmp_path / folder / "7_anna_0.wav")
    paths = list(helpers.load_recordings(tmp_path)["path"])
    assert paths == sorted(paths)


def test_other_files_are_told_in_one_warning(tmp_path):
    others = ["seven.wav", "7_anna.wav", "17_anna_0.wav", "7_anna_0.mp3", "7_anna_0.wav.bak"]
    for name in ("7_anna_0.wav", *others):
        save(tmp_path / "sub" / f"{name}.wav")
        (tmp_path / "sub" / f"{name}.wav").rename(tmp_path / "sub" / name)
    (tmp_path / ".DS_Store").write_text("hidden files are nobody's recordings")
    with pytest.warns(UserWarning) as told:
        clips = helpers.load_recordings(tmp_path)
    assert len(clips) == 1
    assert len(told) == 1
    assert told[0].filename == __file__  # points to the caller
    assert str(told[0].message).startswith("5 files")
    assert all(name in str(told[0].message) for name in others)
    assert "DS_Store" not in str(told[0].message)


@pytest.mark.parametrize("folder", ["missing", "empty"])
def test_a_folder_without_clips(tmp_path, folder):
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match=f"{folder} is named like .* check the path"):
        helpers.load_recordings(tmp_path / folder)


def test_a_bad_clip_is_named(tmp_path):
    save(tmp_path / "7_anna_0.wav")
    (tmp_path / "7_anna_1.wav").write_bytes(b"no audio")
    with pytest.raises(helpers.ClipError, match="7_anna_1.wav"):
        helpers.load_recordings(tmp_path)


# --- Split ---


def check_parts(parts, clips):
    """Each clip is in one part, the columns stay, and each part holds each digit as often."""
    assert sorted(np.concatenate([part.index for part in parts])) == list(clips.index)
    for part in parts:
        assert list(part.columns) == COLUMNS
        assert part["digit"].value_counts().to_list() == [len(part) // 10] * 10


def test_official_split(corpus):
    parts = helpers.official_split(corpus)
    assert [len(part) for part in parts] == [2400, 300, 300]
    check_parts(parts, corpus)
    train, validation, test = (set(part["take"]) for part in parts)
    tenth = (corpus["take"].max() + 1) // 10
    assert test == set(range(tenth))
    assert validation == set(range(tenth, 2 * tenth))
    assert train == set(range(2 * tenth, 10 * tenth))
    for part in parts:
        assert part["speaker"].value_counts().nunique() == 1
        assert set(part["speaker"]) == set(corpus["speaker"])


def test_official_split_of_few_takes(synthetic):
    three = synthetic[synthetic["take"].isin([2, 5, 9])]
    takes = [set(part["take"]) for part in helpers.official_split(three)]
    assert takes == [{9}, {5}, {2}]
    with pytest.raises(ValueError, match="at least 3 takes, not 2"):
        helpers.official_split(three[three["take"] > 2])


def test_speaker_split(corpus):
    speakers = sorted(set(corpus["speaker"]))
    validators = []
    for held_out in speakers:
        parts = helpers.speaker_split(corpus, held_out)
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
        helpers.speaker_split(synthetic, "nobody")
    one, two, *_ = synthetic["speaker"].unique()
    with pytest.raises(ValueError, match="needs 3 speakers"):
        helpers.speaker_split(synthetic[synthetic["speaker"].isin([one, two])], one)


# --- What a network is fed ---


def test_pad_or_cut():
    waveforms = [np.array([1, 2], np.float32), np.array([3, 4, 5], np.float32), np.arange(9.0)]
    padded = helpers.pad_or_cut(waveforms, 3)
    assert padded.tolist() == [[1, 2, 0], [3, 4, 5], [0, 1, 2]]
    assert padded.dtype == np.float32


@pytest.mark.parametrize(("window", "hop"), [(256, 64), (128, 128), (400, 80)])
def test_spectrogram_by_hand(window, hop):
    waveform = np.random.default_rng(0).standard_normal(3000) / 10
    frequencies, times, decibels = helpers.spectrogram(waveform, window, hop)
    starts = np.arange(0, 3000 - window + 1, hop)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    frames = np.array([waveform[start : start + window] for start in starts])
    frames = (frames - frames.mean(axis=1, keepdims=True)) * hann
    power = np.abs(np.fft.rfft(frames)) ** 2 / (RATE * np.sum(hann**2))
    power[:, 1:-1] *= 2  # the negative frequencies
    assert decibels == pytest.approx(10 * np.log10(np.maximum(power.T, 1e-12)), abs=1e-6)
    assert frequencies == pytest.approx(np.fft.rfftfreq(window, 1 / RATE))
    assert times == pytest.approx((starts + window / 2) / RATE)


def test_spectrogram_of_a_tone():
    frequencies, times, decibels = helpers.spectrogram(tone(1000, 1))
    assert decibels.shape == (frequencies.size, times.size) == (129, 122)
    assert frequencies[-1] == 4000
    assert set(frequencies[decibels.argmax(axis=0)]) == {1000}
    # amplitude a, window n, Hann: a² n / (3 rate) per hertz
    assert decibels.max() == pytest.approx(10 * np.log10(0.5**2 * 256 / (3 * RATE)), abs=0.01)
    assert decibels.min() == -120


def test_spectrograms_of_many_are_those_of_each():
    many = np.random.default_rng(0).standard_normal((2, 3, 1000)).astype(np.float32)
    decibels = helpers.spectrogram(many)[2]
    assert decibels.shape == (2, 3, 129, 12)
    assert decibels[1, 2] == pytest.approx(helpers.spectrogram(many[1, 2])[2], abs=1e-3)
    assert (helpers.spectrogram(np.zeros(256))[2] == -120).all()


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
