"""Ways to refuse what is no digit: the answers here were counted by hand."""

import pandas as pd
import pytest

from spoken_digits.dataset import NONE
from spoken_digits.refusing import agreement, sureness, trade


def answers(digits, said, sure):
    """A table of people_answers(), where every other digit has a probability of 0."""
    table = pd.DataFrame(0.0, range(len(digits)), range(10))
    for row, (digit, probability) in enumerate(zip(said, sure, strict=True)):
        table.loc[row, digit] = probability
    return table.assign(name=[f"clip {row}" for row in table.index], digit=digits, said=said)


def test_a_network_is_as_sure_as_of_its_likeliest_digit():
    assert sureness(answers([1, 2], [1, 3], [0.9, 0.4])).tolist() == [0.9, 0.4]


def test_two_networks_are_as_sure_as_the_lower_and_not_at_all_where_they_disagree():
    first, second = answers([1, 2], [1, 2], [0.9, 0.8]), answers([1, 2], [1, 3], [0.6, 0.7])
    assert agreement(first, second)["sure"].tolist() == [0.6, 0]
    with pytest.raises(ValueError, match="different clips"):
        agreement(first, second.assign(name="another"))


def test_each_threshold_answers_errs_and_gives_away():
    table = answers([1, 2, 3, NONE, NONE], [1, 2, 4, 5, 6], [0.9, 0.5, 0.7, 0.6, 0.2])
    found = trade(table, sureness(table)).set_index("threshold")
    assert found.loc[0.2].tolist() == pytest.approx([1, 1 / 3, 1])
    assert found.loc[0.6].tolist() == pytest.approx([2 / 3, 1 / 2, 1 / 2])
    assert found.loc[0.9].tolist() == pytest.approx([1 / 3, 0, 0])


def test_a_threshold_that_only_sounds_reach_answers_nothing():
    table = answers([1, NONE], [1, 2], [0.3, 0.8])
    assert trade(table, sureness(table)).iloc[-1].tolist() == pytest.approx([0.8, 0, 0, 1])
