"""Which clips a network learns from, which it is watched on, and which it is asked."""

import functools
from pathlib import Path

import pandas as pd
from sklearn.model_selection import train_test_split

from .dataset import CLASSIC, UNHEARD_WORDS, load_recordings, official_split, speaker_split
from .detection import cut_to_word
from .sounds import TEST_SOUNDS, sounds_for_tests


def load_corpus(corpus):
    """A corpus of load_recordings(), or "classic": the first edition, three speakers."""
    if corpus != "classic":
        return load_recordings(corpus)
    clips = load_recordings("fsdd")
    return clips[clips["speaker"].isin(CLASSIC)]


def split(clips, experiment):
    """Split clips as the experiment says. Returns train, validation, test.

    "random" draws a tenth of the clips for the test, and as many for validation. "speaker_refit" is
    for when all is chosen: then the validation speaker need not be kept out of training any more.
    "people" trains on FSDD's training takes, and tests on the people of the part for that.
    """
    if experiment.split == "people":
        train, _, _ = official_split(load_recordings("fsdd"))
        return train, as_heard("people", "validation"), as_heard("people", "test")
    if experiment.split == "official":
        return official_split(clips)
    if experiment.split == "speaker":
        return speaker_split(clips, experiment.held_out)
    if experiment.split == "speaker_refit":
        train, validation, test = speaker_split(clips, experiment.held_out)
        return pd.concat([train, validation]), validation, test
    tenth = len(clips) // 10
    rest, test = train_test_split(clips, test_size=tenth, random_state=experiment.seed)
    train, validation = train_test_split(rest, test_size=tenth, random_state=experiment.seed)
    return train, validation, test


def training_clips(train, recipe, experiment):
    """The clips that a recipe trains on: some of them alone, or with others that it names.

    Those are the synthetic voices, people's digits of their training part, and what is none of the
    ten: other words and sounds by machine, and with people their other words.
    """
    if recipe.clips_per_digit:
        train = train.groupby("digit").sample(recipe.clips_per_digit, random_state=experiment.seed)
    more, seed = [], experiment.seed
    if recipe.synthetic and experiment.corpus != "synthetic":  # there, they would know the test
        more.append(load_recordings("synthetic"))
    if recipe.people:
        more += [
            clips.sample(min(recipe.people, len(clips)), random_state=seed)
            for _, clips in as_heard("people", "training").groupby("digit")
        ]
    if recipe.others:
        more.append(load_recordings("others").sample(recipe.others, random_state=seed))
    if recipe.people and recipe.others:
        words = as_heard("other_words", "training")
        more.append(words[~words["word"].isin(UNHEARD_WORDS)])
    return pd.concat([train, *more])


def corpora_beside(recipe, experiment):
    """The corpora beside FSDD that somebody must first fetch or make for an experiment, a set."""
    needed = {"others"} if recipe.others else set()
    if recipe.people or recipe.chosen_by_people or experiment.corpus == "people":
        needed.add("people")
    return needed


@functools.cache
def as_heard(corpus, part):
    """A part of "people" or "other_words": training, validation or test, each clip trimmed.

    The test part is for a network that is done. Returns a DataFrame as load_recordings() does.
    """
    clips = load_recordings(corpus)
    clips = clips[clips["part"] == part]
    return clips.assign(
        name=["/".join(Path(path).parts[-2:]) for path in clips["path"]],
        waveform=[cut_to_word(waveform) for waveform in clips["waveform"]],
    )


def people_and_words(part):
    """A part of the people's digits and of their other words, as heard: two DataFrames."""
    return [as_heard(corpus, part) for corpus in ("people", "other_words")]


def sound_clips():
    """50 sounds of each kind, as heard: a DataFrame with name and waveform."""
    return pd.DataFrame(
        [
            {"name": f"{kind}/{place}", "waveform": cut_to_word(waveform)}
            for kind in TEST_SOUNDS
            for place, waveform in enumerate(sounds_for_tests(kind))
        ]
    )
