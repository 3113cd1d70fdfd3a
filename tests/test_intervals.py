"""Intervals worked out by hand."""

import numpy as np
import pandas as pd
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


def test_paired_tests_are_corrected_for_the_whole_family():
    differences = pd.DataFrame(
        {
            "clear": [2.0, 2.1, 2.2, 1.9],
            "alone": [1.0, 2.0, 3.0, 0.9],  # 0.039 alone, 0.052 as the third of four
            "harm": [-2.0, -2.1, -2.2, -1.9],
            "nothing": [1.0, -1.0, 1.0, -0.9],
        }
    ).T
    found = intervals.paired_tests(differences)
    words = {"clear": "helps", "alone": "may help", "harm": "harms", "nothing": "cannot tell"}
    assert found["verdict"].to_dict() == words
    assert found.loc["clear", ["gain", "helped"]].to_list() == pytest.approx([2.05, 4])
    assert found.loc["alone", ["low", "high"]].tolist() == pytest.approx(
        intervals.t_interval(differences.loc["alone"])
    )
    in_order = found["p"].sort_values()
    by_hand = in_order * 4 / np.arange(1, 5)  # and none may be smaller than one behind it
    by_hand = by_hand[::-1].cummin()
    assert found["corrected"].to_dict() == pytest.approx(by_hand.to_dict())
