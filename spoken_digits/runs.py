"""One experiment: a network is trained once, and becomes one row."""

import platform
import re
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.special import logsumexp
from sklearn.metrics import log_loss

from .audio import SAMPLE_RATE
from .augmentation import with_copies
from .dataset import NONE
from .material import load_corpus, people_and_words, sound_clips, split, training_clips
from .recipe import build, train_by_recipe
from .recipes import RECIPES
from .training import start_tensorflow

PARTS = ["train", "validation", "test"]


class Experiment(NamedTuple):
    """What tells one row of results/runs.csv from every other."""

    network: str
    variant: str
    corpus: str  # what it is tested on: fsdd, classic, or what load_recordings() takes
    split: str  # official, random, speaker, speaker_refit or people
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

    What is kept is told by kept_beside().
    """
    model, history, train_seconds, clips = fit(experiment)
    recipe, (train, _, test) = RECIPES[experiment.network, experiment.variant], clips
    # The test clips are touched here for the first time, and once.
    whole = experiment.corpus == "people"
    probabilities = [
        predict(model, hear(model, recipe, part, whole_second=whole)) for part in clips
    ]
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
    kept = kept_beside(test, probabilities[2], history)
    if recipe.chosen_by_people:
        kept |= answers_to(model, recipe, "choosing", people_and_words("validation"))
    if whole:
        kept |= answers_to(model, recipe, "asked", [*people_and_words("test"), sound_clips()])
    return row, kept


def kept_beside(test, probabilities, history):
    """What is kept of a run beside its row, a dict of arrays.

    `test_clips` (file names), `answers` (the digit predicted for each), `probabilities` (test
    clips, 10 or 11), and one for each column of the training's history, a value an epoch. Of the
    original sampleCNN, test_loss is that of its sigmoids made to add up to 1; its val_loss, from
    Keras, is that of a softmax. The two are not one quantity. Nor is val_accuracy that of the row
    where there are eleven answers: it takes "none of the ten" for a wrong one, and the row asks for
    the likeliest digit. Where people helped to choose, or are the test, answers_to() adds what the
    network gives for "choosing", their validation part, or "asked": all of their test part, other
    words with it, and sounds.
    """
    return {
        "test_clips": np.array(test.get("name", [Path(path).name for path in test["path"]]), str),
        "answers": named(probabilities).astype(np.uint8),
        "probabilities": probabilities.astype(np.float32),
        **{name: values.to_numpy(np.float32) for name, values in history.items()},
    }


def answers_to(model, recipe, name, corpora):
    """What a model answers to some more corpora: names of the clips, probabilities, energies."""
    x = [hear(model, recipe, clips, whole_second=True) for clips in corpora]
    return {
        f"{name}_clips": np.concatenate([clips["name"] for clips in corpora]).astype(str),
        f"{name}_probabilities": np.concatenate([predict(model, part) for part in x], dtype="f4"),
        f"{name}_energies": np.concatenate([energies(model, part) for part in x], dtype="f4"),
    }


def hear(model, recipe, clips, whole_second):
    """What a model is fed of clips, an array (clips, ...).

    Of a `whole_second`, as in recognise(), where the model takes any length.
    """
    if whole_second and None in getattr(model, "input_shape", ())[1:]:
        return recipe.features(clips["waveform"], length=SAMPLE_RATE)
    return recipe.features(clips["waveform"])


def energies(model, x):
    """How much of any digit a network finds in each clip: log of the summed exponentials.

    Those of the sums that its last layer makes for the ten digits; NaN for what is no network.
    Source: Liu et al. 2020, arXiv:2010.03759, where it has the other sign.
    """
    if not hasattr(model, "layers"):
        return np.full(len(x), np.nan)
    import keras

    kernel, bias = model.layers[-1].get_weights()
    found = keras.Model(model.inputs, model.layers[-1].input).predict(x, verbose=0)
    return logsumexp((found @ kernel + bias)[:, :10], axis=1)


def scores(clips, probabilities):
    """Accuracies on the digits of all three parts; loss and calibration error on test: a dict.

    `clips` are the three PARTS, `probabilities` an array (clips, answers) for each.
    """
    accuracies = {}
    for name, part, said in zip(PARTS, clips, probabilities, strict=True):
        is_digit = part["digit"] != NONE
        accuracies[f"{name}_accuracy"] = (named(said) == part["digit"])[is_digit].mean()
    labels, said = clips[2]["digit"].to_numpy(), with_none(probabilities[2])
    return {
        **accuracies,
        "test_loss": log_loss(labels, said, labels=range(said.shape[1])),
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


def named(probabilities):
    """The likeliest of the ten digits, (clips,): an eleventh answer is for what is no digit.

    NONE where all ten are 0: a recogniser found no digit there.
    """
    digits = probabilities[:, :10]
    return np.where(digits.any(axis=1), digits.argmax(axis=1), NONE)


def with_none(probabilities):
    """Probabilities that add up to 1, of the same type: what ten digits lack is an eleventh."""
    lacking = 1 - probabilities.sum(axis=1, keepdims=True)
    if np.allclose(lacking, 0, atol=1e-3):
        return probabilities
    return np.concatenate([probabilities, lacking], axis=1)


def predict(model, x):
    """Probabilities (clips, answers). The original sampleCNN's sigmoids are made to add up to 1."""
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

    `labels` (clips,), `probabilities` (clips, 10 or 11); a share, 0 at best. The predictions are
    sorted into `bins` by the probability of the digit named. Source: Guo et al. 2017,
    arXiv:1706.04599.
    """
    said = named(probabilities)
    sure, right = probabilities[np.arange(len(said)), said], said == labels
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
