"""`count(…)` and `sum(…)`: in a rule one item, which leaves out what is not active; elsewhere a sum."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from sqsem_dsl.ast import nodes
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.elaborate.errors.choices import SeveralChoices
from sqsem_dsl.elaborate.errors.statements import MissingArgument, WrongType
from sqsem_dsl.elaborate.lower.builder import Builder
from sqsem_dsl.elaborate.lower.choice_paths import lower_choices, stands_for_several
from sqsem_dsl.elaborate.lower.expected import as_scalar, describe, kinds_of
from sqsem_dsl.elaborate.lower.families import lower_members
from sqsem_dsl.elaborate.lower.scope import Family, Scope
from sqsem_dsl.elaborate.vocabulary import known_symbols, signature_of
from sqsem_dsl.ir.graph import Draw, ItemId, Tally
from sqsem_dsl.ir.kinds import NUMBER, TRUTH


def lower_tally(builder: Builder, node: nodes.Call, scope: Scope) -> ItemId:
    """The number of conditions that hold and of alternatives that are picked, or the sum of numbers."""
    if any(argument.name is not None for argument in node.arguments):
        return builder.unresolved()
    if not node.arguments:
        return builder.report(MissingArgument(node.span, node.name, "1 argument", signature_of(node.name)))
    inner = replace(scope, place="counted")
    terms: list[ItemId] = []
    for argument in node.arguments:
        value = argument.value
        for place in _places(builder, value, inner, scope.place == "rule"):
            item = as_scalar(builder, builder.value(value, place, known_symbols()), value.span)
            terms.append(_term(builder, node.name, item, value.span))
    if builder.broken in terms or not terms:
        return builder.broken
    if scope.place != "rule" or all(builder.is_static(term) for term in terms):
        return builder.apply("sum", tuple(terms), node.span)
    return builder.make(Tally(tuple(terms), node.span))


def _term(builder: Builder, name: str, item: ItemId, span: Span) -> ItemId:
    """What a value adds."""
    if item == builder.broken:
        return item
    kinds = kinds_of(builder, item)
    if name == "sum":
        return item if kinds == {NUMBER} else _wrong(builder, item, span, "a number in `sum`", NUMBER)
    if kinds == {TRUTH}:
        return builder.branch(item, builder.constant(1), builder.constant(0), span)
    if _is_pick(builder, item):
        return builder.apply("count", (item,), span)
    return _wrong(builder, item, span, "a condition or a `pick` in `count`", TRUTH)


def _wrong(builder: Builder, item: ItemId, span: Span, wanted: str, kind: str) -> ItemId:
    remedy = "`count` counts what is present or true, `sum` adds numbers"
    return builder.report(WrongType(span, wanted, describe(builder, item, kind), remedy))


def _is_pick(builder: Builder, item: ItemId) -> bool:
    draw = builder.items[item]
    return isinstance(draw, Draw) and builder.choices[draw.choice].kind == "pick"


def _places(builder: Builder, term: nodes.Value, scope: Scope, in_rule: bool) -> Iterator[Scope]:
    """The scope of each instance of a term: one for each choice that its paths with `*` or a range stand for. Several
    such paths go together by their indices."""
    paths = tuple(_several(term, scope))
    if not paths:
        yield scope
        return
    outside = next((path for path in paths if isinstance(path, nodes.ChoicePath)), None)
    if outside is not None and not in_rule:
        builder.report(SeveralChoices(outside.span, outside.span.text))
        return
    found = [_choices(builder, path, scope) for path in paths]
    kept = [each for each in found if each is not None]
    if len(kept) < len(found):
        return
    for key in kept[0]:
        if all(key in each for each in kept):
            yield replace(scope, counted={id(path): each[key] for path, each in zip(paths, kept, strict=True)})


def _choices(
    builder: Builder, node: nodes.ChoicePath | nodes.Item, scope: Scope
) -> Mapping[tuple[object, ...], ItemId] | None:
    """The choices that a path or an entry of a family stands for, by their indices; None if there is an error."""
    if isinstance(node, nodes.ChoicePath):
        return lower_choices(builder, node, scope)
    family = scope.names[node.name].meaning
    assert isinstance(family, Family)
    return lower_members(builder, node, family, scope)


def _several(node: object, scope: Scope) -> Iterator[nodes.ChoicePath | nodes.Item]:
    """The paths and the entries of families of a term that stand for several choices, without those in a `count` or
    `sum` inside."""
    match node:
        case nodes.ChoicePath() if stands_for_several(node):
            yield node
        case nodes.Item(name=name) if stands_for_several(node) and _is_family(name, scope):
            yield node
        case nodes.Call(name="count" | "sum"):
            pass
        case nodes.Node():
            for part in node.parts():
                yield from _several(part, scope)
        case tuple():
            for part in node:
                yield from _several(part, scope)
        case _:
            pass


def _is_family(name: str, scope: Scope) -> bool:
    bound = scope.names.get(name)
    return bound is not None and isinstance(bound.meaning, Family)
