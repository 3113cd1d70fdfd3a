"""Recurrent networks: where they stop, and what they give."""

import numpy as np
import pytest

from spoken_digits import recurrent
from spoken_digits.features import spectrogram_input


def test_a_recurrent_network_stops_where_the_padding_begins():
    image = spectrogram_input(np.random.default_rng(0).normal(size=(1, 2400)))
    frames = image[:, :, :, 0].transpose(0, 2, 1)
    _, _, mask, reader, *_ = recurrent.recurrent("GRU").layers
    padded, cut = (reader(mask(part)) for part in (frames, frames[:, :30]))
    np.testing.assert_allclose(padded, cut, atol=1e-6)


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
