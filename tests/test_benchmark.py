"""How long the everyday path takes: beside the obvious loop, or a spectrogram, as a ratio.

Both run in turn in one process, and the fastest of several rounds counts: so a ratio hardly depends
on the machine, nor on what else it does.
"""

import time

import librosa
import numpy as np
import pytest
import soundfile

from spoken_digits.audio import SAMPLE_RATE
from spoken_digits.dataset import load_recordings
from spoken_digits.diagnosis import diagnose
from spoken_digits.features import pad_or_cut, spectrogram, spectrogram_input
from spoken_digits.recognition import answer, ask

FRAMES = {"sr": SAMPLE_RATE, "n_fft": 256, "hop_length": 80, "n_mels": 40, "center": False}
ROUNDS = {"rounds": 2, "iterations": 1, "warmup_rounds": 1}


@pytest.fixture(scope="module")
def corpus(request):
    """FSDD where it is at hand, else the synthetic voices: 3,000 clips either way."""
    try:
        return request.getfixturevalue("fsdd")
    except pytest.skip.Exception:
        return request.getfixturevalue("synthetic")


@pytest.fixture
def beside(benchmark, capsys):
    """A function that prints how many times faster the benchmarked code was than another."""

    def compare(name, seconds):
        ratio = seconds / benchmark.stats["min"]
        benchmark.extra_info["ratio"] = ratio
        with capsys.disabled():
            print(f"\n{name}: {benchmark.stats['min']:.2f} s, librosa {ratio:.1f} times that")

    return compare


def test_load(benchmark, beside, corpus):
    name = corpus.attrs["corpus"]
    clips = benchmark.pedantic(load_recordings, args=(name,), **ROUNDS)
    librosa.load(corpus["path"][0], sr=8000)  # its own start-up is not counted
    start = time.perf_counter()
    loaded = [librosa.load(path, sr=8000)[0] for path in corpus["path"]]
    beside(f"3,000 clips ({name})", time.perf_counter() - start)
    assert len(clips) == len(loaded) == 3000
    assert all(map(np.allclose, clips["waveform"], loaded))


def test_spectrograms(benchmark, beside, corpus):
    length = int(np.percentile(corpus["waveform"].str.len(), 95))
    padded = pad_or_cut(corpus["waveform"], length)
    decibels = benchmark.pedantic(lambda: spectrogram(padded)[2], **ROUNDS)

    def obvious(waveform):
        stft = librosa.stft(waveform, n_fft=256, hop_length=64, center=False)
        return librosa.amplitude_to_db(np.abs(stft))

    obvious(padded[0])
    start = time.perf_counter()
    images = [obvious(waveform) for waveform in padded]
    beside("3,000 spectrograms", time.perf_counter() - start)
    assert decibels.shape == (3000, 129, (length - 256) // 64 + 1) == np.shape(images)


def fastest(rounds, *functions):
    """The fewest seconds that each function took, when all of them run in turn."""
    seconds = [[] for _ in functions]
    for _ in range(rounds):
        for function, times in zip(functions, seconds, strict=True):
            start = time.perf_counter()
            function()
            times.append(time.perf_counter() - start)
    return [min(times) for times in seconds]


@pytest.fixture
def tell(capsys):
    """A function that prints a line whatever pytest captures."""

    def say(line):
        with capsys.disabled():
            print(f"\n{line}")

    return say


def test_loading_with_every_check_takes_hardly_longer_than_a_loop_without(corpus, tell):
    name = corpus.attrs["corpus"]
    ours, loop = fastest(
        5, lambda: load_recordings(name), lambda: [soundfile.read(path) for path in corpus["path"]]
    )
    tell(f"loading: {ours:.2f} s, {ours / loop:.2f} times a loop with soundfile")
    assert ours <= 1.2 * loop


def test_spectrograms_of_a_corpus_take_at_most_half_of_a_loop_with_librosa(corpus, tell):
    waveforms = corpus["waveform"]

    def loop():
        for waveform in waveforms:
            power = librosa.feature.melspectrogram(y=waveform, **FRAMES)
            librosa.power_to_db(power, ref=np.max, top_db=60)

    ours, librosas = fastest(4, lambda: spectrogram_input(waveforms), loop)
    tell(f"spectrograms: {ours:.2f} s, {ours / librosas:.2f} times a loop with librosa")
    assert ours <= 0.5 * librosas


def test_one_clip_is_answered_at_once(corpus, tell):
    """The aims are 2 and 15 ms, where a machine trains 900 clips a second and nothing else runs.

    Others are slower, or busy: so the limits are in times of a spectrogram by librosa, taken in
    turn. They leave room for the network's own threads, which wait for each other there.
    """
    waveform = corpus["waveform"].iloc[7]

    def probabilities():
        return ask(waveform, "spectrogram_cnn")

    def whole():
        return diagnose(waveform), answer(waveform)

    def librosas():
        return librosa.power_to_db(librosa.feature.melspectrogram(y=waveform, **FRAMES))

    warm_up = sum(fastest(1, probabilities, whole, librosas))
    alone, image = fastest(300, probabilities, librosas)
    (together,) = fastest(100, whole)
    tell(
        f"one clip: {1000 * alone:.1f} ms from waveform to probabilities, {1000 * together:.1f} ms "
        f"with finding the word, diagnosis and both networks, after a warm-up of {warm_up:.1f} s; "
        f"{alone / image:.1f} and {together / image:.1f} times a spectrogram by librosa"
    )
    assert alone < 8 * image
    assert together < 40 * image
