"""What several tests share: the corpora, each loaded once, and single words of FSDD."""

import os

import numpy as np
import pytest

import helpers
from spoken_digits import fetching
from spoken_digits.audio import HOP, SAMPLE_RATE, find_words, frame_levels
from spoken_digits.dataset import load_recordings

WORDS = ["7_jackson_3", "3_lucas_7", "0_george_11", "9_nicolas_20", "8_yweweler_5", "6_lucas_9"]


@pytest.fixture(scope="session")
def fsdd():
    """The 3,000 clips of the Free Spoken Digit Dataset, where they are at hand."""
    if not os.environ.get("FSDD_ARCHIVE") and fetching.missing_recordings():
        pytest.skip("FSDD is not in recordings/, and FSDD_ARCHIVE is not set")
    return load_recordings("fsdd")


@pytest.fixture(scope="session")
def synthetic():
    """The 3,000 committed clips of eSpeak NG voices."""
    return load_recordings("synthetic")


@pytest.fixture(params=["fsdd", "synthetic"])
def corpus(request):
    """Each of the two corpora, where it is at hand."""
    return request.getfixturevalue(request.param)


@pytest.fixture(params=WORDS)
def word(request, fsdd):
    """A real digit, at one loudness, without offset."""
    waveform = fsdd.loc[fsdd["path"].str.endswith(f"{request.param}.wav"), "waveform"].item()
    ((first, end),) = find_words(frame_levels(waveform))
    waveform = waveform[first * HOP : end * HOP] - waveform.mean(dtype=float)
    return 0.4 * waveform / np.abs(waveform).max()


@pytest.fixture
def quiet():
    """Half a second of a quiet room."""
    return 0.0005 * np.random.default_rng(0).standard_normal(SAMPLE_RATE // 2)


@pytest.fixture(autouse=True)
def _corpus_of_claims(monkeypatch):
    """No test decides for the next whether claims are checked."""
    monkeypatch.setattr(helpers, "_corpus", helpers._corpus)
