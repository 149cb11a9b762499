"""Families of choices: `param edge[i in 0..6, j in 0..6 where j > i] in [0, 1]`, each read as `edge[0][3]`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import prod

from sqsem_dsl.ast import nodes
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.elaborate.errors.choices import BadIndices, NoSuchMember, SeveralChoices, TooLarge, WrongIndices
from sqsem_dsl.elaborate.errors.domains import RealReaches
from sqsem_dsl.elaborate.lower.bind import bind, may_bind
from sqsem_dsl.elaborate.lower.builder import MAX_VALUES, Builder
from sqsem_dsl.elaborate.lower.choice_paths import stands_for_several
from sqsem_dsl.elaborate.lower.declare import declare
from sqsem_dsl.elaborate.lower.domains import lower_domain
from sqsem_dsl.elaborate.lower.expected import as_condition, as_number, settled
from sqsem_dsl.elaborate.lower.priors import lower_prior
from sqsem_dsl.elaborate.lower.scope import Family, Scalar, Scope
from sqsem_dsl.elaborate.vocabulary import known_symbols
from sqsem_dsl.ir.choices import Categorical, as_range, show
from sqsem_dsl.ir.graph import ItemId
from sqsem_dsl.ir.path import Segment
from sqsem_dsl.ir.scalars import is_number

INDEX = "an index of a choice"
"""An index, in messages."""


# ---- declarations


def lower_family(builder: Builder, node: nodes.Param, indices: nodes.Indices, scope: Scope) -> Family | Scalar:
    """A choice for each combination of indices, with its own path, domain and prior; broken if the indices have an
    error."""
    broken = Scalar(builder.broken)
    axes = [_axis(builder, axis, scope) for axis in indices.axes]
    free = may_bind(builder, scope, node.name, node.span)
    known = tuple(axis for axis in axes if axis is not None)
    if len(known) < len(axes) or not free:
        return broken
    if (count := prod(map(len, known))) > MAX_VALUES:
        builder.report(TooLarge(indices.span, f"a choice with {count:,} combinations of indices", MAX_VALUES))
        return broken
    members: dict[tuple[int, ...], ItemId] = {}
    for at in product(*known):
        inner = scope
        for axis, index in zip(indices.axes, at, strict=True):
            inner = bind(builder, inner, axis.name, Scalar(builder.constant(index)), axis.span)
        kept = _is_kept(builder, indices.where, inner)
        if kept is None:
            return broken
        if kept:
            values = lower_domain(builder, node.domain, inner, known_symbols())
            prior = lower_prior(builder, node.prior, values, inner)
            place = Segment(node.name, at)
            members[at] = (
                builder.broken if values is None else declare(builder, scope, place, "param", values, node.span, prior)
            )
    if not members:
        span = indices.span if indices.where is None else indices.where.span
        remedy = "let it hold for at least one combination of the indices"
        builder.report(BadIndices(span, f"this excludes every choice of `{node.name}`", remedy))
        return broken
    names = (axis.name for axis in indices.axes)
    where = "" if indices.where is None else indices.where.span.text
    return Family(node.name, tuple(zip(names, known, strict=True)), members, where, indices.span)


def _axis(builder: Builder, axis: nodes.Axis, scope: Scope) -> tuple[int, ...] | None:
    """The values of an index; None if there is an error."""
    domain = lower_domain(builder, axis.domain, scope)
    if domain is None:
        return None
    if not isinstance(domain, Categorical):
        builder.report(RealReaches(axis.domain.span, INDEX))
        return None
    found: list[int] = []
    for value in domain.values:
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            remedy = f"write a range or a list of them: `{axis.name} in 0..3`"
            message = f"the index `{axis.name}` is {show(value)}: indices are whole numbers from 0"
            builder.report(BadIndices(axis.domain.span, message, remedy))
            return None
        found.append(value)
    return tuple(found)


def _is_kept(builder: Builder, where: nodes.Expr | None, scope: Scope) -> bool | None:
    """Whether the condition of a family holds for some indices; None if it has an error."""
    if where is None:
        return True
    known = settled(builder, as_condition(builder, where, scope), where.span, "which choices there are")
    return None if known is None else known[0] is True


# ---- reading


def lower_family_name(builder: Builder, node: nodes.Name, family: Family) -> ItemId:
    """The broken item for the name of a family without an index."""
    return _wrong_number(builder, node.span, family, 0)


def lower_member_of(builder: Builder, node: nodes.Item, family: Family, scope: Scope) -> ItemId:
    """One choice of a family."""
    counted = scope.counted.get(id(node))
    if counted is not None:
        return counted
    if stands_for_several(node):
        return builder.report(SeveralChoices(node.span, node.span.text))
    found = lower_members(builder, node, family, scope)
    return builder.broken if found is None else next(iter(found.values()))


def lower_members(
    builder: Builder, node: nodes.Item, family: Family, scope: Scope
) -> dict[tuple[object, ...], ItemId] | None:
    """The choices that an entry of a family stands for, by the indices for which it has a `*` or a range; None if there
    is an error."""
    if len(node.indices) != len(family.axes):
        _wrong_number(builder, node.span, family, len(node.indices))
        return None
    written = [_written(builder, index, scope) for index in node.indices]
    wanted = [index for index in written if index is not None]
    if len(wanted) < len(written):
        return None
    for index, (name, values) in zip(wanted, family.axes, strict=True):
        if not index.ends <= set(values):
            reason = f"`{name}` is in {_shown(values)}"
            remedy = f"read it only within the range of `{name}`, or widen the range where `{family.name}` is declared"
            builder.report(_missing(node, family, wanted, reason, remedy))
            return None
    found: dict[tuple[object, ...], ItemId] = {
        tuple(number for number, index in zip(at, wanted, strict=True) if index.several): item
        for at, item in family.members.items()
        if all(index.meets(number) for number, index in zip(at, wanted, strict=True))
    }
    if not found:
        reason, remedy = _excluded(family, wanted)
        builder.report(_missing(node, family, wanted, reason, remedy))
        return None
    return None if builder.broken in found.values() else found


def _shown(values: tuple[int, ...]) -> str:
    """The values of an index: a range if it has no gaps."""
    if len(values) > 1 and as_range(values) == range(values[0], values[-1] + 1):
        return f"{values[0]}..{values[-1]}"
    return str(Categorical(values))


def _excluded(family: Family, wanted: Sequence[_Index]) -> tuple[str, str]:
    """Why indices within their ranges mean no choice, and the remedy."""
    backwards = next((i for i in wanted if i.low is not None and i.high is not None and i.low > i.high), None)
    if backwards is not None:
        return f"the range {backwards.text} is empty", "write the lower end first"
    remedy = f"read it only where `{family.where}`: in an `if`, or on the side of a `where` that holds"
    return f"excluded by `where {family.where}`", remedy


@dataclass(frozen=True, slots=True)
class _Index:
    """An index as it is read: one number, a range, or every number if it has no ends."""

    text: str
    several: bool
    low: int | Fraction | None = None
    high: int | Fraction | None = None

    @property
    def ends(self) -> set[int | Fraction]:
        return {end for end in (self.low, self.high) if end is not None}

    def meets(self, number: int) -> bool:
        """Whether the index stands for a number."""
        return (self.low is None or self.low <= number) and (self.high is None or number <= self.high)


def _written(builder: Builder, node: nodes.Index, scope: Scope) -> _Index | None:
    """An index as it is read; None if it has an error."""
    match node:
        case nodes.Every():
            return _Index("*", True)
        case nodes.Range():
            low, high = _number(builder, node.low, scope), _number(builder, node.high, scope)
            if low is None or high is None:
                return None
            return _Index(f"{show(low)}..{show(high)}", True, low, high)
        case _:
            one = _number(builder, node, scope)
            return None if one is None else _Index(show(one), False, one, one)


def _number(builder: Builder, node: nodes.Expr, scope: Scope) -> int | Fraction | None:
    """A number that is known before any choice is made."""
    known = settled(builder, as_number(builder, node, scope), node.span, INDEX)
    return known[0] if known is not None and is_number(known[0]) else None


def _missing(node: nodes.Item, family: Family, indices: Sequence[_Index], reason: str, remedy: str) -> NoSuchMember:
    written = family.name + "".join(f"[{index.text}]" for index in indices)
    return NoSuchMember(node.span, written, reason, remedy, family.span)


def _wrong_number(builder: Builder, span: Span, family: Family, given: int) -> ItemId:
    first = next(iter(family.members))
    one = str(Segment(family.name, first))
    return builder.report(WrongIndices(span, family.name, given, len(family.axes), one))
