"""Names, arithmetic and pipes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from sqsem_dsl.ast import nodes
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.elaborate.core import MAX_VALUES, TENSORS, Core
from sqsem_dsl.elaborate.domains import Domains
from sqsem_dsl.elaborate.errors.choices import TooLarge
from sqsem_dsl.elaborate.errors.names import (
    IgnoredFlow,
    NoIt,
    TensorAsStage,
    UnknownArgument,
    UnknownName,
    UnknownSymbol,
)
from sqsem_dsl.elaborate.errors.statements import MissingArgument, TooManyArguments, WrongType
from sqsem_dsl.elaborate.scope import Meaning, Scalar, Scope, Template, Tensor
from sqsem_dsl.ir.choices import show
from sqsem_dsl.ir.faults import BadOperand
from sqsem_dsl.ir.graph import Dim, ItemId
from sqsem_dsl.ir.kinds import NUMBER, TRUTH
from sqsem_dsl.ir.path import Segment
from sqsem_dsl.ir.scalars import AXES, CALLABLE
from sqsem_dsl.operators import TABLE
from sqsem_dsl.operators.row import REQUIRED, Attribute, Value

MAX_OPTIONS = 512
"""Values on the right of `in`."""
STRUCTURES = nodes.Slot | nodes.OptionalInput | nodes.Choose | nodes.Pick | nodes.Repeat | nodes.Bypass | nodes.When


def leaves(value: Value) -> int:
    """The number of values in a list, including nested lists; the count stops soon after `MAX_VALUES`."""
    count, pending = 0, [value]
    while pending and count <= MAX_VALUES:
        each = pending.pop()
        count += 1
        if isinstance(each, tuple):
            pending.extend(each)
    return count


def written_default(attribute: Attribute) -> str:
    return show(attribute.default)  # type: ignore[arg-type]


def uses_it(node: object) -> bool:
    """Whether an expression reads `it` as a tensor. Reading a dimension of `it` does not count, nor does an `it` in
    inner braces with their own input tensor."""
    match node:
        case nodes.Name(name="it"):
            return True
        case nodes.Call(name=name) if name in AXES:
            return False
        case nodes.Pipe(source=source, stages=stages):
            return uses_it(source) or any(uses_it(s) for s in stages if isinstance(s, nodes.Call))
        case nodes.Node():
            return any(uses_it(value) for value in _parts(node))
        case tuple():
            return any(uses_it(value) for value in node)
        case _:
            return False


def _parts(node: nodes.Node) -> tuple[object, ...]:
    return tuple(getattr(node, name) for name in nodes.part_names(type(node)) if name not in ("kind", "name", "label"))


def _entry(at: tuple[Segment, ...], index: int) -> tuple[Segment, ...]:
    """The position of a list entry, if it has one."""
    return (*at[:-1], replace(at[-1], indices=(*at[-1].indices, index))) if at else ()


class Expressions(Domains, Core):
    """Elaborates expressions to tensors and scalars."""

    def application(
        self, node: nodes.Name | nodes.Call, scope: Scope, flow: ItemId | None, symbols: Sequence[str] = ()
    ) -> Meaning:
        raise NotImplementedError

    def structure(self, node: STRUCTURES, scope: Scope, flow: ItemId | None) -> ItemId:
        raise NotImplementedError

    def value(
        self,
        node: nodes.Expr | nodes.ListOf | nodes.AnyOf,
        scope: Scope,
        symbols: Sequence[str] = (),
        at: tuple[Segment, ...] = (),
    ) -> Meaning:
        """An argument's value. `symbols` are the names that may be unbound here; `at` is the position of an `any`."""
        match node:
            case nodes.Number(value=value):
                return Scalar(self.constant(value))
            case nodes.Text(value=value):
                return Scalar(self.constant(value))
            case nodes.Name():
                return self.name(node, scope, symbols)
            case nodes.Call(name=name) if name in AXES or name in CALLABLE:
                return Scalar(self.function(node, scope, symbols))
            case nodes.Call():
                return self.application(node, scope, None, symbols)
            case nodes.Item(name=name, indices=indices):
                place = Span(node.span.source, node.span.start, node.span.start + len(name))
                table = nodes.Name.model_construct(name=name, span=place, whole=place)
                item = self.scalar(self.name(table, scope), place)
                for index in indices:
                    item = self.apply("item", (item, self.number(index, scope)), node.span)
                return Scalar(item)
            case nodes.Unary(operator=operator, operand=operand):
                if operator == "-":
                    return Scalar(self.apply("-", (self.constant(0), self.number(operand, scope)), node.span))
                return Scalar(self.apply("not", (self.condition(operand, scope),), node.span))
            case nodes.Binary(operator="and", left=left, right=right):
                test, then = self.condition(left, scope), self.condition(right, scope)
                return Scalar(self.branch(test, then, self.constant(False), node.span))
            case nodes.Binary(operator="or", left=left, right=right):
                test, other = self.condition(left, scope), self.condition(right, scope)
                return Scalar(self.branch(test, self.constant(True), other, node.span))
            case nodes.Binary():
                return Scalar(self.binary(node, scope))
            case nodes.Member(item=item, options=options):
                if len(options.items) > MAX_OPTIONS:
                    what = f"a list of {len(options.items):,} values to compare with"
                    return Scalar(self.report(TooLarge(options.span, what, MAX_OPTIONS)))
                known = self.known_symbols()
                values = [self.scalar(self.value(item, scope, known), item.span)]
                values += [self.scalar(self.value(option, scope, known), option.span) for option in options.items]
                return Scalar(self.apply("in", tuple(values), node.span))
            case nodes.ListOf(items=items):
                entries = [
                    self.scalar(self.value(entry, scope, symbols, _entry(at, i)), entry.span)
                    for i, entry in enumerate(items)
                ]
                if sum(leaves(self.static(entry)) for entry in entries) > MAX_VALUES:
                    return Scalar(self.report(TooLarge(node.span, "a list of lists", MAX_VALUES)))
                return Scalar(self.apply("list", tuple(entries), node.span))
            case nodes.AnyOf(domain=domain):
                return Scalar(self.any_of(domain, scope, symbols, at, node.span))
            case nodes.Pipe(source=source, stages=stages):
                return self.pipe(source, stages, scope, None)
            case (
                nodes.Slot()
                | nodes.OptionalInput()
                | nodes.Choose()
                | nodes.Pick()
                | nodes.Repeat()
                | nodes.Bypass()
                | nodes.When()
            ):
                return Tensor(self.structure(node, scope, None))
            case _:
                assert_never(node)

    def number(self, node: nodes.Value, scope: Scope) -> ItemId:
        """An operand that is a number in at least some architecture; the evaluation checks the others."""
        return self._numeric(self.scalar(self.value(node, scope, self.known_symbols()), node.span), node.span)

    def _numeric(self, item: ItemId, span: Span) -> ItemId:
        if item == self.broken or NUMBER in self.kinds(item):
            return item
        return self.report(WrongType(span, "a number", self.describe(item)))

    def condition(self, node: nodes.Value, scope: Scope) -> ItemId:
        """An operand that is true or false in every architecture."""
        item = self.scalar(self.value(node, scope, self.known_symbols()), node.span)
        if item == self.broken or self.kinds(item) == {TRUTH}:
            return item
        remedy = "compare it with something: `n > 1`, `mode == max`"
        return self.report(WrongType(node.span, "a condition", self.describe(item, TRUTH), remedy))

    def binary(self, node: nodes.Binary, scope: Scope) -> ItemId:
        """Arithmetic or a comparison. Two tensors in it are one error."""
        operator, known = node.operator, self.known_symbols()
        meanings = [(self.value(side, scope, known), side.span) for side in (node.left, node.right)]
        tensor = next((span for m, span in meanings if isinstance(m, Tensor) and m.item != self.broken), None)
        if tensor is not None:
            combined = {"+": "add", "*": "multiply"}.get(operator)
            of_two = all(isinstance(m, Tensor) for m, _ in meanings) and combined is not None
            written = f"`{combined}({node.left.span.text}, {node.right.span.text})`" if of_two else ""
            remedy = f"combine tensors with an operator: {written}" if of_two and len(written) < 60 else TENSORS
            return self.report(WrongType(tensor, f"a number beside `{operator}`", "a tensor", remedy))
        items = [(self.scalar(m, span), span) for m, span in meanings]
        if operator not in ("==", "!="):
            left, right = (self._numeric(item, span) for item, span in items)
            return self.apply(operator, (left, right), node.span)
        (left, _), (right, _) = items
        if self.broken not in (left, right) and not self.kinds(left) & self.kinds(right):
            message = f"{self.describe(left)}, is compared with {self.describe(right)}"
            return self.report(BadOperand(node.span, None, message))
        return self.apply(operator, (left, right), node.span)

    def name(self, node: nodes.Name, scope: Scope, symbols: Sequence[str] = ()) -> Meaning:
        """The meaning of a bare name where a value is expected."""
        bound = scope.names.get(node.name)
        if bound is not None and not isinstance(bound.meaning, Template):
            return bound.meaning
        if node.name in self.refused:
            return Scalar(self.broken)
        if node.name == "it":
            if scope.it is None:
                return Tensor(self.report(NoIt(node.span)))
            return Tensor(scope.it)
        if node.name in ("true", "false"):
            return Scalar(self.constant(node.name == "true"))
        if node.name in symbols:
            return Scalar(self.constant(node.name))
        if bound is None and self.maybe.value(node.name) and node.name not in TABLE:
            return Tensor(self.broken)
        if bound is not None or node.name in TABLE:
            remedy = f"write `x -> {node.name}(…)` to apply it to a tensor"
            kind = "a block" if bound is not None else "an operator"
            wanted = "a value"
            return Scalar(self.report(WrongType(node.span, wanted, f"{kind}, `{node.name}`", remedy)))
        known = [n for n, b in scope.names.items() if not isinstance(b.meaning, Template)]
        if symbols and set(symbols) != set(self.known_symbols()):
            return Scalar(self.report(UnknownSymbol(node.span, node.name, "symbol", tuple(symbols))))
        return Scalar(self.report(UnknownName(node.span, node.name, tuple(known), remedy=self._elsewhere(node, scope))))

    def _elsewhere(self, node: nodes.Name, scope: Scope) -> str | None:
        """How to fix the use of a name that is bound in this space, but not in scope here."""
        name = node.name
        if name in AXES:
            return f"`{name}` is a function of a tensor: `{name}(it)`"
        if name in CALLABLE:
            return f"`{name}` is a function: `{self.signature(name)}`"
        if name in self.counts:
            written = f"`param {name} in …` and `repeat {name} {{ … }}`"
            return f"it is the name of a repeat and lives in its body: write {written}"
        if name in self.bound:
            if scope.calls:
                return f"a block sees its arguments and what is bound above it: make `{name}` an argument"
            return "it is bound further down: move that line up"
        return None

    counts: frozenset[str] = frozenset()
    """The names of repeats in the space."""
    bound: frozenset[str] = frozenset()
    """The names that the statements of the space bind, at any place."""

    def function(self, node: nodes.Call, scope: Scope, symbols: Sequence[str] = ()) -> ItemId:
        """Calls of `min`, `max`, `round` and `where`, and the dimensions of a tensor."""
        name = node.name
        for argument in node.arguments:
            if argument.name is not None:
                return self.report(UnknownArgument(argument.span, name, argument.name, (), self.signature(name)))
        values = [argument.value for argument in node.arguments]
        if name in AXES:
            if len(values) != 1:
                return self._arity(node, len(values), 1, 1)
            of = self.tensor(
                self.value(values[0], scope), values[0].span, f"`{name}` reads the size of a tensor: `{name}(it)`"
            )
            return self.broken if of == self.broken else self.make(Dim(of, name, node.span))
        least, most = CALLABLE[name]
        if len(values) < least or (most is not None and len(values) > most):
            return self._arity(node, len(values), least, most)
        if name == "where":
            test = self.condition(values[0], scope)
            known = symbols or self.known_symbols()
            then, other = (self.scalar(self.value(v, scope, known), v.span) for v in values[1:])
            return self.branch(test, then, other, node.span)
        return self.apply(name, tuple(self.number(v, scope) for v in values), node.span)

    def _arity(self, node: nodes.Call, given: int, least: int, most: int | None) -> ItemId:
        if most is not None and given > most:
            return self.report(TooManyArguments(node.span, node.name, given, most, self.signature(node.name)))
        missing = f"{least - given} argument" + ("s" if least - given > 1 else "")
        return self.report(MissingArgument(node.span, node.name, missing, self.signature(node.name)))

    def signature(self, name: str) -> str:
        if name in AXES:
            return f"{name}(tensor)"
        if name in CALLABLE:
            return {"where": "where(condition, a, b)", "round": "round(number)"}.get(name, f"{name}(a, b, …)")
        row = TABLE.get(name)
        if row is None:
            return name
        tensors = "tensor" if row.tensors == (1, 1) else "tensors…" if row.tensors[1] is None else "tensor, tensor"
        written = [a.name if a.default is REQUIRED else f"{a.name} = {written_default(a)}" for a in row.attributes]
        return f"{name}({', '.join([tensors, *written])})"

    # ---- pipes

    def pipe(self, source: nodes.Expr, stages: Sequence[nodes.Stage], scope: Scope, flow: ItemId | None) -> Meaning:
        if flow is None:
            remedy = "only a tensor flows through `->`; apply the operator: `x -> …`"
            tensor = self.tensor(self.value(source, scope), source.span, remedy, scope.uses[-1:])
        else:
            tensor = self.tensor(self.flowing(source, scope, flow), source.span)
        for stage in stages:
            tensor = self.tensor(self.flowing(stage, scope, tensor), stage.span)
        return Tensor(tensor)

    def flowing(self, node: nodes.Expr | nodes.Group, scope: Scope, flow: ItemId | None) -> Meaning:
        """A stage: its first argument is the input tensor."""
        match node:
            case nodes.Name(name=name):
                bound = scope.names.get(name)
                if bound is not None and bound.meaning in (Tensor(self.broken), Scalar(self.broken)):
                    return Tensor(self.broken)
                if bound is not None and isinstance(bound.meaning, Tensor):
                    return Tensor(self.report(TensorAsStage(node.span, name)))
                if bound is not None and isinstance(bound.meaning, Scalar):
                    remedy = "a stage is an operator, a block or a structure"
                    return Tensor(self.report(WrongType(node.span, "a stage", f"the value `{name}`", remedy)))
                return self.application(node, scope, flow)
            case nodes.Call(name=name) if name in AXES or name in CALLABLE:
                remedy = "a stage is an operator, a block or a structure"
                return Tensor(self.report(WrongType(node.span, "a stage", f"the function `{name}`", remedy)))
            case nodes.Call():
                return self.application(node, scope, flow)
            case nodes.Group(body=body):
                return Tensor(self.body(body, scope, flow))
            case (
                nodes.Slot()
                | nodes.OptionalInput()
                | nodes.Choose()
                | nodes.Pick()
                | nodes.Repeat()
                | nodes.Bypass()
                | nodes.When()
            ):
                return Tensor(self.structure(node, scope, flow))
            case nodes.Pipe(source=source, stages=stages):
                return self.pipe(source, stages, scope, flow)
            case _:
                item = self.scalar(self.value(node, scope), node.span)
                if item == self.broken:
                    return Tensor(item)
                remedy = "a stage is an operator, a block or a structure"
                return Tensor(self.report(WrongType(node.span, "a stage", self.describe(item), remedy)))

    # ---- bodies

    def body(self, body: nodes.Body, scope: Scope, flow: ItemId | None) -> ItemId:
        """A body: stages, or statements and then `out`. The input tensor goes to the first stage automatically unless
        the body has used its name before."""
        self.enter()
        inner = scope if flow is None else replace(scope, it=flow)
        inner, rules = self.statements(body.statements, inner)
        named = uses_it(body.statements) or self._head_uses_it(body.out)
        head = body.out.source if isinstance(body.out, nodes.Pipe) else body.out
        if flow is not None and not named:
            if isinstance(head, nodes.Name) and self._is_tensor(head.name, inner):
                rest = body.out.stages if isinstance(body.out, nodes.Pipe) else ()
                if any(uses_it(stage) for stage in rest):
                    out = self.tensor(self.value(body.out, inner), body.out.span)
                else:
                    out = self.report(IgnoredFlow(head.span, head.name))
            else:
                out = self.tensor(self.flowing(body.out, inner, flow), body.out.span)
        else:
            out = self.tensor(self.value(body.out, inner), body.out.span)
        return self.guard(flow, rules, out, body.out.span)

    def _head_uses_it(self, out: nodes.Expr) -> bool:
        head = out.source if isinstance(out, nodes.Pipe) else out
        match head:
            case (
                nodes.Slot()
                | nodes.OptionalInput()
                | nodes.Choose()
                | nodes.Pick()
                | nodes.Repeat()
                | nodes.Bypass()
                | nodes.When()
            ):
                return False
            case _:
                return uses_it(head)

    @staticmethod
    def _is_tensor(name: str, scope: Scope) -> bool:
        bound = scope.names.get(name)
        return bound is not None and isinstance(bound.meaning, Tensor)

    def guard(self, flow: ItemId | None, rules: tuple[ItemId, ...], out: ItemId, span: Span) -> ItemId:
        raise NotImplementedError

    def statements(self, statements: Sequence[nodes.Local], scope: Scope) -> tuple[Scope, tuple[ItemId, ...]]:
        raise NotImplementedError
