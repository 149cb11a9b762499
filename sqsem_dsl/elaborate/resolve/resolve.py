"""Names in the text of a file, each looked up once where it is written, used or not: a library is checked like a space.

It reports names that mean nothing anywhere they could be used: operators, blocks, values, symbols and named arguments.
The lowering then takes an unknown name for an error that is already reported. Only types are left to it: whether what
a name means may be where the name is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqsem_dsl.ast import nodes, outline
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.elaborate.imports import Library
from sqsem_dsl.elaborate.resolve.names import Elsewhere, Names, Resolver, Sort, choice_names, elsewhere
from sqsem_dsl.elaborate.resolve.text import resolve_body, resolve_prior, resolve_statement, resolve_value
from sqsem_dsl.elaborate.symbols import own_symbols
from sqsem_dsl.elaborate.vocabulary import known_symbols
from sqsem_dsl.settings.sections import Setting, setting_row
from sqsem_dsl.settings.table import Argument
from sqsem_dsl.syntax.maybe import ALL_READ, MaybeDefined
from sqsem_dsl.utils.recursion import with_recursion_limit

Defines = Mapping[str, nodes.Expr | nodes.ListOf]


@with_recursion_limit
def resolve(
    spec: outline.Spec, library: Library, defines: Defines | None = None, maybe: MaybeDefined = ALL_READ
) -> tuple[Diagnostic, ...]:
    """Every error of a name in the definitions of a file, and in the blocks of other files that they use.

    `defines` replace constants of the spaces; `maybe` are names that may be bound where the file could not be read.
    """
    resolver = Resolver(maybe)
    spaces = [d for d in spec.definitions if isinstance(d, outline.Space)]
    beyond = elsewhere(spaces)
    names = _file(spec, library, beyond)
    for definition in spec.definitions:
        match definition:
            case outline.Block():
                _block(resolver, definition, names)
            case outline.Space():
                _space(resolver, definition, spec, names, defines or {})
    done: set[int] = set()
    while resolver.used:
        block, home = resolver.used.pop()
        if home is not spec and id(block) not in done:
            done.add(id(block))
            _block(resolver, block, _file(home, library, beyond))
    return tuple(resolver.found)


def _file(spec: outline.Spec, library: Library, beyond: Elsewhere) -> Names:
    """The names that all definitions of a file see."""
    own = {d.name: (d, spec) for d in spec.definitions if isinstance(d, outline.Block)}
    # A name that a `use` does not find is reported there.
    missing = dict.fromkeys(name for use in spec.uses for name in use.names)
    return Names({**missing, **library.blocks(spec), **own}, beyond, symbols=own_symbols(spec))


def _space(resolver: Resolver, space: outline.Space, spec: outline.Spec, names: Names, defines: Defines) -> None:
    names = replace(names, elsewhere=elsewhere((space,)), choices=frozenset(choice_names(space)))
    for item in space.items:
        match item:
            case outline.Settings():
                _settings(resolver, item, names)
            case outline.Block():
                names = names.define(item.name, (item, spec))
                _block(resolver, item, names)
            case outline.Input():
                resolve_value(resolver, item.shape, names)
                if item.below is not None:
                    resolve_value(resolver, item.below, names)
                names = names.bind(item.name, "tensor")
            case outline.Output():
                resolve_value(resolver, item.value, names)
            case _:
                if isinstance(item, nodes.Const) and item.name in defines:
                    resolve_value(resolver, defines[item.name], names)
                names = resolve_statement(resolver, item, names)


def _block(resolver: Resolver, block: outline.Block, names: Names) -> None:
    inner = replace(names, inside=True, choices=frozenset(choice_names(block)))
    for formal in block.formals:
        if formal.default is not None:
            resolve_value(resolver, formal.default, inner)
        inner = inner.bind(formal.name, _sort_of(formal))
    resolve_body(resolver, block.body, inner, False)


def _sort_of(formal: outline.Formal) -> Sort:
    match formal.type:
        case None:
            return "either"
        case "tensor":
            return "tensor"
        case _:
            return "scalar"


def _settings(resolver: Resolver, node: outline.Settings, names: Names) -> None:
    """The settings of one section that exist."""
    for setting in node.settings:
        row = setting_row(node.section, setting.name)
        if row is not None:
            _setting(resolver, setting.value, row, row.value, names)


def _setting(resolver: Resolver, node: nodes.Value, row: Setting, takes: Argument, names: Names) -> None:
    """A setting's value or, with `takes`, the value of an argument of one of its options."""
    options = row.models if takes is row.value else {}
    match node:
        case nodes.AnyOf(domain=nodes.ListOf(items=items)) if options:
            for item in items:
                _setting(resolver, item, row, takes, names)
            if node.prior not in items:
                resolve_prior(resolver, node.prior, names)
        case nodes.AnyOf(domain=domain):
            resolve_value(resolver, domain, names, (*takes.words, *known_symbols()))
            resolve_prior(resolver, node.prior, names)
        case nodes.ListOf(items=items):
            for item in items:
                _setting(resolver, item, row, takes, names)
        case nodes.Call(name=name, arguments=arguments) if options:
            known = list(row.options.get(name, ()))
            rest = row.rest(name) if known or name in row.models else None
            for position, argument in enumerate(arguments):
                wanted = argument.name or (known[position] if position < len(known) else None)
                if rest is not None and (argument.name is not None or position >= len(known)):
                    _setting(resolver, argument.value, row, rest.value, names)
                elif wanted in known:
                    _setting(resolver, argument.value, row, row.argument(name, wanted), names)
        case nodes.Name() if takes.kind != "value":
            pass
        case _:
            resolve_value(resolver, node, names, known_symbols() if takes.kind == "value" else ())
