"""One network written in many ways: for tests that all of them are reduced to one.

`program` generates a small network as a list of steps. A `Writer` writes it plainly, a `Speller` with everything that
has no meaning in the language: detours through layers without effect, other nestings and orders, zeros in sums,
repeated operators, unused layers. `shuffled` puts layers in another order under other names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from random import Random
from typing import Any

from sqsem_dsl.network.layers import Layer
from tests.networks import Net

EXTENT, CHANNELS = 4, 4
MERGING = ("add", "multiply", "maximum", "average")
PLAIN: tuple[tuple[str, dict[str, Any]], ...] = (
    ("relu", {}),
    ("relu6", {}),
    ("sigmoid", {}),
    ("tanh", {}),
    ("hswish", {}),
    ("avgpool", {"size": 3, "stride": 1}),
    ("shuffle", {"groups": 2}),
    ("rescale", {"scale": 2, "offset": 1}),
    ("relu", {"max": 3}),
    ("leaky_relu", {}),
    ("leaky_relu", {"slope": Fraction(1, 2)}),
)
"""Operators without weights that keep the shape."""
WEIGHTED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("conv", {"filters": CHANNELS, "kernel": 1}),
    ("conv", {"filters": CHANNELS, "kernel": 3, "bias": False}),
    ("depthwise", {"kernel": 3}),
    ("depthwise", {"kernel": 3, "dilation": 2}),
    ("batchnorm", {}),
    ("batchnorm", {"center": False, "momentum": Fraction(1, 2)}),
    ("prelu", {}),
)
RANDOM: tuple[tuple[str, dict[str, Any]], ...] = (
    ("dropout", {"rate": Fraction(1, 2)}),
    ("drop_path", {"rate": Fraction(1, 4)}),
)


@dataclass(frozen=True)
class Step:
    """A tensor of the program: an operator over earlier tensors; `owner` is the tensor whose weights it shares."""

    operator: str
    attributes: tuple[tuple[str, Any], ...]
    inputs: tuple[int, ...]
    owner: int | None = None


def program(random: Random, steps: int, *, few: bool = False, noisy: bool = True) -> list[Step]:
    """Steps over the tensors 0 and 1, which are the inputs `x` and `z`. With `few`, only a few operators, so equal and
    symmetric networks are frequent; without `noisy`, no random layers."""
    made: list[Step] = []
    weighted, plain = (WEIGHTED[:1], PLAIN[:1]) if few else (WEIGHTED, PLAIN)
    kinds = ["weighted", "weighted", "plain", "merge", "merge"]
    kinds += [] if few else ["concat", "pool", "vector", "scale"]
    kinds += ["random"] if noisy else []
    for _ in range(steps):
        one, two, three = (random.randrange(max(0, len(made) - 4), len(made) + 2) for _ in range(3))
        match random.choice(kinds):
            case "weighted":
                operator, attributes = random.choice(weighted)
                like = Step(operator, tuple(attributes.items()), (one,))
                made.append(replace(like, owner=_owner(random, made, like)))
            case "plain":
                operator, attributes = random.choice(plain)
                made.append(Step(operator, tuple(attributes.items()), (one,)))
            case "random":
                operator, attributes = random.choice(RANDOM[:1] if few else RANDOM)
                made.append(Step(operator, tuple(attributes.items()), (one,)))
            case "merge":
                operator = "add" if few else random.choice(MERGING)
                made.append(Step(operator, (), (one, two, three)[: random.choice((2, 2, 3))]))
            case kind:
                made.append(Step(kind, (), (one, two)))
    return made


def _owner(random: Random, made: Sequence[Step], like: Step) -> int | None:
    """Sometimes the tensor of a step like this one, which then shares its weights."""
    own = [at + 2 for at, step in enumerate(made) if replace(step, inputs=like.inputs) == like]
    return random.choice(own) if own and random.random() < 0.3 else None


class Writer:
    """Writes a program as layers, plainly. `tensors` are the positions of its tensors."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self.net = Net()
        self.tensors = [self.net.input(name, EXTENT, EXTENT, CHANNELS) for name in ("x", "z")]
        for step in steps:
            self.tensors.append(self.write(step))

    def write(self, step: Step) -> int:
        inputs = [self.read(i) for i in step.inputs]
        match step.operator:
            case "concat":
                ends = ({"from": 0, "to": 2}, {"from": 2, "to": 4})
                return self.merge("concat", [self.add("slice", i, **e) for i, e in zip(inputs, ends, strict=True)])
            case "pool":
                return self.add("upsample", self.pool(inputs[0]), factor=2)
            case "vector":
                return self.spread(self.add("gap", inputs[0]))
            case "scale":
                return self.add("scale", inputs[0], self.add("gap", inputs[1]))
            case operator if operator in MERGING:
                return self.merge(operator, inputs)
            case operator:
                owner = None if step.owner is None else self.tensors[step.owner]
                return self.add(operator, *inputs, shares=owner, **dict(step.attributes))

    def read(self, tensor: int) -> int:
        return self.tensors[tensor]

    def add(self, operator: str, *inputs: int, **attributes: Any) -> int:
        return self.net.add_layer(operator, *inputs, **attributes)

    def merge(self, operator: str, inputs: list[int]) -> int:
        return self.add(operator, *inputs)

    def pool(self, at: int) -> int:
        return self.add("maxpool", self.add("relu", at), size=2)

    def spread(self, at: int) -> int:
        return self.add("broadcast_like", at, self.tensors[0])


class Speller(Writer):
    """Writes a program in a long form."""

    def __init__(self, steps: Sequence[Step], random: Random) -> None:
        self.random = random
        super().__init__(steps)

    def chance(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    def read(self, tensor: int) -> int:
        """The tensor, or an equal one after layers without effect."""
        at = self.again(self.tensors[tensor])
        while self.chance(30):
            operator, attributes = self.random.choice(
                [
                    *((name, {}) for name in ("identity", "add", "multiply", "maximum", "average", "concat")),
                    *((name, {"rate": 0}) for name in ("dropout", "spatial_dropout", "drop_path")),
                    ("noise", {"stddev": 0}),
                    ("maxpool", {"size": 1, "stride": 1}),
                    ("avgpool", {"size": 1, "stride": 1, "padding": "valid"}),
                    ("upsample", {"factor": 1}),
                    ("zeropad", {"n": 0}),
                    ("rescale", {"scale": 1, "offset": 0}),
                    ("reshape", {"shape": (EXTENT, EXTENT, CHANNELS)}),
                    ("activation", {"name": "linear"}),
                    ("slice", {"from": 0, "to": CHANNELS}),
                ]
            )
            at = super().add(operator, at, **attributes)
        if self.chance(10):
            at = super().add("reshape", super().add("flatten", at), shape=(EXTENT, EXTENT, CHANNELS))
        if self.chance(10):
            at = super().add(self.random.choice(["maximum", "average"]), at, at)
        if self.chance(10):
            super().add("conv", at, filters=2, kernel=1)  # which is unused
        return at

    def again(self, at: int) -> int:
        """The tensor, or a second computation of it."""
        layer = self.net.layers[at]
        fixed = layer.operator != "input" and not layer.weights and layer.operator not in dict(RANDOM)
        if not fixed or not self.chance(30):
            return at
        inputs = [self.again(i) for i in layer.inputs]
        return super().add(layer.operator, *inputs, **layer.attributes)

    def add(self, operator: str, *inputs: int, **attributes: Any) -> int:
        if operator in ("relu", "sigmoid", "relu6", "hswish", "leaky_relu") and not attributes and self.chance(30):
            at = super().add("activation", *inputs, name={"hswish": "hard_silu"}.get(operator, operator))
        elif operator == "relu6" and self.chance(30):
            at = super().add("relu6", super().add("relu", *inputs))
        elif operator == "relu6" and self.chance(30):
            at = super().add("relu", *inputs, max=6)
        elif operator == "conv" and attributes["kernel"] == 1:
            loose = {"padding": self.random.choice(["same", "valid"]), "dilation": self.random.choice([1, 2])}
            at = super().add(operator, *inputs, **attributes, **loose)
        else:
            at = super().add(operator, *inputs, **attributes)
        if operator in ("relu", "relu6", "sigmoid") and self.chance(30):
            at = super().add("relu", at)
        return at

    def merge(self, operator: str, inputs: list[int]) -> int:
        """In another order and nesting; with zeros in a sum, and with a repeated input in a maximum."""
        if operator == "add" and self.chance(30):
            inputs = [*inputs, self.zero()]
        if operator == "maximum" and self.chance(30):
            inputs = [*inputs, self.random.choice(inputs)]
        if operator != "concat":
            self.random.shuffle(inputs)
        while operator != "average" and len(inputs) > 2 and self.chance(70):
            at = self.random.randrange(len(inputs) - 1)
            inputs[at : at + 2] = [self.add(operator, *inputs[at : at + 2])]
        return self.add(operator, *inputs)

    def zero(self) -> int:
        """Zeros, through layers without effect on them."""
        at = super().add("zero", self.random.choice(self.tensors))
        while self.chance(60):
            operator, attributes = self.random.choice([*PLAIN[:2], WEIGHTED[1], RANDOM[0]])
            at = super().add(operator, at, **attributes)
        return at

    def pool(self, at: int) -> int:
        if self.chance(50):
            return super().pool(at)
        return self.add("relu", super().add("maxpool", at, size=2, padding=self.random.choice(["same", "valid"])))

    def spread(self, at: int) -> int:
        if self.chance(50):
            return super().spread(at)
        lifted = super().add("reshape", at, shape=(1, 1, CHANNELS))
        return super().add("upsample", lifted, factor=EXTENT)


def shuffled(layers: Sequence[Layer], outputs: dict[str, int], random: Random) -> tuple[list[Layer], dict[str, int]]:
    """The layers in another topological order under other names, commutative inputs in another order, and the weights
    of each tied set owned by its first layer."""
    owners = [at if layer.shares is None else layer.shares for at, layer in enumerate(layers)]
    waiting = {at: len(set(layer.inputs)) for at, layer in enumerate(layers)}
    free = [at for at, count in waiting.items() if not count]
    places: dict[int, int] = {}
    first: dict[int, int] = {}
    found: list[Layer] = []
    while free:
        at = free.pop(random.randrange(len(free)))
        layer, place = layers[at], len(found)
        places[at] = place
        inputs = [places[i] for i in layer.inputs]
        if layer.operator in MERGING:
            random.shuffle(inputs)
        owner = first.setdefault(owners[at], place)
        name = layer.name if layer.operator == "input" else f"layer_{place}"
        shares = owner if owner != place else None
        found.append(replace(layer, name=name, inputs=tuple(inputs), shares=shares))
        for user, other in enumerate(layers):
            if at in other.inputs:
                waiting[user] -= 1
                if not waiting[user]:
                    free.append(user)
    return found, {name: places[at] for name, at in outputs.items()}
