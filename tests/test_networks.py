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
    ("build", "feed", "most_weights"),
    [
        (networks.sample_cnn, features.waveform_input, 150_000),
        (networks.spectrogram_cnn, features.spectrogram_input, 100_000),
    ],
)
def test_the_improved_networks_take_their_input_and_give_probabilities(build, feed, most_weights):
    model = build()
    probabilities = model(feed(WAVEFORMS)).numpy()
    assert model.count_params() <= most_weights
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


def test_the_deep_network_is_truly_sample_level():
    model = networks.deep_sample_cnn()
    widths = [layer.kernel_size for layer in model.layers if hasattr(layer, "kernel_size")]
    assert widths == 7 * [(3,)]
    assert model.output_shape == (None, 10)
    assert model.count_params() == 80_730
