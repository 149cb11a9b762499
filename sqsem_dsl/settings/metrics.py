"""The metrics that training will report, from the settings and the outputs alone, without a model or Keras.

The shape and the last activation of an output decide: a softmax gives classes on its last axis, a sigmoid independent
yes-or-no labels, anything else real numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sqsem_dsl.settings.metric_options import Accuracy, MaeMetric, Metric
from sqsem_dsl.settings.objective_meant import COUNTS as COUNTS
from sqsem_dsl.settings.objective_meant import LESS_IS_BETTER
from sqsem_dsl.settings.options import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    ClassWeights,
    EqualClasses,
    Loss,
    Mse,
)
from sqsem_dsl.settings.search import Maximize, Minimize, Objective, SearchSettings
from sqsem_dsl.settings.train import TrainSettings

Ending = Literal["softmax", "sigmoid"] | None


@dataclass(frozen=True, slots=True)
class OutputFact:
    """An output of the space: its shape without the batch axis, and its last activation.

    None is for any other activation, and for a sigmoid with a loss for numbers (`gives_numbers`).
    """

    shape: tuple[int, ...]
    ending: Ending = None


ENDINGS: Mapping[str, tuple[Ending, ...]] = {
    "categorical_crossentropy": ("softmax",),
    "kl_divergence": ("softmax",),
    "binary_crossentropy": ("sigmoid",),
    "focal": ("softmax", "sigmoid"),
    "dice": ("softmax", "sigmoid"),
    "tversky": ("softmax", "sigmoid"),
    "accuracy": ("softmax", "sigmoid"),
    "top_k": ("softmax",),
    "auc": ("softmax", "sigmoid"),
    "pr_auc": ("softmax", "sigmoid"),
    "precision": ("softmax", "sigmoid"),
    "recall": ("softmax", "sigmoid"),
    "f1": ("softmax", "sigmoid"),
    "mean_iou": ("softmax", "sigmoid"),
}
"""The endings that a loss or metric supports; those not listed here support every output."""
_NUMBERS = ("mse", "mae", "huber", "log_cosh", "poisson")
"""The losses for numbers. They treat labels as numbers."""
_FOR_NUMBERS = ("mae", "mse", "rmse", "mape", "msle", "cosine_similarity", "r2")
"""The metrics for numbers."""


def loss_of(train: TrainSettings, output: str, fact: OutputFact) -> Loss:
    """The loss of one output: its own, else the common one, else by its ending."""
    own = train.by_output.get(output)
    if own is not None and own.loss is not None:
        return own.loss
    if train.loss is not None:
        return train.loss
    match fact.ending:
        case "softmax":
            return CategoricalCrossentropy()
        case "sigmoid":
            return BinaryCrossentropy()
        case None:
            return Mse()


def metrics_of(train: TrainSettings, output: str, fact: OutputFact) -> tuple[Metric, ...]:
    """The metrics of one output: its own, else the common ones, else accuracy for labels and `mae` for numbers."""
    own = train.by_output.get(output)
    if own is not None and own.metrics is not None:
        return own.metrics
    if train.metrics is not None:
        return train.metrics
    return (MaeMetric(),) if fact.ending is None else (Accuracy(),)


def gives_numbers(train: TrainSettings, output: str, fact: OutputFact) -> bool:
    """Whether the labels of a sigmoid are numbers: its loss is for numbers (or one of the user, and a metric is for
    numbers), and no metric or weight is for classes.

    Shares, probabilities and brightness also lie between 0 and 1.
    """
    loss = loss_of(train, output, fact).name
    if fact.ending != "sigmoid" or loss not in (*_NUMBERS, "extern"):
        return False
    own = train.by_output.get(output)
    stated = own.metrics if own is not None and own.metrics is not None else train.metrics
    for_classes = any(metric.name in ENDINGS for metric in stated or ())
    for_numbers = loss in _NUMBERS or any(metric.name in _FOR_NUMBERS for metric in stated or ())
    return for_numbers and not for_classes and not weighs_classes(train, output)


def loss_weight_of(train: TrainSettings, output: str) -> float:
    """The factor of an output's loss in the sum."""
    own = train.by_output.get(output)
    return train.loss_weight if own is None or own.loss_weight is None else own.loss_weight


def scale_targets_of(train: TrainSettings, output: str) -> bool:
    """Whether an output of numbers is trained on standardized targets."""
    own = train.by_output.get(output)
    return train.scale_targets if own is None or own.scale_targets is None else own.scale_targets


def class_weights_of(train: TrainSettings, output: str) -> ClassWeights:
    """The class weights of an output."""
    own = train.by_output.get(output)
    return train.class_weights if own is None or own.class_weights is None else own.class_weights


def weighs_classes(train: TrainSettings, output: str) -> bool:
    """Whether the classes of an output have weights."""
    return not isinstance(class_weights_of(train, output), EqualClasses)


def metric_names(train: TrainSettings, outputs: Mapping[str, OutputFact]) -> set[str]:
    """Every name that training reports after an epoch, with the counts (`COUNTS`): the valid objectives.

    One output: `loss`, and its metrics by name. Several: `loss`, and `OUTPUT_loss` and `OUTPUT_METRIC` for each. All of
    them also with the prefix `val_`.
    """
    names = {"loss"}
    for output, fact in outputs.items():
        front = f"{output}_" if len(outputs) > 1 else ""
        names.add(f"{front}loss")
        names |= {front + metric.reported for metric in metrics_of(train, output, fact)}
    return names | {f"val_{name}" for name in names} | set(COUNTS)


def better_way(metric: str, train: TrainSettings, outputs: Mapping[str, OutputFact]) -> Literal["maximize", "minimize"]:
    """Whether a higher or a lower value of a reported name, or a count, is better."""
    if metric in COUNTS:
        return "minimize"
    name = metric.removeprefix("val_")
    if len(outputs) > 1 and name != "loss":
        of = {f"{output}_{m.name}": m.name for output, fact in outputs.items() for m in metrics_of(train, output, fact)}
        name = of.get(name, "loss")
    return "minimize" if name in LESS_IS_BETTER else "maximize"


def default_objective(train: TrainSettings, outputs: Mapping[str, OutputFact]) -> Objective:
    """`maximize(val_accuracy)` if the first output reports one, else `minimize(val_loss)`."""
    first = next(iter(outputs))
    if any(metric.name == "accuracy" for metric in metrics_of(train, first, outputs[first])):
        return Maximize(metric=f"val_{first}_accuracy" if len(outputs) > 1 else "val_accuracy")
    return Minimize(metric="val_loss")


def objectives_of(
    search: SearchSettings, train: TrainSettings, outputs: Mapping[str, OutputFact]
) -> tuple[Objective, ...]:
    """The objectives of the search, else the default one."""
    return search.objectives or (default_objective(train, outputs),)
