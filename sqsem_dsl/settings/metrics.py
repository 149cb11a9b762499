"""The metrics that training will report, from the settings and the outputs alone, without a model or Keras.

The shape and the last activation of an output decide: a softmax gives classes on its last axis, a sigmoid independent
yes-or-no labels, anything else real numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sqsem_dsl.diagnostics.diagnostic import listing, similar
from sqsem_dsl.settings.input_checks import check_train_inputs
from sqsem_dsl.settings.metric_options import Accuracy, MaeMetric, Metric, TopK
from sqsem_dsl.settings.objective_meant import LESS_IS_BETTER
from sqsem_dsl.settings.optimizers import ReduceOnPlateau
from sqsem_dsl.settings.options import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    ClassWeights,
    EqualClasses,
    GivenWeights,
    Loss,
    Mse,
    Patience,
)
from sqsem_dsl.settings.search import Maximize, Minimize, Objective, SearchSettings
from sqsem_dsl.settings.table import Problem
from sqsem_dsl.settings.train import TrainSettings
from sqsem_dsl.utils.shapes import Shape

Ending = Literal["softmax", "sigmoid"] | None


@dataclass(frozen=True, slots=True)
class OutputFact:
    """An output of the space: its shape without the batch axis, and its last activation.

    None is for any other activation, and for a sigmoid with a loss for numbers (`gives_numbers`).
    """

    shape: tuple[int, ...]
    ending: Ending = None


COUNTS = ("params", "macs")
"""Objectives besides metrics: known before training."""

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
_VECTORS = ("f1", "r2")
"""The metrics that Keras computes only for vectors."""
_OVERLAPS = ("dice", "tversky")
"""The losses that compare whole batches."""
_SMOOTHED = ("categorical_crossentropy", "binary_crossentropy", "focal")
"""The losses that `label_smoothing` affects."""


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
    for_classes = any(metric.name in _ENDINGS for metric in stated or ())
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
    """Every name that training reports after an epoch, with `params` and `macs`: the valid objectives.

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


# ---- checks of settings together with outputs


def check_train_outputs(
    train: TrainSettings,
    outputs: Mapping[str, OutputFact],
    inputs: Mapping[str, Shape] | None = None,
) -> list[Problem]:
    """Losses and metrics that do not fit an output, settings without effect, an unknown `monitor`.

    With the shapes of the inputs it also checks whether there is an image to augment.
    """
    problems: list[Problem] = []
    for output, fact in outputs.items():
        problems += _check_output(train, output, fact)
    losses = {output: loss_of(train, output, fact).name for output, fact in outputs.items()}
    if train.label_smoothing > 0 and not set(losses.values()) & set(_SMOOTHED):
        message = f"`label_smoothing` has no effect on the loss {listing(sorted(set(losses.values())))}"
        problems.append(Problem(("label_smoothing",), message, f"it is for {listing(_SMOOTHED)}"))
    problems += check_train_inputs(train, inputs or {})
    for key, value in (("early_stopping", train.early_stopping), ("schedule", train.schedule)):
        if isinstance(value, Patience | ReduceOnPlateau):
            problems += _known(value.monitor, metric_names(train, outputs) - set(COUNTS), (key, "monitor"))
    return problems


def _check_output(train: TrainSettings, output: str, fact: OutputFact) -> list[Problem]:
    """Checks the settings of one output with its shape and ending."""
    own = train.by_output.get(output)

    def key(setting: str) -> str:
        return f"{setting}.{output}" if own is not None and getattr(own, setting) is not None else setting

    loss = loss_of(train, output, fact).name
    problems = _ending(loss, output, fact, (key("loss"),))
    for i, metric in enumerate(metrics_of(train, output, fact)):
        where = (key("metrics"), i)
        found = _ending(metric.name, output, fact, where)
        problems += found
        if not found and isinstance(metric, TopK) and metric.k > fact.shape[-1]:
            message = f"`k` of `top_k` is {metric.k}, but `{output}` has {fact.shape[-1]} classes"
            problems.append(Problem((*where, "k"), message, "use a smaller `k`"))
        if metric.name in _VECTORS and len(fact.shape) != 1:
            message = f"`{metric.name}` is for an output that is a vector, but `{output}` is {list(fact.shape)}"
            problems.append(Problem(where, message, f"remove it, or set `metrics.{output}`"))
    if weighs_classes(train, output):
        weighted = (key("class_weights"),)
        if fact.ending is None:
            message = f"`class_weights` weighs classes, but `{output}` has none"
            problems.append(Problem(weighted, message, "end it with `softmax` or `sigmoid`, or remove the setting"))
        elif loss in _OVERLAPS:
            message = f"`class_weights` weighs samples, but `{loss}` of `{output}` is one number for a whole batch"
            problems.append(Problem(weighted, message, "use another loss, or remove the setting"))
        else:
            problems += _check_weights(class_weights_of(train, output), output, fact, weighted)
    return problems


def _check_weights(weights: ClassWeights, output: str, fact: OutputFact, where: tuple[str | int, ...]) -> list[Problem]:
    """Checks that there is a weight for each class. The names of classes are known only with the data."""
    if not isinstance(weights, GivenWeights):
        return []
    classes, count = fact.shape[-1] if fact.ending == "softmax" else 2, len(weights.weights)
    if count == classes or (count < classes and not weights.by_number):
        return []
    message = f"`given` has {count} weight{'s'[: count != 1]}, but `{output}` has {classes} classes"
    yes_or_no = "" if fact.ending == "softmax" else ": one for 0, one for 1"
    return [Problem(where, message, f"give one for each class, in the order of their numbers{yes_or_no}")]


def check_objectives(search: SearchSettings, train: TrainSettings, outputs: Mapping[str, OutputFact]) -> list[Problem]:
    """Objectives that training does not report."""
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
    help = f"end it with {endings}, or set `{str(where[0]).partition('.')[0]}.{output}` to one that fits it"
    return [Problem(where, f"`{name}` is for an output that ends with {endings}, but `{output}` {ends}", help)]


def _known(metric: str, names: set[str], where: tuple[str | int, ...]) -> list[Problem]:
    if metric in names:
        return []
    help = similar("metric", metric, names) or f"training reports {listing(sorted(names), 20)}"
    return [Problem(where, f"training does not report `{metric}`", help)]
