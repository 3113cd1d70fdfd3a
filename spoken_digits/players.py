"""Sounds to hear: players with a label."""

import html

import numpy as np
from IPython.display import HTML, Audio

from .audio import SAMPLE_RATE, within_full_scale
from .given import as_waveform, clips_in


def play(clips, sample_rate=None):
    """Show a labelled player for each item of a dict: label -> clip, at its true loudness.

    `clips` and `sample_rate` as for recognise(): without labels, the players are numbered. What
    goes beyond full scale is scaled down. First in notebook 01.
    """
    if not isinstance(clips, dict):  # of which an empty one shows nothing
        several = clips_in(clips)
        clips = {"recording": clips} if several is None else several
    return HTML(
        "".join(
            player(label, as_waveform(clip, sample_rate, f"Clip {label}"))
            for label, clip in clips.items()
        )
    )


def player(label, samples, sample_rate=SAMPLE_RATE):
    """A player as HTML: of a waveform, or of (samples, channels), of which two are heard."""
    channels = np.atleast_2d(np.asarray(samples).T)[:2]
    # In the `src` of <audio> itself: JupyterLab strips <source src>, which IPython's Audio
    # would write, from a notebook that has not been run yet.
    sound = Audio(within_full_scale(channels), rate=int(sample_rate), normalize=False).src_attr()
    label = html.escape(str(label))
    return (
        f'<figure style="display: inline-block; margin: 4px"><figcaption>{label}</figcaption>'
        f'<audio controls aria-label="{label}" src="{sound}"></audio></figure>'
    )
