"""recognise(): the two shipped networks, as somebody would call them."""

import numpy as np
import pandas as pd
import pytest
import soundfile

from spoken_digits.audio import SAMPLE_RATE, ClipError
from spoken_digits.dataset import official_split
from spoken_digits.recognition import MODELS, load_shipped, recognise

NETWORKS = ["spectrogram_cnn", "sample_cnn"]


@pytest.mark.parametrize("network", NETWORKS)
def test_it_gives_ten_probabilities_by_digit(network, synthetic):
    probabilities = recognise(synthetic["path"].iloc[0], network)
    assert isinstance(probabilities, pd.Series)
    assert (probabilities.name, probabilities.index.name) == ("probability", "digit")
    assert probabilities.index.tolist() == list(range(10))
    assert probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert probabilities.between(0, 1).all()


@pytest.mark.parametrize("network", NETWORKS)
def test_the_shipped_networks_know_the_test_clips(network, fsdd):
    _, _, test = official_split(fsdd)
    predictions = [recognise(waveform, network).idxmax() for waveform in test["waveform"]]
    assert (predictions == test["digit"]).mean() >= 0.97


def test_the_spectrogram_cnn_answers_unless_another_is_asked(synthetic):
    waveform = synthetic["waveform"].iloc[7]
    default = recognise(waveform)
    pd.testing.assert_series_equal(default, recognise(waveform, "spectrogram_cnn"))
    assert not np.allclose(default, recognise(waveform, "sample_cnn"))


@pytest.mark.parametrize("network", NETWORKS)
def test_a_path_and_its_waveform_get_the_same_answer(network, tmp_path, synthetic):
    waveform = synthetic["waveform"].iloc[100]
    soundfile.write(tmp_path / "clip.wav", waveform, SAMPLE_RATE, subtype="FLOAT")
    for path in (tmp_path / "clip.wav", str(tmp_path / "clip.wav")):
        np.testing.assert_allclose(
            recognise(path, network), recognise(waveform, network), atol=1e-4
        )


@pytest.mark.parametrize("network", NETWORKS)
def test_silence_around_the_word_changes_nothing(network, synthetic):
    for waveform in synthetic["waveform"].sample(5, random_state=0):
        alone = recognise(waveform, network)
        surrounded = recognise(np.pad(waveform, (4000, 20_000)), network)
        np.testing.assert_allclose(surrounded, alone, atol=0.05)


@pytest.mark.parametrize("network", NETWORKS)
def test_loudness_and_offset_change_nothing(network, synthetic):
    waveform = synthetic["waveform"].iloc[50]
    np.testing.assert_allclose(
        recognise(0.02 * waveform, network), recognise(waveform, network), atol=0.02
    )


def test_of_a_long_recording_the_loudest_second_counts(synthetic):
    waveform = synthetic["waveform"].iloc[2000]
    hiss = np.random.default_rng(0).normal(size=40_000) * np.abs(waveform).max() / 60
    hiss[25_000 : 25_000 + waveform.size] += waveform
    assert recognise(hiss).idxmax() == recognise(waveform).idxmax()


@pytest.mark.parametrize(
    "waveform",
    [[], np.zeros(8000), np.full(8000, 0.3), np.full(8000, np.nan), np.zeros((8000, 2)), 0.5],
    ids=["empty", "silent", "constant", "nan", "stereo", "number"],
)
def test_what_is_no_clip_gets_a_plain_sentence(waveform):
    with pytest.raises(ClipError):
        recognise(waveform)


def test_a_path_that_leads_nowhere_is_named():
    with pytest.raises(ClipError, match="nowhere.wav"):
        recognise("nowhere.wav")


def test_another_network_is_refused_with_the_names_of_the_two():
    with pytest.raises(ValueError, match="spectrogram_cnn, sample_cnn"):
        recognise(np.ones(10), network="gru")


def test_a_network_is_read_once_and_kept():
    assert load_shipped("sample_cnn") is load_shipped("sample_cnn")
    assert load_shipped("sample_cnn") is not load_shipped("spectrogram_cnn")


@pytest.mark.parametrize("network", NETWORKS)
def test_the_files_stay_small(network):
    assert (MODELS / f"{network}.keras").stat().st_size < 1_000_000
