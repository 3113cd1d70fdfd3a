"""How fast clips come from their files, and in how much memory, when there are more and more.

`python -m spoken_digits.data_scaling` measures and writes results/pipeline.csv: the batches of
pipeline.py beside load_recordings(), each in a process of its own.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import soundfile
from tqdm import tqdm

from .audio import SAMPLE_RATE, within_full_scale
from .dataset import load_recordings
from .features import spectrogram_input
from .folders import CLIP_NAME
from .pipeline import batches
from .records import RESULTS
from .runs import circumstances

TABLE = RESULTS / "pipeline.csv"
SIZES = [3_000, 30_000, 105_000]  # the clips of FSDD, ten times as many, those of Speech Commands
WAYS = ["pipeline", "memory"]
ROUNDS = 2  # of each measurement; the fastest counts
ONE_IN = 1000  # so many clips, one is damaged
POLL = 0.02  # s between two looks at the memory


def make_copies(folder, first, end, clips):
    """Write clips number `first` to `end` (not included): changed copies of the given ones.

    Each is a clip of FSDD at another loudness, moved by up to 0.05 s, in a little noise. The clips
    in the middle of each ONE_IN are damaged: cut off in the header, or filled with zeros.
    """
    for number in tqdm(range(first, end), desc="copies", mininterval=5):
        clip, copy = clips.iloc[number % len(clips)], number // len(clips)
        random = np.random.default_rng(number)
        moved = np.roll(clip["waveform"], random.integers(-400, 401))
        noise = random.normal(0, 0.001, moved.size)
        path = folder / f"{clip['digit']}_{clip['speaker']}_{clip['take'] + 50 * copy}.wav"
        changed = within_full_scale(random.uniform(0.3, 1) * moved + noise)
        soundfile.write(path, changed, SAMPLE_RATE, "PCM_16")
        if number % ONE_IN == ONE_IN // 2:
            content = path.read_bytes()
            is_even = number // ONE_IN % 2 == 0
            path.write_bytes(content[:30] if is_even else content[:44] + bytes(len(content) - 44))


def go_through(way, folder):
    """Read the clips of a folder once, all the way to features. Returns facts, a dict.

    `seconds` without the start of Python and TensorFlow, `clips` read, `damaged` passed over.
    """
    paths = sorted(folder.glob("*.wav"))
    digits = [int(CLIP_NAME.fullmatch(path.name)["digit"]) for path in paths]
    read, broken = 0, {}
    for _ in batches(paths[:100], digits[:100], {}):  # TensorFlow and librosa are imported
        pass
    start = time.perf_counter()
    if way == "pipeline":
        for _, labels in batches(paths, digits, broken, seed=0):
            read += len(labels)
    else:
        with warnings.catch_warnings(action="ignore"):  # of the damaged ones, counted below
            clips = load_recordings(folder, skip_broken=True)
        read = len(spectrogram_input(clips["waveform"], sample_rate=SAMPLE_RATE))
    seconds = time.perf_counter() - start
    damaged = len(broken) if way == "pipeline" else len(paths) - read
    return {"seconds": seconds, "clips": read, "damaged": damaged}


def measure(way, folder):
    """go_through() in a process of its own, with the `megabytes` that this has at its peak."""
    command = [sys.executable, "-m", "spoken_digits.data_scaling", "--once", way, str(folder)]
    with tempfile.TemporaryFile("w+") as told:
        process, peak = psutil.Popen(command, stdout=told), 0
        while process.poll() is None:
            peak = max(peak, process.memory_info().rss)
            time.sleep(POLL)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)
        told.seek(0)
        return {**json.loads(told.read()), "megabytes": peak / 1e6}


def row_of(way, files, facts):
    """A row of the table."""
    return {
        "way": way,
        "files": files,
        "damaged": facts["damaged"],
        "seconds": round(facts["seconds"], 2),
        "clips_a_second": round(facts["clips"] / facts["seconds"]),
        "megabytes": round(facts["megabytes"]),
        "cores": psutil.cpu_count(),
        **circumstances(),
    }


def record(sizes=SIZES, table=TABLE):
    """Measure both ways at each number of files, smallest first, and write the table anew."""
    clips, rows = load_recordings("fsdd"), []
    with tempfile.TemporaryDirectory() as name:
        folder, there = Path(name), 0
        for size in sizes:
            make_copies(folder, there, size, clips)
            there = size
            tries = [(way, measure(way, folder)) for _ in range(ROUNDS) for way in WAYS]
            for way in WAYS:
                facts = [found for tried, found in tries if tried == way]
                rows.append(row_of(way, size, min(facts, key=lambda each: each["seconds"])))
                print(rows[-1], flush=True)
    pd.DataFrame(rows).to_csv(table, index=False, lineterminator="\n")


def load_growth(table=TABLE):
    """What record() has measured, a DataFrame, a row for each way and number of files."""
    return pd.read_csv(table)


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="python -m spoken_digits.data_scaling",
        description="Measure how fast clips come from their files, and in how much memory.",
        epilog="Do nothing else on the machine meanwhile. Two GB of disk are needed, and 8 GB of "
        "memory for 105,000 clips in memory.",
    )
    parser.add_argument("--once", nargs=2, metavar=("WAY", "FOLDER"), help="what one process does")
    options = parser.parse_args(arguments)
    if options.once:
        way, folder = options.once
        print(json.dumps(go_through(way, Path(folder))))
        return
    record()


if __name__ == "__main__":
    main()
