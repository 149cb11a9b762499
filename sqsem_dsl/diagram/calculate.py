"""Arithmetic in the evaluation: a value, or the fault that says why there is none."""

from __future__ import annotations

from collections.abc import Sequence

from sqsem_dsl.diagram.combine import show_shape
from sqsem_dsl.ir.choices import show
from sqsem_dsl.ir.faults import BadOperand, DividedByZero, Fault, NoSuchAxis, NotCertain, NumberTooLarge, OutOfTable
from sqsem_dsl.ir.graph import Apply, Dim
from sqsem_dsl.ir.scalars import Undefined, compute
from sqsem_dsl.operators.row import Shape, Value


def calculate(node: Apply, values: Sequence[object]) -> Value | Fault:
    """A function on values."""
    arguments: tuple[Value, ...] = tuple(values)  # type: ignore[arg-type]
    try:
        return compute(node.function, arguments)
    except Undefined as undefined:
        match undefined.reason:
            case "zero":
                return DividedByZero(node.span, None, undefined.message)
            case "large":
                return NumberTooLarge(node.span, None)
            case "uncertain":
                return NotCertain(node.span, None, undefined.message)
            case "table":
                return OutOfTable(node.span, None, undefined.message, undefined.extent)
            case _:
                return BadOperand(node.span, None, undefined.message or f"`{node.function}` of {show(arguments)}")


def no_axis(dim: Dim, axis: str, shape: Shape) -> Fault:
    return NoSuchAxis(dim.span, None, axis, show_shape(shape))
