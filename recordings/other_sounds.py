"""Sounds that are no speech, for training: what a network hears when nobody speaks.

Noise, tones, music, clicks and knocks, all of them drawn: a function of SOUNDS takes a NumPy
random generator and returns 0.15 to 1 s of sound at 8 kHz, float64, at any level. The sounds for
*testing* are other ones: `spoken_digits/sounds.py`.
"""

import numpy as np
import scipy.signal

SAMPLE_RATE = 8000  # Hz


# --- What the sounds are made of ---


def timeline(random, shortest=0.15, longest=1.0):
    """The times of a sound's samples in seconds; how long it is, is drawn."""
    return np.arange(int(random.uniform(shortest, longest) * SAMPLE_RATE)) / SAMPLE_RATE


def coloured(random, size, colour):
    """Noise whose power falls with frequency to the power of `colour`; 0 is white, 1 pink."""
    spectrum = np.fft.rfft(random.normal(size=size))
    frequencies = np.fft.rfftfreq(size, 1 / SAMPLE_RATE)
    sound = np.fft.irfft(spectrum * np.maximum(frequencies, 50) ** (-colour / 2), size)
    return sound / np.abs(sound).max()


def band(random, sound, lowest, highest):
    """A sound through a band-pass filter somewhere between two frequencies (Hz)."""
    edges = np.sort(random.uniform(lowest, highest, 2)) + [0, 100]
    return scipy.signal.sosfilt(
        scipy.signal.butter(2, edges, "bandpass", fs=SAMPLE_RATE, output="sos"), sound
    )


def floor(random, size):
    """The faint background of a room, 30 to 60 dB below full scale."""
    return 10 ** (random.uniform(-60, -30) / 20) * coloured(random, size, random.uniform(0, 2))


def fade(sound, seconds=0.01):
    """Without a click at either end."""
    ramp = np.minimum(1, np.arange(sound.size) / (seconds * SAMPLE_RATE))
    return sound * ramp * ramp[::-1]


def swell(random, size, a_second):
    """A level that rises and falls at random, from 0 to 1, about so many times a second."""
    points = random.uniform(0, 1, max(3, int(size / SAMPLE_RATE * a_second) + 2))
    return np.interp(np.linspace(0, points.size - 1, size), np.arange(points.size), points)


def harmonics(random, time, pitch, falloff):
    """A tone of this pitch (Hz, or one for each time) and its overtones, each of a drawn level."""
    phase = 2 * np.pi * np.cumsum(np.broadcast_to(pitch, time.shape)) / SAMPLE_RATE
    top = int(SAMPLE_RATE / 2 / np.max(pitch))
    return sum(
        random.uniform(0.2, 1) * number**-falloff * np.sin(number * phase + random.uniform(0, 6))
        for number in range(1, min(top, 40) + 1)
    )


def strike(random, time, start, lowest, highest, decay):
    """A struck thing, from a time on: three resonances between two frequencies that die away."""
    since = np.maximum(time - start, 0)
    sound = sum(
        random.uniform(0.3, 1) * np.sin(2 * np.pi * random.uniform(lowest, highest) * since)
        for _ in range(3)
    )
    sound = sound + random.uniform(0, 1.5) * random.normal(size=time.size)
    return sound * np.exp(-since / decay) * (time >= start)


def note(random, time, start, semitones, falloff, decay):
    """A note, from a time on, so many semitones above 110 Hz."""
    since = np.maximum(time - start, 0)
    level = np.exp(-since / decay) * np.minimum(1, since / 0.01)
    return level * harmonics(random, time, 110 * 2 ** (semitones / 12), falloff)


# --- The sounds ---


def noise(random):
    sound = coloured(random, timeline(random).size, random.uniform(-1, 2.5))
    return band(random, sound, 60, 3800) if random.random() < 0.4 else sound


def bursts(random):
    time = timeline(random, 0.2)
    sound = floor(random, time.size)
    for _ in range(random.integers(1, 6)):
        start, length = random.uniform(0, time[-1]), random.uniform(0.01, 0.3)
        shape = np.exp(-(time - start) / length) if random.random() < 0.5 else time < start + length
        burst = coloured(random, time.size, random.uniform(-1, 2))
        sound += random.uniform(0.2, 1) * burst * shape * (time >= start)
    return sound


def hum(random):
    time = timeline(random)
    pitch = random.choice([50, 60, 100, 120]) * random.uniform(0.98, 1.02)
    sound = harmonics(random, time, pitch, random.uniform(0, 2.5))
    return sound + random.uniform(0, 0.5) * coloured(random, time.size, random.uniform(0, 2))


def hiss(random):
    sound = coloured(random, timeline(random).size, random.uniform(-1.5, 0.3))
    edge = random.uniform(300, 2500)
    sound = scipy.signal.sosfilt(
        scipy.signal.butter(2, edge, "highpass", fs=SAMPLE_RATE, output="sos"), sound
    )
    return sound * (1 - random.uniform(0, 0.9) * swell(random, sound.size, 4))


def tone(random):
    time = timeline(random)
    sound = np.sin(2 * np.pi * random.uniform(100, 3800) * time)
    if random.random() < 0.4:  # beeps
        sound *= (time * random.uniform(2, 12)) % 1 < random.uniform(0.3, 0.7)
    return fade(sound) + floor(random, time.size)


def buzz(random):
    time = timeline(random)
    wobble = random.uniform(0, 0.06) * np.sin(2 * np.pi * random.uniform(1, 9) * time)
    pitch = np.exp(random.uniform(np.log(70), np.log(1500))) * (1 + wobble)
    return fade(harmonics(random, time, pitch, random.uniform(0, 2))) + floor(random, time.size)


def chirp(random):
    time = timeline(random)
    first, last = np.exp(random.uniform(np.log(80), np.log(3700), 2))
    method = random.choice(["linear", "logarithmic"])
    return fade(scipy.signal.chirp(time, first, time[-1], last, method)) + floor(random, time.size)


def chord(random):
    time = timeline(random, 0.3)
    falloff, decay = random.uniform(0.5, 3), random.uniform(0.1, 2)
    root = random.integers(0, 30)
    steps = random.choice(12, random.integers(2, 5), replace=False)
    sound = sum(note(random, time, 0, root + step, falloff, decay) for step in steps)
    return fade(sound) + floor(random, time.size)


def tune(random):
    time = timeline(random, 0.4)
    falloff, decay = random.uniform(0.5, 3), random.uniform(0.05, 1)
    sound, start, semitones = floor(random, time.size), 0, random.integers(0, 36)
    while start < time[-1]:
        length = random.choice([0.08, 0.12, 0.16, 0.25, 0.4])
        sound += note(random, time, start, semitones, falloff, decay) * (time < start + length)
        start += length
        semitones = np.clip(semitones + random.integers(-7, 8), 0, 40)
    return fade(sound)


def clicks(random):
    time = timeline(random)
    sound = floor(random, time.size)
    places = random.integers(0, time.size, random.integers(1, 12))
    if random.random() < 0.4:  # evenly, as a clock
        places = np.arange(random.integers(0, 800), time.size, random.integers(400, 3000))
    for place in places:
        length = min(random.integers(1, 30), time.size - place)
        sound[place : place + length] += random.uniform(-1, 1) * np.exp(-np.arange(length) / 5)
    return sound


def typing(random):
    time = timeline(random, 0.3)
    sound, start = floor(random, time.size), random.uniform(0, 0.1)
    lowest = random.uniform(300, 2000)  # of one keyboard
    while start < time[-1]:
        for delay, level in ((0, 1), (random.uniform(0.04, 0.11), random.uniform(0.2, 0.8))):
            decay = random.uniform(0.002, 0.012)
            sound += level * strike(random, time, start + delay, lowest, lowest + 1800, decay)
        start += random.uniform(0.07, 0.3)
    return sound


def knocks(random):
    time = timeline(random, 0.2)
    sound, start = floor(random, time.size), random.uniform(0, 0.1)
    lowest, decay = random.uniform(60, 400), random.uniform(0.01, 0.06)
    for _ in range(random.integers(1, 5)):
        level = random.uniform(0.5, 1)
        sound += level * strike(random, time, start, lowest, 2.5 * lowest, decay)
        start += random.uniform(0.1, 0.35)
    return sound


def breath(random):
    sound = coloured(random, timeline(random, 0.25).size, random.uniform(0, 1.5))
    sound = sum(random.uniform(0.3, 1) * band(random, sound, 300, 3500) for _ in range(3))
    rise = random.uniform(0.1, 0.9)
    place = np.linspace(0, 1, sound.size)
    return sound * np.minimum(place / rise, (1 - place) / (1 - rise)) ** random.uniform(0.5, 2)


def rustle(random):
    sound = coloured(random, timeline(random).size, random.uniform(-0.5, 1.5))
    return sound * swell(random, sound.size, random.uniform(15, 120)) ** random.uniform(1.5, 5)


def engine(random):
    time = timeline(random)
    speed = random.uniform(15, 90) * (1 + random.uniform(-0.3, 0.3) * time)  # strokes a second
    strokes = (np.cumsum(speed) / SAMPLE_RATE % 1) < speed / SAMPLE_RATE
    stroke = strike(random, time[:800], 0, 60, 900, random.uniform(0.002, 0.02))
    sound = np.convolve(strokes, stroke)[: time.size]
    return sound + random.uniform(0, 0.3) * coloured(random, time.size, random.uniform(0, 2))


SOUNDS = {
    function.__name__: function
    for function in (
        *(noise, bursts, hum, hiss, tone, buzz, chirp, chord, tune),
        *(clicks, typing, knocks, breath, rustle, engine),
    )
}
