"""The long runs: an experiment trains one network once and becomes one row of results/runs.csv.

`python experiments.py --help` explains what is recorded. Each experiment runs in a process of its
own, on one core. Its seconds hold for a machine that has that core to spare.
"""
# ruff: noqa: E402 (a child must know what Ctrl+C means before it spends seconds on the imports)

import argparse
import contextlib
import io
import multiprocessing
import os
import platform
import re
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

if multiprocessing.parent_process():  # Ctrl+C ends a child at once, without a traceback
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import numpy as np
import pandas as pd
import scipy.stats
from filelock import FileLock, Timeout
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from tqdm import tqdm

import helpers
import recipes
from recipes import CLIPS_PER_DIGIT, RECIPES

RESULTS = Path(__file__).resolve().parent / "results"
SPEAKERS = ["george", "jackson", "lucas", "nicolas", "theo", "yweweler"]  # of FSDD
CLASSIC = ["jackson", "nicolas", "theo"]  # those of its first edition, 1,500 clips


class Experiment(NamedTuple):
    """What tells one row of results/runs.csv from every other."""

    network: str
    variant: str
    corpus: str  # what it is tested on: fsdd, classic, or what helpers.load_recordings() takes
    split: str  # official, random, speaker or speaker_refit
    held_out: str  # the speaker that it is tested on, for the splits by speaker; else empty
    seed: int

    @property
    def name(self):
        """The name of its file in results/predictions, without the ending."""
        return re.sub("[^a-z0-9_]+", "-", "-".join(filter(None, map(str, self))).lower())


# --- One experiment ---


def run_experiment(experiment):
    """Run one Experiment. Returns its row (dict), and what is kept beside it (dict of arrays).

    The row holds the experiment's own fields and: epochs, parameters (count of the numbers that
    the model consists of), train_clips and test_clips (counts), the accuracy on training,
    validation and test clips (shares), test_loss (mean cross-entropy, nats), test_ece (expected
    calibration error, share), train_seconds (of the processor, with the watching of validation
    clips), seconds_per_clip (of the clock, waveform to answer, median of 50 test clips), the
    versions, the processor and the date.

    The arrays: `test_clips` (file names), `answers` (the digit given to each), `probabilities`
    (test clips, 10), and one for each column of the training's history, a value an epoch.
    """
    model, history, train_seconds, clips = fit(experiment)
    recipe, (train, _, test) = RECIPES[experiment.network, experiment.variant], clips
    # The test clips are touched here for the first time, and once.
    answers = [predict(model, recipe.features(part["waveform"])) for part in clips]
    accuracies = [
        (answer.argmax(axis=1) == part["digit"]).mean()
        for answer, part in zip(answers, clips, strict=True)
    ]
    probabilities = answers[2]
    row = {
        **experiment._asdict(),
        "epochs": len(history),
        "parameters": count_parameters(model),
        "train_clips": len(train),
        "test_clips": len(test),
        "train_accuracy": accuracies[0],
        "validation_accuracy": accuracies[1],
        "test_accuracy": accuracies[2],
        "test_loss": log_loss(test["digit"], probabilities, labels=range(10)),
        "test_ece": expected_calibration_error(test["digit"].to_numpy(), probabilities),
        "train_seconds": train_seconds,
        "seconds_per_clip": seconds_per_clip(model, recipe.features, test["waveform"][:50]),
        "python": platform.python_version(),
        **{package: version(package) for package in ("tensorflow", "keras", "numpy")},
        "processor": processor(),
        "date": datetime.now(UTC).date().isoformat(),
    }
    kept = {
        "test_clips": np.array([Path(path).name for path in test["path"]]),
        "answers": probabilities.argmax(axis=1).astype(np.uint8),
        "probabilities": probabilities.astype(np.float16),
        **{name: values.to_numpy(np.float32) for name, values in history.items()},
    }
    return row, kept


def fit(experiment):
    """Train the network of an Experiment.

    Returns the model, its history (a DataFrame, a row an epoch), the processor's seconds, and the
    clips: train, validation, test.
    """
    helpers.start_tensorflow()
    import keras

    keras.utils.set_random_seed(experiment.seed)
    recipe = RECIPES[experiment.network, experiment.variant]
    # The corpus that is tested comes last, since claims are about the corpus that came last.
    teachers = helpers.load_recordings("synthetic") if recipe.synthetic else None
    train, validation, test = split(load_corpus(experiment.corpus), experiment)
    if recipe.clips_per_digit:
        train = train.groupby("digit").sample(recipe.clips_per_digit, random_state=experiment.seed)
    if recipe.synthetic and experiment.corpus != "synthetic":  # there, they would know the test
        train = pd.concat([train, teachers])

    waveforms, digits = list(train["waveform"]), train["digit"]
    if recipe.augment:
        waveforms += recipes.augmented(waveforms, recipe.augment, recipe.copies, experiment.seed)
        digits = np.tile(digits, 1 + recipe.copies)
    x = recipe.features(waveforms)
    watched = recipe.features(validation["waveform"]), validation["digit"]
    model, start = recipe.build(), time.process_time()
    history = recipe.train(model, x, digits, seed=experiment.seed, validation=watched)
    return model, history, time.process_time() - start, (train, validation, test)


def load_corpus(corpus):
    """A corpus of helpers.load_recordings(), or "classic": the first edition, three speakers."""
    if corpus != "classic":
        return helpers.load_recordings(corpus)
    clips = helpers.load_recordings("fsdd")
    return clips[clips["speaker"].isin(CLASSIC)]


def split(clips, experiment):
    """Split clips as the experiment says. Returns train, validation, test.

    "random" draws a tenth of the clips for the test, and as many for validation. "speaker_refit" is
    for when all is chosen: then the validation speaker need not be kept out of training any more.
    """
    if experiment.split == "official":
        return helpers.official_split(clips)
    if experiment.split == "speaker":
        return helpers.speaker_split(clips, experiment.held_out)
    if experiment.split == "speaker_refit":
        train, validation, test = helpers.speaker_split(clips, experiment.held_out)
        return pd.concat([train, validation]), validation, test
    tenth = len(clips) // 10
    rest, test = train_test_split(clips, test_size=tenth, random_state=experiment.seed)
    train, validation = train_test_split(rest, test_size=tenth, random_state=experiment.seed)
    return train, validation, test


def predict(model, x):
    """Probabilities (clips, 10). The original sampleCNN's sigmoids are made to add up to 1."""
    if hasattr(model, "predict_proba"):
        return model.predict_proba(x)
    answers = model.predict(x, verbose=0).astype(float)
    return answers / answers.sum(axis=1, keepdims=True)


def count_parameters(model):
    """How many numbers a model has learned or keeps, for a network or a baseline."""
    if hasattr(model, "count_params"):
        return model.count_params()
    if hasattr(model, "class_prior_"):
        return model.class_prior_.size
    return model[-1].coef_.size + model[-1].intercept_.size


def expected_calibration_error(digits, probabilities, bins=10):
    """How far stated probabilities lie from the share of right answers, on average.

    `digits` (clips,), `probabilities` (clips, 10); a share, 0 at best. The answers are sorted into
    `bins` by their probability. Source: Guo et al. 2017, arXiv:1706.04599.
    """
    sure, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == digits
    group = np.minimum((sure * bins).astype(int), bins - 1)
    gaps = [abs(right[group == g].mean() - sure[group == g].mean()) for g in np.unique(group)]
    return np.average(gaps, weights=np.unique(group, return_counts=True)[1])


def seconds_per_clip(model, features, waveforms):
    """Median time from one waveform to its answer, as it is when somebody has just spoken."""
    answer = getattr(model, "predict_on_batch", None) or model.predict_proba
    answer(features(waveforms[:1]))  # the first call prepares, and is not counted
    times = []
    for place in range(len(waveforms)):
        start = time.perf_counter()
        answer(features(waveforms[place : place + 1]))
        times.append(time.perf_counter() - start)
    return np.median(times)


def processor():
    """The processor's name, as far as the system tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    names = re.findall(r"model name\s*: (.+)", cpuinfo.read_text()) if cpuinfo.exists() else []
    return next(iter(names), platform.processor() or platform.machine())


# --- Recording: results/runs.csv, and one file of predictions for each row ---


def load_runs():
    """All recorded rows, a DataFrame; empty where nothing is recorded yet."""
    path = RESULTS / "runs.csv"
    if not path.exists():
        return pd.DataFrame(columns=list(Experiment._fields))
    return pd.read_csv(path, keep_default_na=False, dtype={"held_out": str})


def load_predictions(experiment):
    """What is kept beside a row: a dict of arrays, as run_experiment() gives it."""
    with np.load(RESULTS / "predictions" / f"{experiment.name}.npz") as arrays:
        return dict(arrays)


def recorded():
    """The experiments that have a row."""
    with FileLock(locks() / "runs"):  # Windows cannot replace a file that somebody reads
        rows = load_runs()[list(Experiment._fields)].itertuples(index=False, name=None)
    return {Experiment(*row) for row in rows}


def locks():
    """The folder of what is needed during a run only."""
    folder = RESULTS / ".locks"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def record(experiment):
    """Run an experiment and write it down, unless that is done or another process is at it."""
    with contextlib.suppress(Timeout), FileLock(locks() / experiment.name, blocking=False):
        if experiment in recorded():
            return
        with contextlib.redirect_stdout(io.StringIO()):  # the epochs
            row, kept = run_experiment(experiment)
        predictions = RESULTS / "predictions"
        predictions.mkdir(exist_ok=True)
        unfinished = locks() / f"{experiment.name}.npz"
        np.savez_compressed(unfinished, **kept)
        unfinished.replace(predictions / unfinished.name)
        with FileLock(locks() / "runs"):
            rows = [load_runs(), pd.DataFrame([row])]
            runs = pd.concat([part for part in rows if len(part)])
            runs = runs.sort_values(list(Experiment._fields))
            runs.to_csv(locks() / "runs.csv", index=False, float_format="%.6g")
            (locks() / "runs.csv").replace(RESULTS / "runs.csv")


def record_apart(experiment):
    """record() in a process of its own: its memory goes back when it ends."""
    spawn = multiprocessing.get_context("spawn")
    process = spawn.Process(target=record, args=(experiment,), daemon=True)
    process.start()
    process.join()
    return experiment


def record_all(experiments, jobs):
    """Record what is missing, `jobs` at once, with a progress bar. Returns what still is."""
    done = recorded()
    missing = [experiment for experiment in experiments if experiment not in done]
    print(f"{len(experiments)} experiments, {len(missing)} of them missing.")
    if not missing:
        return []
    seconds = dict(zip(missing, expected_seconds(missing), strict=True))
    bar = "{percentage:3.0f} %, {elapsed} gone, about {remaining} left{postfix}"
    with (
        ThreadPoolExecutor(jobs) as threads,
        tqdm(total=sum(seconds.values()), bar_format=bar, smoothing=0) as progress,
    ):
        for experiment in threads.map(record_apart, missing):
            progress.set_postfix_str(f"last: {experiment.name}", refresh=False)
            progress.update(seconds[experiment])
    done = recorded()
    return [experiment for experiment in missing if experiment not in done]


def expected_seconds(experiments):
    """How long each will take, from the recorded rows of its network and variant; else 60 s."""
    runs = load_runs()
    if runs.empty:
        return [60] * len(experiments)
    known = runs.groupby(["network", "variant"])["train_seconds"].mean() + 10  # to start and load
    return [known.get((experiment.network, experiment.variant), 60) for experiment in experiments]


# --- The grid: what is recorded ---


class Part(NamedTuple):
    """A part of the grid, and the question it answers."""

    question: str
    corpus: str
    split: str
    seeds: range
    recipes: list  # of (network, variant)


BOTH = ["sample_cnn", "spectrogram_cnn"]
RECURRENT = ["gru", "lstm", "bidirectional_gru", "conv_gru"]
ALL = [
    *[(network, "baseline") for network in ("majority", "mfcc_logistic")],
    *[(network, "improved") for network in (*BOTH, "deep_sample_cnn")],
    *[(network, "original") for network in BOTH],
]
CURES = ["repaired", "more_epochs", "early_stopping", "masks", "augmentation", "together"]
CURES += [f"dropout_{rate}" for rate in recipes.DROPOUTS] + list(recipes.AUGMENTATIONS)
CURES += [f"{kind}_{size:g}" for kind, sizes in recipes.PENALTIES.items() for size in sizes]
CURES = [(network, f"original_{cure}") for network in BOTH for cure in CURES]
CURES = [recipe for recipe in CURES if recipe in RECIPES]  # masks are for spectrograms
REMEDIES = ["as_recorded", "voices", "synthetic"]
GRID = [
    Part(
        "How good is each network on new clips of known voices?", "fsdd", "official", range(5), ALL
    ),
    Part("What were the published 60 % and 70 %?", "classic", "random", range(5), ALL),
    Part(
        "Did the originals have too few epochs, or too many weights?",
        "classic",
        "random",
        range(3),
        [
            ("sample_cnn", "original_half_filters"),
            ("sample_cnn", "original_double_filters"),
            ("spectrogram_cnn", "original_50_epochs"),
            ("spectrogram_cnn", "original_momentum"),
            ("spectrogram_cnn", "original_momentum_half_filters"),
        ],
    ),
    Part(
        "How many clips does a digit need?",
        "fsdd",
        "official",
        range(3),
        [(net, f"improved_{clips}_clips") for net in BOTH for clips in CLIPS_PER_DIGIT],
    ),
    Part(
        "What closes the gap between training and test?",
        "classic",
        "random",
        range(3),
        CURES,
    ),
    Part(
        "Do changed copies of the clips help the improved networks?",
        "fsdd",
        "official",
        range(5),
        [(network, "improved_augmentation") for network in BOTH],
    ),
    Part(
        "Are recurrent networks better?",
        "fsdd",
        "official",
        range(5),
        [(network, "improved") for network in RECURRENT],
    ),
    Part(
        "How good is each on a voice that it never heard?",
        "fsdd",
        "speaker",
        range(1),
        [
            ("mfcc_logistic", "baseline"),
            *[(network, "improved") for network in (*BOTH, *RECURRENT)],
        ],
    ),
    Part(
        "What helps with a voice that it never heard?",
        "fsdd",
        "speaker",
        range(1),
        [
            *[(network, f"improved_{remedy}") for network in BOTH for remedy in REMEDIES],
            ("spectrogram_cnn", "improved_band_means"),
            *[(network, "general_alone") for network in BOTH],
            ("sample_cnn", "general"),
        ],
    ),
    Part(
        "How good is the winner on a voice that it never heard?",
        "fsdd",
        "speaker",
        range(3),
        [("spectrogram_cnn", "general")],
    ),
    Part(
        "And once the validation speaker is a teacher, too?",
        "fsdd",
        "speaker_refit",
        range(1),
        [("spectrogram_cnn", "general")],
    ),
    Part(
        "How good are the shipped networks on new clips of known voices?",
        "fsdd",
        "official",
        range(1),
        [(network, "general") for network in BOTH],
    ),
]


def grid(seeds=None):
    """The experiments of the grid, with its own seeds or with the given ones."""
    return [
        Experiment(network, variant, part.corpus, part.split, held_out, seed)
        for part in GRID
        for network, variant in part.recipes
        for held_out in (SPEAKERS if part.split.startswith("speaker") else [""])
        for seed in (part.seeds if seeds is None else seeds)
    ]


def grid_runs():
    """The recorded rows of the grid, without what somebody has added: a DataFrame."""
    runs, wanted = load_runs(), set(grid())
    rows = runs[list(Experiment._fields)].itertuples(index=False, name=None)
    return runs[[Experiment(*row) in wanted for row in rows]]


# --- The networks of helpers.recognise() ---


def ship():
    """Train both general networks on the official split and save them in models/."""
    for network in helpers.SHIPPED:
        model, *_ = fit(Experiment(network, "general", "fsdd", "official", "", seed=0))
        bare = RECIPES[network, "general"].build()  # without what Adam remembers: a third the size
        bare.set_weights(model.get_weights())
        bare.save(helpers.MODELS / f"{network}.keras")


# --- The table that README.md and notebook 05 show ---

ROWS = [
    *ALL,
    *[(network, "improved") for network in RECURRENT],
    *[(network, variant) for variant in ("improved_augmentation", "general") for network in BOTH],
]
PUBLISHED = {"sample_cnn": "60 %", "spectrogram_cnn": "70 %"}  # classic edition, one run each


def wilson_interval(share, count):
    """The true shares that fit a share of `count` clips at 95 %, as (low, high). Notebook 03.

    Source: Wilson 1927, doi:10.1080/01621459.1927.10502953, by scipy.stats.binomtest.
    """
    return scipy.stats.binomtest(round(share * count), count).proportion_ci(method="wilson")


def results_table(runs):
    """The rows of grid_runs() that tell how good each network is, as text: a row a network.

    Accuracies are means over the seeds. In brackets stands the Wilson interval that a single run
    with that accuracy would have: it is about other clips, not about other seeds or speakers. For
    unseen speakers it is the t-interval of the speakers' mean.
    """
    rows = {}
    for network, variant in ROWS:
        same = runs[(runs["network"] == network) & (runs["variant"] == variant)]
        official, classic, unseen = (
            same[(same["corpus"] == corpus) & (same["split"] == split)]
            for corpus, split in [("fsdd", "official"), ("classic", "random"), ("fsdd", "speaker")]
        )
        train, test = official["train_accuracy"].mean(), official["test_accuracy"].mean()
        seconds = official["train_seconds"].median()
        rows[f"{network}, {variant}"] = {
            "weights": f"{official['parameters'].iloc[0]:,}",
            "training accuracy": accuracy_text(train, official["train_clips"].iloc[0]),
            "test accuracy": accuracy_text(test, official["test_clips"].iloc[0]),
            "gap (points)": f"{round(100 * (train - test), 1) + 0:.1f}",  # + 0: never "-0.0"
            "seeds": range_text(official["test_accuracy"]),
            "unseen speakers": unseen_text(unseen),
            "classic edition": classic_text(classic),
            "published": PUBLISHED.get(network, "") if variant == "original" else "",
            "training (s)": f"{seconds:.0f}" if seconds >= 1 else "under 1",
            "one clip (ms)": f"{1000 * official['seconds_per_clip'].median():.1f}",
        }
    return pd.DataFrame(rows).T.rename_axis("network")


def unseen_text(runs):
    """Mean accuracy over held-out speakers with its t-interval, in per cent; "" without runs.

    A speaker counts once, however many clips and seeds there are: n is the number of speakers.
    """
    if runs.empty:
        return ""
    speakers = 100 * runs.groupby("held_out")["test_accuracy"].mean()
    half = scipy.stats.t.ppf(0.975, len(speakers) - 1) * speakers.sem()
    mean = speakers.mean()
    return f"{mean:.1f} % ({mean - half:.0f} to {min(100, mean + half):.0f})"


def classic_text(runs):
    """Mean test accuracy on the classic edition with its Wilson interval; "" without runs."""
    if runs.empty:
        return ""
    return accuracy_text(runs["test_accuracy"].mean(), runs["test_clips"].iloc[0])


def accuracy_text(share, count):
    """An accuracy with its Wilson interval, in per cent."""
    low, high = wilson_interval(share, count)
    return f"{100 * share:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def range_text(shares):
    """The lowest and the highest of some accuracies, in per cent."""
    return f"{100 * shares.min():.1f} to {100 * shares.max():.1f} %"


def markdown(table):
    """A DataFrame of texts as a Markdown table, as README.md holds it."""
    rows = [[table.index.name, *table.columns], ["---"] * (1 + len(table.columns))]
    rows += [[name, *values] for name, values in zip(table.index, table.to_numpy(), strict=True)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


# --- The command ---


def command_line():
    """The parser of `python experiments.py`, whose help explains the grid."""
    parts = "\n".join(
        f"  {part.question}\n    {part.corpus}, {part.split} split, seeds {list(part.seeds)}:\n"
        + "".join(f"      {network}, {variant}\n" for network, variant in part.recipes)
        for part in GRID
    )
    parser = argparse.ArgumentParser(
        description="Train the networks over and over, and write down how good they are.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"""what is recorded:
  Each experiment trains one network once, from one seed, and tests it once. Its row in
  results/runs.csv tells the accuracy, the time and the versions; results/predictions
  keeps what it answered to each test clip.

{parts}
  network  sample_cnn hears waveforms, spectrogram_cnn sees spectrograms (notebooks 03, 04);
           deep_sample_cnn: seven small layers on waveforms. majority, mfcc_logistic:
           baselines of scikit-learn (notebook 05). gru, lstm, bidirectional_gru,
           conv_gru: recurrent networks (notebook 08).
  variant  original: as published. improved: as repaired in notebooks 03 and 04.
           Names after these say what else was changed (notebooks 05 to 07).
           general: made for unseen speakers, with synthetic voices and changed copies.
  corpus   fsdd: all six speakers. classic: the first edition, {", ".join(CLASSIC)}.
  split    official: takes 0-4 are the test. random: a tenth of the clips is.
           speaker: all clips of one speaker are, the held-out one, and those of the
           next speaker by alphabet are for validation. speaker_refit: the same, but the
           validation clips are for training, too (so validation_accuracy says little).

Experiments that have a row are not run again. Stop it with Ctrl+C, start it again, or
start it twice at once: no row is lost, and none is made twice.""",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run what is missing, or the part of it that you name")
    for field in Experiment._fields[:5]:
        values = sorted({getattr(experiment, field) for experiment in grid()} - {""})
        name = field.replace("_", "-")
        run.add_argument(
            f"--{name}", nargs="+", choices=values, metavar="NAME", help=f"only this {name}"
        )
    run.add_argument("--seeds", nargs="+", type=int, help="these seeds instead of the recorded")
    run.add_argument(
        "--jobs",
        type=int,
        default=2,
        choices=range(1, 65),
        metavar="N",
        help="how many at once, one core each (2)",
    )
    commands.add_parser("table", help="print the results table of README.md")
    commands.add_parser("ship", help="train the two networks of helpers.recognise() anew")
    return parser


def chosen(options):
    """The experiments of the grid that the options of `run` name."""
    fields = Experiment._fields[:5]
    return [
        experiment
        for experiment in grid(options.seeds)
        if all(
            getattr(experiment, field) in (getattr(options, field) or [getattr(experiment, field)])
            for field in fields
        )
    ]


def main(arguments=None):
    """The command. Returns its exit code."""
    options = command_line().parse_args(arguments)
    if options.command == "table":
        print(markdown(results_table(grid_runs())))
        return 0
    # NumPy, scikit-learn and TensorFlow read these when they start: one core for each child.
    os.environ.update(OMP_NUM_THREADS="1", TF_NUM_INTRAOP_THREADS="1", TF_NUM_INTEROP_THREADS="1")
    try:
        helpers.fetch_recordings()
        if options.command == "ship":
            ship()
            return 0
        missing = record_all(chosen(options), options.jobs)
    except helpers.FetchError as reason:
        print(reason)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. What was recorded stays: run it again to go on.")
        return 130
    for experiment in missing:
        print(f"NOT RECORDED, it failed or another command is at it: {experiment.name}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
