"""Doubting aloud that samples are at 8 kHz: no false alarm, and most wrong rates are told."""

import warnings

import numpy as np
import pytest
import soundfile
import soxr

import helpers
from given_cases import HIGH, WORD
from recording_cases import tone
from spoken_digits.doubt import doubt_sample_rate, is_too_slow

DOUBT = "too deep and too slow for a voice: say at which rate"


@pytest.mark.parametrize("name", ["fsdd", "synthetic", "people", "other_words"])
def test_right_waveforms_are_never_doubted(request, name):
    clips = request.getfixturevalue(name)
    slow = [
        path
        for path, wave in zip(clips["path"], clips["waveform"], strict=True)
        if is_too_slow(wave)
    ]
    assert slow == []


@pytest.mark.parametrize(("sample_rate", "share"), [(48000, 0.85), (44100, 0.85), (22050, 0.3)])
def test_most_words_at_a_much_higher_rate_are_doubted(people, sample_rate, share):
    """Of real people, as their own recorders took them, at 16 kHz, made so fast."""
    some = [soundfile.read(path)[0] for path in people["path"][::30]]
    slow = [is_too_slow(soxr.resample(wave, 16000, sample_rate)) for wave in some]
    assert np.mean(slow) > share


@pytest.mark.parametrize(
    "ask",
    [
        helpers.recognise,
        helpers.answer,
        helpers.trim,
        helpers.diagnose,
        helpers.play,
        helpers.waveform_input,
        helpers.spectrogram_input,
    ],
    ids=lambda ask: ask.__name__,
)
def test_it_is_said_aloud_to_the_caller_and_a_rate_ends_it(ask):
    with pytest.warns(UserWarning, match=DOUBT) as told:
        ask(HIGH)
    assert [warning.filename for warning in told] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ask(HIGH, sample_rate=44100)
        ask(HIGH, sample_rate=8000)
        ask((44100, HIGH))
        ask(WORD)


def test_it_is_the_same_for_several_clips_and_for_two_channels():
    for given in ([HIGH, HIGH], np.c_[HIGH, HIGH]):
        with pytest.warns(UserWarning, match=DOUBT):
            helpers.recognise(given)


def test_an_input_is_doubted_where_most_of_it_is_too_slow():
    with pytest.warns(UserWarning, match=DOUBT) as told:
        helpers.waveform_input([WORD, HIGH, HIGH])
    assert len(told) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        helpers.waveform_input([WORD, WORD, HIGH])


def test_of_very_many_only_some_are_looked_at():
    class Counted(list):
        looked_at = 0

        def __getitem__(self, part):
            some = super().__getitem__(part)
            Counted.looked_at = len(some)
            return some

    doubt_sample_rate(Counted([WORD[:100]] * 5000))
    assert Counted.looked_at == 20


@pytest.mark.parametrize("frequency", [25, 60, 440, 3000])
def test_of_tones_only_those_below_any_voice_are_too_slow(frequency):
    harmonics = sum(tone(frequency * number, 8000, 2) for number in (1, 2, 3, 4))
    assert is_too_slow(0.2 * harmonics) == (frequency == 25)


def test_noise_is_not_too_slow():
    assert not is_too_slow(np.random.default_rng(0).normal(size=16000))
