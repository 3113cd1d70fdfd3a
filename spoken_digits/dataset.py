"""Loading a corpus, one row a clip, and splitting it."""

import numpy as np
import pandas as pd

from . import fetching, people
from .audio import SAMPLE_RATE, decode_clip, read_clip
from .folders import CLIP_NAME, clips_in_folder, read_all

CORPORA = ["auto", "fsdd", "synthetic", "people", "other_words", "others"]
SPEAKERS = ["george", "jackson", "lucas", "nicolas", "theo", "yweweler"]  # of FSDD
CLASSIC = ["jackson", "nicolas", "theo"]  # those of its first edition, 1,500 clips
DIGIT_WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
NONE = 10  # the eleventh answer: none of the ten digits
# Every third of the people's 25 other words, from the second by alphabet. No network is trained on
# them, by whomever they are said: they tell how a network does with words that it never heard.
UNHEARD_WORDS = ["bed", "dog", "forward", "house", "marvin", "on", "stop", "visual"]
OTHERS = 4136  # clips that recordings/make_others.py makes
SYNTHETIC_NOTICE = """
################################################################################
#                                                                              #
#    THESE ARE SYNTHETIC VOICES, not the people of the Free Spoken Digit       #
#    Dataset (FSDD). Claims about FSDD are shown but not checked.              #
#                                                                              #
################################################################################
Why: {reason}
To get the real voices: connect to the internet and run this again. Or download
{url}
on another computer and set the variable FSDD_ARCHIVE to the path of that file.
"""


def load_recordings(corpus="auto", skip_broken=False):
    """Load a corpus as a DataFrame, one row a clip, sorted by file name.

    `corpus` is "fsdd"; "synthetic" (the eSpeak NG voices in `recordings/synthetic`); "auto"
    (FSDD where it is or can be fetched, else synthetic, with a notice); "people" (the digits of
    the Speech Commands sample in `recordings/people`); "other_words" (the other words there);
    "others" (eSpeak NG's other words, broken digits and sounds, made for training); or the path of
    any folder of files named `{digit}_{speaker}_{take}`, with the ending wav, flac, mp3 or ogg, in
    sub-folders too, but not in hidden ones. `~` is the home.

    Columns: digit (int), speaker (str), take (int), seconds (float), path (str) and waveform. Of
    "people" and "other_words" also word (str) and part ("training", "validation" or "test": nobody
    is in two), of "others" word: "hero", "half-nine", "pair-two-six", "hum" (speaker "sound").
    The digit of what is none of the ten is NONE.
    `.attrs["corpus"]` tells which corpus it is. First used in notebook 01.

    Raises FetchError where "fsdd" cannot be had, or where nobody ran `make people`;
    FileNotFoundError for a folder without clips, and for "others" before they are all made;
    ClipError that names the clips that cannot be used, or with `skip_broken` a warning.
    """
    if corpus in ("people", "other_words"):
        return _load_people(corpus)
    if corpus == "others":
        return _load_others()
    contents = {}
    if corpus in ("auto", "fsdd"):
        try:
            folder = fetching.fetch_recordings(contents=contents)
            corpus, paths = "fsdd", [folder / name for name in fetching.registry()]
        except fetching.FetchError as reason:
            if corpus == "fsdd":
                raise
            print(SYNTHETIC_NOTICE.format(reason=reason, url=fetching.ARCHIVES["fsdd"].url))
            corpus = "synthetic"
    if corpus != "fsdd":
        contents = {}  # the same name is another recording there
        folder = fetching.RECORDINGS / "synthetic" if corpus == "synthetic" else corpus
        paths = clips_in_folder(folder, CORPORA)

    paths = sorted(paths, key=lambda path: (path.name, path))
    rows = read_all(paths, lambda path: _clip_row(path, contents.get(path.name)), skip_broken)
    clips = pd.DataFrame(rows)
    clips.attrs["corpus"] = str(corpus)
    return clips


def read_names(names):
    """What the names of files tell: a DataFrame with digit (int), speaker and take (int).

    Raises ValueError for a name that is not like 7_anna_0.wav.
    """
    return pd.DataFrame([_read_name(name) for name in names])


def _read_name(name):
    parts = CLIP_NAME.fullmatch(name)
    if parts is None:
        raise ValueError(f"{name} is not named like 7_anna_0.wav (digit_speaker_take.wav).")
    return {
        "digit": int(parts["digit"]),
        "speaker": parts["speaker"],
        "take": int(parts["take"]),
    }


def _clip_row(path, content):
    return {**_read_name(path.name), **_read_sound(path, content)}


def _read_sound(path, content=None):
    """What the sound tells, from the bytes of the file where they are at hand."""
    waveform = read_clip(path) if content is None else decode_clip(content, path)
    return {"seconds": waveform.size / SAMPLE_RATE, "path": str(path), "waveform": waveform}


def _load_people(corpus):
    table = people.registered_people()
    is_digit = table["word"].isin(DIGIT_WORDS)
    table = people.people_at_hand(table[is_digit if corpus == "people" else ~is_digit])
    folder = fetching.recordings_folder("people")
    rows = [
        {
            "digit": DIGIT_WORDS.index(clip.word) if clip.word in DIGIT_WORDS else NONE,
            "speaker": clip.speaker,
            "take": clip.take,
            **_read_sound(folder / clip.name),
            "word": clip.word,
            "part": clip.part,
        }
        for clip in table.itertuples()
    ]
    clips = pd.DataFrame(rows)
    clips.attrs["corpus"] = corpus
    return clips


def _load_others():
    folder = fetching.RECORDINGS / "others"
    paths = sorted(folder.glob("*.wav"))
    if len(paths) != OTHERS:
        raise FileNotFoundError(
            f"{folder} holds {len(paths)} clips of {OTHERS}: make them with "
            "`python recordings/make_others.py`, which needs espeak-ng."
        )
    rows = []
    for path in paths:
        word, speaker, take = path.stem.split("_")
        name = {"digit": NONE, "speaker": speaker, "take": int(take)}
        rows.append({**name, **_read_sound(path), "word": word})
    clips = pd.DataFrame(rows)
    clips.attrs["corpus"] = "others"
    return clips


def official_split(clips):
    """Split by take, as FSDD does: first tenth test, second tenth validation, rest training.

    For FSDD's 50 takes: 0-4, 5-9 and 10-49. Every speaker is in all three parts, so the test
    says nothing about new voices. Returns train, validation, test. Built up in notebook 01.
    Source: https://github.com/Jakobovski/free-spoken-digit-dataset#usage.
    """
    takes = np.unique(clips["take"])
    if takes.size < 3:
        raise ValueError(f"A split by take needs at least 3 takes, not {takes.size}.")
    tenth = max(1, takes.size // 10)
    is_test = clips["take"] < takes[tenth]
    is_train = clips["take"] >= takes[2 * tenth]
    return clips[is_train], clips[~is_train & ~is_test], clips[is_test]


def speaker_split(clips, held_out):
    """Split by speaker: test on `held_out`, validate on the next speaker, train on the others.

    "Next" is by alphabet, and the first follows the last, so that each speaker validates once
    where each is held out once. Returns train, validation, test. Built up in notebook 01.
    """
    speakers = sorted(clips["speaker"].unique())
    if held_out not in speakers or len(speakers) < 3:
        raise ValueError(f"A speaker split needs 3 speakers, {held_out!r} among them: {speakers}")
    validator = speakers[(speakers.index(held_out) + 1) % len(speakers)]
    is_test, is_validation = clips["speaker"] == held_out, clips["speaker"] == validator
    return clips[~is_test & ~is_validation], clips[is_validation], clips[is_test]
