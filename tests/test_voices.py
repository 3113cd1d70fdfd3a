"""The people's clips in facts, and how well each person is understood."""

import numpy as np
import pandas as pd
import pytest

from spoken_digits import material, voices
from spoken_digits.audio import SAMPLE_RATE
from spoken_digits.dataset import NONE
from spoken_digits.records import keep
from spoken_digits.runs import Experiment

EXPERIMENT = Experiment("any", "open_set", "people", "people", "", 0)
TIME = np.arange(SAMPLE_RATE // 2) / SAMPLE_RATE


def buzz(frequency):
    """A tone with overtones, as a voice has them."""
    waves = [np.sin(2 * np.pi * frequency * n * TIME) / n for n in range(1, 8)]
    return (0.1 * sum(waves)).astype(np.float32)


@pytest.mark.parametrize("frequency", [90, 140, 220, 330])
def test_the_pitch_is_that_of_the_voice(frequency):
    assert voices.pitch(buzz(frequency)) == pytest.approx(frequency, rel=0.03)


def test_noise_has_no_pitch():
    assert np.isnan(voices.pitch(0.1 * np.random.default_rng(0).normal(size=4000)))


def test_facts_are_one_row_a_clip_and_one_pitch_a_person(monkeypatch):
    def heard(part):
        clips = {"name": [f"one/{part}_nohash_{take}.wav" for take in (0, 1, 2)]}
        waves = [buzz(100), buzz(110), buzz(200)]
        return [pd.DataFrame(clips).assign(waveform=waves, speaker=part, part=part, path="a.wav")]

    monkeypatch.setattr(voices, "people_and_words", heard)
    monkeypatch.setattr(voices, "marks", lambda path: "level")
    facts = voices.people_facts()
    assert facts["name"].tolist() == sorted(facts["name"])
    assert facts["pitch_hz"].between(107, 113).all()
    assert (facts["seconds"] == 0.5).all()
    assert facts["part"].value_counts().to_dict() == {"training": 3, "validation": 3, "test": 3}


def test_what_was_answered_stands_beside_the_facts(tmp_path):
    names = ["seven/0a_nohash_0.wav", "tree/0a_nohash_0.wav", "hiss/3"]
    said = np.full((3, 11), 0.01, "f4")
    said[0, 7], said[1, 3], said[2, NONE] = 0.9, 0.8, 0.9
    kept = {"asked_clips": np.array(names), "asked_probabilities": said}
    keep(EXPERIMENT, kept | {"asked_energies": np.array([3, 2, 1], "f4")}, tmp_path)
    facts = {"name": names[:2], "part": "test", "seconds": 0.4, "pitch_hz": 200, "marks": ""}
    pd.DataFrame(facts).to_csv(tmp_path / "people.csv", index=False)
    table = voices.people_answers(EXPERIMENT, results=tmp_path)
    assert table["digit"].tolist() == [7, NONE, NONE]
    assert table["word"].tolist() == ["seven", "tree", "hiss"]
    assert table["said"].tolist()[:2] == [7, 3]
    assert table["speaker"].tolist()[:2] == ["0a", "0a"]
    assert table["energy"].tolist() == [3, 2, 1]
    assert table["pitch_hz"].tolist()[:2] == [200, 200]
    np.testing.assert_allclose(table[range(10)].sum(axis=1), [0.99, 0.89, 0.1], rtol=1e-5)
    nothing = {"asked_probabilities": np.zeros((3, 10), "f4")}  # a recogniser that found no digit
    keep(EXPERIMENT, kept | nothing | {"asked_energies": np.full(3, np.nan, "f4")}, tmp_path)
    table = voices.people_answers(EXPERIMENT, results=tmp_path)
    assert table["said"].tolist() == [NONE] * 3


def test_a_person_counts_once_however_often_they_speak():
    right = [True] * 8 + [False, True, False]
    speakers = ["a"] * 8 + ["b"] + ["c"] * 2
    found = voices.by_person(right, speakers)
    assert found["share"] == pytest.approx((1 + 0 + 0.5) / 3)
    assert found["from"] < 0.5 < found["to"]


def test_the_recorded_facts_are_those_of_all_registered_clips():
    facts = voices.load_people_facts()
    assert len(facts) == 3119
    assert facts["name"].is_unique
    assert facts["pitch_hz"].dropna().between(60, 500).all()


def test_the_recorded_facts_are_still_found(people):
    facts = voices.load_people_facts().set_index("name")
    heard = material.as_heard("people", "validation").sample(20, random_state=0)
    for clip in heard.itertuples():
        assert facts.loc[clip.name, "seconds"] == round(clip.waveform.size / SAMPLE_RATE, 3)
        assert facts.loc[clip.name, "marks"] == voices.marks(clip.path)
