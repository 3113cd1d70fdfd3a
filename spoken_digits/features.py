"""What each network is fed: waveforms of one length, spectrograms, MFCCs."""

import numpy as np
import scipy.signal

from .audio import SAMPLE_RATE

PADDED_LENGTH = 5299  # samples; 95 % of the clips are no longer (notebook 01)


def pad_or_cut(waveforms, length):
    """Bring waveforms to one length in samples: zeros after the shorter, the longer cut.

    Returns a float32 array (clips, length). Built up in notebook 01.
    """
    padded = np.zeros((len(waveforms), length), dtype=np.float32)
    for row, waveform in zip(padded, waveforms, strict=True):
        row[: waveform.size] = waveform[:length]
    return padded


def spectrogram(waveforms, window_length=256, hop_length=64):
    """Power over frequency and time, in decibels: what an ear or a network can work with.

    `waveforms` is (..., samples); `window_length` and `hop_length` are in samples. Returns
    frequencies (Hz), times (s) and decibels (..., frequencies, times): 10 log10 of the power
    density, where anything below -120 dB counts as -120 dB. Built up in notebook 02.
    Source: scipy.signal.spectrogram, with a Hann window.
    """
    frequencies, times, power = scipy.signal.spectrogram(
        waveforms, SAMPLE_RATE, "hann", window_length, window_length - hop_length
    )
    return frequencies, times, 10 * np.log10(np.maximum(power, 1e-12))


def normalise(waveform):
    """Subtract the mean (DC offset) and bring the standard deviation (loudness) to 1.

    Built up in notebook 03.
    """
    centred = waveform - waveform.mean()
    return centred / centred.std()


def pre_emphasis(waveform, emphasis=0.95):
    """Lift the high frequencies: from each sample, subtract the share `emphasis` of the one before.

    Returns an array of the same length and type. Built up in notebook 03.
    """
    weights = np.array([1, -emphasis], waveform.dtype)  # of its own type: 32 bits stay 32 bits
    return scipy.signal.lfilter(weights, np.ones(1, waveform.dtype), waveform)


def waveform_input(waveforms, length=PADDED_LENGTH, emphasis=0.95):
    """What sample_cnn() is fed: a float32 array (clips, `length` samples, 1).

    Each waveform is normalised, its high frequencies are lifted by pre_emphasis(), then it is
    normalised again. Built up in notebook 03.
    """
    lifted = [pre_emphasis(normalise(waveform), emphasis) for waveform in waveforms]
    return pad_or_cut([normalise(waveform) for waveform in lifted], length)[..., np.newaxis]


def mel_power(waveforms):
    """Power density in 40 mel bands: an array (clips, 40, frames) of an array (clips, samples).

    Frames of 256 samples, 80 samples apart. Built up in notebook 04.
    """
    import librosa  # slow to import, and not every notebook needs it

    _, _, power = scipy.signal.spectrogram(waveforms, SAMPLE_RATE, "hann", 256, 176)
    return librosa.filters.mel(sr=SAMPLE_RATE, n_fft=256, n_mels=40) @ power


def spectrogram_input(waveforms, length=PADDED_LENGTH, dynamic_range=60):
    """What spectrogram_cnn() is fed: an array (clips, 40 mel bands, 64 frames, 1), see mel_power().

    Levels from `dynamic_range` dB below the loudest point of the clip up to it, scaled to 0 ... 1.
    Another `length`, in samples, gives another number of frames. Built up in notebook 04.
    """
    power = mel_power(pad_or_cut([normalise(waveform) for waveform in waveforms], length))
    return relative_levels(power, dynamic_range)


def relative_levels(power, dynamic_range=60):
    """Power (clips, bands, frames) in dB below the clip's loudest point, scaled to 0 ... 1.

    Returns an array (clips, bands, frames, 1): 1 is the loudest point, 0 what lies `dynamic_range`
    dB or more below it. Built up in notebook 04.
    """
    share = power / power.max(axis=(1, 2), keepdims=True)
    level = 1 + 10 * np.log10(np.maximum(share, 1e-9)) / dynamic_range
    return np.maximum(level, 0)[..., np.newaxis]  # exactly 0 where nothing is: it can be masked


def general_waveform_input(waveforms, length=PADDED_LENGTH):
    """What general_sample_cnn() is fed: waveform_input() without pre-emphasis. Notebook 07."""
    return waveform_input(waveforms, length, emphasis=0)


def general_spectrogram_input(waveforms, length=PADDED_LENGTH):
    """What general_cnn() is fed: spectrogram_input() down to 50 dB. Notebook 07."""
    return spectrogram_input(waveforms, length, dynamic_range=50)


def original_waveform_input(waveforms):
    """What sample_cnn(original=True) is fed: 16-bit numbers, (clips, 18262, 1). Notebook 03."""
    return 32768 * pad_or_cut(waveforms, 18262)[..., np.newaxis]


def original_spectrogram_input(waveforms):
    """What spectrogram_cnn(original=True) is fed: power, (clips, 129, 22, 1). Notebook 04."""
    padded = pad_or_cut(waveforms, 5000)
    _, _, power = scipy.signal.spectrogram(padded, SAMPLE_RATE)
    return (power / power.max(axis=(1, 2), keepdims=True))[..., np.newaxis]


def waveforms_as_recorded(waveforms):
    """What sample_cnn() is fed, but no clip's offset or loudness is changed. Notebook 07."""
    padded = pad_or_cut([pre_emphasis(waveform) for waveform in waveforms], PADDED_LENGTH)
    return 50 * padded[..., np.newaxis]  # one factor for all clips


def levels_as_recorded(waveforms):
    """What spectrogram_cnn() is fed, but 120 dB up to full scale for all clips. Notebook 07."""
    power = mel_power(pad_or_cut(waveforms, PADDED_LENGTH))
    return (1 + np.log10(np.maximum(power, 1e-12)) / 12)[..., np.newaxis]


def without_band_means(waveforms):
    """What spectrogram_cnn() is fed, less each band's mean over the clip. Built up in notebook 07.

    A microphone adds about as many dB to a band in every frame. The difference holds less of that,
    though not nothing: padding and what lies below the floor take part in the mean.
    """
    images = spectrogram_input(waveforms)
    return images - images.mean(axis=2, keepdims=True)


def mean_mfccs(waveforms):
    """Mean and spread over time of 20 MFCCs, an array (clips, 40). Built up in notebook 05.

    Mel-frequency cepstral coefficients (Davis and Mermelstein 1980, doi:10.1109/TASSP.1980.1163420)
    say in few numbers which shape a spectrum has.
    """
    import librosa  # slow to import

    frames = {"sr": SAMPLE_RATE, "n_fft": 256, "hop_length": 80, "n_mels": 40}
    mfccs = [librosa.feature.mfcc(y=normalise(waveform), **frames) for waveform in waveforms]
    return np.stack([np.append(mfcc.mean(axis=1), mfcc.std(axis=1)) for mfcc in mfccs])


def no_features(waveforms):
    """What the majority baseline hears: zeros, an array (clips, 1)."""
    return np.zeros((len(waveforms), 1))
