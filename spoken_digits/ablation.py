"""Ablation: the improved networks less one ingredient, or with it as the original has it.

INGREDIENTS says what is changed in the recipe; what is more than a setting stands above it.
Keras is imported inside the functions: TensorFlow is slow to start.
"""

import numpy as np
import scipy.signal

from .audio import SAMPLE_RATE
from .features import (
    PADDED_LENGTH,
    general_waveform_input,
    levels_as_recorded,
    normalise,
    pad_or_cut,
    relative_levels,
    spectrogram_input,
    waveforms_as_recorded,
)
from .networks import spectrogram_cnn, with_input


def power_input(waveforms):
    """spectrogram_input() in power instead of decibels, (clips, 40, 64, 1). Notebook 04."""
    return 10 ** (6 * (spectrogram_input(waveforms) - 1))


def even_bands_input(waveforms):
    """spectrogram_input() with 40 bands of equal width in Hz, (clips, 40, 64, 1). Notebook 04."""
    padded = pad_or_cut([normalise(waveform) for waveform in waveforms], PADDED_LENGTH)
    frequencies, _, power = scipy.signal.spectrogram(padded, SAMPLE_RATE, "hann", 256, 176)
    edges = np.linspace(0, SAMPLE_RATE / 2, 42)
    distance = np.abs(frequencies - edges[1:-1, np.newaxis]) / edges[1]
    return relative_levels(np.maximum(1 - distance, 0) @ power)  # triangles, as in a mel filterbank


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


# (network, ingredient) -> the fields of its recipe that are changed
INGREDIENTS = {
    ("sample_cnn", "as_recorded"): {"features": waveforms_as_recorded},
    ("sample_cnn", "no_pre_emphasis"): {"features": general_waveform_input},
    ("sample_cnn", "no_overlap"): {  # poolings that pad, or there would be nothing left to pool
        "layers": {"padding": ["valid", *6 * ["same"]], "strides": [96, 1, 4, 1, 4, 1, 6]}
    },
    ("sample_cnn", "few_filters"): {"layers": {"filters": [16, 16, 32, 64]}},
    ("sample_cnn", "narrow_filters"): {"layers": {"kernel_size": [96, 2, 2, 1]}},
    ("sample_cnn", "no_shift"): {"shift": 0},
    ("sample_cnn", "batches_of_135"): {"batch_size": 135},
    ("sample_cnn", "constant_learning_rate"): {"schedule": "constant"},
    ("spectrogram_cnn", "as_recorded"): {"features": levels_as_recorded},
    ("spectrogram_cnn", "power"): {"features": power_input},
    ("spectrogram_cnn", "even_bands"): {"features": even_bands_input},
    ("spectrogram_cnn", "few_frames"): {"network": few_frames_cnn, "features": few_frames_input},
    ("spectrogram_cnn", "small_filters"): {"layers": {"kernel_size": [3, 3]}},
    ("spectrogram_cnn", "small_pooling"): {
        "layers": {"pool_size": 2 * [(2, 2)], "strides": [1, (2, 2), 1, (2, 2)]}
    },
    ("spectrogram_cnn", "hidden_layer"): {"network": hidden_layer_cnn},
    ("spectrogram_cnn", "no_label_smoothing"): {"label_smoothing": 0.0},
    ("spectrogram_cnn", "momentum_0.99"): {"momentum": 0.99},
    ("spectrogram_cnn", "no_dropout"): {"dropout": 0.0},
    ("spectrogram_cnn", "batches_of_135"): {"batch_size": 135},
    ("spectrogram_cnn", "constant_learning_rate"): {"schedule": "constant"},
}
