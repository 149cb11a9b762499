"""A saved model on the test set of the data."""

from __future__ import annotations

from collections.abc import Mapping

import keras

from sqsem_dsl.backends.keras import training
from sqsem_dsl.data.dataset import Dataset
from sqsem_dsl.operators.extern import extern_class
from sqsem_dsl.study.own_layers import own_layers
from sqsem_dsl.study.task import Evaluation


def evaluate(work: Evaluation, dataset: Dataset) -> Mapping[str, float]:
    """The loss and the metrics of the model, as after reloading, by name, on data that have a test set."""
    assert dataset.test is not None
    own = {made.__name__: made for made in map(extern_class, own_layers(work.architecture))}
    model = keras.models.load_model(work.model, custom_objects=own, safe_mode=True)
    return training.evaluate(model, work.architecture.train, dataset.test, dataset.outputs)
