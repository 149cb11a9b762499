"""One id for one architecture: equal ids mean equal networks, for any assignment, spec or machine.

Two reduced networks are equal if their layers can be matched one to one so that training computes the same: the same
operators with the same attributes and weights, connected in the same way, the same sets of tied weights, the same names
of inputs and outputs. The names and the order of layers do not count. Neither does the order of operands that are
added, multiplied, averaged or compared, nor the nesting of sums, products, maxima and concatenations: only the combined
operands count.

Weights and random numbers have identity: with `let c = x -> conv(8, 3)`, `add(c, c)` has one kernel, and `add(x ->
conv(8, 3), x -> conv(8, 3))` has two. So the id is a digest of the graph in its canonical order, not of a tree.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256

from sqsem_dsl.network import canonical
from sqsem_dsl.network.layers import Layer
from sqsem_dsl.network.terms import Terms, flattened
from sqsem_dsl.operators import TABLE
from sqsem_dsl.operators.row import Attribute, Attributes, Computed, Shape, Value, Weight, WholeShape
from sqsem_dsl.utils.shapes import is_padded

RULES_VERSION = 1
"""Incremented with every change that gives some network another id: in this module, in the rules of `reduce`, or in the
attributes of an operator. Ids of different versions cannot be compared."""

LIMIT = 200_000
"""The limit of the work on tied layers, as `canonical.order` counts it: a second or two."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The id of a network: the version of the rules, a colon and 32 hexadecimal digits.

    Equal ids mean equal networks. If `exact`, equal networks also have equal ids. Otherwise the search for the
    canonical order reached its limit, and the id also depends on the order in which the layers were given.
    """

    id: str
    exact: bool


def identity(layers: Sequence[Layer], outputs: Mapping[str, int], *, limit: int = LIMIT) -> Identity:
    """The identity of a reduced network; `outputs` maps names to positions in `layers`.

    Raises TypeError for an attribute that is not a static value.
    """
    graph = _Graph(layers, outputs)
    order, exact = canonical.order(graph.labels, graph.reads, limit)
    digest = sha256(graph.spelled(order).encode("ascii")).hexdigest()
    return Identity(f"{RULES_VERSION}:{digest[:32]}", exact)


def canonical_order(layers: Sequence[Layer], outputs: Mapping[str, int], *, limit: int = LIMIT) -> tuple[int, ...]:
    """The positions of the layers that the id describes, in canonical order, each after those that it reads.

    If two networks have equal ids, the layers at equal positions of their orders correspond. A sum that only larger
    sums read is not described; the same holds for products, maxima and concatenations.
    """
    graph = _Graph(layers, outputs)
    order, _ = canonical.order(graph.labels, graph.reads, limit)
    return tuple(graph.positions[node] for node in order if node < len(graph.positions))


_labels: dict[tuple[str, str, Shape, tuple[Weight, ...]], str] = {}
_MAX_LABELS = 1 << 16


def layer_label(layer: Layer) -> str:
    """A layer without its name and its neighbors, as JSON on one line: operator, attributes in alphabetical order,
    shape, weights; for an input, its name, its shape, the bound of its whole numbers, and
    whether it is padded.

    Raises TypeError for an attribute that is not a static value.
    """
    if layer.operator == "input":
        bound = [layer.shape.below] if isinstance(layer.shape, WholeShape) else []
        padded = ["padded"] if is_padded(layer.shape) else []
        return _json(["input", layer.name, layer.shape, *bound, *padded])
    key = (layer.operator, repr(layer.attributes), layer.shape, layer.weights)  # as text, 1, true and 1/1 differ
    label = _labels.get(key)
    if label is None:
        if len(_labels) >= _MAX_LABELS:
            _labels.clear()
        weights = [(weight.name, weight.shape, weight.trainable) for weight in layer.weights]
        label = _labels[key] = _json([layer.operator, _attributes(layer), layer.shape, weights])
    return label


def _attributes(layer: Layer) -> dict[str, Value]:
    """The attributes without those that the operator got later and that have their default."""
    row = TABLE.get(layer.operator)
    added = [] if row is None else [a for a in row.attributes if a.added]
    defaults = {a.name: _default(a, layer.attributes) for a in added}
    return {
        name: value
        for name, value in layer.attributes.items()
        if name not in defaults or not _is(value, defaults[name])
    }


def _default(attribute: Attribute, attributes: Attributes) -> object:
    """The default of an attribute, which may be the value of another one, or the length of a sequence."""
    if attribute.kind == "axis" and isinstance(attribute.default, Computed):
        return 0
    other = attribute.kind == "axes" and isinstance(attribute.default, str)
    return attributes[str(attribute.default)] if other else attribute.default


def _is(value: Value, default: object) -> bool:
    """Whether an attribute has a default; one number may stand for all axes."""
    if isinstance(value, tuple) and not isinstance(default, tuple):
        return all(each == default for each in value)
    return value == default


def _json(value: object) -> str:
    return json.dumps(value, default=_fraction, sort_keys=True, separators=(",", ":"))


def _fraction(value: object) -> dict[str, int]:
    if isinstance(value, Fraction):
        return {"numerator": value.numerator, "denominator": value.denominator}
    raise TypeError(f"an attribute of a layer is {value!r}, which is not a static value")


class _Graph:
    """The network as a labeled graph: a node for each described layer, then one for each set of tied weights, which
    reads the layers that use it."""

    def __init__(self, layers: Sequence[Layer], outputs: Mapping[str, int]) -> None:
        combined = flattened(layers)
        named: dict[int, list[str]] = {}
        for name, position in outputs.items():
            named.setdefault(position, []).append(name)
        self.positions = _described(layers, combined, named)
        self.texts: list[str] = []
        self.reads: list[Terms] = []
        nodes = {position: node for node, position in enumerate(self.positions)}
        for position in self.positions:
            text = layer_label(layers[position])
            self.texts.append(text + _json(sorted(named[position])) if position in named else text)
            self.reads.append(tuple([(number, nodes[read]) for number, read in combined[position]]))
        for users in _tied(layers, self.positions):
            self.texts.append("tied")
            self.reads.append(tuple([(1, nodes[position]) for position in users]))
        ranks = {text: rank for rank, text in enumerate(sorted(set(self.texts)))}
        self.labels = [ranks[text] for text in self.texts]

    def spelled(self, order: Sequence[int]) -> str:
        """The whole graph with its nodes in this order: a line for each, with its label and inputs."""
        places = [0] * len(order)
        for place, node in enumerate(order):
            places[node] = place
        lines = []
        for node in order:
            reads = sorted([(number, places[read]) for number, read in self.reads[node]])
            lines.append(f"{self.texts[node]} {' '.join([f'{number}*{place}' for number, place in reads])}")
        return "\n".join(lines)


def _described(layers: Sequence[Layer], combined: Sequence[Terms], named: Mapping[int, object]) -> list[int]:
    """The positions of the inputs and of all layers that an output depends on."""
    needed = [layer.operator == "input" for layer in layers]
    for position in named:
        needed[position] = True
    for position in range(len(layers) - 1, -1, -1):
        if needed[position]:
            for _, read in combined[position]:
                needed[read] = True
    return [position for position, need in enumerate(needed) if need]


def _tied(layers: Sequence[Layer], positions: Sequence[int]) -> list[list[int]]:
    """The layers that use one set of weights, if there are several."""
    groups: dict[int, list[int]] = {}
    for position in positions:
        owner = position
        while (shares := layers[owner].shares) is not None:
            owner = shares
        groups.setdefault(owner, []).append(position)
    return [users for users in groups.values() if len(users) > 1]
