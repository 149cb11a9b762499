"""What names mean, and where in the space we are, while it is elaborated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from sqsem_dsl.ast import nodes
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.ir.context import Context
from sqsem_dsl.ir.graph import ItemId


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
    """A block with the names that its body sees."""

    block: nodes.Block
    scope: Scope


@dataclass(frozen=True, slots=True)
class Bound:
    meaning: Meaning | Template
    span: Span


@dataclass(slots=True)
class SharedUse:
    """One use of a `shared` or `tied` block: the paths that it has met, to tell a second use from a clash."""

    block: Span
    seen: set[str] = field(default_factory=set)


@dataclass(slots=True)
class TiedUse:
    """One use of a `tied` block: `root` names its set of weights, `base` is how much of the trail is the use's own."""

    root: str
    base: int
    names: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Scope:
    """Names bound so far, the tensor `it`, and the place: `path` for choices, `trail` for layers.

    Scopes are values: binding a name gives a new scope, so that a block keeps the names above it and no later ones.
    """

    names: dict[str, Bound] = field(default_factory=dict)
    it: ItemId | None = None
    path: tuple[str, ...] = ()
    trail: tuple[str, ...] = ()
    context: Context = field(default_factory=Context)
    shared: SharedUse | None = None
    tied: TiedUse | None = None
    unnamed: Span | None = None
    """The `repeat` without a name around us, which may hold no choice."""
    calls: tuple[str, ...] = ()
    uses: tuple[Span, ...] = ()
    """Where the blocks around us are used, from outside in."""

    def bind(self, name: str, meaning: Meaning | Template, span: Span) -> Scope:
        return replace(self, names={**self.names, name: Bound(meaning, span)})

    def within(self, *segments: str) -> Scope:
        """The same names one structure deeper."""
        return replace(self, path=self.path + segments, trail=self.trail + tuple(trail_segment(s) for s in segments))

    def assuming(self, test: ItemId, values: tuple[object, ...]) -> Scope:
        return replace(self, context=self.context.assume(test, values))

    def templates(self) -> Iterator[str]:
        return (name for name, bound in self.names.items() if isinstance(bound.meaning, Template))


def trail_segment(segment: str) -> str:
    """A path's segment as layers spell it, for Keras allows no brackets: `fires[2]` is `fires.2`."""
    return segment.replace("[", ".").replace("]", "")


def join(segments: tuple[str, ...]) -> str:
    """A path: a structure and the thing directly in it that have the same name are written once. Uses of blocks, which
    end with `()`, are no structures: a block that uses itself gives a path a level more.

    >>> join(("fires[2]", "se", "se()", "ratio")), join(("unet()", "unet()", "width"))
    ('fires[2].se.ratio', 'unet.unet.width')
    """
    kept: list[str] = []
    structure = False
    for segment in segments:
        name = segment.removesuffix("()")
        if not (structure and kept[-1].partition("[")[0] == name):
            kept.append(name)
        structure = name == segment
    return ".".join(kept)


def join_trail(segments: tuple[str, ...]) -> str:
    """The same for layers.

    >>> join_trail(("fires.2", "se", "se", "dense"))
    'fires.2.se.dense'
    """
    kept: list[str] = []
    for segment in segments:
        if kept and kept[-1].partition(".")[0] == segment:
            continue
        kept.append(segment)
    return ".".join(kept)
