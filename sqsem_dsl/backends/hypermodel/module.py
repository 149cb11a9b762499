"""A whole space as a Python module with a `keras_tuner.HyperModel`.

The network is written from the syntax tree, not from the graph: only the tree still has blocks with arguments, loops
and the author's names, while the graph has a copy of a body for each use and each iteration. What needs proof comes
from the compiled space: the conditions of choices (`declarations`), the outputs and the settings of training.

The code builds the network as it is written. sqsem's own models leave out layers that do nothing, such as a relu after
a relu; these have no weights. So both have the same layers with weights, and the same function.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from sqsem_dsl.ast import nodes, outline
from sqsem_dsl.backends.hypermodel.activity import Activity
from sqsem_dsl.backends.hypermodel.blocks import block_names
from sqsem_dsl.backends.hypermodel.bodies import DISPATCH, held, statement_code
from sqsem_dsl.backends.hypermodel.choice_paths import check_recorded
from sqsem_dsl.backends.hypermodel.class_weights import needs_names
from sqsem_dsl.backends.hypermodel.declarations import Entry, declaration_lines, entries
from sqsem_dsl.backends.hypermodel.document import document
from sqsem_dsl.backends.hypermodel.helpers import helper
from sqsem_dsl.backends.hypermodel.inputs import STATISTICS, check_augmentation, from_data, input_code
from sqsem_dsl.backends.hypermodel.layout import docstring, layout, whole_statement
from sqsem_dsl.backends.hypermodel.optimizers import has_length
from sqsem_dsl.backends.hypermodel.reads import has_tied, read_after, variables
from sqsem_dsl.backends.hypermodel.rules import rule
from sqsem_dsl.backends.hypermodel.scalars import scalar
from sqsem_dsl.backends.hypermodel.scope import Scope, Template
from sqsem_dsl.backends.hypermodel.settings_code import Settings
from sqsem_dsl.backends.hypermodel.training import (
    check_settings,
    compile_lines,
    fit_lines,
    one_hot_outputs,
    regularizer,
)
from sqsem_dsl.backends.hypermodel.whole_networks import extern_ranks
from sqsem_dsl.backends.hypermodel.writer import Module, Place, Writer, identifier
from sqsem_dsl.backends.hypermodel.zeros import filled
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.elaborate.imports import Library
from sqsem_dsl.elaborate.lower.budgets import quantities, quantity_in
from sqsem_dsl.elaborate.resolve.names import choice_names
from sqsem_dsl.elaborate.symbols import own_symbols
from sqsem_dsl.ir.graph import Guard, Op
from sqsem_dsl.operators.extern import EXTERN
from sqsem_dsl.operators.row import Value
from sqsem_dsl.space.space import Space

EXAMPLES = 50
"""The architectures in which layers of the user are looked at."""


def space_code(space: Space) -> str:
    """The module for a space that was compiled from a text.

    Raises SqsError with all parts of the spec that cannot be expressed.
    """
    found = entries(space.choices, _defaults(space))
    always = frozenset(f'hp.get("{entry.choice.path}")' for entry in found if not entry.when and not entry.wider)
    activity = Activity(found)
    zeros: frozenset[Place] = frozenset()
    taken: frozenset[str] = frozenset()
    lazy: frozenset[Place] = frozenset()
    ranks = _extern_ranks(space)
    while True:  # until the names of helpers, and the places that zeros and functions of tensors reach, are known
        module = Module(
            DISPATCH,
            always,
            activity.must_be_read,
            activity.must_be_reached,
            activity.read_in_every_iteration,
            found,
            zeros=zeros,
            lazy=lazy,
            helper_names=taken,
            extern_ranks=ranks,
        )
        lines = _lines(space, module, found)
        names = module.helpers.keys() | module.top_packages
        if module.seen_zeros <= zeros and module.seen_lazy <= lazy and names <= taken:
            break
        zeros, lazy, taken = zeros | module.seen_zeros, lazy | module.seen_lazy, taken | names
    check_recorded(module)
    if module.problems:
        raise SqsError(sorted(module.problems.values(), key=lambda p: (p.span.source.name, p.span.start)))
    return "\n".join(lines) + "\n"


def _extern_ranks(space: Space) -> dict[tuple[str, int], frozenset[int]]:
    """The axes of the outputs of the layers of the user, in the first architecture and in some others."""
    if not any(isinstance(item, Op) and item.row.name == EXTERN for item in space.graph.items):
        return {}
    several = space.sample(EXAMPLES, seed=0) if space.count is not None else ()
    return extern_ranks((space.default(), *several))


def _lines(space: Space, module: Module, found: tuple[Entry, ...]) -> list[str]:
    """The lines of the module."""
    train = space.default().train
    settings = Settings(module, space.graph)
    check_settings(settings, train, space.outputs)
    check_augmentation(settings, train, space)
    module.regularizer = regularizer(train)
    names = needs_names(train, space.outputs)
    build = _build(module, space, settings)
    compile_lines(build, settings, train, space.outputs)
    build.write("return model")
    fit = Writer(module, indent="        ")
    fit_lines(fit, settings, train, space.budgets, space.outputs)
    statistics = from_data(train, space)
    if statistics:
        module.helpers["channel_statistics"] = STATISTICS
    arguments = {
        "statistics": bool(statistics),
        "classes": bool(names),
        "steps_per_epoch": has_length(settings),
    }
    wanted = [each for each, needed in arguments.items() if needed]
    one_hot = one_hot_outputs(settings, train, space.outputs)
    name = class_name(space.name)
    name += "HyperModel" if name in module.helpers else ""
    lines = [*document(space, module, name, one_hot, statistics, wanted, found), ""]
    lines += [f"import {each}" for each in sorted(module.imports)] + ([""] if module.imports else [])
    lines += [f"import {each}" for each in sorted({"keras", "keras_tuner", *module.packages})]
    lines += ["from keras import layers"]
    for table, code in sorted(module.tables.items()):
        lines += ["", *_constant(table, code)]
    for code_lines in module.helpers.values():
        lines += ["", "", *code_lines]
    for function in module.written:
        assert function.lines is not None
        lines += ["", "", *function.lines]
    lines += ["", "", *_class(space, name, found, build, fit, wanted)]
    return lines


def class_name(name: str) -> str:
    """
    >>> class_name("squeezenet_se_auto")
    'SqueezenetSeAuto'
    """
    return "".join(part[:1].upper() + part[1:] for part in name.split("_")) or "Model"


def _defaults(space: Space) -> Mapping[str, Value]:
    """The values by default of a space with rules: a tuner builds this model first, so they must keep the rules."""
    rules = any(isinstance(item, Guard) for item in space.graph.items) or space.graph.rules
    return space.default().choices if rules else {}


def _constant(name: str, code: str) -> list[str]:
    if len(f"{name} = {code}") <= 88 or code.startswith("{"):
        return layout(f"{name} = {code}")
    return [f"{name} = {code}  # fmt: skip"] if len(code) < 140 else layout(f"{name} = {code}")


def _class(
    space: Space, name: str, found: tuple[Entry, ...], build: Writer, fit: Writer, arguments: Sequence[str]
) -> list[str]:
    """The class, whose constructor takes some arguments."""
    doc = space.doc or f"The models of the space {space.name}."
    lines = [f"class {name}(keras_tuner.HyperModel):", *docstring(doc, "    "), ""]
    if arguments:
        lines += [
            f"    def __init__(self, {', '.join(arguments)}, **kwargs):",
            f'        super().__init__(**{{"name": "{space.name}", **kwargs}})',
            *(f"        self.{each} = {each}" for each in arguments),
            "",
        ]
    first = next((entry.choice.path for entry in found if not entry.when), None)
    lines += ["    def declare_hyperparameters(self, hp):"]
    lines += declaration_lines(found, "        ") or ["        pass"]
    lines += ["", "    def build(self, hp):"]
    if first is not None:
        lines += [
            f'        if "{first}" not in hp:  # called without a tuner',
            "            self.declare_hyperparameters(hp)",
            "",
        ]
    return [*lines, *build.lines, "", "    def fit(self, hp, model, *args, **kwargs):", *fit.lines]


def _build(module: Module, space: Space, settings: Settings) -> Writer:
    """The method `build`, up to the model."""
    compilation = space.compilation
    assert compilation is not None
    spec = compilation.read.spec
    assert spec is not None
    module.choice_names = frozenset(choice_names(spec.definitions))
    writer = Writer(module, indent="        ", used={"hp", "self", "model", "optimizer", "tied", *module.helper_names})
    own = next(each for each in compilation.spaces if each.name == space.name)
    scope = Scope(names=dict(_file_names(spec, compilation.library, {})))
    _set_policy(writer, settings)
    writer.used |= block_names(scope) | {identifier(item.name) for item in own.items if isinstance(item, outline.Block)}
    scope = scope.using(read_after(own.items, None, _with_blocks(own, scope)))
    inputs: dict[str, str] = {}
    outputs: dict[str, str] = {}
    if any(has_tied(item, _with_blocks(own, scope)) for item in own.items if not isinstance(item, outline.Block)):
        writer.write("tied = {}  # the models of tied blocks, each made at its first use")
    for at, item in enumerate(own.items):
        later = own.items[at + 1 :]
        kept = scope.keeping(*variables(scope, later), *inputs.values(), *outputs.values())
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
    writer.write(f'model = keras.Model({_several(inputs)}, {_several(outputs)}, name="{space.name}")')
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
