"""Slots, alternatives, repeats, bypasses, conditions, and the arguments of a merge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from sqsem_dsl.ast import nodes
from sqsem_dsl.diagnostics.diagnostic import listing
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.elaborate.calls import Calls, name_span
from sqsem_dsl.elaborate.core import MAX_STEPS, MAX_VALUES, Overflow
from sqsem_dsl.elaborate.domains import MODES
from sqsem_dsl.elaborate.errors.choices import TooLarge
from sqsem_dsl.elaborate.errors.domains import BadPick, NotStatic, RealReaches
from sqsem_dsl.elaborate.errors.names import DuplicateName, UnknownArgument, UnknownSymbol
from sqsem_dsl.elaborate.errors.statements import AllOptional, Misplaced, MissingArgument, NoFlow, WrongType
from sqsem_dsl.elaborate.expressions import STRUCTURES
from sqsem_dsl.elaborate.scope import Scalar, Scope
from sqsem_dsl.ir.choices import Categorical, show, subsets
from sqsem_dsl.ir.faults import NotWhole
from sqsem_dsl.ir.graph import (
    Const,
    FixedArg,
    Guard,
    ItemId,
    Loop,
    Merge,
    Op,
    OptionalArg,
    Part,
    Residual,
    SubsetArg,
    Switch,
)
from sqsem_dsl.ir.path import Segment
from sqsem_dsl.operators import HOWS, TABLE
from sqsem_dsl.operators.row import Value


class Structures(Calls):
    """Elaborates structures: each becomes one item that selects or combines others."""

    def structure(self, node: STRUCTURES, scope: Scope, flow: ItemId | None) -> ItemId:
        match node:
            case nodes.Slot():
                if flow is None:
                    return self.report(NoFlow(node.span, "slot"))
                return self.slot(node, scope, flow)
            case nodes.Choose():
                return self.choose(node, scope, flow)
            case nodes.Repeat():
                if flow is None:
                    return self.report(NoFlow(node.span, "repeat"))
                return self.repeat(node, scope, flow)
            case nodes.Bypass():
                if flow is None:
                    return self.report(NoFlow(node.span, "bypass"))
                return self.bypass(node, scope, flow)
            case nodes.When():
                return self.when(node, scope, flow)
            case nodes.OptionalInput():
                return self.report(Misplaced(node.span, "optional", "`merge`"))
            case nodes.Pick():
                combining = ", ".join(f"`{h}`" for h in HOWS)
                return self.report(Misplaced(node.span, "pick", f"{combining} or `merge`"))
            case _:
                assert_never(node)

    def select(self, flow: ItemId | None, test: ItemId, cases: Sequence[tuple[Value, ItemId]], span: Span) -> ItemId:
        """The case that the test selects; no selection if there is only one case."""
        if test == self.broken or any(node == self.broken for _, node in cases):
            return self.broken
        if len(cases) == 1:
            return cases[0][1]
        return self.make(Switch(flow, test, tuple(cases), span))

    def slot(self, node: nodes.Slot, scope: Scope, flow: ItemId) -> ItemId:
        test = self.declare(scope, Segment(node.name), "slot", Categorical((False, True)), node.span)
        inner = scope.within(Segment(node.name)).assuming(test, (True,))
        body = self.body_in("slot", node.body, inner, flow, node.span)
        return self.select(flow, test, ((False, flow), (True, body)), node.span)

    def choose(self, node: nodes.Choose, scope: Scope, flow: ItemId | None) -> ItemId:
        names = self._alternatives(node.alternatives)
        test = self.declare(scope, Segment(node.name), "choose", Categorical(names), node.span)
        cases: list[tuple[Value, ItemId]] = []
        for alternative in node.alternatives:
            inner = scope.within(Segment(node.name), Segment(alternative.name)).assuming(test, (alternative.name,))
            body = self.body_in("alternative", alternative.body, inner, flow, alternative.span)
            cases.append((alternative.name, body))
        return self.select(flow, test, cases, node.span)

    def _alternatives(self, alternatives: Sequence[nodes.Alternative]) -> tuple[str, ...]:
        first: dict[str, Span] = {}
        if len(alternatives) > MAX_STEPS:
            what = f"a structure of {len(alternatives):,} alternatives"
            self.report(TooLarge(alternatives[MAX_STEPS].span, what, MAX_STEPS))
            raise Overflow
        for alternative in alternatives:
            if alternative.name in first:
                self.report(DuplicateName(alternative.span, alternative.name, first[alternative.name], "given"))
            first.setdefault(alternative.name, alternative.span)
        return tuple(first)

    def when(self, node: nodes.When, scope: Scope, flow: ItemId | None) -> ItemId:
        test = self.condition(node.test, scope)
        if test == self.broken:
            return test
        if self.is_real(test):
            return self.report(RealReaches(node.test.span, "a condition"))
        # None: it reads a shape. Empty: it is undefined wherever it is reached, which the evaluation reports.
        known = self.possible(test, scope.context) or (True, False)
        cases: list[tuple[Value, ItemId]] = []
        for decided in (True, False):
            if decided not in known:
                continue
            inner = scope.assuming(test, (decided,))
            if decided:
                cases.append((True, self.body(node.then, inner, flow)))
            elif isinstance(node.other, nodes.Body):
                cases.append((False, self.body(node.other, inner, flow)))
            elif isinstance(node.other, nodes.When):
                cases.append((False, self.when(node.other, inner, flow)))
            elif flow is not None:
                cases.append((False, flow))
            else:
                return self.report(NoFlow(node.span, "if"))
        return self.select(flow, test, cases, node.span)

    # ---- repeat

    def repeat(self, node: nodes.Repeat, scope: Scope, flow: ItemId) -> ItemId:
        inner, count, name = self._count(node, scope)
        if count == self.broken:
            return self.broken
        values = self.possible(count, scope.context)
        span = node.span if node.count is None else node.count.span
        if values is None:
            remedy = (
                "a count may use numbers, constants and choices, but not shapes: write `param n in …` and "
                "`repeat n { … }`"
            )
            return self.report(NotStatic(span, "the count of a repeat", remedy))
        if not values:
            return self.report(self.undefined(count) or NotStatic(span, "the count of a repeat"))
        for value in values:
            if not isinstance(value, int) or isinstance(value, bool) or value < 0:
                return self.report(NotWhole(span, None, "the count of a repeat", show(value), 0))
        most = max((v for v in values if isinstance(v, int)), default=0)
        if most > MAX_STEPS:
            return self.report(TooLarge(span, f"a repeat of {most:,} iterations", MAX_STEPS))
        steps = [flow]
        for k in range(most):
            later = tuple(v for v in values if isinstance(v, int) and v > k)
            place = inner.assuming(count, later)
            place = (
                place.within(Segment(name, (k,)))
                if name
                else replace(place, trail=(*place.trail, Segment("repeat", (k,))), unnamed=node.span)
            )
            if node.index is not None:
                place = self.bind(place, node.index, Scalar(self.constant(k)), node.index_span)
            steps.append(self.body_in("iteration", node.body, place, steps[-1], node.span))
            if steps[-1] == self.broken:
                return self.broken
        if len(values) == 1:
            return steps[-1]
        return self.make(Loop(tuple(steps), count, node.span))

    def _count(self, node: nodes.Repeat, scope: Scope) -> tuple[Scope, ItemId, str | None]:
        """The body's scope, the count, and the name in the paths of its choices."""
        if node.domain is None:
            assert node.count is not None
            name = node.count.name if isinstance(node.count, nodes.Name) else None
            return scope, self.scalar(self.value(node.count, scope), node.count.span), name
        assert node.name is not None
        domain = self.domain(node.domain, scope)
        if domain is None:
            return scope, self.broken, node.name
        if not isinstance(domain, Categorical):
            return scope, self.report(RealReaches(node.domain.span, "the count of a repeat")), node.name
        for position, value in enumerate(domain.values):
            if not isinstance(value, int) or isinstance(value, bool) or value < 0:
                listed = node.domain if isinstance(node.domain, nodes.ListOf) else None
                span = node.domain.span if listed is None else listed.items[position].span
                wrong = NotWhole(span, None, "the count of a repeat", show(value), 0)
                return scope, self.report(wrong), node.name
        if not self.may_bind(scope, node.name, node.span):
            self.bind(scope, node.name, Scalar(self.broken), node.span)
            return scope, self.broken, node.name
        count = self.declare(scope, Segment(node.name), "repeat", domain, node.span)
        return self.bind(scope, node.name, Scalar(count), node.span), count, node.name

    # ---- bypass

    def bypass(self, node: nodes.Bypass, scope: Scope, flow: ItemId) -> ItemId:
        name = node.name if node.domain is not None else "bypass"
        if node.domain is None:
            if node.name not in MODES:
                return self.report(UnknownSymbol(node.span, node.name, "mode", MODES))
            mode = self.constant(node.name)
        else:
            domain = self.domain(node.domain, scope, MODES)
            if domain is None:
                return self.broken
            values = domain.values if isinstance(domain, Categorical) else ()
            if not isinstance(domain, Categorical):
                return self.report(
                    WrongType(node.domain.span, "modes", "a continuous range", f"available: {listing(MODES)}")
                )
            for value in values:
                if value not in MODES:
                    return self.report(UnknownSymbol(node.domain.span, show(value), "mode", MODES))
            mode = self.declare(scope, Segment(name), "bypass", domain, node.span)
        body = self.body(node.body, scope, flow)
        if self.broken in (body, mode):
            return self.broken
        if isinstance(self.items[mode], Const) and self.static(mode) == "none":
            return body
        path, layer, weights = self.layer_name(scope, name)
        return self.make(Residual(flow, mode, body, layer, weights, path, node.span))

    # ---- merge

    def merged(self, node: nodes.Call, scope: Scope, flow: ItemId | None) -> ItemId:
        """`merge(…)`, or a combining operator with a `pick` or an `optional` among its arguments."""
        parts: list[Part] = [] if flow is None else [FixedArg(flow)]
        place = node.label or node.name
        how = self.constant(node.name) if node.name != "merge" else None
        failed = flow == self.broken
        for argument in node.arguments:
            if argument.name is not None:
                if argument.name != "how" or node.name != "merge":
                    known = ("how",) if node.name == "merge" else ()
                    signature = "merge(tensors…, how = add)" if node.name == "merge" else self.signature(node.name)
                    failed = True
                    self.report(UnknownArgument(argument.span, node.name, argument.name, known, signature))
                    continue
                how = self.scalar(
                    self.value(argument.value, scope, HOWS, (Segment(place), Segment("how"))), argument.value.span
                )
                failed |= how == self.broken or not self._is_how(how, argument.value.span)
                continue
            if isinstance(argument.value, nodes.OptionalInput) and node.name != "merge":
                self.report(Misplaced(argument.value.span, "optional", "`merge`"))
                failed = True
                continue
            part = self._part(argument.value, scope)
            if part is None:
                failed = True
            else:
                parts.append(part)
        if failed:
            return self.broken
        if how is None:
            signature = "merge(tensors…, how = any [add, concat])"
            return self.report(MissingArgument(name_span(node), "merge", "`how`", signature))
        if not parts:
            return self.report(MissingArgument(name_span(node), node.name, "a tensor", f"{node.name}(a, b, …)"))
        if all(isinstance(part, OptionalArg) for part in parts):
            return self.report(AllOptional(name_span(node)))
        path, name, _ = self.layer_name(scope, place)
        if all(isinstance(part, FixedArg) for part in parts) and isinstance(self.items[how], Const):
            row = TABLE[str(self.static(how))]
            inputs = tuple(part.node for part in parts if isinstance(part, FixedArg))
            return inputs[0] if len(inputs) == 1 else self.make(Op(row, inputs, (), name, None, path, name_span(node)))
        return self.make(Merge(tuple(parts), how, name, path, name_span(node)))

    def _is_how(self, item: ItemId, span: Span) -> bool:
        """Whether a scalar may be the `how` of a merge; the evaluation checks values that depend on a shape."""
        if self.is_real(item):
            self.report(RealReaches(span, "`how` of `merge`"))
            return False
        for value in self.possible(item, replace(Scope()).context) or ():
            if value not in HOWS:
                self.report(UnknownSymbol(span, show(value), "symbol", HOWS))
                return False
        return True

    def _part(self, node: nodes.Value, scope: Scope) -> Part | None:
        match node:
            case nodes.OptionalInput(name=name, body=body):
                test = self.declare(scope, Segment(name), "optional", Categorical((False, True)), node.span)
                inner = scope.within(Segment(name)).assuming(test, (True,))
                tensor = self.body_in("optional", body, inner, None, node.span)
                return None if self.broken in (test, tensor) else OptionalArg(test, tensor)
            case nodes.Pick():
                return self._pick(node, scope)
            case _:
                tensor = self.tensor(self.value(node, scope), node.span)
                return None if tensor == self.broken else FixedArg(tensor)

    def _pick(self, node: nodes.Pick, scope: Scope) -> SubsetArg | None:
        names = self._alternatives(node.alternatives)
        domain = self.domain(node.domain, scope)
        if not isinstance(domain, Categorical):
            if domain is not None:
                self.report(RealReaches(node.domain.span, "the number of alternatives of a `pick`"))
            return None
        sizes = []
        for size in domain.values:
            if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= len(names):
                if isinstance(size, int) and not isinstance(size, bool):
                    self.report(BadPick(node.domain.span, size, len(names)))
                else:
                    self.report(NotWhole(node.domain.span, None, "the number of alternatives of a `pick`", show(size)))
                return None
            sizes.append(size)
        values: list[Value] = []
        for subset in subsets(len(names), tuple(sizes)):
            values.append(tuple(names[i] for i in subset))
            if len(values) > MAX_VALUES:
                self.report(TooLarge(node.span, f"a `pick` of {len(names)} alternatives", MAX_VALUES))
                return None
        chosen = self.declare(scope, Segment(node.name), "pick", Categorical(tuple(values)), node.span)
        alternatives = []
        for alternative in node.alternatives:
            among = tuple(v for v in values if isinstance(v, tuple) and alternative.name in v)
            inner = scope.within(Segment(node.name), Segment(alternative.name)).assuming(chosen, among)
            tensor = self.body_in("alternative", alternative.body, inner, None, alternative.span)
            alternatives.append((alternative.name, tensor))
        if chosen == self.broken or any(t == self.broken for _, t in alternatives):
            return None
        return SubsetArg(chosen, tuple(alternatives))

    # ---- rules

    def guard(self, flow: ItemId | None, rules: tuple[ItemId, ...], out: ItemId, span: Span) -> ItemId:
        if not rules or out == self.broken:
            return out
        return self.make(Guard(flow, rules, out, span))
