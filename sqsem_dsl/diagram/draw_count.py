"""The number of assignments of a space without its shapes, where these take more states than an evaluation may have.

States are what is left of the program of draws (`draw_programs`) and of the rules in force. The number of assignments
from a state is the sum over the options of the next choice; equal states are counted once.
"""

from __future__ import annotations

from sqsem_dsl.diagram.draw_programs import Atom, Chosen, Drawn, Program, Programs, ReadsShapes, Rule
from sqsem_dsl.diagram.rule_nodes import Known, Names, Raised
from sqsem_dsl.ir.graph import Draw, Graph, ItemId
from sqsem_dsl.ir.options import options
from sqsem_dsl.utils.effort import NORMAL, Level
from sqsem_dsl.utils.recursion import with_recursion_limit

MAX_COUNTED_STEPS = 1_500_000
"""Atoms of programs visited: about five seconds."""
MAX_COUNTED_STATES = 100_000
"""Programs that are remembered with their number of assignments."""


class Uncounted(Exception):
    """A limit was reached."""


def count_draws(graph: Graph, level: Level = NORMAL) -> int | None:
    """The number of assignments within the rules, whatever their shapes; a continuous choice counts once. None if what
    is drawn depends on shapes, or if it takes too much work."""
    return _count_draws(graph, level)


@with_recursion_limit
def _count_draws(graph: Graph, level: Level) -> int | None:
    try:
        programs = Programs(graph)
        return _Count(graph, programs, level).of(programs.whole())
    except (ReadsShapes, Uncounted):
        return None


class _Count:
    def __init__(self, graph: Graph, programs: Programs, level: Level) -> None:
        self.graph, self.programs = graph, programs
        self._known: dict[Program, int] = {}
        self._most = level.steps(MAX_COUNTED_STEPS), level.stored(MAX_COUNTED_STATES)

    def of(self, program: Program) -> int:
        """The number of ways to draw what a program draws. Raises `Uncounted` and `ReadsShapes`."""
        simple = self._ruled(program)
        if simple is None:
            return 0
        known = self._known.get(simple)
        if known is None:
            known = self._known[simple] = self._sum(simple)
            if self.programs.steps > self._most[0] or len(self._known) > self._most[1]:
                raise Uncounted
        return known

    def _sum(self, program: Program) -> int:
        drawn = [atom.item for atom in program if isinstance(atom, Drawn)]
        if not drawn:
            if program:
                raise ReadsShapes  # a scalar whose choices are not drawn
            return 1
        item = min(drawn)
        node = self.graph.items[item]
        assert isinstance(node, Draw)
        values = options(self.graph, node.choice)
        if not self._read(program, item):
            return len(values) * self.of(program - {self.programs.drawn(item)})
        return sum(self.of(self.programs.put(program, item, value)) for _, value in values)

    def _read(self, program: Program, item: ItemId) -> bool:
        """Whether anything but its own atom mentions a choice."""
        for atom in program:
            match atom:
                case Rule(mentions=mentions) | Chosen(mentions=mentions):
                    if item in mentions:
                        return True
                case _:
                    pass
        return False

    def _ruled(self, program: Program) -> Program | None:
        """The program without the rules that are decided, or can no longer be; None if one is broken."""
        certain: Names = frozenset([atom.item for atom in program if isinstance(atom, Drawn)])
        possible = frozenset[ItemId]().union(*(atom.names for atom in program))
        dropped: list[Atom] = []
        made: list[Atom] = []
        for atom in program:
            if not isinstance(atom, Rule):
                continue
            rule = self._closed(atom, possible)
            truth = _truth(rule)
            if not rule.missing <= possible or (not rule.missing and truth is True):
                dropped.append(atom)
            elif rule.missing <= certain and truth is False:
                return None
            elif rule is not atom:
                dropped.append(atom)
                made.append(rule)
        return program.difference(dropped).union(made) if dropped else program

    def _closed(self, rule: Rule, possible: Names) -> Rule:
        """A rule after the terms of its `count(…)` and `sum(…)` that can no longer be active have added 0."""
        terms = self.programs.terms
        dead = frozenset([names for names in terms.waiting(rule.term) if not names <= possible])
        return self.programs.rule(terms.without(rule.term, dead), rule.missing) if dead else rule


def _truth(rule: Rule) -> bool | None:
    """Whether a rule holds if its missing choices are active; None if it is not known yet."""
    match rule.term:
        case Known(value=value):
            return value is not False
        case Raised():
            return False  # arithmetic without a value
        case _:
            return None
