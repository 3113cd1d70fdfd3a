"""Which clips a network learns from, and which it is asked: people and other words among them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from spoken_digits import material
from spoken_digits.dataset import NONE, UNHEARD_WORDS
from spoken_digits.recipe import Recipe
from spoken_digits.runs import Experiment
from spoken_digits.sounds import TEST_SOUNDS

RECIPE = Recipe(None, None)
EXPERIMENT = Experiment("any", "any", "fsdd", "speaker", "ben", 3)
WORDS = ["bird", "bed", "cat", "marvin", "yes"]


def rows(count, **columns):
    """So many clips of one sample each."""
    clips = pd.DataFrame({"path": [f"{place}.wav" for place in range(count)], **columns})
    return clips.assign(waveform=[np.array([place], "float32") for place in range(count)])


def digits_of(part):
    """Digit clips: twenty of 0, two of 1."""
    return rows(22, digit=[0] * 20 + [1] * 2, speaker="p", part=part)


def words_of(part):
    return rows(10, digit=NONE, word=WORDS * 2, speaker="w", part=part)


@pytest.fixture
def corpora(monkeypatch):
    """Small corpora in place of the real ones; which part of the people was asked for."""
    asked = []

    def as_heard(corpus, part):
        asked.append((corpus, part))
        return {"people": digits_of, "other_words": words_of}[corpus](part)

    others = rows(40, digit=NONE, word="hum", speaker="sound")
    monkeypatch.setattr(material, "as_heard", as_heard)
    monkeypatch.setattr(material, "load_recordings", {"others": others}.get)
    return asked


def clips_for(**settings):
    train = rows(5, digit=[0, 1, 2, 3, 4], speaker="anna")
    return material.training_clips(train, replace(RECIPE, **settings), EXPERIMENT)


def test_people_are_at_most_so_many_of_each_digit_and_from_their_training_part_alone(corpora):
    clips = clips_for(people=6)
    drawn = clips[clips["speaker"] == "p"]
    assert drawn["digit"].value_counts().to_dict() == {0: 6, 1: 2}
    assert drawn["path"].is_unique
    assert corpora == [("people", "training")]
    assert (clips["speaker"] == "anna").sum() == 5


def test_other_words_come_by_machine_and_with_people_from_people_too(corpora):
    clips = clips_for(others=30)
    assert (clips["digit"] == NONE).sum() == 30
    assert corpora == []
    clips = clips_for(others=30, people=2)
    words = clips[clips["speaker"] == "w"]
    assert (len(words), set(words["digit"])) == (6, {NONE})
    assert set(corpora) == {("people", "training"), ("other_words", "training")}


def test_some_words_are_kept_from_every_network(corpora):
    words = clips_for(others=1, people=5)["word"]
    assert {"bird", "cat", "yes"} <= set(words)
    assert not set(words) & set(UNHEARD_WORDS)


def test_the_seed_decides_the_draw(corpora):
    same, again = (clips_for(people=6, others=9)["path"].tolist() for _ in range(2))
    assert same == again
    train = rows(5, digit=0, speaker="anna")
    recipe = replace(RECIPE, people=6, others=9)
    other = material.training_clips(train, recipe, EXPERIMENT._replace(seed=4))
    assert other["path"].tolist() != same


def test_without_either_nothing_is_added(corpora):
    assert len(clips_for()) == 5
    assert corpora == []


def test_a_test_on_people_trains_on_fsdd_and_tests_on_their_test_part(corpora, monkeypatch):
    fsdd = rows(30, digit=0, take=list(range(10)) * 3, speaker="anna")
    monkeypatch.setattr(material, "load_recordings", {"fsdd": fsdd}.get)
    experiment = EXPERIMENT._replace(corpus="people", split="people", held_out="")
    train, validation, test = material.split(None, experiment)
    assert set(train["speaker"]) == {"anna"}
    assert train["take"].min() == 2
    assert (validation["part"] == "validation").all()
    assert (test["part"] == "test").all()


def test_people_are_heard_trimmed_and_by_their_part(people, other_words):
    heard = material.as_heard("people", "validation")
    assert len(heard) == (people["part"] == "validation").sum()
    assert heard["name"].str.fullmatch(r"[a-z]+/[0-9a-f]+_nohash_\d+\.wav").all()
    assert heard.attrs["corpus"] == "people"
    whole = people.set_index("path")["waveform"]
    shorter = heard["waveform"].map(len) < heard["path"].map(whole).map(len)
    assert shorter.mean() > 0.9
    assert (material.as_heard("other_words", "test")["digit"] == NONE).all()


def test_sounds_are_fifty_of_each_kind_and_have_names():
    sounds = material.sound_clips()
    kinds = sounds["name"].str.split("/").str[0]
    assert kinds.value_counts().to_dict() == dict.fromkeys(TEST_SOUNDS, 50)
    assert sounds["name"].is_unique


def test_an_experiment_names_the_corpora_that_it_needs_beside_fsdd():
    plain, people = RECIPE, EXPERIMENT._replace(corpus="people")
    assert material.corpora_beside(plain, EXPERIMENT) == set()
    assert material.corpora_beside(plain, people) == {"people"}
    assert material.corpora_beside(replace(plain, others=5), EXPERIMENT) == {"others"}
    assert material.corpora_beside(replace(plain, people=5), EXPERIMENT) == {"people"}
    assert material.corpora_beside(replace(plain, chosen_by_people=True), EXPERIMENT) == {"people"}
