"""The effect of each option on the cost: the mean with it vs. the mean over all assignments in which its choice is
active.

Computed from counts and sums from the start to each vertex, and from there to the ends (inside and outside, as for
parsing: K. Lari and S. Young, Computer Speech & Language 4, 1990).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from sqsem_dsl.diagram.decision_diagram import EPSILON, DecisionDiagram

Sums = tuple[int, int, int, int, int]
"""A number of paths, and the sums of each of their costs."""
NONE: Sums = (0, 0, 0, 0, 0)
EMPTY: Sums = (1, 0, 0, 0, 0)


@dataclass(frozen=True)
class Effect:
    """The effect of one option: `count` assignments use it, of the `drawn` in which its choice is active. The other
    fields are the mean over those that use it minus the mean over those in which the choice is active."""

    choice: int
    option: int
    count: int
    drawn: int
    params: Fraction
    trainable_params: Fraction
    macs: Fraction
    latency: Fraction = Fraction(0)


def effects(diagram: DecisionDiagram) -> tuple[Effect, ...]:
    """The effect of every option that some assignment uses, by choice and option."""
    before, after = _before(diagram), _after(diagram)
    options: dict[tuple[int, int], Sums] = {}
    for edge in diagram.edges:
        if edge.choice != EPSILON:
            through = _followed(_followed(before[edge.source], (1, *edge.cost)), after[edge.target])
            if through[0]:
                key = edge.choice, edge.option
                options[key] = _plus(options.get(key, NONE), through)
    choices: dict[int, Sums] = {}
    for (choice, _), sums in options.items():
        choices[choice] = _plus(choices.get(choice, NONE), sums)
    found = []
    for (choice, option), sums in sorted(options.items()):
        active = choices[choice]
        params, trainable, macs, latency = (
            Fraction(used, sums[0]) - Fraction(all_, active[0]) for used, all_ in zip(sums[1:], active[1:], strict=True)
        )
        found.append(Effect(choice, option, sums[0], active[0], params, trainable, macs, latency))
    return tuple(found)


def _before(diagram: DecisionDiagram) -> list[Sums]:
    """The paths from the start to each vertex."""
    found = [NONE] * diagram.size
    found[0] = EMPTY
    for vertex in range(diagram.size):
        for edge in diagram.out.get(vertex, ()):
            found[edge.target] = _plus(found[edge.target], _followed(found[vertex], (1, *edge.cost)))
    return found


def _after(diagram: DecisionDiagram) -> list[Sums]:
    """The paths from each vertex to an end."""
    found = [NONE] * diagram.size
    for end in diagram.ends:
        found[end] = EMPTY
    for vertex in range(diagram.size - 1, -1, -1):
        for edge in diagram.out.get(vertex, ()):
            found[vertex] = _plus(found[vertex], _followed((1, *edge.cost), found[edge.target]))
    return found


def _plus(one: Sums, other: Sums) -> Sums:
    """Paths of either kind."""
    return one[0] + other[0], one[1] + other[1], one[2] + other[2], one[3] + other[3], one[4] + other[4]


def _followed(one: Sums, other: Sums) -> Sums:
    """Each path of the first followed by each of the second."""
    n, m = one[0], other[0]
    a, b, c, d = (x * m + n * y for x, y in zip(one[1:], other[1:], strict=True))
    return n * m, a, b, c, d
