"""Make clips that are none of the ten digits: other words, broken digits, and sounds.

A network that knows ten answers gives one of them to anything. These clips teach it an eleventh:

- other words, near misses of digits among them, each in every voice of make_synthetic.py;
- a piece of a digit that is no longer the digit, and two digits in one breath, cut and joined
  from recordings/synthetic;
- sounds that are no speech (other_sounds.py).

    python recordings/make_others.py                  # writes recordings/others
    python recordings/make_others.py another/folder   # or somewhere else

The format is that of the synthetic voices: 8 kHz, 16-bit mono WAV, {word}_{voice}_{take}.wav, as in
good-morning_usf1_0.wav, half-seven_usf1_0.wav, pair-two-nine_usf1_0.wav and hum_sound_12.wav. It
needs espeak-ng, and each clip draws from a seed of its own, as there. The folder is not committed.
"""

import functools
import random
import sys
from pathlib import Path

import numpy as np
import soundfile

from make_synthetic import SAMPLE_RATE, TAKES, VOICES, WORDS, say, write_all
from other_sounds import SOUNDS

SYNTHETIC = Path(__file__).parent / "synthetic"
SOUND_TAKES = 40
NAMES = [row[0] for row in VOICES]

NEAR_MISSES = {  # by the digit that they come near; eSpeak NG reads "nein" as "neen"
    "zero": "hero Nero arrow oh hello zebra zoo low",
    "one": "won't want when wand run sun ton fun",
    "two": "do who you chew shoe tooth tool",
    "three": "tree free thread throw tea thirteen thirty",
    "four": "forty fork fort door more floor far",
    "five": "fine hive fire live fight fifteen fifty",
    "six": "sick sex fix sit kicks sixteen sixty",
    "seven": "heaven eleven oven even several seventeen",
    "eight": "hate late wait ape age ace eighteen eighty",
    "nine": "night line mine nein nice none nineteen ninety",
}
PHRASES = ["thank you", "good morning", "what is it", "I see"]
COMMON = """please hundred ten twelve water green orange yellow black Anna Peter Susan music
            computer maybe because open again table mother hmm"""
VOCABULARY = [*" ".join([*NEAR_MISSES.values(), COMMON]).split(), *PHRASES]
# The same sounds as a digit in these accents: no h in the Midlands, no th in the Caribbean.
HOMOPHONES = {("hate", "midlands"), ("tree", "caribbean")}

# What may be left of a digit. Not the beginnings of "six" and "eight", whose ends many a real
# recording lacks, of "two", which is short, nor the end of "four", whose f the telephone swallows.
KEPT_ENDS = {"two": ["end"], "six": ["end"], "eight": ["end"], "four": ["start"]}


def is_homophone(word, name):
    """Whether the voice of this name says a digit when it says the word."""
    return any(word == same and name.startswith(accent) for same, accent in HOMOPHONES)


def read_digit(digit, name, take):
    """A clip of the synthetic voices: int16 samples at 8 kHz."""
    return soundfile.read(SYNTHETIC / f"{digit}_{name}_{take}.wav", dtype="int16")[0]


def make_half(digit, row, clip_name):
    """The first or the last quarter to two fifths of a digit, faded over 5 ms where it is cut."""
    draw = random.Random(clip_name)
    clip = read_digit(digit, row[0], draw.randrange(TAKES))
    size = int(draw.uniform(0.25, 0.4) * clip.size)
    ramp = np.minimum(1, np.arange(size) / 40)
    if draw.choice(KEPT_ENDS.get(WORDS[digit], ["start", "end"])) == "start":
        return np.round(clip[:size] * ramp[::-1]).astype(np.int16)
    return np.round(clip[-size:] * ramp).astype(np.int16)


def make_pair(digits, row, clip_name):
    """Two digits with 0.02 to 0.1 s between, of the shorter takes: most fit into a second."""
    draw = random.Random(clip_name)
    parts = []
    for digit in digits:
        takes = sorted((read_digit(digit, row[0], take) for take in range(TAKES)), key=len)
        parts.append(draw.choice(takes[:5]))
    gap = np.zeros(int(draw.uniform(0.02, 0.1) * SAMPLE_RATE), np.int16)
    return np.concatenate([parts[0], gap, parts[1]])


def make_sound(kind, row, clip_name):
    """A sound of this kind, its peak 3 to 30 dB below full scale."""
    generator = np.random.default_rng(list(clip_name.encode()))
    level = 10 ** (generator.uniform(-30, -3) / 20)
    sound = SOUNDS[kind](generator)
    sound = sound - sound.mean()
    return np.round(sound / np.abs(sound).max() * level * 32767).astype(np.int16)


@functools.cache
def jobs():
    """All clips: name -> how to make its int16 samples, a function and its two arguments."""
    found = {}
    for word in VOCABULARY:
        for row in VOICES:
            if not is_homophone(word, row[0]):
                found[f"{word.replace(' ', '-')}_{row[0]}_0"] = say, word, row
    for digit, word in enumerate(WORDS):
        for number, row in enumerate(VOICES):
            found[f"half-{word}_{row[0]}_0"] = make_half, digit, row
            second = (digit + number) % 10
            found[f"pair-{word}-{WORDS[second]}_{row[0]}_0"] = make_pair, (digit, second), row
    for kind in SOUNDS:
        for take in range(SOUND_TAKES):
            found[f"{kind}_sound_{take}"] = make_sound, kind, None
    return found


def make_clip(clip_name):
    """One clip by its name: int16 samples at 8 kHz. Raises ValueError if it is not usable."""
    make, what, row = jobs()[clip_name]
    clip = make(what, row, clip_name)
    seconds = clip.size / SAMPLE_RATE
    if not 0.04 <= seconds <= 1.6:
        raise ValueError(f"{clip_name}: {seconds:.2f} s is no sensible length.")
    return clip


def main(folder):
    """Write all clips into a folder (a Path), over what is there under the same names."""
    write_all(folder, {name: functools.partial(make_clip, name) for name in jobs()})


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "others")
