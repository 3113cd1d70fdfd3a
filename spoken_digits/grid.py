"""Which experiments are recorded."""

from typing import NamedTuple

from .dataset import SPEAKERS
from .new_voices import TRIES
from .recipes import (
    ABLATIONS,
    APART,
    BASELINES,
    CLIPS_PER_DIGIT,
    CURES,
    OFF_THE_SHELF,
    RECURRENT,
)
from .records import RESULTS, load_runs
from .runs import Experiment


class Part(NamedTuple):
    """A part of the grid, and the question it answers."""

    question: str
    corpus: str
    split: str
    seeds: range
    recipes: list  # of (network, variant)


BOTH = ["sample_cnn", "spectrogram_cnn"]
COMPARED = [  # in notebook 05, on known voices
    *[(network, "baseline") for network in BASELINES],
    *[(network, "improved") for network in (*BOTH, "deep_sample_cnn")],
    *[(network, "original") for network in BOTH],
]
REMEDIES = ["as_recorded", "voices", "synthetic"]
GRID = [
    Part(
        "How good is each network on new clips of known voices?",
        "fsdd",
        "official",
        range(5),
        COMPARED,
    ),
    Part("What were the published 60 % and 70 %?", "classic", "random", range(5), COMPARED),
    Part(
        "Did the originals have too few epochs, or too many weights?",
        "classic",
        "random",
        range(3),
        [
            ("sample_cnn", "original_half_filters"),
            ("sample_cnn", "original_double_filters"),
            ("spectrogram_cnn", "original_double_filters"),
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
        [
            (network, f"{variant}_{clips}_clips")
            for variant in ("improved", "original")
            for network in BOTH
            for clips in CLIPS_PER_DIGIT
        ],
    ),
    Part(
        "Which ingredients make the improved networks good?",
        "fsdd",
        "official",
        range(3),
        list(ABLATIONS),
    ),
    Part(
        "What closes the gap between training and test?",
        "classic",
        "random",
        range(5),
        list(CURES),
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
        "Does a recurrent network need its mask?",
        "fsdd",
        "official",
        range(3),
        [("gru", "improved_no_mask")],
    ),
    *[
        Part(
            f"Is it by its size that the convolutional-recurrent network leads on {clips}?",
            "fsdd",
            split,
            seeds,
            [("conv_gru", "improved_like_spectrogram_cnn")],
        )
        for clips, split, seeds in [
            ("known voices", "official", range(3)),
            ("unseen ones", "speaker", range(1)),
        ]
    ],
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
        "Which part of the winner does it?",
        "fsdd",
        "speaker",
        range(1),
        [("spectrogram_cnn", f"general_{name}") for name in APART],
    ),
    Part(
        "Does the part that stood out stand out again?",
        "fsdd",
        "speaker",
        range(1, 2),
        [("spectrogram_cnn", "general_no_label_smoothing")],
    ),
    Part(
        "And once it learns from the validation speaker, too?",
        "fsdd",
        "speaker_refit",
        range(1),
        [("spectrogram_cnn", "general")],
    ),
    Part(
        "How good is the network that may also say what is no digit?",
        "fsdd",
        "speaker",
        range(3),
        [("spectrogram_cnn", "open_set")],
    ),
    Part("What was tried for it?", "fsdd", "speaker", range(1), list(TRIES)),
    Part(
        "Can the sampleCNN say what is no digit, too?",
        "fsdd",
        "speaker",
        range(1),
        [("sample_cnn", "open_set")],
    ),
    Part(
        "How good are the networks for new voices on new clips of known voices?",
        "fsdd",
        "official",
        range(1),
        [(network, variant) for variant in ("general", "open_set") for network in BOTH],
    ),
    Part(
        "How good are they, and others, on hundreds of people?",
        "people",
        "people",
        range(1),
        [
            ("mfcc_logistic", "baseline"),
            ("soundswallower", "baseline"),
            *[
                (network, variant)
                for variant in ("improved", "general", "open_set")
                for network in BOTH
            ],
        ],
    ),
    *[
        Part(
            f"How good is a recogniser off the shelf on {clips}?",
            "fsdd",
            split,
            range(1),
            [(network, "baseline") for network in OFF_THE_SHELF],
        )
        for clips, split in [("the test clips", "official"), ("each voice", "speaker")]
    ],
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


def grid_runs(results=RESULTS):
    """The recorded rows of the grid, without what somebody has added: a DataFrame."""
    runs, wanted = load_runs(results), set(grid())
    rows = runs[list(Experiment._fields)].itertuples(index=False, name=None)
    return runs[[Experiment(*row) in wanted for row in rows]]
