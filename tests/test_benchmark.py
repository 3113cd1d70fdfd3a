"""How long loading and spectrograms take, beside the obvious loop: printed, never asserted."""

import time

import librosa
import numpy as np
import pytest

from spoken_digits.dataset import load_recordings
from spoken_digits.features import pad_or_cut, spectrogram

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
