"""The two shipped networks, and what they hear of a clip."""

import functools
import os
from pathlib import Path

import numpy as np
import pandas as pd

from .audio import SAMPLE_RATE, ClipError, read_clip, refuse_silence, refuse_unusable, trim
from .features import general_spectrogram_input, general_waveform_input
from .training import start_tensorflow

MODELS = Path(__file__).resolve().parents[1] / "models"
SHIPPED = {  # what each shipped network is fed
    "spectrogram_cnn": general_spectrogram_input,
    "sample_cnn": general_waveform_input,
}


def recognise(clip, network="spectrogram_cnn"):
    """Ask a shipped network which digit is spoken. Returns a Series: digit -> probability.

    `clip` is a path, which read_clip() reads, or a waveform; `network` is "spectrogram_cnn" or
    "sample_cnn". What it hears of the clip is what trim() leaves. models/README.md says what the
    networks learned from, and how good they are.

    Raises ClipError as read_clip() does, and ValueError for another network.
    """
    if network not in SHIPPED:
        raise ValueError(f"network is one of {', '.join(SHIPPED)}, not {network!r}.")
    if isinstance(clip, str | os.PathLike):
        waveform = read_clip(clip)
    else:
        waveform = np.asarray(clip, np.float32)
        if waveform.ndim != 1:
            raise ClipError(f"A waveform has one axis, not the shape {waveform.shape}: mix it.")
        refuse_unusable(waveform, "The waveform")
        refuse_silence(waveform, "The waveform")
    word = SHIPPED[network]([trim(waveform)], length=SAMPLE_RATE)
    probabilities = load_shipped(network).predict_on_batch(word)
    return pd.Series(probabilities[0], pd.RangeIndex(10, name="digit"), name="probability")


@functools.cache
def load_shipped(network):
    """A shipped network, a keras.Model: read once, then kept."""
    start_tensorflow()
    import keras

    return keras.models.load_model(MODELS / f"{network}.keras")
