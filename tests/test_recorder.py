"""The Record button as far as it goes without a browser: what it asks, what the page gets."""

import io
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile
from IPython.display import HTML

import spoken_digits.recorder
from spoken_digits.audio import ClipError
from spoken_digits.recorder import Recorder, wav_file

SOUND = 0.3 * np.sin(np.arange(4000) / 5).astype("<f4")
TAKE = {"kind": "take", "sample_rate": 44100, "ticket": None, "fields": {}, "from": 5}
FILES = {"kind": "files", "names": ["a.wav", "b.wav"], "fields": {}, "from": 5}
PAGE = Path(spoken_digits.recorder.__file__).with_name("recorder.js").read_text("utf-8")


@pytest.fixture
def ask(monkeypatch):
    """A function that acts as the browser: ask(recorder, message, *buffers) gives the answer."""
    sent = []
    monkeypatch.setattr(Recorder, "send", lambda _, content: sent.append(content))

    def ask(recorder, message, *buffers):
        before = len(sent)
        recorder._handle_custom_msg(message, [memoryview(bytes(buffer)) for buffer in buffers])
        assert len(sent) == before + 1  # whatever happens, the page gets one answer
        return sent[-1]

    return ask


def test_a_recording_becomes_a_wav_file_at_the_rate_of_the_microphone():
    samples, sample_rate = soundfile.read(io.BytesIO(wav_file(memoryview(SOUND.tobytes()), 44100)))
    assert sample_rate == 44100
    np.testing.assert_allclose(samples, SOUND, atol=1 / 32768)


def test_one_press_is_one_answer(ask):
    asked = []

    def answer(content, name):
        asked.append((content, name))
        return HTML("<p>seven</p>")

    page = ask(Recorder(answer), TAKE, SOUND.tobytes())
    assert page == {"page": {"below": "<p>seven</p>"}, "to": 5}
    assert asked == [(wav_file(SOUND.tobytes(), 44100), "Your recording")]


def test_files_are_answered_one_below_the_other_and_a_bad_one_gets_its_sentence(ask):
    def answer(content, name):
        if content == b"bad":
            raise ClipError(f"{name} is <bad>.")
        return HTML(f"<p>{name} is good</p>")

    below = ask(Recorder(answer), FILES, b"bad", b"good")["page"]["below"]
    assert below == '<p class="told" role="alert">a.wav is &lt;bad&gt;.</p><p>b.wav is good</p>'


def test_an_error_reaches_the_page(ask):
    def answer(_, __):
        raise KeyError("what")

    page = ask(Recorder(answer), TAKE, SOUND.tobytes())["page"]["below"]
    assert "The answer failed. KeyError: &#x27;what&#x27;" in page
    assert "Traceback" in page


def test_an_error_of_the_recorder_itself_reaches_the_page(ask):
    page = ask(Recorder(lambda content, name: HTML("")), TAKE, b"odd")["page"]["below"]
    assert "The answer failed. ValueError" in page


def test_an_interrupted_answer_does_not_leave_the_page_waiting(ask, monkeypatch):
    sent = []
    monkeypatch.setattr(Recorder, "send", lambda _, content: sent.append(content))

    def answer(_, __):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Recorder(answer)._handle(None, TAKE, [SOUND.tobytes()])
    assert sent == [{"page": {}, "to": 5}]


def test_an_example_is_one_press(ask, tmp_path):
    (tmp_path / "7_anna_0.wav").write_bytes(b"content")
    names = []
    examples = {"A <voice>": tmp_path / "7_anna_0.wav"}
    recorder = Recorder(lambda *recording: names.append(recording) or HTML("seven"), examples)
    hello = ask(recorder, {"kind": "hello", "fields": {}, "from": None})
    assert 'data-press="A &lt;voice&gt;"' in hello["page"]["above"]
    ask(recorder, {"kind": "press", "what": "A <voice>", "fields": {}, "from": 5})
    assert names == [(b"content", "7_anna_0.wav")]


def test_after_a_reload_the_last_answer_is_there(ask):
    recorder = Recorder(lambda content, name: HTML("<p>seven</p>"))
    ask(recorder, TAKE, SOUND.tobytes())
    page = ask(recorder, {"kind": "hello", "fields": {}, "from": None})
    assert page == {"page": {"above": "", "below": "<p>seven</p>"}, "to": None}


def test_no_sound_is_in_the_state_that_jupyterlab_may_save(ask):
    recorder = Recorder(lambda content, name: HTML("data:audio/wav;base64,UklGR"))
    before = recorder.get_state()
    ask(recorder, TAKE, SOUND.tobytes())
    assert recorder.get_state() == before
    assert {"seconds", "upload"} <= set(before)
    assert not [value for value in before.values() if isinstance(value, bytes | memoryview)]


def test_the_page_sets_nothing_and_reads_what_the_recorder_has():
    assert not re.findall(r"model\.(?:set|save_changes)", PAGE)
    names = set(re.findall(r'model\.get\("(\w+)"', PAGE))
    assert names == {"seconds", "upload"}
    assert all(Recorder(None).trait_metadata(name, "sync") for name in names)


def own_answer(content, name):
    return HTML("")


def test_where_no_button_is_drawn_it_is_told_which_cells_to_run():
    assert repr(Recorder(own_answer)) == "Run this cell to see the Record button."
    own_answer.__module__ = "__main__"  # as in a notebook
    words = "Run this cell and those above it to see the Record button."
    assert repr(Recorder(own_answer)) == words
