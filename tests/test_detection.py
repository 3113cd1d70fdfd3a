"""Where the word is, and what trim() leaves."""

import numpy as np
import pytest
import scipy.signal

from recording_cases import tone
from spoken_digits.audio import SAMPLE_RATE
from spoken_digits.detection import (
    FRAMES_A_SECOND,
    HOP,
    REACH,
    REST,
    VOICED,
    find_knocks,
    find_spans,
    find_words,
    frame_levels,
    listen,
    loudest_second,
    outside,
    pass_over,
    periodicity,
    trim,
    without_drift,
)

# --- Levels and spans ---


def sine(frequency, seconds, amplitude=0.1):
    return amplitude * tone(frequency, SAMPLE_RATE, seconds)


def test_the_level_of_a_tone_is_its_power_in_decibels():
    levels = frame_levels(sine(1000, 1) + 0.3)
    assert levels.size == FRAMES_A_SECOND + 1
    assert levels[2:-2] == pytest.approx(20 * np.log10(0.1 / np.sqrt(2)), abs=0.1)


def test_a_hum_is_left_out_of_the_level_or_alone_in_it():
    hum = scipy.signal.butter(4, 100, "lowpass", fs=SAMPLE_RATE, output="sos")
    low, high = sine(50, 1), sine(1000, 1)
    settled = slice(20, -20)  # frames: where the filters have forgotten the start
    assert frame_levels(low + high)[settled] == pytest.approx(frame_levels(high)[settled], abs=0.5)
    assert frame_levels(low)[settled].max() < frame_levels(high)[settled].min() - 20
    assert frame_levels(high, hum)[settled].max() < frame_levels(low, hum)[settled].min() - 60


def test_digital_silence_has_a_level():
    assert frame_levels(np.zeros(800)) == pytest.approx(-120)


@pytest.mark.parametrize(
    ("marks", "gap", "spans"),
    [
        ("......", 0, []),
        ("######", 0, [(0, 6)]),
        ("#.##..", 0, [(0, 1), (2, 4)]),
        ("..#..#", 2, [(2, 3), (5, 6)]),
        ("..#..#", 3, [(2, 6)]),
        ("#.#.#.", 2, [(0, 5)]),
        ("", 0, []),
    ],
)
def test_spans_and_the_gaps_that_join_them(marks, gap, spans):
    assert find_spans(np.array([mark == "#" for mark in marks], dtype=bool), gap) == spans


@pytest.mark.parametrize(
    ("words", "margin", "left"),
    [
        ([], 3, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ([(4, 6)], 0, [0, 1, 2, 3, 6, 7, 8, 9]),
        ([(4, 6)], 2, [0, 1, 8, 9]),
        ([(1, 2), (8, 9)], 2, [4, 5]),  # a margin may reach over an end
        ([(4, 6)], 9, []),
    ],
)
def test_the_frames_outside_the_words(words, margin, left):
    assert outside(np.arange(10), words, margin).tolist() == left


def level_of(*parts):
    """Levels made of (dB, frames)."""
    return np.concatenate([np.full(frames, level, dtype=float) for level, frames in parts])


def test_a_word_reaches_outward_to_the_background():
    levels = level_of((-70, 50), (-45, 10), (-20, 20), (-45, 5), (-70, 50))
    assert find_words(levels) == [(50, 85)]  # -45 dB is too soft to be found, but belongs to it
    assert find_words(levels - 30) == [(50, 85)]
    louder = level_of((-48, 50), (-45, 10), (-20, 20), (-45, 5), (-48, 50))
    assert find_words(louder) == [(60, 80)]  # here it is background


def test_the_background_is_measured_where_there_is_enough_of_it():
    for frames in (REST, REST // 4):
        levels = level_of((-20, 20), (-50, 30), (-55, frames))
        assert find_words(levels) == ([(0, 50)] if frames < REST else [(0, 20)])


@pytest.mark.parametrize(
    ("background", "second", "words"),
    [
        (-70, -34, 2),  # within 15 dB of the loudest frame
        (-70, -36, 1),
        (-36, -29, 2),  # 6 dB above the background
        (-36, -31, 1),
    ],
)
def test_a_word_is_loud_beside_the_loudest_and_beside_the_background(background, second, words):
    rest = (background, 60)
    assert len(find_words(level_of(rest, (-20, 20), rest, (second, 20), rest))) == words


@pytest.mark.parametrize(("frames", "words"), [(24, 1), (25, 2), (50, 2)])
def test_a_pause_of_a_quarter_of_a_second_parts_two_words(frames, words):
    levels = level_of((-70, 60), (-20, 20), (-70, frames), (-20, 20), (-70, 60))
    assert len(find_words(levels)) == words


@pytest.mark.parametrize(("frames", "words"), [(4, 0), (5, 1)])
def test_a_click_is_shorter_than_a_word(frames, words):
    assert len(find_words(level_of((-70, 60), (-20, frames), (-70, 60)))) == words


@pytest.mark.parametrize(("rise", "words"), [(0, 0), (3.9, 0), (12, 1)])
def test_what_goes_on_and_on_is_no_word(rise, words):
    assert len(find_words(level_of((-40, 60), (-40 + rise, 20), (-40, 60)))) == words


def test_a_word_is_found_where_it_was_put(word, quiet):
    ((first, end),) = find_words(frame_levels(np.concatenate([quiet, word, quiet])))
    assert first == pytest.approx(quiet.size / HOP, abs=5)
    assert end == pytest.approx((quiet.size + word.size) / HOP, abs=5)


def test_a_click_before_the_word_is_no_word(word, quiet):
    click = np.zeros(80)
    click[:8] = 0.4
    levels = frame_levels(np.concatenate([quiet, click, quiet, word, quiet]))
    assert len(find_words(levels)) == 1


@pytest.mark.parametrize("seconds", [0.1, 0.4])
def test_a_knock_louder_than_the_word_is_no_word(word, quiet, seconds):
    """Loud enough that the word is not within 15 dB of it."""
    word, quiet, knock = word / 20, quiet / 20, sine(600, 0.02, 0.99)
    gap = quiet[: int(seconds * SAMPLE_RATE)]
    levels = frame_levels(np.concatenate([quiet, knock, gap, word, quiet]))
    (knock,) = find_knocks(levels)
    assert knock[0] == pytest.approx(quiet.size / HOP, abs=2)
    ((first, end),) = find_words(levels)
    assert first == pytest.approx((quiet.size + 160 + gap.size) / HOP, abs=5)
    assert end == pytest.approx((quiet.size + 160 + gap.size + word.size) / HOP, abs=5)


@pytest.mark.parametrize(("level", "knocks"), [(-13, 1), (-15, 0)])
def test_beside_a_vowel_a_knock_is_6_db_louder(level, knocks):
    levels = level_of((-70, 60), (level, 3), (-70, 8), (-20, 20), (-70, 60))
    assert len(find_knocks(levels)) == knocks


def test_passed_over_is_what_was_louder_than_the_background():
    levels = level_of((-70, 20), (-20, 5), (-80, 10), (-70, 15))  # the quietest tenth: -80
    quieter = pass_over(levels, [(20, 25)], margin=2)
    assert quieter.tolist() == [-70] * 18 + [-80] * 17 + [-70] * 15
    assert levels[20] == -20  # the caller's own are not changed


# --- Has it a voice? ---


@pytest.mark.parametrize(("pitch", "low"), [(80, 0.9), (200, 0.95), (380, 0.95)])
def test_a_voice_is_alike_one_period_later(pitch, low):
    voice = sum(sine(pitch * partial, 1) for partial in range(1, 9))
    assert periodicity(voice)[5:-5].min() > low


def test_white_noise_is_not_and_no_level_changes_that():
    noise = np.random.default_rng(0).standard_normal(10 * SAMPLE_RATE)
    assert periodicity(noise).max() < VOICED
    assert periodicity(noise / 1000) == pytest.approx(periodicity(noise))


def test_a_long_waveform_is_taken_in_pieces_that_fit():
    voice = np.random.default_rng(0).standard_normal(11 * SAMPLE_RATE).cumsum()
    alike = periodicity(voice)
    assert alike.size == 11 * FRAMES_A_SECOND + 1
    later = periodicity(voice[9 * SAMPLE_RATE :])
    assert alike[910:] == pytest.approx(later[10:], abs=1e-3)


def test_the_first_and_the_last_frame_with_a_voice_bound_a_word(quiet):
    hiss = 0.1 * np.random.default_rng(0).standard_normal(SAMPLE_RATE)
    vowel = sine(150, 0.3) + sine(450, 0.3)
    levels, words, passed = listen(np.concatenate([quiet, hiss, vowel, quiet]))
    ((first, end),) = words
    assert first == pytest.approx(150 - REACH, abs=4)
    assert end == pytest.approx(180, abs=4)
    assert passed == [(pytest.approx(50, abs=3), first)]
    assert levels.size == 231


def test_a_noise_without_a_voice_is_no_word(quiet):
    burst = 0.2 * np.random.default_rng(0).standard_normal(4000) * np.hanning(4000)
    assert listen(np.concatenate([quiet, burst, quiet])).words == []


def test_a_soft_word_is_found_beside_a_loud_noise(word, quiet):
    burst = 0.2 * np.random.default_rng(0).standard_normal(4000) * np.hanning(4000)
    room = np.concatenate([quiet / 50, burst, quiet / 50, word / 50, quiet / 50])
    ((first, end),) = listen(room).words
    assert first * HOP == pytest.approx(12_000, abs=400)
    assert end * HOP == pytest.approx(12_000 + word.size, abs=400)


def test_in_nearly_every_clip_is_one_word(corpus):
    found = [listen(without_drift(waveform)) for waveform in corpus["waveform"][::10]]
    assert np.mean([len(heard.words) == 1 for heard in found]) > 0.99
    assert np.mean([heard.passed == [] for heard in found]) > 0.99


# --- What trim() leaves ---


@pytest.mark.parametrize("frequency", [0, 2, 5, 10])
def test_what_is_slow_is_taken_away(frequency):
    slow = 0.5 * np.cos(2 * np.pi * frequency * np.arange(SAMPLE_RATE) / SAMPLE_RATE)
    left = without_drift(slow + sine(80, 1))
    assert np.abs(left - sine(80, 1))[400:-400].max() < 0.02
    assert left.dtype == np.float32


@pytest.mark.parametrize("tau", [0.05, 0.2, 1.5])
def test_a_drift_that_dies_away_leaves_the_word(word, quiet, tau):
    clip = np.concatenate([quiet, word, quiet])
    drift = 0.6 * np.exp(-np.arange(clip.size) / SAMPLE_RATE / tau)
    left, alone = trim(clip + drift), trim(clip)
    assert left.size == pytest.approx(alone.size, abs=2 * HOP)
    assert likeness(left, alone) > 0.99


def likeness(one, other):
    """The largest correlation of two waveforms, wherever the one begins in the other: 1 at most."""
    largest = scipy.signal.correlate(one, other, method="fft").max()
    return largest / np.linalg.norm(one) / np.linalg.norm(other)


def place(left, waveform):
    """Where in the waveform what is left begins, in samples."""
    pieces = np.lib.stride_tricks.sliding_window_view(without_drift(waveform), left.size)
    (start,) = np.flatnonzero(np.abs(pieces - left).max(axis=1) < 1e-6)
    return start


def test_a_tenth_of_a_second_is_left_on_either_side(word, quiet):
    room = np.concatenate([quiet, quiet, word, quiet, quiet])
    left = trim(room)
    start = place(left, room)
    assert 2 * quiet.size - start == pytest.approx(800, abs=5 * HOP)
    assert start + left.size - 2 * quiet.size - word.size == pytest.approx(800, abs=5 * HOP)


def test_a_knock_in_the_margin_and_all_beyond_it_become_silence(word, quiet):
    word, quiet, knock = word / 20, quiet / 20, sine(600, 0.02, 0.99)
    knocked = np.concatenate([quiet, knock, quiet[:400], word, quiet[:400], knock, quiet])
    left = np.trim_zeros(trim(knocked))
    start = place(left, knocked)
    assert start >= quiet.size + knock.size - 2 * HOP
    assert start <= quiet.size + knock.size + 400
    assert np.abs(left).max() < 0.05  # the word's is 0.02, the knock's 0.99


def test_of_a_tight_clip_nearly_all_is_left(fsdd):
    sizes = fsdd["waveform"].map(len)
    tight = fsdd["waveform"][sizes.between(2000, 6000)].sample(200, random_state=0)
    trimmed = tight.map(trim)
    left = trimmed.map(np.trim_zeros).map(len) / tight.map(len)
    assert left.median() == 1
    assert left.quantile(0.05) > 0.8


def test_zeros_stand_in_where_there_is_less_than_a_tenth_of_a_second(word):
    for around in (0, 400):
        left = trim(np.pad(word, around))
        assert left.size == pytest.approx(word.size + 1600, abs=4 * HOP)
        np.testing.assert_array_equal(left[: 800 - around - 4 * HOP], 0)
        assert np.abs(left[750:850]).any()


def test_silence_around_a_word_changes_next_to_nothing_of_what_is_heard(word):
    alone, surrounded = trim(word), trim(np.pad(word, (4000, 20_000)))
    assert alone.size == pytest.approx(surrounded.size, abs=2 * HOP)
    assert likeness(alone, surrounded) > 0.99


def test_a_second_of_background_is_cut_away(fsdd):
    """Two seconds of a noisy room, 20 dB below the word: between 0.5 and 1 s are left."""
    for waveform in fsdd["waveform"].sample(20, random_state=1):
        room = np.random.default_rng(0).standard_normal(waveform.size + 2 * SAMPLE_RATE)
        room *= waveform.std() / 10
        room[SAMPLE_RATE:-SAMPLE_RATE] += waveform
        left = trim(room)
        assert left.size <= waveform.size + 0.2 * SAMPLE_RATE + 5 * HOP
        assert place(left, room) > 0.8 * SAMPLE_RATE


def test_trim_takes_the_offset_and_the_silence(synthetic):
    for waveform in synthetic["waveform"].sample(5, random_state=0):
        trimmed = trim(np.pad(waveform, (4000, 20_000)) + np.float32(0.1))
        assert trimmed.size == pytest.approx(trim(np.pad(waveform, 1600)).size, abs=256)
        assert trimmed.size <= waveform.size + 0.2 * SAMPLE_RATE + HOP
        assert np.abs(trimmed[:64].mean()) < 0.02


def test_of_a_long_recording_the_word_is_left(synthetic):
    waveform = synthetic["waveform"].iloc[2000]
    hiss = np.random.default_rng(0).normal(size=40_000) * np.abs(waveform).max() / 60
    hiss[25_000 : 25_000 + waveform.size] += waveform
    left = trim(hiss)
    assert left.size <= SAMPLE_RATE
    match = scipy.signal.correlate(left, waveform - waveform.mean(), mode="valid", method="fft")
    start = match.argmax()  # the whole word is in it
    assert np.corrcoef(left[start : start + waveform.size], waveform)[0, 1] > 0.9


def test_of_two_words_one_is_left(word, quiet):
    left = trim(np.concatenate([quiet, word / 3, quiet, word, quiet]))
    assert left.size <= word.size + 0.2 * SAMPLE_RATE + 5 * HOP
    assert np.abs(left).max() == pytest.approx(0.4, abs=0.1)  # the louder


@pytest.mark.parametrize("size", [1, 10, 100, 4000, 20_000])
def test_without_a_word_the_loudest_second_is_left(size):
    noise = 0.1 * np.random.default_rng(0).standard_normal(size)
    assert trim(noise).size == min(size, SAMPLE_RATE)


def test_the_loudest_second_is_the_one_with_most_energy():
    noise = np.random.default_rng(0).standard_normal(20_000) * np.linspace(0, 1, 20_000)
    left = loudest_second(noise)
    energy = np.convolve(noise**2, np.ones(SAMPLE_RATE), "valid")
    assert np.sum(left**2) == pytest.approx(energy.max())
    assert loudest_second(noise[:500]).size == 500
