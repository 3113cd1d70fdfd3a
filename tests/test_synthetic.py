"""The synthetic corpus: the dataset's format, 30 different voices, and what its script makes."""

import importlib.util
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "recordings" / "synthetic").glob("*.wav"))
SCRIPT = ROOT / "recordings" / "make_synthetic.py"
SPEC = importlib.util.spec_from_file_location("make_synthetic", SCRIPT)
make_synthetic = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(make_synthetic)


def test_thirty_voices_say_ten_digits_ten_times(synthetic):
    names = {row[0] for row in make_synthetic.VOICES}
    assert set(synthetic["speaker"]) == names
    assert len(names) == 30
    assert [row[2] for row in make_synthetic.VOICES].count("f") == 15
    assert (synthetic.groupby(["digit", "speaker"]).size() == 10).all()
    assert len(synthetic) == 3000


def test_format():
    for path in FILES:
        info = soundfile.info(path)
        found = (info.format, info.subtype, info.samplerate, info.channels)
        assert found == ("WAV", "PCM_16", 8000, 1), path.name


def test_no_clip_is_clipped_silent_or_untrimmed():
    for path in FILES:
        samples, _ = soundfile.read(path)
        peak, loudness = np.abs(samples).max(), samples.std()
        assert 0.01 < peak < 0.8, path.name
        assert loudness > 0.002, path.name
        ends = samples[:160].std(), samples[-160:].std()  # 20 ms
        assert min(ends) > loudness / 100, path.name
        assert 0.15 <= samples.size / 8000 <= 1.2, path.name


def test_no_clip_is_there_twice():
    contents = {path.read_bytes() for path in FILES}
    assert len(contents) == 3000


def test_the_script_makes_these_very_files(tmp_path):
    if not shutil.which("espeak-ng"):
        pytest.skip("espeak-ng is not installed")
    version = subprocess.check_output(["espeak-ng", "--version"], text=True)
    if ": 1.51 " not in version:
        pytest.skip(f"the files were made with eSpeak NG 1.51, not {version.split()[3]}")
    for number, voice in enumerate(make_synthetic.VOICES):
        digit = take = number % 10
        made = make_synthetic.make_clip(digit, voice, take)
        path = ROOT / "recordings" / "synthetic" / f"{digit}_{voice[0]}_{take}.wav"
        committed, _ = soundfile.read(path, dtype="int16")
        assert made.size == committed.size, path.name
        step = np.abs(made.astype(int) - committed).max()
        assert step <= 1, path.name  # another processor may round otherwise
