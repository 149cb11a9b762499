"""Families of choices: `edge[i][j]` as `hp.get(f"edge[{i}][{j}]")`."""

from __future__ import annotations

from itertools import product

from sqsem_dsl.ast import nodes
from sqsem_dsl.backends.hypermodel.choice_paths import Of, index_code, range_code
from sqsem_dsl.backends.hypermodel.domains import domain_kind, read_choice
from sqsem_dsl.backends.hypermodel.functions import joint
from sqsem_dsl.backends.hypermodel.places import Part
from sqsem_dsl.backends.hypermodel.scalars import NOTHING, scalar
from sqsem_dsl.backends.hypermodel.scope import Family, Scope
from sqsem_dsl.backends.hypermodel.values import Scalar, known
from sqsem_dsl.backends.hypermodel.writer import Writer, names_in

Indices = tuple[int, ...]


def family(writer: Writer, node: nodes.Param, scope: Scope) -> Family:
    """The meaning of the name of a family. Refuses one whose choices depend on an argument of a block."""
    found = Family(node, scope)
    if any(values is None for values in _axes(writer, found)):
        remedy = "declare it in the space, or use `space.hypermodel()`"
        writer.module.refuse(node.span, f"`{node.name}`", "its indices depend on an argument of a block", remedy)
    return found


def member(writer: Writer, node: nodes.Item, meaning: Family, of: Of) -> Scalar:
    """The value of a choice of a family, or in a term of `count` or `sum` of several."""
    declared = meaning.node
    indices = declared.indices
    assert indices is not None
    inner, codes, stars = meaning.scope, [], 0
    for axis, values, index in zip(indices.axes, _axes(writer, meaning), node.indices, strict=True):
        several = isinstance(index, nodes.Every | nodes.Range)
        code = index_code(writer, index, of, stars)
        if isinstance(index, nodes.Every) and values:
            assert writer.star is not None
            writer.star.ranges.setdefault(code, {})[_numbers(values)] = None
        stars += several
        codes.append(code)
        inner = inner.bind(axis.name, Scalar(code, "int") if several else of(index))  # type: ignore[arg-type]
    if stars and indices.where is not None:
        test = scalar(writer, indices.where, inner)
        if not test.static and not _always(writer, meaning, node, of):
            assert writer.star is not None
            writer.star.tests[test.code] = None
    part = Part(declared.name, codes[0], more=tuple(codes[1:]))
    if names_in(declared.domain).isdisjoint(axis.name for axis in indices.axes):
        return read_choice(writer, declared.domain, meaning.scope, part)
    own = domain_kind(writer, declared.domain, inner)[0]
    if own is not None and own.static:
        return own
    several_kinds = [domain_kind(writer, declared.domain, _bound(meaning, at)) for at in _members(writer, meaning)]
    if any(only is not None or kind == "list" for only, kind, _ in several_kinds):
        remedy = "give each choice at least two values that are not lists, or use `space.hypermodel()`"
        writer.module.refuse(node.span, f"`{node.span.text}`", "KerasTuner has no such choices", remedy)
        return NOTHING
    decimals = [each for _, _, each in several_kinds]
    most = None if None in decimals else max((each for each in decimals if each is not None), default=0)
    kind = joint([each for _, each, _ in several_kinds])
    return Scalar(f"hp.get({meaning.scope.choice(part)})", kind, decimals=most)


def _axes(writer: Writer, meaning: Family) -> list[Indices | None]:
    """The numbers of each index; None if they are not known."""
    assert meaning.node.indices is not None
    return [_numbers_of(writer, axis.domain, meaning.scope) for axis in meaning.node.indices.axes]


def _numbers_of(writer: Writer, domain: nodes.Domain, scope: Scope) -> Indices | None:
    step = 1
    match domain:
        case nodes.Range(low=low, high=high):
            ends = [scalar(writer, each, scope).value for each in (low, high)]
            if domain.step is not None:
                (step,) = (each for each in [scalar(writer, domain.step, scope).value] if isinstance(each, int))
            first, last = ends
            return tuple(range(first, last + 1, step)) if isinstance(first, int) and isinstance(last, int) else None
        case nodes.ListOf(items=items):
            values = [scalar(writer, each, scope).value for each in items]
            numbers = tuple(each for each in values if isinstance(each, int))
            return numbers if len(numbers) == len(values) else None


def _members(writer: Writer, meaning: Family) -> list[Indices]:
    """The indices of all choices."""
    indices = meaning.node.indices
    assert indices is not None
    several = product(*(values or () for values in _axes(writer, meaning)))
    if indices.where is None:
        return list(several)
    return [at for at in several if scalar(writer, indices.where, _bound(meaning, at)).value is True]


def _bound(meaning: Family, at: Indices) -> Scope:
    """The names where the choice with some indices is declared."""
    assert meaning.node.indices is not None
    scope = meaning.scope
    for axis, number in zip(meaning.node.indices.axes, at, strict=True):
        scope = scope.bind(axis.name, known(number))
    return scope


def _always(writer: Writer, meaning: Family, node: nodes.Item, of: Of) -> bool:
    """Whether all that an entry with a `*` or a range stands for exists."""
    wanted: list[Indices] = []
    for values, index in zip(_axes(writer, meaning), node.indices, strict=True):
        if isinstance(index, nodes.Every):
            wanted.append(values or ())
            continue
        ends = (index.low, index.high) if isinstance(index, nodes.Range) else (index, index)
        low, high = (of(end).value for end in ends)
        if not isinstance(low, int) or not isinstance(high, int):
            return False
        wanted.append(tuple(range(low, high + 1)))
    return set(product(*wanted)) <= set(_members(writer, meaning))


def _numbers(values: Indices) -> str:
    """The code of some numbers in a loop."""
    if values == tuple(range(values[0], values[-1] + 1)):
        return range_code(known(values[0]), known(values[-1]))
    return f"[{', '.join(map(str, values))}]"
