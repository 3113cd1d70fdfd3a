"""Answers to the exercises of notebook 11, right and wrong."""

import numpy as np

from exercise_case import Case
from spoken_digits.grid import grid_runs

SECONDS = grid_runs()["train_seconds"]
MOST = SECONDS.sum() / SECONDS.max()


def amdahl(serial, workers):
    return 1 / (serial + (1 - serial) / workers)


def fit(features, gigabytes):
    return int(gigabytes * 1e9 // (features.nbytes / len(features)))


CASES = {
    "11-1": Case(
        right=[MOST, int(MOST), np.float64(MOST)],
        wrong=[
            (len(SECONDS), "idle for most of the time"),
            (1 / MOST, "the other way round"),
            (2, "by the longest run"),
        ],
    ),
    "11-2": Case(
        right=[amdahl, lambda serial, workers: workers / (serial * workers + 1 - serial)],
        wrong=[
            (lambda serial, workers: serial + (1 - serial) / workers, "the time that is left"),
            (lambda serial, workers: 1 / (serial / workers + 1 - serial), "exchanged"),
            (lambda serial, workers: workers, "if nothing were serial"),
            (lambda serial, workers: serial + (1 - serial) * workers, "Gustafson"),
            (lambda serial, workers: 7, "not what I get"),
            (lambda serial, workers: "fast", "a single number"),
        ],
        stub=lambda serial, workers: None,
    ),
    "11-3": Case(
        right=[fit, lambda features, gigabytes: float(fit(features, gigabytes))],
        wrong=[
            (lambda features, gigabytes: gigabytes * 1e9 / features[0].nbytes, "round down"),
            (lambda features, gigabytes: gigabytes * 2**30 // features[0].nbytes, "gibibyte"),
            (lambda features, gigabytes: gigabytes * 1e9 // features.nbytes, "How large is one"),
            (lambda features, gigabytes: gigabytes * 1e9 // features[0].size, "itemsize"),
            (lambda features, gigabytes: 3, "not what I get"),
        ],
        stub=lambda features, gigabytes: None,
    ),
    "11-4": Case(
        right=[
            {"serial": 0.2, "hundred": amdahl(0.2, 100)},
            {"serial": np.float64(0.2), "hundred": 4.8},
        ],
        wrong=[
            ({"serial": 0.6, "hundred": 1.6}, "left with two workers"),
            ({"serial": 0.8, "hundred": 1.2}, "The serial one is the rest"),
            ({"serial": 0.5, "hundred": 2}, "solve two / one"),
            ({"serial": 0.2, "hundred": 5}, "no end of workers"),
            ({"serial": 0.2, "hundred": 80}, "by Amdahl's law"),
            ({"serial": 0.2}, "the keys"),
        ],
        facts=lambda: (10.0, 6.0),
    ),
}
