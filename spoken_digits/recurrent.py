"""Recurrent networks, which carry a state from frame to frame. For notebook 09.

Keras is imported inside the functions: TensorFlow is slow to start.
"""

from .networks import convolution


def recurrent(cell, both_ways=False, masked=True):
    """A recurrent network on spectrograms: a "GRU" or "LSTM" of 64 numbers, carried through time.

    Input as spectrogram_cnn(). Frames of padding are masked: the state stops at the word's end.
    With `both_ways` a second one reads backwards. Not `masked`, it reads all 64 frames. Built up
    in notebook 09.
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
            *([layers.Masking(0.0)] if masked else []),
            layers.Bidirectional(reader) if both_ways else reader,
            layers.Dropout(0.3),
            layers.Dense(10, activation="softmax"),
        ]
    )


def gru():
    """recurrent() with a GRU."""
    return recurrent("GRU")


def unmasked_gru():
    """gru() without its mask: it reads the padding, too."""
    return recurrent("GRU", masked=False)


def lstm():
    """recurrent() with an LSTM."""
    return recurrent("LSTM")


def bidirectional_gru():
    """recurrent() with a GRU in each direction."""
    return recurrent("GRU", both_ways=True)


def conv_gru():
    """A convolutional-recurrent network: the layers of spectrogram_cnn(), then a GRU over time.

    Input as spectrogram_cnn(). The second pooling leaves time alone, so that 16 steps are left for
    the GRU. Built up in notebook 09.
    """
    from keras import Input, Sequential, layers

    return Sequential(
        [
            Input((40, 64, 1)),
            *convolution(layers.Conv2D, 24, 5),
            layers.MaxPooling2D((2, 4)),
            *convolution(layers.Conv2D, 48, 5),
            layers.MaxPooling2D((2, 1)),
            layers.Permute((2, 1, 3)),
            layers.Reshape((16, -1)),  # 10 bands of each filter
            layers.GRU(64),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )
