"""The space as one graph: tensors and scalars in one arena, unrolled, with a `Draw` for every choice.

An item refers only to items before it, so the arena is in topological order. It never stores shapes and costs:
`diagram.evaluate` computes them, under one assignment (a walk) or under all at once (`analyze_shapes`, `costs`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqsem_dsl.diagnostics.source import NOWHERE, Span
from sqsem_dsl.ir.choices import Domain, Kind, Section
from sqsem_dsl.ir.path import Path
from sqsem_dsl.ir.priors import Prior
from sqsem_dsl.ir.region import Region
from sqsem_dsl.operators.layer_times import LayerTimes
from sqsem_dsl.operators.row import Operator, Shape, Value

ItemId = int
ChoiceId = int

# ---- scalars: arithmetic on choices


@dataclass(frozen=True, slots=True)
class Const:
    value: Value


@dataclass(frozen=True, slots=True)
class Draw:
    """The value of a choice: decided where it is first read."""

    choice: ChoiceId


@dataclass(frozen=True, slots=True)
class Apply:
    """A function of `scalars.FUNCTIONS` applied to scalars."""

    function: str
    arguments: tuple[ItemId, ...]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class If:
    """`where(test, then, other)`; also represents `and` and `or`, so that the right side is read only when needed."""

    test: ItemId
    then: ItemId
    other: ItemId
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Dim:
    """`channels(t)` and the like: the only edge from tensors to scalars."""

    of: ItemId
    axis: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Tally:
    """`count(…)` and `sum(…)` in a rule: the sum of the terms. A term that reads a choice or a tensor that is not
    active counts 0. Only rules read it."""

    terms: tuple[ItemId, ...]
    span: Span = field(compare=False)


Scalar = Const | Draw | Apply | If | Dim | Tally

# ---- tensors


@dataclass(frozen=True, slots=True)
class Input:
    """An input. If choices give the resolution of an image, `extents` are its height, width and channels, and `shape`
    is that of its samples: the largest value of each."""

    name: str
    shape: Shape
    extents: tuple[ItemId, ...] = ()


@dataclass(frozen=True, slots=True)
class Op:
    """An operator application. Each application in the text has one item for each place where its code is instantiated.

    `at` is its place; `name` is unique among the layers. `weights` names the set of weights for applications in a `tied
    block`.
    """

    row: Operator
    inputs: tuple[ItemId, ...]
    attributes: tuple[tuple[str, ItemId], ...]
    name: str
    weights: str | None
    at: Path = field(compare=False)
    span: Span = field(compare=False)
    places: tuple[tuple[str, Span], ...] = field(default=(), compare=False)
    """Where each attribute is written, for messages."""


@dataclass(frozen=True, slots=True)
class Switch:
    """`slot`, `choose`, `if`: the case that the test selects. `of`, the input tensor, is evaluated before the test.

    Also a tensor that a `repeat` carries, if a step does not read the one before it: the step that the count selects.
    """

    of: ItemId | None
    test: ItemId
    cases: tuple[tuple[Value, ItemId], ...]
    span: Span = field(compare=False)
    carried: str = field(default="", compare=False)
    """The name of the tensor that a repeat carries."""


@dataclass(frozen=True, slots=True)
class Loop:
    """`repeat`: `steps[k]` is the tensor after k iterations; `steps[0]` is the input. Each step reads the one before.

    A repeat that carries several tensors has one of these for each; its steps may read those of the others, too.
    """

    steps: tuple[ItemId, ...]
    count: ItemId
    span: Span = field(compare=False)
    carried: str = field(default="", compare=False)
    """Its name, if it is one of several that a repeat carries."""


@dataclass(frozen=True, slots=True)
class Residual:
    """`bypass`: the input, the body, and the mode that says how they are combined."""

    of: ItemId
    mode: ItemId
    body: ItemId
    name: str
    weights: str | None
    at: Path = field(compare=False)
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class FixedArg:
    node: ItemId


@dataclass(frozen=True, slots=True)
class OptionalArg:
    """An `optional` argument."""

    test: ItemId
    node: ItemId


@dataclass(frozen=True, slots=True)
class SubsetArg:
    """A `pick` among the arguments: the value of `chosen` is the tuple of the selected names."""

    chosen: ItemId
    alternatives: tuple[tuple[str, ItemId], ...]


Part = FixedArg | OptionalArg | SubsetArg


@dataclass(frozen=True, slots=True)
class Merge:
    """`merge`, or a combining operator with a `pick`: combines the tensors that are present; a single tensor passes
    through. `axis` is that of a concatenation, if one is given."""

    parts: tuple[Part, ...]
    how: ItemId
    axis: ItemId | None
    name: str
    at: Path = field(compare=False)
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Guard:
    """A scope with rules: each entry of `rules` must hold once every choice and tensor that it names is known."""

    of: ItemId | None
    rules: tuple[ItemId, ...]
    body: ItemId
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class ErrorNode:
    """Replaces an item whose error is already reported; it causes no further messages."""


Tensor = Input | Op | Switch | Loop | Residual | Merge | Guard | ErrorNode
Item = Scalar | Tensor


@dataclass(frozen=True, slots=True)
class Declared:
    """A choice as the elaboration makes it; `activation` adds its conditions."""

    at: Path
    kind: Kind
    domain: Domain
    section: Section
    prior: Prior | None = None
    span: Span = field(default=NOWHERE, compare=False)
    path: str = field(init=False, compare=False)
    """The text of `at`."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", str(self.at))


@dataclass(frozen=True, slots=True)
class Budget:
    """A linear `require` over quantities of an architecture: sum of `terms` + `constant`, compared with 0."""

    terms: tuple[tuple[str, Value], ...]
    constant: Value
    relation: str
    text: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class CallValue:
    """A call in a setting: `sgd(momentum = …)`."""

    name: str
    arguments: tuple[tuple[str, SettingValue], ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class ListValue:
    """A list in a setting."""

    items: tuple[SettingValue, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class MapValue:
    """The arguments of a call that have no field of their own, by name or by number from 0."""

    entries: tuple[tuple[str, SettingValue], ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class ChoiceValue:
    """`any [rmsprop, sgd(momentum = any …)]`: calls and symbols to choose from."""

    test: ItemId
    options: tuple[tuple[str, SettingValue], ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class ScalarOf:
    item: ItemId
    span: Span = field(default=NOWHERE, compare=False)


SettingValue = ScalarOf | CallValue | ListValue | MapValue | ChoiceValue


@dataclass(frozen=True, slots=True)
class Graph:
    """A whole space, elaborated."""

    items: tuple[Item, ...]
    choices: tuple[Declared, ...]
    inputs: tuple[Input, ...]
    outputs: tuple[tuple[str, ItemId], ...]
    rules: tuple[ItemId, ...]
    """Conditions of the whole space."""
    budgets: tuple[Budget, ...]
    region: Region
    """The space, with the regions in it."""
    train: tuple[tuple[str, SettingValue], ...] = ()
    search: tuple[tuple[str, SettingValue], ...] = ()
    meta: tuple[tuple[str, SettingValue], ...] = ()
    folder: str | None = field(default=None, compare=False)
    """The folder of the spec, for files that layers read; None if the spec is not a file."""
    times: LayerTimes | None = None
    """The table of measured layers that `search` names."""
