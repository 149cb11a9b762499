"""The difference of two networks, layer by layer: layers are matched by operator and attributes, not by name."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from difflib import SequenceMatcher

from sqsem_dsl.compare.changes import LayerChange
from sqsem_dsl.ir.choices import show
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.network.layers import Layer

Layers = tuple[Layer, ...]


def layer_changes(old: Architecture, new: Architecture) -> tuple[LayerChange, ...]:
    """The layers that were added, removed or changed in their attributes, in order. Also empty if the same layers are
    connected differently."""
    return tuple(_changes(old.layers, new.layers, _label))


def _changes(old: Layers, new: Layers, key: Callable[[Layer], Hashable]) -> Iterator[LayerChange]:
    """Changes between layers that are matched in order by a key: first by all attributes, then by operator."""
    matcher = SequenceMatcher(None, [*map(key, old)], [*map(key, new)], autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            yield from (LayerChange(*pair) for pair in zip(old[a:b], new[c:d], strict=True) if not _alike(*pair))
        elif key is _label:
            yield from _changes(old[a:b], new[c:d], _operator)
        else:
            yield from (LayerChange(layer, None) for layer in old[a:b])
            yield from (LayerChange(None, layer) for layer in new[c:d])


def _alike(one: Layer, other: Layer) -> bool:
    return _label(one) == _label(other)


def _operator(layer: Layer) -> str:
    return layer.operator


def _label(layer: Layer) -> tuple[str, ...]:
    attributes = (f"{name} = {show(value)}" for name, value in sorted(layer.attributes.items()))
    shape = map(str, layer.shape) if layer.operator == "input" else ()
    return layer.operator, layer.name if layer.operator == "input" else "", *attributes, *shape
