"""What training will report, known from the settings and the outputs alone: no model is built and no Keras loaded.

An output is judged by its shape and by how it ends: a softmax gives classes on its last axis, a sigmoid independent
yes-or-no labels, anything else real numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sqsem_dsl.diagnostics import listing, similar
from sqsem_dsl.spec.settings_options import (
    Accuracy,
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Loss,
    MaeMetric,
    Metric,
    Mse,
    Patience,
    TopK,
)
from sqsem_dsl.spec.settings_search import Maximize, Minimize, Objective, SearchSettings
from sqsem_dsl.spec.settings_table import Problem
from sqsem_dsl.spec.settings_train import ClassWeights, TrainSettings

Ending = Literal["softmax", "sigmoid"] | None


@dataclass(frozen=True, slots=True)
class OutputFact:
    """An output of the space: its shape without the batch axis, and the activation that it ends with."""

    shape: tuple[int, ...]
    ending: Ending = None


COUNTS = ("params", "macs")
"""What an objective may name beside metrics: known before training."""

_ENDINGS: Mapping[str, tuple[Ending, ...]] = {
    "categorical_crossentropy": ("softmax",),
    "kl_divergence": ("softmax",),
    "binary_crossentropy": ("sigmoid",),
    "focal": ("softmax", "sigmoid"),
    "dice": ("softmax", "sigmoid"),
    "tversky": ("softmax", "sigmoid"),
    "accuracy": ("softmax", "sigmoid"),
    "top_k": ("softmax",),
    "auc": ("softmax", "sigmoid"),
    "precision": ("softmax", "sigmoid"),
    "recall": ("softmax", "sigmoid"),
    "f1": ("softmax", "sigmoid"),
    "mean_iou": ("softmax", "sigmoid"),
}
"""The endings that a loss or metric is for; those not named here are for every output."""
_SMOOTHED = ("categorical_crossentropy", "binary_crossentropy", "focal")
"""The losses that `label_smoothing` reaches."""


def loss_of(train: TrainSettings, output: str, fact: OutputFact) -> Loss:
    """The loss of one output: its own, else that of all, else by its ending."""
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
    """The metrics of one output: its own, else those of all, else accuracy for labels and `mae` for numbers."""
    own = train.by_output.get(output)
    if own is not None and own.metrics is not None:
        return own.metrics
    if train.metrics is not None:
        return train.metrics
    return (MaeMetric(),) if fact.ending is None else (Accuracy(),)


def loss_weight_of(train: TrainSettings, output: str) -> float:
    """The factor of an output's loss in the sum."""
    own = train.by_output.get(output)
    return train.loss_weight if own is None or own.loss_weight is None else own.loss_weight


def class_weights_of(train: TrainSettings, output: str) -> ClassWeights:
    """How the classes of an output are weighted."""
    own = train.by_output.get(output)
    return train.class_weights if own is None or own.class_weights is None else own.class_weights


def metric_names(train: TrainSettings, outputs: Mapping[str, OutputFact]) -> set[str]:
    """Every name that training reports after an epoch, with `params` and `macs`: what an objective may name.

    One output: `loss`, and its metrics by name. Several: `loss`, and `OUTPUT_loss` and `OUTPUT_METRIC` for each. All of
    them also with `val_` in front.
    """
    names = {"loss"}
    for output, fact in outputs.items():
        front = f"{output}_" if len(outputs) > 1 else ""
        names.add(f"{front}loss")
        names |= {front + metric.name for metric in metrics_of(train, output, fact)}
    return names | {f"val_{name}" for name in names} | set(COUNTS)


def default_objective(train: TrainSettings, outputs: Mapping[str, OutputFact]) -> Objective:
    """`maximize(val_accuracy)` where the first output reports one, else `minimize(val_loss)`."""
    first = next(iter(outputs))
    if any(metric.name == "accuracy" for metric in metrics_of(train, first, outputs[first])):
        return Maximize(metric=f"val_{first}_accuracy" if len(outputs) > 1 else "val_accuracy")
    return Minimize(metric="val_loss")


def objectives_of(
    search: SearchSettings, train: TrainSettings, outputs: Mapping[str, OutputFact]
) -> tuple[Objective, ...]:
    """The objectives that the search names, else the default one."""
    return search.objectives or (default_objective(train, outputs),)


# ---- what settings and outputs say together


def check_train_outputs(train: TrainSettings, outputs: Mapping[str, OutputFact]) -> list[Problem]:
    """Losses and metrics that are not for how an output ends, settings that would reach nothing, an unknown
    `monitor`.
    """
    problems: list[Problem] = []
    for output, fact in outputs.items():
        own = train.by_output.get(output)
        key = f"loss.{output}" if own is not None and own.loss is not None else "loss"
        problems += _ending(loss_of(train, output, fact).name, output, fact, (key,))
        listed = f"metrics.{output}" if own is not None and own.metrics is not None else "metrics"
        for i, metric in enumerate(metrics_of(train, output, fact)):
            found = _ending(metric.name, output, fact, (listed, i))
            problems += found
            if not found and isinstance(metric, TopK) and metric.k > fact.shape[-1]:
                message = f"`k` of `top_k` is {metric.k}, but `{output}` has {fact.shape[-1]} classes"
                problems.append(Problem((listed, i, "k"), message, "ask for fewer"))
        weighted = f"class_weights.{output}" if own is not None and own.class_weights is not None else "class_weights"
        if class_weights_of(train, output) == "balanced" and fact.ending is None:
            message = f"`class_weights` weighs classes, but `{output}` has none"
            problems.append(Problem((weighted,), message, "end it with `softmax` or `sigmoid`, or leave it out"))
    losses = {output: loss_of(train, output, fact).name for output, fact in outputs.items()}
    if train.label_smoothing > 0 and not set(losses.values()) & set(_SMOOTHED):
        message = f"`label_smoothing` reaches no loss: here it is {listing(sorted(set(losses.values())))}"
        problems.append(Problem(("label_smoothing",), message, f"it is for {listing(_SMOOTHED)}"))
    match train.early_stopping:
        case Patience(monitor=monitor):
            problems += _known(monitor, metric_names(train, outputs) - set(COUNTS), ("early_stopping", "monitor"))
        case _:
            pass
    return problems


def check_objectives(search: SearchSettings, train: TrainSettings, outputs: Mapping[str, OutputFact]) -> list[Problem]:
    """Objectives that name what training does not report."""
    names = metric_names(train, outputs)
    several = len(search.objectives) > 1
    return [
        problem
        for i, objective in enumerate(search.objectives)
        for problem in _known(
            objective.metric, names, ("objective", i, "metric") if several else ("objective", "metric")
        )
    ]


def _ending(name: str, output: str, fact: OutputFact, where: tuple[str | int, ...]) -> list[Problem]:
    allowed = _ENDINGS.get(name)
    if allowed is None or fact.ending in allowed:
        return []
    ends = f"ends with `{fact.ending}`" if fact.ending else "ends with neither `softmax` nor `sigmoid`"
    endings = " or ".join(f"`{ending}`" for ending in allowed)
    help = f"end it with {endings}, or set `{str(where[0]).partition('.')[0]}.{output}` to one that is for it"
    return [Problem(where, f"`{name}` is for an output that ends with {endings}, but `{output}` {ends}", help)]


def _known(metric: str, names: set[str], where: tuple[str | int, ...]) -> list[Problem]:
    if metric in names:
        return []
    help = similar("metric", metric, names) or f"training reports {listing(sorted(names), 20)}"
    return [Problem(where, f"training does not report `{metric}`", help)]
