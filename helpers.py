"""The small module that the notebooks share: read, split, featurise, show.

Each function is built up step by step in the notebook that its docstring names.
A waveform is a 1-D float32 array in [-1, 1], mono, at SAMPLE_RATE samples a second.
"""

import errno
import hashlib
import html
import io
import lzma
import os
import re
import shutil
import tarfile
import warnings
import zlib
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd
import pooch
import scipy.signal
import soundfile
import soxr
from filelock import FileLock
from IPython.display import HTML, Audio, display
from matplotlib import pyplot as plt

SAMPLE_RATE = 8000  # Hz, as in the dataset

RECORDINGS = Path(__file__).resolve().parent / "recordings"
FSDD_URL = (
    "https://github.com/Jakobovski/free-spoken-digit-dataset/archive/refs/tags/v1.0.10.tar.gz"
)
CLIP_NAME = re.compile(r"(?P<digit>[0-9])_(?P<speaker>.+)_(?P<take>[0-9]+)\.wav", re.IGNORECASE)

_corpus = "fsdd"  # what load_recordings() loaded last: claim() is about FSDD alone


class FetchError(RuntimeError):
    """The dataset could not be fetched. The message says why, and which file is wrong."""


class ClipError(ValueError):
    """A recording cannot be used. The message names the file and says what to do."""


# --- Recordings: fetch, read, load ---


def fetch_recordings():
    """Bring the Free Spoken Digit Dataset 1.0.10 into `recordings/` and return that folder.

    The archive comes from the environment variable FSDD_ARCHIVE (a path or a URL) where it is
    set, else from the dataset's public archive of tag v1.0.10. Every file must have the SHA-256
    that `recordings/registry.txt` gives for it; files that have it already are left alone.
    Either all missing files arrive, or the folder stays as it was.

    Raises FetchError with a plain sentence where that fails.
    Source: https://github.com/Jakobovski/free-spoken-digit-dataset (CC BY-SA 4.0).
    """
    if not _missing_recordings():
        return RECORDINGS
    try:
        with FileLock(RECORDINGS / ".lock"):
            missing = _missing_recordings()  # another process may have brought them by now
            if missing:
                _fetch(missing)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise FetchError("The disk is full: the recordings need about 80 MB.") from error
        raise FetchError(f"The recordings could not be stored: {error.strerror}.") from error
    return RECORDINGS


def _registry():
    """File name -> SHA-256 of the 3,000 recordings."""
    lines = (RECORDINGS / "registry.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split() for line in lines)


def _missing_recordings():
    """The part of the registry that is absent from `recordings/`, or differs there."""
    return {name: sha for name, sha in _registry().items() if not _is_intact(name, sha)}


def _is_intact(name, sha256):
    path = RECORDINGS / name
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def _fetch(missing):
    """Collect the missing files in a staging folder, then move them into place, whole."""
    staging = RECORDINGS / ".fetch"
    shutil.rmtree(staging, ignore_errors=True)  # a killed run may have left one
    staging.mkdir()
    try:
        source = os.environ.get("FSDD_ARCHIVE") or FSDD_URL
        archive = _download(source, staging) if "://" in source else Path(source).expanduser()
        _unpack(archive, source, missing, staging)
        for name in missing:
            (staging / name).replace(RECORDINGS / name)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _download(url, folder):
    """Download with a progress bar; give up after 5 s without connection, 15 s without data."""
    print(f"Fetching the Free Spoken Digit Dataset (15 MB) from {url}", flush=True)
    archive = folder / "archive"
    try:
        download = pooch.HTTPDownloader(progressbar=True, timeout=(5, 15))
        download(url, str(archive), None)
    except (OSError, ValueError) as error:  # what requests raises is one or the other
        if getattr(error, "errno", None) == errno.ENOSPC:
            raise
        kind = type(error).__name__
        raise FetchError(f"The recordings could not be downloaded from {url} ({kind}).") from error
    return archive


def _unpack(archive, source, missing, folder):
    """Write the missing files of the archive, and nothing else it may hold, to the folder.

    Of a member's name only the last part counts, and only content with the right SHA-256 is
    written: no absolute name, `..`, link or device can lead anywhere else.
    """
    wrong = set(missing)
    if not archive.is_file():
        raise FetchError(f"There is no file {source}: check FSDD_ARCHIVE.")
    try:
        with tarfile.open(archive) as members:
            for member in members:
                name = PurePosixPath(member.name).name
                if name not in wrong or not member.isfile() or member.size > 1_000_000:
                    continue
                content = members.extractfile(member).read()
                if hashlib.sha256(content).hexdigest() == missing[name]:
                    (folder / name).write_bytes(content)
                    wrong.remove(name)
    except (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, OSError) as error:
        if getattr(error, "errno", None):  # the disk is at fault, not the archive
            raise
        if archive.read_bytes()[:200].lstrip().startswith(b"<"):
            raise FetchError(
                f"{source} gave a web page, not the archive: "
                "a log-in page or a proxy of your network may stand in between."
            ) from error
        raise FetchError(f"{source} is no tar archive, or it is damaged or cut short.") from error
    if wrong:
        others = f", as do {len(wrong) - 1} other files" if len(wrong) > 1 else ""
        raise FetchError(
            f"{source} is not the dataset as published: {min(wrong)} is missing or differs from "
            f"recordings/registry.txt{others}."
        )


def read_clip(path):
    """Read any WAV, FLAC, OGG or MP3 file as a waveform.

    Channels are mixed, weighted by their power and turned to one polarity, so that a silent
    channel does not halve the level and opposed ones do not cancel. Any sample rate becomes
    SAMPLE_RATE (soxr, anti-aliased). Amplitudes beyond 1 are scaled down, never clipped.

    Raises ClipError, with one sentence that names the file and what to do, for what is not
    audio, is empty, silent (or constant), or holds NaN or infinite values.
    """
    path = Path(path)
    try:
        channels, rate = soundfile.read(io.BytesIO(path.read_bytes()), always_2d=True)
    except OSError as error:
        raise ClipError(f"{path} cannot be opened ({error.strerror}): check the path.") from error
    except (soundfile.SoundFileError, MemoryError) as error:  # a damaged header may claim years
        raise ClipError(
            f"{path} is not audio that can be read: save it as WAV, FLAC, OGG or MP3."
        ) from error
    if not channels.size:
        raise ClipError(f"{path} is empty: record it again.")
    if not np.isfinite(channels).all():
        raise ClipError(f"{path} holds NaN or infinite samples: export or record it again.")
    if not 1_000 <= rate <= 1_000_000:
        raise ClipError(f"{path} claims {rate} samples a second: export it at {SAMPLE_RATE} Hz.")

    waveform = _mix(channels)
    if rate != SAMPLE_RATE and not _is_silent(waveform):
        waveform = soxr.resample(waveform, rate, SAMPLE_RATE)
    if _is_silent(waveform):
        raise ClipError(f"{path} is silent: check the microphone and record it again.")
    return (waveform / max(1, np.abs(waveform).max())).astype(np.float32)


def _mix(channels):
    """Mix an array (samples, channels) to one waveform, each channel weighted by its power."""
    channels = channels / max(1, np.abs(channels).max())
    if channels.shape[1] == 1:
        return channels[:, 0]
    centred = channels - channels.mean(axis=0)
    covariance = centred.T @ centred
    power = covariance.diagonal()
    if not power.any():
        return channels[:, 0]
    polarity = np.where(covariance[power.argmax()] < 0, -1, 1)
    return channels @ (polarity * power / power.sum())


def _is_silent(waveform):
    """Whether nothing moves by more than two steps of 16-bit sound, as dither alone does."""
    return waveform.size == 0 or np.ptp(waveform) <= 2 / 32768


SYNTHETIC_NOTICE = """
################################################################################
#                                                                              #
#    THESE ARE SYNTHETIC VOICES, not the people of the Free Spoken Digit       #
#    Dataset (FSDD). Claims about FSDD are shown but not checked.              #
#                                                                              #
################################################################################
Why: {reason}
To get the real voices: connect to the internet and run this again. Or download
{url}
on another computer and set the variable FSDD_ARCHIVE to the path of that file.
"""


def load_recordings(corpus="auto"):
    """Load a corpus as a DataFrame, one row a clip, sorted by file name.

    `corpus` is "fsdd"; "synthetic" (the eSpeak NG voices in `recordings/synthetic`); "auto"
    (FSDD where it is or can be fetched, else synthetic, with a notice); or the path of any
    folder of `{digit}_{speaker}_{take}.wav` files, in sub-folders too.

    Columns: digit (int), speaker (str), take (int), seconds (float), path (str) and waveform.
    `.attrs["corpus"]` tells which corpus it is. First used in notebook 01.

    Raises FetchError where "fsdd" cannot be had, FileNotFoundError for a folder without clips,
    ClipError for a clip that cannot be used.
    """
    global _corpus
    if corpus in ("auto", "fsdd"):
        try:
            folder = fetch_recordings()
            corpus, paths = "fsdd", [folder / name for name in _registry()]
        except FetchError as reason:
            if corpus == "fsdd":
                raise
            print(SYNTHETIC_NOTICE.format(reason=reason, url=FSDD_URL))
            corpus = "synthetic"
    if corpus != "fsdd":
        paths = _find_clips(RECORDINGS / "synthetic" if corpus == "synthetic" else Path(corpus))

    clips = pd.DataFrame([_clip_row(path) for path in sorted(paths, key=lambda path: path.name)])
    clips.attrs["corpus"] = _corpus = str(corpus)
    return clips


def _find_clips(folder):
    files = [path for path in folder.rglob("*") if path.is_file() and path.name[0] != "."]
    others = sorted(path.name for path in files if not CLIP_NAME.fullmatch(path.name))
    if others:
        warnings.warn(
            f"{len(others)} files in {folder} are not named like 7_anna_0.wav "
            f"(digit_speaker_take.wav) and were left out: {', '.join(others)}",
            stacklevel=3,
        )
    if len(files) == len(others):
        raise FileNotFoundError(f"No file in {folder} is named like 7_anna_0.wav: check the path.")
    return [path for path in files if CLIP_NAME.fullmatch(path.name)]


def _clip_row(path):
    name = CLIP_NAME.fullmatch(path.name)
    waveform = read_clip(path)
    return {
        "digit": int(name["digit"]),
        "speaker": name["speaker"],
        "take": int(name["take"]),
        "seconds": waveform.size / SAMPLE_RATE,
        "path": str(path),
        "waveform": waveform,
    }


# --- Splits ---


def official_split(clips):
    """Split by take, as FSDD does: first tenth test, second tenth validation, rest training.

    For FSDD's 50 takes: 0-4, 5-9 and 10-49. Every speaker is in all three parts, so the test
    says nothing about new voices. Returns train, validation, test. Built up in notebook 01.
    Source: https://github.com/Jakobovski/free-spoken-digit-dataset#usage.
    """
    takes = np.unique(clips["take"])
    if takes.size < 3:
        raise ValueError(f"A split by take needs at least 3 takes, not {takes.size}.")
    tenth = max(1, takes.size // 10)
    is_test = clips["take"] < takes[tenth]
    is_train = clips["take"] >= takes[2 * tenth]
    return clips[is_train], clips[~is_train & ~is_test], clips[is_test]


def speaker_split(clips, held_out):
    """Split by speaker: test on `held_out`, validate on the next speaker, train on the others.

    "Next" is by alphabet, and the first follows the last, so that each speaker validates once
    where each is held out once. Returns train, validation, test. Built up in notebook 01.
    """
    speakers = sorted(clips["speaker"].unique())
    if held_out not in speakers or len(speakers) < 3:
        raise ValueError(f"A speaker split needs 3 speakers, {held_out!r} among them: {speakers}")
    validator = speakers[(speakers.index(held_out) + 1) % len(speakers)]
    is_test, is_validation = clips["speaker"] == held_out, clips["speaker"] == validator
    return clips[~is_test & ~is_validation], clips[is_validation], clips[is_test]


# --- What a network is fed ---


def pad_or_cut(waveforms, length):
    """Bring waveforms to one length in samples: zeros after the shorter, the longer cut.

    Returns a float32 array (clips, length). Built up in notebook 01.
    """
    padded = np.zeros((len(waveforms), length), dtype=np.float32)
    for row, waveform in zip(padded, waveforms, strict=True):
        row[: waveform.size] = waveform[:length]
    return padded


def spectrogram(waveforms, window_length=256, hop_length=64):
    """Power over frequency and time, in decibels: what an ear or a network can work with.

    `waveforms` is (..., samples); `window_length` and `hop_length` are in samples. Returns
    frequencies (Hz), times (s) and decibels (..., frequencies, times): 10 log10 of the power
    density, where anything below -120 dB counts as -120 dB. Built up in notebook 02.
    Source: scipy.signal.spectrogram, with a Hann window.
    """
    frequencies, times, power = scipy.signal.spectrogram(
        waveforms, SAMPLE_RATE, "hann", window_length, window_length - hop_length
    )
    return frequencies, times, 10 * np.log10(np.maximum(power, 1e-12))


# --- To see and to hear ---


def plot_waveform(waveform, axes):
    """Draw a waveform on matplotlib axes, amplitude over time in seconds. From notebook 02."""
    axes.plot(np.arange(waveform.size) / SAMPLE_RATE, waveform, linewidth=0.6)
    axes.set(xlabel="time (s)", ylabel="amplitude", xlim=(0, waveform.size / SAMPLE_RATE))


def plot_spectrogram(waveform, axes, window_length=256, hop_length=64, dynamic_range=70):
    """Draw a waveform's spectrogram on matplotlib axes. From notebook 02.

    Colours reach from the loudest point down by `dynamic_range` dB. Returns the image, for a
    colour bar.
    """
    frequencies, times, level = spectrogram(waveform, window_length, hop_length)
    loudest = level.max()
    image = axes.pcolormesh(
        times, frequencies / 1000, level, vmin=loudest - dynamic_range, cmap="viridis"
    )
    axes.set(xlabel="time (s)", ylabel="frequency (kHz)")
    return image


def show(figure, alt):
    """Display a matplotlib figure with its alternative text, for who cannot see it; close it."""
    display(figure, metadata={"image/png": {"alt": alt}})
    plt.close(figure)


def play(waveforms):
    """Show a labelled player for each item of a dict: label -> waveform, at its true loudness.

    The sound stands in the `src` of <audio> itself: JupyterLab strips <source src>, which
    IPython's Audio would write, from a notebook that has not been run yet. First in notebook 01.
    """
    players = ""
    for label, waveform in waveforms.items():
        sound = Audio(waveform, rate=SAMPLE_RATE, normalize=False).src_attr()
        label = html.escape(label)
        players += (
            f'<figure style="display: inline-block; margin: 4px"><figcaption>{label}</figcaption>'
            f'<audio controls aria-label="{label}" src="{sound}"></audio></figure>'
        )
    return HTML(players)


# --- What the text says, checked ---


def claim(sentence, holds):
    """Print a ticked sentence where it holds, else raise AssertionError with it.

    Claims are about FSDD: where another corpus was loaded last, the sentence is printed with a
    note that it was not checked. First used in notebook 01.
    """
    if _corpus != "fsdd":
        print(f"(a claim about FSDD, not checked on the corpus {_corpus}) {sentence}")
        return
    if not holds:
        raise AssertionError(sentence)
    print(f"✔ {sentence}")
