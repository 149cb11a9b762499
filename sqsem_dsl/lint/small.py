"""A lint of small spaces, by enumeration of their networks: choices that never change a network, for any reason.

A `zero` may cut off the items that read a choice, or the choice may matter only together with another one;
`equivalent_options` does not detect this.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.ir.choices import Categorical
from sqsem_dsl.ir.graph import ChoiceId
from sqsem_dsl.lint.context import LintContext
from sqsem_dsl.lint.findings.choices import ChoiceChangesNothing
from sqsem_dsl.operators import Value
from sqsem_dsl.space.space import Space

MAX_NETWORKS = 64
MAX_LAYERS = 20_000
"""The limit of layers of all networks together, as counted in their graph."""


def check_small(subject: LintContext) -> Iterator[Diagnostic]:
    """Choices that never change the network."""
    idle: dict[str, frozenset[ChoiceId]] = {}
    for space, facts in subject.spaces:
        if facts.total > MAX_NETWORKS or facts.total * len(facts.tensors) > MAX_LAYERS:
            return
        idle[facts.name] = frozenset(_idle(space))
    for span, several in subject.choices.items():
        if all(choice in idle[facts.name] and facts.draws[choice] not in facts.bound for facts, choice in several):
            paths = tuple(dict.fromkeys(facts.graph.choices[choice].path for facts, choice in several))
            yield ChoiceChangesNothing(span, None, paths)


def _idle(space: Space) -> Iterator[ChoiceId]:
    networks: list[tuple[dict[str, Value], str]] = []
    for number in range(space.shape_analysis.diagram.count if space.shape_analysis.diagram is not None else 0):
        architecture = space.at(number)
        networks.append((dict(architecture.choices), architecture.id))
    for choice, declared in enumerate(space.graph.choices):
        if declared.section != "architecture" or not isinstance(declared.domain, Categorical):
            continue
        size = len(declared.domain.values)
        groups: dict[object, list[str]] = {}
        for choices, network in networks:
            if declared.path in choices:
                others = tuple((path, value) for path, value in choices.items() if path != declared.path)
                groups.setdefault(others, []).append(network)
        if groups and all(len(ids) == size and len(set(ids)) == 1 for ids in groups.values()):
            yield choice
