"""Changed copies of clips and spectrograms: how far they are changed, and whose label they bear."""

from types import SimpleNamespace

import librosa
import numpy as np
import pandas as pd
import pytest
import scipy.signal

from spoken_digits import augmentation
from spoken_digits.audio import SAMPLE_RATE
from spoken_digits.features import PADDED_LENGTH

SECOND = np.arange(SAMPLE_RATE) / SAMPLE_RATE
TONE = 0.5 * np.sin(2 * np.pi * 500 * SECOND).astype(np.float32)
LABELS = [3, 1, 4, 1, 5, 9, 2, 6]  # in no order, so that a shuffled label is noticed
CHANGES = [
    *augmentation.AUGMENTATIONS.values(),
    augmentation.augment,
    augmentation.equalise,
    augmentation.as_somebody_else,
]


def loudest_frequency(waveform):
    frequencies, power = scipy.signal.periodogram(waveform, SAMPLE_RATE)
    return frequencies[power.argmax()]


def snr_in_db(waveform, noisy):
    return 10 * np.log10(np.mean(waveform**2) / np.mean((noisy - waveform) ** 2))


def extreme(end, chance=0.5):
    """A random generator whose every number is the lowest (end=0) or highest (1) that is allowed.

    But its noise is noise, and random() is `chance`.
    """

    def uniform(low, high, size=None):
        return np.broadcast_to((low, high)[end], size or np.shape(low))[()]

    def integers(low, high):
        return (low, high - 1)[end]

    return SimpleNamespace(
        uniform=uniform,
        integers=integers,
        random=lambda: chance,
        normal=np.random.default_rng(0).normal,
    )


# --- Noise ---


@pytest.mark.parametrize("snr_db", [0, 20])
def test_noise_lies_as_far_below_the_waveform_as_was_asked(snr_db):
    noisy = augmentation.add_noise(TONE, snr_db, np.random.default_rng(0))
    assert snr_in_db(TONE, noisy) == pytest.approx(snr_db, abs=0.001)
    assert noisy.dtype == np.float32


def test_where_a_power_is_given_the_noise_is_measured_by_it():
    noisy = augmentation.add_noise(TONE, 10, np.random.default_rng(0), power=0.02)
    assert np.mean((noisy - TONE) ** 2) == pytest.approx(0.002, rel=1e-3)
    still = augmentation.add_noise(TONE, 10, np.random.default_rng(0), power=0)
    np.testing.assert_allclose(still, TONE, atol=1e-7)


@pytest.mark.parametrize(("colour", "slope"), [({}, 0), ({"colour": 1}, -3), ({"colour": 2}, -6)])
def test_coloured_noise_falls_by_3_decibels_an_octave_times_its_colour(colour, slope):
    silence, random = np.zeros(160_000), np.random.default_rng(0)
    noise = augmentation.add_noise(silence, 0, random, **colour, power=1)
    assert np.mean(noise**2) == pytest.approx(1, rel=1e-3)
    frequencies, power = scipy.signal.welch(noise, SAMPLE_RATE, nperseg=1024)
    bands = [
        power[(frequencies > centre / 1.2) & (frequencies < centre * 1.2)].mean()
        for centre in (500, 1000, 2000)
    ]
    np.testing.assert_allclose(np.diff(10 * np.log10(bands)), slope, atol=0.7)


def test_below_50_hertz_no_rumble_is_added():
    noise = augmentation.add_noise(np.zeros(160_000), 0, np.random.default_rng(0), 2, 1)
    frequencies, power = scipy.signal.periodogram(noise, SAMPLE_RATE)
    bands = [power[(frequencies > f - 4) & (frequencies < f + 4)].mean() for f in (10, 45, 100)]
    levels = 10 * np.log10(np.divide(bands, bands[0]))
    np.testing.assert_allclose(levels, [0, 0, -6], atol=2)  # brown noise: one octave above 50 Hz


def test_a_noise_is_white_and_8_to_35_decibels_below_the_word():
    for end, snr_db in enumerate((8, 35)):
        noisy = augmentation.with_noise(TONE, extreme(end))
        assert snr_in_db(TONE, noisy) == pytest.approx(snr_db, abs=0.01)
        low, high = np.split(np.abs(np.fft.rfft(noisy - TONE))[1:] ** 2, 2)
        assert low.mean() == pytest.approx(high.mean(), rel=0.1)


# --- Voice, place and loudness ---


@pytest.mark.parametrize(("pitch", "pace"), [(1, 0.8), (1, 1.25), (1.2, 1), (0.85, 1), (1.2, 0.8)])
def test_another_voice_has_the_pitch_and_pace_that_were_asked(pitch, pace):
    changed = augmentation.change_voice(TONE, pitch, pace)
    assert changed.size == pytest.approx(TONE.size / pace, rel=0.01)
    assert loudest_frequency(changed) == pytest.approx(500 * pitch, rel=0.01)


def test_unless_asked_the_voice_stays_as_it_is():
    for given in (TONE, TONE.astype(float)):
        changed = augmentation.change_voice(given)
        assert changed.dtype == np.float32
        np.testing.assert_allclose(changed, TONE, atol=1e-3)


def test_a_voice_is_stretched_in_windows_of_256_samples(monkeypatch):
    given, stretch = [], librosa.effects.time_stretch

    def spy(waveform, **options):
        given.append((waveform.size, options))
        return stretch(waveform, **options)

    monkeypatch.setattr(librosa.effects, "time_stretch", spy)
    augmentation.change_voice(TONE, pitch=1.25, pace=0.8)
    ((size, options),) = given
    assert size == 6400  # a second, played 1.25 times as fast
    assert options == {"rate": pytest.approx(0.64), "n_fft": 256, "hop_length": 64}


@pytest.mark.parametrize("change", [augmentation.with_pace, augmentation.with_pitch])
def test_pace_and_pitch_change_within_their_bounds(change):
    for end in (0, 1):
        changed = change(TONE, extreme(end))
        if change is augmentation.with_pace:
            pitch, pace = 1, (0.85, 1.18)[end]
        else:
            pitch, pace = (0.87, 1.15)[end], 1
        assert changed.size == pytest.approx(TONE.size / pace, abs=2)
        assert loudest_frequency(changed) == pytest.approx(500 * pitch, abs=1)


def test_a_shift_puts_up_to_a_tenth_of_a_second_of_silence_before_the_word():
    np.testing.assert_array_equal(augmentation.with_shift(TONE, extreme(0)), TONE)
    shifted = augmentation.with_shift(TONE, extreme(1))
    assert not shifted[:800].any()
    np.testing.assert_array_equal(shifted[800:], TONE)


def test_a_gain_makes_softer_by_up_to_20_decibels():
    np.testing.assert_allclose(augmentation.with_gain(TONE, extreme(0)), TONE / 10, rtol=1e-6)
    np.testing.assert_allclose(augmentation.with_gain(TONE, extreme(1)), TONE, rtol=1e-6)


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_copy_differs_and_leaves_the_given_clip_alone(change):
    given = TONE.copy()
    first, second, again = (change(given, np.random.default_rng(seed)) for seed in (0, 1, 0))
    assert (given == TONE).all()
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(first, again)


def test_all_at_once_come_in_the_order_of_speaker_then_room_then_microphone(monkeypatch):
    assert list(augmentation.AUGMENTATIONS) == ["noise", "shift", "gain", "pace", "pitch"]
    for name, change in augmentation.AUGMENTATIONS.items():
        assert change is getattr(augmentation, f"with_{name}")
        monkeypatch.setitem(
            augmentation.AUGMENTATIONS,
            name,
            lambda steps, random, name=name: [*steps, (name, random)],
        )
    steps = augmentation.augment([], "random")
    assert steps == [(name, "random") for name in ("pitch", "pace", "shift", "noise", "gain")]


# --- The microphone ---


def equaliser(draw, **options):
    """What the equaliser does to 0, 1, 2, ... Hz, in decibels; `draw` gives its random levels."""
    impulse = np.zeros(SAMPLE_RATE)
    impulse[0] = 1
    random = SimpleNamespace(uniform=draw)
    return 20 * np.log10(abs(np.fft.rfft(augmentation.equalise(impulse, random, **options))))


def test_the_equaliser_keeps_within_its_decibels():
    random = np.random.default_rng(0)
    levels = equaliser(random.uniform, max_db=6)
    assert -6 <= levels.min() < -2
    assert 2 < levels.max() <= 6
    np.testing.assert_allclose(equaliser(extreme(0).uniform), -6)
    np.testing.assert_allclose(equaliser(extreme(1).uniform), 6)
    np.testing.assert_allclose(equaliser(extreme(1).uniform, max_db=3), 3)


def test_the_equaliser_draws_straight_lines_between_six_levels_on_the_mel_scale():
    def zigzag(low, high, size):
        assert size == 6
        return np.array([low, high, low, high, low, high])

    levels = equaliser(zigzag)
    mels = np.linspace(0, librosa.hz_to_mel(4000), 11)  # six levels, and halfway between
    at = librosa.mel_to_hz(mels)
    expected = [-6, 0, 6, 0, -6, 0, 6, 0, -6, 0, 6]
    np.testing.assert_allclose(np.interp(at, np.arange(4001), levels), expected, atol=0.02)


# --- As somebody else ---


@pytest.fixture
def steps(monkeypatch):
    """What as_somebody_else() calls, in order: (name, waveform given, other arguments)."""
    calls = []

    def spy(name, step):
        def spying(waveform, *arguments):
            calls.append((name, waveform, arguments))
            return step(waveform, *arguments)

        return spying

    for name in ("change_voice", "equalise", "add_noise"):
        monkeypatch.setattr(augmentation, name, spy(name, getattr(augmentation, name)))
    return calls


@pytest.mark.parametrize("end", [0, 1])
def test_somebody_else_has_another_voice_microphone_and_room(steps, end):
    random = extreme(end)
    copy = augmentation.as_somebody_else(TONE[:1600] + 0.1, random)
    assert [name for name, _, _ in steps] == ["change_voice", "equalise", "add_noise"]

    (_, given, (pitch, pace)), (_, voice, (generator,)), (_, placed, noise) = steps
    np.testing.assert_allclose(given, TONE[:1600], atol=1e-6)  # without the offset
    assert pitch == pytest.approx((0.85, 1.2)[end])
    assert pace == pytest.approx((0.8, 1.25)[end])
    assert voice.size == pytest.approx(1600 / pace, abs=2)
    assert generator is random

    snr_db, generator, colour, power = noise
    assert (snr_db, colour) == ((8, 35)[end], (0, 2)[end])
    assert generator is random
    word = augmentation.equalise(voice, extreme(end))
    assert power == pytest.approx(np.mean(word**2))  # of the word, not of the silence around it
    assert copy.size == PADDED_LENGTH
    before = (0, PADDED_LENGTH - word.size)[end]
    after = PADDED_LENGTH - word.size - before
    np.testing.assert_allclose(placed, np.pad(word, (before, after)), atol=1e-6)


@pytest.mark.parametrize(("chance", "silent"), [(0, True), (0.399, True), (0.4, False), (1, False)])
def test_in_two_of_five_copies_by_somebody_else_the_room_is_silent(steps, chance, silent):
    copy = augmentation.as_somebody_else(TONE[:1600], extreme(1, chance))
    assert copy.dtype == np.float32
    assert silent == ("add_noise" not in [name for name, _, _ in steps])
    assert silent == (not copy[:1000].any())


def test_somebody_else_speaks_somewhere_in_the_padded_length():
    starts = []
    for seed in range(20):
        copy = augmentation.as_somebody_else(TONE[:1600], np.random.default_rng(seed))
        assert copy.size == PADDED_LENGTH
        starts.append(np.argmax(abs(copy) > 0.5 * abs(copy).max()))
    assert np.ptp(starts) > 1500


def test_a_long_word_by_somebody_else_is_not_cut():
    copy = augmentation.as_somebody_else(TONE, extreme(1))
    assert copy.size == pytest.approx(TONE.size / 1.25, abs=2)


# --- Copies and their labels ---


def of_digit(digit):
    """A waveform that tells its digit, in its values and in its length."""
    return np.full(10 + digit, digit, float)


def a_little_changed(waveform, random):
    return waveform + random.uniform(-0.3, 0.3)


def test_copies_come_one_round_after_another():
    counted = iter(range(100))
    copies = augmentation.augmented(
        ["a", "b"], lambda clip, random: (clip, next(counted)), 3, seed=0
    )
    assert [clip for clip, _ in copies] == ["a", "b"] * 3
    assert [number for _, number in copies] == list(range(6))


def test_the_seed_decides_how_copies_are_changed():
    def change(waveform, random):
        return random.integers(1_000_000)

    copies = [augmentation.augmented("abc", change, 2, seed) for seed in (5, 5, 6)]
    assert copies[0] == np.random.default_rng(5).integers(1_000_000, size=6).tolist()
    assert copies[0] == copies[1] != copies[2]


@pytest.mark.parametrize("copies", [1, 3])
def test_each_copy_bears_the_label_of_its_clip(copies):
    # A table's columns, as the training has them: with an index that is in no order either.
    clips = pd.DataFrame({"digit": LABELS}, index=np.random.default_rng(0).permutation(8))
    clips["waveform"] = [of_digit(digit) for digit in LABELS]
    given = clips["waveform"], clips["digit"]
    everything, labels = augmentation.with_copies(*given, a_little_changed, copies, seed=7)
    assert len(everything) == len(labels) == 8 * (1 + copies)
    for waveform, label in zip(everything, labels, strict=True):
        assert waveform.size == 10 + label
        np.testing.assert_allclose(waveform, label, atol=0.3)

    assert all(ours is theirs for ours, theirs in zip(everything, clips["waveform"], strict=False))
    added = augmentation.augmented(list(clips["waveform"]), a_little_changed, copies, 7)
    for ours, theirs in zip(everything[8:], added, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    other, _ = augmentation.with_copies(*given, a_little_changed, copies, seed=8)
    assert other[8][0] != everything[8][0]


# --- Masks ---


def images_of(labels):
    """Spectrograms that tell their digit: in their values between digit and digit + 0.5."""
    noise = np.random.default_rng(0).uniform(0, 0.5, (len(labels), 40, 64, 1))
    return noise + np.reshape(labels, (-1, 1, 1, 1))


def masked_places(images, masked):
    """Which bands and which frames of each image are hidden, as two arrays of bool."""
    hidden = masked[..., 0] == images.min(axis=(1, 2, 3))[:, np.newaxis, np.newaxis]
    return hidden.all(axis=2), hidden.all(axis=1)


def test_masks_hide_one_stretch_of_bands_and_one_of_frames():
    images = np.random.default_rng(0).uniform(1, 2, (400, 40, 64, 1))
    images[:, 0, 0] = 0.5  # the lowest value of each
    before, masked = images.copy(), augmentation.mask(images, np.random.default_rng(0))
    assert (images == before).all()
    hidden = masked[..., 0] == 0.5
    assert (masked[..., 0][~hidden] == images[..., 0][~hidden]).all()
    for places, longest in zip((hidden.all(axis=2), hidden.all(axis=1)), (6, 12), strict=True):
        assert set(places.sum(axis=1)) == set(range(longest + 1))  # every length, up to that
        assert (np.diff(places.astype(int), axis=1) == 1).sum(axis=1).max() == 1  # one stretch
        assert places.any(axis=0).all()  # anywhere, from the first to the last
    bands, frames = hidden.all(axis=2), hidden.all(axis=1)
    crossing = bands[:, :, np.newaxis] | frames[:, np.newaxis]
    crossing[:, 0, 0] = True  # it was the lowest before
    assert (hidden == crossing).all()


def test_masks_have_the_lowest_value_of_their_own_image_and_the_size_that_was_asked():
    images = images_of(LABELS * 20)
    masked = augmentation.mask(images, np.random.default_rng(0), bands=2, frames=3)
    bands, frames = masked_places(images, masked)
    assert bands.sum(axis=1).max() == 2
    assert frames.sum(axis=1).max() == 3
    np.testing.assert_array_equal(masked.min(axis=(1, 2)), images.min(axis=(1, 2)))


@pytest.mark.parametrize("copies", [1, 3])
def test_each_masked_copy_bears_the_label_of_its_spectrogram(copies):
    images, labels = images_of(LABELS), pd.Series(LABELS, index=range(8, 0, -1))
    given = images.copy()
    everything, theirs = augmentation.with_masked_copies(images, labels, copies, seed=7)
    assert everything.shape == (8 * (1 + copies), 40, 64, 1)
    np.testing.assert_array_equal(np.floor(everything.max(axis=(1, 2, 3))), theirs)
    np.testing.assert_array_equal(np.floor(everything.min(axis=(1, 2, 3))), theirs)

    np.testing.assert_array_equal(images, given)
    np.testing.assert_array_equal(everything[:8], images)
    random = np.random.default_rng(7)
    for start in range(8, len(everything), 8):  # new masks in each round
        expected = augmentation.mask(images, random)
        np.testing.assert_array_equal(everything[start : start + 8], expected)
        assert not np.array_equal(expected, images)


# --- To the sample: what any change of a number would move ---


def test_noise_is_added_as_it_was_drawn():
    noisy = augmentation.add_noise(TONE, 20, np.random.default_rng(5))
    noise = np.random.default_rng(5).normal(size=TONE.size)
    noise *= np.sqrt(np.mean(TONE**2) / 100 / np.mean(noise**2))
    np.testing.assert_allclose(noisy, TONE + noise, atol=1e-6)


def test_the_slope_of_coloured_noise_begins_at_50_hertz():
    spectra = [
        np.fft.rfft(augmentation.add_noise(np.zeros(8000), 0, np.random.default_rng(0), colour, 1))
        for colour in (0, 2)
    ]
    levels = np.abs(spectra[1]) / np.abs(spectra[0])  # in steps of 1 Hz
    np.testing.assert_allclose(levels[1:50], levels[50], rtol=1e-3)
    np.testing.assert_allclose(levels[50] / levels[51], 51 / 50, rtol=1e-3)


def test_the_equaliser_keeps_the_length_and_reaches_the_top():
    wave = np.random.default_rng(0).normal(size=4001)
    changed = augmentation.equalise(wave, extreme(1))
    assert changed.size == 4001
    np.testing.assert_allclose(changed, wave * 10 ** (6 / 20), rtol=1e-9)
    ramp = SimpleNamespace(uniform=lambda low, high, size: np.linspace(0, 6, size))
    impulse = np.zeros(100)
    impulse[0] = 1
    levels = 20 * np.log10(np.abs(np.fft.rfft(augmentation.equalise(impulse, ramp))))
    mels = librosa.hz_to_mel(np.fft.rfftfreq(100, 1 / SAMPLE_RATE))
    np.testing.assert_allclose(levels, 6 * mels / mels[-1], atol=1e-6)


def test_a_word_that_fills_the_clip_gets_no_room():
    long = np.random.default_rng(0).normal(size=3 * PADDED_LENGTH).astype(np.float32)
    slow = augmentation.as_somebody_else(long, extreme(1, chance=0.1))
    assert slow.size == pytest.approx(long.size / 1.25, rel=0.01)
    voice = augmentation.change_voice(long - long.mean(), 1.2, 1.25)
    assert slow.size == voice.size


@pytest.mark.parametrize("end", [0, 1])
def test_a_mask_may_begin_at_the_first_or_end_at_the_last_band_and_frame(end):
    images, longest = images_of([1]), iter([True, False, True, False])

    def integers(low, high):  # the longest, then where it begins
        return high - 1 if next(longest) or end else low

    (masked,) = augmentation.mask(images, SimpleNamespace(integers=integers))[..., 0]
    hidden = masked == images.min()
    bands, frames = ((range(6), range(12)), (range(34, 40), range(52, 64)))[end]
    assert np.flatnonzero(hidden.all(axis=1)).tolist() == [*bands]
    assert np.flatnonzero(hidden.all(axis=0)).tolist() == [*frames]


def test_the_placebo_changes_nothing():
    clip = np.random.default_rng(0).normal(size=100)
    np.testing.assert_array_equal(augmentation.unchanged(clip, np.random.default_rng(1)), clip)
