"""The analysis of all assignments at once, compared with an enumeration of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from unittest.mock import patch

import sqsem_dsl
import sqsem_dsl.diagram.shape_analysis as fold_module
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.diagram.numbering import Numbering
from sqsem_dsl.diagram.shape_analysis import ShapeAnalysis
from sqsem_dsl.diagram.walk import Cut, walk
from sqsem_dsl.ir.choices import Choice, Conjunction, show
from sqsem_dsl.ir.graph import Graph
from sqsem_dsl.ir.liveness import Liveness
from sqsem_dsl.ir.options import options
from sqsem_dsl.operators.row import Value
from sqsem_dsl.space.space import Space
from tests.reference.interpreter import Outcome, outcomes


@dataclass(frozen=True)
class Case:
    """A spec that elaborates, with all results of the analysis and the enumeration."""

    graph: Graph
    shape_analysis: ShapeAnalysis
    space: Space
    outcomes: tuple[Outcome, ...]
    rules: frozenset[Span]
    """The places of rules: faults of a rule are reported there."""
    rejected: bool
    """Whether the compiler reports faults of shapes or arithmetic."""

    def values(self, choice: int) -> tuple[Value, ...]:
        return tuple(value for _, value in options(self.graph, choice))

    @property
    def allowed(self) -> list[Outcome]:
        return [o for o in self.outcomes if o.allowed]

    def named(self, outcome: Outcome) -> dict[str, Value]:
        """The discrete choices of an outcome by path, in order of selection."""
        return {self.graph.choices[c].path: self.values(c)[o] for c, o in outcome.draws}


def case_of(text: str, most: int = 100_000) -> Case | None:
    """None if the text does not elaborate."""
    compilation = sqsem_dsl.Compilation.from_text(text)
    return case_of_compilation(compilation, most)


def case_of_compilation(compilation: sqsem_dsl.Compilation, most: int = 100_000) -> Case | None:
    compilation.diagnostics  # noqa: B018  a crash shows here
    for name, part in compilation.elaborated.items():
        if part.graph is None:
            return None
        graph = part.graph
        shape_analysis = compilation.shape_analysis[name]
        space = Space(name, None, graph, shape_analysis)
        rules = frozenset(part.rule_spans.values())
        return Case(graph, shape_analysis, space, tuple(outcomes(graph, most)), rules, bool(shape_analysis.faults))
    return None


@contextmanager
def forgetting() -> Iterator[None]:
    """Analyzes like for large spaces: choices that make no difference are dropped."""
    with patch.object(fold_module, "FEW_STATES", 0):
        yield


def check(case: Case) -> None:
    """Everything that must agree."""
    check_count(case)
    check_faults(case)
    check_choices(case)
    if not case.rejected:
        check_order(case)
        check_walks(case)
        check_conditions(case)


def check_count(case: Case) -> None:
    assert case.shape_analysis.diagram is not None
    assert case.shape_analysis.diagram.count == len(case.allowed)


def check_choices(case: Case) -> None:
    """The choices that the analysis calls active are those of some allowed assignment."""
    assert case.shape_analysis.active == {choice for o in case.allowed for choice, _ in o.draws}


def check_order(case: Case) -> None:
    """Numbers and assignments are one to one, in the order of the enumeration."""
    diagram = case.shape_analysis.diagram
    assert diagram is not None
    numbering = Numbering(diagram)
    for index, outcome in enumerate(case.allowed):
        assert tuple(numbering.unrank(index)) == outcome.draws
        assert numbering.rank(dict(outcome.draws)) == index


def check_walks(case: Case) -> None:
    """Each assignment gives the shapes that the enumeration found, by its number and by its values."""
    for index, outcome in enumerate(case.allowed):
        architecture = case.space.at(index)
        named = case.named(outcome)
        active = {path: value for path, value in named.items() if value is not None}
        assert list(architecture.choices)[: len(named)] == list(named)
        assert all(path.startswith("train.") for path in list(architecture.choices)[len(named) :])
        assert active.items() <= architecture.choices.items()
        assert tuple(architecture.layers[at].shape for at in architecture.outputs.values()) == outcome.shapes
        if index % 7 == 0:
            assert case.space.at(architecture.choices).layers == architecture.layers
            assert case.space.index(architecture.choices) == index
    liveness = Liveness(case.graph.items, tuple(item for _, item in case.graph.outputs), case.graph.rules)
    for outcome in case.outcomes:
        if not outcome.allowed:
            try:
                walk(case.graph, liveness, _chooser(case, outcome))
            except Cut:
                continue
            raise AssertionError(f"not cut: {case.named(outcome)}")


def _chooser(case: Case, outcome: Outcome):  # type: ignore[no-untyped-def]
    active = dict(outcome.draws)
    return lambda choice: case.values(choice)[active[choice]]


def check_faults(case: Case) -> None:
    """Every reported fault occurs as described, and every fault that occurs is reported."""
    failing = frozenset(f.span for o in case.allowed for f in o.faults)
    reported = [f for f in case.shape_analysis.faults if f.span not in case.rules]
    assert {f.span for f in reported} == failing
    for fault in reported:
        same = [o for o in case.allowed if any(f.span == fault.span and type(f) is type(fault) for f in o.faults)]
        off = [{path: show(value) for path, value in _off(case, o).items()} for o in same]
        if fault.choices is None:
            assert len(same) == len(case.allowed), "it happens always"
        else:
            assert dict(fault.choices) in off
            assert len(fault.choices) == min(map(len, off))


def _off(case: Case, outcome: Outcome) -> dict[str, Value]:
    return {case.graph.choices[c].path: case.values(c)[o] for c, o in outcome.draws if o > 0}


def check_conditions(case: Case) -> None:
    """`when` says when a choice is active: its cubes exclude each other and name earlier choices."""
    before: set[str] = set()
    choices = [choice for choice in case.space.choices if choice.section == "architecture"]
    for choice in choices:
        assert all(path in before for cube in choice.when for path, _ in cube)
        before.add(choice.path)
    for outcome in case.allowed:
        active = case.named(outcome)
        for choice in choices:
            met = [cube for cube in choice.when if _true(cube, active)]
            assert len(met) <= 1, (choice, active)
            if choice.path in active:
                assert met, (choice, active)
            elif choice.exact:
                assert not met, (choice, active)


def _true(cube: Conjunction, active: Mapping[str, Value]) -> bool:
    return all(path in active and any(_same(active[path], value) for value in values) for path, values in cube)


def _same(a: Value, b: Value) -> bool:
    return type(a) is type(b) and a == b


def when_of(space: Space, path: str) -> Choice:
    return next(choice for choice in space.choices if choice.path == path)


__all__ = ["Case", "case_of", "case_of_compilation", "check", "forgetting", "when_of"]
