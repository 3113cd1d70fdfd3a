"""Record with the browser's microphone, as a Jupyter widget, and store takes. For notebook 09.

The sound goes from the browser to the kernel, and nowhere else; no network is needed.
"""

import io
import re
import unicodedata
from pathlib import Path

import anywidget
import numpy as np
import soundfile
import traitlets

from .audio import SAMPLE_RATE, ClipError
from .dataset import SPEAKERS
from .fetching import RECORDINGS

MINE = RECORDINGS / "mine"
STYLE = """
.recorder { display: flex; align-items: center; gap: 8px; flex-wrap: wrap; }
.recorder meter { width: 160px; }
.recorder button { width: 110px; }
"""


class Recorder(anywidget.AnyWidget):
    """A Record button with a level meter. A recording ends by itself after `seconds`.

    After a recording, `wav` holds it as the bytes of a WAV file; before the first it is empty.
    Observe `takes`, which counts recordings: one that equals the last (two of a muted microphone
    do) changes nothing else.
    Where the browser gives no sound, `problem` says why in a sentence, as the page does.
    """

    _esm = Path(__file__).with_name("recorder.js")
    _css = STYLE
    seconds = traitlets.Float(3.0, min=0.2, max=20).tag(sync=True)  # 10 MB is all that arrives
    samples = traitlets.CBytes(b"").tag(sync=True, echo_update=False)  # float32, one channel
    sample_rate = traitlets.Int(0).tag(sync=True)
    takes = traitlets.Int(0).tag(sync=True)
    problem = traitlets.Unicode("").tag(sync=True)

    @property
    def wav(self):
        """The recording as the bytes of a WAV file: 16 bit, at the microphone's sample rate."""
        if not self.samples:
            return b""
        file = io.BytesIO()
        waveform = np.frombuffer(self.samples, dtype="<f4")
        soundfile.write(file, waveform, self.sample_rate, format="WAV", subtype="PCM_16")
        return file.getvalue()

    def __repr__(self):
        """What stands in a notebook where no button can be drawn."""
        return "Run this cell to see the Record button."


def save_take(waveform, digit, name, folder=MINE):
    """Write a waveform as `{digit}_{name}_{take}.wav`, 16 bit at 8 kHz. Returns its path.

    Takes are numbered on, and a file that is there is never overwritten, also when two kernels
    save at once. Raises ValueError for what is no digit, and ClipError for no sound.
    """
    if str(digit) not in [*"0123456789"]:
        raise ValueError(f"{digit!r} is not a digit from 0 to 9.")
    waveform = np.asarray(waveform, dtype=np.float32)
    if waveform.ndim != 1 or not waveform.size or not np.isfinite(waveform).all():
        raise ClipError("There is no sound to save: record it again.")
    file = io.BytesIO()
    soundfile.write(file, waveform.clip(-1, 1), SAMPLE_RATE, format="WAV")
    folder, speaker = Path(folder), speaker_name(name)
    folder.mkdir(parents=True, exist_ok=True)
    take = 0
    while True:
        path = folder / f"{digit}_{speaker}_{take}.wav"
        try:
            with path.open("xb") as new:  # x: never over a file that is there
                new.write(file.getvalue())
            return path
        except FileExistsError:
            take += 1


def speaker_name(name):
    """A name as it can stand in a file name anywhere: small letters a to z, and digits.

    Accents are dropped: Zoë becomes zoe. Where nothing is left, "me" stands in. A reader called
    Theo becomes mytheo, not one with the theo of the dataset.
    """
    plain = unicodedata.normalize("NFKD", str(name)).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"[^a-z0-9]", "", plain)[:30] or "me"
    return f"my{plain}" if plain in SPEAKERS else plain
