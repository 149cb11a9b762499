"""Applications of operators and blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from sqsem_dsl.ast import nodes, outline
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.elaborate.core import MAX_CALLS
from sqsem_dsl.elaborate.errors.domains import RealReaches
from sqsem_dsl.elaborate.errors.names import TensorAsStage, UnknownArgument, UnknownOperator, UnknownSymbol
from sqsem_dsl.elaborate.errors.statements import (
    EndlessRecursion,
    MisplacedArgument,
    MissingArgument,
    RepeatedArgument,
    TiedArguments,
    TooManyArguments,
    WrongType,
)
from sqsem_dsl.elaborate.expressions import Expressions
from sqsem_dsl.elaborate.scope import Meaning, Scalar, Scope, SharedUse, Template, Tensor, TiedUse, Use
from sqsem_dsl.ir.choices import Continuous
from sqsem_dsl.ir.faults import BadAttribute
from sqsem_dsl.ir.graph import Draw, ItemId, Op
from sqsem_dsl.ir.kinds import LIST, NUMBER, SYMBOL, TRUTH
from sqsem_dsl.ir.path import Segment
from sqsem_dsl.operators import HOWS, TABLE, Misfit
from sqsem_dsl.operators.arguments import check_value
from sqsem_dsl.operators.row import REQUIRED, Attribute, Operator


def name_span(node: nodes.Name | nodes.Call) -> Span:
    """The callee's name within an application."""
    return Span(node.span.source, node.span.start, min(node.span.end, node.span.start + len(node.name)))


class Calls(Expressions):
    """Elaborates applications."""

    std_names: tuple[str, ...] = ()

    def merged(self, node: nodes.Call, scope: Scope, flow: ItemId | None) -> ItemId:
        raise NotImplementedError

    def extern(self, node: nodes.Call, scope: Scope, flow: ItemId | None) -> ItemId:
        raise NotImplementedError

    def application(
        self, node: nodes.Name | nodes.Call, scope: Scope, flow: ItemId | None, symbols: Sequence[str] = ()
    ) -> Meaning:
        """An operator or a block applied to its arguments; the input tensor is the first of them."""
        call = node if isinstance(node, nodes.Call) else self._call_of(node)
        bound = scope.names.get(call.name)
        if bound is not None and isinstance(bound.meaning, Template):
            return Tensor(self.block_call(bound.meaning, call, scope, flow))
        if bound is not None:
            kind = "a tensor" if isinstance(bound.meaning, Tensor) else "a value"
            remedy = "only operators, blocks and functions take arguments"
            return Tensor(
                self.report(WrongType(name_span(node), "an operator or a block", f"`{call.name}`, {kind}", remedy))
            )
        combines = call.name in HOWS and any(isinstance(a.value, nodes.Pick) for a in call.arguments)
        if call.name == "merge" or combines:
            return Tensor(self.merged(call, scope, flow))
        if call.name == "extern":
            return Tensor(self.extern(call, scope, flow))
        row = TABLE.get(call.name)
        if row is None:
            if call.name == "it":
                return Tensor(self.report(TensorAsStage(node.span, "it")))
            if self.maybe.block(call.name):
                return Tensor(self.broken)
            known = (*TABLE, "merge", "extern", *scope.templates())
            return Tensor(self.report(UnknownOperator(name_span(node), call.name, known, self.std_names)))
        return Tensor(self.operator_call(row, call, scope, flow))

    def _call_of(self, node: nodes.Name) -> nodes.Call:
        """A bare name as a call, made once for each place in the text."""
        known = self._bare.get(id(node))
        if known is None:
            made = nodes.Call.model_construct(name=node.name, label=node.label, span=node.span, whole=node.whole)
            known = self._bare[id(node)] = (made, node)
        return known[0]

    _bare: dict[int, tuple[nodes.Call, nodes.Name]]

    def operator_call(self, row: Operator, call: nodes.Call, scope: Scope, flow: ItemId | None) -> ItemId:
        inputs = [] if flow is None else [flow]
        attributes: dict[str, ItemId] = {}
        places: list[tuple[str, Span]] = []
        place = call.label or call.name
        positional = list(row.attributes)
        failed = named = unsure = False
        for argument in call.arguments:
            if argument.name is None:
                if named:
                    failed = self.report(MisplacedArgument(argument.span, call.name)) == self.broken
                attribute = positional[0] if positional else None
            else:
                named = True
                attribute = row.attribute(argument.name)
                if attribute is None:
                    known = tuple(a.name for a in row.attributes)
                    self.report(
                        UnknownArgument(argument.span, call.name, argument.name, known, self.signature(call.name))
                    )
                    failed = True
                    continue
            symbols = attribute.symbols if attribute is not None else ()
            at = (Segment(place), Segment(attribute.name)) if attribute is not None else ()
            meaning = self.value(argument.value, scope, symbols, at)
            if isinstance(meaning, Tensor) and argument.name is None and meaning.item == self.broken:
                # It contains a reported error, so whether it should be a tensor or a number is unknown.
                failed = unsure = True
                if positional and row.tensors[1] is not None and len(inputs) >= row.tensors[1]:
                    positional.pop(0)
                continue
            if isinstance(meaning, Tensor) and argument.name is None:
                inputs.append(meaning.item)
                continue
            item = self.scalar(meaning, argument.value.span)
            if item == self.broken:
                failed = True
                if argument.name is None and positional:
                    positional.pop(0)
                continue
            if attribute is None:
                failed = True
                if row.tensors[1] is None or len(inputs) < row.tensors[1]:
                    remedy = "`x -> rescale(scale, offset)` multiplies a tensor by a number and adds one"
                    self.report(WrongType(argument.value.span, "a tensor", self.describe(item), remedy))
                    continue
                given = (
                    sum(not isinstance(a.value, nodes.Pipe) for a in call.arguments) - len(inputs) + (flow is not None)
                )
                signature, what = self.signature(call.name), "argument besides its tensor"
                most = len(row.attributes)
                wrong = TooManyArguments(argument.value.span, call.name, max(given, most + 1), most, signature, what)
                self.report(wrong)
                continue
            if argument.name is None:
                positional.pop(0)
            if attribute.name in attributes:
                self.report(RepeatedArgument(argument.span, call.name, attribute.name))
                failed = True
                continue
            if attribute.kind != "number" and self.is_real(item):
                self.report(RealReaches(argument.value.span, f"`{attribute.name}` of `{call.name}`"))
                failed = True
            else:
                failed |= not self._check_value(row, attribute, item, argument.value.span)
            attributes[attribute.name] = item
            places.append((attribute.name, argument.value.span))
        failed |= not unsure and self._arity_fails(row, call, inputs, attributes, failed)
        if failed or self.broken in inputs:
            return self.broken
        path, name, weights = self.layer_name(scope, place)
        span = name_span(call)
        return self.make(Op(row, tuple(inputs), tuple(attributes.items()), name, weights, path, span, tuple(places)))

    def _check_value(self, row: Operator, attribute: Attribute, item: ItemId, span: Span) -> bool:
        """Whether a known value may be the value of an attribute for any tensor. The evaluation checks the rest."""
        value = self.static(item)
        if value is None:
            return all(self._check_value(row, attribute, end, span) for end in self._ends(item))
        if attribute.kind == "symbol" and isinstance(value, str) and value not in attribute.symbols:
            self.report(UnknownSymbol(span, value, "symbol", attribute.symbols))
            return False
        try:
            check_value(row, attribute, value)
        except Misfit as misfit:
            self.report(BadAttribute(span, None, row.name, misfit.message, misfit.help))
            return False
        return True

    def _ends(self, item: ItemId) -> tuple[ItemId, ...]:
        """The two ends of a continuous choice: if both fit, every value between them fits."""
        draw = self.items[item]
        domain = self.choices[draw.choice].domain if isinstance(draw, Draw) else None
        return (self.constant(domain.low), self.constant(domain.high)) if isinstance(domain, Continuous) else ()

    def _arity_fails(
        self, row: Operator, call: nodes.Call, inputs: Sequence[ItemId], attributes: Mapping[str, ItemId], failed: bool
    ) -> bool:
        least, most = row.tensors
        signature = self.signature(call.name)
        if len(inputs) < least:
            missing = "a tensor" if least - len(inputs) == 1 else f"{least - len(inputs)} tensors"
            self.report(MissingArgument(name_span(call), call.name, missing, signature, not (most == 1 and not inputs)))
            return True
        if most is not None and len(inputs) > most:
            self.report(TooManyArguments(name_span(call), call.name, len(inputs), most, signature, "tensor"))
            return True
        for attribute in row.attributes:
            if attribute.default is REQUIRED and attribute.name not in attributes and not failed:
                self.report(MissingArgument(name_span(call), call.name, f"`{attribute.name}`", signature))
                return True
        return False

    # ---- blocks

    def block_signature(self, block: outline.Block) -> str:
        formals = (f"{f.name} = {f.default.span.text}" if f.default is not None else f.name for f in block.formals)
        return f"{block.name}({', '.join(formals)})"

    def block_call(self, template: Template, call: nodes.Call, scope: Scope, flow: ItemId | None) -> ItemId:
        """A block inlined: its formals stand for the arguments, and its choices have the path of the use."""
        block = template.block
        if block.span in self._endless:
            return self.broken
        if scope.calls.count(block.name) >= MAX_CALLS:
            # The callers fail as well: each might call it twice, and so on for 64 levels.
            self._endless.add(block.span)
            return self.report(EndlessRecursion(name_span(call), block.name, MAX_CALLS))
        place = call.label or call.name
        given = self._arguments(block, call, scope, flow, place)
        if given is None:
            return self.broken
        inner = self._entered(template, call, scope, place)
        for formal in block.formals:
            meaning, written = given.get(formal.name, (None, name_span(call)))
            if meaning is None:
                if formal.default is None:
                    missing = f"`{formal.name}`"
                    return self.report(
                        MissingArgument(name_span(call), block.name, missing, self.block_signature(block))
                    )
                meaning = self.value(formal.default, inner, self.known_symbols())
            if not self._fits(formal, meaning):
                found = "a tensor" if isinstance(meaning, Tensor) else self.describe(meaning.item)
                wanted = {"int": "a whole number", "bool": "`true` or `false`"}.get(
                    formal.type or "", f"a {formal.type}"
                )
                expected = f"{wanted} for `{formal.name}` of `{block.name}`"
                remedy = f"it is written `{self.block_signature(block)}`"
                return self.report(WrongType(written, expected, found, remedy))
            inner = self.bind(inner, formal.name, meaning, formal.span)
        if block.sharing == "tied":
            self._same_arguments(block, call, given)
        return self.body_in("call", block.body, inner, None, name_span(call))

    def _arguments(
        self, block: outline.Block, call: nodes.Call, scope: Scope, flow: ItemId | None, place: str
    ) -> dict[str, tuple[Meaning, Span]] | None:
        """The value of each formal and its place in the text; None if an argument has an error."""
        given: dict[str, tuple[Meaning, Span]] = {}
        formals = [f.name for f in block.formals]
        free = list(formals)
        if flow is not None:
            given[free.pop(0)] = Tensor(flow), name_span(call)
        failed = named = False
        for argument in call.arguments:
            if argument.name is None:
                if named:
                    self.report(MisplacedArgument(argument.span, call.name))
                    failed = True
                    continue
                name = next((n for n in free if n not in given), None)
                if name is None:
                    count = len(call.arguments) + (flow is not None)
                    signature = self.block_signature(block)
                    self.report(TooManyArguments(argument.span, call.name, count, len(formals), signature))
                    return None
            else:
                named, name = True, argument.name
                if name not in formals:
                    signature = self.block_signature(block)
                    self.report(UnknownArgument(argument.span, call.name, name, tuple(formals), signature))
                    failed = True
                    continue
                if name in given:
                    self.report(RepeatedArgument(argument.span, call.name, name))
                    failed = True
                    continue
            meaning = self.value(argument.value, scope, self.known_symbols(), (Segment(place), Segment(name)))
            given[name] = meaning, argument.value.span
            failed |= meaning.item == self.broken
        return None if failed else given

    def _entered(self, template: Template, call: nodes.Call, scope: Scope, place: str) -> Scope:
        """The scope of a block's body: the names of its definition, the position of its use."""
        block = template.block
        inner = replace(
            template.scope,
            it=None,
            path=(*scope.path, Use(place)),
            trail=(*scope.trail, Segment(place)),
            context=scope.context,
            shared=scope.shared,
            tied=scope.tied,
            unnamed=scope.unnamed,
            calls=(*scope.calls, block.name),
            uses=(*scope.uses, name_span(call)),
        )
        if block.sharing is not None:
            inner = replace(inner, path=(Use(block.name),), shared=SharedUse(block.span), unnamed=None)
        if block.sharing == "tied":
            inner = replace(inner, tied=TiedUse(block.name, len(inner.trail)))
        return inner.bind(block.name, template, block.span)

    def _fits(self, formal: outline.Formal, meaning: Meaning) -> bool:
        match formal.type:
            case None:
                return True
            case "tensor":
                return isinstance(meaning, Tensor)
            case _:
                if isinstance(meaning, Tensor):
                    return meaning.item == self.broken
                value = self.static(meaning.item)
                wanted = {"int": NUMBER, "number": NUMBER, "bool": TRUTH, "symbol": SYMBOL, "list": LIST}.get(
                    formal.type
                )
                if wanted is None or meaning.item == self.broken:
                    return True
                if formal.type == "int" and isinstance(value, Fraction):
                    return False
                return wanted in self.kinds(meaning.item)

    def _same_arguments(
        self, block: outline.Block, call: nodes.Call, given: Mapping[str, tuple[Meaning, Span]]
    ) -> None:
        """Uses of a tied block must have equal arguments, since they share one set of weights."""
        scalars = {name: meaning.item for name, (meaning, _) in given.items() if isinstance(meaning, Scalar)}
        first = self._tied.setdefault(block.span, (scalars, call.span))
        for name, item in scalars.items():
            if first[0].get(name) != item and self.broken not in (item, first[0].get(name)):
                self.report(TiedArguments(name_span(call), block.name, name, first[1]))

    _endless: set[Span]
    """Blocks with unlimited recursion; skipped after the first time."""
    _tied: dict[Span, tuple[dict[str, ItemId], Span]]

    def bind(self, scope: Scope, name: str, meaning: Meaning | Template, span: Span) -> Scope:
        raise NotImplementedError

    def may_bind(self, scope: Scope, name: str, span: Span) -> bool:
        raise NotImplementedError
