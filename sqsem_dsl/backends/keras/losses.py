"""Losses and metrics of Keras, from the settings, and labels in the form that they expect.

Everything here becomes one of Keras's own classes, so that a saved model can be loaded without this package, or an
object of the user, without which a model is saved (`backends.keras.compiling`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, assert_never

import keras
import numpy as np
from numpy.typing import NDArray

from sqsem_dsl.operators.extern_objects import Function, extern_loss, extern_metric
from sqsem_dsl.settings import metric_options, options
from sqsem_dsl.settings.extern import Extern
from sqsem_dsl.settings.metrics import OutputFact, loss_of, metrics_of
from sqsem_dsl.settings.train import TrainSettings

_SPARSE_METRICS = ("accuracy", "top_k", "mean_iou")


def wants_one_hot(train: TrainSettings, output: str, fact: OutputFact) -> bool:
    """Whether an output's loss or one of its metrics requires class numbers as one-hot vectors."""
    if fact.ending != "softmax":
        return False
    plain = loss_of(train, output, fact).name == "categorical_crossentropy" and train.label_smoothing == 0
    return not plain or any(m.name not in _SPARSE_METRICS for m in metrics_of(train, output, fact))


def labels_for_keras(train: TrainSettings, output: str, fact: OutputFact, labels: NDArray[Any]) -> NDArray[Any]:
    """Labels of a data set in the form that the output's loss and metrics expect: class numbers, or one-hot
    (float32)."""
    if not wants_one_hot(train, output, fact):
        return labels
    one_hot: NDArray[np.float32] = np.eye(fact.shape[-1], dtype=np.float32)[labels]
    return one_hot


def keras_loss(train: TrainSettings, output: str, fact: OutputFact, unit: float = 1.0) -> keras.losses.Loss:
    """The loss of one output, with label smoothing if it supports it. `delta` of `huber` is in this unit."""
    smoothing = train.label_smoothing
    classes = fact.ending == "softmax"
    match loss_of(train, output, fact):
        case options.CategoricalCrossentropy():
            if wants_one_hot(train, output, fact):
                return keras.losses.CategoricalCrossentropy(label_smoothing=smoothing)
            return keras.losses.SparseCategoricalCrossentropy()
        case options.BinaryCrossentropy():
            return keras.losses.BinaryCrossentropy(label_smoothing=smoothing)
        case options.Focal(gamma=gamma, alpha=alpha) if classes:
            return keras.losses.CategoricalFocalCrossentropy(alpha=alpha, gamma=gamma, label_smoothing=smoothing)
        case options.Focal(gamma=gamma, alpha=alpha):
            return keras.losses.BinaryFocalCrossentropy(
                apply_class_balancing=True, alpha=alpha, gamma=gamma, label_smoothing=smoothing
            )
        case options.Dice():
            return keras.losses.Dice()
        case options.Tversky(alpha=alpha, beta=beta):
            return keras.losses.Tversky(alpha=alpha, beta=beta)
        case options.Mse():
            return keras.losses.MeanSquaredError()
        case options.Mae():
            return keras.losses.MeanAbsoluteError()
        case options.Huber(delta=delta):
            return keras.losses.Huber(delta=delta * unit)
        case options.LogCosh():
            return keras.losses.LogCosh()
        case options.Poisson():
            return keras.losses.Poisson()
        case options.KlDivergence():
            return keras.losses.KLDivergence()
        case Extern() as extern:
            made = extern_loss(extern)
            return made if isinstance(made, keras.losses.Loss) else _FunctionLoss(made)
        case other:
            assert_never(other)


def keras_metrics(train: TrainSettings, output: str, fact: OutputFact) -> list[keras.metrics.Metric]:
    """The metrics of one output, each named as in the language."""
    one_hot = wants_one_hot(train, output, fact)
    return [_metric(metric, fact, one_hot) for metric in metrics_of(train, output, fact)]


def compiled_metrics(metrics: Mapping[str, list[keras.metrics.Metric]], *, weighted: bool) -> dict[str, Any]:
    """The arguments of `Model.compile` for the metrics of the outputs. If samples are weighted, so are the metrics,
    except those of Keras that count points in whole numbers (`mean_iou`).
    """
    counting = {
        name: [m for m in each if not weighted or isinstance(m, keras.metrics.IoU)] for name, each in metrics.items()
    }
    others = {name: [m for m in each if m not in counting[name]] for name, each in metrics.items()}
    found = {"metrics": counting, **({"weighted_metrics": others} if weighted else {})}
    return {kind: each if len(each) > 1 else next(iter(each.values())) for kind, each in found.items()}


def _metric(metric: metric_options.Metric, fact: OutputFact, one_hot: bool) -> keras.metrics.Metric:
    binary = fact.ending == "sigmoid"
    name = metric.name
    match metric:
        case metric_options.Accuracy() if binary:
            return keras.metrics.BinaryAccuracy(name=name)
        case metric_options.Accuracy():
            return (keras.metrics.CategoricalAccuracy if one_hot else keras.metrics.SparseCategoricalAccuracy)(
                name=name
            )
        case metric_options.TopK(k=k):
            top_k = keras.metrics.TopKCategoricalAccuracy if one_hot else keras.metrics.SparseTopKCategoricalAccuracy
            return top_k(k=k, name=name)
        case metric_options.Auc():
            return keras.metrics.AUC(name=name)
        case metric_options.PrAuc():
            return keras.metrics.AUC(curve="PR", name=name)
        case metric_options.Precision():
            return keras.metrics.Precision(name=name)
        case metric_options.Recall():
            return keras.metrics.Recall(name=name)
        case metric_options.F1():
            return keras.metrics.F1Score(average="macro", threshold=0.5 if binary else None, name=name)
        case metric_options.MeanIou() if binary:
            return keras.metrics.BinaryIoU(threshold=0.5, name=name)
        case metric_options.MeanIou():
            return keras.metrics.MeanIoU(
                num_classes=fact.shape[-1], sparse_y_true=not one_hot, sparse_y_pred=False, name=name
            )
        case metric_options.MaeMetric():
            return keras.metrics.MeanAbsoluteError(name=name)
        case metric_options.MseMetric():
            return keras.metrics.MeanSquaredError(name=name)
        case metric_options.Rmse():
            return keras.metrics.RootMeanSquaredError(name=name)
        case metric_options.Mape():
            return keras.metrics.MeanAbsolutePercentageError(name=name)
        case metric_options.Msle():
            return keras.metrics.MeanSquaredLogarithmicError(name=name)
        case metric_options.CosineSimilarity():
            return keras.metrics.CosineSimilarity(name=name)
        case metric_options.R2():
            return keras.metrics.R2Score(name=name)
        case Extern() as extern:
            made = extern_metric(extern)
            if not isinstance(made, keras.metrics.Metric):
                return keras.metrics.MeanMetricWrapper(made, name=extern.reported)
            made.name = extern.reported
            return made
        case other:
            assert_never(other)


class _FunctionLoss(keras.losses.Loss):  # type: ignore[misc]
    """The mean over samples of a function of the user."""

    def __init__(self, function: Function) -> None:
        super().__init__()
        self._function = function

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return self._function(y_true, y_pred)
