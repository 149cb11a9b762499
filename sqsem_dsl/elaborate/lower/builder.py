"""The state of one elaboration: the graph under construction, its diagnostics, and the way from a node to its items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqsem_dsl.ast import nodes
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.elaborate.lower.scope import Meaning, Scope
from sqsem_dsl.elaborate.resolve.names import Elsewhere
from sqsem_dsl.ir.children import children
from sqsem_dsl.ir.choices import Section
from sqsem_dsl.ir.context import MAX_TRIED_STEPS
from sqsem_dsl.ir.graph import Apply, Const, Declared, Draw, ErrorNode, If, Item, ItemId, Tally, Tensor
from sqsem_dsl.ir.path import Path, Segment
from sqsem_dsl.ir.region import Region, RegionKind
from sqsem_dsl.ir.scalars import Undefined, compute
from sqsem_dsl.operators.row import Value
from sqsem_dsl.syntax.maybe import ALL_READ, MaybeDefined
from sqsem_dsl.utils.effort import Effort

MAX_ITEMS = 30_000
"""Items of one space. Beyond this limit the unrolled space is larger than any trainable network."""
MAX_BODIES = 30_000
"""Bodies unrolled for one space."""
MAX_CALLS = 64
"""Depth of recursive blocks."""
MAX_STEPS = 1_000
"""Iterations of one repeat."""
MAX_CHOICES = 1_000
"""Choices of one space."""
MAX_VALUES = 4_096
"""Values of one domain."""


@dataclass(slots=True)
class _Open:
    """A region whose body is being elaborated."""

    items: list[ItemId] = field(default_factory=list)
    regions: list[Region] = field(default_factory=list)

    def closed(self, kind: RegionKind, path: Path, span: Span) -> Region:
        return Region(kind, path, span, tuple(self.items), tuple(self.regions))


class Regions:
    """Tracks the region being elaborated and its enclosing regions."""

    def __init__(self) -> None:
        self._open = [_Open()]

    def note(self, number: ItemId, item: Item) -> None:
        """Adds a tensor to the current region."""
        if isinstance(item, Tensor):
            self._open[-1].items.append(number)

    @contextmanager
    def inside(self, kind: RegionKind, path: Path, span: Span) -> Iterator[None]:
        """Opens a region for the items made inside the `with` block. A region without a tensor is dropped."""
        self._open.append(_Open())
        yield
        made = self._open.pop()
        if made.items or made.regions:
            self._open[-1].regions.append(made.closed(kind, path, span))

    def whole(self, span: Span) -> Region:
        """The region of the space."""
        return self._open[0].closed("space", Path(()), span)


class Overflow(Exception):
    """The elaboration stops at a limit."""


@dataclass(frozen=True, slots=True)
class Dispatch:
    """The functions for a node of any kind. The functions for one kind of node need them for the parts of the node;
    they take them from the builder, since `dispatch` imports all modules."""

    value: Callable[[Builder, nodes.Value, Scope, Sequence[str], tuple[Segment, ...]], Meaning]
    stage: Callable[[Builder, nodes.Expr | nodes.Group, Scope, ItemId | None], Meaning]
    several: Callable[[Builder, nodes.LetSeveral, Scope], tuple[ItemId, ...]]


@dataclass(kw_only=True, slots=True)
class Builder:
    """A space under construction.

    It makes items and records diagnostics; the functions of this folder take it as their first argument.
    """

    dispatch: Dispatch
    allow_extern: bool = False
    allow_in_settings: bool = False
    """Whether `extern` is allowed in settings."""
    maybe: MaybeDefined = ALL_READ
    """Names that may be bound in an unreadable part of the text: using them is not an error."""
    elsewhere: Elsewhere
    """The names that the space binds at any place, for messages."""

    items: list[Item] = field(default_factory=list)
    choices: list[Declared] = field(default_factory=list)
    regions: Regions = field(default_factory=Regions)
    diagnostics: dict[tuple[object, ...], Diagnostic] = field(default_factory=dict)
    broken: ItemId = field(init=False)
    """The item that replaces one with an error."""

    section: Section = "architecture"
    """The part of the space that the next choices belong to."""
    paths: dict[Path, tuple[ItemId, Span, tuple[Span, ...]]] = field(default_factory=dict)
    """For each choice its item, its place in the text, and the uses of the blocks around it."""
    fixed: dict[Path, Value] = field(default_factory=dict)
    """The values of those that have only one, which makes them constants."""
    layers: Counter[str] = field(default_factory=Counter)
    """The names given to layers."""
    refused: set[str] = field(default_factory=set)
    """Reserved names that a statement tried to bind: using them is not a second error."""
    rule_spans: dict[ItemId, Span] = field(default_factory=dict)
    failed: bool = False
    """Whether it used a name that `resolve` reports."""
    lost_rule: bool = False
    """Whether a rule has an error, so that it is unknown which architectures it forbids."""
    weighted: set[Span] = field(default_factory=set)
    """Priors that have an effect, at least in one use of their block."""
    endless: set[Span] = field(default_factory=set)
    """Blocks with unlimited recursion; skipped after the first time."""
    tied: dict[Span, tuple[dict[str, ItemId], Span]] = field(default_factory=dict)
    """For each tied block the scalars of its first use, and that use."""
    bare: dict[int, tuple[nodes.Call, nodes.Name]] = field(default_factory=dict)
    """Calls made from bare names. The name is kept so that its `id` stays its own."""
    effort: Effort = field(default_factory=lambda: Effort(MAX_TRIED_STEPS))
    """The effort for finding the values that expressions can have."""

    _ids: dict[object, ItemId] = field(default_factory=dict)
    _real: set[ItemId] = field(default_factory=set)
    _bodies: int = 0

    def __post_init__(self) -> None:
        self.broken = self.make(ErrorNode())

    # ---- the parts of a node

    def value(
        self, node: nodes.Value, scope: Scope, symbols: Sequence[str] = (), at: tuple[Segment, ...] = ()
    ) -> Meaning:
        """An argument's value. `symbols` are the names that may be unbound here; `at` is the position of an `any`."""
        return self.dispatch.value(self, node, scope, symbols, at)

    def stage(self, node: nodes.Expr | nodes.Group, scope: Scope, flow: ItemId | None) -> Meaning:
        """A stage: its first argument is the input tensor."""
        return self.dispatch.stage(self, node, scope, flow)

    def several(self, node: nodes.LetSeveral, scope: Scope) -> tuple[ItemId, ...]:
        """The tensors of `let a, b = …`, one for each name."""
        return self.dispatch.several(self, node, scope)

    # ---- diagnostics and limits

    def report(self, diagnostic: Diagnostic) -> ItemId:
        """Records a diagnostic, once for its place and code; returns the broken item that replaces the failed one."""
        key = (type(diagnostic), diagnostic.span.source, diagnostic.span.start, diagnostic.span.end)
        self.diagnostics.setdefault(key, diagnostic)
        return self.broken

    def unresolved(self) -> ItemId:
        """The broken item for a name whose error `resolve` reports."""
        self.failed = True
        return self.broken

    def enter(self) -> None:
        """Counts an unrolled body: some make no item, and a tower of them would take too long."""
        self._bodies += 1
        if self._bodies > MAX_BODIES:
            raise Overflow

    def _room(self) -> None:
        if len(self.items) >= MAX_ITEMS:
            raise Overflow

    # ---- items

    def make(self, item: Item) -> ItemId:
        """The id of an item; equal items are one."""
        known = self._ids.get(item)
        if known is not None:
            return known
        self._room()
        self.items.append(item)
        number = self._ids[item] = len(self.items) - 1
        self.regions.note(number, item)
        if isinstance(item, Apply | If | Tally) and any(child in self._real for child in children(item)):
            self._real.add(number)
        return number

    def constant(self, value: Value) -> ItemId:
        # True == 1 and Fraction(1) == 1, so the key of a constant includes its type.
        key = ("const", type(value).__name__, value)
        known = self._ids.get(key)
        if known is None:
            self.items.append(Const(value))
            known = self._ids[key] = len(self.items) - 1
        return known

    def apply(self, function: str, arguments: tuple[ItemId, ...], span: Span) -> ItemId:
        """A function application, folded at once if all arguments are known."""
        if self.broken in arguments:
            return self.broken
        constants = [self.items[a] for a in arguments]
        if all(isinstance(c, Const) for c in constants):
            try:
                return self.constant(compute(function, tuple(c.value for c in constants if isinstance(c, Const))))
            except Undefined:
                # A separate Apply item remains, so that the evaluation reports this place where it is reached.
                self._room()
                self.items.append(Apply(function, arguments, span))
                return len(self.items) - 1
        return self.make(Apply(function, arguments, span))

    def branch(self, test: ItemId, then: ItemId, other: ItemId, span: Span) -> ItemId:
        """A choice between two scalars, decided at once if the test is known."""
        if self.broken in (test, then, other):
            return self.broken
        if then == other:
            return then
        match self.items[test]:
            case Const(value=bool() as decided):
                return then if decided else other
            case _:
                return self.make(If(test, then, other, span))

    def draw(self, choice: Declared, real: bool) -> ItemId:
        """A new choice; `real` if it is continuous."""
        self.choices.append(choice)
        item = self.make(Draw(len(self.choices) - 1))
        if real:
            self._real.add(item)
        return item

    # ---- what an item is

    def is_real(self, item: ItemId) -> bool:
        """Whether a scalar depends on a continuous choice."""
        return item in self._real

    def static(self, item: ItemId) -> Value | None:
        """The value of a constant; None for any other item."""
        match self.items[item]:
            case Const(value=value):
                return value
            case _:
                return None

    def is_static(self, item: ItemId) -> bool:
        return isinstance(self.items[item], Const)
