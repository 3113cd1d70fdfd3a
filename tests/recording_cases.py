"""Recordings that are odd but good, bad, or doubtful: shared by the tests that read them.

GOOD, BAD, DISTURBED and DOUBTFUL hold functions that write such a recording into a folder.
"""

import base64
import gzip
import io
import os
import re
import struct
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import scipy.signal
import soundfile

from spoken_digits.audio import SAMPLE_RATE
from wav_headers import HEADERS

SYNTHETIC = Path(__file__).parents[1] / "recordings" / "synthetic"
CLIPS = [soundfile.read(SYNTHETIC / f"{digit}_gbf2_3.wav")[0] for digit in range(10)]


def tone(frequency, sample_rate, seconds=1.0):
    return np.sin(2 * np.pi * frequency * np.arange(int(sample_rate * seconds)) / sample_rate)


# --- Odd but good: the same digit comes out ---


def saved(change=None, sample_rate=SAMPLE_RATE, name="clip.wav", **options):
    """A function that saves a changed clip and returns the path."""

    def save(folder, clip):
        samples = (
            clip
            if sample_rate == SAMPLE_RATE
            else scipy.signal.resample_poly(clip, sample_rate, SAMPLE_RATE)
        )
        samples = change(samples) if change else samples
        path = folder / name
        soundfile.write(path, samples, sample_rate, **options)
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
    "opus-48k": (saved(sample_rate=48000, name="clip.opus", format="OGG", subtype="OPUS"), BAND),
    "mp3": (saved(name="clip.mp3"), BAND),
    "mp3-44k": (saved(sample_rate=44100, name="clip.mp3"), BAND),
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
    **{
        f"{sample_rate}-hz": (saved(sample_rate=sample_rate), {})
        for sample_rate in (11025, 12000, 16000, 22050, 32000)
    },
    **{
        f"{sample_rate}-hz": (saved(sample_rate=sample_rate), {})
        for sample_rate in (44100, 48000, 96000, 192000)
    },
    "6000-hz": (saved(sample_rate=6000), {**BAND, "correlation": 0.7, "decibels": 4}),
    "7999-hz": (saved(sample_rate=7999), {}),
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
    "silence-before": (saved(lambda clip: np.r_[np.zeros(3 * SAMPLE_RATE), clip]), {"lead": 3}),
    "silence-after": (saved(lambda clip: np.r_[clip, np.zeros(5 * SAMPLE_RATE)]), {"tail": 5}),
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
    **{name: (patched(change), {}) for name, change in HEADERS.items()},
}


# --- Bad: one plain sentence comes out ---


def written(content, name="clip.wav"):
    """A function that writes bytes, or samples at 8 kHz, and returns the path."""

    def write(folder):
        path = folder / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            soundfile.write(path, content, SAMPLE_RATE, subtype="FLOAT")
        return path

    return write


def encoded(samples=CLIPS[7], sample_rate=SAMPLE_RATE, **options):
    """The bytes of an audio file."""
    file = io.BytesIO()
    soundfile.write(file, samples, sample_rate, **{"format": "WAV", **options})
    return file.getvalue()


def claims_days(flac):
    """The head of a FLAC file says 2 ** 36 - 1 samples, in the last 36 bits before its MD5."""
    return flac[:21] + bytes([flac[21] | 0x0F]) + b"\xff" * 4 + flac[26:]


def link_to_itself(folder):
    path = folder / "clip.wav"
    try:
        path.symlink_to(path)
    except OSError:
        pytest.skip("this system makes no links")
    return path


def locked(folder):
    path = written(WAV)(folder)
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("root reads every file, and so does everybody on Windows")
    return path


def with_one(value):
    return np.r_[CLIPS[7][:1000], value, CLIPS[7][1000:]]


WAV, RANDOM = encoded(), np.random.default_rng(0)
UNREADABLE, EMPTY, SILENT, NAN = "is not audio", "is empty", "is silent", "NaN or infinite"
TOO_LONG = "is longer than can be read"
BAD = {
    "text": (written(b"seven\n" * 100), UNREADABLE),
    "html": (written(b"<!DOCTYPE html><html><body>Log in</body></html>"), UNREADABLE),
    "png": (written(b"\x89PNG\r\n\x1a\n" + RANDOM.bytes(5000)), UNREADABLE),
    "m4a": (written(b"\0\0\0\x20ftypM4A " + RANDOM.bytes(5000), "clip.m4a"), UNREADABLE),
    "random": (written(RANDOM.bytes(5000)), UNREADABLE),
    "zero-bytes": (written(b""), EMPTY),
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
    "zeros": (written(np.zeros(SAMPLE_RATE)), SILENT),
    "zeros-stereo-48k": (written(encoded(np.zeros((48000, 2)), 48000)), SILENT),
    "constant": (written(np.full(SAMPLE_RATE, 0.5)), SILENT),
    "constant-48k": (written(encoded(np.full(48000, 0.5), 48000)), SILENT),
    "constant-beyond-1": (written(np.full(SAMPLE_RATE, 3.0)), SILENT),
    "two-constants": (written(encoded(np.tile([0.5, -0.2], (SAMPLE_RATE, 1)))), SILENT),
    "dither": (written(RANDOM.integers(-1, 2, SAMPLE_RATE) / 32768), SILENT),
    "dither-on-an-offset": (written(0.1 + RANDOM.integers(-1, 2, SAMPLE_RATE) / 32768), SILENT),
    "above-hearing": (written(encoded(tone(20000, 48000) * np.hanning(48000), 48000)), SILENT),
    "one-nan": (written(with_one(np.nan)), NAN),
    "one-inf": (written(with_one(np.inf)), NAN),
    "one-minus-inf": (written(with_one(-np.inf)), NAN),
    "all-nan": (written(np.full(SAMPLE_RATE, np.nan)), NAN),
    "nan-in-one-channel": (
        written(encoded(np.c_[CLIPS[7], 0 * CLIPS[7] + np.nan], subtype="FLOAT")),
        NAN,
    ),
    "folder": (lambda folder: folder, "cannot be opened"),
    "missing": (lambda folder: folder / "clip.wav", "cannot be opened"),
    **{
        name: (written(start + RANDOM.bytes(4000), f"clip.{name}"), UNREADABLE)
        for name, start in {
            "webm": b"\x1aE\xdf\xa3\x9fB\x86\x81\x01webm",
            "mp4": b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom",
            "wma": bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"),
            "amr": b"#!AMR\n",
            "aac": b"\xff\xf1\x50\x80",
            "zip": b"PK\x03\x04",
            "pdf": b"%PDF-1.7\n",
            "gzip": gzip.compress(WAV),
        }.items()
    },
    "midi": (written(b"MThd\0\0\0\6\0\0\0\1\0`MTrk\0\0\0\4\0\xff/\0", "clip.mid"), UNREADABLE),
    "notebook": (written(b'{"cells": [], "nbformat": 4}', "clip.ipynb"), UNREADABLE),
    "utf-16": (written("seven\n".encode("utf-16") * 100, "clip.txt"), UNREADABLE),
    "raw-samples": (written((32000 * CLIPS[7]).astype("<i2").tobytes(), "clip.raw"), UNREADABLE),
    "base64": (written(base64.b64encode(WAV)), UNREADABLE),
    "end-first": (written(WAV[::-1]), UNREADABLE),
    "flac-without-samples": (written(encoded(np.zeros(0), format="FLAC")), EMPTY),
    "flac-cut-short": (written(encoded(format="FLAC")[:4000]), UNREADABLE),
    "ogg-cut-short": (written(encoded(format="OGG")[:4000]), EMPTY),
    "flac-claims-days": (written(claims_days(encoded(format="FLAC"))), TOO_LONG),
    "silence-in-300-channels": (written(encoded(np.zeros((SAMPLE_RATE, 300)))), SILENT),
    "tiny-values": (written(encoded(1e-30 * CLIPS[7], subtype="DOUBLE")), SILENT),
    "rate-1": (written(encoded(sample_rate=1)), "1 samples a second"),
    "nul-in-the-name": (lambda folder: f"{folder}/a\0b.wav", "cannot be opened"),
    "long-name": (lambda folder: folder / ("x" * 300 + ".wav"), "cannot be opened"),
    "in-a-file": (lambda folder: written(WAV)(folder) / "clip.wav", "cannot be opened"),
    "link-to-itself": (link_to_itself, "cannot be opened"),
    "locked": (locked, "cannot be opened"),
}


def check_message(error, path):
    """One sentence that names the file, says what is wrong, and after a colon what to do."""
    said = str(error).removeprefix(str(path))
    assert said != str(error), f"does not name the file: {error}"
    assert re.fullmatch(r" [a-z][^.:]+: (check|cut|export|record|save)\b[^.:]+\.", said), said


# --- Disturbed: the word is heard in spite of what is beside it ---


def disturbed(disturb, gain=1.0):
    """A function that saves three seconds of a quiet room with a clip 1.25 s from the start.

    `disturb` changes them, given as well the seconds from the start and a generator of noise.
    """

    def save(folder, clip):
        random = np.random.default_rng(0)
        room = 2e-4 * gain * random.standard_normal(3 * SAMPLE_RATE)
        room[10_000 : 10_000 + clip.size] += 0.3 * gain * clip / np.abs(clip).max()
        seconds = np.arange(room.size) / SAMPLE_RATE
        samples = disturb(room, seconds, random).clip(-1, 1)
        soundfile.write(folder / "clip.wav", samples, SAMPLE_RATE, subtype="PCM_24")
        return folder / "clip.wav"

    return save


def drift(tau):
    """An offset that dies away, as cheap sound cards have it."""
    return lambda room, seconds, _: room + 0.6 * np.exp(-seconds / tau)


def knock(at, length=0.02, level=0.99):
    """A swelling and fading burst at 640 Hz, `at` seconds from the start."""

    def disturb(room, seconds, _):
        inside = (seconds >= at) & (seconds < at + length)
        room[inside] += level * np.hanning(inside.sum()) * np.sin(np.arange(inside.sum()) / 2)
        return room

    return disturb


def pop(level):
    """One push of 5 ms, half a second from the start."""
    return lambda room, *_: room + level * np.pad(np.hanning(40), (4000, room.size - 4040))


def step(room, seconds, _):
    return room + 0.4 * (seconds > 0.5)


def rumble(room, seconds, _):
    return room + 0.1 * np.sin(2 * np.pi * 11 * seconds) + 0.05 * np.sin(2 * np.pi * 5 * seconds)


def rustle(room, seconds, random):
    """A second of noise that ends where the word begins."""
    room[2000:10_000] += 0.25 * random.standard_normal(8000) * np.hanning(8000)
    return room


def slam(room, seconds, random):
    """A bang louder than the word, which takes 0.3 s to die away, before the word."""
    return room + 0.4 * (seconds > 0.6) * np.exp((0.6 - seconds) / 0.05) * random.standard_normal(
        room.size
    )


# name -> what writes it, and which findings must come with advice
DISTURBED = {
    "nothing": (disturbed(lambda room, *_: room), set()),
    **{f"drift-{tau}-s": (disturbed(drift(tau)), set()) for tau in (0.05, 0.2, 0.5, 1.5)},
    "step": (disturbed(step), set()),
    "rumble": (disturbed(rumble), set()),
    "pop-at-full-scale": (disturbed(pop(1)), set()),
    "pop-softer-than-the-word": (disturbed(pop(0.1)), set()),
    "knock-10-db-above-the-word": (disturbed(knock(0.5)), set()),
    "knock-30-db-above-the-word": (disturbed(knock(0.5), gain=0.1), set()),
    "knock-50-db-above-the-word": (disturbed(knock(0.5), gain=0.01), {"level"}),
    "knock-60-db-above-the-word": (disturbed(knock(0.5), gain=0.003), {"level"}),
    "knock-0.1-s-before-the-word": (disturbed(knock(1.13)), set()),
    "knock-after-the-word": (disturbed(knock(2.5)), set()),
    "three-knocks": (
        disturbed(lambda *room: knock(2.5)(knock(0.8)(knock(0.3)(*room), *room[1:]), *room[1:])),
        set(),
    ),
    "rustle-until-the-word": (disturbed(rustle), set()),
    "slam": (disturbed(slam), set()),
}


# --- Doubtful: the networks answer, and the diagnosis says what is wrong ---


def changed(change, sample_rate=SAMPLE_RATE, name="clip.wav", **options):
    """A function that saves a changed recording: a word with half a second of quiet around it."""

    def save(folder):
        random = np.random.default_rng(0)
        quiet = 5e-4 * random.standard_normal(2 * SAMPLE_RATE)
        quiet[SAMPLE_RATE // 2 :][: CLIPS[7].size] += 0.5 * CLIPS[7] / np.abs(CLIPS[7]).max()
        quiet = scipy.signal.resample_poly(
            quiet[: SAMPLE_RATE + CLIPS[7].size], sample_rate, SAMPLE_RATE
        )
        soundfile.write(folder / name, change(quiet, random), sample_rate, **options)
        return folder / name

    return save


def half(folder, **options):
    """The first half of the bytes of such a recording."""
    path = changed(lambda clip, _: clip, **{"format": "WAV", **options})(folder)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def only_noise(clip, random):
    return 0.3 * random.standard_normal(clip.size).clip(-3, 3)


def only_tone(clip, random):
    return 0.5 * tone(440, SAMPLE_RATE)


def only_click(clip, random):
    return np.eye(1, SAMPLE_RATE, 4000)[0]


def only_sweep(clip, random):
    return 0.5 * scipy.signal.chirp(np.arange(SAMPLE_RATE) / SAMPLE_RATE, 100, 1, 3900)


def in_noise(snr_db):
    return lambda clip, random: (
        clip + random.standard_normal(clip.size) * 0.12 * 10 ** (-snr_db / 20)
    )


# name -> what writes it, and which findings must come with advice
DOUBTFUL = {
    "noise-alone": (changed(only_noise), {"words"}),
    "tone-alone": (changed(only_tone), {"words"}),
    "click-alone": (changed(only_click), {"words"}),
    "sweep-alone": (changed(only_sweep), {"words"}),
    "in-noise-at-5-db": (changed(in_noise(5)), {"background"}),
    "in-noise-at-40-db": (changed(in_noise(40)), set()),
    "with-mains-hum": (
        changed(lambda clip, _: clip + 0.01 * tone(50, SAMPLE_RATE, clip.size / SAMPLE_RATE)),
        set(),
    ),
    "with-loud-mains-hum": (
        changed(lambda clip, _: clip + 0.3 * tone(50, SAMPLE_RATE, clip.size / SAMPLE_RATE)),
        {"background"},
    ),
    "clipped-48k": (changed(lambda clip, _: (8 * clip).clip(-0.99, 0.99), 48000), {"clipping"}),
    "clipped-on-one-side": (
        changed(lambda clip, _: (4 * clip).clip(-0.3, 9), 48000, subtype="FLOAT"),
        {"clipping"},
    ),
    "knock-in-the-word": (
        lambda folder: disturbed(knock(1.4), gain=0.1)(folder, CLIPS[7]),
        {"words"},
    ),
    "noise-that-swells": (
        changed(lambda clip, random: only_noise(clip, random) * np.hanning(clip.size) ** 4),
        {"words"},
    ),
    "two-words": (changed(lambda clip, _: np.r_[clip, clip]), {"words"}),
    "ten-minutes": (changed(lambda clip, _: np.resize(clip, 600 * SAMPLE_RATE)), {"words"}),
    "start-cut-off": (changed(lambda clip, _: clip[6500:]), {"ends"}),
    "end-cut-off": (changed(lambda clip, _: clip[:5800]), {"ends"}),
    "ten-samples": (changed(lambda clip, _: clip[6000:6010]), {"words"}),
    "a-thirtieth-of-a-second": (changed(lambda clip, _: clip[6000:6270]), {"words"}),
    "five-times-slower": (
        changed(lambda clip, _: scipy.signal.resample_poly(clip, 5, 1)),
        {"length"},
    ),
    "backwards": (changed(lambda clip, _: clip[::-1]), set()),
    "very-quiet-24-bit": (changed(lambda clip, _: clip / 200, subtype="PCM_24"), {"level"}),
    "values-to-1e30": (changed(lambda clip, _: clip * 1e30, subtype="DOUBLE"), set()),
    "4000-hz": (changed(lambda clip, _: clip, 4000), {"format"}),
    "1000-hz": (changed(lambda clip, _: clip, 1000), {"format"}),
    "one-channel-constant": (changed(lambda clip, _: np.c_[clip, 0 * clip + 0.9]), set()),
    "300-channels": (changed(lambda clip, _: np.tile(clip[:, None], 300)), set()),
    "wav-named-raw": (changed(lambda clip, _: clip, name="clip.raw", format="WAV"), set()),
    "half-of-a-file": (half, {"ends"}),
    "half-of-an-mp3": (partial(half, format="MP3"), {"words"}),
}
