"""One recording on the page: the verdict first, then what to do, and all there is to see and hear.

For notebook 10.
"""

import html
from pathlib import Path

import pandas as pd
from IPython.display import HTML

from .audio import SAMPLE_RATE, ClipError, to_waveform
from .detection import trim
from .diagnosis import describe, diagnose
from .figures import LONGEST, draw_trimming, image
from .given import as_sound, name_of
from .players import player
from .recognition import SHIPPED, Answer, answer, recognise

# What the diagnosis says of the word itself. Where it finds fault with that, no digit is named.
HEEDED = ("words", "clipping", "ends", "length")
NAMES = {"spectrogram_cnn": "spectrogram CNN", "sample_cnn": "sampleCNN"}
NO_DIGIT = "none of them"


def conclude(findings, said):
    """The Answer that answer() gave, or one without a digit where the diagnosis speaks against it.

    `findings` is what diagnose() gave of the same recording.
    """
    faults = [f for f in findings if f.check in HEEDED and f.advice]
    counted = [f for f in faults if f.check == "words" and not f.found.startswith("One word")]
    if not faults or counted:  # answer() counts words itself
        return said
    fault = faults[0].advice.partition(":")[0]
    return Answer(None, f"not sure: {fault[0].lower()}{fault[1:]}")


def examine(clip, name="The recording"):
    """All about one recording, an IPython HTML object: the verdict, both networks' probabilities,
    advice, the picture, players at the rate of the file and at 8 kHz, the findings.

    `clip` as for recognise(), but one. What cannot be used is one sentence.
    """
    name = Path(name_of(clip, name)).name
    try:
        sound = as_sound(clip, name=name)
        waveform = to_waveform(sound, name)
        findings, said = diagnose(clip, name), answer(waveform, SAMPLE_RATE)
    except ClipError as reason:
        return HTML(_words("no digit", str(reason)))
    given = pd.DataFrame({NAMES[net]: recognise(waveform, net, SAMPLE_RATE) for net in SHIPPED})
    picture = image(draw_trimming(waveform), "Waveform and spectrogram, before and after trimming.")
    rate = f"as recorded, {sound.sample_rate:,.0f} samples a second"
    players = player(rate, sound.channels[: int(LONGEST * sound.sample_rate)], sound.sample_rate)
    players += player("at 8,000 samples a second", waveform[: LONGEST * SAMPLE_RATE])
    players += player("what a network gets", trim(waveform, SAMPLE_RATE))
    return HTML(
        f"<div><p>{html.escape(name)}</p>{headline(conclude(findings, said))}"
        f"{_table(given)}{advice(findings)}</div>{picture}<div>{players}</div>"
        f"<details><summary>All findings</summary><pre>{html.escape(describe(findings))}</pre>"
        "</details>"
    )


def headline(said):
    """An Answer as HTML, large: the digit, or why there is none."""
    if said.digit is not None:
        return _words(said.digit, said.reason)
    if said.reason.startswith("not sure: "):
        return _words("not sure", said.reason.removeprefix("not sure: "))
    if "disagree" in said.reason:
        return _words("not sure", said.reason)
    return _words("no digit", said.reason)


def advice(findings):
    """What the diagnosis finds fault with, and what to do about it, as HTML."""
    faults = [finding for finding in findings if finding.advice]
    if not faults:
        return "<p>The recording is fine.</p>"
    rows = (
        f"<li><b>{check}</b>: {html.escape(found)} {html.escape(do)}</li>"
        for check, found, do in faults
    )
    return f"<ul>{''.join(rows)}</ul>"


def compare(probabilities):
    """What several networks hear, side by side: an IPython HTML object.

    `probabilities` is a DataFrame (10 or 11 answers, networks). The eleventh answer is that it was
    none of the ten digits. It names the highest, sure or not.
    """
    columns = []
    for network, heard in probabilities.items():
        best = int(heard.to_numpy().argmax())
        words = best if best < 10 else "no digit"
        told = _words(words, f"at {heard.iloc[best]:.0%}")
        columns.append(f'<div style="margin-right: 3em">{html.escape(network)}{told}</div>')
    return HTML(f'<div style="display: flex">{"".join(columns)}</div>{_table(probabilities)}')


def _words(large, small):
    separator = "" if str(large).isdigit() else ":"
    return f'<p class="verdict"><b>{large}{separator}</b> {html.escape(str(small))}</p>'


def _table(probabilities):
    """Probabilities in per cent, a row a network; the highest is marked."""
    table = probabilities.iloc[:10].copy()
    table.loc[NO_DIGIT] = (1 - table.sum()).clip(lower=0)
    head = "".join(f'<th scope="col">{answer}</th>' for answer in table.index)
    rows = ""
    for network, heard in table.items():
        cells = "".join(
            f'<td class="most">{share:.0%}</td>'
            if share == heard.max()
            else f"<td>{share:.0%}</td>"
            for share in heard
        )
        rows += f'<tr><th scope="row">{html.escape(network)}</th>{cells}</tr>'
    return f"<table><tr><td></td>{head}</tr>{rows}</table>"
