"""The command `python experiments.py`: run what is to be recorded, print it, ship the networks.

`python experiments.py --help` explains what is recorded. Each experiment runs in a process of its
own, on one core; with `--cluster`, on a worker of Dask. Its seconds hold for a machine that has
that core to spare.
"""
# ruff: noqa: E402 (a child must know what Ctrl+C means before it spends seconds on the imports)

import argparse
import multiprocessing
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

if multiprocessing.parent_process():  # Ctrl+C ends a child at once, without a traceback
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from spoken_digits import fetching
from spoken_digits.dataset import CLASSIC, load_recordings
from spoken_digits.grid import GRID, grid, grid_runs
from spoken_digits.material import corpora_beside
from spoken_digits.recipes import RECIPES
from spoken_digits.records import RESULTS, progress_bar, record_apart, recorded
from spoken_digits.report import markdown, recipes_text, results_table
from spoken_digits.runs import Experiment
from spoken_digits.shipping import TRAININGS, ship
from spoken_digits.voices import people_facts


def record_all(experiments, jobs, results=RESULTS):
    """Record what is missing, `jobs` at once, with a progress bar. Returns what still is."""
    done = recorded(results)
    missing = [experiment for experiment in experiments if experiment not in done]
    print(f"{len(experiments)} experiments, {len(missing)} of them missing.")
    if not missing:
        return []
    with ThreadPoolExecutor(jobs) as threads, progress_bar(missing, results) as ended:
        for experiment in threads.map(partial(record_apart, results=results), missing):
            ended(experiment)
    done = recorded(results)
    return [experiment for experiment in missing if experiment not in done]


HELP = """what is recorded:
  Each experiment trains one network once, from one seed, and tests it once. Its row in
  results/runs.csv tells the accuracy, the time and the versions; results/predictions
  keeps what it answered to each test clip.

{parts}
  network  sample_cnn hears waveforms, spectrogram_cnn sees spectrograms (notebooks 03, 04);
           deep_sample_cnn: seven small layers on waveforms. majority, mfcc_logistic:
           baselines of scikit-learn (notebook 05). soundswallower, pocketsphinx:
           recognisers off the shelf (notebook 07; only the first is installed with the
           project). gru, lstm, bidirectional_gru, conv_gru: recurrent networks
           (notebook 09).
  variant  original: as published. improved: as rebuilt in notebooks 03 and 04.
           repaired: the original with moving averages that keep up, a learning rate that
           falls to 0, and other epochs (notebook 06). Names after these say what else was changed
           (notebooks 03 to 09).
           general: made for unseen speakers, with synthetic voices and changed copies.
           open_set: the same, with an eleventh answer and with clips of other people.
  corpus   fsdd: all six speakers. classic: the first edition, {classic}. people: those of
           Speech Commands.
  split    official: takes 0-4 are the test. random: a tenth of the clips is.
           speaker: all clips of one speaker are, the held-out one, and those of the
           next speaker by alphabet are for validation. speaker_refit: the same, but the
           validation clips are for training, too (so validation_accuracy says little).
           people: trained on FSDD's training takes and what the variant adds, tested on
           people kept for that.

Experiments that have a row are not run again. Stop it with Ctrl+C, start it again, or
start it twice at once: no row is lost, and none is made twice. With --cluster the workers
of a Dask cluster run them (docs/cluster.md)."""


def grid_text():
    """The grid as text: each question, and what is recorded for it."""
    return "\n".join(
        f"  {part.question}\n    {part.corpus}, {part.split} split, seeds {list(part.seeds)}:\n"
        + "".join(f"      {network}, {variant}\n" for network, variant in part.recipes)
        for part in GRID
    )


def command_line():
    """The parser of `python experiments.py`, whose help explains the grid."""
    parser = argparse.ArgumentParser(
        description="Train the networks over and over, and write down how good they are.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=HELP.format(parts=grid_text(), classic=", ".join(CLASSIC)),
    )
    add_results(parser, RESULTS)
    commands = parser.add_subparsers(dest="command", required=True)
    add_run(commands)
    add_results(commands.add_parser("table", help="print the results table of README.md"))
    commands.add_parser("recipes", help="print what decides each training")
    people = commands.add_parser("people", help="write down what the clips of people are like")
    add_results(people)
    commands.add_parser("ship", help="train the two networks of helpers.recognise() anew")
    return parser


def add_results(parser, default=argparse.SUPPRESS):
    """The option --results, which may stand before the command or behind it."""
    parser.add_argument(
        "--results",
        type=Path,
        default=default,
        metavar="FOLDER",
        help="where the recorded rows are (the project's own folder)",
    )


def add_run(commands):
    """The options of `run`: which part of the grid, and how many at once."""
    run = commands.add_parser("run", help="run what is missing, or the part of it that you name")
    add_results(run)
    for field in Experiment._fields[:5]:
        values = sorted({getattr(experiment, field) for experiment in grid()} - {""})
        name = field.replace("_", "-")
        run.add_argument(
            f"--{name}", nargs="+", choices=values, metavar="NAME", help=f"only this {name}"
        )
    run.add_argument("--seeds", nargs="+", type=int, help="these seeds instead of the recorded")
    how = run.add_mutually_exclusive_group()
    how.add_argument(
        "--jobs",
        type=int,
        default=2,
        choices=range(1, 65),
        metavar="N",
        help="how many at once, one core each (2)",
    )
    how.add_argument(
        "--cluster",
        metavar="WHERE",
        help="with Dask instead: local:N for N workers here, the address of a running scheduler "
        "(tcp://host:8786), or the path of its scheduler file; see docs/cluster.md",
    )


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


def record_with_dask(experiments, where, results=RESULTS):
    """Record what is missing on a cluster, and tell what failed. Returns the exit code."""
    from spoken_digits import cluster  # Dask takes a second to import: the plain path needs none

    try:
        with cluster.connected(where) as client:
            tasks = cluster.record_on(client, experiments, results)
    except cluster.ClusterError as reason:
        print(reason)
        return 1
    for task in tasks[tasks["error"] != ""].itertuples():
        print(f"FAILED: {task.experiment}: {task.error}")
    done = recorded(results)
    return told([experiment for experiment in experiments if experiment not in done])


def refuse_without_clips(experiments):
    """Raise what load_recordings() raises where clips are lacking, before anything runs.

    It reads them all for that, some seconds, since only reading tells that they can be had.
    """
    needed = [
        corpora_beside(RECIPES[experiment.network, experiment.variant], experiment)
        for experiment in experiments
    ]
    for corpus in sorted(set().union(*needed)):
        load_recordings(corpus)


def told(missing):
    """Tell which experiments are still missing. Returns the command's exit code."""
    for experiment in missing:
        print(f"NOT RECORDED, it failed or another command is at it: {experiment.name}")
    return 1 if missing else 0


def main(arguments=None):
    """The command. Returns its exit code."""
    options = command_line().parse_args(arguments)
    if options.command == "table":
        print(markdown(results_table(grid_runs(options.results))))
        return 0
    if options.command == "recipes":
        print(recipes_text())
        return 0
    # NumPy, scikit-learn and TensorFlow read these when they start: one core for each child.
    os.environ.update(OMP_NUM_THREADS="1", TF_NUM_INTRAOP_THREADS="1", TF_NUM_INTEROP_THREADS="1")
    try:
        where = options.cluster if options.command == "run" else None
        if where and not where.startswith("local:"):  # the recordings are the workers' business
            return record_with_dask(chosen(options), where, options.results)
        fetching.fetch_recordings()
        if options.command == "people":
            people_facts().to_csv(options.results / "people.csv", index=False)
            return 0
        is_shipping = options.command == "ship"
        experiments = TRAININGS if is_shipping else chosen(options)
        wanted = set(experiments) if is_shipping else set(experiments) - recorded(options.results)
        try:
            refuse_without_clips(wanted)
        except FileNotFoundError as reason:
            print(reason)
            return 1
        if is_shipping:
            ship()
            return 0
        if where:
            return record_with_dask(experiments, where, options.results)
        return told(record_all(experiments, options.jobs, options.results))
    except fetching.FetchError as reason:
        print(reason)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. What was recorded stays: run it again to go on.")
        return 130


if __name__ == "__main__":
    sys.exit(main())
