"""The networks for voices that they never heard, one on spectrograms, one on waveforms.

Keras is imported inside the functions: TensorFlow is slow to start.
"""

import numpy as np

from .audio import SAMPLE_RATE
from .networks import convolution


def general_cnn(waveforms=False, answers=10):
    """The network for voices that it never heard: it looks for sounds wherever they occur.

    Strided convolutions over bands and frames, then convolutions over frames alone; what they
    found is summed up as mean and maximum over time. Input (40, any number of frames, 1) from
    spectrogram_input(). With `waveforms` its first layer is a bank of learnable Gabor filters, and
    the input (any number of samples, 1) from waveform_input(). Of eleven `answers`, the last is
    "none of the ten". Built up in notebook 08.
    """
    from keras import Input, Model, layers

    def apply(x, kind, filters, width, stride=1):
        for layer in convolution(kind, filters, width, stride, use_bias=False):
            x = layer(x)
        return x

    inputs = Input((None, 1) if waveforms else (40, None, 1))
    x = gabor_levels(inputs) if waveforms else inputs
    x = apply(x, layers.Conv2D, 32, 5, stride=2)
    x = apply(x, layers.Conv2D, 64, 3, stride=2)
    x = layers.Reshape((-1, 10 * 64))(layers.Permute((2, 1, 3))(x))  # frame after frame
    x = apply(x, layers.Conv1D, 64, 1)
    x = apply(x, layers.Conv1D, 96, 9)
    x = apply(x, layers.Conv1D, 96, 9)
    x = layers.Concatenate()([layers.GlobalAveragePooling1D()(x), layers.GlobalMaxPooling1D()(x)])
    x = layers.Dropout(0.3)(x)
    return Model(inputs, layers.Dense(answers, activation="softmax")(x))


def general_sample_cnn():
    """general_cnn() on waveforms."""
    return general_cnn(waveforms=True)


def open_set_cnn():
    """general_cnn() with an eleventh answer: none of the ten."""
    return general_cnn(answers=11)


def open_set_sample_cnn():
    """general_cnn() on waveforms, with an eleventh answer: none of the ten."""
    return general_cnn(waveforms=True, answers=11)


def gabor_filters():
    """40 cosines, then 40 sines, each under a Gaussian: an array (256 samples, 1, 80).

    Centres and widths are those of mel bands, but no band is narrower than 60 Hz (the full width
    at half of the maximum). Each filter has the same energy. Built up in notebook 08.
    """
    import librosa

    edges = librosa.mel_frequencies(42, fmin=30, fmax=3950)
    centres, widths = edges[1:-1], np.maximum((edges[2:] - edges[:-2]) / 2, 60)
    times = (np.arange(256)[:, np.newaxis] - 128) / SAMPLE_RATE
    gaussians = np.exp(-((np.pi * widths * times) ** 2) / (4 * np.log(2)))
    gaussians /= np.sqrt((gaussians**2).sum(axis=0) / 2)
    phases = 2 * np.pi * centres * times
    waves = np.concatenate([gaussians * np.cos(phases), gaussians * np.sin(phases)], axis=1)
    return waves[:, np.newaxis].astype(np.float32)


def gabor_levels(x):
    """Levels of 40 learnable bands over time: waveforms (clips, samples, 1) -> (clips, 40, ..., 1).

    Each band starts as a Gabor filter. The squares of its cosine and sine add up to the band's
    power, of which there is a mean for every 80 samples. Then, as in spectrogram_input(): dB from
    50 below the clip's loudest point up to it, as 0 ... 1. Built up in notebook 08.
    Source: the LEAF front end, Zeghidour et al. 2021, arXiv:2101.08596, made simpler.
    """
    from keras import layers, ops

    filters = layers.Conv1D(80, 256, strides=40, padding="same", use_bias=False)
    filters.build((None, None, 1))
    filters.set_weights([gabor_filters()])
    x = filters(x)
    power = ops.square(x[..., :40]) + ops.square(x[..., 40:])
    power = layers.AveragePooling1D(2)(power)
    share = power / ops.max(power, axis=(1, 2), keepdims=True)
    levels = 1 + ops.log10(ops.maximum(share, 1e-5)) / 5
    return layers.Permute((2, 1, 3))(layers.Reshape((-1, 40, 1))(levels))
