"""What a space draws, without its shapes: which choices are active under which others, as a program of atoms.

A program is a set: choices that are drawn, alternatives that depend on the value of a scalar, and rules that come into
force. Equal programs are one object: three uses of a cell draw what one draws, since nothing is drawn twice. A value
that becomes known is put into the whole program, so that what is left of it does not mention its choice any more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, assert_never

from sqsem_dsl.diagram.rule_nodes import Known, Names, Raised, Term
from sqsem_dsl.diagram.rule_terms import Terms
from sqsem_dsl.ir.children import children
from sqsem_dsl.ir.graph import (
    Const,
    Dim,
    Draw,
    FixedArg,
    Graph,
    Guard,
    If,
    Item,
    ItemId,
    Loop,
    Merge,
    OptionalArg,
    SubsetArg,
    Switch,
)


class ReadsShapes(Exception):
    """What is drawn depends on a shape, or on something that has no value."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    item: ItemId
    names: Names
    """The choices that may be drawn."""
    mentions: Names
    """Those, and the choices that are read."""


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A rule in force: what is left of it, and the choices that it names outside of `count(…)` and `sum(…)` and that
    are not known yet."""

    term: Term
    missing: Names
    names: Names
    mentions: Names


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """The parts that the value of a scalar selects; with `is` always one of them."""

    term: Term
    how: Literal["is", "at least", "picks"]
    parts: tuple[tuple[object, Program], ...]
    names: Names
    mentions: Names

    def selected(self, value: Any) -> Iterable[Program]:
        for key, part in self.parts:
            match self.how:
                case "is":
                    fits = type(key) is type(value) and key == value
                case "at least":
                    fits = value >= key
                case "picks":
                    fits = key in value
                case _:
                    assert_never(self.how)
            if fits:
                yield part


Atom = Drawn | Rule | Chosen
Program = frozenset[Atom]
EMPTY: Program = frozenset()


class Programs:
    """Makes the programs of a graph. Methods raise `ReadsShapes`."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.terms = Terms(graph.items, graph.choices, _no_size)
        self._atoms: dict[object, Atom] = {}
        self._of: dict[ItemId, Program] = {}
        self._stripped: dict[tuple[Program, Program], Program] = {}
        self.steps = 0

    def whole(self) -> Program:
        """The program of the space."""
        every = [self.of(item) for _, item in self.graph.outputs]
        return self.stripped(EMPTY.union(*every, map(self._rule_of, self.graph.rules)))

    def of(self, item: ItemId) -> Program:
        """The program of an item: everything that its evaluation draws."""
        known = self._of.get(item)
        if known is None:
            known = self._of[item] = self._made(item, self.graph.items[item])
        return known

    def _made(self, item: ItemId, node: Item) -> Program:
        match node:
            case Const():
                return EMPTY
            case Draw():
                return frozenset((self.drawn(item),))
            case Dim():
                return self.of(node.of)
            case Switch(of=of, test=test, cases=cases):
                parts = tuple((value, self.of(case)) for value, case in cases)
                return self._all(() if of is None else (of,), test) | self.chosen(self._term(test), "is", parts)
            case If(test=test, then=then, other=other):
                parts = (True, self.of(then)), (False, self.of(other))
                return self.of(test) | self.chosen(self._term(test), "is", parts)
            case Loop(steps=steps, count=count):
                parts = tuple((k, self.of(step)) for k, step in enumerate(steps[1:], start=1))
                return self._all((steps[0],), count) | self.chosen(self._term(count), "at least", parts)
            case Merge():
                return self._merge(node)
            case Guard(of=of, rules=rules, body=body):
                return self._all(() if of is None else (of,), body).union(map(self._rule_of, rules))
            case _:
                return self._all(children(node))

    def _merge(self, merge: Merge) -> Program:
        found = EMPTY
        for part in merge.parts:
            match part:
                case FixedArg(node=node):
                    found |= self.of(node)
                case OptionalArg(test=test, node=node):
                    found |= self.of(test) | self.chosen(
                        self._term(test), "is", ((True, self.of(node)), (False, EMPTY))
                    )
                case SubsetArg(chosen=chosen, alternatives=alternatives):
                    parts = tuple((name, self.of(node)) for name, node in alternatives)
                    found |= self.of(chosen) | self.chosen(self._term(chosen), "picks", parts)
                case _:
                    assert_never(part)
        if sum(isinstance(part, FixedArg) for part in merge.parts) > 1:
            return found | self.of(merge.how)
        if self.of(merge.how):
            raise ReadsShapes  # drawn if several tensors are present
        return found

    def _all(self, items: Iterable[ItemId], *more: ItemId) -> Program:
        return EMPTY.union(*map(self.of, (*items, *more)))

    def _term(self, item: ItemId) -> Term:
        term = self.terms.of(item)
        if not all(isinstance(self.graph.items[name], Draw) for name in term.names):
            raise ReadsShapes
        return term

    def _rule_of(self, item: ItemId) -> Atom:
        term, names = self._term(item), self.terms.names(item)
        if not all(isinstance(self.graph.items[name], Draw) for name in names):
            raise ReadsShapes
        return self.rule(term, names)

    # ---- atoms

    def drawn(self, item: ItemId) -> Atom:
        names = frozenset((item,))
        return self._one(("draw", item), Drawn, item, names, names)

    def rule(self, term: Term, missing: Names) -> Rule:
        found = self._one(("rule", term, missing), Rule, term, missing, frozenset(), missing | term.names)
        assert isinstance(found, Rule)
        return found

    def chosen(self, term: Term, how: Any, parts: tuple[tuple[object, Program], ...]) -> Program:
        """The program of alternatives; empty if none draws anything."""
        if isinstance(term, Raised):
            raise ReadsShapes
        if isinstance(term, Known):
            return EMPTY.union(*Chosen(term, how, parts, term.names, term.names).selected(term.value))
        if how == "is":  # one of them is selected: what all have is certain
            common = frozenset.intersection(*(part for _, part in parts))
            if common:
                return common | self.chosen(term, how, tuple((key, part - common) for key, part in parts))
        if not any(part for _, part in parts):
            return EMPTY
        names = frozenset().union(*(atom.names for _, part in parts for atom in part))
        mentions = term.names.union(*(atom.mentions for _, part in parts for atom in part))
        typed = tuple((type(key), key, part) for key, part in parts)
        return frozenset((self._one((term, how, typed), Chosen, term, how, parts, names, mentions),))

    def _one(self, key: object, make: Any, *parts: Any) -> Atom:
        found = self._atoms.get(key)
        if found is None:
            found = self._atoms[key] = make(*parts)
        return found

    # ---- what is left

    def put(self, program: Program, item: ItemId, value: Any) -> Program:
        """What is left of a program once a choice is drawn."""
        return self.stripped(self._put(program, item, value, {}))

    def _put(self, program: Program, item: ItemId, value: Any, done: dict[Program, Program]) -> Program:
        known = done.get(program)
        if known is not None:
            return known
        found: set[Atom] = set()
        for atom in program:
            self.steps += 1
            match atom:
                case Drawn():
                    found.update((atom,) if atom.item != item else ())
                case Rule(term=term, missing=missing):
                    found.add(self.rule(self.terms.put(term, item, value), missing - {item}))
                case Chosen(term=term, how=how, parts=parts):
                    if item in atom.mentions:
                        after = tuple((key, self._put(part, item, value, done)) for key, part in parts)
                        found |= self.chosen(self.terms.put(term, item, value), how, after)
                    else:
                        found.add(atom)
                case _:
                    assert_never(atom)
        done[program] = frozenset(found)
        return done[program]

    def stripped(self, program: Program, outer: Program = EMPTY) -> Program:
        """The program without what is certain to be drawn around it, at each level. Raises nothing."""
        key = program, outer
        known = self._stripped.get(key)
        if known is not None:
            return known
        self.steps += len(program)
        level = program - outer
        around = outer | level
        found: set[Atom] = set()
        for atom in level:
            if isinstance(atom, Chosen):
                parts = tuple((k, self.stripped(part, around)) for k, part in atom.parts)
                found |= self.chosen(atom.term, atom.how, parts)
            else:
                found.add(atom)
        self._stripped[key] = frozenset(found)
        return self._stripped[key]


def _no_size(dim: Dim, tensor: object) -> object:
    raise ReadsShapes
