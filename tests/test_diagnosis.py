"""Each finding on clips that were spoilt on purpose; and silence where nothing is wrong."""

import io

import numpy as np
import pytest
import soundfile
import soxr

from spoken_digits.audio import SAMPLE_RATE, ClipError
from spoken_digits.dataset import official_split
from spoken_digits.detection import FRAMES_A_SECOND, frame_levels, listen, trim, without_drift
from spoken_digits.diagnosis import QUIETEST_TRAINED, Finding, check_length, describe, diagnose


@pytest.fixture
def good(word, quiet):
    return np.concatenate([quiet, word, quiet])


def look(waveform, sample_rate=SAMPLE_RATE, **options):
    """The findings on a waveform: check -> Finding."""
    file = io.BytesIO()
    soundfile.write(file, waveform, sample_rate, format="WAV", **options)
    return {finding.check: finding for finding in diagnose(file.getvalue())}


def alarms(*waveform, **options):
    """Only those that come with advice."""
    return {name: finding for name, finding in look(*waveform, **options).items() if finding.advice}


def test_a_good_recording_raises_no_alarm(good):
    assert not alarms(good)


def test_the_format_is_told_as_found(good):
    stereo = np.stack([good, good], axis=1).repeat(2, axis=0)
    finding = look(stereo, 2 * SAMPLE_RATE)["format"]
    assert finding.found.startswith("16,000 samples a second, 2 channels, mixed to one (WAV).")
    assert "Resampled to 8,000" in finding.found
    assert not finding.advice


def test_a_silent_channel_is_told_and_not_taken_for_clipping(good):
    findings = look(np.stack([good, np.full_like(good, 0.5)], axis=1))
    assert "1 of the channels is silent" in findings["format"].found
    assert not findings["clipping"].advice


def test_low_rate(good):
    assert "2,000 Hz" in alarms(good[::2], SAMPLE_RATE // 2)["format"].advice


def test_too_quiet(good):
    assert list(alarms(good / 100, subtype="PCM_24")) == ["level"]


@pytest.mark.parametrize("gain", [3, 10])
def test_clipped(good, gain):
    fine = soxr.resample(good, SAMPLE_RATE, 48_000)  # as microphones record
    assert list(alarms((gain * fine).clip(-0.9, 0.9), 48_000)) == ["clipping"]


def test_a_clipped_word_is_not_above_full_scale(good):
    level = look((10 * good).clip(-1, 1))["level"]
    assert level.found == "The loudest point heard is 0 dB below full scale."


def test_clipped_at_one_side_only(good):
    fine = soxr.resample(good, SAMPLE_RATE, 48_000)
    assert "clipping" in alarms(fine.clip(-1, 0.6 * fine.max()), 48_000)


@pytest.mark.parametrize("snr_db", [10, 12])
def test_noise(good, word, snr_db):
    loud = np.percentile(frame_levels(word), 90)
    noise = np.random.default_rng(1).standard_normal(good.size) * 10 ** ((loud - snr_db) / 20)
    finding = alarms(good + noise)["background"]
    assert float(finding.found.split()[3]) == pytest.approx(snr_db, abs=3)


@pytest.mark.parametrize(("snr_db", "heard"), [(5, True), (20, False)])
def test_mains_hum_is_told_where_it_is_loud(good, word, snr_db, heard):
    loud = 10 ** ((np.percentile(frame_levels(word), 90) - snr_db) / 20)
    hum = np.sqrt(2) * loud * np.sin(2 * np.pi * 50 * np.arange(good.size) / SAMPLE_RATE)
    found = alarms(good + hum)
    assert list(found) == ["background"] * heard
    assert not heard or "above a hum" in found["background"].found


def test_the_silence_that_recognise_trims_is_told(good):
    trimmed = (good.size - trim(good).size) / SAMPLE_RATE
    assert look(good)["ends"].found == f"{trimmed:.2f} s before and after the word is trimmed."


def test_of_two_words_it_is_told_which_one_is_left(good):
    found = look(np.append(0.3 * good, good))["ends"].found
    assert found.endswith("s before and after the word that stands out most is trimmed.")


def test_in_noise_the_word_is_found_and_told(good):
    findings = look(good + 0.01 * np.random.default_rng(0).standard_normal(good.size))
    assert findings["ends"].found.endswith("s before and after the word is trimmed.")
    assert float(findings["ends"].found.split()[0]) > 0.5
    assert not findings["length"].advice


@pytest.mark.parametrize(
    ("seconds", "told"), [(0.8, "0.00 s at"), (1, "0.00 s at"), (1.6, "Of 1.60 s,")]
)
def test_where_no_word_is_found_the_loudest_second_is_told(seconds, told):
    noise = 0.1 * np.random.default_rng(0).standard_normal(int(seconds * SAMPLE_RATE))
    assert look(noise)["ends"].found.startswith(told)


def knocked(*parts, gain=0.25):
    """Parts one after the other, with a knock at full scale of 20 ms where `None` stands."""
    knock = 0.99 * np.hanning(160) * np.sin(np.arange(160) / 2)
    return np.concatenate([knock if part is None else gain * part for part in parts])


def test_knocks_beside_the_word_are_told_and_no_fault(word, quiet):
    one = look(knocked(quiet, None, quiet, word, quiet))
    two = look(knocked(quiet, None, quiet, word, quiet, None, quiet))
    assert one["words"].found == "One word. 1 knock or noise beside it: passed over."
    assert two["words"].found == "One word. 2 knocks or noises beside it: passed over."
    assert not any(finding.advice for finding in [*one.values(), *two.values()])


def test_a_noise_until_the_word_is_told_and_no_fault(word, quiet):
    hiss = 0.2 * np.random.default_rng(0).standard_normal(8000) * np.hanning(8000)
    findings = look(knocked(quiet, hiss, word, quiet, gain=1))
    assert findings["words"].found == "One word. 1 knock or noise beside it: passed over."
    assert not findings["words"].advice


def test_a_drift_that_dies_away_is_no_fault_and_no_hum(good):
    assert not alarms(good + 0.5 * np.exp(-np.arange(good.size) / SAMPLE_RATE))


def test_the_level_is_the_words_own(word, quiet):
    findings = look(knocked(quiet, None, quiet, word, quiet, gain=0.01), subtype="PCM_24")
    assert findings["level"].found == "The loudest point heard is 48 dB below full scale."
    assert findings["level"].advice


@pytest.mark.parametrize("place", [0, 0.5, 1])
def test_a_knock_that_may_cover_the_word_is_a_fault(word, quiet, place):
    before, after = np.split(word, [int(place * word.size)])
    found = alarms(knocked(quiet, before, None, after, quiet, gain=0.05))["words"].found
    destroyed = place == 0.5 and found == "No word stands out from the background."
    assert destroyed or found == "One word, with a click or a knock in it or beside it."


def test_a_word_cut_off_at_the_start(word, quiet):
    rest = word[word.size // 3 :]
    assert "start" in alarms(np.concatenate([rest, quiet, quiet]))["ends"].advice


@pytest.mark.parametrize(("seconds", "wrong"), [(0.05, True), (0.3, False), (1.3, True)])
def test_length(quiet, seconds, wrong):
    vowel = 0.2 * np.sin(2 * np.pi * 300 * np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE)
    finding = look(np.concatenate([quiet, vowel, quiet]))["length"]
    assert float(finding.found.split()[3]) == pytest.approx(seconds, abs=0.04)
    assert bool(finding.advice) == wrong


@pytest.mark.parametrize("seconds", [0.3, 0.6])
def test_two_words(word, quiet, seconds):
    gap = 0.0005 * np.random.default_rng(2).standard_normal(int(seconds * SAMPLE_RATE))
    finding = alarms(np.concatenate([quiet, word, gap, word, quiet]))["words"]
    assert finding.found.startswith("2 words")


def test_bytes_give_the_same_as_a_path(good, tmp_path):
    path = tmp_path / "clip.wav"
    soundfile.write(path, good, SAMPLE_RATE)
    assert diagnose(path.read_bytes()) == diagnose(path) == diagnose(memoryview(path.read_bytes()))


def test_what_is_no_audio_is_one_sentence_with_its_name():
    with pytest.raises(ClipError, match="^notes.txt is not audio"):
        diagnose(b"no sound at all", "notes.txt")


def test_each_finding_is_a_line_and_advice_another():
    findings = [Finding("level", "Fine."), Finding("words", "Two.", "Say one.")]
    assert describe(findings).splitlines() == [
        "  level       Fine.",
        "! words       Two.",
        "              Say one.",
    ]


def test_what_it_says_of_the_dataset_is_true(fsdd):
    train, _, _ = official_split(fsdd)
    words = [listen(without_drift(waveform)).words for waveform in train["waveform"]]
    seconds = [(found[0][1] - found[0][0]) / FRAMES_A_SECOND for found in words if len(found) == 1]
    low, high = np.percentile(seconds, [25, 75])
    assert f"{low:.2f} to {high:.2f} s" in check_length(0, 40).found
    peaks = [20 * np.log10(np.abs(waveform).max()) for waveform in fsdd["waveform"]]
    assert min(peaks) == pytest.approx(QUIETEST_TRAINED, abs=2)


@pytest.mark.parametrize("corpus", ["fsdd", "synthetic"])
def test_false_alarms_are_rare(corpus, request):
    """At most one clip in 100 for each finding; on every tenth clip, to be quick."""
    paths = request.getfixturevalue(corpus)["path"][::10]
    checks = [finding.check for path in paths for finding in diagnose(path) if finding.advice]
    assert not {check for check in checks if checks.count(check) > 3}
