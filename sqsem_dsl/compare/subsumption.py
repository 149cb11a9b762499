"""Proves, from two graphs alone, that one space has every architecture of the other, for any number of architectures.

One graph covers another if each part has a counterpart that can do everything the part can: domains with more values, a
longer `repeat`, more alternatives, a choice in place of a constant, a `slot` around existing code, fewer rules, looser
budgets. Every assignment of the inner space then gives the same network in the outer one, whose additional choices are
fixed. A failed proof implies nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from fractions import Fraction

from sqsem_dsl.ir.choices import Categorical, Continuous, Domain
from sqsem_dsl.ir.graph import (
    Budget,
    Const,
    Draw,
    Graph,
    Guard,
    Input,
    Item,
    ItemId,
    Loop,
    Merge,
    Op,
    Residual,
    Switch,
    Tensor,
)
from sqsem_dsl.ir.skeleton import skeleton
from sqsem_dsl.operators.row import Value
from sqsem_dsl.utils.recursion import with_recursion_limit

MAX_STEPS = 300_000
"""The limit of comparisons for a proof."""


@with_recursion_limit
def covers(outer: Graph, inner: Graph, names: Mapping[str, str]) -> bool:
    """Whether every architecture of the inner space is one of the outer. `names` maps the paths of inner choices to
    those of the outer."""
    try:
        return _Cover(outer, inner, names).holds()
    except SearchLimit:
        return False


class SearchLimit(Exception):
    """The search for a proof took too long."""


class _Cover:
    """The assumptions of a proof in progress. Tensors are paired one to one: one layer that is used twice does not
    cover two layers. Assumptions are undone if they lead nowhere."""

    def __init__(self, outer: Graph, inner: Graph, names: Mapping[str, str]) -> None:
        self.outer, self.inner, self.names = outer, inner, names
        self.matched = set(names.values())
        self.assumed: dict[Hashable, Hashable] = {}
        self.trail: list[Hashable] = []
        self.steps = 0

    def holds(self) -> bool:
        inner, outer = dict(self.inner.outputs), dict(self.outer.outputs)
        return (
            list(inner) == list(outer)
            and self.same_first_input()
            and all(self.item(inner[name], outer[name]) for name in inner)
            and self.rules(self.inner.rules, self.outer.rules)
            and all(any(implies(given, wanted) for given in self.inner.budgets) for wanted in self.outer.budgets)
        )

    def same_first_input(self) -> bool:
        """Whether a network that zeros cut off from all of its inputs keeps the same one."""
        inner, outer = ([(node.name, node.shape) for node in graph.inputs[:1]] for graph in (self.inner, self.outer))
        return inner == outer or not any(isinstance(node, Op) and node.row.name == "zero" for node in self.inner.items)

    # ---- assumptions

    def assume(self, about: Hashable, value: Hashable) -> bool:
        """Assumes one thing of another, once; False if something else is already assumed of it."""
        if about in self.assumed:
            return self.assumed[about] == value
        self.assumed[about] = value
        self.trail.append(about)
        return True

    def attempt(self, proof: Callable[[], bool]) -> bool:
        """The result of a proof attempt; if it fails, its assumptions are undone."""
        before = len(self.trail)
        if proof():
            return True
        while len(self.trail) > before:
            del self.assumed[self.trail.pop()]
        return False

    def pair(self, one: Hashable, other: Hashable) -> bool:
        """Assumes that two things correspond to each other, and to nothing else."""
        return self.assume(("inner", one), other) and self.assume(("outer", other), one)

    def fixed(self, choice: int, value: Value) -> bool:
        """Assumes that a choice that only the outer space has always has a value."""
        declared = self.outer.choices[choice]
        return declared.path not in self.matched and self.assume(("choice", choice), (type(value), value))

    # ---- items

    def item(self, one: ItemId, other: ItemId) -> bool:
        """Whether an item of the outer graph covers an item of the inner one."""
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise SearchLimit
        if self.assumed.get(("inner", one)) == other:
            return True
        here, there = self.inner.items[one], self.outer.items[other]
        if isinstance(here, Guard) and not isinstance(there, Guard):
            return self.item(here.body, other)
        if type(here) is type(there) and self.attempt(lambda: self.same(one, here, other, there)):
            return True
        return any(self.attempt(lambda way=way: way(one)) for way in self.within(other))  # type: ignore[misc]

    def within(self, other: ItemId) -> Iterator[Callable[[ItemId], bool]]:
        """The conditions under which an item of the outer graph equals another of its items, or a constant."""
        there = self.outer.items[other]
        match there:
            case Draw(choice=choice):
                domain = self.outer.choices[choice].domain
                yield lambda one: self.constant(one, domain, choice)
            case Input(extents=(*_, _)):
                yield lambda one: self.resolution(one, other, there)
            case Switch(test=test, cases=cases) if isinstance(draw := self.outer.items[test], Draw):
                for value, case in cases:
                    yield self.where(draw.choice, value, case)
            case Loop(count=count, steps=steps) if isinstance(draw := self.outer.items[count], Draw):
                domain = self.outer.choices[draw.choice].domain
                for value in domain.values if isinstance(domain, Categorical) else ():
                    if isinstance(value, int):
                        yield self.where(draw.choice, value, steps[value])
            case Residual(mode=mode, body=body) if isinstance(draw := self.outer.items[mode], Draw):
                domain = self.outer.choices[draw.choice].domain
                if isinstance(domain, Categorical) and "none" in domain.values:
                    yield self.where(draw.choice, "none", body)
            case _:
                pass

    def where(self, choice: int, value: Value, other: ItemId) -> Callable[[ItemId], bool]:
        return lambda one: self.fixed(choice, value) and self.item(one, other)

    def constant(self, one: ItemId, domain: Domain, choice: int) -> bool:
        match self.inner.items[one]:
            case Const(value=value):
                return subset(Categorical((value,)), domain) and self.fixed(choice, value)
            case _:
                return False

    def resolution(self, one: ItemId, other: ItemId, there: Input) -> bool:
        """Whether an input of a fixed shape is one with a chosen resolution, with some values of its choices."""
        here = self.inner.items[one]
        if not isinstance(here, Input) or here.extents or here.name != there.name or len(here.shape) != 3:
            return False
        plain = type(here.shape) is type(there.shape)
        return plain and self.pair(one, other) and all(map(self.extent, here.shape, there.extents))

    def extent(self, value: int, extent: ItemId) -> bool:
        match self.outer.items[extent]:
            case Const(value=other):
                return value == other
            case Draw(choice=choice):
                return subset(Categorical((value,)), self.outer.choices[choice].domain) and self.fixed(choice, value)
            case _:
                return False

    def same(self, one: ItemId, here: Item, other: ItemId, there: Item) -> bool:
        """Whether two items of one type have equal fields, with tensors that correspond to each other."""
        if not self.alike(here, there):
            return False
        return not isinstance(here, Tensor) or self.pair(one, other)

    def alike(self, one: Item, other: Item) -> bool:
        """Whether one item can do everything that the other can, if those that they read do."""
        match one, other:
            case Draw(), Draw():
                here, there = self.inner.choices[one.choice], self.outer.choices[other.choice]
                return self.names.get(here.path) == there.path and subset(here.domain, there.domain)
            case _:
                inner, outer = skeleton(one), skeleton(other)
        shared = [case for case in outer.cases if case in inner.cases]
        # Tensors are joined in the order of a `pick`, but any order of other cases has the same meaning.
        held = shared == [*inner.cases] if isinstance(one, Merge) else len(shared) == len(inner.cases)
        return (
            held
            and inner.head == outer.head
            and len(inner.fixed) == len(outer.fixed)
            and all(map(self.item, inner.fixed, outer.fixed))
            and all(self.item(item, outer.cases[case]) for case, item in inner.cases.items())
            and self.rules(inner.rules, outer.rules)
            and self.tied(inner.weights, outer.weights)
        )

    def tied(self, one: str | None, other: str | None) -> bool:
        """Whether two sets of tied weights may be the same set."""
        return one is other if one is None or other is None else self.pair(("weights", one), ("weights", other))

    def rules(self, given: tuple[ItemId, ...], wanted: tuple[ItemId, ...]) -> bool:
        """Whether each rule of the outer space is one of the inner: then the inner rules imply the outer ones."""
        return all(any(self.rule(one, other) for one in given) for other in wanted)

    def rule(self, one: ItemId, other: ItemId) -> bool:
        return self.attempt(lambda: self.item(one, other))


def subset(inner: Domain, outer: Domain) -> bool:
    """Whether every value of one domain is in another."""
    match inner, outer:
        case Categorical(values=values), Categorical(values=others):
            known = {(type(value), value) for value in others}
            return all((type(value), value) in known for value in values)
        case Continuous(), Continuous():
            return outer.low <= inner.low and inner.high <= outer.high
        case Categorical(values=(int() | Fraction() as value,)), Continuous() if not isinstance(value, bool):
            return outer.low <= value <= outer.high
        case _:
            return False


def implies(given: Budget, wanted: Budget) -> bool:
    """Whether one budget implies another: the same sum with the same or a tighter bound."""
    if (given.terms, given.relation) != (wanted.terms, wanted.relation):
        return False
    before, after = Fraction(str(given.constant)), Fraction(str(wanted.constant))
    match given.relation:
        case "<" | "<=":
            return before >= after
        case ">" | ">=":
            return before <= after
        case _:
            return before == after
