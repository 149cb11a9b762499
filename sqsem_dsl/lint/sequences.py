"""Lints of consecutive operators that undo or repeat each other."""

from __future__ import annotations

from collections.abc import Iterator

from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.ir.choices import Continuous
from sqsem_dsl.ir.graph import Const, Draw, ItemId, Op
from sqsem_dsl.lint.context import LintContext
from sqsem_dsl.lint.findings.operators import ActivatedTwice, CutBeforeOutput, DroppedTwice
from sqsem_dsl.lint.space_index import OUTPUT, SpaceIndex
from sqsem_dsl.operators.activation import SPELLINGS

_DROPS = frozenset(["dropout", "spatial_dropout", "drop_path"])
_TO_ONE = frozenset(["sigmoid", "hsigmoid", "softmax"])
_CUTS = frozenset(["relu", "relu6"])


def check_sequences(subject: LintContext) -> Iterator[Diagnostic]:
    """Dropout after dropout, a sigmoid or softmax of another, and a relu before the final activation of an output."""
    for span, uses in subject.items(Op).items():
        second = {_spelling(facts, node) for facts, _, node in uses}
        before = [source for facts, _, node in uses for source in _before(facts, node)]
        places = {place for _, place in before}
        if len(second) != 1 or len({first for first, _ in before}) != 1 or not _met(uses):
            continue
        name, first = second.pop(), before[0][0]
        if name is None or first is None:
            continue
        place = places.pop() if len(places) == 1 and span not in places else None
        if name in _DROPS and first == name:
            if all(each is not None and each.source is subject.source for _, each in before):
                yield DroppedTwice(span, None, name, place)
        elif name in _TO_ONE and first in _TO_ONE:
            yield ActivatedTwice(span, None, first, name, place)
        elif name in ("sigmoid", "softmax") and first in _CUTS:
            outputs = {_output(facts, item) for facts, item, _ in uses}
            if len(outputs) == 1 and (output := outputs.pop()) is not None:
                yield CutBeforeOutput(span, None, first, name, output, place)


def _met(uses: list[tuple[SpaceIndex, ItemId, Op]]) -> bool:
    return any(facts.meetings(item) for facts, item, _ in uses)


def _spelling(facts: SpaceIndex, node: Op) -> str | None:
    """The operator in every architecture, if it is always the same: an activation by name, a dropout with a positive
    rate."""
    name = node.row.name
    if name == "activation":
        match facts.items[dict(node.attributes)["name"]]:
            case Const(value=str() as written):
                return SPELLINGS.get(written)
            case _:
                return None
    if name in _DROPS:
        match facts.items[dict(node.attributes)["rate"]]:
            case Const(value=value):
                drops = value != 0
            case Draw(choice=choice) if isinstance(domain := facts.graph.choices[choice].domain, Continuous):
                drops = domain.low > 0
            case Draw(choice=choice):
                drops = 0 not in facts.values(choice)
            case _:
                drops = False
        return name if drops else None
    return name


def _before(facts: SpaceIndex, node: Op) -> Iterator[tuple[str | None, Span | None]]:
    """The preceding operator in every architecture, and its place."""
    for source in facts.sources(node.inputs[0]) if len(node.inputs) == 1 else ():
        before = facts.items[source]
        yield (_spelling(facts, before), before.span) if isinstance(before, Op) else (None, None)


def _output(facts: SpaceIndex, item: ItemId) -> str | None:
    """The output that an operator is, if nothing else reads it."""
    if facts.readers[item] != (OUTPUT,):
        return None
    names = [name for name, output in facts.graph.outputs if item in facts.sources(output)]
    return names[0] if len(names) == 1 else None
