"""A network as a picture, drawn from the model itself."""

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.patches import Rectangle

from .audio import SAMPLE_RATE

COLOURS = {"Conv": "#56B4E9", "Pooling": "#E69F00", "Dense": "#009E73", "Input": "#BBBBBB"}
COLOURS |= {"GRU": "#CC79A7"}
# Part of the block before, or none.
QUIET = {"BatchNormalization", "ReLU", "Flatten", "Dropout", "Reshape", "Permute"}


def receptive_fields(model):
    """How much of the input each convolution and pooling sees: layer name -> field and step.

    Both are tuples, a value for each axis of the input, in its own units (samples; bands and
    frames). `model` is a keras Sequential. Built up in notebook 03 for one axis.
    """
    fields, axes = {}, len(model.input_shape) - 2
    field, step = np.ones(axes, int), np.ones(axes, int)
    for layer in model.layers:
        width = getattr(layer, "kernel_size", getattr(layer, "pool_size", None))
        if width is None:
            continue
        field = field + (np.array(width) - 1) * step
        step = step * np.array(layer.strides)
        fields[layer.name] = tuple(map(int, field)), tuple(map(int, step))
    return fields


def milliseconds(field):
    """A receptive field in samples as text."""
    return f"sees {1000 * field[0] / SAMPLE_RATE:.0f} ms"


def draw_network(model, title, describe=milliseconds):
    """Draw a keras Sequential as a row of blocks, from input to output. Returns the figure.

    A block is a convolution (with its normalisation and ReLU), a pooling, a GRU or a dense layer.
    Its height grows with the logarithm of the length of its output, its width with that of the
    number of channels. Below stands the output's shape, and what describe(receptive field) says.
    """
    blocks = [("Input", "input", model.input_shape[1:], "")]
    fields = receptive_fields(model)
    for layer in model.layers:
        if type(layer).__name__ in QUIET:
            continue
        field = fields.get(layer.name)
        seen = describe(field[0]) if field else "sees everything"
        blocks.append((kind_of(layer), label(layer), layer.output.shape[1:], seen))
    figure, axes = plt.subplots(figsize=(12, 3.4), layout="constrained")
    left = 0.0
    for kind, text, shape, seen in blocks:
        height = np.log2(1 + shape[0])
        width = 0.4 if len(shape) == 1 else 0.4 + 0.25 * np.log2(1 + shape[-1])
        corner = left + (2.2 - width) / 2, -height / 2
        axes.add_patch(Rectangle(corner, width, height, facecolor=COLOURS[kind], edgecolor="0.2"))
        middle = {"x": left + 1.1, "ha": "center", "fontsize": 8}
        axes.text(y=7.6, s=text, va="bottom", **middle)
        axes.text(y=-7.6, s=f"{' x '.join(map(str, shape))}\n{seen}", va="top", **middle)
        left += 2.2
    axes.set(xlim=(0, left), ylim=(-11, 11), title=title)
    axes.axis("off")
    return figure


def kind_of(layer):
    """The kind of a block, which decides its colour."""
    return next(kind for kind in COLOURS if kind in type(layer).__name__)


def label(layer):
    """What a layer does, in two or three short lines."""
    name = type(layer).__name__
    if hasattr(layer, "units"):
        return f"{name}\n{layer.units} outputs"
    size = " x ".join(map(str, getattr(layer, "kernel_size", getattr(layer, "pool_size", ()))))
    if "Pooling" in name:
        return f"{name.partition('Pooling')[0]}-pooling\nby {size}"
    stride = " x ".join(map(str, layer.strides))
    return f"{layer.filters} filters\nof {size}" + f"\nstride {stride}" * (
        set(layer.strides) != {1}
    )
