"""Recognisers off the shelf: what they are fed, what they find, and what they cannot learn."""

import sys

import numpy as np
import pytest

from spoken_digits import off_the_shelf, recipe, recipes
from spoken_digits.audio import SAMPLE_RATE
from spoken_digits.dataset import DIGIT_WORDS

INPUTS = [(off_the_shelf.telephone_input, 1, 0.1), (off_the_shelf.wideband_input, 2, 0.2)]


@pytest.fixture(scope="module")
def recogniser():
    return off_the_shelf.SoundSwallower()


@pytest.fixture(scope="module")
def some(synthetic):
    """Three clips of each digit, by three voices."""
    return synthetic.groupby("digit").sample(3, random_state=0)


def test_its_grammar_holds_the_ten_digits_and_no_other_word():
    rule = off_the_shelf.GRAMMAR.split("=")[1].strip(" ;")
    assert rule.split(" | ") == DIGIT_WORDS


# --- What it is fed ---


@pytest.mark.parametrize(("feed", "times", "padding"), INPUTS)
def test_a_clip_keeps_its_length_with_padding_on_either_side(feed, times, padding):
    waves = [np.sin(np.arange(samples, dtype="f4")) for samples in (800, 4000)]
    for wave, given in zip(waves, feed(waves), strict=True):
        assert given.dtype == np.dtype("<i2")
        assert given.size == times * (wave.size + 2 * round(padding * SAMPLE_RATE))
        edge, loud = given[: times * 400], abs(given).max()
        assert 0 < edge.std() < 0.02 * loud  # a soft hiss, and no digital silence


@pytest.mark.parametrize(
    ("feed", "peak", "hiss"),
    [(off_the_shelf.telephone_input, 0.5, 0.001), (off_the_shelf.wideband_input, 0.1, 0.0005)],
)
def test_level_and_hiss_are_those_that_were_tuned(feed, peak, hiss):
    (given,) = feed([np.sin(np.arange(4000, dtype="f4"))])
    assert abs(given).max() / 32767 == pytest.approx(peak, rel=0.1)
    assert given[:600].std() / 32767 == pytest.approx(hiss, rel=0.2)


@pytest.mark.parametrize(("feed", "times", "padding"), INPUTS)
def test_neither_level_nor_offset_decides_what_it_is_fed(feed, times, padding, some):
    wave = some["waveform"].iloc[0]
    one, other = feed([wave]), feed([wave / 50 + 0.2])
    assert abs(one[0].astype(int) - other[0]).max() <= 2
    assert 0.05 < abs(one[0]).max() / 32767 < 0.6


def test_twice_the_sample_rate_is_the_same_sound():
    wave = np.sin(2 * np.pi * 500 * np.arange(4000) / SAMPLE_RATE).astype("f4")
    given = off_the_shelf.to_16_bit(wave, peak=0.5, hiss=0, padding=0, times=2)
    expected = 32767 * 0.5 * np.sin(2 * np.pi * 500 * np.arange(8000) / (2 * SAMPLE_RATE))
    np.testing.assert_allclose(given[500:-500], expected[500:-500], atol=50)


# --- What it answers ---


def test_most_digits_are_found_and_learning_changes_nothing(recogniser, some):
    x = off_the_shelf.telephone_input(some["waveform"])
    said = recogniser.predict_proba(x)
    assert said.shape == (30, 10)
    assert said.dtype == np.float32
    assert set(said.sum(axis=1)) <= {0, 1}
    right = said.argmax(axis=1) == some["digit"]
    assert right.mean() >= 0.7
    assert recogniser.fit(x, some["digit"][::-1]) is recogniser
    np.testing.assert_array_equal(recogniser.predict_proba(x), said)
    # No clip changes what is found in another.
    np.testing.assert_array_equal(recogniser.predict_proba(x[::-1]), said[::-1])


def test_where_nothing_is_found_all_ten_are_zero(recogniser, monkeypatch):
    found = iter(["seven", None, "zero"])
    monkeypatch.setattr(type(recogniser), "listen", lambda self, samples: next(found))
    said = recogniser.predict_proba([0, 1, 2])
    np.testing.assert_array_equal(said[[0, 2]], np.eye(10)[[7, 0]])
    assert not said[1].any()


def test_in_no_sound_at_all_nothing_is_found(recogniser):
    assert recogniser.listen(np.zeros(10, "<i2")) is None


def test_its_numbers_are_counted(recogniser):
    # 42 phones x 128 Gaussians in 39 dimensions, twice; 5,126 states x 3 x 128 weights; 42 x 12.
    assert recogniser.count_params() == 2 * 42 * 128 * 39 + 5126 * 3 * 128 + 42 * 12


def test_one_that_is_not_installed_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "pocketsphinx", None)
    model = recipe.build(recipes.RECIPES["pocketsphinx", "baseline"])
    with pytest.raises(ImportError, match="pocketsphinx"):
        model.predict_proba([np.zeros(800, "<i2")])


def test_the_other_one_finds_digits_where_it_is_installed(some):
    pytest.importorskip("pocketsphinx")
    model = off_the_shelf.PocketSphinx()
    said = model.predict_proba(off_the_shelf.wideband_input(some["waveform"]))
    assert (said.argmax(axis=1) == some["digit"]).mean() >= 0.6
    assert model.count_params() == off_the_shelf.SoundSwallower().count_params()
