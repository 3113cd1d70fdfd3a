"""A place for what librosa compiles: without one, numba raises instead of compiling anew."""

import atexit
import os
import shutil
import tempfile
from importlib.util import find_spec
from pathlib import Path


def give_numba_a_place():
    """Set NUMBA_CACHE_DIR to a private temporary folder, where numba would find no other place.

    Those are the folder of librosa itself and the home: a hub may lend both for reading alone.
    Source: numba's manual, "On-disk caching".
    """
    librosa = find_spec("librosa")  # None before the first set-up: `make check` asks then, too
    if librosa is None or "NUMBA_CACHE_DIR" in os.environ:
        return
    if not any(map(can_write, (Path(librosa.origin).parent, Path.home()))):
        folder = os.environ["NUMBA_CACHE_DIR"] = tempfile.mkdtemp(prefix="numba-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)


def can_write(folder):
    """Whether a file can be made in a folder: os.access() does not know of every mount."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
