"""The method `build` of a hypermodel: the network of a space, up to `keras.Model`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqsem_dsl.ast import nodes, outline
from sqsem_dsl.backends.hypermodel.blocks import block_names
from sqsem_dsl.backends.hypermodel.bodies import held, statement_code
from sqsem_dsl.backends.hypermodel.emitted import Module, identifier
from sqsem_dsl.backends.hypermodel.helpers import helper
from sqsem_dsl.backends.hypermodel.inputs import Inputs, input_code
from sqsem_dsl.backends.hypermodel.layout import whole_statement
from sqsem_dsl.backends.hypermodel.reads import has_tied, read_after, variables
from sqsem_dsl.backends.hypermodel.rules import rule
from sqsem_dsl.backends.hypermodel.scalars import scalar
from sqsem_dsl.backends.hypermodel.scope import Scope, Template
from sqsem_dsl.backends.hypermodel.settings_code import Settings
from sqsem_dsl.backends.hypermodel.writer import Writer
from sqsem_dsl.backends.hypermodel.zeros import filled
from sqsem_dsl.elaborate.imports import Library
from sqsem_dsl.elaborate.lower.budgets import quantities, quantity_in
from sqsem_dsl.elaborate.resolve.names import choice_names
from sqsem_dsl.elaborate.symbols import own_symbols
from sqsem_dsl.space.space import Space


def build_method(module: Module, space: Space, settings: Settings) -> Writer:
    """The method `build`, up to the model."""
    compilation = space.compilation
    assert compilation is not None
    spec = compilation.read.spec
    assert spec is not None
    own = next(each for each in compilation.spaces if each.name == space.name)
    padded = [(item.span, item.name) for item in own.items if isinstance(item, outline.Input) and item.padded]
    module.padded = padded[0] if padded else None
    module.choice_names = frozenset(choice_names(spec.definitions))
    writer = Writer(module, indent="        ", used={"hp", "self", "model", "optimizer", "tied", *module.helper_names})
    scope = Scope(names=dict(_file_names(spec, compilation.library, {})))
    _set_policy(writer, settings)
    writer.used |= block_names(scope) | {identifier(item.name) for item in own.items if isinstance(item, outline.Block)}
    scope = scope.using(read_after(own.items, None, _with_blocks(own, scope)))
    inputs = Inputs()
    outputs: dict[str, str] = {}
    if any(has_tied(item, _with_blocks(own, scope)) for item in own.items if not isinstance(item, outline.Block)):
        writer.write("tied = {}  # the models of tied blocks, each made at its first use")
    for at, item in enumerate(own.items):
        later = own.items[at + 1 :]
        kept = scope.keeping(*variables(scope, later), *inputs.used, *outputs.values())
        match item:
            case outline.Input(name=name):
                scope = scope.bind(name, input_code(writer, item, space, scope, inputs)).using(frozenset([name]))
            case outline.Output(name=name, value=value):
                found = writer.value(value, kept, "x" if "x" not in kept.keep else writer.free("x"))
                outputs[name] = filled(writer, found)
                if module.mixed:
                    in_full_precision(writer, outputs[name])
            case outline.Block(name=name):
                scope = scope.bind(name, Template(item, scope))
            case outline.Settings():
                pass
            case nodes.Require(condition=condition):
                if quantity_in(condition, quantities({*scope.names, *own_symbols(spec)}, own)) is None:
                    rule(writer, condition, scope)
            case nodes.Const(name=name) if name in compilation.define:
                given = compilation.defined[name]
                scope = scope.bind(name, scalar(writer, given, scope))
            case nodes.Const(name=name, value=value):
                scope = scope.bind(name, held(writer, name, scalar(writer, value, scope)))
            case nodes.Param() | nodes.Let():
                made = statement_code(writer, item, kept, later, None, _with_blocks(own, scope))
                scope = scope.bind(item.name, made.names[item.name])
            case nodes.LetSeveral(names=several):
                made = statement_code(writer, item, kept, later, None, _with_blocks(own, scope))
                for each in several:
                    scope = scope.bind(each, made.names[each])
    writer.lines.append("")
    writer.write(f'model = keras.Model({_several(inputs.variables)}, {_several(outputs)}, name="{space.name}")')
    if writer.late:
        helper(module, "Reads")
        writer.lines = [
            "        hp = Reads(hp)  # for the rules, which are checked when all choices were read",
            *writer.lines,
            *writer.late,
        ]
    return writer


def _set_policy(writer: Writer, settings: Settings) -> None:
    """Writes the precision of the layers if it may be a mixed one."""
    if "precision" not in settings.given:
        return
    code = settings.code("precision")
    if code != '"float32"':
        writer.module.mixed = True
        writer.write("# the policy of all layers that the program makes from here on")
        writer.write(f"keras.config.set_dtype_policy({code})")


def in_full_precision(writer: Writer, variable: str) -> None:
    """Makes the last layer of an output compute in full precision, as mixed precision needs it."""
    start, statement = whole_statement(writer.lines, writer.indent)
    found = re.fullmatch(rf"({variable} = layers\.\w+\(.*)\)\((\w+|\[.*\])\)", statement)
    if found is None:
        writer.write(f'{variable} = layers.Activation("linear", dtype="float32")({variable})')
        return
    del writer.lines[start:]
    comma = "" if found[1].endswith("(") else ", "
    writer.write(f'{found[1]}{comma}dtype="float32")({found[2]})')


def _with_blocks(own: outline.Space, scope: Scope) -> Scope:
    """A scope with the blocks that the space defines further on, too."""
    found = Scope(names=dict(scope.names))
    for item in own.items:
        if isinstance(item, outline.Block):
            found.names.setdefault(item.name, Template(item, found))
    return found


def _several(named: Mapping[str, str]) -> str:
    if len(named) == 1:
        return next(iter(named.values()))
    return "{" + ", ".join(f'"{name}": {variable}' for name, variable in named.items()) + "}"


def _file_names(spec: outline.Spec, library: Library, scopes: dict[int, Scope]) -> dict[str, Template]:
    """The blocks that a file sees, each with those that its own file sees."""

    def scope_of(owner: outline.Spec) -> Scope:
        found = scopes.get(id(owner))
        if found is None:
            found = scopes[id(owner)] = Scope(names={})
            for name, (block, home) in library.blocks(owner).items():
                found.names[name] = Template(block, scope_of(home))
        return found

    return {name: each for name, each in scope_of(spec).names.items() if isinstance(each, Template)}
