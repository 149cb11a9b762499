"""The weights of classes as code: Keras's `class_weight`, or for several outputs the weights of samples."""

from __future__ import annotations

from collections.abc import Mapping

from sqsem_dsl.backends.hypermodel.helpers import helper
from sqsem_dsl.backends.hypermodel.settings_code import Settings
from sqsem_dsl.backends.hypermodel.values import literal, number
from sqsem_dsl.backends.hypermodel.writer import Writer
from sqsem_dsl.settings.metrics import OutputFact, class_weights_of, weighs_classes
from sqsem_dsl.settings.options import Balanced, ClassWeights, EqualClasses, GivenWeights
from sqsem_dsl.settings.train import TrainSettings


def check_class_weights(settings: Settings, train: TrainSettings, outputs: Mapping[str, OutputFact]) -> None:
    """Records weights of classes that the module cannot have."""
    remedy = "remove it, and give `sample_weight` to `tuner.search`, or use `space.hypermodel()`"
    for key, value in settings.given.items():
        own, _, output = key.partition(".")
        if own != "class_weights":
            continue
        names = [output] if output else [name for name in outputs if f"class_weights.{name}" not in settings.given]
        if settings.searched(key):
            if key != "class_weights" or len(outputs) > 1 or _classes(outputs[names[0]]) is None:
                settings.refuse(value.span, key, "it is searched", "set it, or use `space.hypermodel()`")
                continue
            for coded in settings.options(key):
                if coded.codes or (isinstance(coded.option, GivenWeights) and not coded.option.by_number):
                    reason = "it is searched, with weights that are chosen or by the names of classes"
                    settings.refuse(value.span, key, reason, "give the weights by number, or use `space.hypermodel()`")
        elif any(weighs_classes(train, name) and _classes(outputs[name]) is None for name in names):
            settings.refuse(value.span, key, "a sample has labels of several points", remedy)


def _classes(fact: OutputFact) -> int | None:
    """The number of classes of an output that gives one class for each sample; None for others."""
    if len(fact.shape) > 1 or fact.ending is None:
        return None
    if fact.ending == "softmax":
        return fact.shape[-1]
    return 2 if fact.shape[-1] == 1 else None


def needs_names(train: TrainSettings, outputs: Mapping[str, OutputFact]) -> list[str]:
    """The outputs whose classes have weights by name: the module must know the order of the names."""
    several = {name: class_weights_of(train, name) for name in outputs}
    return [name for name, each in several.items() if isinstance(each, GivenWeights) and not each.by_number]


def class_weight_lines(
    writer: Writer, settings: Settings, train: TrainSettings, outputs: Mapping[str, OutputFact]
) -> None:
    """Writes what adds the weights to the arguments of `fit`."""
    if settings.searched("class_weights"):
        _searched(writer, settings, outputs)
        return
    weighted = [name for name in outputs if weighs_classes(train, name) and _classes(outputs[name]) is not None]
    if not weighted:
        return
    given = {name: _weights(writer, class_weights_of(train, name), outputs, name, "labels") for name in weighted}
    if len(outputs) == 1:
        _single(writer, *given.values())
        return
    helper(writer.module, "weights_of")
    helper(writer.module, "labels_of")
    with writer.block('if "sample_weight" not in kwargs'):
        writer.write(_LABELS)
        parts = []
        for name in outputs:
            own = f'labels["{name}"]'
            weights = _weights(writer, class_weights_of(train, name), outputs, name, own) if name in weighted else None
            code = f"numpy.ones(len({own}))" if weights is None else f"weights_of({own}, {weights})"
            parts.append(f'"{name}": {code}')
        writer.module.packages.add("numpy")
        writer.write(f'kwargs["sample_weight"] = {{{", ".join(parts)}}}')


_LABELS = "labels = labels_of(args, kwargs)"


def _single(writer: Writer, code: str) -> None:
    """Writes what gives the weights of the only output to `fit`."""
    if "labels" not in code:
        writer.write(f'kwargs.setdefault("class_weight", {code})')
        return
    helper(writer.module, "labels_of")
    with writer.block('if "class_weight" not in kwargs'):
        writer.write(_LABELS)
        writer.write(f'kwargs["class_weight"] = {code}')


def _searched(writer: Writer, settings: Settings, outputs: Mapping[str, OutputFact]) -> None:
    """Writes the weights of each option, under the choice of it."""
    (name,) = outputs
    if _classes(outputs[name]) is None:
        return
    for coded in settings.options("class_weights"):
        if not isinstance(coded.option, EqualClasses):
            with writer.block(f"if {settings.test('class_weights', coded)}"):
                _single(writer, _weights(writer, coded.option, outputs, name, "labels"))


def _weights(writer: Writer, weights: ClassWeights, outputs: Mapping[str, OutputFact], name: str, labels: str) -> str:
    """The code of a dict with the weight of each class. `labels` is the code of the labels."""
    classes = _classes(outputs[name])
    assert classes is not None
    match weights:
        case EqualClasses():
            return "{}"
        case Balanced():
            return f"{helper(writer.module, 'balanced')}({labels})"
        case GivenWeights(by_number=True):
            listed = ", ".join(f"{n}: {number(weights.weights.get(str(n), 1.0))}" for n in range(classes))
            return f"{{{listed}}}"
        case GivenWeights():
            listed = ", ".join(f"{literal(each)}: {number(weight)}" for each, weight in weights.weights.items())
            names = "self.classes" if len(outputs) == 1 else f'self.classes["{name}"]'
            return f"{helper(writer.module, 'by_number')}({{{listed}}}, {names})"
