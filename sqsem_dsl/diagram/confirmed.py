"""The errors of a space that are certain even if the proof over all its assignments reached its limit.

The proof may have found faults before it stopped, but a rule that it did not reach might cut them. So this module walks
the architectures in which the proof found faults, the first architecture, and a few random ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from random import Random

from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagram.decision_diagram import DecisionDiagram
from sqsem_dsl.diagram.evaluate import Evaluator
from sqsem_dsl.diagram.frontier import Met, Place
from sqsem_dsl.diagram.walk import Cut, walk
from sqsem_dsl.ir.choices import Categorical, Continuous, show
from sqsem_dsl.ir.faults import Fault
from sqsem_dsl.ir.graph import Draw, Graph
from sqsem_dsl.ir.liveness import Liveness
from sqsem_dsl.ir.options import options
from sqsem_dsl.operators.row import Shape, Value
from sqsem_dsl.utils.effort import Effort, Exhausted

MAX_PLACES = 16
"""Places with a fault that are checked."""
MAX_WALK_STEPS = 100_000
"""Steps of all walks except the first: a second or two."""
MAX_WALKS = 30
Options = Mapping[int, int]


def confirmed(graph: Graph, liveness: Liveness, attempts: Sequence[Evaluator[Shape]]) -> tuple[Fault, ...]:
    """Faults that occur in some architecture, one for each place and kind. The list need not be complete."""
    found: dict[Place, Fault] = {}

    effort = Effort(MAX_WALK_STEPS)

    def look(choose: Callable[[int], int], effort: Effort | None = effort) -> None:
        for fault in _walked(graph, liveness, choose, effort):
            found.setdefault((type(fault), fault.span), fault)

    look(lambda choice: 0, None)
    with suppress(Exhausted):  # the faults found are errors in any case
        _look_around(graph, attempts, found, look)
    return tuple(found.values())


def _look_around(
    graph: Graph,
    attempts: Sequence[Evaluator[Shape]],
    found: Mapping[Place, Fault],
    look: Callable[[Callable[[int], int]], None],
) -> None:
    """Check the attempts' faults and a random sample of architectures. Raises `Exhausted`."""
    for attempt in attempts:
        diagram = attempt.trace.finish(())
        for place, several in list(attempt.met.items())[:MAX_PLACES]:
            for met in several:
                if place not in found:
                    selected = _way(graph, diagram, met)
                    look(lambda choice, selected=selected: selected.get(choice, 0))  # type: ignore[misc]
    for seed in range(MAX_WALKS):
        generator = Random(seed)
        look(lambda choice, generator=generator: generator.randrange(len(options(graph, choice))))  # type: ignore[misc]


def _way(graph: Graph, diagram: DecisionDiagram, met: Met) -> Options:
    """The options with which an attempt found a fault, without those of choices that it had not reached."""
    found = dict(diagram.shortest((met.vertex,)))
    for draw, option in met.tried:
        node = graph.items[draw]
        assert isinstance(node, Draw)
        found[node.choice] = option
    return found


def _walked(graph: Graph, liveness: Liveness, choose: Callable[[int], int], effort: Effort | None) -> Iterator[Fault]:
    """The faults of one architecture, with the choices that differ from their first values; empty if a rule cuts it.
    Raises `Exhausted`."""
    selected: dict[int, int] = {}

    def chosen(choice: int) -> Value:
        selected[choice] = choose(choice)
        return _value(graph, choice, selected[choice])

    try:
        walk(graph, liveness, chosen, effort)
    except Cut:
        return
    except SqsError as error:
        off = tuple((graph.choices[c].path, show(_value(graph, c, o))) for c, o in selected.items() if o)
        for diagnostic in error.diagnostics:
            if isinstance(diagnostic, Fault):
                yield diagnostic.at(off)


def _value(graph: Graph, choice: int, option: int) -> Value:
    """The value of an option; of a continuous choice the low end."""
    match graph.choices[choice].domain:
        case Categorical(values=values):
            return values[option]
        case Continuous(low=low):
            return low
