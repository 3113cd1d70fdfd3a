"""What each network is fed: waveforms of one length, spectrograms, MFCCs."""

import functools

import numpy as np
import scipy.fft
import scipy.signal
import scipy.sparse

from .audio import SAMPLE_RATE
from .given import to_floats, waveforms_in

PADDED_LENGTH = 5299  # samples; 95 % of the clips are no longer (notebook 01)


def pad_or_cut(waveforms, length):
    """Bring waveforms to one length in samples: zeros after the shorter, the longer cut.

    Returns a float32 array (clips, length). Built up in notebook 01.
    """
    if length < 1:
        raise ValueError(f"length is a number of samples: give 1 or more, not {length}.")
    padded = np.zeros((len(waveforms), length), dtype=np.float32)
    for row, waveform in zip(padded, waveforms, strict=True):
        row[: waveform.size] = waveform[:length]
    return padded


def spectrogram(waveforms, window_length=256, hop_length=64):
    """Power over frequency and time, in decibels: what an ear or a network can work with.

    `waveforms` is (..., samples); `window_length` and `hop_length` are in samples. Returns
    frequencies (Hz), times (s) and decibels (..., frequencies, times): 10 log10 of the power
    density, where anything below -120 dB counts as -120 dB. A clip shorter than the window is
    filled up with zeros. Built up in notebook 02.
    Source: scipy.signal.spectrogram, with a Hann window.

    Raises ValueError where the hop is not from 1 to the length of the window, ClipError for what
    is empty, or holds no samples, NaN or infinite values.
    """
    if not 1 <= hop_length <= window_length:
        raise ValueError(
            f"hop_length is from 1 to window_length, {window_length} samples, not {hop_length}."
        )
    waveforms = filled_up(to_floats(waveforms), window_length)
    frequencies, times, power = scipy.signal.spectrogram(
        waveforms, SAMPLE_RATE, "hann", window_length, window_length - hop_length
    )
    return frequencies, times, 10 * np.log10(np.maximum(power, 1e-12))


def filled_up(waveforms, length):
    """Waveforms (..., samples) with zeros after those that are shorter than `length` samples."""
    missing = max(0, length - waveforms.shape[-1])
    return np.pad(waveforms, [(0, 0)] * (waveforms.ndim - 1) + [(0, missing)])


def normalise(waveform):
    """Subtract the mean (DC offset) and bring the standard deviation (loudness) to 1.

    Of silence, an offset alone, zeros are left. Built up in notebook 03.
    """
    centred = waveform - waveform.mean()
    loudness = centred.std()
    return centred / loudness if loudness else np.zeros_like(centred)


def pre_emphasis(waveform, emphasis=0.95):
    """Lift the high frequencies: from each sample, subtract the share `emphasis` of the one before.

    Returns an array of the same length and type. Built up in notebook 03.
    """
    weights = np.array([1, -emphasis], waveform.dtype)  # of its own type: 32 bits stay 32 bits
    return scipy.signal.lfilter(weights, np.ones(1, waveform.dtype), waveform)


def waveform_input(waveforms, length=PADDED_LENGTH, emphasis=0.95, sample_rate=None):
    """What sample_cnn() is fed: a float32 array (clips, `length` samples, 1).

    Each waveform is normalised, its high frequencies are lifted by pre_emphasis(), then it is
    normalised again; silence becomes zeros. `waveforms` and `sample_rate` as for recognise(): a
    batch, or one clip, which counts as a batch of one. Built up in notebook 03.
    """
    waveforms = waveforms_in(waveforms, sample_rate)
    lifted = [pre_emphasis(normalise(waveform), emphasis) for waveform in waveforms]
    return pad_or_cut([normalise(waveform) for waveform in lifted], length)[..., np.newaxis]


def mel_power(waveforms):
    """Power density in 40 mel bands: an array (clips, 40, frames) of an array (clips, samples).

    Frames of 256 samples, 80 samples apart. It is scipy.signal.spectrogram with a Hann window, then
    the mel filters, to the rounding of its type; but of padding after the words nothing is worked
    out, and what most filters leave out is not multiplied. Built up in notebook 04.
    """
    waveforms = np.asarray(waveforms)
    window, bands = _mel_filters(waveforms.dtype)
    starts = np.arange(0, waveforms.shape[1] - 255, 80)
    power = np.zeros((len(waveforms), 40, starts.size), waveforms.dtype)
    for first in range(0, len(waveforms), 32):  # so few at a time that they stay in the cache
        part = slice(first, first + 32)
        heard = starts < _ends(waveforms[part])  # the other frames hold zeros
        frames = np.lib.stride_tricks.sliding_window_view(waveforms[part], 256, axis=1)
        frames = frames[:, ::80][heard]
        frames -= frames.mean(axis=1, keepdims=True)
        spectra = scipy.fft.rfft(frames * window)
        power[part].swapaxes(1, 2)[heard] = (spectra.real**2 + spectra.imag**2) @ bands
    return power


@functools.cache
def _mel_filters(dtype):
    """A Hann window, and a sparse matrix (129 frequencies, 40 bands) from power to mel bands.

    Sparse for exactness, too: a dense product rounds otherwise when there are other clips beside.
    """
    import librosa  # slow to import, and not every notebook needs it

    window = scipy.signal.get_window("hann", 256)
    bands = librosa.filters.mel(sr=SAMPLE_RATE, n_fft=256, n_mels=40, dtype=dtype)
    bands[:, 1:-1] *= 2  # the negative frequencies, but 0 Hz and 4,000 Hz have none
    density = bands / (SAMPLE_RATE * np.sum(window**2))
    return window.astype(dtype), scipy.sparse.csr_array(density.T.astype(dtype))


def _ends(waveforms):
    """Where the zeros after each waveform begin: an array (clips, 1) of one (clips, samples)."""
    sound = waveforms[:, ::-1] != 0
    return np.where(sound.any(axis=1), waveforms.shape[1] - sound.argmax(axis=1), 0)[:, np.newaxis]


def spectrogram_input(waveforms, length=PADDED_LENGTH, dynamic_range=60, sample_rate=None):
    """What spectrogram_cnn() is fed: an array (clips, 40 mel bands, 64 frames, 1), see mel_power().

    Levels from `dynamic_range` dB below the loudest point of the clip up to it, scaled to 0 ... 1.
    Another `length`, in samples, 256 or more, gives another number of frames. `waveforms` and
    `sample_rate` as for waveform_input(); silence becomes zeros. Built up in notebook 04.
    """
    if length < 256:
        raise ValueError(f"length is at least 256 samples, one frame, not {length}.")
    waveforms = waveforms_in(waveforms, sample_rate)
    power = mel_power(pad_or_cut([normalise(waveform) for waveform in waveforms], length))
    return relative_levels(power, dynamic_range)


def relative_levels(power, dynamic_range=60):
    """Power (clips, bands, frames) in dB below the clip's loudest point, scaled to 0 ... 1.

    Returns an array (clips, bands, frames, 1): 1 is the loudest point, 0 what lies `dynamic_range`
    dB or more below it. Built up in notebook 04.
    """
    share = power / _loudest(power)
    level = 1 + 10 * np.log10(np.maximum(share, 1e-9)) / dynamic_range
    return np.maximum(level, 0)[..., np.newaxis]  # exactly 0 where nothing is: it can be masked


def _loudest(power):
    """The highest value for each clip; 1 where nothing but silence is, to divide by."""
    loudest = power.max(axis=(1, 2), keepdims=True)
    return np.where(loudest > 0, loudest, 1)


def general_waveform_input(waveforms, length=PADDED_LENGTH):
    """What general_sample_cnn() is fed: waveform_input() without pre-emphasis. Notebook 08."""
    return waveform_input(waveforms, length, emphasis=0, sample_rate=SAMPLE_RATE)


def general_spectrogram_input(waveforms, length=PADDED_LENGTH):
    """What general_cnn() is fed: spectrogram_input() down to 50 dB. Notebook 08."""
    return spectrogram_input(waveforms, length, dynamic_range=50, sample_rate=SAMPLE_RATE)


def original_waveform_input(waveforms):
    """What sample_cnn(original=True) is fed: 16-bit numbers, (clips, 18262, 1). Notebook 03."""
    return 32768 * pad_or_cut(waveforms, 18262)[..., np.newaxis]


def original_spectrogram_input(waveforms):
    """What spectrogram_cnn(original=True) is fed: power, (clips, 129, 22, 1). Notebook 04."""
    padded = pad_or_cut(waveforms, 5000)
    _, _, power = scipy.signal.spectrogram(padded, SAMPLE_RATE)
    return (power / _loudest(power))[..., np.newaxis]


def waveforms_as_recorded(waveforms):
    """What sample_cnn() is fed, but no clip's offset or loudness is changed. Notebook 08."""
    padded = pad_or_cut([pre_emphasis(waveform) for waveform in waveforms], PADDED_LENGTH)
    return 50 * padded[..., np.newaxis]  # one factor for all clips


def levels_as_recorded(waveforms):
    """What spectrogram_cnn() is fed, but 120 dB up to full scale for all clips. Notebook 08."""
    power = mel_power(pad_or_cut(waveforms, PADDED_LENGTH))
    return (1 + np.log10(np.maximum(power, 1e-12)) / 12)[..., np.newaxis]


def without_band_means(waveforms):
    """What spectrogram_cnn() is fed, less each band's mean over the clip. Built up in notebook 08.

    A microphone adds about as many dB to a band in every frame. The difference holds less of that,
    though not nothing: padding and what lies below the floor take part in the mean.
    """
    images = spectrogram_input(waveforms)
    return images - images.mean(axis=2, keepdims=True)


def general_without_band_means(waveforms, length=PADDED_LENGTH):
    """What general_cnn() is fed, less each band's mean over the word's frames.

    The frames of padding, where every band is 0, take no part in the mean, and stay 0.
    """
    images = general_spectrogram_input(waveforms, length)
    heard = images.max(axis=1, keepdims=True) > 0
    frames = np.maximum(1, heard.sum(axis=2, keepdims=True))  # silence has none
    means = (images * heard).sum(axis=2, keepdims=True) / frames
    return (images - means) * heard


def mean_mfccs(waveforms):
    """Mean and spread over time of 20 MFCCs, an array (clips, 40). Built up in notebook 05.

    Mel-frequency cepstral coefficients (Davis and Mermelstein 1980, doi:10.1109/TASSP.1980.1163420)
    say in few numbers which shape a spectrum has.
    """
    import librosa  # slow to import

    frames = {"sr": SAMPLE_RATE, "n_fft": 256, "hop_length": 80, "n_mels": 40}
    waveforms = [filled_up(normalise(waveform), 256) for waveform in waveforms]
    mfccs = [librosa.feature.mfcc(y=waveform, **frames) for waveform in waveforms]
    return np.stack([np.append(mfcc.mean(axis=1), mfcc.std(axis=1)) for mfcc in mfccs])


def no_features(waveforms):
    """What the majority baseline hears: zeros, an array (clips, 1)."""
    return np.zeros((len(waveforms), 1))
