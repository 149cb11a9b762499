"""The arena under construction: items, choices and diagnostics. The other parts derive from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqsem_dsl.ast import nodes
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import NOWHERE, Span
from sqsem_dsl.diagram.undefined import calculate
from sqsem_dsl.elaborate.errors.choices import TooLarge
from sqsem_dsl.elaborate.errors.domains import NotStatic
from sqsem_dsl.elaborate.errors.names import SamePath
from sqsem_dsl.elaborate.errors.statements import UnnamedRepeat, WrongType
from sqsem_dsl.elaborate.regions import Regions
from sqsem_dsl.elaborate.scope import Meaning, Scalar, Scope, Tensor, choice_path, layer_path
from sqsem_dsl.ir.children import children
from sqsem_dsl.ir.choices import Categorical, Continuous, Domain, Kind, Section, show
from sqsem_dsl.ir.context import MAX_TRIED_STEPS, Context, possible
from sqsem_dsl.ir.faults import Fault
from sqsem_dsl.ir.graph import Apply, Const, Declared, Dim, Draw, ErrorNode, If, Item, ItemId
from sqsem_dsl.ir.kinds import Kinds, example, kinds
from sqsem_dsl.ir.path import Path, Segment
from sqsem_dsl.ir.region import RegionKind
from sqsem_dsl.ir.scalars import Undefined, compute, kind_of
from sqsem_dsl.operators.row import Value
from sqsem_dsl.syntax.maybe import ALL_READ
from sqsem_dsl.utils.effort import Effort

TENSORS = "combine tensors with `add(…)`, `multiply(…)` or `concat(…)`, read their sizes with `channels(…)`"
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


class Overflow(Exception):
    """The elaboration stops at a limit."""


class Core:
    """Makes items and choices, and collects diagnostics."""

    def __init__(self, allow_extern: bool = False) -> None:
        self.items: list[Item] = []
        self.choices: list[Declared] = []
        self.diagnostics: dict[tuple[object, ...], Diagnostic] = {}
        self.allow_extern = allow_extern
        self.section: Section = "architecture"
        self._ids: dict[Item, ItemId] = {}
        self._paths: dict[Path, tuple[ItemId, Span, tuple[Span, ...]]] = {}
        self._layers: Counter[str] = Counter()
        self._real: set[ItemId] = set()
        self._bodies = 0
        self.maybe = ALL_READ
        """Names that may be bound in an unreadable part of the text: using them is not an error."""
        self.refused: set[str] = set()
        """Reserved names that a statement tried to bind: using them is not a second error."""
        self.effort = Effort(MAX_TRIED_STEPS)
        """The effort for finding the values that expressions can have."""
        self.regions = Regions()
        self.broken = self.make(ErrorNode())

    # ---- provided by the other parts

    def value(
        self,
        node: nodes.Expr | nodes.ListOf | nodes.AnyOf,
        scope: Scope,
        symbols: Sequence[str] = (),
        at: tuple[Segment, ...] = (),
    ) -> Meaning:
        raise NotImplementedError

    def flowing(self, node: nodes.Expr | nodes.Group, scope: Scope, flow: ItemId | None) -> Meaning:
        raise NotImplementedError

    def body(self, body: nodes.Body, scope: Scope, flow: ItemId | None) -> ItemId:
        raise NotImplementedError

    def body_in(self, kind: RegionKind, body: nodes.Body, scope: Scope, flow: ItemId | None, span: Span) -> ItemId:
        """A body with its own region; `scope` is its scope."""
        with self.regions.inside(kind, layer_path(scope.trail), span):
            return self.body(body, scope, flow)

    # ---- diagnostics

    def report(self, diagnostic: Diagnostic) -> ItemId:
        """Records a diagnostic, once for its place and code; returns the broken item that replaces the failed one."""
        key = (type(diagnostic), diagnostic.span.source, diagnostic.span.start, diagnostic.span.end)
        self.diagnostics.setdefault(key, diagnostic)
        return self.broken

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
        if (
            not isinstance(item, Const | Draw)
            and any(c in self._real for c in children(item))
            and self._is_scalar(item)
        ):
            self._real.add(number)
        return number

    def _room(self) -> None:
        if len(self.items) >= MAX_ITEMS:
            raise Overflow

    def enter(self) -> None:
        """Counts an unrolled body: some make no item, and a tower of them would take too long."""
        self._bodies += 1
        if self._bodies > MAX_BODIES:
            raise Overflow

    @staticmethod
    def _is_scalar(item: Item) -> bool:
        return isinstance(item, Apply | If)

    def constant(self, value: Value) -> ItemId:
        # True == 1 and Fraction(1) == 1, so the key of a constant includes its type.
        key = ("const", type(value).__name__, value)
        known = self._ids.get(key)  # type: ignore[call-overload]
        if known is None:
            self.items.append(Const(value))
            known = self._ids[key] = len(self.items) - 1  # type: ignore[index]
        return int(known)

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
        if self.broken in (test, then, other):
            return self.broken
        if then == other:
            return then
        match self.items[test]:
            case Const(value=bool() as decided):
                return then if decided else other
            case _:
                return self.make(If(test, then, other, span))

    def is_real(self, item: ItemId) -> bool:
        """Whether a scalar depends on a continuous choice."""
        return item in self._real

    def static(self, item: ItemId) -> Value | None:
        match self.items[item]:
            case Const(value=value):
                return value
            case _:
                return None

    def is_static(self, item: ItemId) -> bool:
        return isinstance(self.items[item], Const)

    def possible(self, item: ItemId, context: Context) -> tuple[Value, ...] | None:
        return possible(self.items, self.choices, item, context, self.effort)

    def settled(self, item: ItemId, span: Span, what: str, remedy: str | None = None) -> tuple[Value] | None:
        """The value, wrapped, of a scalar that must be static; None, with a diagnostic, if it is not."""
        if item == self.broken:
            return None
        node = self.items[item]
        if isinstance(node, Const):
            return (node.value,)
        fault = self.undefined(item)
        wrong = NotStatic(span, what) if remedy is None else NotStatic(span, what, remedy)
        self.report(fault or wrong)
        return None

    def undefined(self, item: ItemId, seen: set[ItemId] | None = None) -> Fault | None:
        """The reason why a static part of a scalar has no value, such as a division by zero."""
        seen = set() if seen is None else seen
        if item in seen:
            return None
        seen.add(item)
        match self.items[item]:
            case Apply(arguments=arguments) as node:
                for argument in arguments:
                    if (fault := self.undefined(argument, seen)) is not None:
                        return fault
                known = [self.items[a] for a in arguments]
                if all(isinstance(k, Const) for k in known):
                    outcome = calculate(node, [k.value for k in known if isinstance(k, Const)])
                    return outcome if isinstance(outcome, Fault) else None
                return None
            case If(test=test):
                return self.undefined(test, seen)
            case _:
                return None

    def kinds(self, item: ItemId) -> Kinds:
        return kinds(self.items, self.choices, item)

    def reads_shape(self, item: ItemId) -> bool:
        pending, seen = [item], {item}
        while pending:
            each = self.items[pending.pop()]
            if isinstance(each, Dim):
                return True
            for child in children(each):
                if child not in seen:
                    seen.add(child)
                    pending.append(child)
        return False

    # ---- choices and layers

    def declare(self, scope: Scope, name: Segment, kind: Kind, domain: Domain, span: Span) -> ItemId:
        """A choice under its path. A domain with one value is a constant, not a choice."""
        match domain:
            case Categorical(values=(only,)):
                return self.constant(only)
            case _:
                pass
        path = choice_path((*scope.path, name))
        if scope.unnamed is not None:
            return self.report(UnnamedRepeat(scope.unnamed, str(path), span))
        known = self._paths.get(path)
        if known is not None:
            item, first, uses = known
            again = scope.shared is not None and path not in scope.shared.seen and first == span
            declared = self.items[item]
            if again and isinstance(declared, Draw) and self.choices[declared.choice].domain == domain:
                assert scope.shared is not None
                scope.shared.seen.add(path)
                return item
            return self._same_path(scope, kind, span, str(path), first, uses)
        if scope.shared is not None:
            scope.shared.seen.add(path)
        if len(self.choices) >= MAX_CHOICES:
            self.report(TooLarge(span, "the number of choices, with this one,", MAX_CHOICES))
            raise Overflow
        self.choices.append(Declared(path, kind, domain, self.section, span))
        item = self.make(Draw(len(self.choices) - 1))
        if isinstance(domain, Continuous):
            self._real.add(item)
        self._paths[path] = (item, span, scope.uses)
        return item

    def _same_path(
        self, scope: Scope, kind: Kind, span: Span, path: str, first: Span, uses: tuple[Span, ...]
    ) -> ItemId:
        """Two choices have the same path. They differ first in the use of a block, or else in the choices
        themselves."""
        for one, other in zip(uses, scope.uses, strict=False):
            if one != other:
                return self.report(SamePath(other, path, one, other.text))
        callee = str(scope.path[-1]) if kind == "any" and scope.path else None
        return self.report(SamePath(span, path, first, callee))

    def layer_name(self, scope: Scope, name: str) -> tuple[Path, str, str | None]:
        """The position of a layer, its unique name, and the name of its weights in a tied block."""
        path = layer_path((*scope.trail, Segment(name)))
        full = path.dotted
        self._layers[full] += 1
        unique = full if self._layers[full] == 1 else f"{full}_{self._layers[full]}"
        while unique != full and unique in self._layers:
            self._layers[full] += 1
            unique = f"{full}_{self._layers[full]}"
        self._layers[unique] = max(self._layers[unique], 1)
        if scope.tied is None:
            return path, unique, None
        own = layer_path((Segment(scope.tied.root), *scope.trail[scope.tied.base :], Segment(name)))
        scope.tied.names[own] += 1
        return path, unique, f"{own.dotted}#{scope.tied.names[own]}"

    # ---- expected kinds

    def tensor(self, meaning: Meaning, span: Span, remedy: str | None = None, uses: tuple[Span, ...] = ()) -> ItemId:
        """A tensor, or a diagnostic that the value is not one. `uses` are the uses of a block whose argument it may
        be."""
        match meaning:
            case Tensor(item=item):
                return item
            case Scalar(item=item):
                if item == self.broken:
                    return item
                return self.report(WrongType(span, "a tensor", self.describe(item), remedy, uses))

    def scalar(self, meaning: Meaning, span: Span) -> ItemId:
        match meaning:
            case Scalar(item=item):
                return item
            case Tensor(item=item):
                if item == self.broken:
                    return item
                return self.report(
                    WrongType(
                        span,
                        "a number or a symbol",
                        "a tensor",
                        TENSORS,
                    )
                )

    def describe(self, item: ItemId, unlike: str = "") -> str:
        """Describes a scalar in a message; for a choice, by a value that is not of the kind `unlike`."""
        value = example(self.items, self.choices, item, unlike)
        if value is not None:
            return f"{kind_of(value)}, `{show(value)}`"
        return min(self.kinds(item) - {unlike}, default="a value")


__all__ = ["MAX_CALLS", "MAX_STEPS", "MAX_VALUES", "NOWHERE", "Core", "Overflow"]
