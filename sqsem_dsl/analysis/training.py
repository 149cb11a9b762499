"""Whether training can do what the settings ask: losses and metrics against the outputs, objectives against what is
reported.

Assumes a space without errors. Continuous choices of `train` are set to their ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from math import prod

from sqsem_dsl.diagnostics import Diagnostic
from sqsem_dsl.source import Span
from sqsem_dsl.space import errors
from sqsem_dsl.space.choices import Discrete
from sqsem_dsl.space.context import draws
from sqsem_dsl.space.graph import CallOf, ChoiceId, Graph, OneOf, ScalarOf, SettingValue, Several, setting_items
from sqsem_dsl.space.settings import Assignment, plain_setting
from sqsem_dsl.space.space import Space
from sqsem_dsl.spec.metrics import check_objectives, check_train_outputs
from sqsem_dsl.spec.settings import Problem, TrainSettings

MOST_WAYS = 64
"""Ways to set the choices of `train` that are all judged; of more, only some are."""


def check_training(space: Space) -> Iterator[Diagnostic]:
    """Losses, metrics and other settings that are not for the outputs or inputs, and names that training does not
    report.
    """
    graph = space.graph
    if not graph.train and not graph.search:
        return
    outputs, inputs = space.outputs, space.inputs
    for assignment in _variations(graph):
        train = TrainSettings.from_plain({key: plain_setting(graph.items, v, assignment) for key, v in graph.train})
        for section, problems in (
            (graph.train, check_train_outputs(train, outputs, inputs)),
            (graph.search, check_objectives(space.search, train, outputs)),
        ):
            for problem in problems:
                yield _diagnostic(problem, dict(section), graph, assignment, space.span)


def _variations(graph: Graph) -> Iterator[Assignment]:
    """Every way to set the choices of `train`; where they are many, each in turn off its first value."""
    found: set[ChoiceId] = set()
    for _, value in graph.train:
        for item in setting_items(value):
            draws(graph.items, item, found)
    values = {}
    for choice in sorted(found):
        domain = graph.choices[choice].domain
        values[choice] = domain.values if isinstance(domain, Discrete) else (domain.low, domain.high)
    if prod(len(options) for options in values.values()) <= MOST_WAYS:
        yield from (dict(zip(values, way, strict=True)) for way in product(*values.values()))
        return
    first = {choice: options[0] for choice, options in values.items()}
    yield first
    for choice, options in values.items():
        for other in options[1:]:
            yield {**first, choice: other}


def _diagnostic(
    problem: Problem, entries: Mapping[str, SettingValue], graph: Graph, assignment: Assignment, otherwise: Span
) -> Diagnostic:
    key = str(problem.where[0])
    span = _place(entries[key], problem.where[1:], graph, assignment) if key in entries else otherwise
    found: Diagnostic = errors.BadSetting(span, key, problem.message, problem.help)
    return found


def _place(value: SettingValue, where: tuple[str | int, ...], graph: Graph, assignment: Assignment) -> Span:
    """The span of the part of a setting that a problem is about."""
    match value:
        case OneOf(test=test, options=options):
            name = plain_setting(graph.items, ScalarOf(test), assignment)
            return _place(dict(options)[str(name)], where, graph, assignment)
        case CallOf(arguments=arguments) if where and where[0] in dict(arguments):
            return _place(dict(arguments)[str(where[0])], where[1:], graph, assignment)
        case Several(items=items) if where and isinstance(where[0], int) and where[0] < len(items):
            return _place(items[where[0]], where[1:], graph, assignment)
        case _:
            return value.span
