"""`merge(…)` and its arguments: tensors, optional inputs, inputs with a condition, and picks of alternatives."""

from __future__ import annotations

from dataclasses import replace

from sqsem_dsl.ast import nodes
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.elaborate.errors.choices import TooLarge
from sqsem_dsl.elaborate.errors.domains import BadPick, RealReaches
from sqsem_dsl.elaborate.errors.names import UnknownArgument, UnknownSymbol
from sqsem_dsl.elaborate.errors.statements import AllOptional, MissingArgument, RepeatedArgument
from sqsem_dsl.elaborate.flow import may_be_left_out
from sqsem_dsl.elaborate.lower.bodies import lower_body, lower_body_in
from sqsem_dsl.elaborate.lower.builder import MAX_VALUES, Builder
from sqsem_dsl.elaborate.lower.declare import declare, layer_name
from sqsem_dsl.elaborate.lower.domains import lower_domain
from sqsem_dsl.elaborate.lower.expected import as_scalar, as_tensor, possible_values
from sqsem_dsl.elaborate.lower.operator_calls import check_attribute
from sqsem_dsl.elaborate.lower.priors import lower_prior, reject_prior
from sqsem_dsl.elaborate.lower.scope import Scope
from sqsem_dsl.elaborate.lower.structures import alternative_names, lower_test
from sqsem_dsl.elaborate.vocabulary import name_span, signature_of
from sqsem_dsl.ir.choices import Categorical, show, subsets
from sqsem_dsl.ir.faults import NotWhole
from sqsem_dsl.ir.graph import Const, FixedArg, ItemId, Merge, Op, OptionalArg, Part, SubsetArg, Switch
from sqsem_dsl.ir.path import Segment
from sqsem_dsl.operators import HOWS, TABLE
from sqsem_dsl.operators.reshaping import AXIS
from sqsem_dsl.operators.row import Value


def lower_merge(builder: Builder, node: nodes.Call, scope: Scope, flow: ItemId | None) -> ItemId:
    """`merge(…)`, or a combining operator with arguments that may be left out, or are several tensors."""
    parts: list[Part] = [] if flow is None else [FixedArg(flow)]
    place = node.label or node.name
    how = builder.constant(node.name) if node.name != "merge" else None
    axis: ItemId | None = None
    axis_span = node.span
    failed = flow == builder.broken
    for argument in node.arguments:
        if argument.name == AXIS.name and node.name in ("merge", "concat"):
            if axis is not None:
                builder.report(RepeatedArgument(argument.span, node.name, AXIS.name))
            failed |= axis is not None
            axis, axis_span = _axis(builder, node.name, argument, scope, place), argument.span
            failed |= axis == builder.broken
            continue
        if argument.name is not None:
            if argument.name != "how" or node.name != "merge":
                builder.unresolved()
                failed = True
                continue
            meaning = builder.value(argument.value, scope, HOWS, (Segment(place), Segment("how")))
            how = as_scalar(builder, meaning, argument.value.span)
            failed |= how == builder.broken or not _is_how(builder, how, argument.value.span)
            continue
        several = _parts(builder, argument.value, scope)
        if several is None:
            failed = True
        else:
            parts += several
    if failed:
        return builder.broken
    if how is None:
        signature = "merge(tensors…, how = any [add, concat])"
        return builder.report(MissingArgument(name_span(node), "merge", "`how`", signature))
    if axis is not None and "concat" not in (hows := possible_values(builder, how, replace(Scope()).context) or HOWS):
        return builder.report(UnknownArgument(axis_span, str(hows[0]), AXIS.name, (), signature_of(str(hows[0]))))
    if not parts:
        return builder.report(MissingArgument(name_span(node), node.name, "a tensor", f"{node.name}(a, b, …)"))
    if all(isinstance(part, OptionalArg) for part in parts):
        return builder.report(AllOptional(name_span(node), node.name))
    path, name, _ = layer_name(builder, scope, place)
    if all(isinstance(part, FixedArg) for part in parts) and isinstance(builder.items[how], Const):
        row = TABLE[str(builder.static(how))]
        inputs = tuple(part.node for part in parts if isinstance(part, FixedArg))
        if len(inputs) == 1:
            return inputs[0]
        given = () if axis is None else ((AXIS.name, axis),)
        places = () if axis is None else ((AXIS.name, axis_span),)
        return builder.make(Op(row, inputs, given, name, None, path, name_span(node), places))
    return builder.make(Merge(tuple(parts), how, axis, name, path, name_span(node)))


def _axis(builder: Builder, operator: str, argument: nodes.Argument, scope: Scope, place: str) -> ItemId:
    """The axis of a concatenation."""
    meaning = builder.value(argument.value, scope, AXIS.symbols, (Segment(place), Segment(AXIS.name)))
    item = as_scalar(builder, meaning, argument.value.span)
    if item != builder.broken and builder.is_real(item):
        return builder.report(RealReaches(argument.value.span, f"`axis` of `{operator}`"))
    sound = item != builder.broken and check_attribute(builder, TABLE["concat"], AXIS, item, argument.value.span)
    return item if sound else builder.broken


def _is_how(builder: Builder, item: ItemId, span: Span) -> bool:
    """Whether a scalar may be the `how` of a merge; the evaluation checks values that depend on a shape."""
    if builder.is_real(item):
        builder.report(RealReaches(span, "`how` of `merge`"))
        return False
    for value in possible_values(builder, item, replace(Scope()).context) or ():
        if value not in HOWS:
            builder.report(UnknownSymbol(span, show(value), "symbol", HOWS))
            return False
    return True


def _parts(builder: Builder, node: nodes.Value, scope: Scope) -> tuple[Part, ...] | None:
    """An argument: one part, or none if it is certain that it is left out; None if it has an error."""
    if isinstance(node, nodes.When) and may_be_left_out(node):
        test, tensor = _conditional(builder, node, scope)
        if builder.broken in (test, tensor):
            return None
        if tensor is None:
            return ()
        return (FixedArg(tensor) if builder.static(test) is True else OptionalArg(test, tensor),)
    part = _part(builder, node, scope)
    return None if part is None else (part,)


def _conditional(builder: Builder, node: nodes.When, scope: Scope) -> tuple[ItemId, ItemId | None]:
    """When an `if` without a last `else` is there, and its tensor; the tensor is None if it is never there."""
    test, known = lower_test(builder, node, scope)
    if test == builder.broken:
        return test, None
    then = rest = None
    otherwise = builder.constant(False)
    if True in known:
        then = lower_body(builder, node.then, scope.assuming(test, (True,)), None)
    if False in known and isinstance(node.other, nodes.When):
        otherwise, rest = _conditional(builder, node.other, scope.assuming(test, (False,)))
    if builder.broken in (then, otherwise, rest):
        return builder.broken, None
    if then is None or rest is None:
        either = otherwise if then is None else test if False in known else builder.constant(True)
        return either, rest if then is None else then
    # The span of this `or` is that of its first condition, as pictures expect.
    either = builder.branch(test, builder.constant(True), otherwise, node.test.span)
    return either, builder.make(Switch(None, test, ((True, then), (False, rest)), node.span))


def _part(builder: Builder, node: nodes.Value, scope: Scope) -> Part | None:
    match node:
        case nodes.OptionalInput(name=name, body=body):
            domain = Categorical((False, True))
            prior = lower_prior(builder, node.prior, domain, scope)
            test = declare(builder, scope, Segment(name), "optional", domain, node.span, prior)
            inner = scope.within(Segment(name)).assuming(test, (True,))
            tensor = lower_body_in(builder, "optional", body, inner, None, node.span)
            return None if builder.broken in (test, tensor) else OptionalArg(test, tensor)
        case nodes.Pick():
            return _pick(builder, node, scope)
        case _:
            tensor = as_tensor(builder, builder.value(node, scope), node.span)
            return None if tensor == builder.broken else FixedArg(tensor)


def _pick(builder: Builder, node: nodes.Pick, scope: Scope) -> SubsetArg | None:
    names = alternative_names(builder, node.alternatives)
    domain = lower_domain(builder, node.domain, scope)
    reject_prior(builder, node.prior)
    if not isinstance(domain, Categorical):
        if domain is not None:
            builder.report(RealReaches(node.domain.span, "the number of alternatives of a `pick`"))
        return None
    sizes = []
    for size in domain.values:
        if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= len(names):
            if isinstance(size, int) and not isinstance(size, bool):
                builder.report(BadPick(node.domain.span, size, len(names)))
            else:
                builder.report(NotWhole(node.domain.span, None, "the number of alternatives of a `pick`", show(size)))
            return None
        sizes.append(size)
    values: list[Value] = []
    for subset in subsets(len(names), tuple(sizes)):
        values.append(tuple(names[i] for i in subset))
        if len(values) > MAX_VALUES:
            builder.report(TooLarge(node.span, f"a `pick` of {len(names)} alternatives", MAX_VALUES))
            return None
    chosen = declare(builder, scope, Segment(node.name), "pick", Categorical(tuple(values)), node.span)
    alternatives = []
    for alternative in node.alternatives:
        among = tuple(v for v in values if isinstance(v, tuple) and alternative.name in v)
        inner = scope.within(Segment(node.name), Segment(alternative.name)).assuming(chosen, among)
        tensor = lower_body_in(builder, "alternative", alternative.body, inner, None, alternative.span)
        alternatives.append((alternative.name, tensor))
    if chosen == builder.broken or any(t == builder.broken for _, t in alternatives):
        return None
    return SubsetArg(chosen, tuple(alternatives))
