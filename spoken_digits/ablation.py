"""What an ablation needs beyond settings: the improved networks with another input or more layers.

Each differs from its improved network in one ingredient, which is as the original has it.
Keras is imported inside the functions: TensorFlow is slow to start.
"""

import numpy as np
import scipy.signal

from .audio import SAMPLE_RATE
from .features import (
    PADDED_LENGTH,
    normalise,
    pad_or_cut,
    relative_levels,
    spectrogram_input,
    waveform_input,
)
from .networks import sample_cnn, spectrogram_cnn, with_input

LONGEST = 18262  # samples of the longest clip, as the original sampleCNN is fed


def long_waveform_input(waveforms):
    """waveform_input() padded as the original's: an array (clips, 18262, 1). Notebook 03."""
    return waveform_input(waveforms, LONGEST)


def long_sample_cnn():
    """sample_cnn() for long_waveform_input()."""
    return with_input(sample_cnn(), (LONGEST, 1))


def power_input(waveforms):
    """spectrogram_input() in power instead of decibels, (clips, 40, 64, 1). Notebook 04."""
    return 10 ** (6 * (spectrogram_input(waveforms) - 1))


def even_bands_input(waveforms):
    """spectrogram_input() with 40 bands of equal width in Hz, (clips, 40, 64, 1). Notebook 04."""
    padded = pad_or_cut([normalise(waveform) for waveform in waveforms], PADDED_LENGTH)
    _, _, power = scipy.signal.spectrogram(padded, SAMPLE_RATE, "hann", 256, 176)
    bands = np.array_split(power, 40, axis=1)
    return relative_levels(np.stack([band.mean(axis=1) for band in bands], axis=1))


def few_frames_input(waveforms):
    """Every third frame of spectrogram_input(): 22, as the original has. (clips, 40, 22, 1)."""
    return spectrogram_input(waveforms)[:, :, ::3]


def few_frames_cnn():
    """spectrogram_cnn() for few_frames_input()."""
    return with_input(spectrogram_cnn(), (40, 22, 1))


def hidden_layer_cnn():
    """spectrogram_cnn() with the original's dense layer of 128 before its last. Notebook 04."""
    from keras import Input, Sequential, layers

    *front, last = (layer.from_config(layer.get_config()) for layer in spectrogram_cnn().layers)
    hidden = [layers.Dense(128, activation="relu"), layers.Dropout(0.5)]
    return Sequential([Input((40, 64, 1)), *front, *hidden, last])
