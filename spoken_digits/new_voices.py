"""Recipes for voices that were never heard (notebook 08), and for words that are no digit."""

from dataclasses import replace

from .augmentation import as_somebody_cut_off, as_somebody_else
from .features import (
    general_spectrogram_input,
    general_waveform_input,
    general_without_band_means,
)
from .general import general_cnn, general_sample_cnn, open_set_cnn, open_set_sample_cnn
from .recipe import Recipe

GENERAL = {
    "spectrogram_cnn": Recipe(
        general_cnn,
        general_spectrogram_input,
        synthetic=True,
        augmentation=as_somebody_else,
        copies=5,
        new_masks=True,
        epochs=6,
        label_smoothing=0.1,
    )
}
GENERAL["sample_cnn"] = replace(
    GENERAL["spectrogram_cnn"],
    network=general_sample_cnn,
    features=general_waveform_input,
    new_masks=False,  # those are for spectrograms
)


# With an eleventh answer, for what is none of the ten digits.
OPEN_SET = {
    network: replace(
        GENERAL[network],
        network=build,
        people=60,
        others=1500,
        chosen_by_people=True,
    )
    for network, build in [
        ("spectrogram_cnn", open_set_cnn),
        ("sample_cnn", open_set_sample_cnn),
    ]
}


def tries(network):
    """What was tried beside it: (network, variant) -> Recipe.

    Cutting the edges of training clips came first. The others differ from that in one thing each.
    """
    cut_off = replace(OPEN_SET[network], augmentation=as_somebody_cut_off)
    variants = {
        "": cut_off,
        "_20_people": replace(cut_off, people=20),
        "_without_people": replace(cut_off, people=0),
        "_band_means": replace(cut_off, features=general_without_band_means),
    }
    return {(network, f"open_set_cut_off{end}"): recipe for end, recipe in variants.items()}


TRIES = tries("spectrogram_cnn")
