"""Intervals worked out by hand, and tables that show what they were given."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from spoken_digits import grid, recipes, report
from spoken_digits.recognition import SHIPPED

ROOT = Path(__file__).parents[1]


def test_wilson_interval():
    low, high = report.wilson_interval(0.9, 100)  # worked out by hand from Wilson's formula
    assert (low, high) == pytest.approx((0.8256, 0.9448), abs=1e-4)


def test_t_interval():
    # mean 2, standard error 1 / sqrt(3), and 4.3027 of them for three values
    assert report.t_interval([1, 2, 3]) == pytest.approx((2 - 2.4841, 2 + 2.4841), abs=1e-4)


def test_an_accuracy_comes_with_its_interval():
    labels, predictions = np.arange(100) % 10, np.arange(100) % 10
    predictions[:10] = (labels[:10] + 1) % 10
    found = report.accuracy_with_interval(predictions, labels)
    expected = {"accuracy": 0.9, "from": 0.8256, "to": 0.9448}
    assert found == pytest.approx(expected, abs=1e-4)
    assert report.accuracy_text(0.9, 100) == "90.0 % (82.6 to 94.5)"


def test_one_seed_is_no_range():
    assert report.range_text(pd.Series([0.987])) == "one seed"
    assert report.range_text(pd.Series([0.987, 0.95, 1])) == "95.0 to 100.0 %"


def test_the_table_is_made_from_the_rows_of_its_network_and_corpus():
    common = {"parameters": 1234, "train_accuracy": 1.0, "train_clips": 2400, "test_clips": 300}
    common |= {"train_seconds": 80.4, "seconds_per_clip": 0.0021}
    parts = [("fsdd", "official", "", 0.98), ("fsdd", "official", "", 1.0)]
    parts += [("classic", "random", "", 0.5), ("fsdd", "speaker", "c", 0.9)]
    parts += [("fsdd", "speaker", speaker, 0.8) for speaker in "aabbc"]
    columns = ["network", "variant", "corpus", "split", "held_out", "test_accuracy"]
    rows = [(*row, *part) for row in report.ROWS for part in parts]
    runs = pd.DataFrame(rows, columns=columns).assign(**common)
    table = report.results_table(runs)
    assert table.loc["sample_cnn, original"].to_dict() == {
        "weights": "1,234",
        "training accuracy": "100.0 % (99.8 to 100.0)",
        "test accuracy": "99.0 % (97.1 to 99.7)",
        "gap (points)": "1.0",
        "seeds": "98.0 to 100.0 %",
        # Speakers' means 80, 80, 85: mean 81.67, standard error 1.667, times 4.303 for n = 3.
        "unseen speakers": "81.7 % (74 to 89)",
        "classic edition": "50.0 % (44.4 to 55.6)",
        "published": "60 %",
        "training (s)": "80",
        "one clip (ms)": "2.1",
    }
    close = report.results_table(runs.assign(train_accuracy=0.9899))  # 0.01 points below
    assert (close["gap (points)"] == "0.0").all()
    known = report.results_table(runs[runs["split"] == "official"])
    assert (known[["unseen speakers", "classic edition"]] == "").all(axis=None)


def test_a_mean_of_speakers_never_claims_more_than_all():
    runs = pd.DataFrame({"held_out": [*"abc"], "test_accuracy": [1.0, 0.9, 1.0]})
    assert report.unseen_text(runs) == "96.7 % (82 to 100)"


def test_all_recipes_are_told_with_the_settings_that_are_used():
    text = report.recipes_text()
    for group, table in recipes.GROUPS.items():
        assert group in text
        for network, variant in table:
            assert f"\n{network}, {variant} " in text
    assert "500" in text
    last = text.split("notebook 08")[1]
    assert "learning_rate" in last
    assert "shift" not in last  # nobody there shifts


def test_a_setting_is_told_in_short():
    assert report.setting_text(None) == "-"
    assert report.setting_text(0.1) == "0.1"
    assert report.setting_text(report.setting_text) == "setting_text"


def test_times_are_told_in_their_units():
    row = {"network": "majority", "variant": "baseline", "corpus": "fsdd", "split": "official"}
    row |= {"parameters": 1, "train_accuracy": 1.0, "train_clips": 10, "test_accuracy": 1.0}
    row |= {"test_clips": 10, "seconds_per_clip": 0.2}
    told = {}
    for seconds in (0.9, 1, 1.6):
        rows = [
            row | {"network": network, "variant": variant, "train_seconds": seconds}
            for network, variant in report.ROWS
        ]
        table = report.results_table(pd.DataFrame(rows))
        told[seconds] = table["training (s)"].iloc[0]
        assert table["one clip (ms)"].iloc[0] == "200.0"
    assert told == {0.9: "under 1", 1: "1", 1.6: "2"}


def test_a_table_becomes_markdown():
    table = pd.DataFrame({"a": ["1"], "b": ["2"]}, ["x"]).rename_axis("name")
    assert report.markdown(table) == "| name | a | b |\n| --- | --- | --- |\n| x | 1 | 2 |"


def test_the_readme_shows_the_recorded_results():
    table = report.markdown(report.results_table(grid.grid_runs()))
    assert table in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("network", list(SHIPPED))
def test_the_card_of_a_shipped_network_shows_the_recorded_results(network):
    card = (ROOT / "models" / "README.md").read_text(encoding="utf-8")
    row = next(line for line in card.splitlines() if f"`{network}.keras`" in line)
    recorded = report.results_table(grid.grid_runs()).loc[f"{network}, general"]
    for column in ("weights", "test accuracy", "unseen speakers"):
        assert f"| {recorded[column]} |" in row
