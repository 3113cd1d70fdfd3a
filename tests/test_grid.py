"""Which experiments are recorded, and that they are."""

import numpy as np

from spoken_digits import grid, records
from spoken_digits.recipes import RECIPES
from spoken_digits.runs import Experiment


def test_the_whole_grid_is_recorded():
    assert set(grid.grid()) <= records.recorded()


def test_names_tell_experiments_apart():
    names = [experiment.name for experiment in grid.grid()]
    assert len(set(names)) == len(names)


def test_each_experiment_has_a_recipe():
    assert {(each.network, each.variant) for each in grid.grid()} <= set(RECIPES)


def test_a_speaker_is_held_out_where_the_split_is_by_speaker():
    for experiment in grid.grid():
        assert (experiment.held_out != "") == experiment.split.startswith("speaker")


def test_other_seeds_in_place_of_the_recorded():
    assert {experiment.seed for experiment in grid.grid([7, 8])} == {7, 8}


def test_rows_that_somebody_added_stay_out(tmp_path, monkeypatch):
    def run_experiment(experiment):
        return {**experiment._asdict(), "test_accuracy": 0.5}, {"probabilities": np.zeros((1, 10))}

    monkeypatch.setattr(records, "run_experiment", run_experiment)
    planned = Experiment("majority", "baseline", "fsdd", "official", "", 0)
    for experiment in (planned, planned._replace(seed=77), planned._replace(corpus="synthetic")):
        records.record(experiment, tmp_path)
    assert len(records.load_runs(tmp_path)) == 3
    assert grid.grid_runs(tmp_path)["seed"].tolist() == [0]
