"""Tensors that may be zero in some architectures.

sqsem leaves out the layers whose output is zero. So in the code an operator `zero` gives an object of the class
`Zeros`, which passes through all layers that keep zeros, and becomes a tensor for the others. Only what such an object
can reach is written this way: `Tensor.zero` says so. For the arguments of blocks and the bodies of repeats, this is
known only after all code was written once; `module` writes it until nothing changes.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqsem_dsl.backends.hypermodel.helpers import helper
from sqsem_dsl.backends.hypermodel.values import Scalar, Tensor
from sqsem_dsl.backends.hypermodel.writer import Writer
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.operators import TABLE


def keeps_zero(writer: Writer, operator: str, given: dict[str, Scalar], span: Span) -> bool:
    """Whether the output of an operator is zero if all its tensors are."""
    row = TABLE[operator]
    attributes: dict[str, object] = {each.name: each.default for each in row.attributes if not callable(each.default)}
    for name, value in given.items():
        if name in ("bias", "name", "offset") and not value.static:
            reason = f"whether it keeps zeros depends on its argument `{name}`, which is computed"
            writer.module.refuse(span, f"`{operator}`", reason, "give this argument, or use `space.hypermodel()`")
        attributes[name] = value.value
    return row.keeps_zero(attributes)  # type: ignore[arg-type]


def filled(writer: Writer, tensor: Tensor) -> str:
    """The code of a tensor that is needed as one."""
    check_mask(writer, tensor)
    return f"{helper(writer.module, 'filled')}({tensor.code})" if tensor.zero else tensor.code


def check_mask(writer: Writer, tensor: Tensor) -> None:
    """Records that zeros may need to be a tensor with a mask, which they do not have."""
    if tensor.zero and tensor.rank == 2 and writer.module.padded is not None:
        span, name = writer.module.padded
        reason = "a layer reads a sequence that may be `zero`, and zeros have no mask"
        writer.module.refuse(span, f"`{name}`, a padded input,", reason, "use `space.hypermodel()`")


def called(writer: Writer, made: str, keeps: bool, tensors: Sequence[Tensor], rank: int) -> Tensor:
    """The output of a layer, given as the expression that makes it, with several tensors or one."""
    if len(tensors) > 1:
        return merged(writer, made, keeps, tensors, rank)
    (x,) = tensors
    if x.zero and keeps:
        return Tensor(f"{helper(writer.module, 'through')}({made}, {x.code})", rank, zero=True)
    return Tensor(f"{made}({filled(writer, x)})", rank)


def merged(writer: Writer, made: str, keeps: bool, tensors: Sequence[Tensor], rank: int) -> Tensor:
    """The output of a merging layer."""
    listed = f"[{', '.join(each.code for each in tensors)}]"
    zero = keeps and all(each.zero for each in tensors)
    if made == "layers.Add()" and any(each.zero for each in tensors):
        return Tensor(f"{helper(writer.module, 'add')}({listed})", rank, zero=zero)
    if zero:
        return Tensor(f"{helper(writer.module, 'merged')}({made}, {listed})", rank, zero=True)
    return Tensor(f"{made}([{', '.join(filled(writer, each) for each in tensors)}])", rank)


def merged_list(writer: Writer, made: str, keeps: bool, branches: str, tensors: Sequence[Tensor]) -> Tensor:
    """The same for tensors that are in a list, some of which may be missing."""
    rank = tensors[0].rank
    if not any(each.zero for each in tensors):
        return Tensor(f"{made}({branches})", rank)
    if made == "layers.Add()":
        return Tensor(f"{helper(writer.module, 'add')}({branches})", rank, zero=True)
    if keeps:
        return Tensor(f"{helper(writer.module, 'merged')}({made}, {branches})", rank, zero=True)
    helper(writer.module, "filled")
    for each in tensors:
        check_mask(writer, each)
    return Tensor(f"{made}([filled(each) for each in {branches}])", rank)


def moved(writer: Writer, code: str, x: Tensor, rank: int) -> Tensor:
    """The output of an expression that only moves the values of the tensor `{}` in it."""
    if not x.zero:
        return Tensor(code.replace("{}", x.code), rank)
    return Tensor(
        f"{helper(writer.module, 'through')}(lambda tensor: {code.replace('{}', 'tensor')}, {x.code})", rank, zero=True
    )
