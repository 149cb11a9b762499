"""Loads the models that a study keeps, with the custom layers of its space, and scores them on the test set."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.operators.extern import extern_class
from sqsem_dsl.settings.metrics import OutputFact
from sqsem_dsl.study.backend import BUILDING, import_quietly, prepare_backend
from sqsem_dsl.study.errors import UnreadableStudy
from sqsem_dsl.study.own_layers import own_layers
from sqsem_dsl.utils.exceptions import in_a_line

if TYPE_CHECKING:
    import keras

    from sqsem_dsl.data.dataset import Dataset
    from sqsem_dsl.study.task import Evaluation


def load_saved(
    path: str | os.PathLike[str],
    architecture: Architecture | None,
    outputs: Mapping[str, OutputFact] | None = None,
    *,
    allow_extern: bool = True,
) -> keras.Model:
    """The compiled model in a file. `architecture` names its custom layers; without it, only those that are registered
    with Keras are found. A model with a loss, a metric or an optimizer of the user is compiled again according to the
    settings of the architecture, if the outputs are given; without `allow_extern` it is not compiled.

    Raises SqsError, with the extra to install, if Keras is not installed, and for a file that Keras cannot read.
    """
    prepare_backend("loading a model", BUILDING)
    import_quietly()
    import keras

    from sqsem_dsl.backends.keras.compiling import compile_loaded, has_externs

    layers = () if architecture is None else own_layers(architecture)
    own = {made.__name__: made for made in map(extern_class, layers)}
    compiled = True
    try:
        if architecture is not None and outputs is not None:
            compiled = allow_extern or not has_externs(architecture.train, outputs)
        model = keras.models.load_model(path, custom_objects=own, compile=compiled, safe_mode=True)
        if architecture is not None and outputs is not None and compiled and not model.compiled:
            compile_loaded(model, architecture, outputs)
        return model
    except Exception as error:  # Keras has no exception of its own for files that it cannot read
        raise SqsError([UnreadableStudy(NOWHERE, str(path), in_a_line(error))]) from error


def evaluate(work: Evaluation, dataset: Dataset) -> Mapping[str, float]:
    """The loss and the metrics of the model, as after reloading, by name, on data that have a test set."""
    from sqsem_dsl.backends.keras import training

    assert dataset.test is not None
    model = load_saved(work.model, work.architecture, dataset.outputs)
    return training.evaluate(model, work.architecture.train, dataset.test, dataset.outputs)
