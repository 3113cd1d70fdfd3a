"""What each network is fed: shapes, and values worked out by hand or with NumPy alone."""

import librosa
import numpy as np
import pytest
import scipy.fft
import scipy.signal

from spoken_digits import features
from spoken_digits.audio import SAMPLE_RATE, ClipError
from spoken_digits.features import PADDED_LENGTH

RANDOM = np.random.default_rng(0)
WAVEFORMS = [RANDOM.normal(size=size).astype("float32") for size in (2000, 5299, 8000)]
NOISE = RANDOM.normal(0, 0.1, PADDED_LENGTH)

# Every input, and the shape of what it makes of one clip.
INPUTS = {
    features.waveform_input: (5299, 1),
    features.general_waveform_input: (5299, 1),
    features.waveforms_as_recorded: (5299, 1),
    features.original_waveform_input: (18262, 1),
    features.spectrogram_input: (40, 64, 1),
    features.general_spectrogram_input: (40, 64, 1),
    features.levels_as_recorded: (40, 64, 1),
    features.without_band_means: (40, 64, 1),
    features.original_spectrogram_input: (129, 22, 1),
    features.mean_mfccs: (40,),
    features.no_features: (1,),
}


def power_density(frame, window):
    """The power density of one frame: NumPy alone, to hold SciPy's against."""
    spectrum = np.abs(np.fft.rfft((frame - frame.mean()) * window)) ** 2
    spectrum /= SAMPLE_RATE * np.sum(window**2)
    spectrum[1:-1] *= 2  # the negative frequencies, but 0 Hz and 4,000 Hz have none
    return spectrum


def hann(length):
    """A Hann window as it is for spectra: one period of a cosine."""
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)


# --- All of them ---


@pytest.mark.parametrize("feed", INPUTS)
def test_every_input_has_the_shape_of_its_network(feed):
    assert feed(WAVEFORMS).shape == (3, *INPUTS[feed])


@pytest.mark.parametrize("feed", INPUTS)
def test_each_clip_is_worked_out_by_itself_and_left_alone(feed):
    given = [waveform.copy() for waveform in WAVEFORMS]
    together = feed(given)
    for waveform, before, row in zip(given, WAVEFORMS, together, strict=True):
        np.testing.assert_array_equal(waveform, before)
        np.testing.assert_allclose(feed([waveform])[0], row, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "feed",
    [
        features.waveform_input,
        features.spectrogram_input,
        features.general_waveform_input,
        features.general_spectrogram_input,
    ],
)
def test_neither_loudness_nor_an_offset_reaches_a_network(feed):
    changed = [0.01 * waveform + 0.2 for waveform in WAVEFORMS]
    np.testing.assert_allclose(feed(changed), feed(WAVEFORMS), atol=0.01)


# --- Their parts ---


def test_the_shorter_get_zeros_after_them_and_the_longer_are_cut():
    padded = features.pad_or_cut([np.array([1, 2, 3]), np.arange(1, 7), np.arange(5, 9)], 4)
    np.testing.assert_array_equal(padded, [[1, 2, 3, 0], [1, 2, 3, 4], [5, 6, 7, 8]])
    assert padded.dtype == np.float32


def test_normalising_brings_mean_0_and_deviation_1():
    np.testing.assert_array_equal(
        features.normalise(np.array([3.0, 7.0, 3.0, 7.0])), [-1, 1, -1, 1]
    )
    normal = features.normalise(0.01 * NOISE + 0.3)
    assert (normal.mean(), normal.std()) == pytest.approx((0, 1))


@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_pre_emphasis_subtracts_a_share_of_the_sample_before(kind):
    waveform = np.array([1, 2, 4, -1], kind)
    lifted = features.pre_emphasis(waveform, 0.5)
    np.testing.assert_array_equal(lifted, [1, 1.5, 3, -3])
    assert lifted.dtype == kind
    np.testing.assert_allclose(features.pre_emphasis(waveform), [1, 1.05, 2.1, -4.8], rtol=1e-6)
    np.testing.assert_array_equal(features.pre_emphasis(waveform, 0), waveform)


@pytest.mark.parametrize("options", [{}, {"window_length": 512, "hop_length": 100}])
def test_a_spectrogram_is_the_power_density_of_each_frame_in_decibels(options):
    length, hop = options.get("window_length", 256), options.get("hop_length", 64)
    frequencies, times, decibels = features.spectrogram(NOISE, **options)
    frames = (PADDED_LENGTH - length) // hop + 1
    assert decibels.shape == (length // 2 + 1, frames)
    np.testing.assert_allclose(frequencies, np.arange(length // 2 + 1) * SAMPLE_RATE / length)
    np.testing.assert_allclose(times, (np.arange(frames) * hop + length / 2) / SAMPLE_RATE)
    for place in (0, 7, frames - 1):
        frame = NOISE[place * hop : place * hop + length]
        expected = 10 * np.log10(power_density(frame, hann(length)))
        np.testing.assert_allclose(decibels[:, place], expected, atol=1e-6)


def test_spectrograms_of_several_clips_come_at_once_and_silence_is_minus_120_decibels():
    _, _, decibels = features.spectrogram(np.stack([NOISE, 0 * NOISE]))
    np.testing.assert_allclose(decibels[0], features.spectrogram(NOISE)[2])
    np.testing.assert_allclose(decibels[1], -120)


def test_mel_power_sums_the_power_of_each_frame_over_40_bands():
    power = features.mel_power(np.stack([NOISE, 2 * NOISE]))
    assert power.shape == (2, 40, 64)
    bands = librosa.filters.mel(sr=8000, n_fft=256, n_mels=40)
    for frame in (0, 9, 63):
        samples = NOISE[80 * frame : 80 * frame + 256]
        expected = bands @ power_density(samples, hann(256))
        np.testing.assert_allclose(power[0, :, frame], expected, rtol=1e-4)
        np.testing.assert_allclose(power[1, :, frame], 4 * expected, rtol=1e-4)


@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_mel_power_is_that_of_scipy_and_librosa(kind):
    waveforms = [waveform[500:900] + 0.3 for waveform in WAVEFORMS] + WAVEFORMS + [np.zeros(9)]
    padded = np.repeat(features.pad_or_cut(waveforms, PADDED_LENGTH).astype(kind), 9, axis=0)
    _, _, power = scipy.signal.spectrogram(padded, SAMPLE_RATE, "hann", 256, 176)
    expected = librosa.filters.mel(sr=SAMPLE_RATE, n_fft=256, n_mels=40) @ power
    found = features.mel_power(padded)
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6 * expected.max())
    np.testing.assert_allclose(
        features.relative_levels(found), features.relative_levels(expected), atol=1e-5
    )
    np.testing.assert_array_equal(found == 0, expected == 0)


# --- Waveforms ---


def test_mel_power_of_many_clips_is_that_of_each(monkeypatch):
    clips = np.random.default_rng(0).normal(size=(2001, 600)).astype("float32")
    together = features.mel_power(clips)
    assert together.shape == (2001, 40, 5)
    for place in (0, 999, 1000, 2000):
        alone = features.mel_power(clips[place : place + 1])[0]
        np.testing.assert_array_equal(together[place], alone)


def test_a_waveform_is_normalised_lifted_and_normalised_again():
    lifted = np.array([-1, 1.95, -1.95, 1.95])  # of -1, 1, -1, 1, less 0.95 times the one before
    expected = (lifted - 0.2375) / np.sqrt((lifted**2).mean() - 0.2375**2)
    x = features.waveform_input([np.array([3.0, 7.0, 3.0, 7.0])])
    np.testing.assert_allclose(x[0, :4, 0], expected, rtol=1e-6)
    assert not x[0, 4:].any()
    assert x.dtype == np.float32


def test_another_emphasis_and_another_length_are_possible():
    waveform = [np.array([3.0, 7.0, 3.0, 7.0])]
    x = features.waveform_input(waveform, length=6, emphasis=0)
    np.testing.assert_allclose(x[0, :, 0], [-1, 1, -1, 1, 0, 0])
    np.testing.assert_array_equal(features.general_waveform_input(waveform, 6), x)
    np.testing.assert_array_equal(features.general_waveform_input(waveform)[:, :6], x)


def test_the_original_is_fed_16_bit_numbers():
    x = features.original_waveform_input([np.array([0.5, -1, 0.25]), np.ones(20_000)])
    np.testing.assert_array_equal(x[0, :4, 0], [16384, -32768, 8192, 0])
    assert not x[0, 4:].any()
    assert (x[1] == 32768).all()


def test_as_recorded_a_waveform_is_lifted_and_times_50():
    x = features.waveforms_as_recorded([np.array([0.5, 0.5, -0.1])])
    np.testing.assert_allclose(x[0, :4, 0], [25, 1.25, -28.75, 0], rtol=1e-6)
    assert not x[0, 4:].any()


# --- Spectrograms ---


@pytest.mark.filterwarnings("error")  # no logarithm of 0 on the way
def test_padding_is_exactly_0_so_that_it_can_be_masked():
    image = features.spectrogram_input(WAVEFORMS[:1])[0, :, :, 0]
    assert image[:, :25].any(axis=0).all()
    assert not image[:, 25:].any()  # the frame at 25 begins at sample 2,000


def test_a_spectrogram_reaches_from_0_to_1():
    images = features.spectrogram_input(WAVEFORMS)
    assert images.min() == 0
    assert images.max(axis=(1, 2, 3)) == pytest.approx(1)


@pytest.mark.parametrize(
    ("feed", "decibels"),
    [
        (features.spectrogram_input, 60),
        (features.general_spectrogram_input, 50),
        (lambda waveforms: features.spectrogram_input(waveforms, dynamic_range=90), 90),
    ],
)
def test_a_spectrogram_falls_from_1_to_0_over_its_decibels(feed, decibels):
    fading = NOISE * 10 ** (-np.linspace(0, 100, NOISE.size) / 20) + 0.2
    image = feed([fading])[0, :, :, 0]
    power = features.mel_power((fading - fading.mean())[np.newaxis] / fading.std())[0]
    below = 10 * np.log10(power / power.max())
    np.testing.assert_allclose(image, np.maximum(0, 1 + below / decibels), atol=1e-5)
    assert (image[below < -decibels - 0.01] == 0).all()
    assert (image[below > 0.01 - decibels] > 0).all()


@pytest.mark.parametrize("feed", [features.spectrogram_input, features.general_spectrogram_input])
def test_another_length_gives_another_number_of_frames(feed):
    image = feed(WAVEFORMS[2:], length=8000)
    assert image.shape == (1, 40, (8000 - 256) // 80 + 1, 1)
    assert feed(WAVEFORMS[2:], 2000).shape == (1, 40, (2000 - 256) // 80 + 1, 1)


def test_the_original_is_fed_power_as_a_share_of_the_loudest_point():
    x = features.original_spectrogram_input([WAVEFORMS[0], WAVEFORMS[2]])[..., 0]
    window = scipy.signal.get_window(("tukey", 0.25), 256)  # what SciPy takes unless told
    for image, waveform in zip(x, [WAVEFORMS[0], WAVEFORMS[2]], strict=True):
        padded = np.pad(waveform, (0, 8000 - waveform.size))[:5000].astype(float)
        starts = range(0, 5000 - 255, 224)
        power = np.stack([power_density(padded[at : at + 256], window) for at in starts], axis=1)
        np.testing.assert_allclose(image, power / power.max(), rtol=1e-3, atol=1e-6)


def test_as_recorded_levels_reach_120_decibels_down_from_full_scale():
    image = features.levels_as_recorded([NOISE])[0, :, :, 0]
    power = features.mel_power(NOISE.astype("float32")[np.newaxis])[0]
    np.testing.assert_allclose(image, 1 + 10 * np.log10(power) / 120, atol=1e-5)
    silence = features.levels_as_recorded([np.zeros(3000)])
    np.testing.assert_allclose(silence, 0, atol=1e-6)


@pytest.mark.parametrize(
    ("feed", "moved"),
    [
        (features.waveforms_as_recorded, lambda x: x / 10),
        (features.levels_as_recorded, lambda x: x - 20 / 120),  # 20 dB of 120
    ],
)
def test_as_recorded_a_softer_clip_stays_softer(feed, moved):
    np.testing.assert_allclose(feed([NOISE / 10])[0], moved(feed([NOISE])[0]), atol=1e-5)


def test_without_band_means_the_same_gain_in_every_frame_is_gone():
    brighter = np.append(NOISE[:1], NOISE[1:] - 0.5 * NOISE[:-1])
    image, other = features.without_band_means([NOISE, brighter])
    assert abs(image.mean(axis=1)).max() < 1e-6
    plain = features.spectrogram_input([NOISE, brighter])
    assert abs(image - other).mean() < 0.3 * abs(plain[0] - plain[1]).mean()
    np.testing.assert_allclose(np.diff(image, axis=1), np.diff(plain[0], axis=1), atol=1e-6)


# --- Of the baselines ---


def test_the_general_network_too_can_do_without_band_means():
    word = np.random.default_rng(1).normal(size=3000).astype("float32")
    images = features.general_without_band_means([word], length=6000)[0, ..., 0]
    heard = features.general_spectrogram_input([word], length=6000)[0, ..., 0].max(axis=0) > 0
    assert 20 < heard.sum() < 50
    np.testing.assert_allclose(images[:, heard].mean(axis=1), 0, atol=1e-6)
    assert not images[:, ~heard].any()  # the padding takes no part


def test_the_mfccs_are_the_cosine_transform_of_mel_levels():
    mfccs = features.mean_mfccs([0.01 * NOISE + 0.2, NOISE])
    assert np.allclose(mfccs[0], mfccs[1], rtol=1e-3)  # whatever the loudness and the offset
    normal = (NOISE - NOISE.mean()) / NOISE.std()
    padded = np.pad(normal, 128)  # librosa centres its frames
    starts = range(0, padded.size - 255, 80)
    frames = np.stack([padded[start : start + 256] for start in starts], axis=1)
    power = np.abs(np.fft.rfft(frames * hann(256)[:, np.newaxis], axis=0)) ** 2
    bands = librosa.filters.mel(sr=8000, n_fft=256, n_mels=40) @ power
    decibels = 10 * np.log10(np.maximum(bands, 1e-10))
    decibels = np.maximum(decibels, decibels.max() - 80)
    coefficients = scipy.fft.dct(decibels, axis=0, norm="ortho")[:20]
    expected = [*coefficients.mean(axis=1), *coefficients.std(axis=1)]
    np.testing.assert_allclose(mfccs[1], expected, rtol=1e-3, atol=1e-3)


def test_the_majority_baseline_hears_zeros():
    np.testing.assert_array_equal(features.no_features(WAVEFORMS), [[0], [0], [0]])


# --- Shorter than a window, and silent ---

FED = [
    features.waveform_input,
    features.spectrogram_input,
    features.original_spectrogram_input,
    features.general_waveform_input,
    features.general_spectrogram_input,
    features.without_band_means,
    features.general_without_band_means,
    features.mean_mfccs,
]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("feed", FED, ids=lambda feed: feed.__name__)
@pytest.mark.parametrize("quiet", [np.zeros(3000), np.full(3000, 0.1, np.float32), np.array([0.5])])
def test_a_silent_clip_among_others_holds_no_nan_and_changes_no_other(feed, quiet):
    silent, other = feed([quiet, NOISE])
    assert np.isfinite(silent).all()
    np.testing.assert_array_equal(other, feed([NOISE])[0])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("feed", FED, ids=lambda feed: feed.__name__)
@pytest.mark.parametrize("size", [2, 79, 80, 192, 255])
def test_a_clip_shorter_than_a_window_is_fed_without_a_warning(feed, size):
    assert np.isfinite(feed([NOISE[:size]])).all()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("size", [1, 80, 192, 193, 255])
@pytest.mark.parametrize("clips", [(), (3,)])
def test_the_spectrogram_of_a_clip_shorter_than_the_window_is_filled_up_with_zeros(size, clips):
    short = np.broadcast_to(NOISE[:size], (*clips, size))
    padded = np.broadcast_to(np.pad(NOISE[:size], (0, 256 - size)), (*clips, 256))
    for given, expected in zip(
        features.spectrogram(short), features.spectrogram(padded), strict=True
    ):
        np.testing.assert_array_equal(given, expected)
    assert given.shape == (*clips, 129, 1)


@pytest.mark.parametrize("hop_length", [0, -1, 257])
def test_a_hop_is_at_least_a_sample_and_at_most_a_window(hop_length):
    with pytest.raises(
        ValueError, match=f"^hop_length is from 1 to window_length, 256 .*{hop_length}"
    ):
        features.spectrogram(NOISE, 256, hop_length)


@pytest.mark.parametrize("given", [[], [np.nan], "seven", 0.5, None])
def test_what_has_no_spectrogram_gets_a_sentence(given):
    with pytest.raises(ClipError):
        features.spectrogram(given)


def test_a_length_that_holds_nothing_is_refused():
    with pytest.raises(ValueError, match="^length is a number of samples: give 1 or more, not 0"):
        features.waveform_input([NOISE], length=0)
    with pytest.raises(ValueError, match="^length is at least 256 samples, one frame, not 255"):
        features.spectrogram_input([NOISE], length=255)
