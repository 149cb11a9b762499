"""Losses and metrics as code, as `backends.keras.losses` makes them."""

from __future__ import annotations

from typing import assert_never

from sqsem_dsl.backends.hypermodel.emitted import Module
from sqsem_dsl.backends.hypermodel.values import literal, number
from sqsem_dsl.operators.extern_import import imported
from sqsem_dsl.settings import metric_options, options
from sqsem_dsl.settings.extern import Extern
from sqsem_dsl.settings.metrics import OutputFact, loss_of, metrics_of
from sqsem_dsl.settings.train import TrainSettings

_SPARSE_METRICS = ("accuracy", "top_k", "mean_iou")
_ALONE = {
    "dice": "Dice",
    "mse": "MeanSquaredError",
    "mae": "MeanAbsoluteError",
    "log_cosh": "LogCosh",
    "poisson": "Poisson",
    "kl_divergence": "KLDivergence",
}


def wants_one_hot(train: TrainSettings, output: str, fact: OutputFact, smoothing: str) -> bool:
    """Whether labels must be one-hot vectors; if the smoothing is searched, they must be in every trial."""
    if fact.ending != "softmax":
        return False
    plain = loss_of(train, output, fact).name == "categorical_crossentropy" and smoothing == "0.0"
    return not plain or any(m.name not in _SPARSE_METRICS for m in metrics_of(train, output, fact))


def loss_code(module: Module, train: TrainSettings, output: str, fact: OutputFact, smoothing: str) -> str:
    """The loss of an output. `smoothing` is the code of the label smoothing."""
    smoothed = [] if smoothing == "0.0" else [f"label_smoothing={smoothing}"]

    def made(name: str, *arguments: str) -> str:
        return f"keras.losses.{name}({', '.join(arguments)})"

    match loss_of(train, output, fact):
        case options.CategoricalCrossentropy():
            if wants_one_hot(train, output, fact, smoothing):
                return made("CategoricalCrossentropy", *smoothed)
            return made("SparseCategoricalCrossentropy")
        case options.BinaryCrossentropy():
            return made("BinaryCrossentropy", *smoothed)
        case options.Focal(gamma=gamma, alpha=alpha):
            numbers = [f"alpha={number(alpha)}", f"gamma={number(gamma)}"]
            if fact.ending == "softmax":
                return made("CategoricalFocalCrossentropy", *numbers, *smoothed)
            return made("BinaryFocalCrossentropy", "apply_class_balancing=True", *numbers, *smoothed)
        case options.Tversky(alpha=alpha, beta=beta):
            return made("Tversky", f"alpha={number(alpha)}", f"beta={number(beta)}")
        case options.Huber(delta=delta):
            return made("Huber", *([f"delta={number(delta)}"] if delta != 1.0 else []))
        case Extern(target=target) as extern:
            if isinstance(imported(target, "Loss"), type):
                return f"{module.imported(target)}({', '.join(_arguments(extern))})"
            if not extern.arguments:
                return module.imported(target)
            module.imports.add("functools")
            return f"functools.partial({', '.join([module.imported(target), *_arguments(extern)])})"
        case (
            options.Dice()
            | options.Mse()
            | options.Mae()
            | options.LogCosh()
            | options.Poisson()
            | options.KlDivergence()
        ) as plain:
            return made(_ALONE[plain.name])
        case other:
            assert_never(other)


def metric_codes(module: Module, train: TrainSettings, output: str, fact: OutputFact, smoothing: str) -> list[str]:
    """The metrics of an output, each named as in the spec."""
    one_hot = wants_one_hot(train, output, fact, smoothing)
    return [_metric(module, metric, fact, one_hot) for metric in metrics_of(train, output, fact)]


def _metric(module: Module, metric: metric_options.Metric, fact: OutputFact, one_hot: bool) -> str:
    binary = fact.ending == "sigmoid"
    sparse = "" if one_hot else "Sparse"

    def made(name: str, *arguments: str) -> str:
        own = f'name="{metric.name}"'
        return f"keras.metrics.{name}({', '.join([*arguments, own])})"

    match metric:
        case metric_options.Accuracy() if binary:
            return made("BinaryAccuracy")
        case metric_options.Accuracy():
            return made("CategoricalAccuracy" if one_hot else "SparseCategoricalAccuracy")
        case metric_options.TopK(k=k):
            return made(f"{sparse}TopKCategoricalAccuracy", f"k={k}")
        case metric_options.Auc():
            return made("AUC")
        case metric_options.PrAuc():
            return made("AUC", 'curve="PR"')
        case metric_options.Precision():
            return made("Precision")
        case metric_options.Recall():
            return made("Recall")
        case metric_options.F1():
            return made("F1Score", 'average="macro"', *(["threshold=0.5"] if binary else []))
        case metric_options.MeanIou() if binary:
            return made("BinaryIoU", "threshold=0.5")
        case metric_options.MeanIou():
            return made(
                "MeanIoU", f"num_classes={fact.shape[-1]}", f"sparse_y_true={not one_hot}", "sparse_y_pred=False"
            )
        case metric_options.MaeMetric():
            return made("MeanAbsoluteError")
        case metric_options.MseMetric():
            return made("MeanSquaredError")
        case metric_options.Rmse():
            return made("RootMeanSquaredError")
        case metric_options.Mape():
            return made("MeanAbsolutePercentageError")
        case metric_options.Msle():
            return made("MeanSquaredLogarithmicError")
        case metric_options.CosineSimilarity():
            return made("CosineSimilarity")
        case metric_options.R2():
            return made("R2Score")
        case Extern(target=target) as extern:
            named = [f'name="{extern.reported}"']
            own_arguments = [each for each in _arguments(extern) if not each.startswith("name=")]
            if isinstance(imported(target, "Metric"), type):
                return f"{module.imported(target)}({', '.join([*own_arguments, *named])})"
            listed = ", ".join([module.imported(target), *named, *own_arguments])
            return f"keras.metrics.MeanMetricWrapper({listed})"
        case other:
            assert_never(other)


def _arguments(extern: Extern) -> list[str]:
    """The arguments of an object of the user, which are plain data."""
    return [f"{name}={_plain(value)}" for name, value in extern.arguments.items()]


def _plain(value: object) -> str:
    match value:
        case str():
            return literal(value)
        case list() | tuple():
            return f"[{', '.join(map(_plain, value))}]"
        case _:
            return repr(value)
