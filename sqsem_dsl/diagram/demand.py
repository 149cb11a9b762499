"""Tensors that may be evaluated without being needed.

A tensor is evaluated where an item first asks for it. That item may leave it aside or read only its shape: the input of
a slot is evaluated before it is known whether the slot is a `zero`. The tensor is still needed if the item is needed
and reads its values on another path in every case.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from sqsem_dsl.ir.children import children
from sqsem_dsl.ir.graph import Apply, Dim, FixedArg, Guard, If, Item, ItemId, Loop, Merge, Op, Residual, Scalar, Switch

Tensors = int
"""A set of tensors, one bit for each."""


def reads_values(item: Item, position: int) -> bool:
    """Whether a needed item needs the values of the tensor that it reads at a position. It does not if it reads only
    the shape, or if the tensor flows in and may be left aside."""
    match item:
        case Dim() | Switch() | Guard() | Residual() | Loop():
            return False
        case Op(row=row):
            return row.name != "zero" and not (row.name == "broadcast_like" and position == 1)
        case _:
            return True


def possibly_dead(items: Sequence[Item], reachable: Iterable[ItemId]) -> frozenset[ItemId]:
    """The reachable tensors that may be evaluated without being needed."""
    asked = {item: tuple(_asked(items, item)) for item in sorted(reachable, reverse=True)}
    bits = {tensor: 1 << i for i, tensor in enumerate({tensor for pairs in asked.values() for tensor, _ in pairs})}
    read = _read(items, bits)
    found: set[ItemId] = set()
    for item, pairs in asked.items():
        found.update(tensor for tensor, by in pairs if not read[by] & bits[tensor])
        if item in found:
            found.update(child for child in children(items[item]) if not isinstance(items[child], Scalar))
    return frozenset(found)


def _asked(items: Sequence[Item], item: ItemId) -> Iterator[tuple[ItemId, ItemId]]:
    """The tensors that an item asks for before it is known to need them, each with the item that must read it."""
    node = items[item]
    match node:
        case Op(inputs=inputs):
            yield from ((tensor, item) for tensor in inputs)
        case Switch(of=int() as of) | Guard(of=int() as of) | Residual(of=of):
            yield of, item
        case Loop(steps=steps):
            yield from pairwise(steps)
        case _:
            pass
    if not isinstance(node, Scalar):
        for child in children(node):
            yield from ((tensor, item) for tensor in _measured(items, child))


def _measured(items: Sequence[Item], scalar: ItemId) -> Iterator[ItemId]:
    """The tensors whose sizes a scalar may read. Each scalar is visited once: thirty lines that each use the line
    before twice would otherwise take 2^30 visits."""
    pending, seen = [scalar], {scalar}
    for item in pending:
        match items[item]:
            case Dim(of=of):
                yield of
            case (Apply() | If()) as node:
                fresh = dict.fromkeys(child for child in children(node) if child not in seen)
                seen.update(fresh)
                pending.extend(fresh)
            case _:
                pass


def _read(items: Sequence[Item], bits: dict[ItemId, Tensors]) -> list[Tensors]:
    """For each item, the tensors whose values it reads in every case, including itself."""
    read: list[Tensors] = []
    for item, node in enumerate(items):
        below = 0
        match node:
            case Op(inputs=inputs):
                for position, tensor in enumerate(inputs):
                    below |= read[tensor] if reads_values(node, position) else 0
            case Merge(parts=parts):
                for part in parts:
                    below |= read[part.node] if isinstance(part, FixedArg) else 0
            case Residual(body=body) | Guard(body=body):
                below = read[body]
            case Switch(cases=((_, first), *others)):
                below = read[first]
                for _, case in others:
                    below &= read[case]
            case Loop(steps=steps):
                below = read[steps[0]]
                for step in steps:
                    below &= read[step]
            case _:
                pass
        read.append(below | bits.get(item, 0))
    return read
