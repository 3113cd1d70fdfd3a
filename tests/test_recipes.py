"""A recipe and the table of recipes: every field decides something, and the numbers are those."""

from dataclasses import FrozenInstanceError, fields, replace

import numpy as np
import pytest

from spoken_digits import (
    ablation,
    augmentation,
    features,
    general,
    networks,
    recipe,
    recipes,
    recurrent,
)
from spoken_digits.recipe import Recipe
from spoken_digits.recipes import RECIPES

LABELS = np.array([3, 1, 4, 1, 5])
# Each tells its digit: a little below it everywhere.
X = LABELS.reshape(-1, 1, 1, 1) - np.random.default_rng(0).uniform(0, 0.4, (5, 8, 30, 1))
WATCHED = (X[:2], LABELS[:2])
PLAIN = Recipe(networks.sample_cnn, features.waveform_input, epochs=3)


# --- Every field of a recipe reaches the network, or its training ---


@pytest.fixture
def trained(monkeypatch):
    """What the training functions of a recipe were called with: name -> (arguments, options)."""
    calls = {}
    for name in ("train", "train_as_published", "fit_baseline"):

        def spy(*arguments, name=name, **options):
            calls[name] = arguments, options

        monkeypatch.setattr(recipe, name, spy)
    return calls


def test_a_recipe_is_trained_with_its_own_numbers(trained):
    numbers = {"epochs": 9, "batch_size": 11, "learning_rate": 0.5, "label_smoothing": 0.3}
    cooked = replace(PLAIN, shift=77, new_masks=True, **numbers)
    recipe.train_by_recipe(cooked, "model", X, LABELS, 5, WATCHED)
    (model, x, labels, epochs), options = trained.pop("train")
    assert (model, epochs, trained) == ("model", 9, {})
    assert x is X
    assert labels is LABELS
    assert options == {
        "learning_rate": 0.5,
        "batch_size": 11,
        "label_smoothing": 0.3,
        "shift": 77,
        "seed": 5,
        "validation": WATCHED,
        "change": augmentation.mask,
        "schedule": "cosine",
        "patience": None,
    }
    recipe.train_by_recipe(PLAIN, "model", X, LABELS, 5, WATCHED)
    assert trained["train"][1]["change"] is None


def test_a_schedule_and_its_patience_reach_the_training(trained):
    cooked = replace(PLAIN, schedule="constant", patience=4)
    recipe.train_by_recipe(cooked, "model", X, LABELS, 5, WATCHED)
    options = trained["train"][1]
    assert (options["schedule"], options["patience"]) == ("constant", 4)


def test_the_published_schedule_is_the_published_training(trained):
    cooked = replace(PLAIN, schedule="published", batch_size=13, learning_rate=0.25)
    recipe.train_by_recipe(cooked, "model", X, LABELS, 5, WATCHED)
    arguments, options = trained.pop("train_as_published")
    assert arguments[0] == "model"
    assert arguments[1] is X
    assert arguments[2] is LABELS
    assert arguments[3:] == (3, WATCHED)
    assert options == {"learning_rate": 0.25, "batch_size": 13}
    assert trained == {}


def test_without_epochs_it_is_a_baseline(trained):
    recipe.train_by_recipe(replace(PLAIN, epochs=0), "model", X, LABELS, 5, WATCHED)
    assert trained == {"fit_baseline": (("model", X, LABELS), {})}


@pytest.mark.parametrize("schedule", ["cosine", "published"])
def test_masked_copies_keep_their_labels(trained, schedule):
    cooked = replace(PLAIN, masked_copies=3, schedule=schedule)
    recipe.train_by_recipe(cooked, "model", X, LABELS, 5, WATCHED)
    ((_, x, labels, epochs, *rest), options) = trained.popitem()[1]
    assert len(x) == len(labels) == 20
    np.testing.assert_array_equal(x.min(axis=(1, 2, 3)).round(), labels)
    np.testing.assert_array_equal(x.max(axis=(1, 2, 3)).round(), labels)
    expected, _ = augmentation.with_masked_copies(X, LABELS, 3, seed=5)
    np.testing.assert_array_equal(x, expected)
    assert epochs == 3
    assert (options.get("validation") or rest[0]) is WATCHED  # which stays as it is


def test_by_itself_a_recipe_changes_nothing():
    plain = Recipe(networks.sample_cnn, features.waveform_input)
    changes = ("momentum", "size", "dropout", "l1", "l2", "clips_per_digit", "augmentation")
    assert all(getattr(plain, name) is None for name in (*changes, "patience"))
    assert (plain.copies, plain.masked_copies, plain.epochs) == (0, 0, 0)
    assert not plain.synthetic
    assert not plain.new_masks


def test_nobody_changes_a_recipe_that_others_share():
    with pytest.raises(FrozenInstanceError):
        Recipe(networks.sample_cnn, features.waveform_input).epochs = 5


def test_by_itself_a_recipe_learns_as_train_does_by_itself(trained):
    recipe.train_by_recipe(PLAIN, "model", X, LABELS, 5, WATCHED)
    arguments, options = trained["train"]
    assert arguments[1] is X
    numbers = {"learning_rate": 0.002, "batch_size": 32, "label_smoothing": 0, "shift": 0}
    numbers |= {"schedule": "cosine", "patience": None}
    assert options == numbers | {"seed": 5, "validation": WATCHED, "change": None}


def test_no_field_of_a_recipe_is_forgotten():
    built = {"network", "momentum", "size", "dropout", "l1", "l2", "layers"}
    prepared = {"features", "clips_per_digit", "synthetic", "augmentation", "copies"}  # in runs.py
    trained = {"masked_copies", "new_masks", "epochs", "batch_size", "learning_rate", "schedule"}
    trained |= {"label_smoothing", "shift", "patience"}
    asked = {"people", "others", "chosen_by_people"}  # in material.py and runs.py
    # A new field needs a test of what it does; then it may stand here.
    assert {field.name for field in fields(Recipe)} == built | prepared | trained | asked


@pytest.mark.parametrize("pair", RECIPES, ids=", ".join)
def test_no_recipe_sets_what_its_training_would_not_heed(pair):
    numbers = settings(RECIPES[pair])
    if not RECIPES[pair].epochs:
        asked = {"chosen_by_people": True} if pair[0] in recipes.OFF_THE_SHELF else {}
        assert numbers == asked
    if RECIPES[pair].schedule == "published":
        assert not numbers.keys() & {"shift", "label_smoothing", "new_masks", "patience"}
    else:
        assert RECIPES[pair].schedule in ("cosine", "constant")
    assert ("augmentation" in numbers) == ("copies" in numbers)
    assert not {"l1", "l2"} <= numbers.keys()  # the second would take the place of the first


@pytest.mark.parametrize(
    ("setting", "value", "name"),
    [("momentum", 0.5, "momentum"), ("dropout", 0.8, "rate"), ("size", 3, "filters")],
)
def test_a_change_reaches_every_layer_that_has_the_setting(setting, value, name):
    plain, changed = (
        [
            layer.get_config()[name]
            for layer in recipe.build(cooked).layers
            if name in layer.get_config()
        ]
        for cooked in (PLAIN, replace(PLAIN, **{setting: value}))
    )
    assert len(plain) == len(changed) >= 1
    assert changed == (
        [value * size for size in plain] if setting == "size" else [value] * len(plain)
    )


@pytest.mark.parametrize("kind", ["l1", "l2"])
def test_a_penalty_of_a_recipe_reaches_the_network(kind):
    model = recipe.build(replace(PLAIN, **{kind: 0.125}))
    found = [getattr(layer, "kernel_regularizer", None) for layer in model.layers]
    assert [float(getattr(penalty, kind)) for penalty in found if penalty] == 5 * [0.125]


def test_settings_of_single_layers_reach_them_in_order():
    sizes = {"filters": [1, 2, 3, 4], "pool_size": [2, 3, 1]}
    found = [layer.get_config() for layer in recipe.build(replace(PLAIN, layers=sizes)).layers]
    assert [config["filters"] for config in found if "filters" in config] == [1, 2, 3, 4]
    assert [config["pool_size"] for config in found if "pool_size" in config] == [(2,), (3,), (1,)]


def test_changes_come_together():
    everything = {"momentum": 0.5, "size": 2, "dropout": 0.8, "l2": 0.125}
    configs = [layer.get_config() for layer in recipe.build(replace(PLAIN, **everything)).layers]
    assert [config["filters"] for config in configs if "filters" in config] == [96, 96, 128, 256]
    assert [config["momentum"] for config in configs if "momentum" in config] == 4 * [0.5]
    assert [config["rate"] for config in configs if "rate" in config] == [0.8]
    assert sum(bool(config.get("kernel_regularizer")) for config in configs) == 5


def test_a_change_to_zero_is_a_change():
    layers = recipe.build(replace(PLAIN, dropout=0.0)).layers
    assert [layer.rate for layer in layers if hasattr(layer, "rate")] == [0.0]


def test_without_changes_the_network_is_as_its_function_builds_it():
    assert networks.structure(recipe.build(PLAIN)) == networks.structure(networks.sample_cnn())


# --- The table ---

# Fields that differ from what Recipe has by itself.
NUMBERS = {
    ("sample_cnn", "improved"): {"epochs": 21, "learning_rate": 0.0015, "shift": 400},
    ("spectrogram_cnn", "improved"): {"epochs": 15, "label_smoothing": 0.1},
    ("deep_sample_cnn", "improved"): {"epochs": 20, "shift": 400},
    ("gru", "improved"): {"epochs": 30, "learning_rate": 0.004, "label_smoothing": 0.1},
    ("lstm", "improved"): {"epochs": 30, "learning_rate": 0.004, "label_smoothing": 0.1},
    ("bidirectional_gru", "improved"): {
        "epochs": 30,
        "learning_rate": 0.004,
        "label_smoothing": 0.1,
    },
    ("conv_gru", "improved"): {"epochs": 15, "label_smoothing": 0.1},
    ("gru", "improved_no_mask"): {"epochs": 30, "learning_rate": 0.004, "label_smoothing": 0.1},
    ("conv_gru", "improved_like_spectrogram_cnn"): {
        "epochs": 15,
        "label_smoothing": 0.1,
        "size": 0.61,
    },
    ("sample_cnn", "improved_60_clips"): {
        "epochs": 84,
        "learning_rate": 0.0015,
        "shift": 400,
        "clips_per_digit": 60,
    },
    ("spectrogram_cnn", "improved_30_clips"): {
        "epochs": 120,
        "label_smoothing": 0.1,
        "clips_per_digit": 30,
    },
    ("sample_cnn", "improved_voices"): {
        "epochs": 4,
        "learning_rate": 0.0015,
        "shift": 400,
        "augmentation": augmentation.as_somebody_else,
        "copies": 5,
    },
    ("spectrogram_cnn", "improved_voices"): {
        "epochs": 3,
        "label_smoothing": 0.1,
        "augmentation": augmentation.as_somebody_else,
        "copies": 5,
    },
    ("sample_cnn", "improved_synthetic"): {
        "epochs": 9,
        "learning_rate": 0.0015,
        "shift": 400,
        "synthetic": True,
    },
    ("spectrogram_cnn", "improved_synthetic"): {
        "epochs": 6,
        "label_smoothing": 0.1,
        "synthetic": True,
    },
    ("spectrogram_cnn", "general"): {
        "epochs": 6,
        "label_smoothing": 0.1,
        "augmentation": augmentation.as_somebody_else,
        "copies": 5,
        "synthetic": True,
        "new_masks": True,
    },
    ("sample_cnn", "general"): {
        "epochs": 6,
        "label_smoothing": 0.1,
        "augmentation": augmentation.as_somebody_else,
        "copies": 5,
        "synthetic": True,
    },
    ("spectrogram_cnn", "general_alone"): {
        "epochs": 15,
        "label_smoothing": 0.1,
        "new_masks": True,
    },
    ("sample_cnn", "general_alone"): {"epochs": 15, "label_smoothing": 0.1},
}
GENERAL = NUMBERS["spectrogram_cnn", "general"]
ALONE = NUMBERS["spectrogram_cnn", "general_alone"]


def without(*names, **changed):
    """The numbers of the recipe for new voices less what is left out."""
    return {key: value for key, value in GENERAL.items() if key not in names} | changed


NUMBERS |= {
    ("spectrogram_cnn", "general_small"): GENERAL,
    ("spectrogram_cnn", "general_small_alone"): ALONE,
    ("spectrogram_cnn", "general_no_synthetic"): without("synthetic", epochs=15),
    ("spectrogram_cnn", "general_no_copies"): without("augmentation", "copies", epochs=36),
    ("spectrogram_cnn", "general_no_masks"): without("new_masks"),
    ("spectrogram_cnn", "general_no_label_smoothing"): without("label_smoothing"),
}
PUBLISHED = {"batch_size": 135, "learning_rate": 0.001, "schedule": "published"}
NUMBERS |= {
    ("sample_cnn", "original"): {"epochs": 500} | PUBLISHED,
    ("sample_cnn", "original_half_filters"): {"epochs": 500, "size": 0.5} | PUBLISHED,
    ("sample_cnn", "original_double_filters"): {"epochs": 500, "size": 2} | PUBLISHED,
    ("spectrogram_cnn", "original"): {"epochs": 10} | PUBLISHED,
    ("spectrogram_cnn", "original_50_epochs"): {"epochs": 50} | PUBLISHED,
    ("spectrogram_cnn", "original_momentum"): {"epochs": 10, "momentum": 0.9} | PUBLISHED,
    ("spectrogram_cnn", "original_double_filters"): {"epochs": 10, "size": 2} | PUBLISHED,
    ("sample_cnn", "original_30_clips"): {"epochs": 500, "clips_per_digit": 30} | PUBLISHED,
    ("spectrogram_cnn", "original_30_clips"): {"epochs": 80, "clips_per_digit": 30} | PUBLISHED,
    ("spectrogram_cnn", "original_120_clips"): {"epochs": 20, "clips_per_digit": 120} | PUBLISHED,
}
SAMPLE = {"epochs": 21, "learning_rate": 0.0015, "shift": 400}
SPECTROGRAM = {"epochs": 15, "label_smoothing": 0.1}
FLAT_POOLS = {"padding": ["valid", *6 * ["same"]], "strides": [96, 1, 4, 1, 4, 1, 6]}
SQUARE_POOLS = {"pool_size": [(2, 2), (2, 2)], "strides": [1, (2, 2), 1, (2, 2)]}
NUMBERS |= {
    ("sample_cnn", "improved_no_overlap"): SAMPLE | {"layers": FLAT_POOLS},
    ("sample_cnn", "improved_few_filters"): SAMPLE | {"layers": {"filters": [16, 16, 32, 64]}},
    ("sample_cnn", "improved_narrow_filters"): SAMPLE | {"layers": {"kernel_size": [96, 2, 2, 1]}},
    ("sample_cnn", "improved_no_shift"): {"epochs": 21, "learning_rate": 0.0015},
    ("sample_cnn", "improved_batches_of_135"): SAMPLE | {"batch_size": 135},
    ("sample_cnn", "improved_constant_learning_rate"): SAMPLE | {"schedule": "constant"},
    ("spectrogram_cnn", "improved_small_filters"): SPECTROGRAM
    | {"layers": {"kernel_size": [3, 3]}},
    ("spectrogram_cnn", "improved_small_pooling"): SPECTROGRAM | {"layers": SQUARE_POOLS},
    ("spectrogram_cnn", "improved_no_label_smoothing"): {"epochs": 15},
    ("spectrogram_cnn", "improved_momentum_0.99"): SPECTROGRAM | {"momentum": 0.99},
    ("spectrogram_cnn", "improved_no_dropout"): SPECTROGRAM | {"dropout": 0.0},
    ("spectrogram_cnn", "improved_batches_of_135"): SPECTROGRAM | {"batch_size": 135},
    ("spectrogram_cnn", "improved_constant_learning_rate"): SPECTROGRAM | {"schedule": "constant"},
    ("sample_cnn", "short"): SAMPLE | {"epochs": 1, "clips_per_digit": 30},
    ("spectrogram_cnn", "short"): SPECTROGRAM | {"epochs": 1, "clips_per_digit": 30},
}
FED = {  # what an ablation feeds its network instead
    ("sample_cnn", "improved_as_recorded"): features.waveforms_as_recorded,
    ("sample_cnn", "improved_no_pre_emphasis"): features.general_waveform_input,
    ("spectrogram_cnn", "improved_as_recorded"): features.levels_as_recorded,
    ("spectrogram_cnn", "improved_power"): ablation.power_input,
    ("spectrogram_cnn", "improved_even_bands"): ablation.even_bands_input,
    ("spectrogram_cnn", "improved_few_frames"): ablation.few_frames_input,
}


def settings(cooked):
    """The fields of a recipe that differ from what Recipe has by itself, but network, features."""
    return {
        field.name: getattr(cooked, field.name)
        for field in fields(Recipe)[2:]
        if getattr(cooked, field.name) != field.default
    }


@pytest.mark.parametrize("pair", NUMBERS, ids=", ".join)
def test_the_numbers_of_a_recipe(pair):
    assert settings(RECIPES[pair]) == NUMBERS[pair]


def test_every_ablation_has_its_numbers_or_its_own_input():
    hidden = {("spectrogram_cnn", "improved_hidden_layer")}  # another network, tests/test_ablation
    assert {*NUMBERS, *FED, *hidden} >= recipes.ABLATIONS.keys()
    for pair, fed in FED.items():
        assert RECIPES[pair].features is fed
    assert RECIPES[hidden.pop()].network is ablation.hidden_layer_cnn


def test_the_features_of_each_recipe_fit_its_network():
    noise = np.random.default_rng(0).normal(size=4000)
    pairs = {(cooked.network, cooked.features) for cooked in RECIPES.values() if cooked.epochs}
    for network, feed in pairs:
        given, wanted = feed([noise]).shape[1:], network().input_shape[1:]
        match = [size in (None, ours) for size, ours in zip(wanted, given, strict=True)]
        assert all(match), (network, feed)


def test_a_network_is_named_after_its_function_but_for_the_new_voices():
    for (network, variant), cooked in RECIPES.items():
        if variant.startswith("general_small"):
            assert cooked.network is networks.spectrogram_cnn
        elif variant.startswith("general"):
            assert cooked.network in (general.general_cnn, general.general_sample_cnn)
        elif variant.startswith("open_set"):
            assert cooked.network in (general.open_set_cnn, general.open_set_sample_cnn)
        elif variant == "improved_no_mask":
            assert cooked.network is recurrent.unmasked_gru
        elif cooked.epochs and (network, variant) not in recipes.ABLATIONS:
            original = variant.startswith(("original", "repaired"))
            assert cooked.network.__name__ == f"{'original_' * original}{network}"


def test_on_equal_terms_the_sizes_differ_by_less_than_two_per_cent():
    pairs = ("conv_gru", "improved_like_spectrogram_cnn"), ("spectrogram_cnn", "improved")
    ours, theirs = (recipe.build(RECIPES[pair]) for pair in pairs)
    assert ours.count_params() == pytest.approx(theirs.count_params(), rel=0.02)
    dropped = [
        [layer.rate for layer in model.layers if hasattr(layer, "rate")] for model in (ours, theirs)
    ]
    assert dropped[0] == dropped[1]


def test_an_eleventh_answer_has_clips_to_learn_it_from():
    for cooked in RECIPES.values():
        eleven = cooked.network in (general.open_set_cnn, general.open_set_sample_cnn)
        assert (cooked.others > 0) == eleven


@pytest.mark.parametrize("name", ["small", *(name for name in recipes.APART if "no_" in name)])
def test_where_one_thing_is_left_out_as_many_clips_are_heard(name):
    def heard(variant):
        cooked = RECIPES["spectrogram_cnn", variant]
        return (5000 if cooked.synthetic else 2000) * (1 + cooked.copies) * cooked.epochs

    assert heard(f"general_{name}") == heard("general")


def test_each_recipe_stands_in_one_group():
    assert sum(map(len, recipes.GROUPS.values())) == len(RECIPES)


def test_cures_make_as_many_steps_but_where_their_name_says_otherwise():
    for (network, variant), cure in recipes.CURES.items():
        epochs = {"sample_cnn": 60, "spectrogram_cnn": 12}[network]
        longer = 3 if variant in ("repaired_more_epochs", "repaired_early_stopping") else 1
        steps = cure.epochs * (1 + cure.copies) * (1 + cure.masked_copies)
        assert steps == longer * epochs, variant
        assert (cure.momentum, cure.schedule) == (0.9, "cosine")
        assert (cure.batch_size, cure.learning_rate) == (135, 0.001)


@pytest.mark.parametrize(
    ("cure", "setting"),
    [
        ("early_stopping", {"epochs": 36, "patience": 5}),
        ("more_epochs", {"epochs": 36}),
        ("", {"epochs": 12, "momentum": 0.9}),
        ("placebo", {"augmentation": augmentation.unchanged, "copies": 3}),
        ("dropout_0.7", {"dropout": 0.7}),
        ("l1_0.0001", {"l1": 0.0001}),
        ("l2_0.001", {"l2": 0.001}),
        ("noise", {"augmentation": augmentation.with_noise, "copies": 3}),
        ("shift", {"augmentation": augmentation.with_shift, "copies": 3}),
        ("gain", {"augmentation": augmentation.with_gain, "copies": 3}),
        ("pace", {"augmentation": augmentation.with_pace, "copies": 3}),
        ("pitch", {"augmentation": augmentation.with_pitch, "copies": 3}),
        ("augmentation", {"augmentation": augmentation.augment, "copies": 3}),
        ("together", {"dropout": 0.7, "l2": 0.001, "augmentation": augmentation.augment}),
    ],
)
def test_a_cure_is_what_its_name_says(cure, setting):
    pair = "spectrogram_cnn", f"repaired_{cure}".removesuffix("_")
    found = settings(RECIPES[pair])
    assert found.items() >= setting.items()
    allowed = {"epochs", "momentum", "batch_size", "learning_rate", *setting}
    assert found.keys() - allowed <= ({"copies"} if "augmentation" in setting else set())


def test_the_sample_network_stops_early_after_twelve_epochs():
    stopping = settings(RECIPES["sample_cnn", "repaired_early_stopping"])
    repaired = {"momentum": 0.9, "batch_size": 135, "learning_rate": 0.001}
    assert stopping == {"epochs": 180, "patience": 12} | repaired


def test_masks_are_for_spectrograms():
    assert RECIPES["spectrogram_cnn", "repaired_masks"].masked_copies == 3
    assert ("sample_cnn", "repaired_masks") not in RECIPES


def test_an_ablation_changes_one_ingredient_of_the_improved_network():
    for (network, variant), changed in recipes.ABLATIONS.items():
        improved = recipes.IMPROVED[network]
        fields_changed = {
            field.name
            for field in fields(Recipe)
            if getattr(changed, field.name) != getattr(improved, field.name)
        }
        assert fields_changed in (
            {"features"},
            {"network"},
            {"network", "features"},  # of another shape
            {"layers"},
            {"momentum"},
            {"dropout"},
            {"batch_size"},
            {"schedule"},
            {"shift"},
            {"label_smoothing"},
        ), variant
