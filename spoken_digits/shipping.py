"""The files in models/: trained anew, and saved so that older versions of Keras read them."""

import importlib
import inspect
import json
import zipfile

from .recipe import build
from .recipes import RECIPES
from .recognition import MODELS, SHIPPED
from .runs import Experiment, fit

TRAININGS = [Experiment(network, "open_set", "fsdd", "official", "", 0) for network in SHIPPED]


def ship(folder=MODELS):
    """Train each shipped network anew and save it in a folder."""
    for experiment in TRAININGS:
        model, *_ = fit(experiment)
        # without what Adam remembers: a third the size
        bare = build(RECIPES[experiment.network, experiment.variant])
        bare.set_weights(model.get_weights())
        save_portable(bare, folder / f"{experiment.network}.keras")


def save_portable(model, path):
    """Save a keras.Model at a path that ends with .keras, for every Keras from 3.8 on.

    A Keras refuses a file with a setting that it does not know, so only the settings that differ
    from their default are written. No default of a layer changed from Keras 3.8 to 3.15. A model
    that uses a newer setting keeps it, and needs the newer Keras.
    """
    model.save(path)
    with zipfile.ZipFile(path) as file:
        contents = {name: file.read(name) for name in file.namelist()}
    config = without_defaults(json.loads(contents["config.json"]))
    contents["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(path, "w") as file:
        for name, content in contents.items():
            file.writestr(name, content)


def without_defaults(item):
    """Part of a model's config, as JSON has it, without the settings that are at their default."""
    if isinstance(item, list):
        return [without_defaults(part) for part in item]
    if not isinstance(item, dict):
        return item
    item = {key: without_defaults(value) for key, value in item.items()}
    if item.get("module") and isinstance(item.get("config"), dict):
        kind = getattr(importlib.import_module(item["module"]), item["class_name"])
        item["config"] = needed(kind, item["config"])
    return item


def needed(kind, settings):
    """The settings (dict) that differ from what the class `kind` has by default."""
    from keras import Layer, Operation

    parameters = inspect.signature(kind.__init__).parameters
    defaults = {name: parameter.default for name, parameter in parameters.items()}
    settings = {
        name: value
        for name, value in settings.items()
        if value != defaults.get(name, inspect.Parameter.empty)
    }
    # Before Keras 3.11 an operation with settings took no name. Its place in the model has one too.
    if issubclass(kind, Operation) and not issubclass(kind, Layer) and "__init__" in vars(kind):
        settings.pop("name", None)
    return settings
