"""The verdict on a recording, first and large, agrees with the diagnosis."""

import re

import pandas as pd
import pytest

from page_recordings import RECORDINGS, VOICE
from recording_cases import BAD
from spoken_digits.audio import SAMPLE_RATE
from spoken_digits.diagnosis import Finding
from spoken_digits.recognition import Answer
from spoken_digits.recorder import wav_file
from spoken_digits.verdict import compare, conclude, examine, headline

# What stands first, and what stands in the advice.
SAID = {
    "good": ("^7 both networks hear 7", "The recording is fine."),
    "at 17 dB": ("^7 both networks hear 7", "The recording is fine."),
    "quiet": ("^7 both networks hear 7", "come closer, or turn the microphone up"),
    "humming at 50 Hz": ("^7 both networks hear 7", "a hum of 50 Hz and its multiples"),
    # One network is as sure as the threshold wants, to a hundredth.
    "humming at 60 Hz": (
        "^7 both networks|^not sure: perhaps 7",
        "a hum of 60 Hz and its multiples",
    ),
    "hissing": ("^no digit: not one of the ten digits", "find a quieter room"),
    "clicking": ("^7 both networks hear 7", "clicks : 1[0-9] beside the word"),
    "clipped": ("^not sure: too loud for the microphone", "move back, or turn it down"),
    "cut off": ("^not sure: the start of the word may be missing", "leave a pause"),
    "two words": ("^no digit: 2 words, not one", "record one alone"),
    "other word": ("^no digit: not one of the ten digits", "The recording is fine."),
    "breath first": ("^7 both networks hear 7", "The recording is fine."),
    "long": ("^not sure: the networks hear the loudest second alone", "say it faster"),
    "silent": ("^no digit: Your recording is silent: check the microphone", ""),
    "room alone": ("^no digit: no word found", "No word stands out"),
    "hum alone": ("^no digit: no word found", "a hum of 50 Hz and its multiples"),
}


def words(page):
    return " ".join(re.sub("<[^>]*>", " ", re.sub(r'src="[^"]*"', "", page)).split())


def examined(waveform):
    content = wav_file(waveform.astype("<f4").tobytes(), SAMPLE_RATE)
    return examine(content, "Your recording").data


@pytest.mark.parametrize("name", RECORDINGS)
def test_the_verdict_and_the_advice(name):
    verdict, advice = SAID[name]
    page = examined(RECORDINGS[name])
    shown = words(page).removeprefix("Your recording ")
    assert re.search(verdict, shown), shown[:100]
    assert re.search(advice, shown), shown[:600]
    first = page.index('class="verdict"')
    assert all(page.find(later) in (-1, *range(first, len(page))) for later in ("<table", "<img"))


def test_both_networks_are_told_in_figures():
    shown = words(examined(RECORDINGS["good"]))
    for kind in ("spectrogram CNN", "sampleCNN"):
        row = re.search(rf"{kind}((?: \d+%){{11}})", shown)
        assert 95 <= sum(int(share) for share in re.findall(r"\d+", row[1])) <= 105


def test_it_plays_at_the_rate_of_the_file_and_at_8000(tmp_path):
    content = wav_file(RECORDINGS["good"].astype("<f4").tobytes(), 24_000)
    page = examine(content, "Your recording").data
    assert "as recorded, 24,000 samples a second" in page
    assert page.count("<audio") == 3


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_used_is_a_sentence(name, tmp_path):
    write, told = BAD[name]
    shown = words(examine(write(tmp_path)).data)
    assert shown.startswith("no digit: ")
    assert re.search(told.replace(" ", ".*"), shown)


def test_no_path_stands_on_the_page():
    assert str(VOICE.parent) not in examine(VOICE).data


SURE = Answer(7, "both networks hear 7, at 90% or more")
UNSURE = Answer(None, "not sure: perhaps 7, at 40%")


@pytest.mark.parametrize("check", ["words", "clipping", "ends", "length"])
@pytest.mark.parametrize("said", [SURE, UNSURE])
def test_a_fault_of_the_word_is_the_verdict(check, said):
    findings = [Finding("level", "Fine."), Finding(check, "One word.", "It is cut: try again.")]
    assert conclude(findings, said) == (None, "not sure: it is cut")


@pytest.mark.parametrize("check", ["format", "level", "background", "clicks"])
def test_other_faults_leave_the_verdict_to_the_networks(check):
    assert conclude([Finding(check, "Bad.", "Mend it: now.")], SURE) == SURE


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        ("not sure: perhaps 7, at 40%", "not sure: perhaps 7, at 40%"),
        ("the networks disagree: 1 or 8", "not sure: the networks disagree: 1 or 8"),
        ("not one of the ten digits", "no digit: not one of the ten digits"),
        ("no word found", "no digit: no word found"),
    ],
)
def test_without_a_digit_the_headline_says_why(reason, shown):
    assert words(headline(Answer(None, reason))) == shown


@pytest.mark.parametrize(("eleventh", "shown"), [(0.7, "no digit: at 70%"), (None, "3 at 100%")])
def test_networks_are_compared_side_by_side(eleventh, shown):
    heard = [0.0] * 10 if eleventh else [0, 0, 0, 1, *[0] * 6]
    given = heard + ([eleventh] if eleventh else [])
    assert words(compare(pd.DataFrame({"before": given})).data).startswith(f"before {shown}")
