"""Settings of training and search that do not fit the inputs and outputs of a space."""

from __future__ import annotations

from collections.abc import Mapping

from sqsem_dsl.diagnostics.diagnostic import listing, similar
from sqsem_dsl.settings.metric_options import TopK
from sqsem_dsl.settings.metrics import (
    COUNTS,
    ENDINGS,
    OutputFact,
    class_weights_of,
    loss_of,
    metric_names,
    metrics_of,
    weighs_classes,
)
from sqsem_dsl.settings.optimizers import ReduceOnPlateau
from sqsem_dsl.settings.options import AsTheyCome, ClassWeights, GivenWeights, Patience, Stated
from sqsem_dsl.settings.search import SearchSettings
from sqsem_dsl.settings.table import Problem
from sqsem_dsl.settings.train import TrainSettings
from sqsem_dsl.utils.shapes import Shape, WholeShape

_VECTORS = ("f1", "r2")
"""The metrics that Keras computes only for vectors."""
_OVERLAPS = ("dice", "tversky")
"""The losses that compare whole batches."""
_SMOOTHED = ("categorical_crossentropy", "binary_crossentropy", "focal")
"""The losses that `label_smoothing` affects."""


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
    problems += _check_inputs(train, inputs or {})
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
    allowed = ENDINGS.get(name)
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


# ---- inputs


def _check_inputs(train: TrainSettings, inputs: Mapping[str, Shape]) -> list[Problem]:
    """Augmentation without an image, and standardization that does not fit its input. Nothing without inputs."""
    problems: list[Problem] = []
    if train.augment and inputs and not any(map(_can_be_image, inputs.values())):
        shapes = ", ".join(f"`{name}` is {list(shape)}" for name, shape in inputs.items())
        message = f"`augment` is for images, but no input is an image: {shapes}"
        problems.append(Problem(("augment",), message, "remove it, or declare `[height, width, channels]`"))
    return problems + _check_stated(train, inputs)


def _can_be_image(shape: Shape) -> bool:
    return len(shape) == 3 and not isinstance(shape, WholeShape)


def _check_stated(train: TrainSettings, inputs: Mapping[str, Shape]) -> list[Problem]:
    """Checks that each given mean and deviation has one number, or one for each channel of an input, and that inputs of
    whole numbers have none."""
    problems = []
    for name, shape in inputs.items():
        if isinstance(shape, WholeShape):
            if not isinstance(train.by_input.get(name, AsTheyCome()), AsTheyCome):
                message = f"`{name}` has whole numbers that stand for categories: they cannot be standardized"
                problems.append(Problem((f"standardize.{name}",), message, "remove it"))
            continue
        stated = train.by_input.get(name, train.standardize)
        if not isinstance(stated, Stated):
            continue
        key = f"standardize.{name}" if name in train.by_input else "standardize"
        for argument, numbers in (("mean", stated.mean), ("stddev", stated.stddev)):
            if len(numbers) not in (1, shape[-1]):
                message = f"`{argument}` has {len(numbers)} numbers, but `{name}` has {shape[-1]} channels"
                help = f"write one for each channel or one for all, with `standardize.{name}` for this input alone"
                problems.append(Problem((key, argument), message, help))
    return problems
