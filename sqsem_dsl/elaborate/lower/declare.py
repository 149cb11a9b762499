"""Choices and layers, each under its position."""

from __future__ import annotations

from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.elaborate.errors.choices import TooLarge
from sqsem_dsl.elaborate.errors.names import SamePath
from sqsem_dsl.elaborate.errors.statements import UnnamedRepeat
from sqsem_dsl.elaborate.lower.builder import MAX_CHOICES, Builder, Overflow
from sqsem_dsl.elaborate.lower.scope import Scope, choice_path, layer_path
from sqsem_dsl.ir.choices import Categorical, Continuous, Domain, Kind
from sqsem_dsl.ir.graph import Declared, Draw, ItemId
from sqsem_dsl.ir.path import Path, Segment
from sqsem_dsl.ir.priors import Prior


def declare(
    builder: Builder,
    scope: Scope,
    name: Segment,
    kind: Kind,
    domain: Domain,
    span: Span,
    prior: Prior | None = None,
) -> ItemId:
    """A choice under its path. A domain with one value is a constant, not a choice."""
    match domain:
        case Categorical(values=(only,)):
            builder.fixed[choice_path((*scope.path, name))] = only
            return builder.constant(only)
        case _:
            pass
    path = choice_path((*scope.path, name))
    if scope.unnamed is not None:
        return builder.report(UnnamedRepeat(scope.unnamed, str(path), span))
    known = builder.paths.get(path)
    if known is not None:
        item, first, uses = known
        again = scope.shared is not None and path not in scope.shared.seen and first == span
        draw = builder.items[item]
        if again and isinstance(draw, Draw) and _same_values(builder.choices[draw.choice], domain, prior):
            assert scope.shared is not None
            scope.shared.seen.add(path)
            return item
        return _same_path(builder, scope, kind, span, str(path), first, uses)
    if scope.shared is not None:
        scope.shared.seen.add(path)
    if len(builder.choices) >= MAX_CHOICES:
        builder.report(TooLarge(span, "the number of choices, with this one,", MAX_CHOICES))
        raise Overflow
    declared = Declared(path, kind, domain, builder.section, prior, span)
    item = builder.draw(declared, isinstance(domain, Continuous))
    builder.paths[path] = (item, span, scope.uses)
    return item


def _same_values(declared: Declared, domain: Domain, prior: Prior | None) -> bool:
    return declared.domain == domain and declared.prior == prior


def _same_path(
    builder: Builder, scope: Scope, kind: Kind, span: Span, path: str, first: Span, uses: tuple[Span, ...]
) -> ItemId:
    """Two choices have the same path. They differ first in the use of a block, or else in the choices
    themselves."""
    for one, other in zip(uses, scope.uses, strict=False):
        if one != other:
            return builder.report(SamePath(other, path, one, other.text))
    callee = str(scope.path[-1]) if kind == "any" and scope.path else None
    return builder.report(SamePath(span, path, first, callee))


def layer_name(builder: Builder, scope: Scope, name: str) -> tuple[Path, str, str | None]:
    """The position of a layer, its unique name, and the name of its weights in a tied block."""
    path = layer_path((*scope.trail, Segment(name)))
    full = path.dotted
    builder.layers[full] += 1
    unique = full if builder.layers[full] == 1 else f"{full}_{builder.layers[full]}"
    while unique != full and unique in builder.layers:
        builder.layers[full] += 1
        unique = f"{full}_{builder.layers[full]}"
    builder.layers[unique] = max(builder.layers[unique], 1)
    if scope.tied is None:
        return path, unique, None
    own = layer_path((Segment(scope.tied.root), *scope.trail[scope.tied.base :], Segment(name)))
    scope.tied.names[own] += 1
    return path, unique, f"{own.dotted}#{scope.tied.names[own]}"
