"""Recurrent networks: where they stop, and what they give."""

import numpy as np
import pytest

from spoken_digits import networks, recurrent
from spoken_digits.features import spectrogram_input


def test_a_recurrent_network_stops_where_the_padding_begins():
    image = spectrogram_input(np.random.default_rng(0).normal(size=(1, 2400)))
    frames = image[:, :, :, 0].transpose(0, 2, 1)
    _, _, mask, reader, *_ = recurrent.recurrent("GRU").layers
    padded, cut = (reader(mask(part)) for part in (frames, frames[:, :30]))
    np.testing.assert_allclose(padded, cut, atol=1e-6)


def test_without_its_mask_it_is_the_same_network():
    with_mask, without = (
        networks.structure(recurrent.recurrent("GRU", masked=masked)) for masked in (True, False)
    )
    assert [layer for layer in with_mask if "mask_value" not in layer] == without
    assert len(with_mask) == len(without) + 1
    assert networks.structure(recurrent.unmasked_gru()) == without


@pytest.mark.parametrize(
    ("build", "weights"),
    [
        (recurrent.gru, 21_002),
        (recurrent.lstm, 27_530),
        (recurrent.bidirectional_gru, 41_994),
        (recurrent.conv_gru, 135_242),
    ],
)
def test_recurrent_networks_answer_with_ten_probabilities(build, weights):
    x = np.random.default_rng(0).uniform(size=(2, 40, 64, 1))
    model = build()
    np.testing.assert_allclose(model.predict(x, verbose=0).sum(axis=1), 1, atol=1e-5)
    assert model.count_params() == weights


@pytest.mark.parametrize(
    ("build", "reader"),
    [
        (recurrent.gru, "GRU"),
        (recurrent.lstm, "LSTM"),
        (recurrent.bidirectional_gru, "Bidirectional"),
        (recurrent.conv_gru, "GRU"),
    ],
)
def test_each_is_read_by_its_kind_of_cell_with_64_numbers(build, reader):
    layer, dropout, dense = build().layers[-3:]
    assert type(layer).__name__ == reader
    assert layer.output.shape[-1] == (128 if reader == "Bidirectional" else 64)
    assert dropout.rate == (0.5 if build is recurrent.conv_gru else 0.3)
    assert dense.activation.__name__ == "softmax"


def test_a_frame_after_another_is_read_and_16_steps_behind_the_convolutions():
    frames = recurrent.recurrent("GRU").layers[1]
    assert frames.output.shape == (None, 64, 40)
    steps = next(layer for layer in recurrent.conv_gru().layers if "reshape" in layer.name)
    assert steps.output.shape == (None, 16, 480)
