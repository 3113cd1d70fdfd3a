"""Data larger than memory: clips from their files to batches, a few at a time, by tf.data.

No more than some hundred clips are in memory at once. The functions that read a clip and work out
its features are those of the path in memory, so the features are equal to the last bit. They see
128 files at a time: one by one, the call from TensorFlow into Python takes as long as the work.
"""

import hashlib
from functools import partial
from pathlib import Path

import numpy as np

from .audio import SAMPLE_RATE, ClipError, read_clip
from .features import spectrogram_input
from .training import start_tensorflow

CHUNK = 128  # files that are read together
BUFFER = 4096  # clips from which the next one is drawn, where their features come from a cache
AHEAD = 2  # batches that are made while the network learns from another


def batches(paths, labels, broken, batch_size=32, seed=None, cache=None, feed=spectrogram_input):
    """A tf.data.Dataset of (features, labels) from files, `batch_size` clips at a time.

    Features are what `feed` makes of waveforms: an array (clips, 40, 64, 1) by spectrogram_input(),
    float32; labels are int64. A file that cannot be used is passed over: `broken` is a dict, and
    gets path -> the sentence that says why, as soon as the file's turn comes. So nobody knows
    beforehand how many batches there are, and Keras warns where they end: give fit() the data as
    batches(...).repeat(), with steps_per_epoch.

    With a `seed` the clips are shuffled, in every epoch anew. `cache` is a folder, in which the
    first whole epoch leaves the features (10 kB a clip), and the others read no more recordings.
    So a file that changed, or broke, later on is not noticed: delete the folder then. From a cache
    the clips come in one shuffled order, out of which the next is drawn among BUFFER.
    Built up in notebook 11. Source: https://www.tensorflow.org/guide/data_performance.
    """
    start_tensorflow()
    import tensorflow as tf

    places = tf.data.Dataset.range(len(paths))
    if seed is not None:  # the places alone: no sound is held for it
        places = places.shuffle(len(paths), seed, reshuffle_each_iteration=cache is None)
    chunks = in_chunks(places, partial(read_chunk, paths, labels, broken, feed), feed)
    if cache is not None:
        chunks = chunks.cache(str(_cache_file(Path(cache), paths, labels, seed, feed)))
        if seed is not None:
            chunks = chunks.unbatch().shuffle(BUFFER, seed).batch(CHUNK)
    return chunks.rebatch(batch_size).prefetch(AHEAD)


def read_chunk(paths, labels, broken, feed, places):
    """Features and labels of the files at some `places` of the lists, without the broken ones."""
    waveforms, whole = [], []
    for place in places:
        try:
            waveforms.append(read_clip(paths[place]))
            whole.append(labels[place])
        except ClipError as error:
            broken[str(paths[place])] = str(error)
    if not whole:
        return np.zeros((0, *shape_of(feed)), np.float32), np.zeros(0, np.int64)
    return feed(waveforms, sample_rate=SAMPLE_RATE), np.array(whole, np.int64)


def in_chunks(places, read, feed):
    """A Dataset of what read(places) makes of CHUNK places at a time: features and labels.

    Several are read at once where there are processors to spare; their order stays.
    """
    import tensorflow as tf

    def features_and_labels(some):
        x, labels = tf.numpy_function(read, [some], [tf.float32, tf.int64])
        return tf.ensure_shape(x, (None, *shape_of(feed))), tf.ensure_shape(labels, (None,))

    return places.batch(CHUNK).map(features_and_labels, num_parallel_calls=tf.data.AUTOTUNE)


def shape_of(feed):
    """The shape of what a function makes of one clip: (40, 64, 1) of spectrogram_input()."""
    return feed([np.zeros(SAMPLE_RATE, np.float32)], sample_rate=SAMPLE_RATE).shape[1:]


def _cache_file(folder, paths, labels, seed, feed):
    """A file of its own for each list: another list must not be given these features."""
    folder.mkdir(parents=True, exist_ok=True)
    content = repr((list(map(str, paths)), list(map(int, labels)), seed, feed.__name__))
    return folder / hashlib.sha256(content.encode("utf-8", "surrogateescape")).hexdigest()[:16]
