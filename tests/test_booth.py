"""The booth without a browser: which digit it asks for, what it keeps, repeats and deletes."""

import errno
import os
import re

import numpy as np
import pytest

from page_recordings import RECORDINGS
from spoken_digits import takes
from spoken_digits.audio import SAMPLE_RATE
from spoken_digits.booth import Booth
from spoken_digits.dataset import load_recordings

GOOD, LOUD = (RECORDINGS[name].astype("<f4").tobytes() for name in ("good", "clipped"))


class Visitor:
    """Somebody in the booth: speaks, presses buttons, reads."""

    def __init__(self, booth, name="Anna"):
        self.booth, self.fields = booth, {"name": name}
        self.page = self.ask({"kind": "hello"})

    def ask(self, message, *contents):
        self.page = self.booth.respond({**message, "fields": self.fields}, contents)
        return self.page

    def speak(self, sound=GOOD):
        take = {"kind": "take", "sample_rate": SAMPLE_RATE, "ticket": self.page["ticket"]}
        return self.ask(take, sound)

    def press(self, what):
        return self.ask({"kind": "press", "what": what})

    @property
    def words(self):
        """The text of the page."""
        page = re.sub(r'src="[^"]*"', "", self.page["above"] + self.page["below"])
        return " ".join(re.sub("<[^>]*>", " ", page).split())

    def names(self):
        return sorted(path.name for path in self.booth.folder.rglob("*"))


@pytest.fixture
def anna(tmp_path):
    return Visitor(Booth(tmp_path / "mine"))


def test_it_asks_in_words_and_counts(anna):
    assert "Say: zero (in English) 1 of 20" in anna.words
    for _ in range(3):
        anna.speak()
    assert "Say: three (in English) 4 of 20" in anna.words
    assert anna.names() == ["0_anna_0.wav", "1_anna_0.wav", "2_anna_0.wav"]


def test_twenty_takes_one_said_again_one_deleted(anna):
    for _ in range(20):
        anna.speak()
    assert "20 takes are there: enough to teach a network" in anna.words
    assert "Say: zero (in English)" in anna.words
    folder = anna.booth.folder
    anna.press(f"again {folder / '3_anna_1.wav'}")
    assert "Say once more: three (in English)" in anna.words
    assert len(anna.names()) == 20  # the old one stays until there is a new one
    anna.speak()
    anna.press(f"delete {folder / '5_anna_0.wav'}")
    assert "Say: five (in English)" in anna.words
    assert "20 of 20" in anna.words
    rest = {f"{digit}_anna_{take}.wav" for digit in range(10) for take in range(2)}
    assert set(anna.names()) == rest - {"3_anna_1.wav", "5_anna_0.wav"} | {"3_anna_2.wav"}
    assert len(load_recordings(folder)) == 19


def test_a_take_with_an_alarm_asks(anna):
    anna.speak(LOUD)
    assert anna.names() == []
    assert "Not kept yet: Too loud for the microphone" in anna.words
    assert anna.page["ticket"] == 0
    anna.speak(LOUD)
    anna.press("keep")
    assert anna.names() == ["0_anna_0.wav"]
    assert anna.page["ticket"] == 1


def test_a_take_with_an_alarm_is_dropped_or_recorded_again(anna):
    anna.speak(LOUD)
    anna.press("drop")
    anna.press("keep")
    assert anna.names() == []
    anna.speak(LOUD)
    anna.speak()
    anna.press("keep")
    assert anna.names() == ["0_anna_0.wav"]


def test_a_take_can_be_seen_and_heard(anna):
    anna.speak()
    anna.speak()
    below = anna.press(f"show {anna.booth.folder / '0_anna_0.wav'}")["below"]
    assert "Stored: 0_anna_0.wav" in below
    assert below.count("<audio") == below.count("<img") == 1


def test_the_take_is_of_the_digit_that_the_page_asked_for(anna):
    anna.speak()
    anna.ask({"kind": "take", "sample_rate": SAMPLE_RATE, "ticket": 0}, GOOD)
    assert anna.names() == ["0_anna_0.wav", "0_anna_1.wav"]


def test_another_day_and_another_booth_go_on(anna):
    anna.speak()
    again = Visitor(Booth(anna.booth.folder), "ANNA")
    assert "2 of 20" in again.words
    other = Visitor(Booth(anna.booth.folder), "Ben")
    assert "1 of 20" in other.words


def test_only_takes_of_the_list_are_deleted(anna, tmp_path):
    anna.speak()
    other = tmp_path / "other.txt"
    other.write_text("mine")
    anna.press(f"delete {other}")
    anna.press(f"delete {anna.booth.folder / '..' / 'other.txt'}")
    assert other.read_text() == "mine"


def test_silence_is_a_sentence_and_no_take(anna):
    anna.speak(np.zeros(8000, "<f4").tobytes())
    assert "The take is silent: check the microphone and record it again." in anna.words
    assert anna.names() == []


def test_a_full_disk_is_a_sentence_and_the_take_is_not_lost(anna, monkeypatch):
    def fail(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as full:
        full.setattr(takes.os, "fsync", fail)
        anna.speak()
        assert "The take was not stored in the folder mine: the disk is full." in anna.words
        assert anna.names() == []
    anna.press("keep")
    assert anna.names() == ["0_anna_0.wav"]


def test_what_is_typed_is_text(tmp_path):
    visitor = Visitor(Booth(tmp_path), '"><script>')
    assert "<script>" not in visitor.page["above"]
    assert 'value="&quot;&gt;&lt;script&gt;"' in visitor.page["above"]
