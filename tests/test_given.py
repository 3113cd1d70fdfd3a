"""What people hand to the functions: a result without NaN, or one plain sentence of ours."""

import re
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import helpers
from given_cases import BAD, HIGH, NAME, ONE, QUIET, SEVERAL, STEREO, WORD
from recording_cases import CLIPS, WAV
from spoken_digits.audio import ClipError
from spoken_digits.given import as_waveform

ROOT = Path(__file__).parents[1]
TABLES = {
    "recognise": helpers.recognise,
    "recognise-sample-cnn": lambda given: helpers.recognise(given, "sample_cnn"),
    "answer": helpers.answer,
    "trim": helpers.trim,
    "diagnose": helpers.diagnose,
}
PICTURES = {
    "plot_waveform": lambda given: helpers.plot_waveform(given, Figure().subplots()),
    "plot_spectrogram": lambda given: helpers.plot_spectrogram(given, Figure().subplots()),
}
OTHERS = {
    "play": lambda given: helpers.play(given).data,
    "waveform_input": helpers.waveform_input,
    "spectrogram_input": helpers.spectrogram_input,
}
FUNCTIONS = TABLES | PICTURES | OTHERS


@pytest.fixture(autouse=True, scope="module")
def _networks():
    """Loaded before a warning counts as an error: those of other packages' start are not ours."""
    helpers.recognise(CLIPS[0])
    helpers.recognise(CLIPS[0], "sample_cnn")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / NAME).write_bytes(WAV)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    return tmp_path


def outcome(function, given):
    """What a function returns, or the sentence that it says. A warning counts as an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            return FUNCTIONS[function](given)
        except ValueError as error:
            check_sentence(error)
            return str(error)


def check_sentence(error):
    """It is one plain sentence, and was written here, not in numpy or scipy."""
    trace = error.__traceback__
    while trace.tb_next:
        trace = trace.tb_next
    assert Path(trace.tb_frame.f_code.co_filename).is_relative_to(ROOT)
    assert re.fullmatch(r"\S[^\n]{20,300}\.", str(error)), error
    assert "Error" not in str(error)


def check_numbers(result):
    """No NaN anywhere."""
    if isinstance(result, pd.DataFrame):
        result = [value for column in result for value in result[column]]
    if isinstance(result, list | tuple):
        for part in result:
            check_numbers(part)
    elif isinstance(result, np.ndarray | pd.Series | float):
        assert np.isfinite(result).all()


@pytest.mark.parametrize("case", ONE)
def test_one_clip_in_any_form(folder, case):
    found = {name: outcome(name, ONE[case](folder)) for name in FUNCTIONS}
    check_numbers([*found.values()])
    assert found["recognise"].idxmax() == found["recognise-sample-cnn"].idxmax() == 7
    assert found["answer"].digit == 7
    assert found["trim"].ndim == 1
    assert [finding.check for finding in found["diagnose"]][:2] == ["format", "level"]
    assert found["play"].count("<audio") == 1
    assert found["waveform_input"].shape == (1, 5299, 1)
    assert found["spectrogram_input"].shape == (1, 40, 64, 1)
    assert not isinstance(found["plot_spectrogram"], str)
    assert found["plot_waveform"] is None


@pytest.mark.parametrize("case", SEVERAL)
def test_several_clips_give_a_table(folder, case):
    number, make = SEVERAL[case]
    found = {name: outcome(name, make(folder)) for name in FUNCTIONS}
    check_numbers([*found.values()])
    labels = getattr(make(folder), "index", None)
    for name in TABLES:
        assert len(found[name]) == number
        if isinstance(labels, pd.Index):
            assert found[name].index.equals(labels)
    for name in ("recognise", "recognise-sample-cnn"):
        assert found[name].columns.tolist() == list(range(10))
        assert (found[name].idxmax(axis="columns") == 7).all()
    assert (found["answer"]["digit"] == 7).all()
    assert found["trim"].columns.tolist() == ["seconds", "waveform"]
    assert {"format", "words"} < set(found["diagnose"])
    assert found["play"].count("<audio") == number
    assert found["waveform_input"].shape == (number, 5299, 1)
    assert found["spectrogram_input"].shape == (number, 40, 64, 1)
    for name in PICTURES:
        assert found[name] == "There are several clips where one is needed: choose one of them."


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_clip_gets_a_sentence(folder, case):
    make, words = BAD[case]
    for name in FUNCTIONS:
        given = make(folder)
        said = outcome(name, given)
        assert isinstance(said, str), (name, said)
        if name not in PICTURES or "several clips" not in said:
            assert re.search(words, said), (name, said)


@pytest.mark.parametrize("case", QUIET)
def test_what_is_silent_or_short_gets_a_result_or_a_sentence(folder, case):
    for name in FUNCTIONS:
        check_numbers(outcome(name, QUIET[case](folder)))


def test_enough_is_tried():
    assert len(ONE) + len(SEVERAL) + len(BAD) + len(QUIET) >= 80


def test_a_table_says_of_each_clip_what_is_said_of_it_alone(synthetic):
    some = synthetic.iloc[[5, 900, 2000]]
    for name in ("recognise", "answer"):
        for label, row in FUNCTIONS[name](some).iterrows():
            alone = FUNCTIONS[name](some.loc[label, "waveform"])
            assert row.tolist() == pytest.approx(list(alone), abs=1e-6)
    trimmed = helpers.trim(some["waveform"])
    for label, waveform in some["waveform"].items():
        assert np.array_equal(trimmed.loc[label, "waveform"], helpers.trim(waveform))
        assert trimmed.loc[label, "seconds"] == helpers.trim(waveform).size / 8000
    text = helpers.describe(helpers.diagnose(some))
    for label, path in some["path"].items():
        assert f"{label}\n{helpers.describe(helpers.diagnose(path))}".replace("WAV", "") in (
            text.replace("samples)", ")")
        )


def test_a_table_of_findings_without_a_word_has_no_length():
    findings = helpers.diagnose([WORD, np.random.default_rng(0).normal(size=8000)])
    first, second = helpers.describe(findings).split("\n\n")
    assert first.startswith("0\n  format")
    assert "length" in first
    assert second.startswith("1\n  format")
    assert "length" not in second


def test_without_a_digit_a_table_of_answers_holds_no_number():
    answers = helpers.answer([WORD, np.random.default_rng(0).normal(size=8000)])
    assert answers["digit"].isna().tolist() == [False, True]
    assert answers["digit"].dtype == "Int64"
    assert answers["reason"].iloc[1] == "no word found"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_sample_rate_is_taken_into_account(function):
    """What was recorded at 44.1 kHz lasts as long as it did, and holds the same."""
    ask = getattr(helpers, function.removesuffix("-sample-cnn"))
    picture = [Figure().subplots()] if function in PICTURES else []
    high, low = (
        ask(clip, *picture, sample_rate=rate) for clip, rate in [(HIGH, 44100), (WORD, 8000)]
    )
    if function == "plot_waveform":
        first, second = picture[0].lines
        assert first.get_xdata().size == second.get_xdata().size
    elif function.endswith("input") or function.startswith("recognise"):
        assert np.abs(high - low).mean() < 0.05
    elif function == "diagnose":
        assert "44,100" in high[0].found
        assert high[-1].found == low[-1].found
    elif function == "trim":
        assert high.size == pytest.approx(low.size, abs=80)
    elif function == "answer":
        assert high.digit == low.digit == 7
    elif function == "play":
        assert len(high.data) == pytest.approx(len(low.data), abs=100)


@pytest.mark.parametrize("rate", ["44100", True, [8000], np.array([8000])])
def test_a_sample_rate_is_a_number(rate):
    with pytest.raises(ClipError, match="^sample_rate is a number of samples a second"):
        helpers.recognise(WORD, sample_rate=rate)


@pytest.mark.parametrize("bits", [16, 32, 64])
def test_whole_numbers_are_scaled_to_full_scale(bits):
    scale = 2 ** (min(bits, 32) - 1)
    whole = np.array([-scale, scale // 2, 0]).astype(f"int{bits}")
    assert as_waveform(whole, 8000).tolist() == [-1, 0.5, 0]


def test_pythons_whole_numbers_count_as_16_bit_samples_where_they_fit():
    assert as_waveform([-(2**15), 2**14, 0], 8000).tolist() == [-1, 0.5, 0]
    assert as_waveform([-(2**15), 2**15], 8000).tolist() == [-(2**-16), 2**-16]


def test_whole_numbers_without_a_sign_have_their_middle_at_zero():
    assert as_waveform(np.array([0, 128, 192], np.uint8), 8000).tolist() == [-1, 0, 0.5]


def test_a_float_array_stays_as_it_is():
    assert np.shares_memory(as_waveform(WORD, 8000), WORD)
    assert as_waveform(3 * WORD.astype(np.float32), 8000).dtype == np.float32


def test_channels_are_mixed_in_either_order():
    mixed = as_waveform((STEREO, 8000))
    assert np.array_equal(mixed, as_waveform((8000, STEREO.T)))
    assert mixed.shape == WORD.shape


def test_labels_of_players_are_those_of_a_dict_or_a_column(folder):
    page = helpers.play({7: WORD, "mine": folder / NAME}).data
    assert re.findall("<figcaption>(.*?)</figcaption>", page) == ["7", "mine"]
    page = helpers.play(pd.Series({"a": WORD, "b": WORD})).data
    assert re.findall("<figcaption>(.*?)</figcaption>", page) == ["a", "b"]
    assert helpers.play({}).data == ""
