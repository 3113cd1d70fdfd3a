"""helpers.recognise(): the two shipped networks, as somebody would call them."""

import numpy as np
import pandas as pd
import pytest
import soundfile

import helpers

NETWORKS = ["spectrogram_cnn", "sample_cnn"]


@pytest.mark.parametrize("network", NETWORKS)
def test_it_gives_ten_probabilities_by_digit(network, synthetic):
    answer = helpers.recognise(synthetic["path"].iloc[0], network)
    assert isinstance(answer, pd.Series)
    assert answer.index.tolist() == list(range(10))
    assert answer.sum() == pytest.approx(1, abs=1e-5)
    assert answer.between(0, 1).all()


@pytest.mark.parametrize("network", NETWORKS)
def test_the_shipped_networks_know_the_test_clips(network, fsdd):
    _, _, test = helpers.official_split(fsdd)
    answers = [helpers.recognise(waveform, network).idxmax() for waveform in test["waveform"]]
    assert (answers == test["digit"]).mean() >= 0.97


def test_the_spectrogram_cnn_answers_unless_another_is_asked(synthetic):
    waveform = synthetic["waveform"].iloc[7]
    default = helpers.recognise(waveform)
    pd.testing.assert_series_equal(default, helpers.recognise(waveform, "spectrogram_cnn"))
    assert not np.allclose(default, helpers.recognise(waveform, "sample_cnn"))


@pytest.mark.parametrize("network", NETWORKS)
def test_a_path_and_its_waveform_get_the_same_answer(network, tmp_path, synthetic):
    waveform = synthetic["waveform"].iloc[100]
    soundfile.write(tmp_path / "clip.wav", waveform, helpers.SAMPLE_RATE, subtype="FLOAT")
    for path in (tmp_path / "clip.wav", str(tmp_path / "clip.wav")):
        np.testing.assert_allclose(
            helpers.recognise(path, network), helpers.recognise(waveform, network), atol=1e-4
        )


@pytest.mark.parametrize("network", NETWORKS)
def test_silence_around_the_word_changes_nothing(network, synthetic):
    for waveform in synthetic["waveform"].sample(5, random_state=0):
        alone = helpers.recognise(waveform, network)
        surrounded = helpers.recognise(np.pad(waveform, (4000, 20_000)), network)
        np.testing.assert_allclose(surrounded, alone, atol=0.05)


@pytest.mark.parametrize("network", NETWORKS)
def test_loudness_and_offset_change_nothing(network, synthetic):
    waveform = synthetic["waveform"].iloc[50]
    np.testing.assert_allclose(
        helpers.recognise(0.02 * waveform, network), helpers.recognise(waveform, network), atol=0.02
    )


def test_trim_takes_the_offset_and_the_silence(synthetic):
    for waveform in synthetic["waveform"].sample(5, random_state=0):
        trimmed = helpers.trim(np.pad(waveform, (4000, 20_000)) + np.float32(0.1))
        assert trimmed.size == pytest.approx(helpers.trim(waveform).size, abs=256)
        assert np.abs(trimmed[:64].mean()) < 0.02


def test_of_a_long_recording_the_loudest_second_counts(synthetic):
    waveform = synthetic["waveform"].iloc[2000]
    hiss = np.random.default_rng(0).normal(size=40_000) * np.abs(waveform).max() / 60
    hiss[25_000 : 25_000 + waveform.size] += waveform
    assert helpers.trim(hiss).size == helpers.SAMPLE_RATE
    assert helpers.recognise(hiss).idxmax() == helpers.recognise(waveform).idxmax()


@pytest.mark.parametrize(
    "waveform",
    [[], np.zeros(8000), np.full(8000, 0.3), np.full(8000, np.nan), np.zeros((8000, 2)), 0.5],
    ids=["empty", "silent", "constant", "nan", "stereo", "number"],
)
def test_what_is_no_clip_gets_a_plain_sentence(waveform):
    with pytest.raises(helpers.ClipError):
        helpers.recognise(waveform)


def test_a_path_that_leads_nowhere_is_named():
    with pytest.raises(helpers.ClipError, match="nowhere.wav"):
        helpers.recognise("nowhere.wav")


def test_another_network_is_refused_with_the_names_of_the_two():
    with pytest.raises(ValueError, match="spectrogram_cnn, sample_cnn"):
        helpers.recognise(np.ones(10), network="gru")


@pytest.mark.parametrize("network", NETWORKS)
def test_the_files_stay_small(network):
    assert (helpers.MODELS / f"{network}.keras").stat().st_size < 1_000_000
