"""Operators that move values, as code: some are not one layer in Keras."""

from __future__ import annotations

from collections.abc import Sequence

from sqsem_dsl.backends.hypermodel.axes import axis_code, axis_of
from sqsem_dsl.backends.hypermodel.helpers import helper
from sqsem_dsl.backends.hypermodel.masks import with_mask
from sqsem_dsl.backends.hypermodel.scalars import whole
from sqsem_dsl.backends.hypermodel.values import PRODUCT, Scalar, Tensor
from sqsem_dsl.backends.hypermodel.writer import Writer
from sqsem_dsl.backends.hypermodel.zeros import moved

MOVING = frozenset(["gap", "gmp", "slice", "shuffle", "broadcast_like", "resize", "zeropad", "crop", "transpose"])


def moving(writer: Writer, operator: str, given: dict[str, Scalar], inputs: Sequence[Tensor]) -> Tensor:
    """The tensor after an operator."""
    x = inputs[0]
    match operator:
        case "gap" | "gmp":
            function = "keras.ops.mean" if operator == "gap" else "keras.ops.max"
            return moved(writer, f"{function}({{}}, axis={axis_code(writer, given['axis'], x.rank)})", x, x.rank - 1)
        case "slice":
            return _slice(writer, given, x)
        case "shuffle":
            shuffled = f"{helper(writer.module, operator)}({{}}, {whole(given['groups'])})"
            return moved(writer, with_mask(writer, shuffled, "{}", x.rank), x, x.rank)
        case "broadcast_like":
            if inputs[1].rank == 1:
                return x
            spread = f"{helper(writer.module, operator)}({{}}, {inputs[1].code})"
            return moved(writer, with_mask(writer, spread, inputs[1].code, inputs[1].rank), x, inputs[1].rank)
        case "resize":
            return _resize(writer, given["size"], x)
        case "zeropad":
            sides = _sides(given.get("n"), given.get("after"), x.rank - 1)
            return moved(writer, f"layers.ZeroPadding{x.rank - 1}D({sides})({{}})", x, x.rank)
        case "crop":
            sides = _sides(given.get("before"), given.get("after"), x.rank - 1)
            return moved(writer, f"layers.Cropping{x.rank - 1}D({sides})({{}})", x, x.rank)
        case _:
            return _transpose(writer, given["order"], x)


def _slice(writer: Writer, given: dict[str, Scalar], x: Tensor) -> Tensor:
    axis = axis_of(given["axis"], x.rank) if "axis" in given else x.rank - 1
    if axis is None:
        ends = f"{whole(given['from'])}, {whole(given['to'])}, axis={axis_code(writer, given['axis'], x.rank)}"
        part = f"{helper(writer.module, 'part')}({{}}, {ends})"
        return moved(writer, with_mask(writer, part, "{}", x.rank), x, x.rank)
    first = "" if given["from"].value == 0 else whole(given["from"])
    part = f"{first}:{whole(given['to'])}"
    if axis == x.rank - 1:
        return moved(writer, with_mask(writer, f"{{}}[..., {part}]", "{}", x.rank), x, x.rank)
    return moved(writer, f"{{}}[{':, ' * (axis + 1)}{part}]", x, x.rank)


def _resize(writer: Writer, size: Scalar, x: Tensor) -> Tensor:
    axes = x.rank - 1
    sizes = size.code[1:-1] if size.code[0] == "[" else f"*{size.code}" if size.kind == "list" else None
    sizes = ", ".join([whole(size)] * axes) if sizes is None else sizes
    if axes == 2:
        return moved(writer, f"layers.Resizing({sizes})({{}})", x, x.rank)
    return moved(writer, f"{helper(writer.module, f'resize_{axes}d')}({{}}, {sizes})", x, x.rank)


def _sides(before: Scalar | None, after: Scalar | None, axes: int) -> str:
    """The places before and after each axis."""
    first = "1" if before is None else before.code
    if after is None or (before is not None and after.code == before.code):
        if before is not None and before.kind == "list":
            return before.code[1:-1] if axes == 1 and before.code[0] == "[" else _tuple(before.code)
        return first if before is None else whole(before)
    starts, ends = _each(before, axes), _each(after, axes)
    if starts is None or ends is None:
        lists = [f"[{', '.join(several)}]" if several is not None else None for several in (starts, ends)]
        codes = [own or each.code for own, each in zip(lists, (before, after), strict=True) if each is not None]
        return f"tuple(zip({codes[0]}, {codes[-1]}, strict=True))"
    pairs = [f"({one}, {other})" for one, other in zip(starts, ends, strict=True)]
    return pairs[0] if len(pairs) == 1 else f"({', '.join(pairs)})"


def _each(side: Scalar | None, axes: int) -> list[str] | None:
    """The numbers for the axes; None if they are in a list that is computed."""
    if side is None:
        return ["1"] * axes
    if side.kind != "list":
        return [whole(side)] * axes
    return side.code[1:-1].split(", ") if side.static else None


def _tuple(code: str) -> str:
    return f"({code[1:-1]})" if code[0] == "[" and "," in code else code


def _transpose(writer: Writer, order: Scalar, x: Tensor) -> Tensor:
    if isinstance(order.value, tuple):
        axes = ", ".join(str(axis + 1) for axis in order.value if isinstance(axis, int))
        axes += "," * (len(order.value) == 1)
        return moved(writer, f"layers.Permute(({axes}))({{}})", x, x.rank)
    code = order.code if order.binds >= PRODUCT else f"({order.code})"
    return moved(writer, f"layers.Permute([axis + 1 for axis in {code}])({{}})", x, x.rank)
