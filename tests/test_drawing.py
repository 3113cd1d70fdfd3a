"""Networks as pictures: what each block says, and how much each layer sees."""

import numpy as np
import pytest
from matplotlib import pyplot as plt

from spoken_digits import drawing, networks, recurrent


def fields(model):
    return list(drawing.receptive_fields(model).values())


def test_receptive_fields_of_the_original_by_hand():
    assert fields(networks.original_sample_cnn()) == [
        ((256,), (256,)),
        ((512,), (256,)),
        ((768,), (512,)),
        ((1280,), (512,)),
        ((1792,), (1024,)),
        ((1792,), (1024,)),
    ]


def test_receptive_fields_in_two_directions():
    assert fields(networks.spectrogram_cnn()) == [
        ((5, 5), (1, 1)),
        ((6, 8), (2, 4)),
        ((14, 24), (2, 4)),
        ((16, 36), (4, 16)),
    ]


def test_a_receptive_field_is_what_can_change_an_output():
    import keras

    model = networks.original_sample_cnn()
    front = keras.Model(model.inputs, model.layers[7].output)  # the third convolution
    name = model.layers[7].name
    (field,), (step,) = drawing.receptive_fields(model)[name]
    x = np.random.default_rng(0).normal(size=(1, 18262, 1)).astype("float32")
    plain = front.predict(x, verbose=0)
    for place in (0, field - 1, field):
        touched = x.copy()
        touched[0, place] += 100
        changed = np.abs(front.predict(touched, verbose=0) - plain).max(axis=-1)[0] > 0
        assert changed[0] == (place < field)
    assert step == 512


@pytest.mark.parametrize(
    "build",
    [
        networks.sample_cnn,
        networks.spectrogram_cnn,
        networks.original_spectrogram_cnn,
        recurrent.conv_gru,
    ],
)
def test_each_block_is_drawn_with_its_shape(build):
    model = build()
    figure = drawing.draw_network(model, "A finding", lambda field: f"sees {field}")
    plt.close(figure)
    (axes,) = figure.axes
    drawn = [layer for layer in model.layers if type(layer).__name__ not in drawing.QUIET]
    assert len(axes.patches) == 1 + len(drawn)
    texts = " ".join(text.get_text() for text in axes.texts)
    for layer in drawn:
        assert " x ".join(map(str, layer.output.shape[1:])) in texts
    for field, _ in drawing.receptive_fields(model).values():
        assert f"sees {field}" in texts
    assert axes.get_title() == "A finding"


def test_a_list_of_numbers_is_drawn_narrow():
    figure = drawing.draw_network(recurrent.conv_gru(), "A finding", str)
    plt.close(figure)
    *images, state, answers = [block.get_width() for block in figure.axes[0].patches]
    assert (state, answers) == (0.4, 0.4)
    assert min(images) > 0.4


def test_milliseconds_are_those_of_8000_samples_a_second():
    assert drawing.milliseconds((256,)) == "sees 32 ms"
