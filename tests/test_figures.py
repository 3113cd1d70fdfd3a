"""Pictures that reach everybody: their alternative text, live curves, a slider."""

import base64
import io
import re
import subprocess
import sys

import matplotlib.image
import numpy as np
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from matplotlib import pyplot as plt

from spoken_digits import figures

ALT = 'Two bars: 3 < 4, "the right one" & higher.'


@pytest.fixture
def shown():
    """A function that calls another, and gives the data of what it displayed."""

    def run(function, *arguments):
        InteractiveShell.instance()
        try:
            with capture_output() as captured:
                function(*arguments)
        finally:
            InteractiveShell.clear_instance()
        return [output.data for output in captured.outputs]

    return run


def pixels(page):
    """The picture of an <img> as an array."""
    (png,) = re.findall(r"base64,([^\"]+)", page)
    return matplotlib.image.imread(io.BytesIO(base64.b64decode(png)))


def bars(height):
    figure, axes = plt.subplots(figsize=(4, 3))
    axes.bar(["a", "b"], [3, height])
    return figure


def test_a_picture_has_its_alternative_text_and_its_size(shown):
    figure = bars(4)
    (data,) = shown(figures.show, figure, ALT)
    assert data.keys() == {"text/html", "text/plain"}
    assert data["text/plain"] == ALT
    assert 'alt="Two bars: 3 &lt; 4, &quot;the right one&quot; &amp; higher."' in data["text/html"]
    height, width = pixels(data["text/html"]).shape[:2]  # 100 for an inch, less the empty border
    assert 250 < height <= 300
    assert 330 < width <= 400
    assert not plt.fignum_exists(figure.number)


def test_a_picture_comes_out_whatever_draws_figures_elsewhere():
    code = (
        "import matplotlib.pyplot as plt; from spoken_digits import figures;"
        "figure, axes = plt.subplots(); axes.plot([1, 3]);"
        "print(figures.image(figure, 'A line.'))"
    )
    for backend in ("agg", "svg"):
        options = {"capture_output": True, "text": True, "check": True}
        done = subprocess.run(
            [sys.executable, "-c", f"import os; os.environ['MPLBACKEND'] = '{backend}';{code}"],
            **options,
        )
        assert np.ptp(pixels(done.stdout)) > 0.5  # not an empty sheet


def test_a_history_is_drawn_training_and_validation_apart():
    columns = ["accuracy", "loss", "val_accuracy", "val_loss"]
    history = pd.DataFrame(np.arange(12).reshape(3, 4) / 12, columns=columns)
    figure = figures.plot_history(history)
    plt.close(figure)
    for panel, name in zip(figure.axes, ["loss", "accuracy"], strict=True):
        assert (panel.get_xlabel(), panel.get_ylabel()) == ("epoch", name)
        drawn = {line.get_label(): line for line in panel.lines}
        assert drawn.keys() == {"training", "validation"}
        for label, column in (("training", name), ("validation", f"val_{name}")):
            assert drawn[label].get_xdata().tolist() == [1, 2, 3]
            assert drawn[label].get_ydata().tolist() == history[column].tolist()
        styles = {line.get_linestyle() for line in panel.lines}
        assert len(styles) == 2  # who sees no colours can tell them apart
    _, accuracy = figure.axes
    (legend,) = figure.legends  # beside the curves, not on them
    assert [text.get_text() for text in legend.get_texts()] == ["training", "validation"]
    assert accuracy.get_ylim() == (0, 1)


def test_a_history_without_validation_is_drawn_too():
    figure = figures.plot_history(pd.DataFrame({"loss": [2, 1], "accuracy": [0.1, 0.5]}))
    plt.close(figure)
    assert [len(panel.lines) for panel in figure.axes] == [1, 1]


def test_voices_get_a_dot_each_their_mean_and_its_interval():
    values = pd.DataFrame(
        {"ann": [80.0, 90.0], "bob": [84.0, np.nan], "cid": [88.0, 96.0]}, ["one", "other"]
    )
    figure, axes = plt.subplots()
    figures.plot_voices(values, axes, "accuracy")
    dots = np.concatenate([part.get_offsets()[:, 0] for part in axes.collections[:-1]])
    assert sorted(dots[~np.isnan(dots)]) == [80, 84, 88, 90, 96]
    bars = axes.collections[-1].get_segments()
    assert bars[0][:, 0] == pytest.approx(figures.t_interval([80, 84, 88]))
    assert list(axes.lines[-1].get_xdata()) == [84, 93]
    assert axes.get_xlabel() == "accuracy"
    plt.close(figure)


def test_a_slider_starts_with_a_still_picture_and_changes_it(shown, monkeypatch):
    made = []
    monkeypatch.setattr(figures, "show_widget", lambda widget, text: made.append((widget, text)))
    (still,) = shown(figures.slider, bars, "height", [4, 5], "A bar of three and another.")
    assert still["text/plain"] == "A bar of three and another."
    ((widget, text),) = made
    assert text == "Run this cell for a slider: height."
    choice, picture = widget.children
    choice.value = 5
    assert 'alt="A bar of three and another. (height: 5)"' in picture.value
    assert not np.array_equal(pixels(picture.value), pixels(still["text/html"]))


def test_where_no_kernel_runs_a_widget_leaves_a_sentence(shown):
    import ipywidgets

    (data,) = shown(figures.show_widget, ipywidgets.Label("here"), "Run this cell.")
    assert data["text/plain"] == "Run this cell."
    assert "model_id" in data["application/vnd.jupyter.widget-view+json"]


def test_a_live_curve_draws_each_epoch_and_tells_the_time_that_is_left(monkeypatch):
    made, seconds = [], iter([100.0, *np.repeat([102.0, 104.0, 106.0], 2)])
    monkeypatch.setattr(figures, "show_widget", lambda widget, text: made.append(widget))
    monkeypatch.setattr(figures.time, "monotonic", lambda: next(seconds))
    callback = figures.live_curve(3)
    line, picture = made[0].children
    seen = []
    for epoch in range(3):
        callback.on_epoch_end(epoch, {"loss": 2.0 - epoch / 2, "accuracy": 0.3 * epoch})
        seen.append((line.value, picture.value))
    assert [text for text, _ in seen] == [
        "epoch 1 of 3, about 4 s left",
        "epoch 2 of 3, about 2 s left",
        "epoch 3 of 3, about 0 s left",
    ]
    assert len({page for _, page in seen}) == 3
    assert 'alt="Loss and accuracy so far."' in picture.value
