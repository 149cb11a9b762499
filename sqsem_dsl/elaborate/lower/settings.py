"""`train`, `search` and `meta`: settings become values that may contain choices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqsem_dsl.ast import nodes, outline
from sqsem_dsl.diagnostics.diagnostic import closest
from sqsem_dsl.diagnostics.hints import setting_hint
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.elaborate.errors.domains import NotStatic, RealReaches, RepeatedValue
from sqsem_dsl.elaborate.errors.names import DuplicateName, UnknownArgument, UnknownName, UnknownSymbol
from sqsem_dsl.elaborate.errors.statements import (
    BadSetting,
    ExternForbidden,
    MissingArgument,
    RepeatedArgument,
    TooManyArguments,
)
from sqsem_dsl.elaborate.lower.builder import Builder
from sqsem_dsl.elaborate.lower.declare import declare
from sqsem_dsl.elaborate.lower.domains import lower_domain
from sqsem_dsl.elaborate.lower.expected import as_scalar, reads_shape
from sqsem_dsl.elaborate.lower.priors import lower_prior
from sqsem_dsl.elaborate.lower.scope import Scalar, Scope, Tensor
from sqsem_dsl.elaborate.vocabulary import known_symbols, name_span
from sqsem_dsl.ir.choices import Categorical, Continuous
from sqsem_dsl.ir.graph import CallValue, ChoiceValue, ItemId, ListValue, MapValue, ScalarOf, SettingValue
from sqsem_dsl.ir.path import Segment
from sqsem_dsl.ir.settings import place_of, plain_setting, setting_items, ways
from sqsem_dsl.settings.extern import TARGET, own_name
from sqsem_dsl.settings.sections import SECTIONS, Plain, Setting, check_section, check_setting, setting_row
from sqsem_dsl.settings.table import Argument, Rest

Entry = tuple[str, SettingValue]


def lower_settings(
    builder: Builder, node: outline.Settings, scope: Scope, outputs: tuple[str, ...], inputs: tuple[str, ...] = ()
) -> tuple[Entry, ...]:
    """The values of one section of settings."""
    section = node.section
    rows = SECTIONS[section]
    place = replace(scope, path=(Segment(section),), trail=(Segment(section),), it=None)
    entries: list[Entry] = []
    first: dict[str, Span] = {}
    for setting in node.settings:
        at = (setting.name,) if setting.qualifier is None else (setting.name, setting.qualifier)
        key = ".".join(at)
        if key in first:
            builder.report(DuplicateName(setting.span, key, first[key], "set"))
            continue
        first[key] = setting.span
        row = setting_row(section, setting.name)
        if row is None:
            hint = setting_hint(section, setting.name, SECTIONS)
            builder.report(UnknownName(setting.span, setting.name, tuple(rows), "setting", hint))
            continue
        if setting.qualifier is not None and not row.takes_qualifier:
            known = tuple(r.name for r in rows.values() if r.takes_qualifier)
            message = f"`{setting.name}` is set for all outputs and inputs at once"
            remedy = f"settings of one are {', '.join(f'`{k}`' for k in known)}"
            builder.report(BadSetting(setting.span, key, message, remedy))
            continue
        builder.section = "train"
        value = _setting(builder, setting.value, row, row.value, place, at)
        builder.section = "architecture"
        if value is None:
            continue
        if section != "train" and any(not builder.is_static(i) for i in setting_items(value)):
            builder.report(NotStatic(setting.value.span, f"a setting of `{section}`"))
            continue
        entries.append((key, value))
        _check(builder, section, key, value)
    if all(k in dict(entries) for k in first):
        _check_together(builder, section, entries, outputs, inputs, first)
    return tuple(entries)


def _setting(
    builder: Builder, node: nodes.Value, row: Setting, takes: Argument, scope: Scope, at: tuple[str, ...]
) -> SettingValue | None:
    """A setting's value or, with `takes`, the value of an argument of one of its options."""
    options = row.models if takes is row.value else {}
    match node:
        case nodes.AnyOf(domain=nodes.ListOf(items=items)) if options:
            return _one_of(builder, node, items, row, scope, at)
        case nodes.AnyOf(domain=domain):
            values = lower_domain(builder, domain, scope, (*takes.words, *known_symbols()))
            prior = lower_prior(builder, node.prior, values, scope)
            if values is None:
                return None
            if isinstance(values, Continuous) and not takes.real_ok:
                builder.report(RealReaches(node.span, f"`{at[-1]}`"))
                return None
            place = scope.within(*map(Segment, at[:-1]))
            item = declare(builder, place, Segment(at[-1]), "any", values, node.span, prior)
            return None if item == builder.broken else ScalarOf(item, node.span)
        case nodes.ListOf(items=items):
            several = [_setting(builder, item, row, takes, scope, at) for item in items]
            return ListValue(tuple(s for s in several if s is not None), node.span) if None not in several else None
        case nodes.Name(name=name) | nodes.Call(name=name) if options:
            bound = scope.names.get(name)
            if isinstance(node, nodes.Name) and bound is not None and isinstance(bound.meaning, Scalar):
                return _known(builder, bound.meaning.item, node.span)
            if name not in options and builder.maybe.value(name):
                return None
            if name not in options:
                builder.report(UnknownSymbol(node.span, name, at[0], tuple(options), _first_name(node)))
                return None
            return _option(builder, node, row, scope, at)
        case nodes.Name(name=name) if (
            name not in ("true", "false") and name not in scope.names and takes.kind != "value"
        ):
            if builder.maybe.value(name) and name not in takes.words:
                return None
            if takes.kind in ("number", "whole", "numbers"):
                known = tuple(n for n, b in scope.names.items() if not isinstance(b.meaning, Tensor))
                wanted = {"whole": "a whole number", "numbers": "a list of numbers"}.get(takes.kind, "a number")
                taker = at[-2] if at[-1].isdigit() else at[-1]
                remedy = None if closest(name, known) else f"`{taker}` takes {wanted}"
                builder.report(UnknownName(node.span, name, known, remedy=remedy))
                return None
            return ScalarOf(builder.constant(name), node.span)
        case _:
            symbols = known_symbols() if takes.kind == "value" else ()
            item = as_scalar(builder, builder.value(node, scope, symbols), node.span)
            if builder.is_real(item) and not takes.real_ok:
                builder.report(RealReaches(node.span, f"`{at[-1]}`"))
                return None
            return _known(builder, item, node.span)


def _known(builder: Builder, item: ItemId, span: Span) -> SettingValue | None:
    """A scalar as the value of a setting; it must be known before there is a network."""
    if item == builder.broken:
        return None
    if reads_shape(builder, item):
        builder.report(NotStatic(span, "a setting"))
        return None
    return ScalarOf(item, span)


def _option(
    builder: Builder, node: nodes.Name | nodes.Call, row: Setting, scope: Scope, at: tuple[str, ...]
) -> SettingValue | None:
    name = node.name
    names = list(row.options[name])
    rest = row.rest(name)
    signature = _signature(name, names, rest)
    inner = (*at, _segment(node))
    given: dict[str, SettingValue] = {}
    others: dict[str, SettingValue] = {}
    failed = False
    for position, argument in enumerate(node.arguments if isinstance(node, nodes.Call) else ()):
        wanted = argument.name
        if rest is not None and (wanted is not None or (position >= len(names) and rest.by_position)):
            wanted = wanted or str(position - len(names))
            if wanted in others:
                builder.report(RepeatedArgument(argument.span, name, wanted))
                failed = True
                continue
            value = _setting(builder, argument.value, row, rest.value, scope, (*inner, wanted))
            failed |= value is None
            if value is not None:
                others[wanted] = value
            continue
        if wanted is None:
            if position >= len(names):
                builder.report(TooManyArguments(argument.span, name, position + 1, len(names), signature))
                return None
            wanted = names[position]
        if wanted not in names:
            builder.report(UnknownArgument(argument.span, name, wanted, tuple(names), signature))
            failed = True
            continue
        if wanted in given:
            builder.report(RepeatedArgument(argument.span, name, wanted))
            failed = True
            continue
        value = _setting(builder, argument.value, row, row.argument(name, wanted), scope, (*inner, wanted))
        failed |= value is None
        if value is not None:
            given[wanted] = value
    for wanted in names:
        if row.argument(name, wanted).required and wanted not in given and not failed:
            builder.report(MissingArgument(node.span, name, f"`{wanted}`", signature))
            failed = True
    if rest is not None and others:
        given[rest.field] = MapValue(tuple(others.items()), node.span)
    elif rest is not None and rest.value.required and not failed:
        builder.report(MissingArgument(node.span, name, f"`{rest.field}`", signature))
        failed = True
    if failed:
        return None
    if name == "extern" and not builder.allow_in_settings:
        builder.report(ExternForbidden(name_span(node), _target(node) or given["target"].span.text))
        return None
    return CallValue(name, tuple(given.items()), node.span)


def _first_name(node: nodes.Name | nodes.Call) -> str | None:
    """The first argument of a call, if it is a name."""
    match node:
        case nodes.Call(arguments=[nodes.Argument(value=nodes.Name(name=name)), *_]):
            return name
    return None


def _target(node: nodes.Name | nodes.Call) -> str | None:
    """What an `extern` names, if it is written as a text."""
    match node:
        case nodes.Call(name="extern", arguments=[first, *_]) if first.name is None:
            match first.value:
                case nodes.Text(value=text) if TARGET.fullmatch(text):
                    return text
    return None


def _segment(node: nodes.Name | nodes.Call) -> str:
    """The part of a path for the arguments of an option: several `extern` may have arguments of one name."""
    target = _target(node)
    return node.name if target is None else own_name(target)


def _signature(name: str, names: list[str], rest: Rest | None) -> str:
    """How an option is written: `sgd(momentum, nesterov)`."""
    further = [] if rest is None else ["number, …" if rest.by_position else "argument = value, …"]
    return f"{name}({', '.join([*names, *further])})" if names or further else name


def _one_of(
    builder: Builder, node: nodes.AnyOf, items: tuple[nodes.Value, ...], row: Setting, scope: Scope, at: tuple[str, ...]
) -> SettingValue | None:
    options: list[tuple[str, SettingValue]] = []
    failed = False
    for item in items:
        value = _setting(builder, item, row, row.value, scope, at)
        if value is None:
            failed = True
            continue
        name = item.span.text
        if isinstance(value, CallValue):
            name = _segment(item) if isinstance(item, nodes.Call) else value.name
        if name in dict(options):
            name = " ".join(item.span.text.split())
        if name in dict(options):
            builder.report(RepeatedValue(item.span, f"`{name}`"))
            failed = True
        options.append((name, value))
    if failed:
        return None
    domain = Categorical(tuple(name for name, _ in options))
    prior = lower_prior(builder, node.prior, domain, scope, items)
    test = declare(builder, scope.within(*map(Segment, at[:-1])), Segment(at[-1]), "any", domain, node.span, prior)
    if test == builder.broken:
        return None
    return options[0][1] if len(options) == 1 else ChoiceValue(test, tuple(options), node.span)


def _check(builder: Builder, section: str, key: str, value: SettingValue) -> None:
    """Checks every value that the setting can have with its model, varying one choice at a time."""
    for assignment in ways(builder.items, builder.choices, [value]):
        for problem in check_setting(section, key, plain_setting(builder.items, value, assignment)):
            span = place_of(builder.items, value, problem.where[1:], assignment)
            builder.report(BadSetting(span, key, problem.message, problem.help))


def _check_together(
    builder: Builder,
    section: str,
    entries: list[Entry],
    outputs: tuple[str, ...],
    inputs: tuple[str, ...],
    spans: Mapping[str, Span],
) -> None:
    if builder.maybe or any(isinstance(d, BadSetting) for d in builder.diagnostics.values()):
        return
    for assignment in ways(builder.items, builder.choices, [value for _, value in entries]):
        plain: dict[str, Plain] = {key: plain_setting(builder.items, value, assignment) for key, value in entries}
        for problem in check_section(section, plain, outputs, inputs):
            key = str(problem.where[0])
            span = spans.get(key, next(iter(spans.values())))
            builder.report(BadSetting(span, key, problem.message, problem.help))
