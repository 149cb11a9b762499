"""The reduced network: the network of the choices in a normal form, without layers that compute nothing.

The rules are exact over the reals, in training too, and preserve differences between networks. Weighted and random
layers are never merged. A layer with weights is removed only if its output is zero or unused. Nested sums, products,
maxima and concatenations are joined if nothing else reads the inner one, so that nothing is computed twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqsem_dsl.network.layers import Layer
from sqsem_dsl.network.normalize import (
    NOT_ABOVE_SIX,
    OWN_WEIGHTS,
    SAME_VALUES,
    does_nothing,
    is_plain_relu,
    never_negative,
    spelled,
)
from sqsem_dsl.network.terms import COMMUTATIVE, MAX_TERMS, NESTED, Terms, nests, terms_of
from sqsem_dsl.operators import TABLE, Attributes
from sqsem_dsl.operators.attention import with_memory
from sqsem_dsl.operators.axis import axis_position


@dataclass(frozen=True)
class Reduced:
    """The reduced network. `constant` names the outputs that no input reaches: training cannot change what they see.

    A `zero` layer that remains (under a maximum, a bias, …) has no inputs: its shape describes it completely.
    """

    layers: tuple[Layer, ...]
    outputs: dict[str, int]
    constant: frozenset[str]


def reduce(layers: Sequence[Layer], outputs: Mapping[str, int]) -> Reduced:
    """The reduced network of `layers`, which are in topological order with complete attributes.

    Layers keep their order, spans and names (an index without its brackets). If the owner of shared weights is removed,
    another layer that uses them becomes the owner.
    """
    found, ends = _simplified(layers, dict(outputs))
    while (joined := _joined(found, frozenset(ends.values()))) is not None:
        found, ends = _simplified(joined, ends)
    alive: list[bool] = []
    for layer in found:
        alive.append(layer.operator == "input" or any(alive[i] for i in layer.inputs))
    return Reduced(found, ends, frozenset(name for name, at in ends.items() if not alive[at]))


def _simplified(layers: Sequence[Layer], outputs: Mapping[str, int]) -> tuple[tuple[Layer, ...], dict[str, int]]:
    """Applies all rules except the joining of nested operators, bottom up, and keeps only layers that an output
    needs."""
    network = _Network()
    places: list[int] = []
    for position, layer in enumerate(layers):
        owner = layer.shares if layer.shares is not None else position
        places.append(network.add(layer, tuple(places[i] for i in layer.inputs), owner))
    return network.living({name: places[at] for name, at in outputs.items()})


class _Network:
    """The network under construction: a layer is added after its inputs; `add` returns the position that represents
    it."""

    def __init__(self) -> None:
        self.layers: list[Layer] = []
        self.owners: list[int] = []
        """For each layer, the layer in the old network whose weights it uses."""
        self.known: dict[object, int] = {}
        self.not_negative: list[bool] = []
        self.terms: dict[int, Terms] = {}
        """The combined operands of sums and the like."""

    def add(self, layer: Layer, inputs: tuple[int, ...], owner: int) -> int:
        """The position that represents the layer: an old one if a rule says so, otherwise a new one."""
        row = TABLE.get(layer.operator)
        if row is None:  # an input, or a custom layer: nothing is known about it
            return self._append(layer, layer.operator, layer.attributes, inputs, owner)
        if layer.operator == "zero":
            return self._zero(layer)
        inputs = with_memory(layer.operator, inputs)
        shapes = tuple(self.layers[i].shape for i in inputs)
        operator, attributes = spelled(layer.operator, layer.attributes, shapes)
        row = TABLE[operator]
        if operator in SAME_VALUES and self.layers[inputs[0]].operator in SAME_VALUES:
            inputs = self.layers[inputs[0]].inputs
            shapes = (self.layers[inputs[0]].shape,)
        if does_nothing(operator, attributes, shapes):
            return inputs[0]
        if operator == "broadcast_like":
            return self._spread(layer, inputs[0], owner)
        if operator == "add":
            inputs = tuple(i for i in inputs if not self._is_zero(i))
        if all(self._is_zero(i) for i in inputs) and (not inputs or row.keeps_zero(attributes)):
            return self._zero(layer)
        if operator == "concat":
            inputs = self._zeros_together(layer, attributes, inputs)
        if operator in COMMUTATIVE:
            inputs = tuple(sorted(inputs))
        if operator == "maximum":
            inputs = tuple(sorted(set(inputs)))
        if operator == "average" and len(set(inputs)) == 1:
            inputs = inputs[:1]
        if operator in COMMUTATIVE and len(inputs) == 1:
            return inputs[0]
        before = self.layers[inputs[0]]
        if is_plain_relu(operator, attributes) and self.not_negative[inputs[0]]:
            return inputs[0]
        if operator == "relu6" and before.operator in NOT_ABOVE_SIX:
            return inputs[0]
        if operator == "relu6" and is_plain_relu(before.operator, before.attributes):
            inputs = before.inputs
        if operator == "maxpool" and is_plain_relu(before.operator, before.attributes):
            return self._pool_first(replace(layer, operator=operator, attributes=attributes), inputs[0], owner)
        if row.random or row.weighted or operator in OWN_WEIGHTS:
            return self._append(layer, operator, attributes, inputs, owner)
        return self._shared(layer, operator, attributes, inputs, owner)

    def _is_zero(self, place: int) -> bool:
        return self.layers[place].operator == "zero"

    def _zero(self, layer: Layer) -> int:
        bare = replace(layer, weights=(), macs=0, shares=None, lower_bounds=())
        return self._shared(bare, "zero", {}, (), -1)

    def _zeros_together(self, layer: Layer, attributes: Attributes, inputs: tuple[int, ...]) -> tuple[int, ...]:
        """Merges adjacent zeros in a concatenation and in those nested in it."""
        terms = [read for _, read in terms_of("concat", attributes, inputs, self.layers, self.terms)]
        found: list[int] = []
        along = axis_position(layer.shape, attributes)
        for place in terms:
            if found and self._is_zero(place) and self._is_zero(found[-1]):
                before, after = self.layers[found.pop()].shape, self.layers[place].shape
                shape = (*before[:along], before[along] + after[along], *before[along + 1 :])
                place = self._zero(replace(layer, name=f"{layer.name}_zero", shape=shape))
            found.append(place)
        return inputs if len(found) == len(terms) else tuple(found)

    def _spread(self, layer: Layer, place: int, owner: int) -> int:
        """`broadcast_like` reads only the shape of the other tensor, so it becomes a reshaping and an upsampling."""
        shape = self.layers[place].shape
        if self._is_zero(place):
            return self._zero(layer)
        lifted = shape if len(shape) == len(layer.shape) else ((1,) * (len(layer.shape) - 1) + shape)
        factor = tuple(n // m for n, m in zip(layer.shape[:-1], lifted[:-1], strict=True))
        spread = set(factor) != {1}
        if lifted != shape:
            name = f"{layer.name}_map" if spread else layer.name
            lift = replace(layer, name=name, operator="reshape", attributes={"shape": lifted}, shape=lifted)
            place = self.add(lift, (place,), owner)
        return self._shared(layer, "upsample", {"factor": factor}, (place,), owner) if spread else place

    def _pool_first(self, pool: Layer, place: int, owner: int) -> int:
        """maxpool(relu(x)) = relu(maxpool(x)): a monotone map commutes with a maximum, and Keras pads with -inf."""
        relu = self.layers[place]
        pooled = self.add(pool, relu.inputs, owner)
        return self.add(replace(relu, shape=pool.shape), (pooled,), owner)

    def _shared(self, layer: Layer, operator: str, attributes: Attributes, inputs: tuple[int, ...], owner: int) -> int:
        """The same deterministic weightless layer over the same inputs is one layer, for any nesting of them."""
        terms = terms_of(operator, attributes, inputs, self.layers, self.terms) if operator in NESTED else None
        key = (operator, tuple(attributes.items()), terms or inputs, layer.shape)
        if key not in self.known:
            place = self.known[key] = self._append(layer, operator, attributes, inputs, owner)
            if terms is not None:
                self.terms[place] = terms
        return self.known[key]

    def _append(self, layer: Layer, operator: str, attributes: Attributes, inputs: tuple[int, ...], owner: int) -> int:
        self.layers.append(replace(layer, operator=operator, attributes=attributes, inputs=inputs))
        self.owners.append(owner)
        self.not_negative.append(never_negative(operator, [self.not_negative[i] for i in inputs]))
        return len(self.layers) - 1

    def living(self, outputs: Mapping[str, int]) -> tuple[tuple[Layer, ...], dict[str, int]]:
        """The layers that the outputs need, renumbered, with distinct names and new owners of shared weights."""
        needed = [False] * len(self.layers)
        for place in outputs.values():
            needed[place] = True
        for place in range(len(self.layers) - 1, -1, -1):
            if needed[place]:
                for i in self.layers[place].inputs:
                    needed[i] = True
        places: dict[int, int] = {}
        owners: dict[int, int] = {}
        names: set[str] = set()
        reserved = {layer.name for layer, need in zip(self.layers, needed, strict=True) if need}
        living: list[Layer] = []
        for place, layer in enumerate(self.layers):
            if not needed[place]:
                continue
            at = places[place] = len(living)
            shares = None
            if layer.weights:
                owner = owners.setdefault(self.owners[place], at)
                shares = owner if owner != at else None
            name = _distinct(layer.name, names, reserved)
            names.add(name)
            living.append(replace(layer, name=name, inputs=tuple(places[i] for i in layer.inputs), shares=shares))
        return _with_one_padding(living), {name: places[place] for name, place in outputs.items()}


def _with_one_padding(layers: list[Layer]) -> tuple[Layer, ...]:
    """Layers that share weights are one Keras layer and have the same padding: if some could be spelled `same` and
    others are `valid`, all are `valid`, which computes the same."""
    owners = [at if layer.shares is None else layer.shares for at, layer in enumerate(layers)]
    valid = {owner for owner, layer in zip(owners, layers, strict=True) if layer.attributes.get("padding") == "valid"}
    return tuple(
        replace(layer, attributes={**layer.attributes, "padding": "valid"})
        if owner in valid and layer.attributes["padding"] == "same"
        else layer
        for owner, layer in zip(owners, layers, strict=True)
    )


def _distinct(name: str, used: set[str], reserved: set[str]) -> str:
    """The name itself, or with a number appended if it is used already (a relu kept beside the one after its pool)."""
    if name not in used:
        return name
    number = 2
    while f"{name}_{number}" in used or f"{name}_{number}" in reserved:
        number += 1
    return f"{name}_{number}"


def _joined(layers: tuple[Layer, ...], outputs: frozenset[int]) -> tuple[Layer, ...] | None:
    """Joins nested sums, products, maxima and concatenations if nothing else reads the inner one.

    None if there is nothing to join.
    """
    users: list[set[int]] = [set() for _ in layers]
    for position, layer in enumerate(layers):
        for i in layer.inputs:
            users[i].add(position)
    joined: list[Layer] = []
    changed = False
    for position, layer in enumerate(layers):
        if layer.operator in NESTED:
            terms: list[int] = []
            for i in layer.inputs:
                inner = (
                    nests(layer.operator, layer.attributes, joined[i]) and users[i] == {position} and i not in outputs
                )
                terms.extend(joined[i].inputs if inner else (i,))
            if terms != list(layer.inputs) and len(terms) <= MAX_TERMS:
                layer, changed = replace(layer, inputs=tuple(terms)), True
        joined.append(layer)
    return tuple(joined) if changed else None
