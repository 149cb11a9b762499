"""The meaning of names, and the current position in the space, during elaboration."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from sqsem_dsl.ast import outline
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.ir.context import Context
from sqsem_dsl.ir.graph import ItemId
from sqsem_dsl.ir.path import Path, Segment


@dataclass(frozen=True, slots=True)
class Tensor:
    """A name or expression that stands for a tensor."""

    item: ItemId


@dataclass(frozen=True, slots=True)
class Scalar:
    """A name or expression that stands for a number, a symbol, a truth value or a list of them."""

    item: ItemId


Meaning = Tensor | Scalar


@dataclass(frozen=True, slots=True)
class Template:
    """A block with the names that are visible in its body."""

    block: outline.Block
    scope: Scope


@dataclass(frozen=True, slots=True)
class Family:
    """The choices of a `param` with indices. `axes` are the names of the indices, each with its values; `members` are
    the choices by their indices, without those that the condition `where` excludes; `span` is the place of both."""

    name: str
    axes: tuple[tuple[str, tuple[int, ...]], ...]
    members: Mapping[tuple[int, ...], ItemId]
    where: str
    span: Span


@dataclass(frozen=True, slots=True)
class Bound:
    meaning: Meaning | Template | Family
    span: Span


@dataclass(slots=True)
class SharedUse:
    """One use of a `shared` or `tied` block: the paths seen in it, to distinguish a second use from a clash."""

    block: Span
    seen: set[Path] = field(default_factory=set)


@dataclass(slots=True)
class TiedUse:
    """One use of a `tied` block: `root` names its set of weights, `base` is the length of the trail of the use."""

    root: str
    base: int
    names: Counter[Path] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Use:
    """A use of a block, in a path."""

    name: str


@dataclass(frozen=True, slots=True)
class Scope:
    """Names bound so far, the tensor `it`, and the position: `path` for choices, `trail` for layers.

    Scopes are values: binding a name returns a new scope, so a block keeps the names above it and no later ones.
    """

    names: dict[str, Bound] = field(default_factory=dict)
    it: ItemId | None = None
    path: tuple[Segment | Use, ...] = ()
    trail: tuple[Segment, ...] = ()
    context: Context = field(default_factory=Context)
    shared: SharedUse | None = None
    tied: TiedUse | None = None
    unnamed: Span | None = None
    """The enclosing `repeat` without a name, which must not contain a choice."""
    calls: tuple[str, ...] = ()
    uses: tuple[Span, ...] = ()
    """The uses of the enclosing blocks, outermost first."""
    home: outline.Space | outline.Block | None = None
    """The space, or the innermost block, that is entered."""
    place: Literal["arithmetic", "counted", "rule"] = "arithmetic"
    """Whether a name or a path may be that of a choice: in a rule, and in `count` and `sum`."""
    counted: Mapping[int, ItemId] = field(default_factory=dict)
    """For each path that stands for several choices, by the `id` of its node, the one that is counted now."""
    symbols: frozenset[str] = frozenset()
    """The symbols of the file's own."""

    def bind(self, name: str, meaning: Meaning | Template | Family, span: Span) -> Scope:
        return replace(self, names={**self.names, name: Bound(meaning, span)})

    def within(self, *parts: Segment) -> Scope:
        """The same names one structure deeper."""
        return replace(self, path=self.path + parts, trail=self.trail + parts)

    def assuming(self, test: ItemId, values: tuple[object, ...]) -> Scope:
        return replace(self, context=self.context.assume(test, values))


def choice_path(parts: Sequence[Segment | Use]) -> Path:
    """The path of a choice. A structure and its direct child with the same name are written once. Uses of blocks are
    not structures: a recursive block adds a level to the path.

    >>> str(choice_path((Segment("fires", (2,)), Segment("se"), Use("se"), Segment("ratio"))))
    'fires[2].se.ratio'
    >>> str(choice_path((Use("unet"), Use("unet"), Segment("width"))))
    'unet.unet.width'
    """
    kept: list[Segment] = []
    structure = False
    for part in parts:
        own = part if isinstance(part, Segment) else Segment(part.name)
        if not structure or own.indices or own.name != kept[-1].name:
            kept.append(own)
        structure = isinstance(part, Segment)
    return Path(tuple(kept))


def layer_path(parts: Sequence[Segment]) -> Path:
    """The path of a layer. A name shared by a structure, a block and a layer is written once.

    >>> str(layer_path((Segment("fires", (2,)), Segment("se"), Segment("se"), Segment("dense"))))
    'fires[2].se.dense'
    """
    kept: list[Segment] = []
    for part in parts:
        if not kept or part.indices or part.name != kept[-1].name:
            kept.append(part)
    return Path(tuple(kept))
