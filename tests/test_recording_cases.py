"""Odd and bad recordings, as readers may bring them: an answer or one sentence, no traceback.

That read_clip() reads each good one as what was spoken stands in test_audio.py.
"""

import warnings

import pytest

from recording_cases import BAD, CLIPS, DISTURBED, DOUBTFUL, GOOD, check_message
from spoken_digits.audio import ClipError
from spoken_digits.diagnosis import diagnose
from spoken_digits.recognition import SHIPPED, recognise


@pytest.fixture(autouse=True, scope="module")
def _networks():
    """Loaded before a warning counts as an error: those of other packages' start are not ours."""
    recognise(CLIPS[0])


@pytest.fixture(autouse=True)
def _no_warning(_networks):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def alarms(source):
    """The checks that come with advice."""
    return {finding.check for finding in diagnose(source) if finding.advice}


@pytest.mark.parametrize("case", GOOD)
def test_what_is_good_is_recognised(tmp_path, case):
    save, _ = GOOD[case]
    digit = list(GOOD).index(case) % 10
    path = save(tmp_path, CLIPS[digit])
    assert recognise(path).idxmax() == digit
    assert alarms(path) <= {"ends", "format", "level"}  # these are told of some, rightly


@pytest.mark.parametrize("case", DISTURBED)
def test_a_disturbed_word_is_recognised(tmp_path, case):
    save, expected = DISTURBED[case]
    digit = list(DISTURBED).index(case) % 10
    path = save(tmp_path, CLIPS[digit])
    assert [recognise(path, network).idxmax() for network in SHIPPED] == [digit, digit]
    assert alarms(path) == expected


@pytest.mark.parametrize("case", BAD)
def test_what_is_bad_is_one_sentence(tmp_path, case):
    write, reason = BAD[case]
    path = write(tmp_path)
    for ask in (recognise, diagnose):
        with pytest.raises(ClipError, match=reason) as caught:
            ask(path)
        check_message(caught.value, path)


@pytest.mark.parametrize("case", DOUBTFUL)
def test_what_is_doubtful_gets_an_answer_and_the_reason_for_doubt(tmp_path, case):
    write, expected = DOUBTFUL[case]
    path = write(tmp_path)
    assert 0 < recognise(path).sum() <= 1 + 1e-5  # the rest: none of the ten
    assert alarms(path) == expected
