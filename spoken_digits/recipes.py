"""The table of recipes: one for each network and variant, grouped by the notebook that uses them.

`python experiments.py recipes` prints it.
"""

import math
from dataclasses import replace

from sklearn.dummy import DummyClassifier

from .ablation import INGREDIENTS
from .augmentation import AUGMENTATIONS, as_somebody_else, augment, unchanged
from .features import (
    mean_mfccs,
    no_features,
    original_spectrogram_input,
    original_waveform_input,
    spectrogram_input,
    waveform_input,
    without_band_means,
)
from .networks import (
    deep_sample_cnn,
    logistic_regression,
    original_sample_cnn,
    original_spectrogram_cnn,
    sample_cnn,
    spectrogram_cnn,
)
from .new_voices import GENERAL, OPEN_SET, TRIES
from .off_the_shelf import PocketSphinx, SoundSwallower, telephone_input, wideband_input
from .recipe import Recipe, named
from .recurrent import bidirectional_gru, conv_gru, gru, lstm, unmasked_gru

# --- Notebooks 03 and 04: the two networks, as published and as improved ---

AS_PUBLISHED = {"batch_size": 135, "learning_rate": 0.001, "schedule": "published"}
ORIGINALS = {
    "sample_cnn": Recipe(original_sample_cnn, original_waveform_input, epochs=500, **AS_PUBLISHED),
    "spectrogram_cnn": Recipe(
        original_spectrogram_cnn, original_spectrogram_input, epochs=10, **AS_PUBLISHED
    ),
}
IMPROVED = {
    "sample_cnn": Recipe(sample_cnn, waveform_input, epochs=21, learning_rate=0.0015, shift=400),
    "spectrogram_cnn": Recipe(spectrogram_cnn, spectrogram_input, epochs=15, label_smoothing=0.1),
}
DEEP = Recipe(deep_sample_cnn, waveform_input, epochs=20, shift=400)


NETWORKS = named("original", ORIGINALS) | named("improved", IMPROVED | {"deep_sample_cnn": DEEP})

ABLATIONS = {
    (network, f"improved_{ingredient}"): replace(IMPROVED[network], **settings)
    for (network, ingredient), settings in INGREDIENTS.items()
}


# --- Notebook 05: baselines, what the originals lacked, and fewer clips ---

BASELINES = {
    "majority": Recipe(DummyClassifier, no_features),
    "mfcc_logistic": Recipe(logistic_regression, mean_mfccs),
}
CHANGES = {
    ("sample_cnn", "half_filters"): {"size": 0.5},
    ("sample_cnn", "double_filters"): {"size": 2},
    ("spectrogram_cnn", "double_filters"): {"size": 2},
    ("spectrogram_cnn", "50_epochs"): {"epochs": 50},
    ("spectrogram_cnn", "momentum"): {"momentum": 0.9},
    ("spectrogram_cnn", "momentum_half_filters"): {"momentum": 0.9, "size": 0.5},
}
CLIPS_PER_DIGIT = [30, 60, 120]  # beside the 240 of the whole training set


def with_fewer_clips(variant, recipes):
    """Networks on fewer clips. The epochs grow as the clips shrink: about equal steps."""
    return {
        (network, f"{variant}_{clips}_clips"): replace(
            recipe, clips_per_digit=clips, epochs=recipe.epochs * 240 // clips
        )
        for network, recipe in recipes.items()
        for clips in CLIPS_PER_DIGIT
    }


COMPARISON = named("baseline", BASELINES)
COMPARISON |= with_fewer_clips("improved", IMPROVED) | with_fewer_clips("original", ORIGINALS)
COMPARISON |= {  # but for this one: with 500 epochs it has steps enough on few clips
    ("sample_cnn", f"original_{clips}_clips"): replace(
        ORIGINALS["sample_cnn"], clips_per_digit=clips
    )
    for clips in CLIPS_PER_DIGIT
}
COMPARISON |= {
    (network, f"original_{change}"): replace(ORIGINALS[network], **settings)
    for (network, change), settings in CHANGES.items()
}


# --- Notebook 06: what was proposed against overfitting ---

DROPOUT = 0.7  # share of the values that are dropped; published: 0.25 to 0.6
PENALTIES = {"l1": 1e-4, "l2": 1e-3}  # times the size, or square, of each weight
REPAIRED_EPOCHS = {"sample_cnn": 60, "spectrogram_cnn": 12}


def cures(original, epochs):
    """What was proposed against overfitting, each alone, then together: variant -> Recipe.

    The originals are repaired first, so that the network is measured and not the luck of its last
    step: a momentum of 0.9 (notebook 04) and a learning rate that falls to 0. Where copies are
    added the epochs shrink, so that all cures make as many steps of training, but for more_epochs
    and early_stopping. The placebo adds copies in which nothing was changed.
    """
    repaired = replace(original, momentum=0.9, epochs=epochs, schedule="cosine")
    longer = replace(repaired, epochs=3 * epochs)
    copied = replace(repaired, epochs=epochs // 4, copies=3)
    together = {"dropout": DROPOUT, "l2": PENALTIES["l2"], "augmentation": augment}
    added = {
        "placebo": replace(copied, augmentation=unchanged),
        "more_epochs": longer,
        "early_stopping": replace(longer, patience=max(5, epochs // 5)),
        "masks": replace(repaired, epochs=epochs // 4, masked_copies=3),
        "augmentation": replace(copied, augmentation=augment),
        f"dropout_{DROPOUT}": replace(repaired, dropout=DROPOUT),
        **{
            f"{kind}_{each:g}": replace(repaired, **{kind: each})
            for kind, each in PENALTIES.items()
        },
        **{name: replace(copied, augmentation=change) for name, change in AUGMENTATIONS.items()},
        "together": replace(copied, **together),
    }
    return {"repaired": repaired} | {f"repaired_{cure}": recipe for cure, recipe in added.items()}


# Masks are for spectrograms. The other four are recorded for one network alone.
ONLY_SPECTROGRAM_CNN = {
    f"repaired_{cure}" for cure in ("masks", "noise", "gain", "l1_0.0001", "together")
}
CURES = {
    (network, variant): recipe
    for network, original in ORIGINALS.items()
    for variant, recipe in cures(original, REPAIRED_EPOCHS[network]).items()
    if network == "spectrogram_cnn" or variant not in ONLY_SPECTROGRAM_CNN
}
HEALTHY = named(
    "improved_augmentation",
    {
        network: replace(recipe, epochs=10, augmentation=augment, copies=3)
        for network, recipe in IMPROVED.items()
    },
)


# --- Notebook 08: voices that were never heard ---

ALONE = {"epochs": 15, "augmentation": None, "copies": 0, "synthetic": False}


def remedies(network):
    """What may help with new voices, one thing at a time: (network, variant) -> Recipe.

    The epochs are set so that all make about as many steps of training. A fold has 2,000 clips for
    that: 12,000 with five copies of each, 5,000 with the synthetic voices.
    """
    improved, general = IMPROVED[network], GENERAL[network]
    few, some = (math.ceil(improved.epochs * 2000 / clips) for clips in (12_000, 5_000))
    return {
        (network, "improved_voices"): replace(
            improved, epochs=few, augmentation=as_somebody_else, copies=5
        ),
        (network, "improved_synthetic"): replace(improved, epochs=some, synthetic=True),
        (network, "general_alone"): replace(general, **ALONE),
    }


# Recognisers that others made. They learn nothing, so they may hear the people who choose.
OFF_THE_SHELF = {
    "soundswallower": Recipe(SoundSwallower, telephone_input, chosen_by_people=True),
    "pocketsphinx": Recipe(PocketSphinx, wideband_input, chosen_by_people=True),
}

NEW_VOICES = named("general", GENERAL) | named("baseline", OFF_THE_SHELF)
NEW_VOICES |= remedies("sample_cnn") | remedies("spectrogram_cnn")
NEW_VOICES["spectrogram_cnn", "improved_band_means"] = replace(
    IMPROVED["spectrogram_cnn"], features=without_band_means
)

# The winner, taken apart: the smaller network on both materials, and what was added left out.
# Where clips are left out, the epochs grow, so that as many are heard. `alone` hears a sixth.
SMALL = {"network": spectrogram_cnn, "features": spectrogram_input}
APART = {
    "small": SMALL,
    "small_alone": SMALL | ALONE,
    "no_synthetic": {"synthetic": False, "epochs": 15},
    "no_copies": {"augmentation": None, "copies": 0, "epochs": 36},
    "no_masks": {"new_masks": False},
    "no_label_smoothing": {"label_smoothing": 0.0},
}
NEW_VOICES |= {
    ("spectrogram_cnn", f"general_{name}"): replace(GENERAL["spectrogram_cnn"], **settings)
    for name, settings in APART.items()
}


# --- Notebook 09: recurrent networks ---

# Their epochs are cheaper: so many take about as long as the spectrogram CNN's 15.
READER = replace(IMPROVED["spectrogram_cnn"], epochs=30, learning_rate=0.004)
RECURRENT = {
    "gru": replace(READER, network=gru),
    "lstm": replace(READER, network=lstm),
    "bidirectional_gru": replace(READER, network=bidirectional_gru),
    "conv_gru": replace(IMPROVED["spectrogram_cnn"], network=conv_gru),
}
EQUAL_TERMS = {  # beside the GRU and the spectrogram CNN: of their recipe and about their size
    ("gru", "improved_no_mask"): replace(READER, network=unmasked_gru),
    ("conv_gru", "improved_like_spectrogram_cnn"): replace(RECURRENT["conv_gru"], size=0.61),
}


# --- Notebook 11: trainings of a few seconds, to measure a cluster with ---

SHORT = {
    network: replace(recipe, epochs=1, clips_per_digit=30) for network, recipe in IMPROVED.items()
}


# --- All of them ---

GROUPS = {
    "notebooks 03 and 04": NETWORKS | ABLATIONS,
    "notebook 05": COMPARISON,
    "notebook 06": CURES | HEALTHY,
    "notebook 08": NEW_VOICES,
    "new voices, open set": named("open_set", OPEN_SET) | TRIES,
    "notebook 09": named("improved", RECURRENT) | EQUAL_TERMS,
    "notebook 11": named("short", SHORT),
}
RECIPES = {pair: recipe for group in GROUPS.values() for pair, recipe in group.items()}
