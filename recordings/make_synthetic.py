"""Make the synthetic recordings: 30 voices of eSpeak NG, each saying ten digits ten times.

The 3,000 clips stand in for the Free Spoken Digit Dataset where there is no network, and lend
networks more kinds of voice (women, high and low voices, eight accents) than its six men have.
They share its format: 8 kHz, 16-bit mono WAV, trimmed of silence, {digit}_{speaker}_{take}.wav.

    python recordings/make_synthetic.py                  # remakes recordings/synthetic
    python recordings/make_synthetic.py another/folder   # or writes somewhere else

Needs the program espeak-ng (https://github.com/espeak-ng/espeak-ng); the committed files were made
with version 1.51, and another version may speak a little differently. Every clip draws its pitch,
pace, melody and loudness from a seed of its own: a clip made alone equals one made with the rest.

eSpeak NG is GPL-3.0 software. What it speaks is no derivative of it, so its licence does not cover
the clips: they are released under CC BY 4.0, like the prose of this series.
"""

import io
import os
import random
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import soundfile
import soxr

SAMPLE_RATE = 8000  # Hz
TAKES = 10
WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
MELODIES = [".", ",", "!", "?"]  # eSpeak NG's intonation: fall, slight rise, steep fall, rise

# name (accent, then variant), eSpeak NG voice, sex, pitch (0 to 99; 50 is the voice's own),
# pace (words a minute), tract (scale of all resonances: above 1 is a shorter vocal tract, and the
# shortest, as in usf5, caribbeanf4, uszac and gbm3, are like a child's).
# British English is "en" here: eSpeak NG 1.51 silently drops the variant from "en-gb+f2".
VOICES = [
    ("usf1", "en-us+f1", "f", 50, 150, 1.00),
    ("uslinda", "en-us+linda", "f", 50, 165, 0.96),
    ("usf5", "en-us+f5", "f", 60, 155, 1.18),
    ("usalicia", "en-us+Alicia", "f", 50, 170, 0.94),
    ("gbf2", "en+f2", "f", 50, 165, 1.02),
    ("gbbelinda", "en+belinda", "f", 46, 155, 1.00),
    ("scotlandf4", "en-gb-scotland+f4", "f", 40, 165, 0.93),
    ("scotlandsteph", "en-gb-scotland+steph", "f", 46, 155, 1.04),
    ("rpannie", "en-gb-x-rp+Annie", "f", 50, 175, 1.06),
    ("rpf5", "en-gb-x-rp+f5", "f", 42, 150, 0.95),
    ("lancasterf3", "en-gb-x-gbclan+f3", "f", 55, 160, 1.10),
    ("lancasteraunty", "en-gb-x-gbclan+aunty", "f", 46, 150, 0.98),
    ("midlandsf2", "en-gb-x-gbcwmd+f2", "f", 56, 165, 1.08),
    ("caribbeanf4", "en-029+f4", "f", 76, 155, 1.12),
    ("newyorkgrandma", "en-us-nyc+grandma", "f", 50, 150, 1.00),
    ("usm3", "en-us+m3", "m", 46, 160, 0.94),
    ("usmario", "en-us+Mario", "m", 50, 150, 1.00),
    ("uszac", "en-us+zac", "m", 46, 160, 0.95),
    ("gbm7", "en+m7", "m", 55, 165, 1.00),
    ("gbedward", "en+edward", "m", 50, 155, 1.03),
    ("gbm3", "en+m3", "m", 80, 150, 1.28),
    ("scotlandm2", "en-gb-scotland+m2", "m", 55, 170, 0.97),
    ("scotlanddavid", "en-gb-scotland+david", "m", 50, 165, 1.08),
    ("rpm8", "en-gb-x-rp+m8", "m", 46, 145, 0.97),
    ("rpmichel", "en-gb-x-rp+michel", "m", 60, 175, 1.10),
    ("lancasterm5", "en-gb-x-gbclan+m5", "m", 66, 155, 1.03),
    ("lancasterpaul", "en-gb-x-gbclan+paul", "m", 50, 170, 0.92),
    ("midlandsm1", "en-gb-x-gbcwmd+m1", "m", 56, 160, 1.00),
    ("caribbeanm4", "en-029+m4", "m", 70, 155, 1.12),
    ("newyorkalex", "en-us-nyc+Alex", "m", 58, 165, 1.00),
]


def speak(text, voice, pitch, pace):
    """What eSpeak NG makes of a text: float64 samples in [-1, 1] and their sample rate in Hz."""
    command = ["espeak-ng", "--stdout", "-a", "40"]  # eSpeak NG's usual 100 can clip
    command += ["-v", voice, "-p", f"{pitch:.0f}", "-s", f"{pace:.0f}", text]
    made = subprocess.run(command, capture_output=True, check=True)
    return soundfile.read(io.BytesIO(made.stdout))


def trim(samples, drop=35, frame=80):
    """Cut both ends back to the frames (10 ms) within `drop` dB of the loudest one, as in FSDD."""
    frames = samples[: len(samples) // frame * frame].reshape(-1, frame)
    power = np.mean(frames**2, axis=1)
    loud = np.flatnonzero(power > power.max() * 10 ** (-drop / 10))
    return samples[loud[0] * frame : (loud[-1] + 1) * frame]


def say(words, voice_row, clip_name):
    """Some words in a voice, as a clip of this name draws it: int16 samples at 8 kHz, trimmed.

    Raises ValueError where eSpeak NG made no usable recording.
    """
    name, voice, _, pitch, pace, tract = voice_row
    draw = random.Random(clip_name)  # the standard library keeps this the same in every version
    level = random.Random(name).uniform(-19, -8)  # dB: some sit closer to the microphone
    text = words + draw.choice(MELODIES)
    tract *= draw.uniform(0.98, 1.02)
    pitch += draw.uniform(-9, 9)
    pace *= draw.uniform(0.85, 1.2)
    level += draw.uniform(-5, 5)  # never above -3 dB, so that rounding cannot clip

    # Played `tract` times faster, a voice's resonances all rise by that factor, as they do in a
    # shorter vocal tract. The pace would rise as well, so eSpeak NG speaks that much slower.
    spoken, sample_rate = speak(text, voice, pitch, pace / tract)
    loudest = np.abs(spoken).max(initial=0)
    if loudest < 0.02:
        raise ValueError(f"{clip_name}: eSpeak NG made a silent clip with the voice {voice}.")
    if loudest > 0.999:
        raise ValueError(f"{clip_name}: eSpeak NG clipped this clip; lower its amplitude (-a).")
    clip = trim(soxr.resample(spoken, sample_rate * tract, SAMPLE_RATE))
    return np.round(clip / np.abs(clip).max() * 10 ** (level / 20) * 32767).astype(np.int16)


def make_clip(digit, voice_row, take):
    """Speak one clip: int16 samples at 8 kHz. Raises ValueError if it is no usable recording."""
    clip_name = f"{digit}_{voice_row[0]}_{take}"
    clip = say(WORDS[digit], voice_row, clip_name)
    seconds = len(clip) / SAMPLE_RATE
    if not 0.15 <= seconds <= 1.2:
        raise ValueError(f"{clip_name}: {seconds:.2f} s is no sensible length for a spoken digit.")
    return clip


def write_all(folder, clips):
    """Write clips, name -> a function that makes its int16 samples, over what is in a folder."""
    if not shutil.which("espeak-ng"):
        sys.exit("espeak-ng is not installed. On Debian or Ubuntu: sudo apt install espeak-ng")
    folder.mkdir(parents=True, exist_ok=True)

    def write(name):
        soundfile.write(folder / f"{name}.wav", clips[name](), SAMPLE_RATE, subtype="PCM_16")

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for done, _ in enumerate(pool.map(write, clips), 1):
            if done % 500 == 0 or done == len(clips):
                print(f"{done} of {len(clips)} clips written to {folder}")


def main(folder):
    """Write all 3,000 clips into a folder (a Path), over what is there under the same names."""
    clips = {
        f"{digit}_{row[0]}_{take}": partial(make_clip, digit, row, take)
        for digit in range(10)
        for row in VOICES
        for take in range(TAKES)
    }
    write_all(folder, clips)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "synthetic")
