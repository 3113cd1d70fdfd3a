"""The exercises of notebook 02."""

import numpy as np
import scipy.signal

from ..audio import SAMPLE_RATE
from ..features import spectrogram
from .answers import Hint, array, number, outcome

HAZE = -82.2  # dB per hertz: nicolas's median over FSDD 1.0.10, where his clips are not at hand


def exercise_1(answer, waveform):
    """(frequencies, frames) of the waveform's spectrogram in frames of 25 ms, 10 ms apart."""
    frequencies, frames = array(answer, (2,))
    right = 101, 1 + (len(waveform) - 200) // 80
    if (frequencies, frames) == right:
        return None
    if (frames, frequencies) == right:
        return "both numbers are right, but in the other order: first frequencies, then frames."
    if frequencies == 13:
        return "window_length and hop_length are in samples. How many samples are 25 ms, and 10?"
    if frequencies == 200:
        return "a spectrum of 200 real samples has 200 // 2 + 1 values: 0 Hz up to half the rate."
    if frequencies == 100:
        return "nearly: count both ends, 0 Hz and half the sample rate."
    if frequencies == 129:
        return "129 frequencies belong to 256 samples. How many samples are 25 ms?"
    if frequencies != right[0]:
        return "the number of frequencies is off. It is half the window length in samples, plus 1."
    if frames in (right[1] - 1, right[1] + 1, right[1] + 2):
        return "nearly: the first frame starts at 0, the last must still fit into the waveform."
    if frames == 1 + (len(waveform) - 200) // 64:
        return "the number of frames is that of a hop of 64 samples. How many samples are 10 ms?"
    return "the number of frames is off. Is your hop_length the number of samples in 10 ms?"


def tone_levels(padded):
    """Levels in dB of the tone of exercise 2, without and with the window, and frequencies."""
    tone = np.sin(2 * np.pi * 1010 * np.arange(256) / SAMPLE_RATE)
    window = scipy.signal.get_window("hann", 256)
    heights = abs(np.fft.rfft([tone, window * tone], padded))
    levels = 20 * np.log10(heights / heights.max(axis=1, keepdims=True))
    return levels, np.fft.rfftfreq(padded, 1 / SAMPLE_RATE)


def exercise_2(answer):
    """Width of a tone's peak without a window, and levels far away without and with it."""
    width, *far = array(answer, (3,))
    levels, frequencies = tone_levels(SAMPLE_RATE)
    hint = hint_on_width(width, (levels[0] > -6).sum())
    if hint:
        return hint
    right = levels[:, frequencies > 2000].max(axis=1)
    coarse, few = tone_levels(256)
    far = np.array(far)
    if np.allclose(far, right, atol=1):
        return None
    if np.allclose(far[::-1], right, atol=1):
        return "both levels are right, but in the other order: first without, then with the window."
    if (far > 0).any():
        return "the levels should be negative: below the highest point of the same spectrum."
    if np.allclose(far, right / 2, atol=1):
        return "half of it: take 20 log10 of a size, or 10 log10 of its square."
    if np.allclose(far, right * 2, atol=1):
        return "twice too much: 20 log10 is for sizes, 10 log10 for powers."
    if np.allclose(far, coarse[:, few > 2000].max(axis=1), atol=1):
        return "that is the level at a few frequencies. Zero-pad here too, to find the highest."
    place = "without" if not np.isclose(far[0], right[0], atol=1) else "with"
    return f"the level {place} the window is off. Take the highest value above 2,000 Hz only."


def hint_on_width(width, right):
    """What is off with the width of the peak without a window; None if nothing is."""
    if abs(width - right) <= 1.5:
        return None
    if abs(width - 31.25) < 0.5:
        return "31.25 Hz is the distance of the frequencies. Zero-pad, to see the peak's shape."
    if abs(width - 62.5) < 2:
        return (
            "62.5 Hz is the width with the Hann window, or between the two zeros beside the peak. "
            "Asked is the width without a window, 6 dB below the top."
        )
    if abs(width - 28) < 1.5:
        return "that is the width 3 dB below the top. Go down to 6 dB, half the amplitude."
    if abs(width - right / 2) <= 1.5:
        return "that is half of it, from the top to one side. Measure from one side to the other."
    if abs(width - 1.2) < 0.15:
        return "that is in steps of 31.25 Hz. Give the width in Hz."
    return (
        "the width is off. Of the zero-padded spectrum without a window, count the frequencies "
        "that are less than 6 dB below the top."
    )


def exercise_3(answer):
    """The shortest Hann window that shows tones 40 Hz apart as two peaks, in samples."""
    length = number(answer, "samples")
    if length == 512:
        return None
    if length not in (64, 128, 256, 512, 1024):
        return "choose one of 64, 128, 256, 512 and 1024 samples."
    if length == 1024:
        return (
            "1024 samples do show two peaks. So does a shorter window: zero-pad, and you see the "
            "dip between them."
        )
    if length == 256:
        return (
            "256 samples look far enough: their frequencies are 31 Hz apart. But a peak is "
            "2 / duration wide, twice that. In the average over many frames there is one peak."
        )
    width = 2 * SAMPLE_RATE / length
    aside = " (If you mean 64 ms, give it in samples.)" if length == 64 else ""
    return f"peaks would be {width:.0f} Hz wide, more than the 40 Hz between the tones.{aside}"


def voice(period, offset=0.0):
    """A ringing pulse train of one period in samples, with a softer voice of another behind it."""
    sound = np.zeros(6400)
    sound[:3200:period] = 1
    sound[3200 : 6400 : 2 * period // 3] = 0.2
    ringing = scipy.signal.lfilter([1], [1, -1.5, 0.8], sound)
    return 0.2 * ringing / abs(ringing).max() + offset


def exercise_4(function):
    """A function that measures the pitch of the loudest 50 ms of a waveform, in Hz."""
    for period, offset in [(80, 0.0), (50, 0.0), (100, 0.0), (64, 0.3), (36, 0.0)]:
        waveform = voice(period, offset)
        pitch = number(outcome(function, waveform.copy()), "Hz")
        if abs(pitch * period / SAMPLE_RATE - 1) > 0.04:
            raise Hint(hint_on_pitch(pitch, period, offset))


def hint_on_pitch(pitch, period, offset):
    """What is off with a pitch that is not SAMPLE_RATE / period."""
    right = SAMPLE_RATE / period
    told = f"for a voice of {right:.0f} Hz your function gives {pitch:.4g}. "
    if offset:
        return told + "That voice has a constant offset. Do you subtract the mean of the piece?"
    if abs(pitch - period) < 2:
        return told + "That is the period in samples. How many of them fit into a second?"
    if abs(pitch - period / SAMPLE_RATE) < 1e-3 or abs(pitch - 1000 * period / SAMPLE_RATE) < 0.5:
        return told + "That is the period. The pitch is one divided by the period in seconds."
    if abs(pitch - SAMPLE_RATE / (period - 20)) < 0.02 * pitch:
        return told + "Your search starts at a shift of 20: add 20 to what argmax gives."
    if abs(pitch / right - 1.5) < 0.06:
        return told + "That is the rhythm of a softer part of the clip. Look where it is loudest."
    if min(abs(pitch / right - 2), abs(pitch / right - 0.5)) < 0.05:
        return told + "That is an octave off. Of several shifts that agree, take the shortest."
    if pitch >= 399:
        return told + "A shift near 0 always agrees. Search from 20 samples (400 Hz) up to 128."
    return told + "Check the steps: loudest 50 ms, its mean removed, the best shift of 20 to 128."


def exercise_5(answer, clips):
    """Levels of the rounding error and of nicolas's haze, and how much the one explains."""
    if not isinstance(answer, dict) or set(answer) != {"rounding", "haze", "explains"}:
        return 'give a dict with the keys "rounding", "haze" and "explains".'
    rounding, haze = number(answer["rounding"], "dB"), number(answer["haze"], "dB")
    step = 1 / 128
    right = 10 * np.log10(step**2 / 12 / 4000)  # an error spread evenly over a step
    if abs(rounding - right) > 1.5:
        return hint_on_rounding(rounding, right)
    if abs(haze - haze_of(clips)) > 3:
        return (
            f"your haze of {haze:.0f} dB is off. In each of nicolas's clips, minus its mean, take "
            "the frame with the least power above 2,000 Hz. Average powers, not decibels."
        )
    explains = str(answer["explains"])
    if explains == "part":
        return None
    if explains in ("all", "nothing"):
        return (
            f"both levels are right. The rounding is {haze - rounding:.0f} dB weaker than the "
            "haze. Which share of its power is that? Is it all, or nothing?"
        )
    return 'both levels are right. For "explains", choose "all", "part" or "nothing".'


def hint_on_rounding(rounding, right):
    """What is off with the level of the rounding error, in dB per hertz."""
    if abs(rounding - right - 10 * np.log10(4000)) < 1.5:
        return "that is the whole power of the rounding error. Spread it over 4,000 Hz."
    if abs(rounding - right - 3) < 1:
        return "3 dB too much: is it over 2,000 Hz that you spread the power, in place of 4,000?"
    if abs(rounding - right - 10 * np.log10(12)) < 1.5:
        return "the error is not a whole step each time. Measure its variance: rounded - original."
    if rounding > 0:
        return "a level in dB of power per hertz, relative to full scale, is far below 0 here."
    return (
        f"your rounding level of {rounding:.0f} dB is off. Round to multiples of 1/128, take the "
        "variance of the error, divide by 4,000 Hz, then 10 log10."
    )


def haze_of(clips):
    """Median level of nicolas's quietest frames above 2 kHz, in dB per hertz."""
    least = []
    for waveform in clips.loc[clips["speaker"] == "nicolas", "waveform"]:
        frequencies, _, level = spectrogram(waveform - waveform.mean())
        least.append((10 ** (level[frequencies > 2000] / 10)).mean(axis=0).min())
    return 10 * np.log10(np.median(least)) if least else HAZE
