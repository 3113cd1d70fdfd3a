"""The recipes: network and variant -> all that a training needs."""

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from sklearn.dummy import DummyClassifier

from .augmentation import AUGMENTATIONS, as_somebody_else, augment, mask
from .features import (
    levels_as_recorded,
    mean_mfccs,
    nothing,
    original_spectrogram_input,
    original_waveform_input,
    spectrogram_input,
    waveform_input,
    waveforms_as_recorded,
    without_band_means,
)
from .networks import (
    conv_gru,
    deep_sample_cnn,
    general_cnn,
    logistic_regression,
    penalised,
    rebuilt,
    recurrent,
    resize,
    sample_cnn,
    spectrogram_cnn,
    with_setting,
)
from .recognition import SHIPPED
from .training import fit_baseline, train, train_as_published, train_masked


class Recipe(NamedTuple):
    """How a network is built, what it is fed, and how it is trained."""

    build: Callable  # () -> model
    features: Callable  # waveforms -> array (clips, ...)
    train: Callable  # (model, x, digits, seed=, validation=) -> history, a DataFrame
    clips_per_digit: int | None = None  # how many training clips it gets; None: all
    augment: Callable | None = None  # (waveform, random) -> a changed copy
    copies: int = 0  # how many changed ones of each training clip
    synthetic: bool = False  # whether the synthetic voices are training clips too


DROPOUTS = [0.7, 0.85]  # share of the values that are dropped; published: 0.25 to 0.6
PENALTIES = {"l1": [1e-4, 1e-3], "l2": [1e-3, 1e-2]}  # times the size, or square, of each weight


def cures(build, features, epochs):
    """What was proposed against overfitting, each alone, then together: name -> Recipe.

    The originals get one repair first, a momentum of 0.9 (notebook 04), so that the network is
    measured and not its lagging statistics. Where copies are added the epochs shrink, so that all
    cures make as many steps of training, but for more_epochs and early_stopping.
    """
    build = with_setting(build, "momentum", 0.9)
    train = partial(train_as_published, epochs=epochs)
    longer, shorter = (
        partial(train_as_published, epochs=count) for count in (3 * epochs, epochs // 4)
    )
    repaired = Recipe(build, features, train)
    copied = repaired._replace(train=shorter, copies=3)
    variants = {
        "repaired": repaired,
        "more_epochs": repaired._replace(train=longer),
        "early_stopping": repaired._replace(train=partial(longer, patience=max(5, epochs // 5))),
        "masks": repaired._replace(train=partial(train_masked, train=shorter)),
        "augmentation": copied._replace(augment=augment),
    }
    for rate in DROPOUTS:
        changed = with_setting(build, "rate", rate)
        variants[f"dropout_{rate}"] = repaired._replace(build=changed)
    for kind, strengths in PENALTIES.items():
        for strength in strengths:
            changed = penalised(build, kind, strength)
            variants[f"{kind}_{strength:g}"] = repaired._replace(build=changed)
    for name, change in AUGMENTATIONS.items():
        variants[name] = copied._replace(augment=change)
    both = penalised(with_setting(build, "rate", DROPOUTS[0]), "l2", PENALTIES["l2"][0])
    variants["together"] = copied._replace(augment=augment, build=both)
    return variants


def _recipes():
    sample = Recipe(
        sample_cnn,
        waveform_input,
        partial(train, epochs=21, rate=0.0015, shift=400),
    )
    spectrogram = Recipe(
        spectrogram_cnn,
        spectrogram_input,
        partial(train, epochs=15, smoothing=0.1),
    )
    deep = partial(train, epochs=20, shift=400)
    recipes = {
        ("majority", "baseline"): Recipe(DummyClassifier, nothing, fit_baseline),
        ("mfcc_logistic", "baseline"): Recipe(logistic_regression, mean_mfccs, fit_baseline),
        ("sample_cnn", "improved"): sample,
        ("spectrogram_cnn", "improved"): spectrogram,
        ("deep_sample_cnn", "improved"): Recipe(deep_sample_cnn, waveform_input, deep),
    }

    readers = {
        "gru": partial(recurrent, "GRU"),
        "lstm": partial(recurrent, "LSTM"),
        "bidirectional_gru": partial(recurrent, "GRU", both_ways=True),
    }
    # Their epochs are cheaper: so many take about as long as the spectrogram CNN's 15.
    longer = partial(spectrogram.train, epochs=30, rate=0.004)
    for name, build in readers.items():
        recipes[name, "improved"] = spectrogram._replace(build=build, train=longer)
    recipes["conv_gru", "improved"] = spectrogram._replace(build=conv_gru)

    build = partial(sample_cnn, original=True)
    published = Recipe(build, original_waveform_input, partial(train_as_published, epochs=500))
    recipes["sample_cnn", "original"] = published
    for name, factor in [("half", 0.5), ("double", 2)]:
        resized = partial(rebuilt, build, partial(resize, factor=factor))
        recipes["sample_cnn", f"original_{name}_filters"] = published._replace(build=resized)
    for name, recipe in cures(build, original_waveform_input, epochs=60).items():
        if name != "masks":  # those are for spectrograms
            recipes["sample_cnn", f"original_{name}"] = recipe

    build = partial(spectrogram_cnn, original=True)
    published = Recipe(build, original_spectrogram_input, partial(train_as_published, epochs=10))
    quick = with_setting(build, "momentum", 0.9)
    recipes["spectrogram_cnn", "original"] = published
    recipes["spectrogram_cnn", "original_50_epochs"] = published._replace(
        train=partial(train_as_published, epochs=50)
    )
    recipes["spectrogram_cnn", "original_momentum"] = published._replace(build=quick)
    recipes["spectrogram_cnn", "original_momentum_half_filters"] = published._replace(
        build=partial(rebuilt, quick, partial(resize, factor=0.5))
    )
    for name, recipe in cures(build, original_spectrogram_input, epochs=12).items():
        recipes["spectrogram_cnn", f"original_{name}"] = recipe

    for network, recipe in [("sample_cnn", sample), ("spectrogram_cnn", spectrogram)]:
        recipes[network, "improved_augmentation"] = recipe._replace(
            train=partial(recipe.train, epochs=10), augment=augment, copies=3
        )

    general = Recipe(
        general_cnn,
        SHIPPED["spectrogram_cnn"],
        partial(train, epochs=6, smoothing=0.1, change=mask),
        augment=as_somebody_else,
        copies=5,
        synthetic=True,
    )
    recipes["spectrogram_cnn", "general"] = general
    recipes["sample_cnn", "general"] = general._replace(
        build=partial(general_cnn, waveforms=True),
        features=SHIPPED["sample_cnn"],
        train=partial(train, epochs=6, smoothing=0.1),  # masks are for spectrograms
    )

    # What helps with unseen speakers: one thing at a time, with about as many steps of training.
    # A fold has 2,000 clips for that: 12,000 with five copies of each, 5,000 with synthetic voices.
    recorded = {"sample_cnn": waveforms_as_recorded, "spectrogram_cnn": levels_as_recorded}
    for network, recipe in [("sample_cnn", sample), ("spectrogram_cnn", spectrogram)]:
        recipes[network, "improved_as_recorded"] = recipe._replace(features=recorded[network])
        few, some = (
            partial(recipe.train, epochs=math.ceil(recipe.train.keywords["epochs"] * 2000 / clips))
            for clips in (12_000, 5_000)
        )
        recipes[network, "improved_voices"] = recipe._replace(
            train=few, augment=as_somebody_else, copies=5
        )
        recipes[network, "improved_synthetic"] = recipe._replace(train=some, synthetic=True)
    for network in SHIPPED:
        recipe = recipes[network, "general"]
        recipes[network, "general_alone"] = recipe._replace(
            train=partial(recipe.train, epochs=15), augment=None, copies=0, synthetic=False
        )
    recipes["spectrogram_cnn", "improved_band_means"] = spectrogram._replace(
        features=without_band_means
    )

    # Fewer clips, but as many steps of training: the epochs grow as the clips shrink.
    for network, recipe in [("sample_cnn", sample), ("spectrogram_cnn", spectrogram)]:
        for clips_per_digit in CLIPS_PER_DIGIT:
            epochs = recipe.train.keywords["epochs"] * 240 // clips_per_digit
            recipes[network, f"improved_{clips_per_digit}_clips"] = recipe._replace(
                train=partial(recipe.train, epochs=epochs), clips_per_digit=clips_per_digit
            )
    return recipes


CLIPS_PER_DIGIT = [30, 60, 120]  # beside the 240 of the whole training set
RECIPES = _recipes()
