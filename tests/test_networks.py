"""The networks: as published, as improved, and changed versions of one."""

import numpy as np
import pytest

from spoken_digits import features, networks

RANDOM = np.random.default_rng(0)
WAVEFORMS = [RANDOM.normal(size=size).astype("float32") for size in (2000, 5299, 8000)]


@pytest.mark.parametrize(
    ("build", "shape", "weights"),
    [
        (networks.sample_cnn, (18262, 1), 19_210),
        (networks.spectrogram_cnn, (129, 22, 1), 1_003_658),
    ],
)
def test_the_originals_are_as_published(build, shape, weights):
    model = build(original=True)
    assert model.input_shape[1:] == shape
    assert model.count_params() == weights


@pytest.mark.parametrize(
    ("build", "feed", "weights"),
    [
        (networks.sample_cnn, features.waveform_input, 77_994),
        (networks.spectrogram_cnn, features.spectrogram_input, 48_970),
        (networks.deep_sample_cnn, features.waveform_input, 80_730),
    ],
)
def test_the_improved_networks_take_their_input_and_give_probabilities(build, feed, weights):
    model = build()
    probabilities = model(feed(WAVEFORMS)).numpy()
    assert model.count_params() == weights
    assert probabilities.shape == (3, 10)
    assert probabilities.sum(axis=1) == pytest.approx(1, abs=1e-5)


def configs(model):
    return [layer.get_config() for layer in model.layers]


@pytest.mark.parametrize("build", [networks.sample_cnn, networks.spectrogram_cnn])
def test_a_changed_network_differs_in_what_was_changed_alone(build):
    original = build(original=True)
    quick = networks.with_setting(original, "momentum", 0.9)
    changed = [
        {name for name in before if before[name] != after[name]} - {"name"}
        for before, after in zip(configs(original), configs(quick), strict=True)
    ]
    assert {"momentum"} in changed
    assert all(names <= {"momentum"} for names in changed)
    assert {layer["momentum"] for layer in configs(quick) if "momentum" in layer} == {0.9}


@pytest.mark.parametrize("build", [networks.sample_cnn, networks.spectrogram_cnn])
def test_a_network_of_double_size_still_has_ten_outputs(build):
    original = build(original=True)
    double = networks.with_size(original, 2)
    assert double.output_shape == (None, 10)
    for name in ("filters", "units"):
        before, after = (
            [layer[name] for layer in configs(model) if name in layer]
            for model in (original, double)
        )
        assert after == [size if size == 10 else 2 * size for size in before]


@pytest.mark.parametrize(("kind", "strength"), [("l1", 0.001), ("l2", 0.01)])
def test_a_penalty_reaches_every_layer_with_weights(kind, strength):
    model = networks.with_penalty(networks.spectrogram_cnn(original=True), kind, strength)
    layers = [layer for layer in model.layers if hasattr(layer, "kernel_regularizer")]
    assert len(layers) == 4
    for layer in layers:
        assert float(getattr(layer.kernel_regularizer, kind)) == pytest.approx(strength)


def test_the_block_is_convolution_normalisation_relu():
    from keras import layers

    first, second, third = networks.convolution(layers.Conv1D, 5, 7, stride=3, use_bias=False)
    assert (first.filters, first.kernel_size, first.strides) == (5, (7,), (3,))
    assert (first.padding, first.use_bias, second.momentum) == ("same", False, 0.9)
    assert isinstance(third, layers.ReLU)


def test_the_structure_tells_networks_apart_but_not_by_name():
    one, other = networks.sample_cnn(), networks.sample_cnn()
    assert one.layers[0].name != other.layers[0].name
    assert networks.structure(one) == networks.structure(other)
    slower = networks.with_setting(one, "momentum", 0.99)
    assert networks.structure(one) != networks.structure(slower)


# Of each block: filters, width, stride. Then what is pooled, dropped, and how it answers.
BLOCKS = {
    "sample_cnn": [(48, 96, 12), (48, 9, 1), (64, 7, 1), (128, 3, 1)],
    "spectrogram_cnn": [(24, 5, 1), (48, 5, 1)],
    "deep_sample_cnn": [(16, 3, 3), *((size, 3, 1) for size in (16, 32, 64, 64, 96, 128))],
    "original_sample_cnn": [(16, 256, 256), (16, 2, 1), (32, 2, 1), (64, 1, 1)],
    "original_spectrogram_cnn": [(32, 3, 1), (64, 3, 1)],
}
POOLS = {
    "sample_cnn": [(4,), (4,), (6,)],
    "spectrogram_cnn": [(2, 4), (2, 4)],
    "deep_sample_cnn": 6 * [(3,)],
    "original_sample_cnn": [(2,), (2,)],
    "original_spectrogram_cnn": [(2, 2), (2, 2)],
}
ENDS = {
    "sample_cnn": ([0.4], "softmax"),
    "spectrogram_cnn": ([0.5], "softmax"),
    "deep_sample_cnn": ([0.5], "softmax"),
    "original_sample_cnn": ([0.6], "sigmoid"),
    "original_spectrogram_cnn": ([0.25, 0.5], "softmax"),
}


@pytest.mark.parametrize("name", BLOCKS)
def test_each_network_has_the_layers_of_its_notebook(name):
    settings = configs(getattr(networks, name)())
    blocks = [config for config in settings if "filters" in config]
    assert [
        (config["filters"], config["kernel_size"][0], config["strides"][0]) for config in blocks
    ] == BLOCKS[name]
    assert all(len(set(config["kernel_size"])) == 1 for config in blocks)
    original = name.startswith("original")
    paddings = [config["padding"] for config in blocks]
    first = "valid" if original or BLOCKS[name][0][2] > 1 else "same"  # where it strides
    assert paddings == [first, *(["valid" if original else "same"] * (len(blocks) - 1))]
    momenta = {config["momentum"] for config in settings if "momentum" in config}
    assert momenta == {0.99 if original else 0.9}
    assert [config["pool_size"] for config in settings if "pool_size" in config] == POOLS[name]
    dropped = [config["rate"] for config in settings if "rate" in config]
    assert (dropped, settings[-1]["activation"]) == ENDS[name]


@pytest.mark.parametrize("build", [networks.sample_cnn, networks.spectrogram_cnn])
def test_the_original_is_another_network(build):
    original = getattr(networks, f"original_{build.__name__}")
    assert networks.structure(build(original=True)) == networks.structure(original())
    assert networks.structure(build()) != networks.structure(original())


def test_a_changed_network_has_learned_nothing_yet_and_leaves_the_given_one_alone():
    plain = networks.spectrogram_cnn()
    before = networks.structure(plain)
    changed = networks.with_setting(networks.with_size(plain, 2), "rate", 0.1)
    assert networks.structure(plain) == before != networks.structure(changed)
    alike = networks.with_setting(plain, "rate", 0.5)
    assert networks.structure(alike) == before
    assert not np.allclose(alike.layers[0].kernel, plain.layers[0].kernel)


def test_each_layer_gets_its_own_value_in_order():
    changed = networks.structure(networks.with_each(networks.sample_cnn(), "pool_size", [2, 3, 5]))
    assert [config["pool_size"] for config in changed if "pool_size" in config] == [
        (2,),
        (3,),
        (5,),
    ]
    plain = networks.structure(networks.sample_cnn())
    others = [{**config, "pool_size": None} for config in (*plain, *changed)]
    assert others[: len(plain)] == others[len(plain) :]


@pytest.mark.parametrize("values", [[2, 3], [2, 3, 5, 7]])
def test_too_few_or_too_many_values_are_refused(values):
    with pytest.raises(ValueError, match=f"3 layers have pool_size, there are {len(values)}"):
        networks.with_each(networks.sample_cnn(), "pool_size", values)


def test_another_input_leaves_the_layers_as_they_are():
    longer = networks.with_input(networks.sample_cnn(), (18262, 1))
    assert longer.input_shape == (None, 18262, 1)
    assert networks.structure(longer) == networks.structure(networks.sample_cnn())
    assert longer.output_shape == (None, 10)


def test_the_second_baseline_scales_before_it_weighs():
    scaler, weigher = networks.logistic_regression()
    assert (type(scaler).__name__, type(weigher).__name__) == (
        "StandardScaler",
        "LogisticRegression",
    )
    assert weigher.max_iter == 5000
