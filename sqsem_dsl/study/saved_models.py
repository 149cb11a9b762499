"""Loads the models that a study keeps, with the custom layers of its space."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.operators.extern import extern_class
from sqsem_dsl.study.backend import BUILDING, prepare_backend
from sqsem_dsl.study.own_layers import own_layers

if TYPE_CHECKING:
    import keras


def load_saved(path: str | os.PathLike[str], architecture: Architecture | None) -> keras.Model:
    """The compiled model in a file. `architecture` names its custom layers; without it, only those that are registered
    with Keras are found.

    Raises SqsError, with the extra to install, if Keras is not installed, and Keras's exceptions for a damaged file.
    """
    prepare_backend("loading a model", BUILDING)
    import keras

    layers = () if architecture is None else own_layers(architecture)
    own = {made.__name__: made for made in map(extern_class, layers)}
    return keras.models.load_model(path, custom_objects=own, safe_mode=True)
