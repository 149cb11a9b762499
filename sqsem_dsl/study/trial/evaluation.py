"""A saved model on the test set of the data."""

from __future__ import annotations

from collections.abc import Mapping

from sqsem_dsl.backends.keras import training
from sqsem_dsl.data.dataset import Dataset
from sqsem_dsl.study.saved_models import load_saved
from sqsem_dsl.study.task import Evaluation


def evaluate(work: Evaluation, dataset: Dataset) -> Mapping[str, float]:
    """The loss and the metrics of the model, as after reloading, by name, on data that have a test set."""
    assert dataset.test is not None
    model = load_saved(work.model, work.architecture, dataset.outputs)
    return training.evaluate(model, work.architecture.train, dataset.test, dataset.outputs)
