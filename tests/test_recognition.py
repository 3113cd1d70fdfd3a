"""recognise(): the two shipped networks, as somebody would call them."""

import numpy as np
import pandas as pd
import pytest
import soundfile

from spoken_digits.audio import SAMPLE_RATE, ClipError
from spoken_digits.dataset import official_split
from spoken_digits.recognition import MODELS, answer, judge, load_shipped, recognise

NETWORKS = ["spectrogram_cnn", "sample_cnn"]


@pytest.mark.parametrize("network", NETWORKS)
def test_it_gives_ten_probabilities_by_digit(network, synthetic):
    probabilities = recognise(synthetic["path"].iloc[0], network)
    assert isinstance(probabilities, pd.Series)
    assert (probabilities.name, probabilities.index.name) == ("probability", "digit")
    assert probabilities.index.tolist() == list(range(10))
    assert 0.5 < probabilities.sum() < 1 + 1e-5  # the rest is the probability of none
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
def test_more_silence_around_the_word_changes_nothing(network, synthetic):
    """More than the tenth of a second that trim() leaves."""
    for waveform in synthetic["waveform"].sample(5, random_state=0):
        little = recognise(np.pad(waveform, 960), network)  # whole frames, as 4000 are
        much = recognise(np.pad(waveform, (4000, 20_000)), network)
        np.testing.assert_allclose(much, little, atol=0.02)
        assert much.idxmax() == recognise(waveform, network).idxmax()


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


# --- answer(): the digit, or why there is none ---


def said(spectrogram, sample=None):
    """Probabilities of both networks, each a dict: digit -> probability; the rest is none."""
    networks = {"spectrogram_cnn": spectrogram, "sample_cnn": sample or spectrogram}
    return pd.DataFrame(networks, index=range(10)).fillna(0.0)


@pytest.mark.parametrize(
    ("probabilities", "digit", "words"),
    [
        (said({7: 0.98}, {7: 0.6, 4: 0.1}), 7, "both networks hear 7, at 60% or more"),
        (said({7: 0.32, 1: 0.3, 4: 0.3}), 7, "both networks hear 7"),
        (said({3: 0.2}), None, "not one of the ten"),
        (said({3: 0.3, 8: 0.3}), None, "not one of the ten"),
        (said({1: 0.9}, {9: 0.9}), None, "disagree: 1 or 9"),
        (said({1: 0.31, 9: 0.3, 5: 0.2}), None, "not sure: perhaps 1, at 31%"),
        (said({1: 0.99}, {1: 0.31, 9: 0.3, 5: 0.3}), None, "not sure: perhaps 1, at 31%"),
    ],
    ids=["sure", "just sure", "none", "none beats each", "disagree", "not sure", "one is not"],
)
def test_the_reason_says_why(probabilities, digit, words):
    answer = judge(probabilities)
    assert answer.digit == digit
    assert words in answer.reason
    assert answer.digit is None or isinstance(answer.digit, int)


def test_a_word_is_answered_with_its_digit(word, request):
    digit = int(request.node.callspec.params["word"][0])
    quiet = 0.0005 * np.random.default_rng(0).standard_normal(4000)
    assert answer(np.concatenate([quiet, word, quiet])).digit == digit


def test_two_words_are_no_digit(word, quiet):
    clip = np.concatenate([quiet, word, quiet, quiet, word, quiet])
    assert answer(clip) == (None, "2 words, not one")


def test_without_a_word_there_is_no_digit():
    hiss = 0.1 * np.random.default_rng(0).standard_normal(8000)
    assert answer(hiss) == (None, "no word found")


def test_what_is_no_clip_raises_as_recognise_does():
    with pytest.raises(ClipError):
        answer(np.zeros(8000))
    with pytest.raises(ClipError, match="nowhere.wav"):
        answer("nowhere.wav")
