"""Pictures that reach everybody: of clips, with alternative text, live in training, by slider."""

import base64
import html
import io
import time

import ipywidgets
import numpy as np
import pandas as pd
import seaborn as sns
from IPython.display import display
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from .audio import SAMPLE_RATE
from .detection import trim
from .features import filled_up, spectrogram
from .given import as_waveform
from .intervals import t_interval

LONGEST = 10  # s of a recording that are drawn


def show(figure, alt):
    """Display a matplotlib figure with its alternative text, for who cannot see it; close it.

    As HTML: JupyterLab and nbconvert drop the alternative text of a bare image.
    """
    display({"text/html": image(figure, alt), "text/plain": alt}, raw=True)


def image(figure, alt):
    """A matplotlib figure as an <img> of HTML that holds all of it; the figure is closed."""
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=100, bbox_inches="tight")
    plt.close(figure)
    content = base64.b64encode(png.getvalue()).decode()
    return f'<img alt="{html.escape(alt)}" src="data:image/png;base64,{content}">'


def show_widget(widget, instead):
    """Display a widget; `instead` is the text where no kernel runs that could draw it."""
    display(widget._repr_mimebundle_() | {"text/plain": instead}, raw=True)


def slider(draw, name, alternatives, alt):
    """A slider through pictures: draw(alternative) gives the figure for each.

    `alternatives` is what can be chosen, in order, and `name` what the slider calls it. The first
    picture stays on the page as a still one, with `alt`, where no kernel runs.
    """
    picture = ipywidgets.HTML()
    choice = ipywidgets.SelectionSlider(
        options=alternatives, description=name, continuous_update=False
    )

    def update(change):
        picture.value = image(draw(change["new"]), f"{alt} ({name}: {change['new']})")

    choice.observe(update, "value")
    show(draw(alternatives[0]), alt)
    show_widget(ipywidgets.VBox([choice, picture]), f"Run this cell for a slider: {name}.")


def plot_history(history):
    """Draw loss and accuracy by epoch, of a DataFrame as train() gives it. From notebook 03."""
    figure, panels = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
    for panel, name in zip(panels, ["loss", "accuracy"], strict=True):
        panel.plot(history.index + 1, history[name], label="training")
        if f"val_{name}" in history:
            panel.plot(history.index + 1, history[f"val_{name}"], "--", label="validation")
        panel.set(xlabel="epoch", ylabel=name)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside right upper")
    panels[1].set_ylim(0, 1)
    return figure


def plot_voices(values, axes, x):
    """Draw a dot for each voice on matplotlib axes, a row for each row of a DataFrame.

    `values` has a column for each voice, and `x` names what they are. The upright stroke is the
    mean of a row, the grey bar its t-interval. From notebook 07.
    """
    dots = values.rename_axis("row").reset_index().melt("row", var_name="unseen", value_name=x)
    look = {"hue": "unseen", "jitter": False, "size": 8, "zorder": 3}
    sns.stripplot(dots, x=x, y="row", order=values.index, **look, ax=axes)
    bounds = np.array([t_interval(row.dropna()) for _, row in values.iterrows()]).T
    axes.hlines(values.index, *bounds, "lightgrey", linewidth=12)
    axes.plot(values.mean(axis=1), values.index, "k|", markersize=18)
    axes.set(ylabel="", ylim=(len(values) - 0.5, -0.5))


def live_curve(epochs):
    """A Keras callback that draws the learning curve as it grows, with the time that is left.

    One picture that changes, at most once a second; it goes through a widget, so that nothing of
    it is left in the outputs. First used in notebook 03.
    """
    import keras

    picture, line = ipywidgets.HTML(), ipywidgets.Label("epoch 1 ...")
    rows, start, drawn = [], time.monotonic(), 0.0

    def update(_, logs):
        nonlocal drawn
        rows.append(dict(logs))
        now = time.monotonic()
        left = (now - start) / len(rows) * (epochs - len(rows))
        line.value = f"epoch {len(rows)} of {epochs}, about {left:.0f} s left"
        if now - drawn > 1 or len(rows) == epochs:
            picture.value = image(plot_history(pd.DataFrame(rows)), "Loss and accuracy so far.")
            drawn = time.monotonic()

    show_widget(ipywidgets.VBox([line, picture]), "Run this cell to watch the curves grow.")
    return keras.callbacks.LambdaCallback(on_epoch_end=update)


def plot_waveform(clip, axes, sample_rate=None):
    """Draw a clip on matplotlib axes, amplitude over time in seconds. From notebook 02.

    `clip` and `sample_rate` as for recognise(), but one clip; here and below.
    """
    waveform = as_waveform(clip, sample_rate)
    axes.plot(np.arange(waveform.size) / SAMPLE_RATE, waveform, linewidth=0.6)
    axes.set(xlabel="time (s)", ylabel="amplitude", xlim=(0, waveform.size / SAMPLE_RATE))


def plot_spectrogram(
    clip, axes, window_length=256, hop_length=64, dynamic_range=70, sample_rate=None
):
    """Draw a clip's spectrogram on matplotlib axes. From notebook 02.

    Colours reach from the loudest point down by `dynamic_range` dB. A clip of less than two frames
    is filled up with zeros. Returns the image, for a colour bar.
    """
    waveform = filled_up(as_waveform(clip, sample_rate), window_length + hop_length)
    frequencies, times, level = spectrogram(waveform, window_length, hop_length)
    loudest = level.max()
    image = axes.pcolormesh(
        times, frequencies / 1000, level, vmin=loudest - dynamic_range, cmap="viridis"
    )
    axes.set(xlabel="time (s)", ylabel="frequency (kHz)")
    return image


def draw_trimming(waveform):
    """Waveform and spectrogram of a clip, of 10 s at most, and of what recognise() hears of it.

    Returns a figure, made without `plt`: a button may be pressed while a cell draws with that.
    First used in notebook 10.
    """
    longest = LONGEST * SAMPLE_RATE
    figure = Figure(figsize=(9, 4.5), layout="constrained")
    panels = figure.subplots(2, 2)
    parts = {"As recorded": waveform, "What a network gets": trim(waveform, SAMPLE_RATE)}
    for (title, part), column in zip(parts.items(), panels.T, strict=True):
        plot_waveform(part[:longest], column[0], SAMPLE_RATE)
        picture = plot_spectrogram(part[:longest], column[1], sample_rate=SAMPLE_RATE)
        column[0].set_title(f"{title}: {part.size / SAMPLE_RATE:.2f} s")
    figure.colorbar(picture, ax=panels[1], label="level (dB)")
    return figure
