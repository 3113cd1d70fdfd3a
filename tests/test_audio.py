"""Reading recordings, odd but good ones and bad ones."""

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
from spoken_digits.audio import SAMPLE_RATE, ClipError, decode_clip, read_clip
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


@pytest.mark.parametrize(
    "given", [None, 7, WAV, CLIPS[7]], ids=["none", "number", "bytes", "array"]
)
def test_what_is_no_path_is_told_in_few_words(given):
    with pytest.raises(
        ClipError, match=r"^What is no path \(\w+\) cannot be opened: check the path"
    ):
        read_clip(given)


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

    monkeypatch.setattr(soundfile.SoundFile, "read", too_much)
    monkeypatch.setattr(audio, "plain_samples", too_much)
    for content in (WAV, encoded(format="FLAC")):
        with pytest.raises(ClipError, match=UNREADABLE):
            decode_clip(content, "clip.wav")


@pytest.mark.parametrize(("more", "refused"), [(0, False), (1, True)])
def test_the_limit_counts_the_samples_of_every_channel(monkeypatch, more, refused):
    monkeypatch.setattr(audio, "MAX_SAMPLES", 2 * CLIPS[7].size - more)
    stereo = encoded(np.c_[CLIPS[7], CLIPS[7]])
    if refused:
        with pytest.raises(ClipError, match=f"clip.wav {TOO_LONG}"):
            decode_clip(stereo, "clip.wav")
    else:
        assert decode_clip(stereo, "clip.wav").size == CLIPS[7].size
