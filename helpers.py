"""The small module that the notebooks share: read, split, featurise, show.

Each function is built up step by step in the notebook that its docstring names.
A waveform is a 1-D float32 array in [-1, 1], mono, at SAMPLE_RATE samples a second.
"""

import errno
import functools
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
import seaborn as sns
import soundfile
import soxr
from filelock import FileLock
from IPython.display import HTML, Audio, display
from matplotlib import pyplot as plt

SAMPLE_RATE = 8000  # Hz, as in the dataset
PADDED_LENGTH = 5299  # samples; 95 % of the clips are no longer (notebook 01)
MOST_VALUES = 50_000_000  # samples x channels: reading so many takes 1.5 GB of memory

RECORDINGS = Path(__file__).resolve().parent / "recordings"
MODELS = Path(__file__).resolve().parent / "models"
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
    audio, is too long, empty, silent (or constant), or holds NaN or infinite values.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except (OSError, ValueError, MemoryError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", type(error).__name__)
        raise ClipError(f"{path} cannot be opened ({reason}): check the path.") from error
    return decode_clip(content, path)


def decode_clip(content, name):
    """Read a waveform as read_clip() does, from the bytes of a file; ClipError calls it `name`."""
    if not content:
        raise ClipError(f"{name} is empty: record it again.")
    try:
        info = soundfile.info(io.BytesIO(content))
        if info.frames * info.channels > MOST_VALUES:
            raise ClipError(f"{name} is longer than can be read here: cut out the digit.")
        channels, rate = soundfile.read(io.BytesIO(content), always_2d=True)
    except (soundfile.SoundFileError, MemoryError) as error:
        raise ClipError(
            f"{name} is not audio that can be read: save it as WAV, FLAC, OGG or MP3."
        ) from error
    _refuse_unusable(channels, name)
    if not 1_000 <= rate <= 1_000_000:
        raise ClipError(f"{name} claims {rate} samples a second: export it at {SAMPLE_RATE} Hz.")

    waveform = _mix(channels)
    if rate != SAMPLE_RATE and not _is_silent(waveform):
        waveform = soxr.resample(waveform, rate, SAMPLE_RATE)
    _refuse_silence(waveform, name)
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


def _refuse_unusable(samples, name):
    if not samples.size:
        raise ClipError(f"{name} is empty: record it again.")
    if not np.isfinite(samples).all():
        raise ClipError(f"{name} holds NaN or infinite samples: export or record it again.")


def _refuse_silence(waveform, name):
    if _is_silent(waveform):
        raise ClipError(f"{name} is silent: check the microphone and record it again.")


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

    paths = sorted(paths, key=lambda path: (path.name, path))
    clips = pd.DataFrame([_clip_row(path) for path in paths])
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


def normalise(waveform):
    """Subtract the mean (DC offset) and bring the standard deviation (loudness) to 1.

    Built up in notebook 03.
    """
    centred = waveform - waveform.mean()
    return centred / centred.std()


def waveform_input(waveforms, length=PADDED_LENGTH, emphasis=0.95):
    """What sample_cnn() is fed: a float32 array (clips, `length` samples, 1).

    Each waveform is normalised, its high frequencies are lifted by pre-emphasis (from each sample
    the share `emphasis` of the one before is subtracted), then it is normalised again. Built up in
    notebook 03.
    """
    lifted = [
        np.append(wave[:1], wave[1:] - emphasis * wave[:-1]) for wave in map(normalise, waveforms)
    ]
    return pad_or_cut([normalise(waveform) for waveform in lifted], length)[..., np.newaxis]


def spectrogram_input(waveforms, length=PADDED_LENGTH, dynamic_range=60):
    """What spectrogram_cnn() is fed: a float32 array (clips, 40 mel bands, 64 frames, 1).

    Frames of 256 samples, 80 samples apart; levels from `dynamic_range` dB below the loudest point
    of the clip up to it, scaled to 0 ... 1. Another `length`, in samples, gives another number of
    frames. Built up in notebook 04.
    """
    import librosa  # slow to import, and not every notebook needs it

    padded = pad_or_cut([normalise(waveform) for waveform in waveforms], length)
    _, _, power = scipy.signal.spectrogram(padded, SAMPLE_RATE, "hann", 256, 176)
    power = librosa.filters.mel(sr=SAMPLE_RATE, n_fft=256, n_mels=40) @ power
    share = power / power.max(axis=(1, 2), keepdims=True)
    level = 1 + 10 * np.log10(np.maximum(share, 1e-9)) / dynamic_range
    return np.maximum(level, 0)[..., np.newaxis]  # exactly 0 where nothing is: it can be masked


# --- The two networks ---


def start_tensorflow():
    """Start TensorFlow with its start-up lines kept off the page; Python's own errors still show.

    TensorFlow 2.21 writes them before it reads TF_CPP_MIN_LOG_LEVEL
    (https://github.com/tensorflow/tensorflow/issues/100442), so stderr is closed meanwhile.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    stderr, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        import keras

        keras.ops.zeros(1)
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(nowhere)


def sample_cnn(original=False):
    """The network on waveforms: one strided convolution, three more, two poolings.

    Input (PADDED_LENGTH, 1) from waveform_input(), output ten probabilities. With
    `original=True` the network as first published, for unscaled clips padded to 18,262 samples.
    Returns a keras.Model that is not compiled yet. Built up in notebook 03.
    """
    from keras import Input, Sequential, layers  # TensorFlow is slow to import

    def convolution(filters, width, stride=1, padding="same", momentum=0.9):
        yield layers.Conv1D(filters, width, strides=stride, padding=padding)
        yield layers.BatchNormalization(momentum=momentum)
        yield layers.ReLU()

    if original:
        as_published = {"padding": "valid", "momentum": 0.99}
        return Sequential(
            [
                Input((18262, 1)),
                *convolution(16, 256, stride=256, **as_published),
                *convolution(16, 2, **as_published),
                layers.MaxPooling1D(2),
                *convolution(32, 2, **as_published),
                layers.MaxPooling1D(2),
                *convolution(64, 1, **as_published),
                layers.Flatten(),
                layers.Dropout(0.6),
                layers.Dense(10, activation="sigmoid"),
            ]
        )
    return Sequential(
        [
            Input((PADDED_LENGTH, 1)),
            *convolution(48, 96, stride=12, padding="valid"),
            *convolution(48, 9),
            layers.MaxPooling1D(4),
            *convolution(64, 7),
            layers.MaxPooling1D(4),
            *convolution(128, 3),
            layers.AveragePooling1D(6),
            layers.Flatten(),
            layers.Dropout(0.4),
            layers.Dense(10, activation="softmax"),
        ]
    )


def spectrogram_cnn(original=False):
    """The network on spectrograms: two convolutions, each with pooling.

    Input (40, 64, 1) from spectrogram_input(), output ten probabilities. With `original=True`
    the network as first published, for power spectrograms of shape (129, 22, 1).
    Returns a keras.Model that is not compiled yet. Built up in notebook 04.
    """
    from keras import Input, Sequential, layers

    def convolution(filters, width, pool, padding="same", momentum=0.9):
        yield layers.Conv2D(filters, width, padding=padding)
        yield layers.BatchNormalization(momentum=momentum)
        yield layers.ReLU()
        yield layers.MaxPooling2D(pool)

    if original:
        as_published = {"pool": 2, "padding": "valid", "momentum": 0.99}
        return Sequential(
            [
                Input((129, 22, 1)),
                *convolution(32, 3, **as_published),
                *convolution(64, 3, **as_published),
                layers.Flatten(),
                layers.Dropout(0.25),
                layers.Dense(128, activation="relu"),
                layers.Dropout(0.5),
                layers.Dense(10, activation="softmax"),
            ]
        )
    return Sequential(
        [
            Input((40, 64, 1)),
            *convolution(24, 5, pool=(2, 4)),
            *convolution(48, 5, pool=(2, 4)),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )


def train(
    model,
    x,
    digits,
    epochs,
    rate=0.002,
    shift=0,
    smoothing=0.0,
    seed=0,
    validation=None,
    change=None,
):
    """Train with Adam in batches of 32, the learning rate falling to 0 along a cosine.

    `x` is an input (clips, ...), `digits` the answers, `validation` such a pair to watch. In every
    epoch each clip moves by a new random number of samples, at most `shift`, either way; then
    change(x, random) may do more to all of them, with a NumPy generator.
    `smoothing` is the label smoothing (Szegedy et al. 2016, arXiv:1512.00567). Returns a DataFrame
    with a row an epoch. Built up in notebook 03.
    """
    import keras

    schedule = keras.optimizers.schedules.CosineDecay(rate, epochs * -(-len(x) // 32))
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=smoothing)
    model.compile(keras.optimizers.Adam(schedule), loss, metrics=["accuracy"])
    answers = keras.utils.to_categorical(digits, 10)
    if validation:
        validation = validation[0], keras.utils.to_categorical(validation[1], 10)

    random, history = np.random.default_rng(seed), []
    for epoch in range(1, epochs + 1):
        shifts = random.integers(-shift, shift + 1, len(x))
        moved = np.stack([np.roll(clip, by, axis=0) for clip, by in zip(x, shifts, strict=True)])
        if change:
            moved = change(moved, random)
        result = model.fit(moved, answers, batch_size=32, verbose=0, validation_data=validation)
        history.append({name: values[0] for name, values in result.history.items()})
        if epoch % max(1, epochs // 10) == 0:
            print(progress(epoch, history[-1]), flush=True)
    return pd.DataFrame(history)


def progress(epoch, logs):
    """One line on an epoch of training, from the figures that Keras gives."""
    line = f"epoch {epoch:3}: loss {logs['loss']:.2f}, accuracy {logs['accuracy']:.0%}"
    if "val_loss" not in logs:
        return line
    return f"{line}, validation loss {logs['val_loss']:.2f}, accuracy {logs['val_accuracy']:.0%}"


# --- The shipped networks ---


def recognise(clip, network="spectrogram_cnn"):
    """Ask a shipped network which digit is spoken. Returns a Series: digit -> probability.

    `clip` is a path, which read_clip() reads, or a waveform; `network` is "spectrogram_cnn" or
    "sample_cnn". What it hears of the clip is what trim() leaves. models/README.md says what the
    networks learned from, and how good they are.

    Raises ClipError as read_clip() does, and ValueError for another network.
    """
    if network not in SHIPPED:
        raise ValueError(f"network is one of {', '.join(SHIPPED)}, not {network!r}.")
    if isinstance(clip, str | os.PathLike):
        waveform = read_clip(clip)
    else:
        waveform = np.asarray(clip, np.float32)
        if waveform.ndim != 1:
            raise ClipError(f"A waveform has one axis, not the shape {waveform.shape}: mix it.")
        _refuse_unusable(waveform, "The waveform")
        _refuse_silence(waveform, "The waveform")
    word = SHIPPED[network]([trim(waveform)], length=SAMPLE_RATE)
    answer = _shipped(network).predict_on_batch(word)
    return pd.Series(answer[0], pd.RangeIndex(10, name="digit"), name="probability")


def trim(waveform):
    """What recognise() hears of a waveform: without its offset and the silence at its ends.

    Silence is what stays 40 dB and more below the loudest part. Of what is still longer than a
    second, the loudest second is left. Built up in notebook 07.
    """
    import librosa  # slow to import

    centred = waveform - waveform.mean()  # an offset would hide the silence
    word, _ = librosa.effects.trim(centred, top_db=40, frame_length=256, hop_length=64)
    if word.size > SAMPLE_RATE:
        energy = np.cumsum(np.pad(word**2, (1, 0)))
        start = np.argmax(energy[SAMPLE_RATE:] - energy[:-SAMPLE_RATE])
        word = word[start : start + SAMPLE_RATE]
    return word


SHIPPED = {  # what each shipped network is fed
    "spectrogram_cnn": functools.partial(spectrogram_input, dynamic_range=50),
    "sample_cnn": functools.partial(waveform_input, emphasis=0),
}


@functools.cache
def _shipped(network):
    start_tensorflow()
    import keras

    return keras.models.load_model(MODELS / f"{network}.keras")


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


def plot_history(history):
    """Draw loss and accuracy by epoch, of a DataFrame as train() gives it. From notebook 03."""
    figure, panels = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
    for panel, name in zip(panels, ["loss", "accuracy"], strict=True):
        panel.plot(history.index + 1, history[name], label="training")
        panel.plot(history.index + 1, history[f"val_{name}"], "--", label="validation")
        panel.set(xlabel="epoch", ylabel=name)
    panels[0].legend()
    panels[1].set_ylim(0, 1)
    return figure


def plot_confusion(digits, predicted):
    """Draw a confusion matrix: counts, and the share of each spoken digit. From notebook 03."""
    counts = pd.crosstab(digits, predicted).reindex(range(10), columns=range(10), fill_value=0)
    percent = 100 * counts.div(counts.sum(axis=1), axis=0)
    texts = counts.astype(str) + "\n" + percent.round().astype(int).astype(str) + " %"
    texts = texts.where(counts > 0, "")
    figure, axes = plt.subplots(figsize=(7.5, 6), layout="constrained")
    bar = {"label": "share of the spoken digit (%)"}
    sns.heatmap(percent, annot=texts, fmt="", annot_kws={"size": 8}, cmap="cividis", cbar_kws=bar)
    axes.set(xlabel="recognised digit", ylabel="spoken digit")
    return figure


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
