"""Choices as they are read in the emitted code: `hp.get("fires[0].se.ratio")`."""

from __future__ import annotations

from fractions import Fraction

from sqsem_dsl.ast import nodes
from sqsem_dsl.backends.hypermodel.functions import joint, most_decimals
from sqsem_dsl.backends.hypermodel.places import Part
from sqsem_dsl.backends.hypermodel.scalars import constant, scalar
from sqsem_dsl.backends.hypermodel.scope import Scope
from sqsem_dsl.backends.hypermodel.values import Kind, Scalar, literal
from sqsem_dsl.backends.hypermodel.writer import Writer


def read_choice(writer: Writer, domain: nodes.Domain, scope: Scope, *at: Part) -> Scalar:
    """The value of the choice at a place; the only value of a domain that has one."""
    only, kind, decimals = domain_kind(writer, domain, scope)
    if only is not None:
        return only
    code = f"hp.get({scope.choice(*at)})"
    if kind == "list":  # by its text, since KerasTuner has no lists as values
        assert isinstance(domain, nodes.ListOf)
        lists = [scalar(writer, item, scope) for item in domain.items]
        table = ", ".join(f"{literal(each.code)}: {each.code}" for each in lists)
        return Scalar(f"{constant(writer, at[-1].name, f'{{{table}}}')}.get({code})", kind, entries=lists[0].entries)
    return Scalar(code, kind, decimals=decimals)


def domain_kind(writer: Writer, domain: nodes.Domain, scope: Scope) -> tuple[Scalar | None, Kind, int | None]:
    """The only value, the kind, and the decimals of all values if they are known."""
    match domain:
        case nodes.ListOf(items=items):
            values = [scalar(writer, item, scope) for item in items]
            if len(values) == 1:
                return values[0], values[0].kind, None
            kind = joint([value.kind for value in values])
            plain = {value.kind for value in values} <= {"int", "number"}
            computed = kind == "list" and not all(value.static for value in values)
            if computed or (not plain and len({value.kind for value in values}) > 1):
                remedy = "choose among values of one kind, or use `space.hypermodel()`"
                writer.module.refuse(
                    domain.span, f"the choice among `{domain.span.text}`", "KerasTuner has no such values", remedy
                )
            kind = kind if plain or len({value.kind for value in values}) == 1 else "number"
            return None, kind, most_decimals(values)
        case nodes.Range(low=low, high=high, step=step):
            ends = [scalar(writer, end, scope) for end in (low, high)]
            if ends[0].static and ends[0].value == ends[1].value:
                return ends[0], ends[0].kind, None
            whole = all(_written_whole(node, end) for node, end in zip((low, high), ends, strict=True))
            if whole or step is None:
                return None, "int" if whole else "real", None
            return None, "number", most_decimals([ends[0], scalar(writer, step, scope)])


def _written_whole(node: nodes.Expr, end: Scalar) -> bool:
    if isinstance(node, nodes.Number):
        return node.written_whole
    if isinstance(end.value, int | Fraction):
        return Fraction(end.value).denominator == 1
    return end.kind == "int"
