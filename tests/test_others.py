"""What is none of the ten digits: what the script makes, and loading it."""

import re
import shutil
import subprocess
from collections import Counter

import numpy as np
import pytest
import soundfile

import make_others
from make_synthetic import VOICES, WORDS
from other_sounds import SOUNDS
from spoken_digits import dataset, fetching

JOBS = make_others.jobs()
SPOKEN = ["won't_newyorkalex_0", "good-morning_usf1_0", "tree_gbf2_0", "hate_rpm8_0"]
CUT = [name for name in JOBS if name.startswith(("half-", "pair-"))]
SOUND_CLIPS = [name for name in JOBS if "_sound_" in name]


@pytest.fixture
def espeak():
    if not shutil.which("espeak-ng"):
        pytest.skip("espeak-ng is not installed")


def kind(clip_name):
    word, voice, _ = clip_name.split("_")
    if voice == "sound":
        return "sound"
    return word.partition("-")[0] if word.startswith(("half-", "pair-")) else "word"


def pronounced(voice, words):
    """eSpeak NG's phonemes of each word: without stress, length and the dental mark.

    It has two signs for the vowel of "four" and "for".
    """
    text = "\n\n".join(f"{word}." for word in words)
    command = ["espeak-ng", "-q", "-x", "-v", voice, text]
    lines = subprocess.check_output(command, text=True).split("\n")
    return [re.sub(r"[',:\[ ]", "", line).replace("O@", "o@") for line in lines if line.strip()]


def test_counts():
    assert Counter(map(kind, JOBS)) == {"word": 2936, "half": 300, "pair": 300, "sound": 600}
    assert len(JOBS) == dataset.OTHERS
    assert len(set(make_others.VOCABULARY)) == len(make_others.VOCABULARY) == 98
    assert len(" ".join(make_others.NEAR_MISSES.values()).split()) == 73
    assert {name.split("_")[1] for name in JOBS} == {row[0] for row in VOICES} | {"sound"}
    assert Counter(name.split("_")[0] for name in SOUND_CLIPS) == dict.fromkeys(SOUNDS, 40)


def test_every_digit_follows_every_digit():
    pairs = Counter(name.split("_")[0] for name in JOBS if kind(name) == "pair")
    assert pairs == {f"pair-{first}-{second}": 3 for first in WORDS for second in WORDS}


def test_the_words_of_the_people_are_left_to_them():
    registry = (fetching.RECORDINGS / "people.txt").read_text(encoding="utf-8")
    heard = {line.partition("/")[0] for line in registry.splitlines()}
    assert heard & {word.lower() for word in make_others.VOCABULARY} == {"tree"}


def test_no_voice_says_a_digit(espeak):
    unlike = Counter()
    for row in VOICES:
        said = pronounced(row[1], WORDS + make_others.VOCABULARY)
        assert len(said) == 10 + 98
        for word, phonemes in zip(make_others.VOCABULARY, said[10:], strict=True):
            is_same = phonemes in said[:10]
            assert make_others.is_homophone(word, row[0]) == is_same, (word, row[0])
            unlike[word] += not is_same
    assert {word for word, count in unlike.items() if count < 30} == {"hate", "tree"}


def test_the_test_of_homophones_finds_them(espeak):
    for digit, word in [("two", "too"), ("four", "fore"), ("one", "won"), ("eight", "ate")]:
        assert len(set(pronounced("en-us+f1", [digit, word]))) == 1


def test_no_clip_is_silent_clipped_or_of_odd_length():
    for name in CUT + SOUND_CLIPS:
        clip = make_others.make_clip(name)
        assert clip.dtype == np.int16, name
        low, high = {"half": (0.05, 0.35), "pair": (0.4, 1.4), "sound": (0.15, 1)}[kind(name)]
        assert low <= clip.size / 8000 <= high, name
        assert 50 < np.abs(clip.astype(int)).max() < 0.8 * 32768, name
        assert clip.std() > 15, name


def test_spoken_clips(espeak):
    for name in SPOKEN:
        clip = make_others.make_clip(name)
        assert 0.15 <= clip.size / 8000 <= 1.2, name
        assert 300 < np.abs(clip.astype(int)).max() < 0.8 * 32768, name


@pytest.mark.parametrize("digit", WORDS)
def test_less_than_half_of_a_digit_is_left(digit):
    ends = set()
    for name in CUT:
        if not name.startswith(f"half-{digit}_"):
            continue
        clip, voice = make_others.make_clip(name), name.split("_")[1]
        kept = clip.size - 40  # where it is cut, it is faded
        found = []
        for take in range(10):
            whole = make_others.read_digit(WORDS.index(digit), voice, take)
            if np.array_equal(clip[:kept], whole[:kept]):
                found.append(("start", clip.size / whole.size))
            if np.array_equal(clip[-kept:], whole[-kept:]):
                found.append(("end", clip.size / whole.size))
        ((end, share),) = found
        assert 0.24 < share <= 0.4, name
        ends.add(end)
    allowed = {"two": {"end"}, "six": {"end"}, "eight": {"end"}, "four": {"start"}}
    assert ends == allowed.get(digit, {"start", "end"})


def test_a_pair_is_two_whole_digits():
    name = next(name for name in CUT if name.startswith("pair-two-five_"))
    _, digits, row = JOBS[name]
    clip = make_others.make_clip(name)
    first, second = (
        [make_others.read_digit(digit, row[0], take) for take in range(10)] for digit in digits
    )
    before = [whole for whole in first if np.array_equal(clip[: whole.size], whole)]
    after = [whole for whole in second if np.array_equal(clip[-whole.size :], whole)]
    assert len(before) == len(after) == 1
    gap = clip[before[0].size : -after[0].size]
    assert not gap.any()
    assert 0.02 <= gap.size / 8000 <= 0.1


def test_a_clip_made_alone_equals_one_made_with_the_rest(espeak, tmp_path, monkeypatch):
    names = [*SPOKEN, *CUT[:2], *CUT[-2:], SOUND_CLIPS[0], SOUND_CLIPS[-1]]
    alone = {name: make_others.make_clip(name) for name in names}
    monkeypatch.setattr(make_others, "jobs", lambda: {name: JOBS[name] for name in reversed(names)})
    make_others.main(tmp_path)
    assert {path.stem for path in tmp_path.iterdir()} == set(names)
    for name in names:
        made, _ = soundfile.read(tmp_path / f"{name}.wav", dtype="int16")
        np.testing.assert_array_equal(made, alone[name])


def test_the_takes_of_a_sound_differ():
    for kind_of_sound in SOUNDS:
        takes = {make_others.make_clip(f"{kind_of_sound}_sound_{n}").tobytes() for n in range(5)}
        assert len(takes) == 5


# --- Loading ---


def test_loading(tmp_path, monkeypatch):
    monkeypatch.setattr(fetching, "RECORDINGS", tmp_path)
    monkeypatch.setattr(dataset, "OTHERS", 2)
    with pytest.raises(FileNotFoundError, match="0 clips of 2.*make_others.py.*espeak-ng"):
        dataset.load_recordings("others")

    def save(name):
        path = tmp_path / "others" / f"{name}.wav"
        path.parent.mkdir(exist_ok=True)
        soundfile.write(path, make_others.make_clip(name), 8000)

    save("hum_sound_12")
    with pytest.raises(FileNotFoundError, match="1 clips of 2"):
        dataset.load_recordings("others")
    save("half-six_rpm8_0")
    clips = dataset.load_recordings("others")
    assert clips["digit"].tolist() == [dataset.NONE] * 2
    assert clips["word"].tolist() == ["half-six", "hum"]
    assert clips["speaker"].tolist() == ["rpm8", "sound"]
    assert clips["take"].tolist() == [0, 12]
    assert clips.attrs["corpus"] == "others"
    assert {"seconds", "path", "waveform"} <= set(clips.columns)
