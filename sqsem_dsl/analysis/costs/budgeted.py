"""A diagram with budgets: reduced by the budgets that need no sum, with the conditions of the others on its sums."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from sqsem_dsl.analysis.costs.constraints import Allowed, Constraint, Slots
from sqsem_dsl.analysis.costs.quantities import Factors, weigher
from sqsem_dsl.analysis.costs.single_networks import all_relaxed, reads_memory
from sqsem_dsl.analysis.costs.suffix_classes import Futures, Weights
from sqsem_dsl.diagram.decision_diagram import DecisionDiagram, Edge, Vertex
from sqsem_dsl.diagram.minimize import contracted
from sqsem_dsl.ir.graph import Budget


def levels(diagram: DecisionDiagram) -> tuple[int, ...]:
    """The possible element counts of a largest tensor, ascending; 0 for paths without a tensor."""
    return tuple(sorted({0, *(edge.size for edge in diagram.edges)}))


def restricted(
    diagram: DecisionDiagram, keep: Callable[[int, int], bool], depths: Mapping[Vertex, int] | None = None
) -> tuple[DecisionDiagram, dict[Vertex, Vertex]]:
    """The assignments whose activations and depth `keep` accepts, and the original end of each end. The depth is 0 if
    none is given."""
    depth = {end: 0 if depths is None else depths[end] for end in diagram.ends}
    wanted = sorted(set(depth.values()))
    rank: dict[int, int] = {}
    verdicts: list[frozenset[int]] = []
    for size in levels(diagram):
        allowed = frozenset(d for d in wanted if keep(size, d))
        if not verdicts or verdicts[-1] != allowed:
            verdicts.append(allowed)
        rank[size] = len(verdicts) - 1
    while verdicts and not verdicts[-1]:
        verdicts.pop()  # no depth allows these sizes
    states: list[list[int]] = [[] for _ in range(diagram.size)]
    if verdicts:
        states[0].append(0)
    number: dict[tuple[Vertex, int], Vertex] = {}
    moves: list[tuple[Vertex, Edge, int]] = []
    for vertex in range(diagram.size):
        for state in states[vertex]:
            source = number[vertex, state] = len(number)
            for edge in diagram.out.get(vertex, ()):
                after = max(state, rank[edge.size])
                if after < len(verdicts):
                    moves.append((source, edge, after))
                    if after not in states[edge.target]:
                        states[edge.target].append(after)
    edges = (Edge(v, e.choice, e.option, number[e.target, s], e.cost, e.size) for v, e, s in moves)
    ends = {number[end, s]: end for end in diagram.ends for s in states[end] if depth[end] in verdicts[s]}
    return DecisionDiagram(max(1, len(number)), tuple(edges), tuple(ends)), ends


@dataclass(frozen=True)
class Budgeted:
    """The assignments that meet the budgets on activations and weighted layers only, as a contracted diagram, and the
    other budgets."""

    diagram: DecisionDiagram
    depths: Mapping[Vertex, int] | None
    """The weighted layers at each end, if known."""
    sums: tuple[Constraint, ...]
    """Budgets on additive quantities only."""
    mixed: tuple[Constraint, ...]
    """Budgets on additive quantities together with activations or weighted layers."""
    unknown: tuple[Constraint, ...]
    """Budgets that read weighted layers when these are not known."""
    single: bool
    """Whether a budget reads `memory`, so that some of the assignments may violate it."""

    @staticmethod
    def of(diagram: DecisionDiagram, budgets: Sequence[Budget], depths: Mapping[Vertex, int] | None) -> Budgeted:
        """Budgets that read `memory` are relaxed. Raises KeyError for an unknown quantity."""
        constraints = [Constraint.of(budget) for budget in all_relaxed(budgets)]
        unknown = tuple(c for c in constraints if c.depth and depths is None)
        known = [c for c in constraints if c not in unknown]
        alone = [c for c in known if not c.adds]
        sums = tuple(c for c in known if c.adds and not c.largest and not c.depth)
        mixed = tuple(c for c in known if c.adds and c not in sums)
        small, ends = contracted(diagram, depths)
        depth = None if depths is None else {at: depths[end] for end, at in ends.items()}
        whole = Budgeted(small, depth, sums, mixed, unknown, any(map(reads_memory, budgets)))
        return whole._where(alone, None, None) if alone else whole

    @property
    def cases(self) -> int:
        """The number of pairs of activations and weighted layers that the mixed budgets distinguish."""
        sizes, layers = self._cases()
        return len(sizes) * len(layers)

    def apart(self) -> Iterator[Budgeted]:
        """The assignments of each case in turn, without mixed budgets."""
        for size, layers in product(*self._cases()):
            yield self._where((), size, layers) if self.mixed else self

    def axes(self) -> dict[Factors, Slots] | None:
        """The sums whose budgets cut, each with the allowed slots on its lattice; None if nothing is allowed. Mixed
        budgets are ignored.

        Sums that differ only by a constant and a factor are one.
        """
        allowed: dict[Factors, Allowed] = {}
        for factors, values in (constraint.allowed() for constraint in self.sums):
            allowed[factors] = allowed.get(factors, Allowed()) & values
        futures = Futures(self.diagram, weigher(list(allowed)), len(allowed))
        if futures.root is None:
            return None
        flow = futures.flow
        kept: dict[Weights, tuple[Factors, Slots, Slots]] = {}
        for axis, (factors, values) in enumerate(allowed.items()):
            step = flow.lattice[axis] or 1
            every = Slots(0, flow.spans[-1][axis] // step)
            column = tuple(weights[axis] // step for steps in flow.steps for weights, _, _ in steps)
            known, before, _ = kept.get(column, (factors, every, every))
            kept[column] = known, before & values.slots(futures.root.offset[axis], step, every.high), every
        if not all(slots for _, slots, _ in kept.values()):
            return None
        return {factors: slots for factors, slots, every in kept.values() if slots != every}

    def without(self, choice: int, option: int) -> Budgeted:
        """The assignments without an option."""
        kept = tuple(edge for edge in self.diagram.edges if (edge.choice, edge.option) != (choice, option))
        return replace(self, diagram=replace(self.diagram, edges=kept))

    def _cases(self) -> tuple[Sequence[int | None], Sequence[int | None]]:
        sizes = levels(self.diagram) if any(c.largest for c in self.mixed) else (None,)
        known = self.depths.values() if self.depths is not None else ()
        return sizes, sorted(set(known)) if any(c.depth for c in self.mixed) else (None,)

    def _where(self, alone: Sequence[Constraint], size: int | None, layers: int | None) -> Budgeted:
        """The assignments that meet constraints without sums and have these activations and weighted layers, if not
        None."""

        def keep(largest: int, depth: int) -> bool:
            return (
                size in (None, largest)
                and layers in (None, depth)
                and all(c.holds(largest=largest, depth=depth) for c in alone)
            )

        cut, was = restricted(self.diagram, keep, self.depths)
        depth = None if self.depths is None else {end: self.depths[old] for end, old in was.items()}
        small, ends = contracted(cut, depth)
        depths = None if depth is None else {at: depth[end] for end, at in ends.items()}
        settled = (
            tuple(c.at(size or 0, layers or 0) for c in self.mixed) if size is not None or layers is not None else ()
        )
        return Budgeted(small, depths, self.sums + settled, () if settled else self.mixed, self.unknown, self.single)
