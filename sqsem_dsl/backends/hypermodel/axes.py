"""Axes of tensors as code. Keras counts them with that of the samples, which is axis 0."""

from __future__ import annotations

from sqsem_dsl.backends.hypermodel.scalars import constant
from sqsem_dsl.backends.hypermodel.values import SUM, Scalar, literal
from sqsem_dsl.backends.hypermodel.writer import Writer
from sqsem_dsl.operators.axis import NAMES


def axis_of(axis: Scalar, rank: int) -> int | None:
    """The position of an axis that is given by its name or position; None if it is computed."""
    return next((at for at, name in enumerate(NAMES[rank]) if axis.value in (at, name)), None)


def axis_code(writer: Writer, axis: Scalar | None, rank: int) -> str:
    """The code of an axis, that of the channels by default, counted with that of the samples."""
    found = rank - 1 if axis is None else axis_of(axis, rank)
    if found is not None:
        return str(found + 1)
    assert axis is not None
    if axis.kind == "int":
        return f"{axis.inside(SUM)} + 1"
    return f"{constant(writer, 'axes', literal(('samples', *NAMES[rank])))}.index({axis.code})"


def along(writer: Writer, axis: Scalar | None, rank: int) -> str:
    """The argument for the axis of a concatenation; none for Keras's default, the channels."""
    code = axis_code(writer, axis, rank)
    return f"axis={code}" if code != str(rank) else ""
