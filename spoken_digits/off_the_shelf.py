"""Recognisers off the shelf, with a grammar of the ten digits: what a reader would else install.

Each brings a model of English speech sounds, learned from many people by those who made it. Here
nothing is learned. The settings were tuned in their favour, on 360 of FSDD's training clips and on
360 of the people's: padding, level, a soft hiss (digital silence confuses them), and how easily a
pause may lie beside the word.
"""

from functools import cached_property
from pathlib import Path

import numpy as np
import soxr

from .audio import SAMPLE_RATE
from .dataset import DIGIT_WORDS

GRAMMAR = f"#JSGF V1.0; grammar digits; public <digit> = {' | '.join(DIGIT_WORDS)};"


class Recogniser:
    """A recogniser with a grammar, asked as scikit-learn's classifiers are. It learns nothing.

    Its kinds say how their package makes a `decoder`, and what one has `heard`. Both packages grew
    out of CMU Sphinx: Huggins-Daines et al. 2006, doi:10.1109/ICASSP.2006.1659988.
    """

    settings = {"silprob": 0.1, "loglevel": "FATAL"}  # no start-up lines

    def fit(self, x, labels):
        """Nothing is learned. Returns the recogniser."""
        return self

    def predict_proba(self, x):
        """All on the digit found, and all ten 0 where none is: float32 (clips, 10).

        `x` holds what telephone_input() or wideband_input() gives, as the recogniser's model needs.
        """
        found = np.array([str(self.listen(samples)) for samples in x]).reshape(-1, 1)
        return (found == DIGIT_WORDS).astype(np.float32)

    def listen(self, samples):
        """The word that is found in 16-bit samples, an array (samples,); None where none is."""
        self.decoder.start_utt()
        self.decoder.process_raw(samples.tobytes(), no_search=False, full_utt=True)
        self.decoder.end_utt()
        return self.heard()

    def count_params(self):
        """How many numbers the acoustic model holds.

        Means and variances of its Gaussians, their weights in each state, one byte each, and the
        odds of going from state to state.
        """
        names = ("means", "variances", "transition_matrices")
        floats = [count_floats(self.model / name) for name in names]
        return sum(floats) + count_weights(self.model / "sendump")


class SoundSwallower(Recogniser):
    """SoundSwallower 0.6.7: a model of telephone speech, which comes with the package.

    Source: https://github.com/ReadAlongs/SoundSwallower.
    """

    @cached_property
    def model(self):
        """The folder of its acoustic model, a Path."""
        from soundswallower import get_model_path

        return Path(get_model_path("en-us"))

    @cached_property
    def decoder(self):
        from soundswallower import Decoder

        decoder = Decoder(hmm=str(self.model), samprate=SAMPLE_RATE, **self.settings)
        decoder.set_jsgf_string(GRAMMAR)
        return decoder

    def heard(self):
        return self.decoder.hyp.text if self.decoder.hyp else None


class PocketSphinx(Recogniser):
    """PocketSphinx 5.1.1: a model of speech at 16 kHz. No requirement: only recording needs it.

    Raises ImportError where the package is not installed. Source:
    https://github.com/cmusphinx/pocketsphinx.
    """

    @cached_property
    def model(self):
        """The folder of its acoustic model, a Path."""
        from pocketsphinx import get_model_path

        return Path(get_model_path("en-us/en-us"))

    @cached_property
    def decoder(self):
        from pocketsphinx import Decoder

        words = str(self.model.with_name("cmudict-en-us.dict"))
        options = {"hmm": str(self.model), "dict": words, "lm": None, "samprate": 2 * SAMPLE_RATE}
        decoder = Decoder(**options, **self.settings)
        decoder.add_jsgf_string("digits", GRAMMAR)
        decoder.activate_search("digits")
        return decoder

    def heard(self):
        return self.decoder.hyp().hypstr if self.decoder.hyp() else None


def count_floats(path):
    """How many numbers a file of CMU Sphinx holds: sizes, then their count, they, a checksum."""
    words = np.frombuffer(path.read_bytes().split(b"endhdr\n", 1)[1], "<i4")
    return next(int(n) for at, n in enumerate(words) if n == len(words) - at - 2)


def count_weights(path):
    """How many weights a file of CMU Sphinx's mixtures holds: texts, a 0, two sizes, then they."""
    content, at = path.read_bytes(), 0
    while length := int.from_bytes(content[at : at + 4], "little"):
        at += 4 + length
    return len(content) - at - 12


def telephone_input(waveforms):
    """What SoundSwallower is fed: a list of 16-bit samples at 8 kHz, an array (samples,) a clip."""
    return [to_16_bit(waveform, peak=0.5, hiss=0.001, padding=0.1) for waveform in waveforms]


def wideband_input(waveforms):
    """What PocketSphinx is fed: a list of 16-bit samples at 16 kHz, an array (samples,) a clip.

    Nothing is in them above 4 kHz, which its model would use.
    """
    return [
        to_16_bit(waveform, peak=0.1, hiss=0.0005, padding=0.2, times=2) for waveform in waveforms
    ]


def to_16_bit(waveform, peak, hiss, padding, times=1):
    """A waveform as 16-bit samples (samples,), at `times` its sample rate.

    Without offset, and up to `peak`. `padding` seconds stand before and behind it, and `hiss` is
    the standard deviation of the white noise over all, always the same (1: full scale).
    """
    waveform = waveform - waveform.mean()
    waveform = np.pad(waveform * peak / np.abs(waveform).max(), round(padding * SAMPLE_RATE))
    waveform = waveform + hiss * np.random.default_rng(0).standard_normal(waveform.size)
    if times > 1:
        waveform = soxr.resample(waveform, SAMPLE_RATE, times * SAMPLE_RATE)
    return np.round(32767 * waveform.clip(-1, 1)).astype("<i2")
