"""What a place in the text expects, and what is known about a scalar before any choice is made."""

from __future__ import annotations

from sqsem_dsl.ast import nodes
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.diagram.calculate import calculate
from sqsem_dsl.elaborate.errors.domains import NotStatic
from sqsem_dsl.elaborate.errors.statements import WrongType
from sqsem_dsl.elaborate.lower.builder import Builder
from sqsem_dsl.elaborate.lower.scope import Meaning, Scalar, Scope, Tensor
from sqsem_dsl.elaborate.vocabulary import known_symbols
from sqsem_dsl.ir.approximate import Approximate, in_double_precision
from sqsem_dsl.ir.children import children
from sqsem_dsl.ir.choices import show
from sqsem_dsl.ir.context import Context, possible
from sqsem_dsl.ir.faults import Fault
from sqsem_dsl.ir.graph import Apply, Const, Dim, If, ItemId, Tally
from sqsem_dsl.ir.kinds import NUMBER, TRUTH, Kinds, example, kinds
from sqsem_dsl.ir.scalars import kind_of
from sqsem_dsl.operators.row import Value

TENSORS = "combine tensors with `add(…)`, `multiply(…)` or `concat(…)`, read their sizes with `channels(…)`"


def as_tensor(
    builder: Builder, meaning: Meaning, span: Span, remedy: str | None = None, uses: tuple[Span, ...] = ()
) -> ItemId:
    """A tensor, or a diagnostic that the value is not one. `uses` are the uses of a block whose argument it may
    be."""
    match meaning:
        case Tensor(item=item):
            return item
        case Scalar(item=item):
            if item == builder.broken:
                return item
            return builder.report(WrongType(span, "a tensor", describe(builder, item), remedy, uses))


def as_scalar(builder: Builder, meaning: Meaning, span: Span) -> ItemId:
    """A scalar, or a diagnostic that the value is a tensor."""
    match meaning:
        case Scalar(item=item):
            return item
        case Tensor(item=item):
            if item == builder.broken:
                return item
            return builder.report(WrongType(span, "a number or a symbol", "a tensor", TENSORS))


def as_number(builder: Builder, node: nodes.Value, scope: Scope) -> ItemId:
    """An operand that is a number in at least some architecture; the evaluation checks the others."""
    return as_numeric(builder, as_scalar(builder, builder.value(node, scope, known_symbols()), node.span), node.span)


def as_numeric(builder: Builder, item: ItemId, span: Span) -> ItemId:
    """A scalar that is a number in at least some architecture, or a diagnostic."""
    if item == builder.broken or NUMBER in kinds_of(builder, item):
        return item
    return builder.report(WrongType(span, "a number", describe(builder, item)))


def as_condition(builder: Builder, node: nodes.Value, scope: Scope) -> ItemId:
    """An operand that is true or false in every architecture."""
    item = as_scalar(builder, builder.value(node, scope, known_symbols()), node.span)
    if item == builder.broken or kinds_of(builder, item) == {TRUTH}:
        return item
    remedy = "compare it with something: `n > 1`, `mode == max`"
    return builder.report(WrongType(node.span, "a condition", describe(builder, item, TRUTH), remedy))


def settled(builder: Builder, item: ItemId, span: Span, what: str, remedy: str | None = None) -> tuple[Value] | None:
    """The value, wrapped, of a scalar that must be static; None, with a diagnostic, if it is not."""
    if item == builder.broken:
        return None
    node = builder.items[item]
    if isinstance(node, Const):
        return (in_double_precision(node.value) if isinstance(node.value, Approximate) else node.value,)
    fault = undefined(builder, item)
    wrong = NotStatic(span, what) if remedy is None else NotStatic(span, what, remedy)
    builder.report(fault or wrong)
    return None


def describe(builder: Builder, item: ItemId, unlike: str = "") -> str:
    """Describes a scalar in a message; for a choice, by a value that is not of the kind `unlike`."""
    value = example(builder.items, builder.choices, item, unlike)
    if value is not None:
        return f"{kind_of(value)}, `{show(value)}`"
    return min(kinds_of(builder, item) - {unlike}, default="a value")


def kinds_of(builder: Builder, item: ItemId) -> Kinds:
    """The kinds of value that a scalar can have."""
    return kinds(builder.items, builder.choices, item)


def possible_values(builder: Builder, item: ItemId, context: Context) -> tuple[Value, ...] | None:
    """The values that a scalar can have in a context; None if they are not known."""
    return possible(builder.items, builder.choices, item, context, builder.effort)


def undefined(builder: Builder, item: ItemId, seen: set[ItemId] | None = None) -> Fault | None:
    """The reason why a static part of a scalar has no value, such as a division by zero."""
    seen = set() if seen is None else seen
    if item in seen:
        return None
    seen.add(item)
    match builder.items[item]:
        case Apply(arguments=arguments) as node:
            for argument in arguments:
                if (fault := undefined(builder, argument, seen)) is not None:
                    return fault
            known = [builder.items[a] for a in arguments]
            if all(isinstance(k, Const) for k in known):
                outcome = calculate(node, [k.value for k in known if isinstance(k, Const)])
                return outcome if isinstance(outcome, Fault) else None
            return None
        case If(test=test):
            return undefined(builder, test, seen)
        case Tally(terms=terms):
            return next((f for term in terms if (f := undefined(builder, term, seen)) is not None), None)
        case _:
            return None


def reads_shape(builder: Builder, item: ItemId) -> bool:
    """Whether a scalar depends on the shape of a tensor."""
    pending, seen = [item], {item}
    while pending:
        each = builder.items[pending.pop()]
        if isinstance(each, Dim):
            return True
        for child in children(each):
            if child not in seen:
                seen.add(child)
                pending.append(child)
    return False
