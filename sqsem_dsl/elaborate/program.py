"""A whole space: its inputs, statements, outputs and settings, with the blocks of its file in scope."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from sqsem_dsl.ast import nodes, outline
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import NOWHERE, Span
from sqsem_dsl.diagram.shape_analysis import analyze_shapes
from sqsem_dsl.elaborate.calls import name_span
from sqsem_dsl.elaborate.core import MAX_ITEMS, Overflow
from sqsem_dsl.elaborate.domains import Domains
from sqsem_dsl.elaborate.errors.choices import TooLarge
from sqsem_dsl.elaborate.errors.names import DuplicateName, ReservedName, SamePath
from sqsem_dsl.elaborate.errors.statements import (
    BadInputShape,
    EndlessRecursion,
    ExternForbidden,
    MissingArgument,
    MissingOutput,
    TiedArguments,
    UnknownDefine,
    WrongType,
)
from sqsem_dsl.elaborate.imports import Library
from sqsem_dsl.elaborate.scope import Bound, Scope, Template, Tensor
from sqsem_dsl.elaborate.settings import Entry, SettingsPart
from sqsem_dsl.ir.graph import Budget, Graph, Input, ItemId, Op
from sqsem_dsl.ir.path import Segment
from sqsem_dsl.syntax.maybe import ALL_READ, MaybeDefined
from sqsem_dsl.utils.recursion import with_recursion_limit


class Externs(Domains):
    """Elaborates `extern`; the layer itself is imported when its shape is first needed."""

    def extern(self, node: nodes.Call, scope: Scope, flow: ItemId | None) -> ItemId:
        signature = 'extern("package.module:Layer", name = value, …)'
        inputs = [] if flow is None else [flow]
        target: str | None = None
        attributes: dict[str, ItemId] = {}
        for argument in node.arguments:
            place = (Segment(node.label or "extern"), Segment(argument.name or "target"))
            meaning = self.value(argument.value, scope, self.known_symbols(), place)
            if isinstance(meaning, Tensor):
                inputs.append(meaning.item)
            elif meaning.item == self.broken:
                return self.broken
            elif argument.name is not None:
                attributes[argument.name] = meaning.item
            elif target is not None:
                remedy = 'arguments of the layer have names: `extern("package.module:Layer", units = 8)`'
                return self.report(
                    WrongType(argument.span, "a tensor or a named argument", self.describe(meaning.item), remedy)
                )
            elif isinstance(value := self.static(meaning.item), str) and value.count(":") == 1:
                target = value
            else:
                wanted, remedy = "the place of a layer", f"it is written `{signature}`"
                return self.report(WrongType(argument.span, wanted, self.describe(meaning.item), remedy))
        if target is None:
            return self.report(MissingArgument(name_span(node), "extern", "the layer's place", signature))
        if not inputs:
            return self.report(MissingArgument(name_span(node), "extern", "a tensor", signature))
        if not self.allow_extern:
            return self.report(ExternForbidden(name_span(node), target))
        if self.broken in inputs:
            return self.broken
        from sqsem_dsl.operators.extern import extern_row

        path, name, weights = self.layer_name(scope, node.label or target.partition(":")[2].lower())
        return self.make(
            Op(extern_row(target), tuple(inputs), tuple(attributes.items()), name, weights, path, name_span(node))
        )


Defines = Mapping[str, nodes.Expr | nodes.ListOf]


@dataclass(frozen=True)
class Elaborated:
    """`graph` is None where a diagnostic is an error."""

    graph: Graph | None
    rule_spans: Mapping[ItemId, Span]
    diagnostics: tuple[Diagnostic, ...]


class Elaborator(Externs, SettingsPart):
    """All parts together."""


@with_recursion_limit
def elaborate(
    space: outline.Space,
    spec: outline.Spec,
    library: Library,
    defines: Defines | None = None,
    allow_extern: bool = False,
    maybe: MaybeDefined = ALL_READ,
) -> Elaborated:
    """The graph of one space of a file. `library` holds the blocks that the file imports; `maybe` are the names that
    may be bound where the file could not be read."""
    part = Elaborator(allow_extern)
    part.maybe = maybe
    part.std_names = library.std_names
    part.rule_spans, part._tied, part._endless, part._bare = {}, {}, set(), {}
    try:
        graph = _space(part, space, file_scope(part, spec, library), defines or {})
    except Overflow:
        if not any(isinstance(d, TooLarge) for d in part.diagnostics.values()):
            part.report(TooLarge(space.span, f"the space `{space.name}`, unrolled,", MAX_ITEMS))
        graph = None
    found = tuple(part.diagnostics.values())
    failed = any(d.severity == "error" for d in found)
    if failed and graph is not None and not maybe:
        found += _faults(part, graph)
    return Elaborated(None if failed else graph, part.rule_spans, found)


def _faults(part: Elaborator, graph: Graph) -> tuple[Diagnostic, ...]:
    """Arithmetic and shape errors in a space with other errors, if those cannot be their cause."""
    doubtful = (DuplicateName, SamePath, TiedArguments, TooLarge, EndlessRecursion)
    outputs = tuple((name, item) for name, item in graph.outputs if item != part.broken)
    if part.lost_rule or not outputs or any(isinstance(d, doubtful) for d in part.diagnostics.values()):
        return ()
    return analyze_shapes(replace(graph, outputs=outputs), part.rule_spans).faults


def file_scope(part: Elaborator, spec: outline.Spec, library: Library) -> Scope:
    """The blocks of a file, in any order, and those that it imports; each sees the blocks of the file that defines
    it."""
    scopes: dict[int, Scope] = {}

    def scope_of(owner: outline.Spec) -> Scope:
        known = scopes.get(id(owner))
        if known is None:
            known = scopes[id(owner)] = Scope(names={})
            for name, (block, home) in library.blocks(owner).items():
                known.names[name] = Bound(Template(block, scope_of(home)), block.span)
        return known

    for definition in spec.definitions:
        if isinstance(definition, outline.Block):
            part.bind(Scope(names={}), definition.name, Template(definition, Scope()), definition.span)
            part.check_formals(definition)
    return scope_of(spec)


def _space(part: Elaborator, space: outline.Space, scope: Scope, defines: Defines) -> Graph | None:
    inputs: list[tuple[Input, ItemId, Span]] = []
    outputs: list[tuple[str, ItemId]] = []
    output_spans: dict[str, Span] = {}
    rules: list[ItemId] = []
    budgets: list[Budget] = []
    sections: dict[str, tuple[Entry, ...]] = {}
    section_spans: dict[str, Span] = {}
    constants = tuple(item.name for item in space.items if isinstance(item, nodes.Const))
    for name in defines:
        if name not in constants:
            part.report(UnknownDefine(NOWHERE, name, constants))
    names = tuple(item.name for item in space.items if isinstance(item, outline.Output))
    input_names = tuple(item.name for item in space.items if isinstance(item, outline.Input))
    part.bound = frozenset(i.name for i in space.items if isinstance(i, outline.Input | BINDING))
    part.counts = frozenset(_counts(space.items)) - part.bound
    for item in space.items:
        match item:
            case outline.Input():
                node = _input(part, item, scope)
                scope = part.bind(scope, item.name, Tensor(part.broken if node is None else part.make(node)), item.span)
                if node is not None:
                    inputs.append((node, part.make(node), item.span))
            case outline.Output():
                if item.name in output_spans:
                    part.report(DuplicateName(item.span, item.name, output_spans[item.name]))
                output_spans[item.name] = item.span
                if item.name == "val":  # Keras reports `val_loss`: of the validation set, or of such an output?
                    part.report(ReservedName(item.span, "val", "what validation metrics begin with"))
                remedy = "an output is a tensor: `x -> dense(10) -> softmax`"
                outputs.append((item.name, part.tensor(part.value(item.value, scope), item.value.span, remedy)))
            case outline.Block():
                part.check_formals(item)
                scope = part.bind(scope, item.name, Template(item, scope), item.span)
            case outline.Settings():
                if item.section in sections:
                    part.report(DuplicateName(item.span, item.section, section_spans[item.section], "given"))
                    continue
                section_spans[item.section] = item.span
                sections[item.section] = part.settings(item, scope, names, input_names)
            case nodes.Require(condition=condition) if part.quantity(condition) is not None:
                budgets.extend(part.budgets(condition, scope))
            case nodes.Const() | nodes.Param() | nodes.Let() | nodes.Require():
                scope, more = part.statements((item,), scope, defines)
                rules.extend(more)
    if not names:
        part.report(MissingOutput(space.span, space.name))
    return Graph(
        tuple(part.items),
        tuple(part.choices),
        tuple(node for node, _, _ in inputs),
        tuple(outputs),
        tuple(rules),
        tuple(budgets),
        part.regions.whole(space.span),
        **sections,
    )


BINDING = nodes.Const | nodes.Param | nodes.Let | outline.Block


def _counts(node: object) -> Iterator[str]:
    """The names of all repeats in a part of a spec."""
    if isinstance(node, nodes.Repeat) and node.domain is not None and node.name is not None:
        yield node.name
    if isinstance(node, nodes.Node):
        for part in node.parts():
            yield from _counts(part)
    elif isinstance(node, tuple):
        for each in node:
            yield from _counts(each)


def _input(part: Elaborator, item: outline.Input, scope: Scope) -> Input | None:
    shape = part.scalar(part.value(item.shape, scope), item.shape.span)
    if shape == part.broken:
        return None
    known = part.settled(shape, item.shape.span, "the shape of an input")
    if known is None:
        return None
    (value,) = known
    fits = isinstance(value, tuple) and 1 <= len(value) <= 4
    if not fits or not all(isinstance(v, int) and not isinstance(v, bool) and 1 <= v <= 10**6 for v in value or ()):  # type: ignore[union-attr]
        part.report(BadInputShape(item.shape.span, item.name, item.shape.span.text))
        return None
    assert isinstance(value, tuple)
    return Input(item.name, tuple(v for v in value if isinstance(v, int)))
