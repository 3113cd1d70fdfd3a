"""Tables that show what they were given."""

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier

from spoken_digits import grid, recipes, records, report
from spoken_digits.augmentation import augment
from spoken_digits.features import mean_mfccs, no_features
from spoken_digits.recipe import Recipe
from spoken_digits.recognition import SHIPPED, SURE
from spoken_digits.runs import Experiment

ROOT = Path(__file__).parents[1]


def test_an_accuracy_as_text_has_its_interval():
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
    left_out = {"unseen speakers", "classic edition"}
    assert set(table.columns) - set(known.columns) == left_out


FAR_OFF = {"test_accuracy": 0.01, "train_accuracy": 0.02, "train_seconds": 9e3} | {
    "seconds_per_clip": 9.0,
    **dict.fromkeys(["train_clips", "test_clips", "parameters"], 9),
}
UNUSED = [("fsdd", "random"), ("fsdd", "speaker_refit"), ("classic", "official")]
UNUSED += [("classic", "speaker"), ("synthetic", "official"), ("synthetic", "speaker")]


def test_each_network_is_told_from_its_own_rows():
    """Networks differ in every figure; what a column does not need lies far off."""
    rows, expected = [], {}
    for place, (network, variant) in enumerate(report.ROWS):
        base = 0.6 + place / 100
        counts = {
            "parameters": 1500 + place,
            "train_clips": 2000 + place,
            "test_clips": 300 + place,
        }
        parts = [(corpus, split, "c", {}) for corpus, split in UNUSED]
        for share, seconds in [(0, 20), (0.01, 90), (0.11, 10)]:
            figures = {"test_accuracy": base + share, "train_accuracy": base + 0.1 + share}
            figures |= {"train_seconds": seconds + place, "seconds_per_clip": seconds / 1e3}
            classic = {"test_accuracy": base - share, "test_clips": 150 + place}
            parts += [
                ("fsdd", "official", "", figures | counts),
                ("classic", "random", "", classic),
            ]
        for speaker, share in [("a", 0.02), ("a", 0.06), ("b", 0.06)]:
            parts += [("fsdd", "speaker", speaker, {"test_accuracy": base - share})]
        for corpus, split, held_out, figures in parts:
            names = {"network": network, "variant": variant, "corpus": corpus, "split": split}
            rows.append(names | {"held_out": held_out} | FAR_OFF | figures)
        unseen, half = 100 * base - 5, 12.706  # speakers' means 4 and 6 points below; t for n = 2
        expected[f"{network}, {variant}"] = {
            "weights": f"1,{500 + place}",
            "training accuracy": report.accuracy_text(base + 0.14, 2000 + place),
            "test accuracy": report.accuracy_text(base + 0.04, 300 + place),
            "gap (points)": "10.0",
            "seeds": f"{100 * base:.1f} to {100 * base + 11:.1f} %",
            "unseen speakers": f"{unseen:.1f} % ({unseen - half:.0f} to {unseen + half:.0f})",
            "classic edition": report.accuracy_text(base - 0.04, 150 + place),
            "published": "",
            "training (s)": f"{20 + place}",  # the middle one of three
            "one clip (ms)": "20.0",
        }
    expected["sample_cnn, original"]["published"] = "60 %"
    expected["spectrogram_cnn, original"]["published"] = "70 %"
    table = report.results_table(pd.DataFrame(rows).sample(frac=1, random_state=0))
    assert table.index.name == "network"
    assert table.T.to_dict() == expected
    assert list(table.index) == list(expected)
    assert list(table.columns) == list(expected["gru, improved"])


def test_a_mean_of_speakers_never_claims_more_than_all():
    runs = pd.DataFrame({"held_out": [*"abc"], "test_accuracy": [1.0, 0.9, 1.0]})
    assert report.unseen_text(runs) == "96.7 % (82 to 100)"


def test_a_person_counts_once_however_many_clips_and_seeds(tmp_path):
    names = [f"{word}_nohash_0.wav" for word in ("one/a", "two/a", "one/b", "one/c", "tree/c")]
    facts = {"name": names, "part": "test", "seconds": 0.4, "pitch_hz": 120, "marks": ""}
    pd.DataFrame(facts).to_csv(tmp_path / "people.csv", index=False)
    runs = pd.DataFrame([Experiment("n", "v", "people", "people", "", seed) for seed in (0, 1)])
    for seed, said in enumerate([[1, 2, 1, 3, 1], [1, 5, 1, 1, 1]]):
        kept = {"asked_clips": np.array(names), "asked_probabilities": np.eye(11)[said]}
        experiment = Experiment(*runs.iloc[seed])
        records.keep(experiment, kept | {"asked_energies": np.zeros(5)}, tmp_path)
    # a: 1 and 1/2, b: 1, c: 1/2; means 3/4, 1, 1/2: mean 75, standard error 14.43, times 4.303
    assert report.people_text(runs, tmp_path) == "75.0 % (12.9 to 100.0)"
    assert report.people_text(runs[:0], tmp_path) == ""


def test_all_recipes_are_told_with_the_settings_that_are_used():
    text = report.recipes_text()
    for group, table in recipes.GROUPS.items():
        assert group in text
        for network, variant in table:
            assert f"\n{network}, {variant} " in text
    assert "500" in text
    last = text.split("notebook 09")[1].split("notebook 11")[0]
    assert "learning_rate" in last
    assert "shift" not in last  # nobody there shifts


def test_a_group_shows_the_settings_that_somebody_changed_and_no_other():
    plain = Recipe(DummyClassifier, no_features)
    other = replace(plain, features=mean_mfccs, augmentation=augment, copies=3)
    table = report.group_table({("a", "plain"): plain, ("b", "other"): other})
    assert list(table.columns) == ["network", "features", "augmentation", "copies"]
    assert table.T.to_dict("list") == {
        "a, plain": ["DummyClassifier", "no_features", "-", "0"],
        "b, other": ["DummyClassifier", "mean_mfccs", "augment", "3"],
    }


def test_every_setting_of_every_recipe_is_printed():
    parts = report.recipes_text().split("\n\n")
    assert parts[::2] == list(recipes.GROUPS)
    for table, group in zip(parts[1::2], recipes.GROUPS.values(), strict=True):
        columns, *lines = table.splitlines()
        used = {
            field.name
            for field in fields(Recipe)
            if any(getattr(recipe, field.name) != field.default for recipe in group.values())
        }
        assert set(columns.split()) == used
        for line, ((network, variant), recipe) in zip(lines, group.items(), strict=True):
            texts = [report.setting_text(getattr(recipe, name)) for name in columns.split()]
            assert line.split() == [f"{network},", variant, *texts]


def test_a_setting_is_told_in_short():
    assert report.setting_text(None) == "-"
    assert report.setting_text(0.1) == "0.1"
    assert report.setting_text(report.setting_text) == "setting_text"
    layers = {"pool_size": [(2, 2), 6], "strides": [1, 2]}
    assert report.setting_text(layers) == "pool_size=(2,2),6;strides=1,2"


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


def test_all_results_are_shown_as_recorded():
    table = report.markdown(report.results_table(grid.grid_runs()))
    assert table in (ROOT / "docs" / "results.md").read_text(encoding="utf-8")


def test_the_readme_shows_seven_of_them_in_brief():
    whole = report.results_table(grid.grid_runs())
    brief = report.brief_table(whole)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert report.markdown(brief) in readme
    assert len(brief) <= 7
    assert len(readme.splitlines()) < 150
    assert list(brief.iloc[3]) == list(
        whole.loc["sample_cnn, improved", ["test accuracy", "unseen speakers", "people"]]
    )
    assert brief.iloc[4]["people"] == "–"
    # "known voices flatter every network that learned from them": all but the last row
    percent = brief.iloc[:-1].map(lambda text: float(text.split()[0]) if text != "–" else 0)
    others = percent[["a voice never heard", "people"]].max(axis=1)
    assert (percent["known voices"] > others).all()


@pytest.mark.parametrize("network", list(SHIPPED))
def test_the_card_of_a_shipped_network_shows_the_recorded_results(network):
    card = (ROOT / "models" / "README.md").read_text(encoding="utf-8")
    row = next(line for line in card.splitlines() if f"`{network}.keras`" in line)
    recorded = report.results_table(grid.grid_runs()).loc[f"{network}, open_set"]
    for column in ("weights", "test accuracy", "unseen speakers", "people"):
        assert f"| {recorded[column]} |" in row
    assert f"each gives that digit at least {SURE}." in card


def test_the_readme_opens_with_the_recorded_figures():
    opening = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Start")[0]
    recorded = report.results_table(grid.grid_runs())
    assert f"right in {recorded.loc['spectrogram_cnn, open_set', 'people']} of their" in opening
    for column in ("people", "test accuracy"):
        plain = [
            recorded.loc[f"{net}, improved", column] for net in ("spectrogram_cnn", "sample_cnn")
        ]
        first, second = (text.partition(" (")[0] for text in plain)
        assert f" {first} and {second}" in opening
