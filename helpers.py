"""The door of the notebooks: what they draw, play and claim is here, the rest is passed on.

The code of a name that is passed on is in the room that the comment above its group gives, and
`helpers.sample_cnn??` in a notebook shows it.
"""

import sys
from importlib import import_module

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt

# spoken_digits/archives.py: what recordings are taken from
from spoken_digits.archives import FetchError

# spoken_digits/audio.py: read a recording
from spoken_digits.audio import (
    SAMPLE_RATE,
    ClipError,
    decode_clip,
    read_clip,
    within_full_scale,
)

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

# spoken_digits/booth.py: takes of one's own, one after the other
from spoken_digits.booth import Booth

# spoken_digits/data_scaling.py: what was measured of more and more clips
from spoken_digits.data_scaling import load_growth

# spoken_digits/dataset.py: load a corpus, split it
from spoken_digits.dataset import (
    CORPORA,
    NONE,
    SPEAKERS,
    load_recordings,
    official_split,
    read_names,
    speaker_split,
)

# spoken_digits/detection.py: find the word, trim
from spoken_digits.detection import trim

# spoken_digits/diagnosis.py: what a recording is like, in words
from spoken_digits.diagnosis import describe, diagnose

# spoken_digits/drawing.py: a network as a picture
from spoken_digits.drawing import draw_network, receptive_fields

# spoken_digits/exercises/check.py: what a check says of an answer
from spoken_digits.exercises.check import check

# spoken_digits/features.py: what each network is fed
from spoken_digits.features import (
    PADDED_LENGTH,
    filled_up,
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
from spoken_digits.fetching import RECORDINGS, fetch_recordings

# spoken_digits/figures.py: pictures with alternative text, live curves, a slider
from spoken_digits.figures import (
    draw_trimming,
    live_curve,
    plot_history,
    plot_spectrogram,
    plot_voices,
    plot_waveform,
    show,
    slider,
)

# spoken_digits/general.py: the networks for voices that they never heard
from spoken_digits.general import gabor_filters, gabor_levels, general_cnn

# spoken_digits/given.py: what people hand to the functions
from spoken_digits.given import as_waveform, clips_in

# spoken_digits/grid.py: which experiments are recorded
from spoken_digits.grid import grid_runs

# spoken_digits/intervals.py: how far a figure may be off, by chance
from spoken_digits.intervals import (
    accuracy_with_interval,
    paired_tests,
    t_interval,
    wilson_interval,
)

# spoken_digits/material.py: which clips a network learns from, and which it is asked
from spoken_digits.material import load_corpus, split

# spoken_digits/networks.py: the two networks, and what they are made of
from spoken_digits.networks import (
    convolution,
    logistic_regression,
    sample_cnn,
    spectrogram_cnn,
    structure,
)

# spoken_digits/off_the_shelf.py: recognisers that others made
from spoken_digits.off_the_shelf import GRAMMAR, SoundSwallower, telephone_input

# spoken_digits/pipeline.py: clips from their files to batches
from spoken_digits.pipeline import batches

# spoken_digits/players.py: sounds to hear
from spoken_digits.players import play

# spoken_digits/recipes.py: what decides each training
from spoken_digits.recipes import ABLATIONS, CURES, OFF_THE_SHELF, RECIPES, RECURRENT

# spoken_digits/recognition.py: the two shipped networks
from spoken_digits.recognition import MODELS, SHIPPED, SURE, answer, recognise

# spoken_digits/recorder.py: the browser's microphone
from spoken_digits.recorder import Recorder

# spoken_digits/records.py: results/
from spoken_digits.records import load_predictions, load_runs

# spoken_digits/recurrent.py: recurrent networks
from spoken_digits.recurrent import conv_gru, recurrent

# spoken_digits/refusing.py: ways to refuse what is no digit
from spoken_digits.refusing import agreement, sureness, trade

# spoken_digits/report.py: the table of results
from spoken_digits.report import accuracy_text, range_text, results_table

# spoken_digits/runs.py: one experiment, one row
from spoken_digits.runs import Experiment, run_experiment

# spoken_digits/takes.py: takes of one's own
from spoken_digits.takes import in_halves, load_takes, save_take, speaker_name

# spoken_digits/training.py: start TensorFlow, train
from spoken_digits.training import progress, start_tensorflow, train

# spoken_digits/verdict.py: one recording, all about it
from spoken_digits.verdict import compare, conclude, examine

# spoken_digits/voices.py: how well each person is understood
from spoken_digits.voices import by_person, people_answers

# spoken_digits/cluster.py: experiments on a cluster; scaling.py: what that costs, and would bring
LATER = dict.fromkeys(["connected", "record_on"], "cluster")
LATER |= dict.fromkeys(["amdahl", "assumptions", "load_scaling", "simulate"], "scaling")


def __getattr__(name):
    """The names in LATER, imported when they are asked for: Dask is slow, and for notebook 11."""
    if name not in LATER:
        raise AttributeError(f"helpers has no {name}")
    return getattr(import_module(f"spoken_digits.{LATER[name]}"), name)


# --- To see and to hear ---


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
        other = f"the corpus {_corpus}" if _corpus in CORPORA else "a folder"  # its path is private
        print(f"(a claim about FSDD, not checked on {other}) {sentence}")
        return
    if not holds:
        raise AssertionError(sentence)
    print(f"{_tick()} {sentence}")


def _tick():
    """A tick, or OK on a console that has none, as Windows' in some languages."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return "✔".encode(encoding, errors="ignore").decode(encoding) or "OK"
