"""Lints of choices: choices without effect, alternatives with the same network, values that are never used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqsem_dsl.ast import nodes
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.diagram.combine import show_shape
from sqsem_dsl.ir.choices import Categorical, show
from sqsem_dsl.ir.graph import ChoiceId, Draw, Merge, Residual, SubsetArg
from sqsem_dsl.lint.context import LintContext
from sqsem_dsl.lint.equivalence import alike_branches
from sqsem_dsl.lint.equivalent_options import alike, equal_arguments
from sqsem_dsl.lint.findings.choices import ChoiceChangesNothing, SameAlternatives, SameValues, ValueNeverUsed
from sqsem_dsl.lint.space_index import SpaceIndex
from sqsem_dsl.operators import Shape, Value
from sqsem_dsl.space.space import Space

ListValue = Sequence[tuple[SpaceIndex, ChoiceId]]


def check_alike(subject: LintContext) -> Iterator[Diagnostic]:
    """Options of a choice that give the same networks, for each choice at a place in the text."""
    for span, several in subject.choices.items():
        for options in _classes(several):
            yield _alike(subject, span, several, options)
    yield from _branches(subject)


def _classes(several: ListValue) -> Iterator[list[int]]:
    """The options that are equivalent in all choices of a place, in classes of two or more."""
    if len({len(facts.values(choice)) for facts, choice in several}) > 1:
        return
    labels: dict[int, list[int]] = {}
    for facts, choice in several:
        classes = alike(facts, choice)
        if all(len(options) == 1 for options in classes):
            return
        for number, options in enumerate(classes):
            for option in options:
                labels.setdefault(option, []).append(number)
    groups: dict[tuple[int, ...], list[int]] = {}
    for option, label in sorted(labels.items()):
        groups.setdefault(tuple(label), []).append(option)
    yield from (options for options in groups.values() if len(options) > 1)


def _alike(subject: LintContext, span: Span, several: ListValue, options: Sequence[int]) -> Diagnostic:
    facts, choice = several[0]
    declared, values = facts.graph.choices[choice], facts.values(choice)
    paths = _paths(several)
    found: Diagnostic
    if len(options) == len(values):
        slot = "its stages do nothing" if declared.kind == "slot" else None
        reason = _modes(several) if declared.kind == "bypass" else slot
        found = ChoiceChangesNothing(span, None, paths, reason)
        return found
    shown = tuple(show(values[option]) for option in options)
    match declared.kind:
        case "choose":
            node = subject.node(span, nodes.Choose)
            named = {a.name: a.span for a in node.alternatives} if node is not None else {}
            places = tuple(named[name] for name in shown if name in named)
            found = SameAlternatives(span, None, paths, "alternatives", shown, places)
        case "bypass":
            found = SameAlternatives(span, None, paths, "modes", shown, (), _modes(several))
        case _:
            domain = subject.domain(span)
            listed = domain.items if isinstance(domain, nodes.ListOf) and len(domain.items) == len(values) else ()
            places = tuple(listed[option].span for option in options) if listed else ()
            found = SameValues(span, None, paths, shown, places, equal_arguments(facts, choice, options[0]))
    return found


def _paths(several: ListValue) -> tuple[str, ...]:
    return tuple(dict.fromkeys(facts.graph.choices[choice].path for facts, choice in several))


def _modes(several: ListValue) -> str | None:
    """The reason why modes of a bypass are equivalent: its input and output shapes."""
    pairs: set[tuple[Shape, Shape]] = set()
    for facts, choice in several:
        for item in facts.users.get(facts.draws[choice], ()):
            if isinstance(facts.items[item], Residual):
                pairs |= facts.bypassed(item)
    if not pairs:
        return None
    before, after = min(pairs)
    if all(one == other for one, other in pairs):
        return f"what comes out always has the shape of what flows in: {show_shape(before)}"
    return f"what comes out never has the shape of what flows in: {show_shape(before)} and {show_shape(after)}"


def _branches(subject: LintContext) -> Iterator[Diagnostic]:
    """Alternatives of a `pick` with the same network, for all choices at their place."""
    found: dict[Span, list[tuple[str, set[tuple[str, str]]]]] = {}
    for uses in subject.items(Merge).values():
        for facts, item, merge in uses:
            for part in merge.parts:
                draw = facts.items[part.chosen] if isinstance(part, SubsetArg) else None
                if isinstance(part, SubsetArg) and isinstance(draw, Draw) and draw.choice in facts.draws:
                    declared = facts.graph.choices[draw.choice]
                    pairs = set(alike_branches(facts, item, part))
                    found.setdefault(declared.span, []).append((declared.path, pairs))
    for span, several in found.items():
        node = subject.node(span, nodes.Pick)
        named = {a.name: a.span for a in node.alternatives} if node is not None else {}
        for names in sorted(set.intersection(*(pairs for _, pairs in several))):
            places = tuple(named[name] for name in names if name in named)
            paths = tuple(dict.fromkeys(path for path, _ in several))
            yield SameAlternatives(span, None, paths, "alternatives", names, places)


# ---- unused values

UsedOptions = Mapping[str, frozenset[tuple[ChoiceId, int]]]
"""For each space by name, the options that are used, as pairs of choice and option."""


def check_unused_values(subject: LintContext) -> Iterator[Diagnostic]:
    """Values that no architecture within the rules uses."""
    used: dict[str, frozenset[tuple[ChoiceId, int]]] = {}
    for space, facts in subject.spaces:
        diagram = facts.shape_analysis.diagram
        assert diagram is not None
        used[space.name] = diagram.reached(diagram.ends)
    yield from values_never_used(subject, used)


def values_never_used(
    subject: LintContext,
    used: UsedOptions,
    known: UsedOptions | None = None,
    within: Mapping[tuple[str, ...], UsedOptions] | None = None,
) -> Iterator[Diagnostic]:
    """Values that are not used, for each choice at a place in the text.

    With budgets, `known` are the values used within the rules, and `within` those used within some budgets alone. The
    message names the first budgets that exclude a value.
    """
    for span, several in subject.choices.items():
        values = {facts.values(choice) for facts, choice in several}
        if len(values) > 1:
            continue
        for option, value in enumerate(values.pop()):
            if _uses(used, several, option) or (known is not None and not _uses(known, several, option)):
                continue
            budgets = next((texts for texts, alone in (within or {}).items() if not _uses(alone, several, option)), ())
            rules = () if budgets else _rules(several)
            yield ValueNeverUsed(span, None, _paths(several), show(value), rules, budgets)


def _uses(used: UsedOptions, several: ListValue, option: int) -> bool:
    return any((choice, option) in used[facts.name] for facts, choice in several)


def _rules(several: ListValue) -> tuple[Span, ...]:
    """The rules that read a choice."""
    found: dict[Span, None] = {}
    for facts, choice in several:
        for rule, span in facts.rule_spans.items():
            if facts.draws[choice] in facts.named(rule):
                found[span] = None
    return tuple(found)[:4]


# ---- small spaces, by enumeration of their networks

MAX_NETWORKS = 64
MAX_LAYERS = 20_000
"""The limit of layers of all networks together, as counted in their graph."""


def check_small(subject: LintContext) -> Iterator[Diagnostic]:
    """Choices that never change the network, for any reason: a `zero` may cut off the items that read a choice, or the
    choice may matter only together with another one, which `equivalent_options` does not detect."""
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
