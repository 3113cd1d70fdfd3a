"""What several tests share: the corpora, each loaded once, and single words of FSDD."""

import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

import helpers
from spoken_digits import fetching
from spoken_digits.audio import SAMPLE_RATE
from spoken_digits.dataset import load_recordings
from spoken_digits.detection import HOP, find_words, frame_levels

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


@pytest.fixture(scope="session")
def people():
    """The 2,273 digits that the people of Speech Commands say, where they are at hand."""
    if not os.environ.get("SPEECH_COMMANDS_ARCHIVE") and fetching.missing_recordings("people"):
        pytest.skip("people are not in recordings/people, and SPEECH_COMMANDS_ARCHIVE is not set")
    fetching.fetch_recordings("people")
    return load_recordings("people")


@pytest.fixture(scope="session")
def other_words(people):
    """The 846 other words of theirs."""
    return load_recordings("other_words")


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


@pytest.fixture
def serve():
    """A function that starts a server and returns it; `.url` and `.requests` say the rest."""
    servers = []

    def start(reply):
        def do_get(request):
            server.requests += 1
            reply(request)

        methods = {"do_GET": do_get, "log_message": lambda *_: None}
        handler = type("Handler", (BaseHTTPRequestHandler,), methods)
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.requests = 0
        server.handle_error = lambda *_: None  # a client that is gone
        server.url = f"http://127.0.0.1:{server.server_port}/v1.0.10.tar.gz"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def _corpus_of_claims(monkeypatch):
    """No test decides for the next whether claims are checked."""
    monkeypatch.setattr(helpers, "_corpus", helpers._corpus)
