"""The shipped files: what was trained is in them, older versions of Keras read them, small."""

import json
import os
import re
import subprocess
import sys
import zipfile
from importlib.metadata import version

import numpy as np
import pytest

from spoken_digits import recipe, recipes, records, shipping, training
from spoken_digits.dataset import official_split
from spoken_digits.recognition import MODELS, SHIPPED, load_shipped
from spoken_digits.shipping import TRAININGS, save_portable

ROOT = MODELS.parent
SMALL = 1_500_000  # bytes
OLDER = ["3.8.0", "3.11.0"]  # what is shipped loads from the first on; the other lies between

# Settings that Keras 3.15 writes for these layers, and 3.8 does not know.
NEWER = ["input_axes", "output_axes", "quantization_config", "renorm"]

ASK = """
import sys
from pathlib import Path

import keras
import numpy as np

for path in map(Path, sys.argv[1:]):
    for _ in range(2):  # a second time in one session, when names are taken
        model = keras.models.load_model(path)
    x = np.load(path.with_suffix(".x.npy"))
    np.save(path.with_suffix(".said.npy"), model.predict(x, verbose=0))
    path.with_suffix(".json").write_text(model.to_json())
print(keras.__version__)
"""


@pytest.fixture
def keras():
    """Keras, once TensorFlow has started."""
    training.start_tensorflow()
    import keras

    return keras


def test_each_shipped_network_has_its_training():
    assert [training.network for training in TRAININGS] == list(SHIPPED)


@pytest.mark.parametrize("experiment", TRAININGS, ids=lambda experiment: experiment.network)
def test_a_shipped_network_is_the_recorded_one(experiment, fsdd):
    recorded = records.load_predictions(experiment)
    _, _, test = official_split(fsdd)
    x = SHIPPED[experiment.network](test["waveform"])
    probabilities = load_shipped(experiment.network).predict(x, verbose=0)
    np.testing.assert_allclose(probabilities, recorded["probabilities"], atol=0.02)


@pytest.mark.parametrize("network", list(SHIPPED))
def test_a_shipped_file_is_small(network):
    assert (MODELS / f"{network}.keras").stat().st_size < SMALL


def test_a_file_holds_the_trained_weights_and_nothing_of_adam(monkeypatch, tmp_path, keras):
    trained = {}

    def fit(experiment):
        model = recipe.build(recipes.RECIPES[experiment.network, experiment.variant])
        model.compile("adam", "categorical_crossentropy")
        model.optimizer.build(model.trainable_variables)  # as training does: two more of each
        trained[experiment] = model
        return model, None, 0, ()

    monkeypatch.setattr(shipping, "fit", fit)
    shipping.ship(tmp_path)
    assert list(trained) == TRAININGS
    for experiment, model in trained.items():
        path = tmp_path / f"{experiment.network}.keras"
        assert path.stat().st_size < SMALL
        for ours, theirs in zip(keras.models.load_model(path).weights, model.weights, strict=True):
            np.testing.assert_array_equal(ours, theirs)


# --- What a portable file says ---


@pytest.fixture
def model(keras):
    """Layers of several kinds, some of them with settings that are not the default."""
    layers = keras.layers
    inputs = keras.Input((None, 4))
    x = layers.Conv1D(6, 3, padding="causal", kernel_initializer="he_normal")(inputs)
    x = layers.BatchNormalization(momentum=0.9, name="by_name")(x)
    x = layers.LeakyReLU(negative_slope=0.1)(x)
    x = layers.Bidirectional(layers.GRU(3, return_sequences=True, reset_after=False))(x)
    x = layers.Dense(5, activation="tanh", kernel_regularizer=keras.regularizers.L2(0.5))(x)
    return keras.Model(inputs, layers.Softmax()(layers.GlobalMaxPooling1D()(x)))


def settings(text):
    """The settings of a model's layers, from JSON, without the numbers that mark shared objects."""

    def without_numbers(item):
        if isinstance(item, list):
            return [without_numbers(part) for part in item]
        if isinstance(item, dict):
            return {k: without_numbers(v) for k, v in item.items() if k != "shared_object_id"}
        return item

    layers = json.loads(text)["config"]["layers"]
    return [without_numbers(item["config"]) for item in layers if item["module"] == "keras.layers"]


def within(some, whole):
    """Whether each setting in a part of a config stands in another one, with the same value."""
    if isinstance(some, dict) and isinstance(whole, dict):
        return all(key in whole and within(some[key], whole[key]) for key in some)
    if isinstance(some, list) and isinstance(whole, list):
        return len(some) == len(whole) and all(map(within, some, whole))
    return some == whole


def config(path):
    with zipfile.ZipFile(path) as file:
        return file.read("config.json").decode()


def test_no_setting_is_lost(model, keras, tmp_path):
    save_portable(model, tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert settings(loaded.to_json()) == settings(model.to_json())
    x = np.random.default_rng(0).normal(size=(3, 20, 4))
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))


@pytest.mark.parametrize("setting", NEWER)
def test_settings_that_older_versions_do_not_know_are_left_out(setting, model, tmp_path):
    model.save(tmp_path / "as_it_is.keras")
    save_portable(model, tmp_path / "portable.keras")
    assert setting in config(tmp_path / "as_it_is.keras")
    assert setting not in config(tmp_path / "portable.keras")
    for network in SHIPPED:
        assert setting not in config(MODELS / f"{network}.keras")


def test_a_newer_setting_that_is_used_stays(keras, tmp_path):
    path = tmp_path / "model.keras"
    normalise = keras.layers.BatchNormalization(renorm=True)
    save_portable(keras.Sequential([keras.Input((4,)), normalise]), path)
    assert keras.models.load_model(path).layers[0].renorm is True


def test_an_operation_with_settings_has_no_name_and_all_others_keep_theirs(keras, tmp_path):
    x = keras.Input((None, 4))
    sums = keras.layers.Add()([x, x]) + 1  # a layer and an operation, both of a class "Add"
    shares = sums / keras.ops.max(sums, axis=1, keepdims=True)
    save_portable(keras.Model(x, shares), tmp_path / "model.keras")
    layers = json.loads(config(tmp_path / "model.keras"))["config"]["layers"]
    kinds = [layer["class_name"] for layer in layers]
    assert kinds == ["InputLayer", "Add", "Add", "Max", "TrueDivide"]
    for layer in layers:
        if layer["class_name"] == "Max":
            assert layer["config"] == {"axis": 1, "keepdims": True}
        else:
            assert layer["config"]["name"] == layer["name"]


# --- Older versions of Keras ---


@pytest.fixture(scope="module")
def files(synthetic, tmp_path_factory):
    """The shipped files, and the same networks saved by today's code, each with a few clips."""
    folder = tmp_path_factory.mktemp("files")
    for network, feed in SHIPPED.items():
        model, shipped = load_shipped(network), MODELS / f"{network}.keras"
        save_portable(model, folder / f"{network}_again.keras")
        (folder / shipped.name).write_bytes(shipped.read_bytes())
        x = feed(synthetic["waveform"][::200], length=8000)
        for name in (network, f"{network}_again"):
            np.save(folder / f"{name}.x.npy", x)
            np.save(folder / f"{name}.expected.npy", model.predict(x, verbose=0))
            (folder / f"{name}.expected.json").write_text(model.to_json())
    return sorted(folder.glob("*.keras"))


@pytest.fixture(params=OLDER)
def older(request):
    """An older Keras in a folder of its own, which `make test` brings: version and folder."""
    folder = ROOT / "build" / f"keras-{request.param}"
    if not (folder / "installed").exists():
        pytest.skip(f"Keras {request.param} is not installed")
    return request.param, folder


def test_make_test_brings_the_older_versions_of_keras():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    brought = re.search("^OLDER_KERAS = (.+)", makefile, re.MULTILINE)[1]
    assert brought.split() == [f"keras-{version}" for version in OLDER]


def test_older_versions_of_keras_load_the_files_and_say_the_same(older, files):
    wanted, folder = older
    path = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))
    command = [sys.executable, "-c", ASK, *files]
    environment = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == wanted
    assert len(files) == 2 * len(SHIPPED)
    for file in files:
        said, expected = (np.load(file.with_suffix(end)) for end in (".said.npy", ".expected.npy"))
        np.testing.assert_allclose(said, expected, rtol=0, atol=1e-5)
        read, written = (
            settings(file.with_suffix(end).read_text()) for end in (".json", ".expected.json")
        )
        assert len(read) > 10
        assert within(read, written)


def test_the_card_names_the_versions_that_load_it():
    card = (MODELS / "README.md").read_text(encoding="utf-8")
    assert f"from Keras {OLDER[0]} to {version('keras')}" in card
    assert all(f"Keras {older}" in card for older in OLDER)
