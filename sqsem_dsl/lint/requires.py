"""Lints of budgets, from the costs of all networks: budgets that always or never hold, and values that they exclude."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from sqsem_dsl.analysis.costs.single_networks import all_relaxed, reads_memory
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagram.decision_diagram import DecisionDiagram, Vertex
from sqsem_dsl.ir.graph import Budget, ChoiceId
from sqsem_dsl.lint.choices import values_never_used
from sqsem_dsl.lint.context import LintContext
from sqsem_dsl.lint.findings.requires import BudgetAlwaysHolds, BudgetNeverHolds, BudgetsConflict
from sqsem_dsl.lint.intervals import holds, sums

MAX_ROUNDS = 8
"""The number of times that the paths within the budgets are narrowed down."""
Depths = Mapping[Vertex, int]
Options = frozenset[tuple[ChoiceId, int]]


def check_budgets(subject: LintContext) -> Iterator[Diagnostic]:
    """Budgets that every architecture meets, or none, alone or together, and the values that they exclude."""
    known: dict[str, Options] = {}
    used: dict[str, Options] = {}
    within: dict[tuple[str, ...], dict[str, Options]] = {}
    for space, facts in subject.spaces:
        costed = facts.costed if space.budgets else None
        if costed is None or costed.diagram is None:
            continue
        required = all_relaxed(space.budgets)
        exact = {budget.span for budget in space.budgets if not reads_memory(budget)}
        judged = [_judged(costed.diagram, costed.depths, budget, budget.span in exact) for budget in required]
        yield from (finding for finding, _ in judged if finding is not None)
        if any(verdict is False for _, verdict in judged):
            continue
        cutting = [budget for budget, (_, verdict) in zip(required, judged, strict=True) if verdict is None]
        if _none(costed.diagram, costed.depths, cutting):
            first, *others = _minimal(costed.diagram, costed.depths, cutting)
            yield BudgetsConflict(first.span, None, tuple(budget.span for budget in others))
            continue
        left = _left(costed.diagram, costed.depths, cutting)
        known[facts.name], used[facts.name] = _options(costed.diagram), _options(left)
        for budgets in (*([budget] for budget in cutting), cutting):
            narrowed = left if budgets is cutting else _left(costed.diagram, costed.depths, budgets)
            within.setdefault(tuple(budget.text for budget in budgets), {})[facts.name] = _options(narrowed)
    if len(used) == len(subject.spaces):  # a finding in one space need not hold for the others
        everywhere = {texts: alone for texts, alone in within.items() if len(alone) == len(used)}
        yield from values_never_used(subject, used, known, everywhere)


def _options(diagram: DecisionDiagram) -> Options:
    return diagram.reached(diagram.ends)


def _judged(
    diagram: DecisionDiagram, depths: Depths, budget: Budget, exact: bool
) -> tuple[Diagnostic | None, bool | None]:
    """Whether all assignments meet a budget, or none, with the finding. If it is not `exact`, all may meet it although
    some do not meet the one that it stands for."""
    found = sums(diagram, depths, budget)
    assert found is not None
    verdict = holds(budget.relation, found.every)
    if verdict is None or (verdict and not exact):
        return None, verdict
    constant = Fraction(budget.constant)  # type: ignore[arg-type]
    what = " + ".join(name if factor == 1 else f"{factor} * {name}" for name, factor in budget.terms)
    finding = BudgetAlwaysHolds if verdict else BudgetNeverHolds
    return finding(budget.span, None, what, found.every[0] - constant, found.every[1] - constant), verdict


def _left(diagram: DecisionDiagram, depths: Depths, budgets: Sequence[Budget]) -> DecisionDiagram:
    """The diagram without paths that certainly violate a budget. All paths that meet the budgets remain, and perhaps
    others. An edge is removed if every path through it violates one, along with edges that lead only to it."""
    for _ in range(MAX_ROUNDS):
        refused: set[int] = set()
        for budget in budgets:
            found = sums(diagram, depths, budget)
            if found is None:
                return replace(diagram, edges=(), ends=())
            if holds(budget.relation, found.every) is False:  # for a space of one architecture, on no edge
                return replace(diagram, edges=(), ends=())
            refused |= {at for at, bounds in found.through.items() if holds(budget.relation, bounds) is False}
        if not refused:
            break
        diagram = replace(diagram, edges=tuple(e for at, e in enumerate(diagram.edges) if at not in refused))
    return diagram


def _none(diagram: DecisionDiagram, depths: Depths, budgets: Sequence[Budget]) -> bool:
    """Whether it is certain that no assignment meets the budgets: by bounds, or by the joint distribution of their
    sums."""
    if not _left(diagram, depths, budgets).count:
        return True
    if len(budgets) < 2:
        return False
    try:
        from sqsem_dsl.analysis.costs.feasibility import feasible
        from sqsem_dsl.analysis.costs.tables import Limits
    except ModuleNotFoundError:  # checking works without NumPy
        return False
    layered = any(name == "weighted_layers" for budget in budgets for name, _ in budget.terms)
    limits = Limits(memory=2**26, additions=200_000_000, boxes=2**16)
    return feasible(diagram, budgets, depths if layered else None, limits).high == 0


def _minimal(diagram: DecisionDiagram, depths: Depths, budgets: Sequence[Budget]) -> list[Budget]:
    """A small set of these budgets that no assignment meets together, found by leaving one out at a time."""
    kept = list(budgets)
    for budget in budgets:
        fewer = [each for each in kept if each is not budget]
        if fewer and _none(diagram, depths, fewer):
            kept = fewer
    return kept
