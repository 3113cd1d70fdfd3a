"""WAV files whose header is wrong: what is right is left alone, what is wrong is mended.

That the mended ones are read whole stands in test_audio.py, by the cases of recording_cases.py.
"""

import io
import struct

import numpy as np
import pytest
import soundfile

from recording_cases import CLIPS, WAV, encoded
from spoken_digits.audio import decode_clip
from spoken_digits.headers import mended, plain_samples
from wav_headers import HEADERS, chunk, data, riff

RIGHT = {
    "plain": WAV,
    "a-tag-after-the-end": HEADERS["tag-after-the-end"](WAV),
    "a-chunk-after": HEADERS["id3-chunk-after"](WAV),
    "too-large": HEADERS["size-44-too-large"](WAV),
    "a-format-of-40-bytes": encoded(format="WAVEX"),
    "big-endian": encoded(endian="BIG"),
    **{form: encoded(format=form) for form in ("FLAC", "OGG", "MP3", "AIFF", "RF64")},
    "empty": b"",
    "text": b"seven\n",
    "cut-in-the-header": WAV[:20],
    "cut-in-the-name-of-the-sound": WAV[:39],
    "without-a-format": riff(WAV[36:]),
    "a-tag-without-an-end": b"ID3\3\0\0\xff\xff\xff\xff",
}


@pytest.mark.parametrize("content", RIGHT.values(), ids=RIGHT.keys())
def test_what_is_right_or_no_wav_is_left_alone(content):
    assert mended(content) is content


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_24", "FLOAT", "ULAW", "IMA_ADPCM"])
@pytest.mark.parametrize("channels", [1, 2])
def test_any_format_is_read_whole_from_a_header_without_a_size(subtype, channels):
    whole = encoded(np.tile(CLIPS[7][:, np.newaxis], channels), subtype=subtype)
    at = whole.index(b"data") + 4
    crashed = whole[:at] + bytes(4) + whole[at + 4 :]
    assert np.array_equal(decode_clip(crashed, "clip"), decode_clip(whole, "clip"))


def test_zeros_after_the_sound_are_no_sound():
    clip = HEADERS["zeros-after-the-end"](WAV)
    assert decode_clip(clip, "clip").size == CLIPS[7].size


def test_sound_that_looks_like_a_name_is_sound_where_the_file_goes_on():
    sound = b"abcd" * 2000  # as a name and a length, which no chunk has
    mend = mended(riff(WAV[12:36], data(sound, 0)))
    assert soundfile.info(io.BytesIO(mend)).frames == 4000


# --- A chunk of an odd length has a byte more, and of two sounds the first counts ---

FORM = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8))
ODD = b"\x80\x90" * 500 + b"\x80"  # 1,001 samples of 8 bits


def test_a_chunk_after_an_odd_number_of_bytes_is_no_sound():
    wav = riff(FORM, chunk(b"data", ODD), chunk(b"LIST", b"INFO"))
    assert mended(wav) is wav


def test_an_odd_chunk_hides_no_sound_behind_it():
    wav = mended(riff(FORM, chunk(b"note", b"seven"), data(ODD, 0)))
    assert soundfile.info(io.BytesIO(wav)).frames == 1001


def test_an_odd_number_of_bytes_gets_one_more():
    assert mended(riff(FORM, data(ODD, 0))) == riff(FORM, chunk(b"data", ODD))


def test_of_two_sounds_the_first_counts():
    two = riff(FORM, chunk(b"data", ODD), chunk(b"data", b"\x80" * 9))
    assert soundfile.info(io.BytesIO(mended(b"\r\n" + two))).frames == 1001


# --- The plainest files, which libsndfile need not read ---


@pytest.mark.parametrize("sample_rate", [8000, 44100])
def test_the_plainest_files_are_read_as_libsndfile_reads_them(sample_rate):
    content = encoded(CLIPS[7], sample_rate)
    samples, found = plain_samples(content)
    expected, told = soundfile.read(io.BytesIO(content), always_2d=True)
    np.testing.assert_array_equal(samples, expected)
    assert (samples.dtype, samples.shape, found) == (expected.dtype, expected.shape, told)


OTHERS = {
    **{name: content for name, content in RIGHT.items() if name != "plain"},
    **{name: change(WAV) for name, change in HEADERS.items()},
    "half-a-sample": WAV[:-1],
    "a-sample-less": WAV[:-2],
    "two-channels": encoded(np.tile(CLIPS[7][:, np.newaxis], 2)),
    "8-bit": encoded(subtype="PCM_U8"),
    "nothing-but-a-header": WAV[:44],
}


@pytest.mark.parametrize("content", OTHERS.values(), ids=OTHERS.keys())
def test_any_other_file_is_left_to_libsndfile(content):
    assert plain_samples(content) is None


@pytest.mark.parametrize("at", [*range(24), *range(28, 44)])
def test_every_byte_of_the_header_counts_but_those_of_the_sample_rate(at):
    changed = bytearray(WAV)
    changed[at] ^= 1
    assert plain_samples(bytes(changed)) is None
