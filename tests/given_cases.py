"""What people hand to the functions: single clips, batches, what is none, what is silent or tiny.

Each case is a function of a folder, in which `7_anna_0.wav` lies, that makes the input anew.
"""

import array
import io
import zipfile

import numpy as np
import pandas as pd
import scipy.io.wavfile
import scipy.signal
import soundfile

from recording_cases import CLIPS, WAV
from spoken_digits.audio import SAMPLE_RATE

NAME = "7_anna_0.wav"
WORD = CLIPS[7]
INTEGERS = np.round(32768 * WORD).astype(np.int16)
HIGH = scipy.signal.resample_poly(WORD, 441, 80)  # at 44.1 kHz
STEREO = np.c_[WORD, 0.5 * WORD]


class Tensor:
    """As the arrays of other libraries: all they share is that numpy can read them."""

    def __init__(self, values):
        self.values = np.asarray(values)

    def __array__(self, dtype=None, copy=None):
        return self.values


def text_file(folder):
    (folder / "clip.txt").write_text("seven", encoding="utf-8")
    return io.TextIOWrapper(io.FileIO(folder / "clip.txt"))


def closed_file(_):
    file = io.BytesIO(WAV)
    file.close()
    return file


def read_to_its_end(folder):
    file = io.BufferedReader(io.FileIO(folder / NAME))
    file.read()
    return file


def in_a_zip(folder):
    with zipfile.ZipFile(folder / "clips.zip", "w") as archive:
        archive.write(folder / NAME, NAME)
    return zipfile.ZipFile(folder / "clips.zip").open(NAME)


def table(folder, columns=("digit", "path", "waveform"), rows=3):
    row = {"digit": 7, "path": str(folder / NAME), "waveform": WORD}
    labels = [f"clip-{number}" for number in range(rows)]
    return pd.DataFrame([row] * rows, labels)[list(columns)]


ONE = {  # each of them is the same seven
    # files
    "path": lambda folder: folder / NAME,
    "path-as-text": lambda folder: str(folder / NAME),
    "path-of-numpy": lambda folder: np.str_(folder / NAME),
    "path-from-home": lambda _: f"~/{NAME}",
    "bytes": lambda _: WAV,
    "bytearray": lambda _: bytearray(WAV),
    "memoryview": lambda _: memoryview(WAV),
    "file-in-memory": lambda _: io.BytesIO(WAV),
    "open-file": lambda folder: io.BufferedReader(io.FileIO(folder / NAME)),
    "open-file-at-its-end": read_to_its_end,
    "file-in-a-zip": in_a_zip,
    # pairs
    "scipy-reads": lambda folder: scipy.io.wavfile.read(folder / NAME),
    "soundfile-reads": lambda folder: soundfile.read(folder / NAME),
    "soundfile-reads-stereo": lambda _: (STEREO, SAMPLE_RATE),
    "librosa-loads": lambda _: (WORD.astype(np.float32), 8000.0),
    "librosa-loads-stereo": lambda _: (STEREO.T, 8000),
    "pair-as-list": lambda _: [SAMPLE_RATE, WORD.tolist()],
    "pair-with-a-tensor": lambda _: (Tensor(WORD[:, np.newaxis]), Tensor(SAMPLE_RATE)),
    "pair-at-44-khz": lambda _: (44100, HIGH),
    "pair-at-44-khz-16-bit": lambda _: (np.int64(44100), np.round(32000 * HIGH).astype("<i2")),
    "pair-24-bit": lambda _: (SAMPLE_RATE, (2**31 * WORD).astype(np.int32)),
    "pair-8-bit": lambda _: (np.round(127 * WORD + 128).astype(np.uint8), SAMPLE_RATE),
    # samples
    "float32": lambda _: WORD.astype(np.float32),
    "float64": lambda _: WORD,
    "float16": lambda _: WORD.astype(np.float16),
    "int16": lambda _: INTEGERS,
    "int16-big-endian": lambda _: INTEGERS.astype(">i2"),
    "int32": lambda _: (2**31 * WORD).astype(np.int32),
    "int64": lambda _: INTEGERS.astype(np.int64),
    "uint8": lambda _: np.round(127 * WORD + 128).astype(np.uint8),
    "uint16": lambda _: (INTEGERS.astype(int) + 32768).astype(np.uint16),
    "list-of-floats": lambda _: WORD.tolist(),
    "list-of-integers": lambda _: INTEGERS.tolist(),
    "tuple-of-floats": lambda _: tuple(WORD.tolist()),
    "array-of-python": lambda _: array.array("h", INTEGERS.tolist()),
    "series": lambda _: pd.Series(WORD),
    "series-that-could-hold-gaps": lambda _: pd.Series(WORD, dtype="Float64"),
    "tensor": lambda _: Tensor(WORD),
    "one-column": lambda _: WORD[:, np.newaxis],
    "two-channels": lambda _: STEREO,
    "every-second-sample": lambda _: np.repeat(WORD, 2)[::2],
    "beyond-full-scale": lambda _: 40 * WORD,
    "values-to-1e300": lambda _: 1e300 * WORD,
    "very-quiet": lambda _: WORD / 1000,
    # rows
    "row": lambda folder: table(folder).iloc[0],
    "row-with-a-path": lambda folder: table(folder, ["path"]).iloc[0],
}
SEVERAL = {  # how many, and what
    "list-of-paths": (2, lambda folder: [str(folder / NAME), folder / NAME]),
    "tuple-of-paths": (2, lambda folder: (folder / NAME, folder / NAME)),
    "list-of-waveforms": (3, lambda _: [WORD, WORD[:-9], WORD]),
    "tuple-of-waveforms": (2, lambda _: (WORD, WORD[:-9])),
    "list-of-one": (1, lambda _: [WORD]),
    "list-of-all-kinds": (4, lambda folder: [WORD, WAV, folder / NAME, (44100, HIGH)]),
    "list-of-pairs": (2, lambda folder: [soundfile.read(folder / NAME)] * 2),
    "list-of-lists": (2, lambda _: [WORD.tolist()] * 2),
    "column-of-waveforms": (3, lambda folder: table(folder)["waveform"]),
    "column-of-paths": (3, lambda folder: table(folder)["path"]),
    "column-as-array": (3, lambda folder: table(folder)["waveform"].to_numpy()),
    "table": (3, table),
    "table-of-paths": (3, lambda folder: table(folder, ["digit", "path"])),
    "table-of-one-row": (1, lambda folder: table(folder, rows=1)),
    "dict": (2, lambda _: {"mine": WORD, 7: WORD}),
    "array-of-rows": (4, lambda _: np.tile(WORD, (4, 1))),
    "array-of-one-row": (1, lambda _: WORD[np.newaxis]),
    "array-of-texts": (2, lambda folder: np.array([str(folder / NAME)] * 2)),
    "files-in-a-folder": (1, lambda folder: folder.glob("*.wav")),
    "generator": (2, lambda _: (WORD for _ in range(2))),
    "set": (1, lambda folder: {folder / NAME}),
    "values-of-a-dict": (2, lambda _: {1: WORD, 2: WORD}.values()),
    "index-of-paths": (2, lambda folder: pd.Index([str(folder / NAME)] * 2)),
}
NO_SOUND, EMPTY, NAN = "is no sound: give a path", "is empty: record", "NaN or infinite"
NO_CLIP, AXES, RATE = "There is no clip", "has 3 axes", "samples a second"
UNREADABLE, CLOSED, AS_TEXT = "cannot be opened", "cannot be read: open it", "is open as text"
BAD = {  # and what is said of it
    "none": (lambda _: None, NO_SOUND),
    "number": (lambda _: 0.5, NO_SOUND),
    "true": (lambda _: True, NO_SOUND),
    "object": (lambda _: object(), NO_SOUND),
    "function": (lambda _: len, NO_SOUND),
    "complex": (lambda _: np.fft.rfft(WORD), NO_SOUND),
    "truths": (lambda _: WORD > 0, NO_SOUND),
    "dates": (lambda _: np.array(["2026-11-26"], "datetime64[D]"), NO_SOUND),
    "series-of-truths": (lambda _: pd.Series([True, False]), NO_SOUND),
    "list-of-nothing": (lambda _: [None, None], f"Clip 0 {NO_SOUND}"),
    "numbers-and-words": (lambda _: [0.5, "seven", None], NO_SOUND),
    "dict-of-nothing": (lambda _: {"mine": None}, f"Clip mine {NO_SOUND}"),
    "three-axes": (lambda _: np.ones((2, 3, 4)), AXES),
    "empty-list": (lambda _: [], EMPTY),
    "empty-array": (lambda _: np.zeros(0), EMPTY),
    "no-columns": (lambda _: np.zeros((8000, 0)), EMPTY),
    "empty-bytes": (lambda _: b"", EMPTY),
    "empty-open-file": (lambda _: io.BytesIO(), EMPTY),
    "empty-pair": (lambda _: (SAMPLE_RATE, []), EMPTY),
    "empty-table": (lambda folder: table(folder).head(0), NO_CLIP),
    "empty-column": (lambda folder: table(folder)["path"].head(0), NO_CLIP),
    "empty-generator": (lambda folder: folder.glob("*.nothing"), NO_CLIP),
    "other-table": (lambda folder: table(folder)[["digit"]], "neither a column waveform"),
    "bytes-of-text": (lambda _: b"seven\n" * 100, "is not audio"),
    "file-open-as-text": (text_file, AS_TEXT),
    "closed-file": (closed_file, CLOSED),
    "missing-path": (lambda folder: folder / "nowhere.wav", f"nowhere.wav {UNREADABLE}"),
    "folder": (lambda folder: folder, UNREADABLE),
    "empty-path": (lambda _: "", UNREADABLE),
    "nobodys-home": (lambda _: "~nobody-of-that-name/7.wav", UNREADABLE),
    "one-path-is-missing": (lambda folder: [folder / NAME, "nowhere.wav"], UNREADABLE),
    "one-clip-is-empty": (lambda _: [WORD, WORD[:0]], f"Clip 1 {EMPTY}"),
    "one-nan": (lambda _: np.r_[WORD, np.nan], NAN),
    "infinite": (lambda _: np.r_[np.inf, WORD], NAN),
    "series-with-a-gap": (lambda _: pd.Series([0.5, None], dtype="Float64"), "NaN|is no sound"),
    "one-clip-holds-nan": (lambda _: {"a": WORD, "b": WORD * np.nan}, f"Clip b .*{NAN}"),
    "pair-with-rate-0": (lambda _: (0, WORD), RATE),
    "pair-with-rate-below-0": (lambda _: (WORD, -8000), RATE),
    "pair-with-rate-nan": (lambda _: (np.nan, WORD), RATE),
    "pair-with-a-rate-in-words": (lambda _: (WORD, "8 kHz"), UNREADABLE),
    "pair-without-samples": (lambda _: (SAMPLE_RATE, None), NO_SOUND),
}
QUIET = {  # a result, or a sentence
    "zeros": lambda _: np.zeros(8000),
    "whole-zeros": lambda _: np.zeros(8000, int),
    "constant": lambda _: np.full(8000, 0.3, np.float32),
    "pair-of-zeros": lambda _: (44100, np.zeros(8000)),
    "one-sample": lambda _: [0.5],
    "two-samples": lambda _: [0.5, -0.5],
    "ten-samples": lambda _: WORD[1000:1010],
    "79-samples": lambda _: WORD[1000:1079],
    "255-samples": lambda _: WORD[1000:1255],
    "pair-of-few-samples": lambda _: (44100, HIGH[9000:9020]),
    "tiny": lambda _: 1e-30 * WORD.astype(np.float32),
    "smallest": lambda _: np.array([0, 5e-324, 0]),
    "click": lambda _: np.eye(1, 8000, 4000)[0],
    "square": lambda _: np.resize([1.0, -1.0], 8000),
    "silent-among-others": lambda _: [WORD, np.zeros(8000), WORD[:1]],
}
