"""What experiments.py trains: how each network is built, what it is fed, how it is trained.

RECIPES maps (network, variant) to a Recipe. Each part is built up in the notebook that its
docstring names.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy.signal
import soxr
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import helpers

# --- What is fed to the networks, and how they are trained ---


def original_waveform_input(waveforms):
    """What sample_cnn(original=True) is fed: 16-bit numbers, (clips, 18262, 1). Notebook 03."""
    return 32768 * helpers.pad_or_cut(waveforms, 18262)[..., np.newaxis]


def original_spectrogram_input(waveforms):
    """What spectrogram_cnn(original=True) is fed: power, (clips, 129, 22, 1). Notebook 04."""
    padded = helpers.pad_or_cut(waveforms, 5000)
    _, _, power = scipy.signal.spectrogram(padded, helpers.SAMPLE_RATE)
    return (power / power.max(axis=(1, 2), keepdims=True))[..., np.newaxis]


def waveforms_as_recorded(waveforms):
    """What sample_cnn() is fed, but no clip's offset or loudness is changed. Notebook 07."""
    lifted = [np.append(wave[:1], wave[1:] - 0.95 * wave[:-1]) for wave in waveforms]
    padded = helpers.pad_or_cut(lifted, helpers.PADDED_LENGTH)
    return 50 * padded[..., np.newaxis]  # one factor for all clips


def levels_as_recorded(waveforms):
    """What spectrogram_cnn() is fed, but 120 dB up to full scale for all clips. Notebook 07."""
    import librosa

    padded = helpers.pad_or_cut(waveforms, helpers.PADDED_LENGTH)
    _, _, power = scipy.signal.spectrogram(padded, helpers.SAMPLE_RATE, "hann", 256, 176)
    power = librosa.filters.mel(sr=helpers.SAMPLE_RATE, n_fft=256, n_mels=40) @ power
    return (1 + np.log10(np.maximum(power, 1e-12)) / 12)[..., np.newaxis]


def without_band_means(waveforms):
    """What spectrogram_cnn() is fed, less each band's mean over the clip. Built up in notebook 07.

    A microphone adds about as many dB to a band in every frame. The difference holds less of that,
    though not nothing: padding and what lies below the floor take part in the mean.
    """
    images = helpers.spectrogram_input(waveforms)
    return images - images.mean(axis=2, keepdims=True)


def mean_mfccs(waveforms):
    """Mean and spread over time of 20 MFCCs, an array (clips, 40). Built up in notebook 05.

    Mel-frequency cepstral coefficients (Davis and Mermelstein 1980, doi:10.1109/TASSP.1980.1163420)
    say in few numbers which shape a spectrum has.
    """
    import librosa  # slow to import

    rate = helpers.SAMPLE_RATE
    mfccs = [
        librosa.feature.mfcc(
            y=helpers.normalise(waveform), sr=rate, n_fft=256, hop_length=80, n_mels=40
        )
        for waveform in waveforms
    ]
    return np.stack([np.append(mfcc.mean(axis=1), mfcc.std(axis=1)) for mfcc in mfccs])


def nothing(waveforms):
    """What the majority baseline hears: zeros, an array (clips, 1)."""
    return np.zeros((len(waveforms), 1))


def logistic_regression():
    """The second baseline: the 40 numbers scaled to equal spread, then weighed for each digit."""
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000))


def deep_sample_cnn():
    """The truly sample-level network of notebook 03: input as sample_cnn(), filters of width 3.

    Source: Lee et al. 2017, arXiv:1703.01789, made smaller for 8 kHz.
    """
    from keras import Input, Sequential, layers

    def convolution(filters, stride=1, padding="same"):
        yield layers.Conv1D(filters, 3, strides=stride, padding=padding)
        yield layers.BatchNormalization(momentum=0.9)
        yield layers.ReLU()

    blocks = [*convolution(16, stride=3, padding="valid")]
    for filters in [16, 32, 64, 64, 96, 128]:
        blocks += [*convolution(filters), layers.MaxPooling1D(3)]
    end = [layers.Flatten(), layers.Dropout(0.5), layers.Dense(10, activation="softmax")]
    return Sequential([Input((helpers.PADDED_LENGTH, 1)), *blocks, *end])


def recurrent(cell, both_ways=False):
    """A recurrent network on spectrograms: a "GRU" or "LSTM" of 64 numbers, carried through time.

    Input as spectrogram_cnn(). Frames of padding are masked: the state stops at the word's end.
    With `both_ways` a second one reads backwards. Built up in notebook 08.
    Sources: Cho et al. 2014, arXiv:1406.1078 (GRU); Hochreiter and Schmidhuber 1997,
    doi:10.1162/neco.1997.9.8.1735 (LSTM).
    """
    from keras import Input, Sequential, layers

    reader = getattr(layers, cell)(64)
    return Sequential(
        [
            Input((40, 64, 1)),
            layers.Reshape((40, 64)),
            layers.Permute((2, 1)),  # frame after frame
            layers.Masking(0.0),
            layers.Bidirectional(reader) if both_ways else reader,
            layers.Dropout(0.3),
            layers.Dense(10, activation="softmax"),
        ]
    )


def conv_gru():
    """A convolutional-recurrent network: the layers of spectrogram_cnn(), then a GRU over time.

    Input as spectrogram_cnn(). The second pooling leaves time alone, so that 16 steps are left for
    the GRU. Built up in notebook 08.
    """
    from keras import Input, Sequential, layers

    def convolution(filters, pool):
        yield layers.Conv2D(filters, 5, padding="same")
        yield layers.BatchNormalization(momentum=0.9)
        yield layers.ReLU()
        yield layers.MaxPooling2D(pool)

    return Sequential(
        [
            Input((40, 64, 1)),
            *convolution(24, pool=(2, 4)),
            *convolution(48, pool=(2, 1)),
            layers.Permute((2, 1, 3)),
            layers.Reshape((16, 10 * 48)),
            layers.GRU(64),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )


def general_cnn(waveforms=False):
    """The network for voices that it never heard: it looks for sounds wherever they occur.

    Strided convolutions over bands and frames, then convolutions over frames alone; what they
    found is summed up as mean and maximum over time. Input (40, any number of frames, 1) from
    spectrogram_input(). With `waveforms` its first layer is a bank of learnable Gabor filters, and
    the input (any number of samples, 1) from waveform_input(). Built up in notebook 07.
    """
    from keras import Input, Model, layers

    def convolution(x, kind, filters, width, **options):
        x = kind(filters, width, padding="same", use_bias=False, **options)(x)
        return layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))

    inputs = Input((None, 1) if waveforms else (40, None, 1))
    x = gabor_levels(inputs) if waveforms else inputs
    x = convolution(x, layers.Conv2D, 32, 5, strides=2)
    x = convolution(x, layers.Conv2D, 64, 3, strides=2)
    x = layers.Reshape((-1, 10 * 64))(layers.Permute((2, 1, 3))(x))  # frame after frame
    x = convolution(x, layers.Conv1D, 64, 1)
    x = convolution(x, layers.Conv1D, 96, 9)
    x = convolution(x, layers.Conv1D, 96, 9)
    x = layers.Concatenate()([layers.GlobalAveragePooling1D()(x), layers.GlobalMaxPooling1D()(x)])
    x = layers.Dropout(0.3)(x)
    return Model(inputs, layers.Dense(10, activation="softmax")(x))


def gabor_filters():
    """40 cosines, then 40 sines, each under a Gaussian: an array (256 samples, 1, 80).

    Centres and widths are those of mel bands, but no band is narrower than 60 Hz (the full width
    at half of the maximum). Each filter has the same energy. Built up in notebook 07.
    """
    import librosa

    edges = librosa.mel_frequencies(42, fmin=30, fmax=3950)
    centres, widths = edges[1:-1], np.maximum((edges[2:] - edges[:-2]) / 2, 60)
    times = (np.arange(256)[:, np.newaxis] - 128) / helpers.SAMPLE_RATE
    gaussians = np.exp(-((np.pi * widths * times) ** 2) / (4 * np.log(2)))
    gaussians /= np.sqrt((gaussians**2).sum(axis=0) / 2)
    phases = 2 * np.pi * centres * times
    waves = np.concatenate([gaussians * np.cos(phases), gaussians * np.sin(phases)], axis=1)
    return waves[:, np.newaxis].astype(np.float32)


def gabor_levels(x):
    """Levels of 40 learnable bands over time: waveforms (clips, samples, 1) -> (clips, 40, ..., 1).

    Each band starts as a Gabor filter. The squares of its cosine and sine add up to the band's
    power, of which there is a mean for every 80 samples. Then, as in spectrogram_input(): dB from
    50 below the clip's loudest point up to it, as 0 ... 1. Built up in notebook 07.
    Source: the LEAF front end, Zeghidour et al. 2021, arXiv:2101.08596, made simpler.
    """
    from keras import layers, ops

    filters = layers.Conv1D(80, 256, strides=40, padding="same", use_bias=False)
    filters.build((None, None, 1))
    filters.set_weights([gabor_filters()])
    x = filters(x)
    power = ops.square(x[..., :40]) + ops.square(x[..., 40:])
    power = layers.AveragePooling1D(2)(power)
    share = power / ops.max(power, axis=(1, 2), keepdims=True)
    levels = 1 + ops.log10(ops.maximum(share, 1e-5)) / 5
    return layers.Permute((2, 1, 3))(layers.Reshape((-1, 40, 1))(levels))


def rebuilt(build, change):
    """The network of `build`, where change(config) has edited the settings of each layer."""
    import keras

    def with_change(layer):
        config = layer.get_config()
        change(config)
        return layer.from_config(config)

    return keras.models.clone_model(build(), clone_function=with_change)


def resize(config, factor):
    """Give a layer `factor` times as many filters or hidden units; the ten answers stay ten."""
    for size in {"filters", "units"} & config.keys():
        if config[size] != 10:
            config[size] = int(factor * config[size])


def with_setting(build, name, value):
    """`build`, but with another setting in every layer that has one of that name."""

    def change(config):
        if name in config:
            config[name] = value

    return partial(rebuilt, build, change)


def train_as_published(model, x, digits, epochs, seed, validation, patience=None):
    """Train as the originals were: Adam as it comes, batches of 135. Returns the history.

    With `patience` it stops early: after so many epochs without a lower validation loss it goes
    back to the best weights.
    """
    import keras

    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    answers = [keras.utils.to_categorical(part, 10) for part in (digits, validation[1])]
    pair, watch = (validation[0], answers[1]), []
    if patience:
        watch = [keras.callbacks.EarlyStopping(patience=patience, restore_best_weights=True)]
    result = model.fit(x, answers[0], 135, epochs, validation_data=pair, verbose=0, callbacks=watch)
    return pd.DataFrame(result.history)


def train_masked(model, x, digits, train, seed, validation):
    """Train on each spectrogram and on three masked ones of it. Notebook 06."""
    random = np.random.default_rng(seed)
    x = np.concatenate([x, *(mask(x, random) for _ in range(3))])
    return train(model, x, np.tile(digits, 4), seed=seed, validation=validation)


def fit_baseline(model, x, digits, seed, validation):
    """Fit a scikit-learn model, which has no epochs: the history is empty."""
    model.fit(x, digits)
    return pd.DataFrame()


# --- Augmentation: training clips as they might also have been recorded ---


def add_noise(waveform, ratio, random, colour=0.0, power=None):
    """Add noise whose mean power lies `ratio` dB below the waveform's, or below `power`.

    The noise's power falls with frequency as 1 / frequency to the power of `colour`: 0 is white, 1
    pink, 2 brown. Built up in notebook 06.
    """
    spectrum = np.fft.rfft(random.normal(size=waveform.size))
    frequencies = np.fft.rfftfreq(waveform.size, 1 / helpers.SAMPLE_RATE)
    spectrum *= np.maximum(frequencies, 50) ** (-colour / 2)  # no boundless rumble below 50 Hz
    noise = np.fft.irfft(spectrum, waveform.size)
    wanted = np.mean(waveform**2) if power is None else power
    noise *= np.sqrt(wanted / 10 ** (ratio / 10) / np.mean(noise**2))
    return (waveform + noise).astype(np.float32)


def change_voice(waveform, pitch=1.0, pace=1.0):
    """The clip as of another speaker: pitch and resonances times `pitch`, and `pace` as fast.

    Played `pitch` times as fast, all frequencies rise and the clip gets shorter. librosa's phase
    vocoder then brings it to the wanted length, at the same frequencies. Built up in notebook 06.
    """
    import librosa  # slow to import

    rate = helpers.SAMPLE_RATE
    raised = soxr.resample(np.asarray(waveform, np.float32), pitch * rate, rate)
    return librosa.effects.time_stretch(raised, rate=pace / pitch, n_fft=256, hop_length=64)


# What might have happened to a recording: name -> function of a waveform and a random generator.
AUGMENTATIONS = {
    "noise": lambda waveform, random: add_noise(waveform, random.uniform(8, 35), random),
    "shift": lambda waveform, random: np.pad(waveform, (random.integers(0, 801), 0)),
    "gain": lambda waveform, random: waveform * 10 ** (random.uniform(-20, 0) / 20),
    "pace": lambda waveform, random: change_voice(waveform, pace=random.uniform(0.85, 1.18)),
    "pitch": lambda waveform, random: change_voice(waveform, pitch=random.uniform(0.87, 1.15)),
}


def augment(waveform, random):
    """All of AUGMENTATIONS at once; the noise of a room comes after what the speaker does."""
    for name in ("pitch", "pace", "shift", "noise", "gain"):
        waveform = AUGMENTATIONS[name](waveform, random)
    return waveform


def equalise(waveform, random, most=6):
    """As from another microphone or room: parts of the spectrum louder or softer by `most` dB.

    Six random levels, evenly spaced on the mel scale, and straight lines between. Notebook 07.
    """
    import librosa

    mels = librosa.hz_to_mel(np.fft.rfftfreq(waveform.size, 1 / helpers.SAMPLE_RATE))
    levels = np.interp(mels, np.linspace(0, mels[-1], 6), random.uniform(-most, most, 6))
    return np.fft.irfft(np.fft.rfft(waveform) * 10 ** (levels / 20), waveform.size)


def as_somebody_else(waveform, random):
    """A clip as another person might have spoken it, elsewhere. Built up in notebook 07.

    Another pitch, pace, microphone and room, the word anywhere in PADDED_LENGTH samples.
    """
    waveform = waveform - waveform.mean()
    pitch, pace = np.exp(random.uniform(np.log([0.85, 0.8]), np.log([1.2, 1.25])))
    waveform = equalise(change_voice(waveform, pitch, pace), random)
    power = np.mean(waveform**2)
    room = max(0, helpers.PADDED_LENGTH - waveform.size)
    before = random.integers(0, room + 1)
    placed = np.pad(waveform, (before, room - before))
    if random.random() < 0.4:
        return placed.astype(np.float32)
    return add_noise(placed, random.uniform(8, 35), random, random.uniform(0, 2), power)


def augmented(waveforms, change, copies, seed):
    """`copies` changed copies of all waveforms, a list: the first of each, then the second, ..."""
    random = np.random.default_rng(seed)
    return [change(waveform, random) for _ in range(copies) for waveform in waveforms]


def mask(images, random, bands=6, frames=12):
    """Hide a random stretch of bands and one of frames in each of some spectrograms.

    `images` is an array (clips, bands, frames, 1). The stretches are at most `bands` and `frames`
    long, and get the spectrogram's lowest value. Built up in notebook 06.
    Source: SpecAugment, Park et al. 2019, arXiv:1904.08779.
    """
    masked = images.copy()
    for image, lowest in zip(masked, images.min(axis=(1, 2, 3)), strict=True):
        for axis, longest in enumerate((bands, frames)):
            length = random.integers(0, longest + 1)
            start = random.integers(0, image.shape[axis] - length + 1)
            image[(slice(None),) * axis + (slice(start, start + length),)] = lowest
    return masked


# --- The recipes: network and variant -> all that a training needs ---


class Recipe(NamedTuple):
    """How a network is built, what it is fed, and how it is trained."""

    build: Callable  # () -> model
    features: Callable  # waveforms -> array (clips, ...)
    train: Callable  # (model, x, digits, seed=, validation=) -> history, a DataFrame
    clips_per_digit: int | None = None  # how many training clips it gets; None: all
    augment: Callable | None = None  # (waveform, random) -> a changed copy
    copies: int = 0  # how many changed ones of each training clip
    synthetic: bool = False  # whether the synthetic voices are training clips too


DROPOUTS = [0.7, 0.85]  # share of the values that are dropped; published: 0.25 to 0.6
PENALTIES = {"l1": [1e-4, 1e-3], "l2": [1e-3, 1e-2]}  # times the size, or square, of each weight


def cures(build, features, epochs):
    """What was proposed against overfitting, each alone, then together: name -> Recipe.

    The originals get one repair first, a momentum of 0.9 (notebook 04), so that the network is
    measured and not its lagging statistics. Where copies are added the epochs shrink, so that all
    cures make as many steps of training, but for more_epochs and early_stopping.
    """
    build = with_setting(build, "momentum", 0.9)
    train = partial(train_as_published, epochs=epochs)
    longer, shorter = (
        partial(train_as_published, epochs=count) for count in (3 * epochs, epochs // 4)
    )
    repaired = Recipe(build, features, train)
    copied = repaired._replace(train=shorter, copies=3)
    variants = {
        "repaired": repaired,
        "more_epochs": repaired._replace(train=longer),
        "early_stopping": repaired._replace(train=partial(longer, patience=max(5, epochs // 5))),
        "masks": repaired._replace(train=partial(train_masked, train=shorter)),
        "augmentation": copied._replace(augment=augment),
    }
    for rate in DROPOUTS:
        changed = with_setting(build, "rate", rate)
        variants[f"dropout_{rate}"] = repaired._replace(build=changed)
    for kind, strengths in PENALTIES.items():
        for strength in strengths:
            changed = penalised(build, kind, strength)
            variants[f"{kind}_{strength:g}"] = repaired._replace(build=changed)
    for name, change in AUGMENTATIONS.items():
        variants[name] = copied._replace(augment=change)
    both = penalised(with_setting(build, "rate", DROPOUTS[0]), "l2", PENALTIES["l2"][0])
    variants["together"] = copied._replace(augment=augment, build=both)
    return variants


def penalised(build, kind, strength):
    """`build`, with an "l1" or "l2" penalty on the weights of each layer."""
    penalty = {"class_name": kind.upper(), "config": {kind: strength}}
    return with_setting(build, "kernel_regularizer", penalty)


def _recipes():
    sample = Recipe(
        helpers.sample_cnn,
        helpers.waveform_input,
        partial(helpers.train, epochs=21, rate=0.0015, shift=400),
    )
    spectrogram = Recipe(
        helpers.spectrogram_cnn,
        helpers.spectrogram_input,
        partial(helpers.train, epochs=15, smoothing=0.1),
    )
    deep = partial(helpers.train, epochs=20, shift=400)
    recipes = {
        ("majority", "baseline"): Recipe(DummyClassifier, nothing, fit_baseline),
        ("mfcc_logistic", "baseline"): Recipe(logistic_regression, mean_mfccs, fit_baseline),
        ("sample_cnn", "improved"): sample,
        ("spectrogram_cnn", "improved"): spectrogram,
        ("deep_sample_cnn", "improved"): Recipe(deep_sample_cnn, helpers.waveform_input, deep),
    }

    readers = {
        "gru": partial(recurrent, "GRU"),
        "lstm": partial(recurrent, "LSTM"),
        "bidirectional_gru": partial(recurrent, "GRU", both_ways=True),
    }
    # Their epochs are cheaper: so many take about as long as the spectrogram CNN's 15.
    longer = partial(spectrogram.train, epochs=30, rate=0.004)
    for name, build in readers.items():
        recipes[name, "improved"] = spectrogram._replace(build=build, train=longer)
    recipes["conv_gru", "improved"] = spectrogram._replace(build=conv_gru)

    build = partial(helpers.sample_cnn, original=True)
    published = Recipe(build, original_waveform_input, partial(train_as_published, epochs=500))
    recipes["sample_cnn", "original"] = published
    for name, factor in [("half", 0.5), ("double", 2)]:
        resized = partial(rebuilt, build, partial(resize, factor=factor))
        recipes["sample_cnn", f"original_{name}_filters"] = published._replace(build=resized)
    for name, recipe in cures(build, original_waveform_input, epochs=60).items():
        if name != "masks":  # those are for spectrograms
            recipes["sample_cnn", f"original_{name}"] = recipe

    build = partial(helpers.spectrogram_cnn, original=True)
    published = Recipe(build, original_spectrogram_input, partial(train_as_published, epochs=10))
    quick = with_setting(build, "momentum", 0.9)
    recipes["spectrogram_cnn", "original"] = published
    recipes["spectrogram_cnn", "original_50_epochs"] = published._replace(
        train=partial(train_as_published, epochs=50)
    )
    recipes["spectrogram_cnn", "original_momentum"] = published._replace(build=quick)
    recipes["spectrogram_cnn", "original_momentum_half_filters"] = published._replace(
        build=partial(rebuilt, quick, partial(resize, factor=0.5))
    )
    for name, recipe in cures(build, original_spectrogram_input, epochs=12).items():
        recipes["spectrogram_cnn", f"original_{name}"] = recipe

    for network, recipe in [("sample_cnn", sample), ("spectrogram_cnn", spectrogram)]:
        recipes[network, "improved_augmentation"] = recipe._replace(
            train=partial(recipe.train, epochs=10), augment=augment, copies=3
        )

    general = Recipe(
        general_cnn,
        helpers.SHIPPED["spectrogram_cnn"],
        partial(helpers.train, epochs=6, smoothing=0.1, change=mask),
        augment=as_somebody_else,
        copies=5,
        synthetic=True,
    )
    recipes["spectrogram_cnn", "general"] = general
    recipes["sample_cnn", "general"] = general._replace(
        build=partial(general_cnn, waveforms=True),
        features=helpers.SHIPPED["sample_cnn"],
        train=partial(helpers.train, epochs=6, smoothing=0.1),  # masks are for spectrograms
    )

    # What helps with unseen speakers: one thing at a time, with about as many steps of training.
    # A fold has 2,000 clips for that: 12,000 with five copies of each, 5,000 with synthetic voices.
    recorded = {"sample_cnn": waveforms_as_recorded, "spectrogram_cnn": levels_as_recorded}
    for network, recipe in [("sample_cnn", sample), ("spectrogram_cnn", spectrogram)]:
        recipes[network, "improved_as_recorded"] = recipe._replace(features=recorded[network])
        few, some = (
            partial(recipe.train, epochs=math.ceil(recipe.train.keywords["epochs"] * 2000 / clips))
            for clips in (12_000, 5_000)
        )
        recipes[network, "improved_voices"] = recipe._replace(
            train=few, augment=as_somebody_else, copies=5
        )
        recipes[network, "improved_synthetic"] = recipe._replace(train=some, synthetic=True)
    for network in helpers.SHIPPED:
        recipe = recipes[network, "general"]
        recipes[network, "general_alone"] = recipe._replace(
            train=partial(recipe.train, epochs=15), augment=None, copies=0, synthetic=False
        )
    recipes["spectrogram_cnn", "improved_band_means"] = spectrogram._replace(
        features=without_band_means
    )

    # Fewer clips, but as many steps of training: the epochs grow as the clips shrink.
    for network, recipe in [("sample_cnn", sample), ("spectrogram_cnn", spectrogram)]:
        for clips_per_digit in CLIPS_PER_DIGIT:
            epochs = recipe.train.keywords["epochs"] * 240 // clips_per_digit
            recipes[network, f"improved_{clips_per_digit}_clips"] = recipe._replace(
                train=partial(recipe.train, epochs=epochs), clips_per_digit=clips_per_digit
            )
    return recipes


CLIPS_PER_DIGIT = [30, 60, 120]  # beside the 240 of the whole training set
RECIPES = _recipes()
