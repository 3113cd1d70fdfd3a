"""Starting TensorFlow, and training a network."""

import os

import numpy as np
import pandas as pd

from .augmentation import mask


def start_tensorflow():
    """Start TensorFlow with its start-up lines kept off the page; Python's own errors still show.

    TensorFlow 2.21 writes them before it reads TF_CPP_MIN_LOG_LEVEL
    (https://github.com/tensorflow/tensorflow/issues/100442), so stderr is closed meanwhile.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    stderr, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        import keras

        keras.ops.zeros(1)
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(nowhere)


def train(
    model,
    x,
    digits,
    epochs,
    rate=0.002,
    shift=0,
    smoothing=0.0,
    seed=0,
    validation=None,
    change=None,
):
    """Train with Adam in batches of 32, the learning rate falling to 0 along a cosine.

    `x` is an input (clips, ...), `digits` the answers, `validation` such a pair to watch. In every
    epoch each clip moves by a new random number of samples, at most `shift`, either way; then
    change(x, random) may do more to all of them, with a NumPy generator.
    `smoothing` is the label smoothing (Szegedy et al. 2016, arXiv:1512.00567). Returns a DataFrame
    with a row an epoch. Built up in notebook 03.
    """
    import keras

    schedule = keras.optimizers.schedules.CosineDecay(rate, epochs * -(-len(x) // 32))
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=smoothing)
    model.compile(keras.optimizers.Adam(schedule), loss, metrics=["accuracy"])
    answers = keras.utils.to_categorical(digits, 10)
    if validation:
        validation = validation[0], keras.utils.to_categorical(validation[1], 10)

    random, history = np.random.default_rng(seed), []
    for epoch in range(1, epochs + 1):
        shifts = random.integers(-shift, shift + 1, len(x))
        moved = np.stack([np.roll(clip, by, axis=0) for clip, by in zip(x, shifts, strict=True)])
        if change:
            moved = change(moved, random)
        result = model.fit(moved, answers, batch_size=32, verbose=0, validation_data=validation)
        history.append({name: values[0] for name, values in result.history.items()})
        if epoch % max(1, epochs // 10) == 0:
            print(progress(epoch, history[-1]), flush=True)
    return pd.DataFrame(history)


def progress(epoch, logs):
    """One line on an epoch of training, from the figures that Keras gives."""
    line = f"epoch {epoch:3}: loss {logs['loss']:.2f}, accuracy {logs['accuracy']:.0%}"
    if "val_loss" not in logs:
        return line
    return f"{line}, validation loss {logs['val_loss']:.2f}, accuracy {logs['val_accuracy']:.0%}"


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
