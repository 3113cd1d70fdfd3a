"""The browser's microphone, as a Jupyter widget: what it records is answered below its button.

The sound goes from the browser to the kernel, and nowhere else; no network is needed. Sound and
answers travel as messages and never become the widget's state, which JupyterLab may save with the
notebook.
"""

import html
import io
import threading
import traceback
from pathlib import Path

import anywidget
import numpy as np
import soundfile
import traitlets

from .audio import ClipError, read_file

STYLE = Path(__file__).with_name("recorder.css")


class Recorder(anywidget.AnyWidget):
    """A Record button with a countdown and a level meter, an Upload button, and an answer below.

    `answer(content, name)` is called once for each press, with the bytes of a WAV file, and for
    each file that is uploaded. It returns an IPython HTML object, which takes the place of the last
    answer. `examples`, name -> path, are clips that a button brings. A recording ends by itself
    after `seconds`.

    An error of `answer` ends on the page: a ClipError as its sentence.
    """

    _esm = Path(__file__).with_name("recorder.js")
    _css = STYLE
    seconds = traitlets.Float(3.0, min=0.2, max=20).tag(sync=True)  # 10 MB is all that arrives
    upload = traitlets.Bool(True).tag(sync=True)

    def __init__(self, answer, examples=None, seconds=3.0, upload=True):
        super().__init__(seconds=seconds, upload=upload)
        self._answer, self._examples = answer, examples or {}
        self._last = ""  # what stands below the button
        self._one_by_one = threading.Lock()  # JupyterLab may ask in a thread of its own
        self.on_msg(self._handle)

    def respond(self, message, contents):
        """The parts of the page that a message of the browser changes: "above" or "below", HTML."""
        kind = message["kind"]
        if kind == "hello":
            return {"above": self._example_buttons(), "below": self._last}
        if kind == "press":
            path = self._examples[message["what"]]
            return self._answer_all([(read_file(path), Path(path).name)])
        if kind == "take":
            content = wav_file(contents[0], message["sample_rate"])
            return self._answer_all([(content, "Your recording")])
        return self._answer_all(zip(map(bytes, contents), message["names"], strict=True))

    def _answer_all(self, recordings):
        self._last = "".join(told(self._answer, *recording) for recording in recordings)
        return {"below": self._last}

    def _example_buttons(self):
        buttons = (button(name, name) for name in self._examples)
        return f'<div class="controls">No microphone? {"".join(buttons)}</div>' * bool(
            self._examples
        )

    def _handle(self, _, message, contents):
        with self._one_by_one:
            page = {}
            try:
                page = self.respond(message, contents)
            except Exception as error:  # whatever it is, it belongs on the page
                page = {"below": apology(error)}
            finally:  # also when the kernel is interrupted: the page waits for it
                self.send({"page": page, "to": message.get("from")})

    def __repr__(self):
        """What stands in a notebook where no button can be drawn."""
        above = " and those above it" * (getattr(self._answer, "__module__", "") == "__main__")
        return f"Run this cell{above} to see the Record button."


def told(answer, content, name):
    """The HTML of answer(content, name); of an error, what happened."""
    try:
        return answer(content, name).data
    except ClipError as reason:
        return sentence(reason)
    except Exception as error:  # the next recording may do better
        return apology(error)


def wav_file(samples, sample_rate):
    """The bytes of a WAV file, 16 bit, of 32-bit float samples as the browser has them."""
    file = io.BytesIO()
    waveform = np.frombuffer(samples, dtype="<f4")
    soundfile.write(file, waveform, sample_rate, format="WAV", subtype="PCM_16")
    return file.getvalue()


def sentence(text):
    """A sentence to the reader, as HTML."""
    return f'<p class="told" role="alert">{html.escape(str(text))}</p>'


def apology(error):
    """An error that nobody foresaw, as HTML, with what Python says of it."""
    trace = html.escape("".join(traceback.format_exception(error)))
    text = sentence(f"The answer failed. {type(error).__name__}: {error}")
    return f"{text}<details><summary>What Python says</summary><pre>{trace}</pre></details>"


def button(label, what):
    """A button, as HTML. Pressed, it sends the message "press" with `what`."""
    label, what = html.escape(label), html.escape(what)
    return f'<button type="button" class="jupyter-button" data-press="{what}">{label}</button>'
