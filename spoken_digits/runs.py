"""One experiment: a network is trained once, and becomes one row."""

import platform
import re
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from .augmentation import with_copies
from .dataset import CLASSIC, load_recordings, official_split, speaker_split
from .recipe import build, train_by_recipe
from .recipes import RECIPES
from .recognition import MODELS, SHIPPED
from .training import start_tensorflow


class Experiment(NamedTuple):
    """What tells one row of results/runs.csv from every other."""

    network: str
    variant: str
    corpus: str  # what it is tested on: fsdd, classic, or what load_recordings() takes
    split: str  # official, random, speaker or speaker_refit
    held_out: str  # the speaker that it is tested on, for the splits by speaker; else empty
    seed: int

    @property
    def name(self):
        """The name of its file in results/predictions, without the ending."""
        return re.sub("[^a-z0-9_]+", "-", "-".join(filter(None, map(str, self))).lower())


def run_experiment(experiment):
    """Run one Experiment. Returns its row (dict), and what is kept beside it (dict of arrays).

    The row holds the experiment's own fields and: epochs, parameters (count of the numbers that
    the model consists of), train_clips and test_clips (counts), the accuracy on training,
    validation and test clips (shares), test_loss (mean cross-entropy, nats), test_ece (expected
    calibration error, share), train_seconds (of the processor, with the watching of validation
    clips), seconds_per_clip (of the clock, waveform to answer, median of 50 test clips), the
    versions, the processor and the date.

    The arrays: `test_clips` (file names), `answers` (the digit predicted for each), `probabilities`
    (test clips, 10), and one for each column of the training's history, a value an epoch. Of the
    original sampleCNN, test_loss is that of its sigmoids made to add up to 1; its val_loss, from
    Keras, is that of a softmax. The two are not one quantity.
    """
    model, history, train_seconds, clips = fit(experiment)
    recipe, (train, _, test) = RECIPES[experiment.network, experiment.variant], clips
    # The test clips are touched here for the first time, and once.
    probabilities = [predict(model, recipe.features(part["waveform"])) for part in clips]
    row = {
        **experiment._asdict(),
        "epochs": len(history),
        "parameters": count_parameters(model),
        "train_clips": len(train),
        "test_clips": len(test),
        **scores(clips, probabilities),
        "train_seconds": train_seconds,
        "seconds_per_clip": seconds_per_clip(model, recipe.features, test["waveform"][:50]),
        **circumstances(),
    }
    kept = {
        "test_clips": np.array([Path(path).name for path in test["path"]]),
        "answers": probabilities[2].argmax(axis=1).astype(np.uint8),
        "probabilities": probabilities[2].astype(np.float32),
        **{name: values.to_numpy(np.float32) for name, values in history.items()},
    }
    return row, kept


def scores(clips, probabilities):
    """Accuracies on train, validation and test; loss and calibration error on test: a dict.

    `clips` are the three parts, `probabilities` an array (clips, 10) for each.
    """
    pairs = zip(("train", "validation", "test"), clips, probabilities, strict=True)
    accuracies = {
        f"{name}_accuracy": (said.argmax(axis=1) == part["digit"]).mean()
        for name, part, said in pairs
    }
    labels, said = clips[2]["digit"].to_numpy(), probabilities[2]
    return {
        **accuracies,
        "test_loss": log_loss(labels, said, labels=range(10)),
        "test_ece": expected_calibration_error(labels, said),
    }


def circumstances():
    """With what it was run, and when: versions, processor, date."""
    return {
        "python": platform.python_version(),
        **{package: version(package) for package in ("tensorflow", "keras", "numpy")},
        "processor": processor(),
        "date": datetime.now(UTC).date().isoformat(),
    }


def fit(experiment):
    """Train the network of an Experiment.

    Returns the model, its history (a DataFrame, a row an epoch), the processor's seconds, and the
    clips: train, validation, test.
    """
    start_tensorflow()
    import keras

    keras.utils.set_random_seed(experiment.seed)
    recipe = RECIPES[experiment.network, experiment.variant]
    train, validation, test = split(load_corpus(experiment.corpus), experiment)
    train = training_clips(train, recipe, experiment)

    waveforms, labels = train["waveform"], train["digit"]
    if recipe.augmentation:
        copies = recipe.augmentation, recipe.copies, experiment.seed
        waveforms, labels = with_copies(waveforms, labels, *copies)
    x = recipe.features(waveforms)
    watched = recipe.features(validation["waveform"]), validation["digit"]
    model, start = build(recipe), time.process_time()
    history = train_by_recipe(recipe, model, x, labels, experiment.seed, watched)
    return model, history, time.process_time() - start, (train, validation, test)


def training_clips(train, recipe, experiment):
    """The clips that a recipe trains on: some of them alone, or the synthetic voices as well."""
    if recipe.clips_per_digit:
        train = train.groupby("digit").sample(recipe.clips_per_digit, random_state=experiment.seed)
    if recipe.synthetic and experiment.corpus != "synthetic":  # there, they would know the test
        train = pd.concat([train, load_recordings("synthetic")])
    return train


def load_corpus(corpus):
    """A corpus of load_recordings(), or "classic": the first edition, three speakers."""
    if corpus != "classic":
        return load_recordings(corpus)
    clips = load_recordings("fsdd")
    return clips[clips["speaker"].isin(CLASSIC)]


def split(clips, experiment):
    """Split clips as the experiment says. Returns train, validation, test.

    "random" draws a tenth of the clips for the test, and as many for validation. "speaker_refit" is
    for when all is chosen: then the validation speaker need not be kept out of training any more.
    """
    if experiment.split == "official":
        return official_split(clips)
    if experiment.split == "speaker":
        return speaker_split(clips, experiment.held_out)
    if experiment.split == "speaker_refit":
        train, validation, test = speaker_split(clips, experiment.held_out)
        return pd.concat([train, validation]), validation, test
    tenth = len(clips) // 10
    rest, test = train_test_split(clips, test_size=tenth, random_state=experiment.seed)
    train, validation = train_test_split(rest, test_size=tenth, random_state=experiment.seed)
    return train, validation, test


def predict(model, x):
    """Probabilities (clips, 10). The original sampleCNN's sigmoids are made to add up to 1."""
    if hasattr(model, "predict_proba"):
        return model.predict_proba(x)
    probabilities = model.predict(x, verbose=0).astype(float)
    return probabilities / probabilities.sum(axis=1, keepdims=True)


def count_parameters(model):
    """How many numbers a model has learned or keeps, for a network or a baseline."""
    if hasattr(model, "count_params"):
        return model.count_params()
    if hasattr(model, "class_prior_"):
        return model.class_prior_.size
    return model[-1].coef_.size + model[-1].intercept_.size


def expected_calibration_error(labels, probabilities, bins=10):
    """How far stated probabilities lie from the share of right answers, on average.

    `labels` (clips,), `probabilities` (clips, 10); a share, 0 at best. The predictions are sorted
    into `bins` by their probability. Source: Guo et al. 2017, arXiv:1706.04599.
    """
    sure, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    group = np.minimum((sure * bins).astype(int), bins - 1)
    gaps = [abs(right[group == g].mean() - sure[group == g].mean()) for g in np.unique(group)]
    return np.average(gaps, weights=np.unique(group, return_counts=True)[1])


def seconds_per_clip(model, features, waveforms):
    """Median time from one waveform to its answer, as it is when somebody has just spoken."""
    ask = getattr(model, "predict_on_batch", None) or model.predict_proba
    ask(features(waveforms[:1]))  # the first call prepares, and is not counted
    times = []
    for place in range(len(waveforms)):
        start = time.perf_counter()
        ask(features(waveforms[place : place + 1]))
        times.append(time.perf_counter() - start)
    return np.median(times)


def processor():
    """The processor's name, as far as the system tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    names = re.findall(r"model name\s*: (.+)", cpuinfo.read_text()) if cpuinfo.exists() else []
    return next(iter(names), platform.processor() or platform.machine())


def ship(folder=MODELS):
    """Train both general networks on the official split and save them in a folder."""
    for network in SHIPPED:
        model, *_ = fit(Experiment(network, "general", "fsdd", "official", "", seed=0))
        # without what Adam remembers: a third the size
        bare = build(RECIPES[network, "general"])
        bare.set_weights(model.get_weights())
        bare.save(folder / f"{network}.keras")
