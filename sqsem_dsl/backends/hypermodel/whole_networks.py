"""Layers that are networks or classes of their own: `backbone` and `extern`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqsem_dsl.ast import nodes
from sqsem_dsl.backends.hypermodel.emitted import Module, identifier
from sqsem_dsl.backends.hypermodel.layout import layout
from sqsem_dsl.backends.hypermodel.values import Scalar, Tensor
from sqsem_dsl.backends.hypermodel.writer import Writer
from sqsem_dsl.backends.hypermodel.zeros import filled
from sqsem_dsl.backends.keras.backbone_code import backbone_lines
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.operators import TABLE
from sqsem_dsl.operators.backbone import BACKBONE
from sqsem_dsl.operators.extern import EXTERN, TARGET
from sqsem_dsl.operators.row import Value

ANY_IMAGE = (331, 331, 3)
"""A shape of images that every backbone takes."""


def backbone(writer: Writer, given: dict[str, Scalar], inputs: Sequence[Tensor], name: str) -> Tensor | str:
    """The tensor after a backbone, or the reason why it has no code."""
    row = TABLE[BACKBONE]
    attributes: dict[str, Value] = {each.name: each.default for each in row.attributes if isinstance(each.default, str)}
    for each, value in given.items():
        if not isinstance(value.value, str):
            return f"its argument `{each}` is chosen; `choose` among backbones has code"
        attributes[each] = value.value
    function = _function(writer.module, attributes)
    rank = len(row.shape((ANY_IMAGE,), attributes))
    return Tensor(f"{function}({filled(writer, inputs[0])}, name={name})", rank)


def _function(module: Module, attributes: dict[str, Value]) -> str:
    """The name of the function for a backbone, which is added to the module."""
    body: list[str] = []
    for line in backbone_lines(attributes, "x.shape[1:]", "name", "(x)"):
        text = line.lstrip()
        written = text.startswith(('"', "#"))
        body += [line] if written else layout(text, line[: len(line) - len(text)])
    wanted, number = identifier(str(attributes["network"])), 1
    found = wanted
    while (lines := [f"def {found}(x, name):", *body]) != module.helpers.setdefault(found, lines):
        number += 1
        found = f"{wanted}_{number}"
    return found


def extern(
    writer: Writer, call: nodes.Call, given: dict[str, Scalar], inputs: Sequence[Tensor], name: str, target: str
) -> Tensor | None:
    """The tensor after a layer of the user; None, and refused, if its number of axes is not known."""
    ranks = writer.module.extern_ranks.get((target, inputs[0].rank), frozenset())
    if len(ranks) != 1 or inputs[0].fewer:
        remedy = "use it in the first architecture, with one number of axes, or use `space.hypermodel()`"
        writer.module.refuse(call.span, "`extern`", "the number of axes of its output is not known", remedy)
        return None
    arguments = [*(f"{key}={value.code}" for key, value in given.items()), f"name={name}"]
    code = writer.module.imported(target).replace("keras.layers.", "layers.")
    tensors = [filled(writer, each) for each in inputs]
    listed = tensors[0] if len(tensors) == 1 else f"[{', '.join(tensors)}]"
    (rank,) = ranks
    return Tensor(f"{code}({', '.join(arguments)})({listed})", rank)


def extern_ranks(architectures: Iterable[Architecture]) -> dict[tuple[str, int], frozenset[int]]:
    """The numbers of axes of the outputs of the layers of the user, by their classes and the axes of their inputs."""
    found: dict[tuple[str, int], frozenset[int]] = {}
    for architecture in architectures:
        layers = architecture.layers
        for layer in layers:
            if layer.operator == EXTERN:
                key = (str(layer.attributes[TARGET]), len(layers[layer.inputs[0]].shape))
                found[key] = found.get(key, frozenset()) | {len(layer.shape)}
    return found
