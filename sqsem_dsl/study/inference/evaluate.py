"""Scores of a study's model on labelled samples: each metric with an interval, the confusion of classes, and the
samples that it predicts worst."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sqsem_dsl.data.dataset import Array, Part, class_count
from sqsem_dsl.settings.metrics import OutputFact
from sqsem_dsl.settings.train import TrainSettings
from sqsem_dsl.study.inference.predictions import Predictions
from sqsem_dsl.utils.html_table import html_table
from sqsem_dsl.utils.numbers import plural

if TYPE_CHECKING:
    import keras

RESAMPLES = 200
"""Bootstrap samples of an interval."""
LEVEL = 0.95
WORST = 10
"""Samples that are listed as the worst."""


@dataclass(frozen=True)
class Score:
    """A metric on the samples, with a bootstrap interval of 95 %; None if there is no interval."""

    name: str
    value: float
    interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class ClassScore:
    """How well a class is recognized."""

    name: str
    samples: int
    precision: float | None
    """The share of the samples predicted as this class that are of it; None if there are none."""
    recall: float | None
    """The share of its samples that are predicted as this class; None if there are none."""


@dataclass(frozen=True)
class Worst:
    """A sample that is predicted badly."""

    id: str
    output: str
    label: str
    predicted: str
    loss: float
    """The negative logarithm of the probability of its class; for numbers the largest absolute difference."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The scores of a model on samples."""

    samples: int
    scores: tuple[Score, ...]
    classes: Mapping[str, tuple[ClassScore, ...]]
    """By output."""
    confusion: Mapping[str, NDArray[np.int64]]
    """`[label, predicted]`: counts of samples (or points), by output with classes."""
    worst: tuple[Worst, ...]

    def __repr__(self) -> str:
        scores = ", ".join(f"{score.name} {score.value:.4g}" for score in self.scores)
        return f"<Evaluation on {self.samples} samples: {scores}>"

    def _repr_html_(self) -> str:
        return evaluation_html(self)


def evaluate_predictions(
    predictions: Predictions, part: Part, train: TrainSettings, values: Mapping[str, float]
) -> Evaluation:
    """The scores of predictions for labelled samples. `values` are the loss and the metrics by their names, as a model
    reports them (`backends.keras.training.evaluate`)."""
    intervals: dict[str, tuple[float, float]] = {}
    classes: dict[str, tuple[ClassScore, ...]] = {}
    confusion: dict[str, NDArray[np.int64]] = {}
    worst: list[Worst] = []
    for name, fact in predictions.outputs.items():
        labels = np.asarray(part.labels[name][:])
        before = f"{name}_" if len(predictions.outputs) > 1 else ""
        found = _intervals(train, predictions, name, part, labels)
        intervals |= {f"{before}{metric}": interval for metric, interval in found}
        if class_count(fact) is not None:
            confusion[name] = _confusion(predictions, name, labels)
            classes[name] = tuple(_class_scores(confusion[name], predictions.classes[name]))
        worst += _worst(predictions, name, fact, labels)
    scores = tuple(Score(name, value, intervals.get(name)) for name, value in values.items())
    return Evaluation(len(predictions), scores, classes, confusion, tuple(worst))


def _intervals(
    train: TrainSettings, predictions: Predictions, name: str, part: Part, labels: Array
) -> Iterator[tuple[str, tuple[float, float]]]:
    """The interval of each metric of an output with one label a sample: 200 times over all points of maps takes too
    long."""
    from sqsem_dsl.backends.keras.batches import evaluation_weights
    from sqsem_dsl.backends.keras.losses import keras_metrics, labels_for_keras

    fact, values = predictions.outputs[name], predictions.values[name]
    if len(fact.shape) != 1:
        return
    given = labels_for_keras(train, name, fact, labels)
    weights = evaluation_weights(part, predictions.outputs).get(name)
    generator = np.random.default_rng(0)
    chosen = [generator.integers(0, len(values), len(values)) for _ in range(RESAMPLES)]
    for metric in keras_metrics(train, name, fact):
        again = [_value(metric, given[at], values[at], None if weights is None else weights[at]) for at in chosen]
        low, high = np.nanquantile(np.array(again), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        yield metric.name, (float(low), float(high))


def metric_values(predictions: Predictions, part: Part, train: TrainSettings) -> dict[str, float]:
    """The metrics of predictions for labelled samples, by the names that a model reports."""
    from sqsem_dsl.backends.keras.batches import evaluation_weights
    from sqsem_dsl.backends.keras.losses import keras_metrics, labels_for_keras

    weights = evaluation_weights(part, predictions.outputs)
    found = {}
    for name, fact in predictions.outputs.items():
        labels = labels_for_keras(train, name, fact, np.asarray(part.labels[name][:]))
        before = f"{name}_" if len(predictions.outputs) > 1 else ""
        for metric in keras_metrics(train, name, fact):
            found[before + metric.name] = _value(metric, labels, predictions.values[name], weights.get(name))
    return found


def _value(metric: keras.metrics.Metric, labels: Array, values: Array, weights: Array | None) -> float:
    metric.reset_state()
    metric.update_state(labels, values, sample_weight=weights)
    return float(metric.result())


def _confusion(predictions: Predictions, name: str, labels: Array) -> NDArray[np.int64]:
    count = len(predictions.classes[name])
    pairs = labels.astype(np.int64).ravel() * count + predictions.class_numbers(name).ravel()
    found: NDArray[np.int64] = np.bincount(pairs, minlength=count * count).reshape(count, count)
    return found


def _class_scores(confusion: NDArray[np.int64], names: tuple[str, ...]) -> Iterator[ClassScore]:
    for at, name in enumerate(names):
        right, own, called = int(confusion[at, at]), int(confusion[at].sum()), int(confusion[:, at].sum())
        yield ClassScore(name, own, right / called if called else None, right / own if own else None)


def _worst(predictions: Predictions, name: str, fact: OutputFact, labels: Array) -> Iterator[Worst]:
    """The samples with the largest loss, of an output with a class or a number per sample."""
    values = predictions.values[name]
    if len(fact.shape) != 1 or (fact.ending == "sigmoid" and fact.shape != (1,)):
        return
    ids = predictions.ids or tuple(map(str, range(len(values))))
    if fact.ending is None:
        losses = np.abs(labels - values).max(axis=1)
        shown = [[" ".join(f"{one:.4g}" for one in row) for row in array] for array in (labels, values)]
    else:
        numbers = labels.reshape(len(labels)).astype(np.intp)
        shares = values if fact.ending == "softmax" else np.concatenate([1 - values, values], axis=1)
        losses = -np.log(np.maximum(shares[np.arange(len(numbers)), numbers], 1e-12))
        shown = [[predictions.classes[name][n] for n in numbers], predictions.labels(name).tolist()]
    for at in np.argsort(-losses, kind="stable")[:WORST]:
        if losses[at] > 0:
            yield Worst(ids[at], name, shown[0][at], shown[1][at], float(losses[at]))


def evaluation_html(evaluation: Evaluation) -> str:
    """The scores with their intervals, then the classes of each output, then the samples that are predicted worst."""
    return "".join(_tables(evaluation))


def _tables(evaluation: Evaluation) -> Iterator[str]:
    scores = [[score.name, score.value, *(score.interval or ("", ""))] for score in evaluation.scores]
    title = f"{plural(evaluation.samples, 'sample')}, intervals of 95 %"
    yield html_table(title, ["", "score", "from", "to"], scores)
    for output, classes in evaluation.classes.items():
        rows = [[each.name, each.samples, _share(each.precision), _share(each.recall)] for each in classes]
        yield html_table(f"classes of {output}", ["", "samples", "precision", "recall"], rows)
    if evaluation.worst:
        worst = [[each.id, each.output, each.label, each.predicted, each.loss] for each in evaluation.worst]
        yield html_table("predicted worst", ["sample", "output", "label", "predicted", "loss"], worst)


def _share(value: float | None) -> float | str:
    return "-" if value is None else value
