"""Reading recordings that are odd but good (the same digit comes out) or bad (ClipError)."""

import io
import re
import struct
from pathlib import Path

import numpy as np
import pytest
import scipy.signal
import soundfile

import helpers

SYNTHETIC = Path(__file__).parents[1] / "recordings" / "synthetic"
RATE = helpers.SAMPLE_RATE
CLIPS = [soundfile.read(SYNTHETIC / f"{digit}_gbf2_3.wav")[0] for digit in range(10)]


# --- The same digit? ---


def levels(waveform):
    """A spectrogram in dB from 60 dB below its loudest point, of the length of the longest clip."""
    longest = max(clip.size for clip in CLIPS)
    decibels = helpers.spectrogram(helpers.pad_or_cut([waveform - waveform.mean()], longest)[0])[2]
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
    assert -0.002 <= (read.size - clip.size) / RATE - lead - tail <= fill + 0.002

    match = scipy.signal.correlate(read - read.mean(), clip, method="fft")
    start = match.argmax() - (clip.size - 1)
    assert start / RATE == pytest.approx(lead, abs=0.002)
    piece = np.pad(read - read.mean(), clip.size)[start + clip.size :][: clip.size]
    assert np.corrcoef(piece, clip)[0, 1] > correlation
    assert 20 * np.log10(piece.std() / clip.std() / gain) == pytest.approx(0, abs=decibels)

    like = [likeness(piece, other) for other in range(10)]
    assert like.pop(digit) > max(like) + 0.1


@pytest.mark.parametrize("digit", range(10))
def test_no_digit_passes_for_another(digit):
    check_same_digit(CLIPS[digit].astype(np.float32), digit)
    for other in set(range(10)) - {digit}:
        same_length = helpers.pad_or_cut([CLIPS[other]], CLIPS[digit].size)[0]
        with pytest.raises(AssertionError):
            check_same_digit(same_length, digit, correlation=-1, decibels=99)


# --- Odd but good ---


def saved(change=None, rate=RATE, name="clip.wav", **options):
    """A function that saves a changed clip and returns the path."""

    def save(folder, clip):
        samples = clip if rate == RATE else scipy.signal.resample_poly(clip, rate, RATE)
        samples = change(samples) if change else samples
        path = folder / name
        soundfile.write(path, samples, rate, **options)
        return path

    return save


def patched(change, name="clip.wav", **options):
    """A function that saves a clip and then changes the bytes of the file."""

    def save(folder, clip):
        path = saved(name=name, **options)(folder, clip)
        path.write_bytes(change(path.read_bytes()))
        return path

    return save


def channels(*gains):
    return lambda clip: np.outer(clip, gains)


def noise(clip, level):
    return level * np.random.default_rng(0).standard_normal(clip.size)


def list_chunk(wav):
    """Title and artist ahead of the samples, as music programs write them."""
    body = b"INFO" + b"INAM" + struct.pack("<I", 6) + b"seven\0"
    return wav[:36] + b"LIST" + struct.pack("<I", len(body)) + body + wav[36:]


def extensible(wav):
    """The `fmt ` chunk as WAVE_FORMAT_EXTENSIBLE, as Windows' recorders write it."""
    guid = struct.pack("<H", 1) + bytes.fromhex("000000001000800000aa00389b71")
    fmt = struct.pack("<H", 0xFFFE) + wav[22:36] + struct.pack("<HHI", 22, 16, 4) + guid
    return wav[:16] + struct.pack("<I", len(fmt)) + fmt + wav[36:]


BAND = {"correlation": 0.9, "decibels": 2}  # where a codec or a filter took something away
FULL = {"gain": "full"}  # brought to full scale
GOOD = {
    # sample formats
    "8-bit": (saved(subtype="PCM_U8"), {}),
    "16-bit": (saved(subtype="PCM_16"), {}),
    "24-bit": (saved(subtype="PCM_24"), {}),
    "32-bit": (saved(subtype="PCM_32"), {}),
    "float32": (saved(subtype="FLOAT"), {}),
    "float64": (saved(subtype="DOUBLE"), {}),
    "mu-law": (saved(subtype="ULAW"), {}),
    "a-law": (saved(subtype="ALAW"), {}),
    "ima-adpcm": (saved(subtype="IMA_ADPCM"), {**BAND, "fill": 0.1}),
    "ms-adpcm": (saved(subtype="MS_ADPCM"), {**BAND, "fill": 0.1}),
    "gsm": (saved(subtype="GSM610"), {**BAND, "fill": 0.1}),
    # containers
    "flac": (saved(name="clip.flac"), {}),
    "flac-24-bit": (saved(name="clip.flac", subtype="PCM_24"), {}),
    "ogg": (saved(name="clip.ogg"), BAND),
    "opus": (saved(name="clip.opus", format="OGG", subtype="OPUS"), BAND),
    "opus-48k": (saved(rate=48000, name="clip.opus", format="OGG", subtype="OPUS"), BAND),
    "mp3": (saved(name="clip.mp3"), BAND),
    "mp3-44k": (saved(rate=44100, name="clip.mp3"), BAND),
    "aiff": (saved(name="clip.aiff"), {}),
    "au": (saved(name="clip.au"), {}),
    "caf": (saved(name="clip.caf"), {}),
    "rf64": (saved(name="clip.rf64"), {}),
    "big-endian": (saved(endian="BIG"), {}),
    "wave-extensible": (patched(extensible), {}),
    "list-chunk": (patched(list_chunk), {}),
    # channels
    "stereo": (saved(channels(1, 1)), {}),
    "stereo-flac-44k": (saved(channels(1, 1), 44100, "clip.flac"), {}),
    "six-channels": (saved(channels(0.4, 0.4, 1, 0, 0.3, 0.3), format="WAVEX"), {"gain": 0.79}),
    "right-silent": (saved(channels(1, 0)), {}),
    "left-silent": (saved(channels(0, 1)), {}),
    "right-nearly-silent": (saved(lambda clip: np.c_[clip, noise(clip, 3e-4)]), {}),
    "left-constant": (saved(lambda clip: np.c_[0 * clip + 0.5, clip]), {}),
    "opposite-polarity": (saved(channels(1, -1)), {}),
    "opposite-polarity-48k": (saved(channels(1, -0.9), 48000), {}),
    "silent-and-opposite": (saved(channels(0, 1, -0.9), format="WAVEX"), {"gain": 0.955}),
    "offset-and-opposite": (saved(lambda clip: np.c_[clip + 0.2, 0.2 - clip]), {}),
    # rates
    **{f"{rate}-hz": (saved(rate=rate), {}) for rate in (11025, 12000, 16000, 22050, 32000)},
    **{f"{rate}-hz": (saved(rate=rate), {}) for rate in (44100, 48000, 96000, 192000)},
    "6000-hz": (saved(rate=6000), {**BAND, "correlation": 0.7, "decibels": 4}),
    "7999-hz": (saved(rate=7999), {}),
    # levels
    "float-to-3": (saved(lambda clip: clip / np.abs(clip).max() * 3, subtype="FLOAT"), FULL),
    "float-like-int16": (
        saved(lambda clip: clip / np.abs(clip).max() * 2e4, subtype="FLOAT"),
        FULL,
    ),
    "float-to-1e300": (
        saved(lambda clip: np.c_[clip, clip] / np.abs(clip).max() * 1e300, subtype="DOUBLE"),
        FULL,
    ),
    "float-to-3-stereo-44k": (
        saved(lambda clip: np.c_[clip, clip] / np.abs(clip).max() * 3, 44100, subtype="FLOAT"),
        {**FULL, "decibels": 1},
    ),
    "dc-offset": (saved(lambda clip: clip + 0.25), {}),
    "negative-dc-offset-16k": (saved(lambda clip: clip - 0.25, 16000), {}),
    "very-quiet": (saved(lambda clip: clip * 1e-2, subtype="PCM_24"), {"gain": 1e-2}),
    "very-quiet-48k": (saved(lambda clip: clip * 1e-2, 48000, subtype="FLOAT"), {"gain": 1e-2}),
    "hiss": (saved(lambda clip: clip + noise(clip, clip.std() / 30)), {}),
    # silence around the word
    "silence-before": (saved(lambda clip: np.r_[np.zeros(3 * RATE), clip]), {"lead": 3}),
    "silence-after": (saved(lambda clip: np.r_[clip, np.zeros(5 * RATE)]), {"tail": 5}),
    "silence-around-48k": (
        saved(lambda clip: np.r_[np.zeros(48000), clip, np.zeros(96000)], 48000),
        {"lead": 1, "tail": 2},
    ),
    # names
    "wav-named-mp3": (saved(name="clip.mp3", format="WAV"), {}),
    "flac-named-wav": (saved(name="clip.wav", format="FLAC"), {}),
    "ogg-named-wav": (saved(name="clip.wav", format="OGG", subtype="VORBIS"), BAND),
    "no-extension": (saved(name="clip", format="WAV"), {}),
    "upper-case": (saved(name="CLIP.WAV"), {}),
    "unicode-and-space": (saved(name="sieben – żółć 七.wav"), {}),
    "percent-and-hash": (saved(name="100% #1.wav"), {}),
    # headers that are not quite right
    "junk-after": (patched(lambda wav: wav + b"junk" * 99), {}),
    "claims-more": (patched(lambda wav: wav[:40] + b"\xff\xff\xff\x7f" + wav[44:]), {}),
    "claims-4-gb": (
        patched(lambda wav: wav[:4] + b"\xff" * 4 + wav[8:40] + b"\xff" * 4 + wav[44:]),
        {},
    ),
    "riff-size-zero": (patched(lambda wav: wav[:4] + bytes(4) + wav[8:]), {}),
    "half-a-sample-lost": (patched(lambda wav: wav[:-1]), {}),
    "odd-length": (
        saved(lambda clip: np.r_[clip, 0][: clip.size // 2 * 2 + 1], subtype="PCM_U8"),
        {},
    ),
}


@pytest.mark.parametrize("case", GOOD)
def test_odd_but_good(tmp_path, case):
    save, expected = GOOD[case]
    digit = list(GOOD).index(case) % 10
    clip, read = CLIPS[digit], helpers.read_clip(save(tmp_path, CLIPS[digit]))
    if expected.get("gain") == "full":
        assert np.abs(read).max() == pytest.approx(1, abs=0.03)
        expected = {**expected, "gain": 1 / np.abs(clip).max()}
    check_same_digit(read, digit, **expected)


def test_a_path_may_be_text(tmp_path):
    path = saved()(tmp_path, CLIPS[7])
    assert np.array_equal(helpers.read_clip(str(path)), helpers.read_clip(path))


def test_a_plain_recording_is_not_touched():
    path = SYNTHETIC / "7_gbf2_3.wav"
    samples, _ = soundfile.read(path, dtype="int16")
    assert np.array_equal(helpers.read_clip(path) * 32768, samples)


# --- Resampling, in numbers ---


def tone(frequency, rate, seconds=1.0):
    return np.sin(2 * np.pi * frequency * np.arange(int(rate * seconds)) / rate)


def power_at(waveform, frequency):
    """Power in dB of a waveform of one second at a whole number of hertz."""
    middle = waveform[:RATE] * scipy.signal.windows.blackmanharris(RATE)
    return 20 * np.log10(np.abs(np.fft.rfft(middle))[int(frequency)] + 1e-12)


@pytest.mark.parametrize("frequency", [4500, 6000, 7500, 15500, 23500])
def test_what_is_above_the_band_does_not_fold_down(tmp_path, frequency):
    samples = 0.4 * tone(1000, 48000) + 0.4 * tone(frequency, 48000)
    soundfile.write(tmp_path / "tones.wav", samples, 48000, subtype="PCM_24")
    read = helpers.read_clip(tmp_path / "tones.wav")
    folded = abs((frequency + RATE // 2) % RATE - RATE // 2)
    assert power_at(read, folded) < power_at(read, 1000) - 60


@pytest.mark.parametrize("rate", [6000, 11025, 16000, 44100, 48000, 96000, 192000])
def test_resampling_keeps_length_pitch_and_level(tmp_path, rate):
    soundfile.write(tmp_path / "tone.wav", 0.5 * tone(1000, rate, 1.5), rate)
    read = helpers.read_clip(tmp_path / "tone.wav")
    assert read.size == pytest.approx(1.5 * RATE, abs=1)
    middle = read[RATE // 4 : RATE // 4 + RATE]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(RATE)))
    assert spectrum.argmax() == 1000
    assert np.abs(middle).max() == pytest.approx(0.5, abs=0.01)


def test_what_overshoots_is_scaled_not_clipped(tmp_path):
    soundfile.write(tmp_path / "square.wav", np.sign(tone(300, 48000)), 48000)
    read = np.abs(helpers.read_clip(tmp_path / "square.wav"))
    assert read.max() == pytest.approx(1)
    assert np.median(read) < 0.97  # clipped, most samples would lie at 1


@pytest.mark.parametrize(("steps", "heard"), [(2, False), (3, True)])
def test_silence_ends_above_two_steps(tmp_path, steps, heard):
    quiet = np.round(tone(440, RATE) * steps / 2 + steps / 2) / 32768
    soundfile.write(tmp_path / "quiet.wav", quiet, RATE)
    if heard:
        assert helpers.read_clip(tmp_path / "quiet.wav").size == RATE
    else:
        with pytest.raises(helpers.ClipError, match="is silent"):
            helpers.read_clip(tmp_path / "quiet.wav")


# --- Bad ---


def written(content, name="clip.wav"):
    """A function that writes bytes, or samples at 8 kHz, and returns the path."""

    def write(folder):
        path = folder / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            soundfile.write(path, content, RATE, subtype="FLOAT")
        return path

    return write


def encoded(samples=CLIPS[7], rate=RATE, **options):
    """The bytes of an audio file."""
    file = io.BytesIO()
    soundfile.write(file, samples, rate, **{"format": "WAV", **options})
    return file.getvalue()


def with_one(value):
    return np.r_[CLIPS[7][:1000], value, CLIPS[7][1000:]]


WAV, RANDOM = encoded(), np.random.default_rng(0)
UNREADABLE, EMPTY, SILENT, NAN = "is not audio", "is empty", "is silent", "NaN or infinite"
BAD = {
    "text": (written(b"seven\n" * 100), UNREADABLE),
    "html": (written(b"<!DOCTYPE html><html><body>Log in</body></html>"), UNREADABLE),
    "png": (written(b"\x89PNG\r\n\x1a\n" + RANDOM.bytes(5000)), UNREADABLE),
    "m4a": (written(b"\0\0\0\x20ftypM4A " + RANDOM.bytes(5000), "clip.m4a"), UNREADABLE),
    "random": (written(RANDOM.bytes(5000)), UNREADABLE),
    "zero-bytes": (written(b""), UNREADABLE),
    "cut-in-the-header": (written(WAV[:20]), UNREADABLE),
    "riff-alone": (written(b"RIFF"), UNREADABLE),
    "flac-header-alone": (written(encoded(format="FLAC")[:30]), UNREADABLE),
    "zero-channels": (written(WAV[:22] + b"\0\0" + WAV[24:]), UNREADABLE),
    "rate-zero": (written(WAV[:24] + bytes(4) + WAV[28:]), UNREADABLE),
    "rate-10": (written(WAV[:24] + struct.pack("<I", 10) + WAV[28:]), "10 samples a second"),
    "rate-huge": (written(WAV[:24] + struct.pack("<I", 2**31 - 1) + WAV[28:]), "samples a second"),
    "header-alone": (written(WAV[:44]), EMPTY),
    "no-samples": (written(encoded(np.zeros(0))), EMPTY),
    "one-sample": (written(np.array([0.5])), SILENT),
    "zeros": (written(np.zeros(RATE)), SILENT),
    "zeros-stereo-48k": (written(encoded(np.zeros((48000, 2)), 48000)), SILENT),
    "constant": (written(np.full(RATE, 0.5)), SILENT),
    "constant-48k": (written(encoded(np.full(48000, 0.5), 48000)), SILENT),
    "constant-beyond-1": (written(np.full(RATE, 3.0)), SILENT),
    "two-constants": (written(encoded(np.tile([0.5, -0.2], (RATE, 1)))), SILENT),
    "dither": (written(RANDOM.integers(-1, 2, RATE) / 32768), SILENT),
    "dither-on-an-offset": (written(0.1 + RANDOM.integers(-1, 2, RATE) / 32768), SILENT),
    "above-hearing": (written(encoded(tone(20000, 48000) * np.hanning(48000), 48000)), SILENT),
    "one-nan": (written(with_one(np.nan)), NAN),
    "one-inf": (written(with_one(np.inf)), NAN),
    "one-minus-inf": (written(with_one(-np.inf)), NAN),
    "all-nan": (written(np.full(RATE, np.nan)), NAN),
    "nan-in-one-channel": (
        written(encoded(np.c_[CLIPS[7], 0 * CLIPS[7] + np.nan], subtype="FLOAT")),
        NAN,
    ),
    "folder": (lambda folder: folder, "cannot be opened"),
    "missing": (lambda folder: folder / "clip.wav", "cannot be opened"),
}


def check_message(error, path):
    """One sentence that names the file, says what is wrong, and after a colon what to do."""
    said = str(error).removeprefix(str(path))
    assert said != str(error), f"does not name the file: {error}"
    assert re.fullmatch(r" [a-z][^.:]+: (check|export|record|save)\b[^.:]+\.", said), said


@pytest.mark.parametrize(("write", "reason"), BAD.values(), ids=BAD.keys())
def test_bad(tmp_path, write, reason):
    path = write(tmp_path)
    with pytest.raises(helpers.ClipError, match=reason) as caught:
        helpers.read_clip(path)
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
            waveform = helpers.read_clip(path)
        except helpers.ClipError as error:
            check_message(error, path)
        else:
            assert (waveform.dtype, waveform.ndim) == (np.float32, 1)
            assert np.abs(waveform).max() <= 1  # false for NaN, too
            read += 1
    assert 0 < read < 200


def test_a_header_that_claims_years_is_refused(tmp_path, monkeypatch):
    def too_long(*_, **__):
        raise MemoryError

    monkeypatch.setattr(soundfile, "read", too_long)
    (tmp_path / "clip.mp3").write_bytes(WAV)
    with pytest.raises(helpers.ClipError, match=UNREADABLE):
        helpers.read_clip(tmp_path / "clip.mp3")
