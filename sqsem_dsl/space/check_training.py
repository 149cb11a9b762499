"""Checks that training supports the settings: losses and metrics must fit the outputs, and objectives must be reported.

Assumes a space without errors. Continuous choices of `train` are set to their ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.elaborate.errors.statements import BadSetting
from sqsem_dsl.ir.graph import Graph, SettingValue
from sqsem_dsl.ir.settings import Assignment, place_of, plain_setting, ways
from sqsem_dsl.settings.metrics import check_objectives, check_train_outputs
from sqsem_dsl.settings.sections import Problem, TrainSettings
from sqsem_dsl.space.space import Space


def check_training(space: Space) -> Iterator[Diagnostic]:
    """Losses, metrics and other settings that do not fit the outputs or inputs, and names that training does not
    report."""
    graph = space.graph
    if not graph.train and not graph.search:
        return
    outputs, inputs = space.outputs, space.inputs
    for assignment in ways(graph.items, graph.choices, (value for _, value in graph.train)):
        train = TrainSettings.from_plain({key: plain_setting(graph.items, v, assignment) for key, v in graph.train})
        for section, problems in (
            (graph.train, check_train_outputs(train, outputs, inputs)),
            (graph.search, check_objectives(space.search, train, outputs)),
        ):
            for problem in problems:
                yield _diagnostic(problem, dict(section), graph, assignment, space.span)


def _diagnostic(
    problem: Problem, entries: Mapping[str, SettingValue], graph: Graph, assignment: Assignment, otherwise: Span
) -> Diagnostic:
    key = str(problem.where[0])
    span = place_of(graph.items, entries[key], problem.where[1:], assignment) if key in entries else otherwise
    found: Diagnostic = BadSetting(span, key, problem.message, problem.help)
    return found
