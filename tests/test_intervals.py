"""Intervals worked out by hand."""

import numpy as np
import pytest

from spoken_digits import intervals


def test_wilson_interval():
    low, high = intervals.wilson_interval(0.9, 100)  # worked out by hand from Wilson's formula
    assert (low, high) == pytest.approx((0.8256, 0.9448), abs=1e-4)


def test_t_interval():
    # mean 2, standard error 1 / sqrt(3), and 4.3027 of them for three values
    assert intervals.t_interval([1, 2, 3]) == pytest.approx((2 - 2.4841, 2 + 2.4841), abs=1e-4)


def test_an_accuracy_comes_with_its_interval():
    labels, predictions = np.arange(100) % 10, np.arange(100) % 10
    predictions[:10] = (labels[:10] + 1) % 10
    found = intervals.accuracy_with_interval(predictions, labels)
    expected = {"accuracy": 0.9, "from": 0.8256, "to": 0.9448}
    assert found == pytest.approx(expected, abs=1e-4)
