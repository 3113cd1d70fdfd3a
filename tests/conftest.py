"""What several tests share: the corpora, each loaded once."""

import os

import pytest

import helpers
from spoken_digits import fetching


@pytest.fixture(scope="session")
def fsdd():
    """The 3,000 clips of the Free Spoken Digit Dataset, where they are at hand."""
    if not os.environ.get("FSDD_ARCHIVE") and fetching.missing_recordings():
        pytest.skip("FSDD is not in recordings/, and FSDD_ARCHIVE is not set")
    return helpers.load_recordings("fsdd")


@pytest.fixture(scope="session")
def synthetic():
    """The 3,000 committed clips of eSpeak NG voices."""
    return helpers.load_recordings("synthetic")


@pytest.fixture(autouse=True)
def _corpus_of_claims(monkeypatch):
    """No test decides for the next whether claims are checked."""
    monkeypatch.setattr(helpers, "_corpus", "fsdd")
