"""Pictures that reach everybody: with alternative text, live while a network learns, by slider."""

import base64
import html
import io
import time

import ipywidgets
import pandas as pd
from IPython.display import display
from matplotlib import pyplot as plt


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
