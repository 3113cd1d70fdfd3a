"""Training clips as they might also have been recorded."""

import numpy as np
import soxr

from .audio import SAMPLE_RATE
from .features import PADDED_LENGTH


def add_noise(waveform, snr_db, random, colour=0.0, power=None):
    """Add noise at a signal-to-noise ratio: its mean power lies `snr_db` dB below the waveform's.

    Where the waveform holds silence too, `power` gives the mean power of the word alone instead.

    The noise's power falls with frequency as 1 / frequency to the power of `colour`: 0 is white, 1
    pink, 2 brown. Built up in notebook 06.
    """
    spectrum = np.fft.rfft(random.normal(size=waveform.size))
    frequencies = np.fft.rfftfreq(waveform.size, 1 / SAMPLE_RATE)
    spectrum *= np.maximum(frequencies, 50) ** (-colour / 2)  # no boundless rumble below 50 Hz
    noise = np.fft.irfft(spectrum, waveform.size)
    wanted = np.mean(waveform**2) if power is None else power
    noise *= np.sqrt(wanted / 10 ** (snr_db / 10) / np.mean(noise**2))
    return (waveform + noise).astype(np.float32)


def change_voice(waveform, pitch=1.0, pace=1.0):
    """The clip as of another speaker: pitch and resonances times `pitch`, and `pace` as fast.

    Played `pitch` times as fast, all frequencies rise and the clip gets shorter. librosa's phase
    vocoder then brings it to the wanted length, at the same frequencies. Built up in notebook 06.
    """
    import librosa  # slow to import

    waveform = np.asarray(waveform, np.float32)
    raised = soxr.resample(waveform, pitch * SAMPLE_RATE, SAMPLE_RATE)
    return librosa.effects.time_stretch(raised, rate=pace / pitch, n_fft=256, hop_length=64)


def with_noise(waveform, random):
    """White noise, 8 to 35 dB below the mean power of the clip as given. Notebook 06."""
    return add_noise(waveform, random.uniform(8, 35), random)


def with_shift(waveform, random):
    """Up to 0.1 s of silence before the word. Notebook 06."""
    return np.pad(waveform, (random.integers(0, 801), 0))


def with_gain(waveform, random):
    """Softer, by up to 20 dB. Notebook 06."""
    return waveform * 10 ** (random.uniform(-20, 0) / 20)


def with_pace(waveform, random):
    """Slower or faster. Notebook 06."""
    return change_voice(waveform, pace=random.uniform(0.85, 1.18))


def with_pitch(waveform, random):
    """Lower or higher. Notebook 06."""
    return change_voice(waveform, pitch=random.uniform(0.87, 1.15))


def unchanged(waveform, random):
    """The waveform as it is: the placebo among the augmentations. Notebook 06."""
    return waveform


# What might have happened to a recording: name -> function of a waveform and a random generator.
AUGMENTATIONS = {
    "noise": with_noise,
    "shift": with_shift,
    "gain": with_gain,
    "pace": with_pace,
    "pitch": with_pitch,
}


def augment(waveform, random):
    """All of AUGMENTATIONS at once; the noise of a room comes after what the speaker does."""
    for name in ("pitch", "pace", "shift", "noise", "gain"):
        waveform = AUGMENTATIONS[name](waveform, random)
    return waveform


def equalise(waveform, random, max_db=6):
    """As from another microphone or room: parts of the spectrum louder or softer.

    Six random levels of at most `max_db` dB either way, evenly spaced on the mel scale, and
    straight lines between. Notebook 08.
    """
    import librosa

    mels = librosa.hz_to_mel(np.fft.rfftfreq(waveform.size, 1 / SAMPLE_RATE))
    levels = np.interp(mels, np.linspace(0, mels[-1], 6), random.uniform(-max_db, max_db, 6))
    return np.fft.irfft(np.fft.rfft(waveform) * 10 ** (levels / 20), waveform.size)


def as_somebody_else(waveform, random):
    """A clip as another person might have spoken it, elsewhere. Built up in notebook 08.

    Another pitch, pace, microphone and room, the word anywhere in PADDED_LENGTH samples.
    """
    waveform = waveform - waveform.mean()
    pitch, pace = np.exp(random.uniform(np.log([0.85, 0.8]), np.log([1.2, 1.25])))
    waveform = equalise(change_voice(waveform, pitch, pace), random)
    power = np.mean(waveform**2)
    room = max(0, PADDED_LENGTH - waveform.size)
    before = random.integers(0, room + 1)
    placed = np.pad(waveform, (before, room - before))
    if random.random() < 0.4:
        return placed.astype(np.float32)
    return add_noise(placed, random.uniform(8, 35), random, random.uniform(0, 2), power)


def as_somebody_cut_off(waveform, random):
    """as_somebody_else(), and of each end, three times in ten, up to 0.06 s may be missing.

    At most a sixth of the clip goes at an end: so careless cutting takes the hiss of a "six".
    """
    cuts = random.uniform(0, 0.06, 2) * (random.random(2) < 0.3)
    start, end = np.minimum(cuts * SAMPLE_RATE, waveform.size / 6).astype(int)
    return as_somebody_else(waveform[start : waveform.size - end], random)


def augmented(waveforms, change, copies, seed):
    """`copies` changed copies of all waveforms, a list: the first of each, then the second, ..."""
    random = np.random.default_rng(seed)
    return [change(waveform, random) for _ in range(copies) for waveform in waveforms]


def with_copies(waveforms, labels, change, copies, seed):
    """The waveforms and their augmented() copies, a list, and the label of each, an array."""
    waveforms = list(waveforms)
    everything = waveforms + augmented(waveforms, change, copies, seed)
    return everything, np.tile(labels, 1 + copies)


def mask(images, random, bands=6, frames=12):
    """Hide a random stretch of bands and one of frames in each of some spectrograms.

    `images` is an array (clips, bands, frames, 1). The stretches are at most `bands` and `frames`
    long, and get the spectrogram's lowest value. Built up in notebook 06.
    Source: SpecAugment, Park et al. 2019, arXiv:1904.08779.
    """
    masked = images.copy()
    for image, lowest in zip(masked, images.min(axis=(1, 2, 3)), strict=True):
        for axis, longest in enumerate((bands, frames)):
            length = random.integers(0, longest + 1)
            start = random.integers(0, image.shape[axis] - length + 1)
            image[(slice(None),) * axis + (slice(start, start + length),)] = lowest
    return masked


def with_masked_copies(images, labels, copies, seed):
    """The images and masked copies of all of them, one round after another, and their labels."""
    random = np.random.default_rng(seed)
    masked = np.concatenate([images, *(mask(images, random) for _ in range(copies))])
    return masked, np.tile(labels, 1 + copies)
