"""Reading recordings, odd but good ones and bad ones; where the word is; and what trim() leaves."""

import numpy as np
import pytest
import scipy.signal
import soundfile

from recording_cases import (
    BAD,
    CLIPS,
    GOOD,
    SYNTHETIC,
    TOO_LONG,
    UNREADABLE,
    WAV,
    check_message,
    encoded,
    saved,
    tone,
)
from spoken_digits import audio
from spoken_digits.audio import (
    FRAMES_A_SECOND,
    HOP,
    REST,
    SAMPLE_RATE,
    ClipError,
    decode_clip,
    find_spans,
    find_words,
    frame_levels,
    outside,
    read_clip,
    trim,
)
from spoken_digits.features import pad_or_cut, spectrogram

# --- The same digit? ---


def levels(waveform):
    """A spectrogram in dB from 60 dB below its loudest point, of the length of the longest clip."""
    longest = max(clip.size for clip in CLIPS)
    decibels = spectrogram(pad_or_cut([waveform - waveform.mean()], longest)[0])[2]
    return np.maximum(decibels, decibels.max() - 60)


def likeness(waveform, digit):
    """Correlation of two spectrograms in dB."""
    return np.corrcoef(levels(waveform).ravel(), levels(CLIPS[digit]).ravel())[0, 1]


def check_same_digit(read, digit, gain=1.0, correlation=0.97, decibels=0.5, lead=0, tail=0, fill=0):
    """Fail unless what was read is the clip: its length, waveform, level and spectrogram.

    The clip may have been turned up by `gain`, have `lead` and `tail` seconds of silence around
    it, and up to `fill` seconds more, where a codec fills up its last block.
    """
    clip = CLIPS[digit] - CLIPS[digit].mean()
    assert read.dtype == np.float32
    assert read.ndim == 1
    assert np.abs(read).max() <= 1
    assert -0.002 <= (read.size - clip.size) / SAMPLE_RATE - lead - tail <= fill + 0.002

    match = scipy.signal.correlate(read - read.mean(), clip, method="fft")
    start = match.argmax() - (clip.size - 1)
    assert start / SAMPLE_RATE == pytest.approx(lead, abs=0.002)
    piece = np.pad(read - read.mean(), clip.size)[start + clip.size :][: clip.size]
    assert np.corrcoef(piece, clip)[0, 1] > correlation
    assert 20 * np.log10(piece.std() / clip.std() / gain) == pytest.approx(0, abs=decibels)

    like = [likeness(piece, other) for other in range(10)]
    assert like.pop(digit) > max(like) + 0.1


@pytest.mark.parametrize("digit", range(10))
def test_no_digit_passes_for_another(digit):
    check_same_digit(CLIPS[digit].astype(np.float32), digit)
    for other in set(range(10)) - {digit}:
        same_length = pad_or_cut([CLIPS[other]], CLIPS[digit].size)[0]
        with pytest.raises(AssertionError):
            check_same_digit(same_length, digit, correlation=-1, decibels=99)


# --- Odd but good ---


@pytest.mark.parametrize("case", GOOD)
def test_odd_but_good(tmp_path, case):
    save, expected = GOOD[case]
    digit = list(GOOD).index(case) % 10
    clip, read = CLIPS[digit], read_clip(save(tmp_path, CLIPS[digit]))
    if expected.get("gain") == "full":
        assert np.abs(read).max() == pytest.approx(1, abs=0.03)
        expected = {**expected, "gain": 1 / np.abs(clip).max()}
    check_same_digit(read, digit, **expected)


def test_a_path_may_be_text(tmp_path):
    path = saved()(tmp_path, CLIPS[7])
    assert np.array_equal(read_clip(str(path)), read_clip(path))


@pytest.mark.parametrize("kind", [bytes, memoryview])
def test_bytes_give_the_same_as_their_file(tmp_path, kind):
    path = saved(sample_rate=44100, name="clip.flac")(tmp_path, CLIPS[7])
    read = decode_clip(kind(path.read_bytes()), "Your recording")
    assert np.array_equal(read, read_clip(path))


def test_bytes_have_a_name_in_the_sentence():
    with pytest.raises(ClipError, match="^Your recording is empty: record it again"):
        decode_clip(b"", "Your recording")


def test_a_plain_recording_is_not_touched():
    path = SYNTHETIC / "7_gbf2_3.wav"
    samples, _ = soundfile.read(path, dtype="int16")
    assert np.array_equal(read_clip(path) * 32768, samples)


# --- Resampling, in numbers ---


def power_at(waveform, frequency):
    """Power in dB of a waveform of one second at a whole number of hertz."""
    middle = waveform[:SAMPLE_RATE] * scipy.signal.windows.blackmanharris(SAMPLE_RATE)
    return 20 * np.log10(np.abs(np.fft.rfft(middle))[int(frequency)] + 1e-12)


@pytest.mark.parametrize("frequency", [4500, 6000, 7500, 15500, 23500])
def test_what_is_above_the_band_does_not_fold_down(tmp_path, frequency):
    samples = 0.4 * tone(1000, 48000) + 0.4 * tone(frequency, 48000)
    soundfile.write(tmp_path / "tones.wav", samples, 48000, subtype="PCM_24")
    read = read_clip(tmp_path / "tones.wav")
    folded = abs((frequency + SAMPLE_RATE // 2) % SAMPLE_RATE - SAMPLE_RATE // 2)
    assert power_at(read, folded) < power_at(read, 1000) - 60


@pytest.mark.parametrize("sample_rate", [6000, 11025, 16000, 44100, 48000, 96000, 192000])
def test_resampling_keeps_length_pitch_and_level(tmp_path, sample_rate):
    soundfile.write(tmp_path / "tone.wav", 0.5 * tone(1000, sample_rate, 1.5), sample_rate)
    read = read_clip(tmp_path / "tone.wav")
    assert read.size == pytest.approx(1.5 * SAMPLE_RATE, abs=1)
    middle = read[SAMPLE_RATE // 4 : SAMPLE_RATE // 4 + SAMPLE_RATE]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(SAMPLE_RATE)))
    assert spectrum.argmax() == 1000
    assert np.abs(middle).max() == pytest.approx(0.5, abs=0.01)


def test_what_overshoots_is_scaled_not_clipped(tmp_path):
    soundfile.write(tmp_path / "square.wav", np.sign(tone(300, 48000)), 48000)
    read = np.abs(read_clip(tmp_path / "square.wav"))
    assert read.max() == pytest.approx(1)
    assert np.median(read) < 0.97  # clipped, most samples would lie at 1


@pytest.mark.parametrize(("steps", "heard"), [(2, False), (3, True)])
def test_silence_ends_above_two_steps(tmp_path, steps, heard):
    quiet = np.round(tone(440, SAMPLE_RATE) * steps / 2 + steps / 2) / 32768
    soundfile.write(tmp_path / "quiet.wav", quiet, SAMPLE_RATE)
    if heard:
        assert read_clip(tmp_path / "quiet.wav").size == SAMPLE_RATE
    else:
        with pytest.raises(ClipError, match="is silent"):
            read_clip(tmp_path / "quiet.wav")


# --- Bad ---


@pytest.mark.parametrize(("write", "reason"), BAD.values(), ids=BAD.keys())
def test_bad(tmp_path, write, reason):
    path = write(tmp_path)
    with pytest.raises(ClipError, match=reason) as caught:
        read_clip(path)
    check_message(caught.value, path)


# --- Damaged, at random ---

FORMATS = {
    "wav": {},
    "float-wav": {"subtype": "FLOAT"},
    "adpcm-wav": {"subtype": "MS_ADPCM"},
    "flac": {"format": "FLAC"},
    "ogg": {"format": "OGG", "subtype": "VORBIS"},
    "mp3": {"format": "MP3"},
}


def damaged(whole, random):
    """A file cut short, or with one to eight bytes changed, half of the time in its header."""
    limit = int(random.choice([min(100, len(whole)), len(whole)]))
    if random.random() < 0.3:
        return whole[: random.integers(limit)]
    changed = bytearray(whole)
    for _ in range(random.integers(1, 9)):
        changed[random.integers(limit)] = random.choice([0, 127, 255, random.integers(256)])
    return bytes(changed)


@pytest.mark.parametrize("options", FORMATS.values(), ids=FORMATS.keys())
def test_a_damaged_file_reads_or_is_refused(tmp_path, options):
    whole, random, path = encoded(**options), np.random.default_rng(0), tmp_path / "clip"
    read = 0
    for _ in range(200):
        path.write_bytes(damaged(whole, random))
        try:
            waveform = read_clip(path)
        except ClipError as error:
            check_message(error, path)
        else:
            assert (waveform.dtype, waveform.ndim) == (np.float32, 1)
            assert np.abs(waveform).max() <= 1  # false for NaN, too
            read += 1
    assert 0 < read < 200


def test_what_the_memory_does_not_hold_is_refused(monkeypatch):
    def too_much(*_, **__):
        raise MemoryError

    monkeypatch.setattr(soundfile, "read", too_much)
    with pytest.raises(ClipError, match=UNREADABLE):
        decode_clip(WAV, "clip.wav")


@pytest.mark.parametrize(("more", "refused"), [(0, False), (1, True)])
def test_the_limit_counts_the_samples_of_every_channel(monkeypatch, more, refused):
    monkeypatch.setattr(audio, "MAX_SAMPLES", 2 * CLIPS[7].size - more)
    stereo = encoded(np.c_[CLIPS[7], CLIPS[7]])
    if refused:
        with pytest.raises(ClipError, match=f"clip.wav {TOO_LONG}"):
            decode_clip(stereo, "clip.wav")
    else:
        assert decode_clip(stereo, "clip.wav").size == CLIPS[7].size


# --- Where the words are ---


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


# --- What trim() leaves ---


def test_trim_takes_the_offset_and_the_silence(synthetic):
    for waveform in synthetic["waveform"].sample(5, random_state=0):
        trimmed = trim(np.pad(waveform, (4000, 20_000)) + np.float32(0.1))
        assert trimmed.size == pytest.approx(trim(waveform).size, abs=256)
        assert np.abs(trimmed[:64].mean()) < 0.02


def test_of_a_long_recording_the_loudest_second_is_left(synthetic):
    waveform = synthetic["waveform"].iloc[2000]
    hiss = np.random.default_rng(0).normal(size=40_000) * np.abs(waveform).max() / 60
    hiss[25_000 : 25_000 + waveform.size] += waveform
    left = trim(hiss)
    assert left.size == SAMPLE_RATE
    energy = np.convolve((hiss - hiss.mean()) ** 2, np.ones(SAMPLE_RATE), "valid")
    assert np.sum(left**2) == pytest.approx(energy.max())
    match = scipy.signal.correlate(left, waveform - waveform.mean(), mode="valid", method="fft")
    start = match.argmax()  # the whole word is in it
    assert np.corrcoef(left[start : start + waveform.size], waveform)[0, 1] > 0.9
