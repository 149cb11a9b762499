"""Rules as terms that are evaluated in parts: what a state must remember of a rule that is not decided yet.

A value that becomes known is put into the term, and what can be computed is computed. Of `a <= b and b <= c` the rest
after `a` and `b` is `b <= c`, or false: `a` is not read again, so states that differ only in `a` are one. Equal terms
are one object.

A `count(…)` or `sum(…)` is a total so far with the terms that are still open. A term is added as soon as all that it
names is known; one that names something that can no longer become active adds 0. States with the same total and the
same open terms are one, so the states do not grow with the choices that are counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar, assert_never

from sqsem_dsl.diagram.rule_bounds import COMPARISONS, MAX_SUM, SMALL, Ranges, is_exact, plus, summed
from sqsem_dsl.diagram.rule_nodes import (
    Applied,
    Bounds,
    Conditional,
    Failed,
    Known,
    Names,
    Open,
    Raised,
    Read,
    Sum,
    Term,
    Total,
    named,
)
from sqsem_dsl.ir.faults import Fault
from sqsem_dsl.ir.graph import Apply, Const, Declared, Dim, Draw, If, Input, Item, ItemId, Tally
from sqsem_dsl.ir.scalars import Undefined, compute
from sqsem_dsl.operators.row import Value

N = TypeVar("N", bound=Term | Open)
MAX_SUMMED = MAX_SUM // SMALL
"""Numbers of small values whose sum is far from the largest number."""


class Terms:
    """Makes terms. `dimension` returns the size of a tensor for a `Dim`, or why there is none. `steps` counts the
    terms that were visited."""

    def __init__(
        self, items: Sequence[Item], choices: Sequence[Declared], dimension: Callable[[Dim, object], object]
    ) -> None:
        self.items, self.choices, self.dimension = items, choices, dimension
        self._ranges = Ranges(items, choices)
        self.steps = 0
        self._terms: dict[object, Any] = {}
        self._items: dict[ItemId, Term] = {}
        self._names: dict[ItemId, Names] = {}
        self._waiting: dict[Term, frozenset[Names]] = {}

    def names(self, scalar: ItemId) -> Names:
        """The draws of choices and the tensors that a scalar reads, without those in its `count(…)` and `sum(…)`."""
        known = self._names.get(scalar)
        if known is None:
            known = self._names[scalar] = named(self.items, scalar)
        return known

    def of(self, item: ItemId) -> Term:
        """The term of a scalar of the graph, with no choice and no tensor known."""
        known = self._items.get(item)
        if known is None:
            known = self._items[item] = self._of(item)
        return known

    def _of(self, item: ItemId) -> Term:
        match self.items[item]:
            case Const(value=value):
                return self.known(value)
            case Draw():
                return self._one(("read", item), Read, item, frozenset((item,)))
            case Dim(of=of) as dim:
                node = self.items[of]
                if isinstance(node, Input):
                    return self._size(dim, node.shape)
                return self._one(("read", item), Read, item, frozenset((of,)))
            case Apply(function=function, arguments=arguments):
                return self.applied(function, tuple([self.of(argument) for argument in arguments]))
            case If(test=test, then=then, other=other):
                return self.conditional(self.of(test), self.of(then), self.of(other))
            case Tally(terms=terms):
                return self.total(0, [self._opened(term) for term in terms])
            case _:
                return self.known(None)

    def _opened(self, item: ItemId) -> Open:
        return self._open(self.of(item), self.names(item), self._ranges.added(item))

    def put(self, term: Term, name: ItemId, value: Any) -> Term:
        """The term with the value of a choice, or with a tensor, in place."""
        return self._put(term, name, value, {})

    def _put(self, term: Term, name: ItemId, value: Any, done: dict[Term, Term]) -> Term:
        if name not in term.names:
            return term
        known = done.get(term)
        if known is not None:
            return known
        self.steps += 1
        match term:
            case Known() | Raised():
                found: Term = term
            case Read(item=item):
                node = self.items[item]
                found = self._size(node, value) if isinstance(node, Dim) else self.known(value)
            case Applied(function=function, arguments=arguments):
                found = self.applied(function, tuple([self._put(a, name, value, done) for a in arguments]))
            case Sum(items=items, constant=constant):
                left = tuple([item for item in items if item != name])
                found = self.sum(left, constant + value * (len(items) - len(left)))
            case Total(so_far=so_far, open=several):
                found = self.total(so_far, [self._put_open(each, name, value, done) for each in several])
            case Conditional(test=test, then=then, other=other):
                after = self._put(test, name, value, done)
                if isinstance(after, Known):  # the other branch is not visited
                    found = self._put(then if after.value is True else other, name, value, done)
                else:
                    parts = self._put(then, name, value, done), self._put(other, name, value, done)
                    found = self.conditional(after, *parts)
            case _:
                assert_never(term)
        done[term] = found
        return found

    def _put_open(self, each: Open, name: ItemId, value: Any, done: dict[Term, Term]) -> Open:
        if name not in each.missing:
            return each
        return self._open(self._put(each.term, name, value, done), each.missing - {name}, each.bounds)

    def waiting(self, term: Term) -> frozenset[Names]:
        """What each open term in a term waits for."""
        known = self._waiting.get(term)
        if known is None:
            match term:
                case Total(open=several):
                    known = frozenset([each.missing for each in several])
                case Applied(arguments=parts):
                    known = frozenset().union(*map(self.waiting, parts))
                case Conditional(test=test, then=then, other=other):
                    known = self.waiting(test) | self.waiting(then) | self.waiting(other)
                case _:
                    known = frozenset()
            self._waiting[term] = known
        return known

    def without(self, term: Term, dead: frozenset[Names]) -> Term:
        """The term after the open terms that wait for these names have added 0."""
        if self.waiting(term).isdisjoint(dead):
            return term
        self.steps += 1
        match term:
            case Total(so_far=so_far, open=several):
                return self.total(so_far, [each for each in several if each.missing not in dead])
            case Applied(function=function, arguments=arguments):
                return self.applied(function, tuple([self.without(argument, dead) for argument in arguments]))
            case Conditional(test=test, then=then, other=other):
                return self.conditional(*(self.without(part, dead) for part in (test, then, other)))
            case _:
                return term

    # ---- terms in their simplest form

    def known(self, value: Value) -> Term:
        return self._one((*_typed(value),), Known, value)

    def raised(self, reason: Undefined | Failed) -> Term:
        key = reason if isinstance(reason, Failed) else ("undefined", *reason.args)
        return self._one(key, Raised, reason)

    def applied(self, function: str, arguments: tuple[Term, ...]) -> Term:
        values = []
        for argument in arguments:
            if isinstance(argument, Raised):
                return argument
            if not isinstance(argument, Known):
                break
            values.append(argument.value)
        else:
            try:
                return self.known(compute(function, tuple(values)))
            except Undefined as undefined:
                return self.raised(undefined)
        if len(arguments) == 2:
            if function == "+" and (added := self._added(*arguments)) is not None:
                return added
            if function in COMPARISONS and (truth := self._ranges.decided(function, *arguments)) is not None:
                return self.known(truth)
        names = frozenset().union(*(argument.names for argument in arguments))
        return self._one((function, *arguments), Applied, function, arguments, names)

    def sum(self, items: tuple[ItemId, ...], constant: int) -> Term:
        if not items:
            return self.known(constant)
        ranges = [found for item in items if (found := self._ranges.of(item)) is not None]
        low, high = (constant + sum(ends) for ends in zip(*ranges, strict=True))
        return self._one(("sum", items, constant), Sum, items, constant, low, high, frozenset(items))

    def total(self, so_far: Value | Undefined, several: Iterable[Open]) -> Term:
        """A `count(…)` or `sum(…)`. The terms of which all names are known are added; a failed tensor in one of them
        outweighs an undefined value."""
        left: list[Open] = []
        for each in several:
            match each.term:
                case Raised(reason=Failed()) as failed if not each.missing:
                    return failed
                case Raised(reason=Undefined() as reason) if not each.missing:
                    so_far = so_far if isinstance(so_far, Undefined) else reason
                case Known(value=value) if not each.missing:
                    so_far = plus(so_far, value)
                case Known(value=value) if is_exact(value) and value == 0:
                    pass  # it adds 0, active or not
                case _:
                    left.append(each)
        if not left:
            return self.raised(so_far) if isinstance(so_far, Undefined) else self.known(so_far)
        own = (so_far, so_far) if is_exact(so_far) else None
        bounds = summed((own, *(each.bounds for each in left)))
        names = frozenset().union(*(each.missing for each in left))
        start = ("undefined", *so_far.args) if isinstance(so_far, Undefined) else _typed(so_far)
        return self._one(("total", start, *left), Total, so_far, tuple(left), bounds, names)

    def _open(self, term: Term, missing: Names, bounds: Bounds | None) -> Open:
        match term:
            case Known(value=value):
                bounds = (min(0, value), max(0, value)) if is_exact(value) else None
            case Raised():
                bounds = None
            case _:
                pass
        return self._one(("open", term, missing, bounds), Open, term, missing, bounds)

    def _added(self, one: Term, other: Term) -> Term | None:
        """The sum of two terms; None if they need not be whole numbers that are not large."""
        parts: list[ItemId] = []
        several: list[Open] = []
        constant = 0
        for term in (one, other):
            match term:
                case Sum(items=items, constant=more):
                    parts += items
                    constant += more
                case Total(so_far=int(more), open=left) if term.bounds is not None:
                    several += left
                    constant += more
                case Read(item=item) if self._ranges.of(item) is not None:
                    parts.append(item)
                case Known(value=value) if type(value) is int and abs(value) <= SMALL:
                    constant += value
                case _:
                    return None
        if len(parts) > MAX_SUMMED or abs(constant) > MAX_SUM or (parts and several):
            return None
        return self.total(constant, several) if several else self.sum(tuple(sorted(parts)), constant)

    def conditional(self, test: Term, then: Term, other: Term) -> Term:
        if isinstance(test, Raised):
            return test
        if isinstance(test, Known):
            return then if test.value is True else other
        names = test.names | then.names | other.names
        return self._one(("if", test, then, other), Conditional, test, then, other, names)

    def _size(self, dim: Dim, tensor: object) -> Term:
        size = self.dimension(dim, tensor)
        if isinstance(size, int):
            return self.known(size)
        return self.raised(Failed(size if isinstance(size, Fault) else None))

    def _one(self, key: object, make: Callable[..., N], *parts: Any) -> N:
        found: N | None = self._terms.get(key)
        if found is None:
            found = self._terms[key] = make(*parts)
        return found


def _typed(value: Value) -> tuple[object, ...]:
    """A key of a value: True and 1 are equal, but not the same."""
    inside = tuple(map(_typed, value)) if isinstance(value, tuple) else value
    return (type(value), inside)
