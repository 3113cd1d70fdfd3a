"""The booth, for notebook 10: takes of one's own, to see, hear, say again and delete."""

import html
from pathlib import Path

from .audio import SAMPLE_RATE, ClipError, decode_clip
from .dataset import DIGIT_WORDS
from .diagnosis import diagnose
from .figures import draw_trimming, image
from .players import player
from .recorder import Recorder, button, sentence, wav_file
from .takes import MINE, TakeError, delete_take, load_takes, save_take, speaker_name

ENOUGH = 20  # takes: two of each digit
ROUND = 10


class Booth(Recorder):
    """Asks for one digit after the other, the one with fewest takes first, and stores them.

    Only a take that the diagnosis finds no fault with is kept by itself. What is there already of
    the name that is typed on the page counts.
    """

    def __init__(self, folder=MINE):
        super().__init__(None, seconds=2.0, upload=False)
        self.folder, self.name = Path(folder), ""
        self.waiting = None  # (digit, waveform, what the diagnosis says) of a take not kept yet
        self.again = None  # the path of the take that the next one replaces
        self.shown = None  # the path of the take that is shown
        self.note = ""

    def respond(self, message, contents):
        self.note = ""
        self.name = message["fields"].get("name", self.name)
        try:
            if message["kind"] == "take":
                self._hear(message, contents[0])
            elif message["kind"] == "press":
                self._press(*message["what"].partition(" ")[::2])
        except (ClipError, TakeError) as reason:
            self.note = sentence(reason)
        takes = load_takes(self.name, self.folder)
        digit = self._next(takes)
        return {"above": self._prompt(takes, digit), "below": self._below(takes), "ticket": digit}

    def _hear(self, message, samples):
        """Keep a take if it has no fault; else ask. It is of the digit that the page asked for."""
        self.waiting = None  # it was recorded again
        content = wav_file(samples, message["sample_rate"])
        waveform = decode_clip(content, "The take")
        faults = [finding.advice for finding in diagnose(content) if finding.advice]
        self.waiting = message["ticket"], waveform, " ".join(faults)
        if not faults:
            self._keep()

    def _keep(self):
        digit, waveform, _ = self.waiting
        self.shown = str(save_take(waveform, digit, self.name, self.folder))
        self.waiting = None
        if self.again:
            delete_take(self.again)
        self.again = None

    def _press(self, what, path):
        if what == "keep" and self.waiting:
            self._keep()
        if what == "drop":
            self.waiting = self.again = None
        if path not in [*load_takes(self.name, self.folder)["path"]]:
            return  # it is gone, or was never one of these
        if what == "delete":
            delete_take(path)
        if what == "again":
            self.again, self.waiting = path, None
        if what == "show":
            self.shown, self.waiting = path, None

    def _next(self, takes):
        """The digit to ask for. A take that is to be replaced may be gone by now."""
        if self.waiting:
            return self.waiting[0]
        replaced = takes[takes["path"] == self.again]
        if len(replaced):
            return int(replaced["digit"].iloc[0])
        self.again = None
        counts = takes["digit"].value_counts()
        return min(range(10), key=lambda digit: (counts.get(digit, 0), digit))

    def _prompt(self, takes, digit):
        count = len(takes)
        place = count if self.again else count + 1
        of = max(ENOUGH, -(-place // ROUND) * ROUND)
        enough = f"{count} takes are there: enough to teach a network. More make it better. "
        again = " once more" * bool(self.again)
        leave = button("Leave it as it is", "drop") * bool(self.again)
        return (
            '<div class="controls"><label>Your name: <input data-field="name" maxlength="60" '
            f'value="{html.escape(self.name)}"></label> Files are named '
            f"{digit}_{speaker_name(self.name)}_…</div>"
            f'<p class="prompt">Say{again}: <b>{DIGIT_WORDS[digit]}</b> (in English) {leave}</p>'
            f"<p>{enough * (count >= ENOUGH)}{place} of {of}</p>"
        )

    def _below(self, takes):
        if self.waiting:
            digit, waveform, faults = self.waiting
            why = sentence(f"Not kept yet: {faults}") if faults else sentence("Not kept yet.")
            choices = button("Keep it all the same", "keep") + button("Drop it", "drop")
            text = f'{why}<div class="controls">{choices} Or record it again.</div>'
            return self.note + text + _view(waveform, f"{DIGIT_WORDS[digit]}, not kept yet")
        shown = takes[takes["path"] == self.shown]
        view = ""
        if len(shown):
            name = Path(self.shown).name
            view = f"<p>Stored: {html.escape(name)}</p>"
            view += _view(
                shown["waveform"].iloc[0], f"{DIGIT_WORDS[shown['digit'].iloc[0]]}, {name}"
            )
        return self.note + view + self._list(takes)

    def _list(self, takes):
        rows = ""
        for digit, path in zip(takes["digit"], takes["path"], strict=True):
            choices = {"See and hear": "show", "Again": "again", "Delete": "delete"}
            buttons = "".join(button(label, f"{do} {path}") for label, do in choices.items())
            inside = html.escape(str(Path(path).relative_to(self.folder)))
            rows += f"<tr><td>{DIGIT_WORDS[digit]}</td><td>{inside}</td><td>{buttons}</td></tr>"
        count = f"{len(takes)} take{'s' * (len(takes) != 1)}"
        return f"<details open><summary>{count}</summary><table>{rows}</table></details>"


def _view(waveform, label):
    picture = image(draw_trimming(waveform), f"Waveform and spectrogram of {label}.")
    return f"<div>{player(label, waveform, SAMPLE_RATE)}</div>{picture}"
