"""Every network, and changed versions of them. A network that is returned is not compiled yet."""

from functools import partial

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from .audio import SAMPLE_RATE
from .features import PADDED_LENGTH


def sample_cnn(original=False):
    """The network on waveforms: one strided convolution, three more, two poolings.

    Input (PADDED_LENGTH, 1) from waveform_input(), output ten probabilities. With
    `original=True` the network as first published, for unscaled clips padded to 18,262 samples.
    Returns a keras.Model that is not compiled yet. Built up in notebook 03.
    """
    from keras import Input, Sequential, layers  # TensorFlow is slow to import

    def convolution(filters, width, stride=1, padding="same", momentum=0.9):
        yield layers.Conv1D(filters, width, strides=stride, padding=padding)
        yield layers.BatchNormalization(momentum=momentum)
        yield layers.ReLU()

    if original:
        as_published = {"padding": "valid", "momentum": 0.99}
        return Sequential(
            [
                Input((18262, 1)),
                *convolution(16, 256, stride=256, **as_published),
                *convolution(16, 2, **as_published),
                layers.MaxPooling1D(2),
                *convolution(32, 2, **as_published),
                layers.MaxPooling1D(2),
                *convolution(64, 1, **as_published),
                layers.Flatten(),
                layers.Dropout(0.6),
                layers.Dense(10, activation="sigmoid"),
            ]
        )
    return Sequential(
        [
            Input((PADDED_LENGTH, 1)),
            *convolution(48, 96, stride=12, padding="valid"),
            *convolution(48, 9),
            layers.MaxPooling1D(4),
            *convolution(64, 7),
            layers.MaxPooling1D(4),
            *convolution(128, 3),
            layers.AveragePooling1D(6),
            layers.Flatten(),
            layers.Dropout(0.4),
            layers.Dense(10, activation="softmax"),
        ]
    )


def spectrogram_cnn(original=False):
    """The network on spectrograms: two convolutions, each with pooling.

    Input (40, 64, 1) from spectrogram_input(), output ten probabilities. With `original=True`
    the network as first published, for power spectrograms of shape (129, 22, 1).
    Returns a keras.Model that is not compiled yet. Built up in notebook 04.
    """
    from keras import Input, Sequential, layers

    def convolution(filters, width, pool, padding="same", momentum=0.9):
        yield layers.Conv2D(filters, width, padding=padding)
        yield layers.BatchNormalization(momentum=momentum)
        yield layers.ReLU()
        yield layers.MaxPooling2D(pool)

    if original:
        as_published = {"pool": 2, "padding": "valid", "momentum": 0.99}
        return Sequential(
            [
                Input((129, 22, 1)),
                *convolution(32, 3, **as_published),
                *convolution(64, 3, **as_published),
                layers.Flatten(),
                layers.Dropout(0.25),
                layers.Dense(128, activation="relu"),
                layers.Dropout(0.5),
                layers.Dense(10, activation="softmax"),
            ]
        )
    return Sequential(
        [
            Input((40, 64, 1)),
            *convolution(24, 5, pool=(2, 4)),
            *convolution(48, 5, pool=(2, 4)),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )


def logistic_regression():
    """The second baseline: the 40 numbers scaled to equal spread, then weighed for each digit."""
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000))


def deep_sample_cnn():
    """The truly sample-level network of notebook 03: input as sample_cnn(), filters of width 3.

    Source: Lee et al. 2017, arXiv:1703.01789, made smaller for 8 kHz.
    """
    from keras import Input, Sequential, layers

    def convolution(filters, stride=1, padding="same"):
        yield layers.Conv1D(filters, 3, strides=stride, padding=padding)
        yield layers.BatchNormalization(momentum=0.9)
        yield layers.ReLU()

    blocks = [*convolution(16, stride=3, padding="valid")]
    for filters in [16, 32, 64, 64, 96, 128]:
        blocks += [*convolution(filters), layers.MaxPooling1D(3)]
    end = [layers.Flatten(), layers.Dropout(0.5), layers.Dense(10, activation="softmax")]
    return Sequential([Input((PADDED_LENGTH, 1)), *blocks, *end])


def recurrent(cell, both_ways=False):
    """A recurrent network on spectrograms: a "GRU" or "LSTM" of 64 numbers, carried through time.

    Input as spectrogram_cnn(). Frames of padding are masked: the state stops at the word's end.
    With `both_ways` a second one reads backwards. Built up in notebook 08.
    Sources: Cho et al. 2014, arXiv:1406.1078 (GRU); Hochreiter and Schmidhuber 1997,
    doi:10.1162/neco.1997.9.8.1735 (LSTM).
    """
    from keras import Input, Sequential, layers

    reader = getattr(layers, cell)(64)
    return Sequential(
        [
            Input((40, 64, 1)),
            layers.Reshape((40, 64)),
            layers.Permute((2, 1)),  # frame after frame
            layers.Masking(0.0),
            layers.Bidirectional(reader) if both_ways else reader,
            layers.Dropout(0.3),
            layers.Dense(10, activation="softmax"),
        ]
    )


def conv_gru():
    """A convolutional-recurrent network: the layers of spectrogram_cnn(), then a GRU over time.

    Input as spectrogram_cnn(). The second pooling leaves time alone, so that 16 steps are left for
    the GRU. Built up in notebook 08.
    """
    from keras import Input, Sequential, layers

    def convolution(filters, pool):
        yield layers.Conv2D(filters, 5, padding="same")
        yield layers.BatchNormalization(momentum=0.9)
        yield layers.ReLU()
        yield layers.MaxPooling2D(pool)

    return Sequential(
        [
            Input((40, 64, 1)),
            *convolution(24, pool=(2, 4)),
            *convolution(48, pool=(2, 1)),
            layers.Permute((2, 1, 3)),
            layers.Reshape((16, 10 * 48)),
            layers.GRU(64),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )


def general_cnn(waveforms=False):
    """The network for voices that it never heard: it looks for sounds wherever they occur.

    Strided convolutions over bands and frames, then convolutions over frames alone; what they
    found is summed up as mean and maximum over time. Input (40, any number of frames, 1) from
    spectrogram_input(). With `waveforms` its first layer is a bank of learnable Gabor filters, and
    the input (any number of samples, 1) from waveform_input(). Built up in notebook 07.
    """
    from keras import Input, Model, layers

    def convolution(x, kind, filters, width, **options):
        x = kind(filters, width, padding="same", use_bias=False, **options)(x)
        return layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))

    inputs = Input((None, 1) if waveforms else (40, None, 1))
    x = gabor_levels(inputs) if waveforms else inputs
    x = convolution(x, layers.Conv2D, 32, 5, strides=2)
    x = convolution(x, layers.Conv2D, 64, 3, strides=2)
    x = layers.Reshape((-1, 10 * 64))(layers.Permute((2, 1, 3))(x))  # frame after frame
    x = convolution(x, layers.Conv1D, 64, 1)
    x = convolution(x, layers.Conv1D, 96, 9)
    x = convolution(x, layers.Conv1D, 96, 9)
    x = layers.Concatenate()([layers.GlobalAveragePooling1D()(x), layers.GlobalMaxPooling1D()(x)])
    x = layers.Dropout(0.3)(x)
    return Model(inputs, layers.Dense(10, activation="softmax")(x))


def gabor_filters():
    """40 cosines, then 40 sines, each under a Gaussian: an array (256 samples, 1, 80).

    Centres and widths are those of mel bands, but no band is narrower than 60 Hz (the full width
    at half of the maximum). Each filter has the same energy. Built up in notebook 07.
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
    50 below the clip's loudest point up to it, as 0 ... 1. Built up in notebook 07.
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


def rebuilt(build, change):
    """The network of `build`, where change(config) has edited the settings of each layer."""
    import keras

    def with_change(layer):
        config = layer.get_config()
        change(config)
        return layer.from_config(config)

    return keras.models.clone_model(build(), clone_function=with_change)


def resize(config, factor):
    """Give a layer `factor` times as many filters or hidden units; the ten answers stay ten."""
    for size in {"filters", "units"} & config.keys():
        if config[size] != 10:
            config[size] = int(factor * config[size])


def with_setting(build, name, value):
    """`build`, but with another setting in every layer that has one of that name."""

    def change(config):
        if name in config:
            config[name] = value

    return partial(rebuilt, build, change)


def penalised(build, kind, strength):
    """`build`, with an "l1" or "l2" penalty on the weights of each layer."""
    penalty = {"class_name": kind.upper(), "config": {kind: strength}}
    return with_setting(build, "kernel_regularizer", penalty)
