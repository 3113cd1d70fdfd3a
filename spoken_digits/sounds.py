"""Sounds that are no speech, for tests: nothing is trained on them.

The sounds for training are `recordings/other_sounds.py`. These here share the names of some, and
no method: noise comes from filters with feedback rather than from shaped spectra, hum from a bent
sine rather than from a sum of overtones, keys and bells from frequency modulation (Chowning 1973,
J. Audio Eng. Soc. 21), melodies from plucked strings (Karplus & Strong 1983, Computer Music
Journal 7) on a scale and a beat, and most of it sounds in a room. Telephone, bell and wind have
no counterpart there.

A limit: the same hands wrote both, and none of this is a recording. That a network gives no digit
here does not show what it does in a kitchen.

Each function takes a NumPy random generator and returns a waveform of one second, its peak 3 to
26 dB below full scale.
"""

import numpy as np
import scipy.signal

from .audio import SAMPLE_RATE

TIME = np.arange(SAMPLE_RATE) / SAMPLE_RATE  # s
SCALES = {"major": [0, 2, 4, 5, 7, 9, 11], "minor": [0, 2, 3, 5, 7, 8, 10], "five": [0, 2, 4, 7, 9]}


def sounds_for_tests(kind, count=50):
    """The first sounds of a kind of TEST_SOUNDS, a list of waveforms: the same each time."""
    return [TEST_SOUNDS[kind](np.random.default_rng(seed)) for seed in range(count)]


# --- What the sounds are made of ---


def _finished(random, sound):
    """With a microphone's own noise, 40 to 65 dB below the loudest part, at a level of its own."""
    sound = (sound - sound.mean()) / np.abs(sound).max()
    sound += 10 ** (random.uniform(-65, -40) / 20) * random.normal(size=sound.size)
    level = 10 ** (random.uniform(-26, -3) / 20)
    return (level * sound / np.abs(sound).max()).astype(np.float32)


def _in_a_room(random, sound):
    """With the echoes of a room: noise that dies away by 60 dB in 0.1 to 0.6 s."""
    echoes = random.normal(size=SAMPLE_RATE // 2) * 10 ** (
        -3 * TIME[:4000] / random.uniform(0.1, 0.6)
    )
    echoes *= random.uniform(0.05, 0.5) / np.sqrt(np.sum(echoes**2))
    echoes[0] += 1
    return scipy.signal.fftconvolve(sound, echoes)[:SAMPLE_RATE]


def _resonance(sound, frequency, width):
    """Through a filter with feedback, which rings at a frequency; both in Hz."""
    return scipy.signal.lfilter(
        *scipy.signal.iirpeak(frequency, frequency / width, SAMPLE_RATE), sound
    )


def _placed(sounds, starts):
    """One second with each of these sounds from its start (s) on."""
    whole = np.zeros(SAMPLE_RATE)
    for sound, start in zip(sounds, starts, strict=True):
        first = int(start * SAMPLE_RATE)
        end = min(SAMPLE_RATE, first + sound.size)
        whole[first:end] += sound[: end - first]
    return whole


def _modulated(time, carrier, ratio, index, decay):
    """Frequency modulation that gets duller as it dies away."""
    level = np.exp(-time / decay)
    modulator = index * level * np.sin(2 * np.pi * carrier * ratio * time)
    return level * np.sin(2 * np.pi * carrier * time + modulator)


def _plucked(random, frequency, seconds, damping):
    """A plucked string: a burst of noise runs around a loop, and is smoothed a little each time."""
    period = round(SAMPLE_RATE / frequency)
    burst = np.zeros(int(seconds * SAMPLE_RATE))
    burst[:period] = random.uniform(-1, 1, period)
    loop = np.zeros(period + 2)
    loop[0], loop[period:] = 1, [-damping / 2, -damping / 2]
    return scipy.signal.lfilter([1], loop, burst)


# --- The sounds ---


def hiss(random):
    """Steady: steam, a tape, an open line."""
    feedback = random.uniform(-0.8, 0.3)
    sound = scipy.signal.lfilter(
        [1, -random.uniform(0, 1)], [1, -feedback], random.uniform(-1, 1, 8000)
    )
    return _finished(random, _in_a_room(random, sound))


def typing(random):
    """Keys and a space bar on a table, in bouts."""
    pauses = random.lognormal(np.log(0.12), 0.5, 12)
    starts = random.uniform(0, 0.1) + np.cumsum(pauses) - pauses[0]
    starts = starts[starts < 0.95]
    keys, body = [], random.uniform(120, 300)
    for _ in starts:
        time = TIME[: int(random.uniform(0.03, 0.08) * SAMPLE_RATE)]
        key = _modulated(time, random.uniform(900, 2600), random.uniform(1.3, 3.7), 4, 0.006)
        thump = _modulated(time, body, 0.5, 1, 0.02) * random.uniform(0.1, 0.8)
        keys.append(random.uniform(0.4, 1) * (key + thump))
    return _finished(random, _in_a_room(random, _placed(keys, starts)))


def hum(random):
    """A transformer: the mains' sine, bent and clipped by iron, beating with a second machine."""
    mains = random.choice([50, 60])
    sound = np.zeros(SAMPLE_RATE)
    for detuned in (0, random.uniform(0.3, 3)):
        sine = np.sin(2 * np.pi * (mains + detuned) * TIME + random.uniform(0, 6))
        sound += random.uniform(0.3, 1) * np.tanh(
            random.uniform(1, 8) * (sine + random.uniform(0, 0.8))
        )
    sound = np.gradient(sound)  # a small microphone hardly hears the lowest tones
    return _finished(random, sound + _resonance(sound, random.uniform(150, 900), 60))


def bursts(random):
    """Claps and puffs: spiky noise through one resonance, in a room."""
    starts = np.sort(random.uniform(0, 0.85, random.integers(2, 7)))
    claps = []
    for _ in starts:
        size = int(random.uniform(0.03, 0.25) * SAMPLE_RATE)
        puff = random.laplace(size=size) * np.hanning(size) ** random.uniform(0.2, 2)
        claps.append(random.uniform(0.3, 1) * _resonance(puff, random.uniform(400, 3000), 800))
    return _finished(random, _in_a_room(random, _placed(claps, starts)))


def melody(random):
    """A guitar or a harp on a beat, in a key."""
    beat = random.uniform(0.11, 0.3)
    starts = np.arange(0, 0.98, beat)
    scale = SCALES[random.choice(list(SCALES))]
    steps = random.integers(0, 10) + np.cumsum(random.integers(-2, 3, starts.size))
    root, damping = random.uniform(110, 330), random.uniform(0.97, 0.998)
    strings = []
    for step in steps:
        octave, degree = divmod(int(step), len(scale))
        frequency = np.clip(root * 2 ** (octave + scale[degree] / 12), 60, 2000)
        strings.append(_plucked(random, frequency, min(1, 3 * beat), damping))
    return _finished(random, _in_a_room(random, _placed(strings, starts)))


def telephone_ring(random):
    """An old bell with a clapper, or the warble of an electronic one."""
    strokes_a_second = random.uniform(16, 25)
    if random.random() < 0.5:
        starts = np.arange(0, 1, 1 / strokes_a_second)
        gongs = random.uniform(900, 1300) * np.array([1, random.uniform(1.1, 1.3)])
        strokes = [_modulated(TIME, gongs[n % 2], 2.76, 0.7, 0.15) for n in range(starts.size)]
        sound = _placed(strokes, starts)
    else:
        low, high = random.uniform(380, 1200) * np.array([1, random.uniform(1.1, 1.4)])
        phase = np.cumsum(np.where(TIME * strokes_a_second % 1 < 0.5, low, high)) / SAMPLE_RATE
        sound = scipy.signal.square(2 * np.pi * phase, 0.5)
        sound = _resonance(sound, random.uniform(800, 2200), 900)
    pause = random.choice([1, random.uniform(0.3, 0.7)])  # of a second: where the ringing stops
    sound[int(pause * SAMPLE_RATE) :] = 0
    return _finished(random, _in_a_room(random, sound))


def bell(random):
    """A bell or a gong, struck once or twice."""
    starts = [random.uniform(0, 0.2), random.uniform(0.4, 0.8)][: random.integers(1, 3)]
    pitch, ratio = random.uniform(150, 900), random.choice([1.4, 1.618, 2.4, 3.5])
    struck = [
        _modulated(TIME, pitch, ratio, random.uniform(1, 7), random.uniform(0.15, 1))
        for _ in starts
    ]
    return _finished(random, _in_a_room(random, _placed(struck, starts)))


def wind(random):
    """Wind in a chimney: a narrow band of noise whose pitch and level wander."""
    slow = scipy.signal.butter(2, random.uniform(2, 6), fs=SAMPLE_RATE, output="sos")
    wander = scipy.signal.sosfiltfilt(slow, random.normal(size=(2, SAMPLE_RATE)), axis=1)
    wander /= np.abs(wander).max(axis=1, keepdims=True)
    pitch = random.uniform(250, 1200) * 2 ** (random.uniform(0.2, 0.8) * wander[0])
    width = scipy.signal.butter(2, random.uniform(30, 200), fs=SAMPLE_RATE, output="sos")
    narrow = scipy.signal.sosfilt(width, random.normal(size=SAMPLE_RATE))
    sound = narrow * np.cos(2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE)
    return _finished(random, sound * (1.1 + wander[1]))


TEST_SOUNDS = {
    "hiss": hiss,
    "typing": typing,
    "hum": hum,
    "bursts": bursts,
    "melody": melody,
    "telephone ring": telephone_ring,
    "bell": bell,
    "wind": wind,
}
