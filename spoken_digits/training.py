"""Starting TensorFlow, and training a network."""

import contextlib
import functools
import math
import os
import re
import tempfile
import threading
from functools import partial

import numpy as np
import pandas as pd

STARTING = threading.Lock()
# What TensorFlow says of itself, of the processor and of the GPU; what is fatal (F) is shown.
START_UP = re.compile(
    rb"WARNING: All log messages before absl|To enable the following instructions"
    rb"|[IWE]\d{4} \d\d:\d\d:\d\d|\d{4}-\d\d-\d\d [\d:.]+: [IWE] "
)


def start_tensorflow():
    """Start TensorFlow with its start-up lines kept off the page, once in a process.

    TensorFlow 2.21 writes them before it reads TF_CPP_MIN_LOG_LEVEL
    (https://github.com/tensorflow/tensorflow/issues/100442), so they are taken out of stderr.
    What others write there meanwhile, in a worker of a cluster say, arrives right afterwards.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with STARTING:  # two threads that put stderr aside at once would put each other's back
        start_once()


@functools.cache
def start_once():
    """What start_tensorflow() does the first time."""
    with without_start_up_lines():
        import keras

        keras.ops.zeros(1)


@contextlib.contextmanager
def without_start_up_lines():
    """Let stderr (that of C, too) wait in a file meanwhile, then pass it on without START_UP.

    A file and not a pipe: while TensorFlow loads, no thread of Python could empty a pipe.
    """
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as waiting:
        os.dup2(waiting.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            waiting.seek(0)
            with os.fdopen(stderr, "wb") as out:
                out.writelines(line for line in waiting if not START_UP.match(line))


def train(
    model,
    x,
    labels,
    epochs,
    learning_rate=0.002,
    shift=0,
    label_smoothing=0.0,
    seed=0,
    validation=None,
    change=None,
    batch_size=32,
    schedule="cosine",
    patience=None,
    callbacks=(),
):
    """Train with Adam, the learning rate falling from `learning_rate` to 0 along a cosine.

    `x` is an array (clips, ...), `labels` the digit of each, `validation` such a pair to watch. In
    every epoch each clip moves by a random number of samples, at most `shift`, either way, end to
    end. Then change(x, random) does more (a NumPy generator). `label_smoothing` is that of Szegedy
    et al. 2016, arXiv:1512.00567. With the `schedule` "constant" the learning rate stays. With
    `patience` it stops after so many epochs without a lower validation loss, at the weights of the
    best. `callbacks` as in Keras. Returns a DataFrame, a row an epoch. From notebook 03.
    """
    steps = epochs * math.ceil(len(x) / batch_size)
    compile_with(model, learning_rate, steps if schedule == "cosine" else 0, label_smoothing)
    encode = partial(one_hot, answers=model.output_shape[-1])
    targets, watched = encode(labels), validation and (validation[0], encode(validation[1]))
    options = {"verbose": 0, "validation_data": watched, "callbacks": [*callbacks]}
    random, history, best = np.random.default_rng(seed), [], None
    for epoch in range(1, epochs + 1):
        moved = move(x, shift, random)
        moved = change(moved, random) if change else moved
        result = model.fit(moved, targets, batch_size, **options)
        history.append({name: values[0] for name, values in result.history.items()})
        if epoch % max(1, epochs // 10) == 0:
            print(progress(epoch, history[-1]), flush=True)
        if patience and best_epoch(history) == epoch:
            best = model.get_weights()
        if patience and epoch - best_epoch(history) >= patience:
            break
    if patience:
        model.set_weights(best)
    return pd.DataFrame(history)


def compile_with(model, learning_rate, steps, label_smoothing):
    """Prepare a model for training with Adam: cosine decay over `steps`, or none for 0 steps.

    A model that was trained before will go on from its weights, and a line says so.
    """
    import keras

    if getattr(model, "optimizer", None) and int(model.optimizer.iterations):  # a cell run twice
        print("This network was trained before: training goes on from its weights.")
    if steps:
        learning_rate = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=label_smoothing)
    model.compile(keras.optimizers.Adam(learning_rate), loss, metrics=["accuracy"])


def best_epoch(history):
    """The epoch, from 1, with the lowest validation loss; the first of equals."""
    return 1 + int(np.argmin([logs["val_loss"] for logs in history]))


def one_hot(labels, answers=10):
    """An array (clips, answers) with a 1 for the digit of each clip, else 0."""
    import keras

    return keras.utils.to_categorical(labels, answers)


def move(x, shift, random):
    """Move each clip by a random number of samples, at most `shift`, either way, end to end."""
    shifts = random.integers(-shift, shift + 1, len(x))
    return np.stack([np.roll(clip, by, axis=0) for clip, by in zip(x, shifts, strict=True)])


def progress(epoch, logs):
    """One line on an epoch of training, from the figures that Keras gives."""
    line = f"epoch {epoch:3}: loss {logs['loss']:.2f}, accuracy {logs['accuracy']:.0%}"
    if "val_loss" not in logs:
        return line
    return f"{line}, validation loss {logs['val_loss']:.2f}, accuracy {logs['val_accuracy']:.0%}"


def train_as_published(model, x, labels, epochs, validation, learning_rate=0.001, batch_size=135):
    """Train as the originals were: Adam at one learning rate. Returns the history as train() does.

    `labels` and `validation` as for train(). Built up in notebook 03.
    """
    import keras

    optimizer = keras.optimizers.Adam(learning_rate)
    model.compile(optimizer, "categorical_crossentropy", metrics=["accuracy"])
    watched = validation[0], one_hot(validation[1])
    result = model.fit(x, one_hot(labels), batch_size, epochs, verbose=0, validation_data=watched)
    return pd.DataFrame(result.history)


def fit_baseline(model, x, labels):
    """Fit a model as scikit-learn's are, without epochs: the history, a DataFrame, is empty."""
    model.fit(x, labels)
    return pd.DataFrame()
