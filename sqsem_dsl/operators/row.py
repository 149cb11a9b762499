"""The building blocks of the table of operators: one `Operator` per row, with all facts that the compiler needs.

Shapes are channels last and without the batch axis: `[n]`, `[length, channels]`, `[height, width, channels]`, `[depth,
height, width, channels]`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import prod
from typing import Literal

from sqsem_dsl.utils.shapes import PaddedShape as PaddedShape
from sqsem_dsl.utils.shapes import Shape as Shape
from sqsem_dsl.utils.shapes import WholeShape as WholeShape

Value = int | Fraction | bool | str | tuple["Value", ...] | None
"""A static value. Numbers are exact; symbols and strings are `str`; None is a continuous value that is not decided
yet."""
Attributes = Mapping[str, Value]

REQUIRED = object()
"""Marks an attribute without a default."""


class Misfit(Exception):
    """An operator cannot be applied: `message` names the conflict (both values), `help` a remedy.

    `attribute` names the offending argument if there is one.
    """

    def __init__(self, message: str, help: str | None = None, attribute: str | None = None) -> None:
        super().__init__(message)
        self.message, self.help, self.attribute = message, help, attribute


@dataclass(frozen=True, slots=True)
class Computed:
    """A default that depends on the shapes of the inputs and on the arguments before it. `text` is for signatures."""

    text: str
    compute: Callable[[tuple[tuple[int, ...], ...], Attributes], Value]


@dataclass(frozen=True, slots=True)
class Attribute:
    """One argument of an operator besides its tensors.

    kind: `whole` a whole number of at least `least`; `axes` such a number, or a list with one per spatial axis; `axis`
    one axis of a tensor, by its position from 0 or its name; `wholes` a list of whole numbers; `number` any
    number from `low` to `high` (it may be searched over a continuous domain, since no shape and no count reads it);
    `flag` true or false; `symbol` one of `symbols`; `text` a string; `name` one of `symbols` or a string. A `whole`
    or a `number` with `symbols` may also be one of these.

    `added`: the argument is younger than the ids of networks. Where it has its default, they leave it out, so that it
    changes no id of a network that could be written before.
    """

    name: str
    kind: Literal["whole", "axes", "axis", "wholes", "number", "flag", "symbol", "text", "name"]
    default: Value | object = REQUIRED
    symbols: tuple[str, ...] = ()
    least: int = 1
    low: Fraction | None = None
    high: Fraction | None = None
    added: bool = False
    of: int = 0
    """The tensor of which it names an axis."""


@dataclass(frozen=True, slots=True)
class Weight:
    """One variable of a layer: its Keras name, its shape, and whether training changes it."""

    name: str
    shape: Shape
    trainable: bool = True

    @property
    def size(self) -> int:
        return prod(self.shape)


@dataclass(frozen=True, slots=True)
class Part:
    """One operation of an operator that runs as several: the number of values that it makes, and what it reads."""

    values: int
    reads: tuple[int, ...]
    """Positions of parts before it; -1 is the first tensor of the operator, -2 the second."""


@dataclass(frozen=True, slots=True)
class Operator:
    """A row of the table.

    `tensors` is the minimum and maximum number of tensors it accepts (None: any number). The functions get the input
    shapes and the *complete* attributes (`operators.complete`: defaults filled in, `axes` as one number per axis).
    """

    name: str
    tensors: tuple[int, int | None]
    attributes: tuple[Attribute, ...]
    shape: Callable[[tuple[Shape, ...], Attributes], Shape]
    """The output's shape; raises `Misfit` if Keras would refuse to build or run the layer."""
    weights: Callable[[tuple[Shape, ...], Attributes], tuple[Weight, ...]] = field(
        default=lambda inputs, attributes: ()
    )
    """The variables that `keras.Model.count_params()` counts."""
    macs: Callable[[tuple[Shape, ...], Attributes, Shape], int] = field(default=lambda inputs, attributes, output: 0)
    """Multiply-accumulates of one sample, as the manual counts them. The last argument is the output's shape."""
    lower_bounds: Callable[[tuple[Shape, ...], Attributes], Mapping[str, str]] = field(
        default=lambda inputs, attributes: {}
    )
    """The quantities of the layer that are lower bounds (`macs`, `activations`, `weighted_layers`), each with the
    reason."""
    named: tuple[str, ...] = ()
    """The names of tensors after its first: `attention(heads, memory = words)`."""
    whole: bool = False
    """Whether it takes tensors of whole numbers (`WholeShape`), and no others."""
    padding: Literal["mixes", "keeps", "slides", "pools", "masks"] = "mixes"
    """What it does with padded sequences (`operators.padding`): it cannot take them; it computes each place by itself;
    it slides a window over them; it makes one vector of the places that are not padding; or it reads those places
    alone, by a mask, so that a sequence as its result has the padding of its first tensor."""
    weighted: bool = False
    """Whether it counts as a weighted layer (convolutions, dense and recurrent layers, attention)."""
    inside: Callable[[tuple[Shape, ...], Attributes], tuple[int, int]] | None = None
    """For an operator of several layers: the weighted layers on its longest path, and the elements of its largest
    tensor."""
    parts: Callable[[tuple[Shape, ...], Attributes, Shape], tuple[Part, ...]] | None = None
    """For an operator that runs as several operations: these in order, the last of which makes the output."""
    random: bool = False
    """Whether it uses random numbers in training: two such layers over one input are never the same."""
    keeps_zero: Callable[[Attributes], bool] = field(default=lambda attributes: False)
    """Whether a zero tensor gives a zero tensor, including in training."""
    doc: str = ""
    """One line for the manual: the computation and the corresponding Keras layer."""

    def attribute(self, name: str) -> Attribute | None:
        return next((a for a in self.attributes if a.name == name), None)
