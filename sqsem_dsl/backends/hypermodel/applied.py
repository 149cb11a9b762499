"""The tensor after an operator, as the expression for it."""

from __future__ import annotations

from collections.abc import Sequence

from sqsem_dsl.backends.hypermodel.helpers import helper
from sqsem_dsl.backends.hypermodel.moving import MOVING, moving
from sqsem_dsl.backends.hypermodel.operators import layer, refuse
from sqsem_dsl.backends.hypermodel.sequences import SEQUENCES, sequence
from sqsem_dsl.backends.hypermodel.values import Scalar, Tensor
from sqsem_dsl.backends.hypermodel.writer import Writer
from sqsem_dsl.backends.hypermodel.zeros import called, keeps_zero
from sqsem_dsl.diagnostics.source import Span


def applied(
    writer: Writer, operator: str, given: dict[str, Scalar], inputs: Sequence[Tensor], name: str, span: Span
) -> Tensor:
    """The output of an operator; its first tensor itself if it does nothing. `name` is the code of its name.

    A part that has no code is recorded as refused.
    """
    if operator == "zero":
        return Tensor(f"{helper(writer.module, 'zeros_like')}({inputs[0].code})", inputs[0].rank, zero=True)
    if operator in MOVING or operator in SEQUENCES:
        if operator in MOVING:
            found = moving(writer, operator, given, inputs)
        else:
            found = sequence(writer, operator, given, inputs, name)
        if isinstance(found, Tensor):
            return found
        refuse(writer, operator, span, found)
        return inputs[0]
    made = layer(writer, operator, given, inputs, name, span)
    if made is None:
        return inputs[0]
    keeps = any(each.zero for each in inputs) and keeps_zero(writer, operator, given, span)
    return called(writer, made, keeps, inputs, _rank(operator, given, inputs[0].rank))


def _rank(operator: str, given: dict[str, Scalar], rank: int) -> int:
    match operator:
        case "gap" | "gmp" | "flatten":
            return 1
        case "embedding":
            return rank + 1
        case "reshape":
            shape = given["shape"]
            return len(shape.value) if isinstance(shape.value, tuple) else shape.code.count(",") + 1
        case _:
            return rank
