"""Clips from their files to batches: the same features as in memory, and the broken ones named."""

import numpy as np
import pytest
import soundfile

from recording_cases import CLIPS
from spoken_digits import pipeline
from spoken_digits.audio import SAMPLE_RATE, ClipError, read_clip
from spoken_digits.dataset import official_split
from spoken_digits.features import spectrogram_input, waveform_input
from spoken_digits.networks import spectrogram_cnn
from spoken_digits.pipeline import batches


@pytest.fixture
def files(tmp_path):
    """200 files, each a digit at a loudness of its own, so that no two have equal features."""
    folder = tmp_path / "clips"
    folder.mkdir()
    paths, random = [], np.random.default_rng(0)
    for place in range(200):
        paths.append(folder / f"{place % 10}_anna_{place}.wav")
        noisy = CLIPS[7] / 2 + random.normal(0, 0.01, CLIPS[7].size)
        soundfile.write(paths[-1], noisy, SAMPLE_RATE)
    return paths


def arrays(dataset):
    """All features, all labels of one epoch, and how many clips there are in each batch."""
    x, labels = zip(*dataset.as_numpy_iterator(), strict=True)
    return np.concatenate(x), np.concatenate(labels), [len(part) for part in labels]


def spoil(paths, at):
    """Break some of the files in three ways: empty, no audio, silent."""
    for number, place in enumerate(at):
        silent = paths[place].read_bytes()[:44] + bytes(2 * CLIPS[7].size)
        paths[place].write_bytes([b"", b"no audio", silent][number % 3])


# --- Features ---


def test_the_features_are_those_in_memory(fsdd):
    clips = fsdd[::10]
    broken = {}
    x, labels, sizes = arrays(batches(list(clips["path"]), list(clips["digit"]), broken))
    np.testing.assert_array_equal(x, spectrogram_input(clips["waveform"]))
    np.testing.assert_array_equal(labels, clips["digit"])
    assert sizes == [32] * 9 + [12]
    assert (x.dtype, labels.dtype, broken) == (np.float32, np.int64, {})


def test_odd_files_are_read_as_in_memory(tmp_path):
    seven = CLIPS[7]
    odd = {
        "stereo.wav": (np.c_[seven, np.zeros_like(seven)], SAMPLE_RATE),
        "cd.wav": (np.repeat(seven, 6), 44_100),
        "seven.flac": (seven, SAMPLE_RATE),
        "short.wav": (seven[1000:1100], SAMPLE_RATE),
        "long.wav": (np.tile(seven, 5), SAMPLE_RATE),
    }
    for name, (samples, sample_rate) in odd.items():
        soundfile.write(tmp_path / name, samples, sample_rate)
    paths, broken = [tmp_path / name for name in odd], {}
    x, _, _ = arrays(batches(paths, [7] * len(odd), broken))
    np.testing.assert_array_equal(x, spectrogram_input([read_clip(path) for path in paths]))
    assert broken == {}


def test_another_input_can_be_made_of_the_clips(files):
    x, _, _ = arrays(batches(files[:5], range(5), {}, feed=waveform_input))
    np.testing.assert_array_equal(x, waveform_input([read_clip(path) for path in files[:5]]))


def test_the_shape_is_known_before_a_file_is_read():
    x, labels = batches(["nowhere.wav"], [7], {}).element_spec
    assert (x.shape.as_list(), labels.shape.as_list()) == ([None, 40, 64, 1], [None])


# --- Broken files ---


def test_broken_files_are_named_counted_and_passed_over(files):
    at = [3, 64, 65, 130, 199]
    spoil(files, at)
    missing = files[0].with_name("7_nobody_0.wav")
    broken = {}
    x, labels, _ = arrays(batches([*files, missing], [*range(200), 200], broken))
    whole = [place for place in range(200) if place not in at]
    assert labels.tolist() == whole
    assert set(broken) == {str(path) for path in [*(files[place] for place in at), missing]}
    np.testing.assert_array_equal(x, spectrogram_input([read_clip(files[p]) for p in whole]))
    for path, sentence in broken.items():
        with pytest.raises(ClipError) as told:
            read_clip(path)
        assert sentence == str(told.value)


def test_a_chunk_may_be_broken_whole(files):
    spoil(files, range(128))
    broken = {}
    _, labels, _ = arrays(batches(files, range(200), broken))
    assert labels.tolist() == list(range(128, 200))
    assert len(broken) == 128


def test_what_is_no_broken_file_is_not_hidden(files, monkeypatch):
    monkeypatch.setattr(pipeline, "read_clip", lambda path: 1 / 0)
    with pytest.raises(Exception, match="ZeroDivisionError"):
        arrays(batches(files, range(200), {}))


# --- Order ---


def order(dataset):
    return arrays(dataset)[1].tolist()


@pytest.mark.parametrize("is_cached", [False, True])
def test_a_seed_shuffles_each_epoch_anew_and_always_so(files, tmp_path, is_cached):
    def epochs(seed, name):
        cache = tmp_path / name if is_cached else None
        dataset = batches(files, range(200), {}, seed=seed, cache=cache)
        return [order(dataset) for _ in range(3)]

    first, second, third = epochs(0, "a")
    assert [sorted(each) for each in (first, second, third)] == [list(range(200))] * 3
    assert len({tuple(each) for each in (first, second, third, range(200))}) == 4
    assert epochs(0, "b") == [first, second, third]
    assert epochs(1, "c")[0] != first


def test_shuffled_features_keep_their_labels(files):
    x, labels, _ = arrays(batches(files, range(200), {}, seed=0))
    np.testing.assert_array_equal(
        x, spectrogram_input([read_clip(files[label]) for label in labels])
    )


def test_without_a_seed_the_order_stays(files):
    assert order(batches(files, range(200), {})) == list(range(200))


# --- Cache ---


def test_from_a_cache_no_file_is_read_again(files, tmp_path):
    cache = tmp_path / "deep" / "cache"
    x, labels, _ = arrays(batches(files, range(200), {}, cache=cache))
    for path in files:
        path.unlink()
    broken = {}
    again = arrays(batches(files, range(200), broken, cache=cache))
    np.testing.assert_array_equal(again[0], x)
    np.testing.assert_array_equal(again[1], labels)
    assert broken == {}


def test_other_lists_are_not_given_what_is_cached(files, tmp_path):
    assert order(batches(files[:9], range(9), {}, cache=tmp_path)) == list(range(9))
    assert order(batches(files[:9], [3] * 9, {}, cache=tmp_path)) == [3] * 9
    assert order(batches(files[9:12], range(3), {}, cache=tmp_path)) == [0, 1, 2]


# --- Training ---


def test_a_network_learns_from_it_what_it_learns_in_memory(fsdd):
    """From the same start, in the same order: the same losses, and the same answers to a few clips.

    They need not be equal to the last bit: the threads of TensorFlow add up in any order.
    """
    import keras

    train, _, test = official_split(fsdd)
    train, x = train.sample(1200, random_state=0), spectrogram_input(test["waveform"])
    losses, correct = [], []
    for source in ("memory", "pipeline"):
        keras.utils.set_random_seed(0)
        model = spectrogram_cnn()
        model.compile("adam", "sparse_categorical_crossentropy")
        options = {"epochs": 6, "shuffle": False, "verbose": 0}
        if source == "memory":
            told = model.fit(spectrogram_input(train["waveform"]), train["digit"], **options)
        else:
            data = batches(train["path"].to_list(), train["digit"].to_list(), {})
            told = model.fit(data.repeat(), steps_per_epoch=38, **options)
        losses.append(told.history["loss"])
        correct.append((model.predict(x, verbose=0).argmax(axis=1) == test["digit"]).mean())
    assert min(correct) > 0.8, correct
    assert abs(correct[0] - correct[1]) <= 0.02, correct
    np.testing.assert_allclose(*losses, rtol=0.05)
