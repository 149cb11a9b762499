"""`prior VALUE` and `prior [weights]`: which values of a choice its author believes in."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import assert_never

from sqsem_dsl.ast import nodes
from sqsem_dsl.diagnostics.diagnostic import closest
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.elaborate.errors.domains import BadPrior, IdlePrior, PriorOutside
from sqsem_dsl.elaborate.errors.statements import WrongType
from sqsem_dsl.elaborate.lower.builder import Builder
from sqsem_dsl.elaborate.lower.expected import as_scalar, describe, settled
from sqsem_dsl.elaborate.lower.scope import Scope, Template
from sqsem_dsl.ir.choices import Categorical, Continuous, Domain, show
from sqsem_dsl.ir.graph import ItemId
from sqsem_dsl.ir.priors import Near, Prior, favoring, weighted
from sqsem_dsl.ir.scalars import is_number
from sqsem_dsl.operators.row import Value

FIXED = "a prior is fixed: use numbers, symbols and constants"


def lower_prior(
    builder: Builder,
    node: nodes.Weights | None,
    domain: Domain | None,
    scope: Scope,
    options: Sequence[nodes.Value] = (),
) -> Prior | None:
    """The prior of a choice; None without one, and if it has an error. `options` are the values of a setting as they
    are written, if they are more than a word."""
    if node is None or domain is None:
        return None
    if isinstance(node, nodes.ListOf):
        return _weights(builder, node, domain, scope)
    match domain:
        case Categorical():
            return _favored(builder, node, domain, scope, options)
        case Continuous():
            return _near(builder, node, domain, scope)
        case _:
            assert_never(domain)


def lower_named_prior(
    builder: Builder, node: nodes.Weights | None, names: tuple[str, ...], scope: Scope
) -> Prior | None:
    """The prior of alternatives: one of their names, whatever else the name means, or weights."""
    if not isinstance(node, nodes.Name):
        return lower_prior(builder, node, Categorical(names), scope)
    return _option(builder, node.span, node.name, Categorical(names))


def reject_prior(builder: Builder, node: nodes.Weights | None) -> None:
    """Reports the prior of a choice that takes none."""
    if node is not None:
        remedy = "remove it: its values are sets of alternatives, which are sampled uniformly"
        builder.report(BadPrior(node.span, "a `pick` takes no prior", remedy))


def _value(builder: Builder, node: nodes.Expr, scope: Scope) -> tuple[Value] | None:
    """The value after `prior`, wrapped. A name that is bound to nothing is a symbol, like those of the domain."""
    unbound = isinstance(node, nodes.Name) and (node.name not in scope.names or _is_block(scope, node.name))
    if isinstance(node, nodes.Name) and unbound and node.name not in ("it", "true", "false"):
        return None if builder.maybe.value(node.name) else (node.name,)
    return _known(builder, as_scalar(builder, builder.value(node, scope), node.span), node.span)


def _is_block(scope: Scope, name: str) -> bool:
    return isinstance(scope.names[name].meaning, Template)


def _known(builder: Builder, item: ItemId, span: Span) -> tuple[Value] | None:
    return settled(builder, item, span, "a prior", FIXED)


def _favored(
    builder: Builder, node: nodes.Expr, domain: Categorical, scope: Scope, options: Sequence[nodes.Value]
) -> Prior | None:
    if node in options:  # `any [sgd(momentum = 0.9), adam] prior sgd(momentum = 0.9)`
        return _option(builder, node.span, domain.values[options.index(node)], domain)
    known = _value(builder, node, scope)
    return None if known is None else _option(builder, node.span, known[0], domain)


def _option(builder: Builder, span: Span, value: Value, domain: Categorical) -> Prior | None:
    """The prior that favors a value."""
    try:
        number = domain.number(value)
    except ValueError:
        builder.report(PriorOutside(span, show(value), str(domain), _nearest(value, domain.values)))
        return None
    return _effective(builder, span, favoring(number, len(domain.values)) if len(domain.values) > 1 else None)


def _effective(builder: Builder, span: Span, prior: Prior | None) -> Prior | None:
    """A prior, or a warning that it has no effect since there is one value."""
    if prior is None:
        builder.report(IdlePrior(span))
    else:
        builder.weighted.add(span)
    return prior


def _near(builder: Builder, node: nodes.Expr, domain: Continuous, scope: Scope) -> Prior | None:
    known = _value(builder, node, scope)
    if known is None:
        return None
    value = known[0]
    if not is_number(value) or not domain.low <= value <= domain.high:
        nearest = show(min(max(value, domain.low), domain.high)) if is_number(value) else None
        builder.report(PriorOutside(node.span, show(value), str(domain), nearest))
        return None
    return _effective(builder, node.span, Near(Fraction(value)))


def _weights(builder: Builder, node: nodes.ListOf, domain: Domain, scope: Scope) -> Prior | None:
    """The prior in proportion to a list of weights, of which each error is reported."""
    if not isinstance(domain, Categorical):
        remedy = f"name one value, such as `prior {_middle(domain)}`, or list the values"
        builder.report(BadPrior(node.span, "an interval has no list of weights", remedy))
        return None
    found: list[int | Fraction] = []
    for entry in node.items:
        item = as_scalar(builder, builder.value(entry, scope), entry.span)
        known = _known(builder, item, entry.span)
        if known is None:
            continue
        if not is_number(known[0]):
            builder.report(WrongType(entry.span, "a weight", describe(builder, item), "a weight is a number from 0"))
        elif known[0] < 0:
            builder.report(
                BadPrior(entry.span, f"the weight {show(known[0])} is negative", "weights are numbers from 0")
            )
        else:
            found.append(known[0])
    if len(node.items) != len(domain.values):
        count, several = len(node.items), len(domain.values)
        message = f"{count} weight{'s' if count > 1 else ''} for {several} value{'s' if several > 1 else ''}"
        builder.report(BadPrior(node.span, message, f"give a weight to each value of {domain}, in this order"))
        return None
    if len(found) < len(node.items):
        return None
    if not any(found):
        builder.report(BadPrior(node.span, "all weights are 0", "give at least one value a weight above 0"))
        return None
    return _effective(builder, node.span, weighted(found) if len(found) > 1 else None)


def _nearest(value: Value, values: tuple[Value, ...]) -> str | None:
    """The value of a domain that was probably meant."""
    if is_number(value):
        numbers = [each for each in values if is_number(each)]
        return show(min(numbers, key=lambda each: abs(each - value))) if numbers else None
    return closest(show(value), map(show, values))


def _middle(domain: Continuous) -> str:
    """A value inside an interval, for an example."""
    low, high = float(domain.low), float(domain.high)
    return f"{(low * high) ** 0.5 if domain.log else (low + high) / 2:.3g}"
