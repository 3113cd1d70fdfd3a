"""The people's clips in facts, and how well each person is understood.

What the clips are like is in `results/people.csv`, so that a page can tell without the clips.
"""

import numpy as np
import pandas as pd

from .audio import SAMPLE_RATE
from .dataset import DIGIT_WORDS, NONE
from .diagnosis import diagnose
from .intervals import t_interval
from .material import people_and_words
from .records import RESULTS, load_predictions
from .runs import Experiment, named


def pitch(waveform):
    """Median pitch of the voiced parts of a waveform, in Hz; NaN where there is none.

    Source: pYIN, Mauch and Dixon 2014, doi:10.1109/ICASSP.2014.6853678, as librosa has it.
    """
    import librosa  # slow to import

    padded = np.pad(waveform, 512)
    pitches, _, _ = librosa.pyin(padded, fmin=60, fmax=500, sr=SAMPLE_RATE, frame_length=512)
    return np.nan if np.isnan(pitches).all() else np.nanmedian(pitches)


def people_facts():
    """What the people's clips are like, a DataFrame, one row a clip.

    Columns: name, part ("training", "validation" or "test"), seconds (of what is heard), pitch_hz
    (the person's: the median of their clips) and marks (the checks of diagnose() that have advice,
    with spaces between).
    """
    clips = pd.concat(
        [clips for part in ("training", "validation", "test") for clips in people_and_words(part)]
    )
    clips["pitch_hz"] = [pitch(waveform) for waveform in clips["waveform"]]
    facts = pd.DataFrame(
        {
            "name": clips["name"],
            "part": clips["part"],
            "seconds": [waveform.size / SAMPLE_RATE for waveform in clips["waveform"]],
            "pitch_hz": clips.groupby("speaker")["pitch_hz"].transform("median"),
            "marks": [marks(path) for path in clips["path"]],
        }
    )
    return facts.sort_values("name").round(3)


def marks(path):
    """The checks of diagnose() that have advice for a recording, with spaces between."""
    return " ".join(finding.check for finding in diagnose(path) if finding.advice)


def load_people_facts(results=RESULTS):
    """people_facts() as recorded, a DataFrame."""
    return pd.read_csv(results / "people.csv", keep_default_na=False, na_values={"pitch_hz": ""})


def people_answers(experiment, asked="asked", results=RESULTS):
    """What a recorded network answered to people, a DataFrame, one row a clip.

    `asked` is "asked", the test part and sounds, or "choosing", the validation part. Columns: name,
    word, digit (NONE for another word, or a sound), speaker, 0 to 9 (their probabilities), energy,
    said (as named() has it), and what people_facts() tells. Of a sound, the word is its kind.
    """
    kept = load_predictions(experiment, results)
    table = pd.DataFrame(kept[f"{asked}_probabilities"][:, :10])
    names = pd.Series(kept[f"{asked}_clips"])
    word = names.str.split("/").str[0]
    table.insert(0, "name", names)
    table["word"], table["speaker"] = word, names.str.extract(r"/(\w+)_nohash")[0]
    table["digit"] = [DIGIT_WORDS.index(each) if each in DIGIT_WORDS else NONE for each in word]
    table["energy"] = kept[f"{asked}_energies"]
    table["said"] = named(table[range(10)].to_numpy())
    return table.merge(load_people_facts(results), on="name", how="left")


def said_to_people(runs, results=RESULTS):
    """How often each digit of the people's test part was heard rightly, and who said it.

    `runs` are rows of load_runs() for the split "people". Returns two Series (clips,): the share of
    the runs that were right, and the speaker.
    """
    rows = runs[list(Experiment._fields)].itertuples(index=False, name=None)
    tables = [people_answers(Experiment(*row), results=results) for row in rows]
    right = pd.concat([table["said"] == table["digit"] for table in tables], axis=1).mean(axis=1)
    is_digit = tables[0]["digit"] != NONE
    return right[is_digit], tables[0]["speaker"][is_digit]


def by_person(right, speakers):
    """The mean over people of each one's share of right answers: share, from, to.

    `right` (clips,) tells which answers are right, `speakers` (clips,) whose clip it is. The
    interval (t) counts a person once.
    """
    shares = pd.Series(np.asarray(right)).groupby(np.asarray(speakers)).mean()
    low, high = t_interval(shares)
    return {"share": shares.mean(), "from": low, "to": high}
