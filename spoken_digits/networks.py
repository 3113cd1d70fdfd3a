"""Every network, and changed versions of one. What is returned is not compiled yet.

Keras is imported inside the functions: TensorFlow is slow to start.
"""

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from .features import PADDED_LENGTH

# --- The two networks, and what they are made of ---


def convolution(kind, filters, width, stride=1, padding="same", momentum=0.9, use_bias=True):
    """The block of all these networks: a convolution, batch normalisation, ReLU. A list of layers.

    `kind` is keras.layers.Conv1D or Conv2D; `width` and `stride` are in samples, or in bands and
    frames; `momentum` is that of the moving averages. Built up in notebook 03.
    """
    from keras import layers

    return [
        kind(filters, width, strides=stride, padding=padding, use_bias=use_bias),
        layers.BatchNormalization(momentum=momentum),
        layers.ReLU(),
    ]


def sample_cnn(original=False):
    """The network on waveforms: one strided convolution, three more, two poolings.

    Input (PADDED_LENGTH, 1) from waveform_input(), output ten probabilities. With
    `original=True` the network as first published: original_sample_cnn().
    Returns a keras.Model that is not compiled yet. Built up in notebook 03.
    """
    from keras import Input, Sequential, layers

    if original:
        return original_sample_cnn()
    return Sequential(
        [
            Input((PADDED_LENGTH, 1)),
            *convolution(layers.Conv1D, 48, 96, stride=12, padding="valid"),
            *convolution(layers.Conv1D, 48, 9),
            layers.MaxPooling1D(4),
            *convolution(layers.Conv1D, 64, 7),
            layers.MaxPooling1D(4),
            *convolution(layers.Conv1D, 128, 3),
            layers.AveragePooling1D(6),
            layers.Flatten(),
            layers.Dropout(0.4),
            layers.Dense(10, activation="softmax"),
        ]
    )


def original_sample_cnn():
    """The network on waveforms as first published, for unscaled clips padded to 18,262 samples.

    Input (18262, 1) from original_waveform_input(), output ten sigmoids. Built up in notebook 03.
    """
    from keras import Input, Sequential, layers

    as_published = {"padding": "valid", "momentum": 0.99}
    return Sequential(
        [
            Input((18262, 1)),
            *convolution(layers.Conv1D, 16, 256, stride=256, **as_published),
            *convolution(layers.Conv1D, 16, 2, **as_published),
            layers.MaxPooling1D(2),
            *convolution(layers.Conv1D, 32, 2, **as_published),
            layers.MaxPooling1D(2),
            *convolution(layers.Conv1D, 64, 1, **as_published),
            layers.Flatten(),
            layers.Dropout(0.6),
            layers.Dense(10, activation="sigmoid"),
        ]
    )


def spectrogram_cnn(original=False):
    """The network on spectrograms: two convolutions, each with pooling.

    Input (40, 64, 1) from spectrogram_input(), output ten probabilities. With `original=True`
    the network as first published: original_spectrogram_cnn().
    Returns a keras.Model that is not compiled yet. Built up in notebook 04.
    """
    from keras import Input, Sequential, layers

    if original:
        return original_spectrogram_cnn()
    return Sequential(
        [
            Input((40, 64, 1)),
            *convolution(layers.Conv2D, 24, 5),
            layers.MaxPooling2D((2, 4)),
            *convolution(layers.Conv2D, 48, 5),
            layers.MaxPooling2D((2, 4)),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )


def original_spectrogram_cnn():
    """The network on spectrograms as first published, for power of shape (129, 22, 1).

    Input from original_spectrogram_input(), output ten probabilities. Built up in notebook 04.
    """
    from keras import Input, Sequential, layers

    as_published = {"padding": "valid", "momentum": 0.99}
    return Sequential(
        [
            Input((129, 22, 1)),
            *convolution(layers.Conv2D, 32, 3, **as_published),
            layers.MaxPooling2D(2),
            *convolution(layers.Conv2D, 64, 3, **as_published),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dropout(0.25),
            layers.Dense(128, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )


def structure(model):
    """The settings of each layer but its name, a list of dicts: equal for networks that are alike.

    Built up in notebook 03.
    """
    configs = [layer.get_config() for layer in model.layers]
    return [{key: value for key, value in config.items() if key != "name"} for config in configs]


# --- What they are compared with ---


def logistic_regression():
    """The second baseline: 40 numbers scaled to equal spread, then weighed for each digit.

    Input from mean_mfccs(). Returns a scikit-learn model. Built up in notebook 05.
    """
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000))


def deep_sample_cnn():
    """The truly sample-level network of notebook 03: input as sample_cnn(), filters of width 3.

    Source: Lee et al. 2017, arXiv:1703.01789, made smaller for 8 kHz.
    """
    from keras import Input, Sequential, layers

    blocks = convolution(layers.Conv1D, 16, 3, stride=3, padding="valid")
    for filters in [16, 32, 64, 64, 96, 128]:
        blocks += [*convolution(layers.Conv1D, filters, 3), layers.MaxPooling1D(3)]
    end = [layers.Flatten(), layers.Dropout(0.5), layers.Dense(10, activation="softmax")]
    return Sequential([Input((PADDED_LENGTH, 1)), *blocks, *end])


# --- Changed versions ---


def rebuilt(model, change):
    """A network like `model`, where change(config) has edited the settings of each layer."""
    import keras

    def with_change(layer):
        config = layer.get_config()
        change(config)
        return layer.from_config(config)

    return keras.models.clone_model(model, clone_function=with_change)


def with_setting(model, name, value):
    """A network like `model`, with another setting in every layer that has one of that name."""

    def change(config):
        if name in config:
            config[name] = value

    return rebuilt(model, change)


def with_each(model, name, values):
    """A network like `model`, with another value in each layer that has a setting of that name.

    `values` are in the order of those layers. Raises ValueError where there are more or fewer.
    """
    having = [layer for layer in model.layers if name in layer.get_config()]
    if len(having) != len(values):
        raise ValueError(f"{len(having)} layers have {name}, there are {len(values)} values")
    each = iter(values)

    def change(config):
        if name in config:
            config[name] = next(each)

    return rebuilt(model, change)


def with_input(model, shape):
    """A network like `model`, a Sequential, for an input of another shape."""
    from keras import Input, Sequential

    layers = [layer.from_config(layer.get_config()) for layer in model.layers]
    return Sequential([Input(shape), *layers])


def with_size(model, factor):
    """A network like `model`, with `factor` times as many filters and hidden units.

    The ten outputs stay ten.
    """

    def change(config):
        for size in {"filters", "units"} & config.keys():
            if config[size] != 10:
                config[size] = int(factor * config[size])

    return rebuilt(model, change)


def with_penalty(model, kind, strength):
    """A network like `model`, with an "l1" or "l2" penalty on the weights of each layer."""
    penalty = {"class_name": kind.upper(), "config": {kind: strength}}
    return with_setting(model, "kernel_regularizer", penalty)
