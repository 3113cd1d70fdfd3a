"""The two shipped networks, and what they hear of a clip."""

import functools
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from .audio import SAMPLE_RATE, refuse_silence, within_full_scale
from .detection import cut_to_heard, cut_to_word, listen, without_drift
from .features import general_spectrogram_input, general_waveform_input
from .given import as_waveform, clips_in, of_each
from .training import start_tensorflow

MODELS = Path(__file__).resolve().parents[1] / "models"
SHIPPED = {  # what each shipped network is fed
    "spectrogram_cnn": general_spectrogram_input,
    "sample_cnn": general_waveform_input,
}
SURE = 0.32  # an answer needs so high a probability from each network; chosen in notebook 08


def recognise(clip, network="spectrogram_cnn", sample_rate=None):
    """Ask a shipped network which digit is spoken. Returns a Series: digit -> probability.

    What the ten lack to 1 is the probability that it was none of them. `network` is
    "spectrogram_cnn" or "sample_cnn". What it hears of the clip is what trim() leaves.
    models/README.md says what the networks learned from, and how good they are.

    `clip` is a path, the bytes of a file, an open file, a pair (sample rate, samples) in either
    order, a row of load_recordings(), or an array of samples. Of an array, `sample_rate` is in Hz;
    without it 8 kHz is taken, and doubted in a warning where it cannot be. A batch (a list, a dict,
    a column or table of load_recordings(), an array (clips, samples)) gives a DataFrame, a row a
    clip.

    Raises ClipError as read_clip() does, and ValueError for another network.
    """
    if not isinstance(network, str) or network not in SHIPPED:
        other = repr(network) if isinstance(network, str) else f"a {type(network).__name__}"
        raise ValueError(f"network is one of {', '.join(SHIPPED)}, not {other}.")
    clips = clips_in(clip)
    if clips is None:
        return _recognise(clip, network, sample_rate)
    return pd.DataFrame(of_each(clips, _recognise, network, sample_rate)).set_index(clips.index)


def _recognise(clip, network, sample_rate, name="The waveform"):
    return ask(cut_to_word(_waveform(clip, sample_rate, name)), network)


def answer(clip, sample_rate=None):
    """The digit that is spoken in a clip, or None, and the reason in words: a named tuple Answer.

    `clip` and `sample_rate` as for recognise(): a batch gives a DataFrame, with the columns digit
    and reason. There is no digit where no word or more than one was found, where
    the networks find none of the ten, where they disagree, or where one of them is not SURE.

    Raises ClipError as recognise() does.
    """
    clips = clips_in(clip)
    if clips is None:
        return _answer(clip, sample_rate)
    answers = pd.DataFrame(of_each(clips, _answer, sample_rate), clips.index)
    return answers.astype({"digit": "Int64"})


def _answer(clip, sample_rate, name="The waveform"):
    waveform = _waveform(clip, sample_rate, name)
    steady = without_drift(waveform)
    heard = listen(steady)
    words = len(heard.words)
    if words != 1:
        return Answer(None, "no word found" if words == 0 else f"{words} words, not one")
    word = cut_to_heard(steady, heard)
    return judge(pd.DataFrame({network: ask(word, network) for network in SHIPPED}))


def judge(said):
    """An Answer from the probabilities of both networks: a DataFrame (ten digits, networks)."""
    if 1 - said.sum().mean() > said.mean(axis=1).max():
        return Answer(None, "not one of the ten digits")
    first, second = said.idxmax()
    if first != second:
        return Answer(None, f"the networks disagree: {first} or {second}")
    sure = said.loc[first].min()
    if sure < SURE:
        return Answer(None, f"not sure: perhaps {first}, at {sure:.0%}")
    return Answer(int(first), f"both networks hear {first}, at {sure:.0%} or more")


class Answer(NamedTuple):
    """What answer() says: the digit or None, and why."""

    digit: int | None
    reason: str


def _waveform(clip, sample_rate, name):
    """The waveform of a clip; ClipError, which calls it `name`, where it cannot be used."""
    waveform = as_waveform(clip, sample_rate, name)
    refuse_silence(waveform, name)
    return within_full_scale(waveform).astype(np.float32)


def ask(word, network):
    """Ten probabilities, a Series, for a word as trim() leaves it."""
    heard = SHIPPED[network](word, length=SAMPLE_RATE)
    probabilities = _compiled(network)(heard).numpy()[0][:10]
    return pd.Series(probabilities, pd.RangeIndex(10, name="digit"), name="probability")


@functools.cache
def _compiled(network):
    """A shipped network as one function of TensorFlow's: Keras looks at each input for longer."""
    model = load_shipped(network)
    import tensorflow as tf

    signature = [tf.TensorSpec(model.input_shape, "float32")]
    return tf.function(functools.partial(model, training=False), input_signature=signature)


@functools.cache
def load_shipped(network):
    """A shipped network, a keras.Model: read once, then kept."""
    start_tensorflow()
    import keras

    return keras.models.load_model(MODELS / f"{network}.keras")
