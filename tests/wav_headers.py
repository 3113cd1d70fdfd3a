"""WAV files whose header is wrong or unusual while the sound in them is whole.

Each function takes the bytes of a plain 16-bit WAV file, with a header of 44 bytes.
"""

import struct

ID3 = b"ID3\3\0\0" + bytes([0, 0, 8, 0]) + b"seven..." * 128


def chunk(name, body):
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def riff(*chunks):
    body = b"WAVE" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def data(samples, size):
    return b"data" + struct.pack("<I", size) + samples


def with_size(size):
    """A function that gives the sound another length, of which it may know the right one."""
    return lambda wav: riff(wav[12:36], data(wav[44:], size(len(wav) - 44)))


def with_both_sizes(size):
    raw = struct.pack("<I", size)
    return lambda wav: b"RIFF" + raw + wav[8:40] + raw + wav[44:]


def with_format(**changes):
    """A function that writes the format anew, with some of its numbers changed."""
    numbers = {
        "tag": 1,
        "channels": 1,
        "sample_rate": 8000,
        "bytes_a_second": 16000,
        "block": 2,
        "bits": 16,
    } | changes
    return lambda wav: riff(chunk(b"fmt ", struct.pack("<HHIIHH", *numbers.values())), wav[36:])


HEADERS = {
    "size-zero": with_size(lambda size: 0),  # a recorder that crashed
    "both-sizes-zero": with_both_sizes(0),
    "size-zero-after-junk": lambda wav: riff(  # as Apple's recorders begin
        chunk(b"JUNK", bytes(4000)), wav[12:36], data(wav[44:], 0)
    ),
    "size-half": with_size(lambda size: size // 4 * 2),
    "size-in-samples": with_size(lambda size: size // 2),
    "size-44-too-large": with_size(lambda size: size + 44),
    "both-sizes-of-a-pipe": with_both_sizes(0xFFFFFFFF),
    "id3-chunk-after": lambda wav: riff(wav[12:], chunk(b"id3 ", ID3)),
    "list-after-size-zero": lambda wav: riff(
        wav[12:36], chunk(b"LIST", b"INFO"), data(wav[44:], 0)
    ),
    "odd-chunk-without-padding": lambda wav: riff(
        wav[12:36], b"note" + struct.pack("<I", 5) + b"seven", wav[36:]
    ),
    "odd-chunk-with-padding": lambda wav: riff(wav[12:36], chunk(b"note", b"seven"), wav[36:]),
    "format-after-the-sound": lambda wav: riff(wav[36:], wav[12:36]),
    "broadcast-chunk": lambda wav: riff(chunk(b"bext", bytes(602)), wav[12:]),
    "no-bytes-a-second": with_format(bytes_a_second=0),
    "no-block": with_format(block=0),
    "unknown-format": with_format(tag=0),
    "byte-order-mark-first": lambda wav: b"\xef\xbb\xbf" + wav,
    "empty-line-first": lambda wav: b"\r\n" + wav,
    "id3-tag-first": lambda wav: ID3 + wav,
    "id3-tag-first-and-size-zero": lambda wav: ID3 + with_size(lambda size: 0)(wav),
    "tag-after-the-end": lambda wav: wav + b"TAG" + b"seven".ljust(125, b"\0"),
    "zeros-after-the-end": lambda wav: wav + bytes(512),
}
