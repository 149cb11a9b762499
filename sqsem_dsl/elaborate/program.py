"""A whole space: its inputs, statements, outputs and settings, with the blocks of its file in scope."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import assert_never

from sqsem_dsl.ast import nodes, outline
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import NOWHERE, Span
from sqsem_dsl.diagram.shape_analysis import analyze_shapes
from sqsem_dsl.elaborate.errors.choices import TooLarge
from sqsem_dsl.elaborate.errors.domains import IdlePrior
from sqsem_dsl.elaborate.errors.names import DuplicateName, ReservedName, SamePath
from sqsem_dsl.elaborate.errors.statements import (
    EndlessRecursion,
    MissingOutput,
    TiedArguments,
    UnknownDefine,
)
from sqsem_dsl.elaborate.imports import Library
from sqsem_dsl.elaborate.layer_times import layer_times, needs_times
from sqsem_dsl.elaborate.lower.bind import bind, check_formals
from sqsem_dsl.elaborate.lower.budgets import lower_budgets, read_quantity
from sqsem_dsl.elaborate.lower.builder import MAX_ITEMS, Builder, Overflow
from sqsem_dsl.elaborate.lower.dispatch import DISPATCH
from sqsem_dsl.elaborate.lower.expected import as_tensor
from sqsem_dsl.elaborate.lower.inputs import lower_input
from sqsem_dsl.elaborate.lower.scope import Bound, Scope, Template, Tensor
from sqsem_dsl.elaborate.lower.settings import Entry, lower_settings
from sqsem_dsl.elaborate.lower.statements import lower_statements
from sqsem_dsl.elaborate.resolve.names import elsewhere
from sqsem_dsl.elaborate.resolve.resolve import Defines
from sqsem_dsl.elaborate.symbols import own_symbols
from sqsem_dsl.ir.graph import Budget, Graph, Input, ItemId
from sqsem_dsl.operators.layer_times import LayerTimes
from sqsem_dsl.syntax.maybe import ALL_READ, MaybeDefined
from sqsem_dsl.utils.recursion import with_recursion_limit


@dataclass(frozen=True)
class Elaborated:
    """`graph` is None if a diagnostic is an error, or if the space uses a name for which `resolve` gives one."""

    graph: Graph | None
    rule_spans: Mapping[ItemId, Span]
    diagnostics: tuple[Diagnostic, ...]


@with_recursion_limit
def elaborate(
    space: outline.Space,
    spec: outline.Spec,
    library: Library,
    defines: Defines | None = None,
    allow_extern: bool = False,
    maybe: MaybeDefined = ALL_READ,
    folder: str | None = None,
    trains: bool = True,
    timed: bool = True,
) -> Elaborated:
    """The graph of one space of a file. `library` holds the blocks that the file imports; `maybe` are the names that
    may be bound where the file could not be read; `folder` is that of the spec, for files that layers read. Without
    `trains`, `extern` is allowed in settings, but not in the network. Without `timed`, the table of measured layers
    is not read. Unknown names are for `resolve` to report."""
    settings = allow_extern or not trains
    names = elsewhere((space,))
    builder = Builder(
        dispatch=DISPATCH, allow_extern=allow_extern, allow_in_settings=settings, maybe=maybe, elsewhere=names
    )
    try:
        scope = replace(_file_scope(builder, spec, library), home=space)
        graph = _space(builder, space, scope, defines or {}, folder)
        if timed:
            graph = _timed(builder, graph, library.root)
    except Overflow:
        if not any(isinstance(d, TooLarge) for d in builder.diagnostics.values()):
            builder.report(TooLarge(space.span, f"the space `{space.name}`, unrolled,", MAX_ITEMS))
        graph = None
    found = tuple(d for d in builder.diagnostics.values() if not _is_needless(builder, d))
    failed = builder.failed or any(d.severity == "error" for d in found)
    if failed and graph is not None and not maybe:
        found += _faults(builder, graph)
    return Elaborated(None if failed else graph, builder.rule_spans, found)


def _timed(builder: Builder, graph: Graph, root: Path | None) -> Graph:
    """The graph with its table of measured layers, if it has one and needs it."""
    match layer_times(graph.items, graph.search, root):
        case LayerTimes() as times:
            return replace(graph, times=times)
        case Diagnostic() as wrong:
            builder.report(wrong)
        case None if "latency" not in dict(graph.search) and not builder.maybe:
            for missing in needs_times(graph.items, graph.budgets, graph.search):
                builder.report(missing)
    return graph


def _is_needless(builder: Builder, diagnostic: Diagnostic) -> bool:
    """Whether it warns about a prior that has an effect in another use of its block."""
    return isinstance(diagnostic, IdlePrior) and diagnostic.span in builder.weighted


def _faults(builder: Builder, graph: Graph) -> tuple[Diagnostic, ...]:
    """Arithmetic and shape errors in a space with other errors, if those cannot be their cause."""
    doubtful = (DuplicateName, SamePath, TiedArguments, TooLarge, EndlessRecursion)
    outputs = tuple((name, item) for name, item in graph.outputs if item != builder.broken)
    if builder.lost_rule or not outputs or any(isinstance(d, doubtful) for d in builder.diagnostics.values()):
        return ()
    return analyze_shapes(replace(graph, outputs=outputs), builder.rule_spans).faults


def _file_scope(builder: Builder, spec: outline.Spec, library: Library) -> Scope:
    """The blocks of a file, in any order, and those that it imports; each sees the blocks of the file that defines
    it."""
    scopes: dict[int, Scope] = {}

    def scope_of(owner: outline.Spec) -> Scope:
        known = scopes.get(id(owner))
        if known is None:
            known = scopes[id(owner)] = Scope(names={}, symbols=own_symbols(owner))
            for name, (block, home) in library.blocks(owner).items():
                known.names[name] = Bound(Template(block, scope_of(home)), block.span)
        return known

    for definition in spec.definitions:
        if isinstance(definition, outline.Block):
            bind(builder, Scope(names={}), definition.name, Template(definition, Scope()), definition.span)
            check_formals(builder, definition)
    return scope_of(spec)


@dataclass(slots=True)
class _Parts:
    """The parts of a space so far."""

    inputs: list[Input] = field(default_factory=list)
    outputs: list[tuple[str, ItemId]] = field(default_factory=list)
    output_spans: dict[str, Span] = field(default_factory=dict)
    rules: list[ItemId] = field(default_factory=list)
    budgets: list[Budget] = field(default_factory=list)
    sections: dict[str, tuple[Entry, ...]] = field(default_factory=dict)
    section_spans: dict[str, Span] = field(default_factory=dict)


def _space(builder: Builder, space: outline.Space, scope: Scope, defines: Defines, folder: str | None) -> Graph:
    constants = tuple(item.name for item in space.items if isinstance(item, nodes.Const))
    for name in defines:
        if name not in constants:
            builder.report(UnknownDefine(NOWHERE, name, constants))
    parts = _Parts()
    for item in space.items:
        scope = _item(builder, item, space, scope, parts, defines)
    if not parts.output_spans:
        builder.report(MissingOutput(space.span, space.name))
    return Graph(
        tuple(builder.items),
        tuple(builder.choices),
        tuple(parts.inputs),
        tuple(parts.outputs),
        tuple(parts.rules),
        tuple(parts.budgets),
        builder.regions.whole(space.span),
        parts.sections.get("train", ()),
        parts.sections.get("search", ()),
        parts.sections.get("meta", ()),
        folder,
    )


def _item(
    builder: Builder, item: outline.Entry, space: outline.Space, scope: Scope, parts: _Parts, defines: Defines
) -> Scope:
    """The scope after one item of a space."""
    match item:
        case outline.Input():
            node = lower_input(builder, item, scope)
            made = builder.broken if node is None else builder.make(node)
            if node is not None:
                parts.inputs.append(node)
            return bind(builder, scope, item.name, Tensor(made), item.span)
        case outline.Output():
            _output(builder, item, scope, parts)
        case outline.Block():
            check_formals(builder, item)
            return bind(builder, scope, item.name, Template(item, scope), item.span)
        case outline.Settings():
            _section(builder, item, space, scope, parts)
        case nodes.Require(condition=condition) if read_quantity(condition, scope) is not None:
            parts.budgets.extend(lower_budgets(builder, condition, scope))
        case nodes.Const() | nodes.Param() | nodes.Let() | nodes.LetSeveral() | nodes.Require():
            scope, rules = lower_statements(builder, (item,), scope, defines)
            parts.rules.extend(rules)
        case _:
            assert_never(item)
    return scope


def _output(builder: Builder, item: outline.Output, scope: Scope, parts: _Parts) -> None:
    if item.name in parts.output_spans:
        builder.report(DuplicateName(item.span, item.name, parts.output_spans[item.name]))
    parts.output_spans[item.name] = item.span
    if item.name == "val":  # Keras reports `val_loss`: of the validation set, or of such an output?
        builder.report(ReservedName(item.span, "val", "what validation metrics begin with"))
    remedy = "an output is a tensor: `x -> dense(10) -> softmax`"
    tensor = as_tensor(builder, builder.value(item.value, scope), item.value.span, remedy)
    parts.outputs.append((item.name, tensor))


def _section(builder: Builder, item: outline.Settings, space: outline.Space, scope: Scope, parts: _Parts) -> None:
    if item.section in parts.sections:
        builder.report(DuplicateName(item.span, item.section, parts.section_spans[item.section], "given"))
        return
    outputs = tuple(each.name for each in space.items if isinstance(each, outline.Output))
    inputs = tuple(each.name for each in space.items if isinstance(each, outline.Input))
    parts.section_spans[item.section] = item.span
    parts.sections[item.section] = lower_settings(builder, item, scope, outputs, inputs)
