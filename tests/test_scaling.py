"""What a cluster costs, and the simulation: what it must give where the answer is known."""

from threading import Barrier

import numpy as np
import pandas as pd
import pytest
from dask.distributed import Client

from spoken_digits import grid, records, scaling
from spoken_digits.recipes import RECIPES

SECONDS = [3.0, 1.0, 2.0, 2.0]


def test_one_worker_without_faults_takes_the_sum():
    assert scaling.simulate(SECONDS, 1) == sum(SECONDS)
    costs = {"start": 10, "overhead": 0.5, "handing_out": 0.25}
    assert scaling.simulate(SECONDS, 1, **costs) == 10 + sum(SECONDS) + 4 * 0.75


def test_workers_share_the_runs_in_their_order():
    # The first has 3; the second 1, then 2; whoever is free at 3 has the last one.
    assert scaling.simulate(SECONDS, 2) == 5
    assert scaling.simulate(SECONDS, 4) == scaling.simulate(SECONDS, 1000) == max(SECONDS)


def test_without_costs_equal_runs_are_as_much_faster_as_there_are_workers():
    for workers in (1, 10, 100):
        took = scaling.simulate([2.0] * 1000, workers)
        assert 2000 / took == pytest.approx(scaling.amdahl(workers, 0))


def test_scheduler_and_client_do_one_thing_after_the_other():
    assert scaling.simulate([1.0] * 100, 100, handing_out=0.5) == pytest.approx(100 * 0.5 + 1)
    assert scaling.simulate([1.0] * 100, 100, writing=0.5) == pytest.approx(1 + 100 * 0.5)
    assert scaling.simulate([1.0] * 100, 1, writing=0.5) == pytest.approx(100 + 0.5)


def test_stragglers_are_slower():
    assert scaling.simulate(SECONDS, 1, stragglers=1, slowness=3) == 3 * sum(SECONDS)
    some = scaling.simulate([1.0] * 10_000, 100, stragglers=0.1, slowness=2)
    assert 100 < some < 200
    # 100 workers, n of them at half the pace: (100 - n) + n / 2 runs a second, and one at the end
    slow = (np.random.default_rng(0).random(100) < 0.1).sum()
    assert some == pytest.approx(10_000 / (100 - slow / 2), abs=2)


def test_what_a_death_loses_is_done_again():
    took = [scaling.simulate([1.0] * 200, 1, start=3, deaths=0.1, seed=seed) for seed in range(200)]
    # 200 / 0.9 attempts, so 22.2 deaths; each loses half a run and starts for 3 s.
    assert np.mean(took) == pytest.approx(3 + 200 + 200 / 9 * 3.5, rel=0.02)
    assert scaling.simulate([1.0] * 50, 5, deaths=0.2, seed=1) == scaling.simulate(
        [1.0] * 50, 5, deaths=0.2, seed=1
    )


def test_amdahl():
    assert scaling.amdahl(1, 0.3) == 1
    assert scaling.amdahl(10, 0) == 10
    assert scaling.amdahl(10, 1) == 1
    assert scaling.amdahl(8, 0.5) == pytest.approx(16 / 9)
    assert scaling.amdahl(1e9, 0.05) == pytest.approx(20)


def test_the_short_experiments_are_twelve_and_not_of_the_grid():
    assert len(set(scaling.SHORT)) == 12
    assert not set(scaling.SHORT) & set(grid.grid())
    assert {(each.network, each.variant) for each in scaling.SHORT} <= set(RECIPES)


def test_gaps_are_between_runs_of_one_worker():
    rows = [("a", 0, 2), ("b", 1, 4), ("a", 2.5, 5), ("b", 4.25, 6), ("a", 5.75, 7)]
    tasks = pd.DataFrame(rows, columns=["worker", "start", "end"]).sample(frac=1, random_state=0)
    assert sorted(scaling.gaps(tasks)) == [0.25, 0.5, 0.75]


def test_what_was_measured_is_what_is_simulated():
    rows = [
        ("local:2", "start_seconds", 8.0),
        ("local:2", "overhead_seconds", 0.5),
        ("scheduler, 10,000 empty tasks", "tasks_per_second", 500.0),
        ("client", "writing_seconds", 0.01),
    ]
    measured = pd.DataFrame(rows, columns=["setting", "measure", "value"])
    known = {"start": 8.0, "overhead": 0.5, "handing_out": 0.002, "writing": 0.01}
    assert scaling.assumptions(measured) == known
    seconds, faults = [20.0] * 400, {"stragglers": 0.05, "slowness": 3, "deaths": 0.01}
    table = scaling.simulate_all(measured, seconds, workers=(10,), seeds=range(3))
    values = table.set_index("measure")["value"]
    took = [scaling.simulate(seconds, 10, seed=seed, **known, **faults) for seed in range(3)]
    assert values["seconds"] == pytest.approx(np.mean(took))
    assert values["speedup"] == pytest.approx(8000 / np.mean(took))
    one_by_one = 400 * 0.012
    assert values["amdahl"] == pytest.approx((8000 + one_by_one) / (one_by_one + 8000 / 10))
    assert values["speedup"] < values["amdahl"]
    assert set(table["kind"]) == {"simulated"}


def test_the_plain_path_records_all_and_so_many_at_once(tmp_path, monkeypatch):
    """With one at once fewer than two meet, so the barrier would break."""
    meet, recorded = Barrier(2, timeout=30), []

    def record_apart(experiment, results):
        meet.wait()
        recorded.append((experiment.seed, results))

    monkeypatch.setattr(scaling, "record_apart", record_apart)
    assert scaling.run_plain(scaling.SHORT[:4], 2, tmp_path) > 0
    assert sorted(recorded) == [(seed, tmp_path) for seed in range(4)]


def test_throughput_and_writing_are_measured():
    with Client(n_workers=1, processes=False, dashboard_address="127.0.0.1:0") as client:
        assert 10 < scaling.measure_throughput(client, tasks=50) < 1e6
    before = (records.RESULTS / "runs.csv").read_bytes()
    assert 0 < scaling.measure_writing(rows=2) < 10
    assert (records.RESULTS / "runs.csv").read_bytes() == before


def test_the_table_holds_what_the_notebook_draws():
    table = pd.read_csv(scaling.TABLE)
    assert list(table) == ["kind", "setting", "measure", "value", "processor", "date"]
    assert set(table["kind"]) == {"measured", "simulated"}
    found = table.set_index(["setting", "measure"])["value"]
    assert found["local:1", "overhead_seconds"] < 1
    assert found["local:2", "overhead_seconds"] < 1
    for workers in scaling.WORKERS:
        assert 1 < found[f"{workers} workers", "speedup"] < found[f"{workers} workers", "amdahl"]
