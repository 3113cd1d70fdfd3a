"""Measuring the batches of files beside the path in memory, in small."""

import json

import numpy as np
import pandas as pd
import pytest

from spoken_digits import data_scaling
from spoken_digits.data_scaling import go_through, main, make_copies, measure, record
from spoken_digits.dataset import load_recordings


@pytest.fixture
def copies(tmp_path, synthetic, monkeypatch):
    """60 copies of 20 clips, of which one in 30 is damaged."""
    monkeypatch.setattr(data_scaling, "ONE_IN", 30)
    make_copies(tmp_path, 0, 45, synthetic[:20])
    make_copies(tmp_path, 45, 60, synthetic[:20])
    return tmp_path


def test_copies_are_changed_clips_and_some_are_damaged(copies, synthetic):
    assert len(list(copies.iterdir())) == 60
    with pytest.warns(UserWarning, match="^2 of 60 clips cannot be used"):
        clips = load_recordings(copies, skip_broken=True)
    assert len(clips) == 58
    assert set(clips["digit"]) == set(synthetic["digit"][:20])
    sounds = {waveform.tobytes() for waveform in clips["waveform"]}
    assert len(sounds) == 58
    assert sorted(set(clips["waveform"].str.len())) == sorted(
        set(synthetic["waveform"][:20].str.len())
    )


@pytest.mark.parametrize("way", data_scaling.WAYS)
def test_either_way_reads_all_but_the_damaged_ones(way, copies):
    found = go_through(way, copies)
    assert (found["clips"], found["damaged"]) == (58, 2)
    assert found["seconds"] > 0


def test_a_process_of_its_own_tells_its_memory(copies, capfd):
    found = measure("pipeline", copies)
    assert (found["clips"], found["damaged"]) == (58, 2)
    assert 100 < found["megabytes"] < 5000
    main(["--once", "memory", str(copies)])
    assert json.loads(capfd.readouterr().out)["clips"] == 58


def test_a_row_for_each_size_and_way_is_written(tmp_path, monkeypatch, synthetic):
    asked = iter(range(1, 9))

    def measured(way, folder):
        files = len(list(folder.iterdir()))
        return {"seconds": next(asked), "clips": files, "damaged": 0, "megabytes": 5.4}

    monkeypatch.setattr(data_scaling, "measure", measured)
    monkeypatch.setattr(data_scaling, "load_recordings", lambda corpus: synthetic[:20])
    record([10, 30], tmp_path / "pipeline.csv")
    table = pd.read_csv(tmp_path / "pipeline.csv")
    assert table["way"].tolist() == ["pipeline", "memory"] * 2
    assert table["files"].tolist() == [10, 10, 30, 30]
    assert table["seconds"].tolist() == [1, 2, 5, 6]  # the fastest of the rounds
    assert table["clips_a_second"].tolist() == [10, 5, 6, 5]
    assert {"tensorflow", "processor", "date", "cores"} <= set(table.columns)


# --- What is recorded ---


def test_the_pipeline_stays_flat_where_memory_grows():
    table = pd.read_csv(data_scaling.TABLE).pivot_table(
        index="files", columns="way", values=["damaged", "clips_a_second", "megabytes"]
    )
    assert table.index.tolist() == data_scaling.SIZES
    np.testing.assert_array_equal(table["damaged"]["pipeline"], table["damaged"]["memory"])
    assert (table["damaged"]["pipeline"] == table.index // data_scaling.ONE_IN).all()
    speeds, megabytes = table["clips_a_second"]["pipeline"], table["megabytes"]
    assert speeds.max() - speeds.min() <= 0.2 * speeds.max()
    assert np.ptp(megabytes["pipeline"]) <= 200
    assert np.ptp(megabytes["memory"]) > 1000
