"""The door of the notebooks: what they draw, play and claim is here, the rest is passed on.

The code of a name that is passed on is in the room that the comment above its group gives, and
`helpers.sample_cnn??` in a notebook shows it.
"""

import html

import numpy as np
import pandas as pd
import seaborn as sns
from IPython.display import HTML, Audio
from matplotlib import pyplot as plt

# spoken_digits/audio.py: read a recording, find the word, trim
from spoken_digits.audio import SAMPLE_RATE, ClipError, decode_clip, read_clip, trim

# spoken_digits/augmentation.py: clips as they might also have been recorded
from spoken_digits.augmentation import (
    AUGMENTATIONS,
    add_noise,
    as_somebody_else,
    augment,
    change_voice,
    equalise,
    mask,
    with_copies,
)

# spoken_digits/dataset.py: load a corpus, split it
from spoken_digits.dataset import (
    SPEAKERS,
    load_recordings,
    official_split,
    read_names,
    speaker_split,
)

# spoken_digits/diagnosis.py: what a recording is like, in words
from spoken_digits.diagnosis import describe, diagnose

# spoken_digits/drawing.py: a network as a picture
from spoken_digits.drawing import draw_network, receptive_fields

# spoken_digits/exercises/check.py: what a check says of an answer
from spoken_digits.exercises.check import check

# spoken_digits/features.py: what each network is fed
from spoken_digits.features import (
    PADDED_LENGTH,
    mean_mfccs,
    normalise,
    original_spectrogram_input,
    original_waveform_input,
    pad_or_cut,
    spectrogram,
    spectrogram_input,
    waveform_input,
    without_band_means,
)

# spoken_digits/fetching.py: bring the dataset
from spoken_digits.fetching import RECORDINGS, FetchError, fetch_recordings

# spoken_digits/figures.py: pictures with alternative text, live curves, a slider
from spoken_digits.figures import live_curve, plot_history, show, slider

# spoken_digits/general.py: the networks for voices that they never heard
from spoken_digits.general import gabor_filters, gabor_levels, general_cnn

# spoken_digits/grid.py: which experiments are recorded
from spoken_digits.grid import grid_runs

# spoken_digits/networks.py: the two networks, and what they are made of
from spoken_digits.networks import (
    convolution,
    logistic_regression,
    sample_cnn,
    spectrogram_cnn,
    structure,
)

# spoken_digits/recipes.py: what decides each training
from spoken_digits.recipes import ABLATIONS, CURES, RECIPES, RECURRENT

# spoken_digits/recognition.py: the two shipped networks
from spoken_digits.recognition import MODELS, SHIPPED, recognise

# spoken_digits/recorder.py: the browser's microphone, and takes of one's own
from spoken_digits.recorder import Recorder, save_take, speaker_name

# spoken_digits/records.py: results/
from spoken_digits.records import load_predictions, load_runs

# spoken_digits/recurrent.py: recurrent networks
from spoken_digits.recurrent import conv_gru, recurrent

# spoken_digits/report.py: intervals and the table of results
from spoken_digits.report import (
    accuracy_text,
    accuracy_with_interval,
    range_text,
    results_table,
    t_interval,
    wilson_interval,
)

# spoken_digits/runs.py: one experiment, one row
from spoken_digits.runs import Experiment, load_corpus, run_experiment, split

# spoken_digits/training.py: start TensorFlow, train
from spoken_digits.training import progress, start_tensorflow, train

# --- To see and to hear ---


def plot_waveform(waveform, axes):
    """Draw a waveform on matplotlib axes, amplitude over time in seconds. From notebook 02."""
    axes.plot(np.arange(waveform.size) / SAMPLE_RATE, waveform, linewidth=0.6)
    axes.set(xlabel="time (s)", ylabel="amplitude", xlim=(0, waveform.size / SAMPLE_RATE))


def plot_spectrogram(waveform, axes, window_length=256, hop_length=64, dynamic_range=70):
    """Draw a waveform's spectrogram on matplotlib axes. From notebook 02.

    Colours reach from the loudest point down by `dynamic_range` dB. Returns the image, for a
    colour bar.
    """
    frequencies, times, level = spectrogram(waveform, window_length, hop_length)
    loudest = level.max()
    image = axes.pcolormesh(
        times, frequencies / 1000, level, vmin=loudest - dynamic_range, cmap="viridis"
    )
    axes.set(xlabel="time (s)", ylabel="frequency (kHz)")
    return image


def play(waveforms):
    """Show a labelled player for each item of a dict: label -> waveform, at its true loudness.

    The sound stands in the `src` of <audio> itself: JupyterLab strips <source src>, which
    IPython's Audio would write, from a notebook that has not been run yet. First in notebook 01.
    """
    players = ""
    for label, waveform in waveforms.items():
        sound = Audio(waveform, rate=SAMPLE_RATE, normalize=False).src_attr()
        label = html.escape(label)
        players += (
            f'<figure style="display: inline-block; margin: 4px"><figcaption>{label}</figcaption>'
            f'<audio controls aria-label="{label}" src="{sound}"></audio></figure>'
        )
    return HTML(players)


def plot_confusion(labels, predictions):
    """Draw a confusion matrix: counts, and the share of each spoken digit. From notebook 03."""
    counts = pd.crosstab(labels, predictions)
    counts = counts.reindex(range(10), columns=range(10), fill_value=0)
    percent = 100 * counts.div(counts.sum(axis=1).clip(lower=1), axis=0)  # 0 where none is spoken
    texts = counts.astype(str) + "\n" + percent.round().astype(int).astype(str) + " %"
    texts = texts.where(counts > 0, "")
    figure, axes = plt.subplots(figsize=(7.5, 6), layout="constrained")
    bar = {"label": "share of the spoken digit (%)"}
    sns.heatmap(percent, annot=texts, fmt="", annot_kws={"size": 8}, cmap="cividis", cbar_kws=bar)
    axes.set(xlabel="recognised digit", ylabel="spoken digit")
    return figure


# --- What the text says, checked ---

_corpus = "fsdd"  # what claims_about() was told


def claims_about(clips):
    """Say what the claims of this notebook are about: the corpus of these clips. Called once.

    `clips` is what load_recordings() gave. First used in notebook 01.
    """
    global _corpus
    _corpus = clips.attrs["corpus"]


def claim(sentence, holds):
    """Print a ticked sentence where it holds, else raise AssertionError with it.

    Claims are about FSDD: where claims_about() was told of another corpus, the sentence is printed
    with a note that it was not checked. First used in notebook 01.
    """
    if _corpus != "fsdd":
        print(f"(a claim about FSDD, not checked on the corpus {_corpus}) {sentence}")
        return
    if not holds:
        raise AssertionError(sentence)
    print(f"✔ {sentence}")
