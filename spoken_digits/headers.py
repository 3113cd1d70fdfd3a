"""WAV files whose header is wrong while the sound in them is whole: the header is written anew.

Recorders that crash leave a length of 0, others count samples in place of bytes, and web pages put
a mark or a tag ahead of the header. libsndfile then reads a part of the sound, or nothing.
Source: Microsoft and IBM, Multimedia Programming Interface, 1991: a file is a list of chunks, each
with a name of four letters, its length in bytes, and a byte more where that is odd.
"""

import re
import struct

import numpy as np

NAME = re.compile(rb"[ -~]{4}")
HEADER = 12  # bytes: RIFF, the length of the file, WAVE
PLAIN = struct.Struct("<4sI8sIHHIIHH4sI")  # the header of nearly every WAV file, 44 bytes


def plain_samples(content):
    """What libsndfile would read of the plainest WAV file, in a fraction of its time.

    Returns floats (samples, 1) and the sample rate of 16-bit sound with one channel, where each
    field of a header of 44 bytes is right and the sound fills the rest. None of any other bytes.
    """
    size = len(content) - PLAIN.size
    if size <= 0 or size % 2:
        return None
    sample_rate = int.from_bytes(content[24:28], "little")
    fields = (16, 1, 1, sample_rate, 2 * sample_rate % 2**32, 2, 16, b"data", size)
    if content[: PLAIN.size] != PLAIN.pack(b"RIFF", len(content) - 8, b"WAVEfmt ", *fields):
        return None
    samples = np.frombuffer(content, "<i2", offset=PLAIN.size)
    return samples.reshape(-1, 1) / 32768, sample_rate


def mended(content):
    """The bytes of a WAV file whose header tells of all the sound; other bytes as they are."""
    wav = _from_its_start(content)
    if not (wav.startswith(b"RIFF") and wav[8:HEADER] == b"WAVE"):
        return content
    chunks, is_right = _chunks(wav)
    if not {b"fmt ", b"data"} <= chunks.keys():
        return content
    form = chunks[b"fmt "]
    is_named = form[:2] != b"\0\0"
    if is_right and is_named and wav is content:
        return content
    if not is_named:  # the format is unknown: nearly always it is plain PCM
        form = b"\1\0" + form[2:]
    body = b"WAVE" + _chunk(b"fmt ", form) + _chunk(b"data", chunks[b"data"])
    return b"RIFF" + _packed(body)


def _from_its_start(content):
    """Without what stands ahead of the header: an ID3 tag, a byte order mark, an empty line."""
    start = content
    if content.startswith(b"ID3") and len(content) > 10:
        high, *low = content[6:10]  # seven bits of the length in each
        for bits in low:
            high = high << 7 | bits
        start = content[10 + high :]
    start = start.lstrip(b"\xef\xbb\xbf\r\n\t \0")
    return start if start.startswith(b"RIFF") and len(start) < len(content) else content


def _chunks(wav):
    """Name -> content of the chunks, and whether libsndfile finds all of them by the header."""
    chunks, is_right, at = {}, True, HEADER
    end_of_file = HEADER - 4 + int.from_bytes(wav[4:8], "little")
    while NAME.match(wav, at) and at + 8 <= len(wav):
        name, size = struct.unpack_from("<4sI", wav, at)
        end = at + 8 + size
        if name == b"data":
            is_right = is_right and b"fmt " in chunks  # the format must come first
            if _goes_on(wav, end, end_of_file):
                end, is_right = len(wav), False
        chunks.setdefault(name, wav[at + 8 : end])
        at = end + size % 2
        if size % 2 and wav[end : end + 4] in (b"data", b"fmt "):  # the byte more is missing
            at, is_right = end, False
    return chunks, is_right


def _goes_on(wav, end, end_of_file):
    """Whether the sound goes on where it ends according to the header.

    It does not where a chunk follows, or nothing but zeros, or a tag: that stands after the end of
    the file as the header tells it.
    """
    rest = wav[end:]
    if len(rest) < 8 or not rest.strip(b"\0"):
        return False
    start = end if NAME.match(wav, end) else end + end % 2
    if not NAME.match(wav, start):
        return True
    size = int.from_bytes(wav[start + 4 : start + 8], "little")
    return start + 8 + size > len(wav) and end_of_file not in (end, start)


def _chunk(name, content):
    return name + _packed(content) + b"\0" * (len(content) % 2)


def _packed(content):
    return struct.pack("<I", len(content)) + content
