"""Scores of a study's model on labelled samples: each metric with an interval, the confusion of classes, and the
samples that it predicts worst."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sqsem_dsl.data.dataset import Array, Part, class_count
from sqsem_dsl.settings.metrics import OutputFact
from sqsem_dsl.settings.train import TrainSettings
from sqsem_dsl.study.inference.predictions import Predictions

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


def evaluate_predictions(predictions: Predictions, part: Part, train: TrainSettings) -> Evaluation:
    """The scores of predictions for labelled samples, with the metrics of `train`."""
    scores: list[Score] = []
    classes: dict[str, tuple[ClassScore, ...]] = {}
    confusion: dict[str, NDArray[np.int64]] = {}
    worst: list[Worst] = []
    for name, fact in predictions.outputs.items():
        labels, values = np.asarray(part.labels[name][:]), predictions.values[name]
        scores += _scores(train, name, fact, labels, values, several=len(predictions.outputs) > 1)
        if class_count(fact) is not None:
            confusion[name] = _confusion(predictions, name, labels)
            classes[name] = tuple(_class_scores(confusion[name], predictions.classes[name]))
        worst += _worst(predictions, name, fact, labels)
    return Evaluation(len(predictions), tuple(scores), classes, confusion, tuple(worst))


def _scores(
    train: TrainSettings, name: str, fact: OutputFact, labels: Array, values: Array, *, several: bool
) -> Iterator[Score]:
    """Each metric of an output, and its loss."""
    from sqsem_dsl.backends.keras.losses import keras_loss, keras_metrics, labels_for_keras

    given = labels_for_keras(train, name, fact, labels)
    metrics: list[Any] = list(keras_metrics(train, name, fact))
    generator = np.random.default_rng(0)
    chosen = [generator.integers(0, len(values), len(values)) for _ in range(RESAMPLES)]
    loss = keras_loss(train, name, fact)
    before = f"{name}_" if several else ""
    yield Score(f"{before}loss", float(loss(given, values)))
    for metric in metrics:
        value = _value(metric, given, values)
        again = np.array([_value(metric, given[at], values[at]) for at in chosen])
        low, high = np.nanquantile(again, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        yield Score(f"{before}{metric.name}", value, (float(low), float(high)))


def _value(metric: keras.metrics.Metric, labels: Array, values: Array) -> float:
    metric.reset_state()
    metric.update_state(labels, values)
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
