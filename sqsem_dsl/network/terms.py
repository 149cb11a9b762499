"""The combined operands of nested sums, products, maxima and concatenations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqsem_dsl.network.layers import Layer
from sqsem_dsl.operators.row import Attributes

COMMUTATIVE = frozenset(["add", "multiply", "average", "maximum"])
"""Operators that do not depend on the order of their tensors."""

NESTED = frozenset(["add", "multiply", "maximum", "concat"])
"""Operators whose result does not depend on nesting."""

MAX_TERMS = 256
"""Operators with more distinct operands stay nested: in a chain of a thousand sums, every list would be long."""

Terms = tuple[tuple[int, int], ...]
"""Pairs of a number and the position of a layer. For a commutative operator, the number is the multiplicity of the
layer (for a maximum, one); otherwise it is its position among the tensors."""


def nests(operator: str, attributes: Attributes, inner: Layer) -> bool:
    """Whether the operands of a layer can be those of an operator over it: concatenations need the same axis."""
    return operator in NESTED and inner.operator == operator and inner.attributes == attributes


def terms_of(
    operator: str, attributes: Attributes, inputs: Sequence[int], layers: Sequence[Layer], known: Mapping[int, Terms]
) -> Terms:
    """The operands of an operator over these layers. Layers of the same kind, whose terms are known, are replaced by
    their operands.

    Terms of a commutative operator are sorted.
    """
    through = {i for i in inputs if nests(operator, attributes, layers[i])}
    if operator not in COMMUTATIVE:
        if through:
            several = [read for i in inputs for read in ([r for _, r in known[i]] if i in through else [i])]
            if len(several) <= MAX_TERMS:
                inputs = several
        return tuple(enumerate(inputs))
    counts: dict[int, int] = {}
    for i in inputs:
        for number, read in known[i] if i in through else ((1, i),):
            counts[read] = 1 if operator == "maximum" else counts.get(read, 0) + number
    if through and len(counts) > MAX_TERMS:
        counts = {i: 1 if operator == "maximum" else inputs.count(i) for i in inputs}
    return tuple(sorted([(number, read) for read, number in counts.items()]))


def flattened(layers: Sequence[Layer]) -> list[Terms]:
    """The terms of every layer."""
    found: list[Terms] = []
    known: dict[int, Terms] = {}
    for position, layer in enumerate(layers):
        if len(layer.inputs) == 1 and layer.operator not in COMMUTATIVE:
            found.append(((0, layer.inputs[0]),))
        else:
            found.append(terms_of(layer.operator, layer.attributes, layer.inputs, layers, known))
        if layer.operator in NESTED:
            known[position] = found[-1]
    return found
