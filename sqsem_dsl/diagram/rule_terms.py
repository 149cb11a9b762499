"""Rules as terms that are evaluated in parts: what a state must remember of a rule that is not decided yet.

A value that becomes known is put into the term, and what can be computed is computed. Of `a <= b and b <= c` the rest
after `a` and `b` is `b <= c`, or false: `a` is not read again, so states that differ only in `a` are one. Equal terms
are one object.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from sqsem_dsl.ir.choices import Categorical
from sqsem_dsl.ir.faults import Fault
from sqsem_dsl.ir.graph import Apply, Const, Declared, Dim, Draw, If, Input, Item, ItemId
from sqsem_dsl.ir.scalars import Undefined, compute
from sqsem_dsl.operators.row import Value

Names = frozenset[ItemId]
SMALL, MAX_SUMMED = 10**6, 10**6
"""Values and numbers of values whose sum is far from the largest number."""
DECIDED = frozenset(("<", "<=", ">", ">=", "==", "!="))
NONE: Names = frozenset()


@dataclass(frozen=True, slots=True)
class Failed:
    """Why a size is not known: its tensor failed, or does not have that axis. `fault` is None if the fault is reported
    where the tensor is made."""

    fault: Fault | None


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    value: Value
    names: Names = NONE


@dataclass(frozen=True, slots=True, eq=False)
class Raised:
    """There is no value: the computation stops here."""

    reason: Undefined | Failed
    names: Names = NONE


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """A choice, or a size of a tensor."""

    item: ItemId
    names: Names


@dataclass(frozen=True, slots=True, eq=False)
class Applied:
    function: str
    arguments: tuple[Term, ...]
    names: Names


@dataclass(frozen=True, slots=True, eq=False)
class Sum:
    """The sum of choices of whole numbers and a constant. The order in which they become known makes no difference."""

    items: tuple[ItemId, ...]
    constant: int
    low: int
    """The least and the greatest value that the sum can have."""
    high: int
    names: Names


@dataclass(frozen=True, slots=True, eq=False)
class Conditional:
    test: Term
    then: Term
    other: Term
    names: Names


Term = Known | Raised | Read | Applied | Sum | Conditional
Range = tuple[int, int]


class Terms:
    """Makes terms. `dimension` returns the size of a tensor for a `Dim`, or why there is none. `steps` counts the
    terms that were visited."""

    def __init__(
        self, items: Sequence[Item], choices: Sequence[Declared], dimension: Callable[[Dim, object], object]
    ) -> None:
        self.items, self.choices, self.dimension = items, choices, dimension
        self._ranges: dict[ItemId, Range | None] = {}
        self.steps = 0
        self._terms: dict[object, Term] = {}
        self._items: dict[ItemId, Term] = {}

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
            case _:
                return self.known(None)

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
            if function in DECIDED and (decided := self._decided(function, *arguments)) is not None:
                return decided
        names = frozenset().union(*(argument.names for argument in arguments))
        return self._one((function, *arguments), Applied, function, arguments, names)

    def sum(self, items: tuple[ItemId, ...], constant: int) -> Term:
        if not items:
            return self.known(constant)
        ranges = [found for item in items if (found := self._range(item)) is not None]
        low, high = (constant + sum(ends) for ends in zip(*ranges, strict=True))
        return self._one(("sum", items, constant), Sum, items, constant, low, high, frozenset(items))

    def _added(self, one: Term, other: Term) -> Term | None:
        """The sum of two terms; None if they need not be whole numbers that are not large."""
        parts: list[ItemId] = []
        constant = 0
        for term in (one, other):
            match term:
                case Sum(items=items, constant=more):
                    parts += items
                    constant += more
                case Read(item=item) if self._range(item) is not None:
                    parts.append(item)
                case Known(value=value) if type(value) is int and abs(value) <= SMALL:
                    constant += value
                case _:
                    return None
        if len(parts) > MAX_SUMMED or abs(constant) > MAX_SUMMED * SMALL:
            return None
        return self.sum(tuple(sorted(parts)), constant)

    def _range(self, item: ItemId) -> Range | None:
        """The least and the greatest value of a choice of whole numbers that are not large; None for another item."""
        if item not in self._ranges:
            node = self.items[item]
            domain = self.choices[node.choice].domain if isinstance(node, Draw) else None
            values = domain.values if isinstance(domain, Categorical) else ()
            whole = [value for value in values if type(value) is int and abs(value) <= SMALL]
            self._ranges[item] = (min(whole), max(whole)) if whole and len(whole) == len(values) else None
        return self._ranges[item]

    def _decided(self, function: str, one: Term, other: Term) -> Term | None:
        """The value of a comparison of a sum with a number that is the same for all values of the sum."""
        match one, other:
            case Sum(low=low, high=high), Known(value=value) if type(value) is int:
                ends = (low, value), (high, value)
            case Known(value=value), Sum(low=low, high=high) if type(value) is int:
                ends = (value, low), (value, high)
            case _:
                return None
        if function in ("==", "!="):
            return None if low <= value <= high else self.known(function == "!=")
        first, last = (compute(function, end) for end in ends)
        return self.known(first) if first == last else None

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

    def _one(self, key: object, make: Callable[..., Term], *parts: Any) -> Term:
        found = self._terms.get(key)
        if found is None:
            found = self._terms[key] = make(*parts)
        return found


def _typed(value: Value) -> tuple[object, ...]:
    """A key of a value: True and 1 are equal, but not the same."""
    inside = tuple(map(_typed, value)) if isinstance(value, tuple) else value
    return (type(value), inside)
