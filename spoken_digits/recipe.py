"""A recipe: all that decides a training, and how it is carried out."""

from collections.abc import Callable
from dataclasses import dataclass

from .augmentation import mask, with_masked_copies
from .networks import with_each, with_penalty, with_setting, with_size
from .training import fit_baseline, train, train_as_published


@dataclass(frozen=True)
class Recipe:
    """All that decides a training but its clips and its seed. None: as the network has it."""

    network: Callable  # () -> a model that has learned nothing yet
    features: Callable  # waveforms -> array (clips, ...), or a list of arrays

    # how the network differs from what its function builds, in every layer with such a setting
    momentum: float | None = None  # of the moving averages of batch normalisation
    size: float | None = None  # times as many filters and hidden units
    dropout: float | None = None  # share of the values that are dropped
    l1: float | None = None  # penalty for the size of each weight
    l2: float | None = None  # penalty for the square of each weight
    layers: dict | None = None  # setting -> its value in each layer that has it, in order

    # what it learns from
    clips_per_digit: int | None = None  # so many of the training clips; None: all
    synthetic: bool = False  # whether the synthetic voices are training clips too
    people: int = 0  # at most so many clips of each digit by real people, of their training part
    chosen_by_people: bool = False  # whether the people's validation part helps to choose it
    others: int = 0  # so many other words and sounds by machine; with `people`, theirs too
    augmentation: Callable | None = None  # (waveform, random) -> a changed copy
    copies: int = 0  # how many such copies of each training clip
    masked_copies: int = 0  # how many copies of each spectrogram with masks over it
    new_masks: bool = False  # whether each spectrogram gets new masks in every epoch

    # how it learns; a baseline has no epochs
    epochs: int = 0
    batch_size: int = 32
    learning_rate: float = 0.002
    schedule: str = "cosine"  # of the learning rate: "cosine", down to 0, "constant", "published"
    label_smoothing: float = 0.0
    shift: int = 0  # samples by which a clip moves at most, anew in every epoch
    patience: int | None = None  # epochs without a lower validation loss until it stops


def named(variant, recipes):
    """Recipes by network, as the entries of one variant: (network, variant) -> Recipe."""
    return {(network, variant): recipe for network, recipe in recipes.items()}


def build(recipe):
    """The network of a recipe, with its changes: a keras.Model, or a model of scikit-learn."""
    model = recipe.network()
    if recipe.momentum is not None:
        model = with_setting(model, "momentum", recipe.momentum)
    if recipe.size is not None:
        model = with_size(model, recipe.size)
    if recipe.dropout is not None:
        model = with_setting(model, "rate", recipe.dropout)
    for name, values in (recipe.layers or {}).items():
        model = with_each(model, name, values)
    for kind in ("l1", "l2"):
        strength = getattr(recipe, kind)
        if strength is not None:
            model = with_penalty(model, kind, strength)
    return model


def train_by_recipe(recipe, model, x, labels, seed, validation):
    """Train a model as the recipe says. Returns its history, a DataFrame with a row an epoch.

    `x` (clips, ...) is what the recipe's features give, `labels` (clips,) the digit of each,
    `validation` such a pair to watch.
    """
    if not recipe.epochs:
        return fit_baseline(model, x, labels)
    if recipe.masked_copies:
        x, labels = with_masked_copies(x, labels, recipe.masked_copies, seed)
    sizes = {"learning_rate": recipe.learning_rate, "batch_size": recipe.batch_size}
    if recipe.schedule == "published":  # constant, and without what was not there at the time
        return train_as_published(model, x, labels, recipe.epochs, validation, **sizes)
    return train(
        model,
        x,
        labels,
        recipe.epochs,
        shift=recipe.shift,
        label_smoothing=recipe.label_smoothing,
        seed=seed,
        validation=validation,
        change=mask if recipe.new_masks else None,
        schedule=recipe.schedule,
        patience=recipe.patience,
        **sizes,
    )
