"""The weights of classes as code: Keras's `class_weight`, or for several outputs the weights of samples."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext

from sqsem_dsl.backends.hypermodel.helpers import helper
from sqsem_dsl.backends.hypermodel.settings_code import Coded, Settings
from sqsem_dsl.backends.hypermodel.values import literal, number
from sqsem_dsl.backends.hypermodel.writer import Writer
from sqsem_dsl.settings.metrics import OutputFact
from sqsem_dsl.settings.options import Balanced, ClassWeights, EqualClasses, GivenWeights

KEY = "class_weights"


def check_class_weights(settings: Settings, outputs: Mapping[str, OutputFact]) -> None:
    """Records weights of classes that the module cannot have."""
    for key, value in settings.given.items():
        if key.partition(".")[0] != KEY:
            continue
        weighted = any(not isinstance(coded.option, EqualClasses) for coded in settings.options(key))
        if weighted and any(_classes(outputs[name]) is None for name in outputs if _key(settings, name) == key):
            remedy = "remove it, and give `sample_weight` to `tuner.search`, or use `space.hypermodel()`"
            settings.refuse(value.span, key, "a sample has labels of several points", remedy)


def _key(settings: Settings, output: str) -> str:
    """The setting that an output has its weights from."""
    own = f"{KEY}.{output}"
    return own if own in settings.given else KEY


def _classes(fact: OutputFact) -> int | None:
    """The number of classes of an output that gives one class for each sample; None for others."""
    if len(fact.shape) > 1 or fact.ending is None:
        return None
    if fact.ending == "softmax":
        return fact.shape[-1]
    return 2 if fact.shape[-1] == 1 else None


def needs_names(settings: Settings, outputs: Mapping[str, OutputFact]) -> list[str]:
    """The outputs whose classes have weights by name: the module must know the order of the names."""
    several = {name: [coded.option for coded in settings.options(_key(settings, name))] for name in outputs}
    return [
        name
        for name, options in several.items()
        if any(isinstance(each, GivenWeights) and not each.by_number for each in options)
    ]


def class_weight_lines(writer: Writer, settings: Settings, outputs: Mapping[str, OutputFact]) -> None:
    """Writes what adds the weights to the arguments of `fit`."""
    weighted = {
        name: [each for each in settings.options(_key(settings, name)) if not isinstance(each.option, EqualClasses)]
        for name, fact in outputs.items()
        if _classes(fact) is not None
    }
    weighted = {name: options for name, options in weighted.items() if options}
    if not weighted:
        return
    if len(outputs) == 1:
        ((name, options),) = weighted.items()
        for coded in options:
            code = _weights(writer, coded.option, outputs, name, "labels")
            with _under(writer, settings.test(_key(settings, name), coded)):
                _single(writer, code)
        return
    helper(writer.module, "weights_of")
    helper(writer.module, "labels_of")
    writer.module.packages.add("numpy")
    searched = any(settings.searched(_key(settings, name)) for name in weighted)
    with writer.block('if "sample_weight" not in kwargs'):
        writer.write(_LABELS)
        if not searched:
            codes = [_of_output(writer, weighted[n][0], outputs, n) if n in weighted else _ones(n) for n in outputs]
            listed = ", ".join(f'"{name}": {code}' for name, code in zip(outputs, codes, strict=True))
            writer.write(f'kwargs["sample_weight"] = {{{listed}}}')
            return
        writer.write("weights = {name: numpy.ones(len(each)) for name, each in labels.items()}")
        for name, options in weighted.items():
            for coded in options:
                with _under(writer, settings.test(_key(settings, name), coded)):
                    writer.write(f'weights["{name}"] = {_of_output(writer, coded, outputs, name)}')
        writer.write('kwargs["sample_weight"] = weights')


_LABELS = "labels = labels_of(args, kwargs)"


def _under(writer: Writer, test: str | None) -> AbstractContextManager[None]:
    """The lines under a condition, if there is one."""
    return nullcontext() if test is None else writer.block(f"if {test}")


def _ones(output: str) -> str:
    return f'numpy.ones(len(labels["{output}"]))'


def _of_output(writer: Writer, coded: Coded, outputs: Mapping[str, OutputFact], name: str) -> str:
    """The weights of the samples of one of several outputs."""
    own = f'labels["{name}"]'
    return f"weights_of({own}, {_weights(writer, coded.option, outputs, name, own)})"


def _single(writer: Writer, code: str) -> None:
    """Writes what gives the weights of the only output to `fit`."""
    if "labels" not in code:
        writer.write(f'kwargs.setdefault("class_weight", {code})')
        return
    helper(writer.module, "labels_of")
    with writer.block('if "class_weight" not in kwargs'):
        writer.write(_LABELS)
        writer.write(f'kwargs["class_weight"] = {code}')


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
