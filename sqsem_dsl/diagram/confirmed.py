"""What is known to be wrong with a space although the proof over all its assignments met its limit.

The proof has met faults by then, perhaps, and a rule that it has not come to might cut them. So the architectures in
which it met them are walked, and with them the first architecture and some that are drawn by chance.
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
"""Places with a fault that are looked into."""
MAX_WALK_STEPS = 100_000
"""Steps of the walks together, but for the first: a second or two."""
MAX_WALKS = 30
Options = Mapping[int, int]


def confirmed(graph: Graph, liveness: Liveness, attempts: Sequence[Evaluator[Shape]]) -> tuple[Fault, ...]:
    """Faults that some architecture has, one for each place and kind; not all that there are."""
    found: dict[Place, Fault] = {}

    effort = Effort(MAX_WALK_STEPS)

    def look(choose: Callable[[int], int], effort: Effort | None = effort) -> None:
        for fault in _walked(graph, liveness, choose, effort):
            found.setdefault((type(fault), fault.span), fault)

    look(lambda choice: 0, None)
    with suppress(Exhausted):  # what has been found is wrong, whatever else may be
        _look_around(graph, attempts, found, look)
    return tuple(found.values())


def _look_around(
    graph: Graph,
    attempts: Sequence[Evaluator[Shape]],
    found: Mapping[Place, Fault],
    look: Callable[[Callable[[int], int]], None],
) -> None:
    """Look where the attempts met faults, and here and there. Raises `Exhausted`."""
    for attempt in attempts:
        diagram = attempt.trace.finish(())
        for place, several in list(attempt.met.items())[:MAX_PLACES]:
            for met in several:
                if place not in found:
                    taken = _way(graph, diagram, met)
                    look(lambda choice, taken=taken: taken.get(choice, 0))  # type: ignore[misc]
    for seed in range(MAX_WALKS):
        generator = Random(seed)
        look(lambda choice, generator=generator: generator.randrange(len(options(graph, choice))))  # type: ignore[misc]


def _way(graph: Graph, diagram: DecisionDiagram, met: Met) -> Options:
    """The options with which an attempt met a fault, those of choices that it had not come to apart."""
    found = dict(diagram.shortest((met.vertex,)))
    for draw, option in met.tried:
        node = graph.items[draw]
        assert isinstance(node, Draw)
        found[node.choice] = option
    return found


def _walked(graph: Graph, liveness: Liveness, choose: Callable[[int], int], effort: Effort | None) -> Iterator[Fault]:
    """The faults of one architecture, with the choices off their first values; none where a rule cuts it. Raises
    `Exhausted`."""
    taken: dict[int, int] = {}

    def chosen(choice: int) -> Value:
        taken[choice] = choose(choice)
        return _value(graph, choice, taken[choice])

    try:
        walk(graph, liveness, chosen, effort)
    except Cut:
        return
    except SqsError as error:
        off = tuple((graph.choices[c].path, show(_value(graph, c, o))) for c, o in taken.items() if o)
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
