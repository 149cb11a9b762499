"""A whole space as a Python module with a `keras_tuner.HyperModel`.

The network is written from the syntax tree, not from the graph: only the tree still has blocks with arguments, loops
and the author's names, while the graph has a copy of a body for each use and each iteration. What needs proof comes
from the compiled space: the conditions of choices (`declarations`), the outputs and the settings of training.

The code builds the network as it is written. sqsem's own models leave out layers that do nothing, such as a relu after
a relu; these have no weights. So both have the same layers with weights, and the same function.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqsem_dsl.ast import nodes, outline
from sqsem_dsl.backends.hypermodel.activity import Activity
from sqsem_dsl.backends.hypermodel.blocks import block_names
from sqsem_dsl.backends.hypermodel.bodies import DISPATCH, held, rule, statement_code
from sqsem_dsl.backends.hypermodel.declarations import Entry, declaration_lines, entries
from sqsem_dsl.backends.hypermodel.document import document
from sqsem_dsl.backends.hypermodel.layout import docstring, layout
from sqsem_dsl.backends.hypermodel.reads import variables
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
from sqsem_dsl.backends.hypermodel.values import Tensor
from sqsem_dsl.backends.hypermodel.writer import Module, Writer, identifier
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.elaborate.imports import Library
from sqsem_dsl.elaborate.lower.budgets import quantity_in
from sqsem_dsl.elaborate.resolve.names import choice_names
from sqsem_dsl.ir.graph import Guard
from sqsem_dsl.operators.row import PaddedShape, Value, WholeShape
from sqsem_dsl.settings.optimizers import WITHOUT_LENGTH
from sqsem_dsl.space.space import Space


def space_code(space: Space) -> str:
    """The module for a space that was compiled from a text.

    Raises SqsError with all parts of the spec that cannot be expressed.
    """
    found = entries(space.choices, _defaults(space))
    always = frozenset(f'hp.get("{entry.choice.path}")' for entry in found if not entry.when and not entry.wider)
    activity = Activity(found)
    module = Module(DISPATCH, always, activity.surely_read, activity.surely_reached)
    train = space.default().train
    settings = Settings(module, space.graph)
    check_settings(settings, train)
    module.regularizer = regularizer(train)
    has_length = not isinstance(train.schedule, WITHOUT_LENGTH)
    build = _build(module, space)
    compile_lines(build, settings, train, space.outputs)
    build.write("return model")
    fit = Writer(module, indent="        ")
    fit_lines(fit, settings, train, space.budgets)
    if module.problems:
        raise SqsError(sorted(module.problems.values(), key=lambda p: (p.span.source.name, p.span.start)))
    one_hot = one_hot_outputs(settings, train, space.outputs)
    name = class_name(space.name)
    lines = [*document(space, module, name, one_hot, has_length, found), ""]
    lines += [f"import {each}" for each in sorted(module.imports)] + ([""] if module.imports else [])
    lines += ["import keras", "import keras_tuner", "from keras import layers"]
    for table, code in sorted(module.tables.items()):
        lines += ["", *_constant(table, code)]
    for code_lines in module.helpers.values():
        lines += ["", *([""] * code_lines[0].startswith("def ")), *code_lines]
    for function in module.written:
        assert function.lines is not None
        lines += ["", "", *function.lines]
    lines += ["", "", *_class(space, name, found, build, fit, has_length)]
    return "\n".join(lines) + "\n"


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
    space: Space, name: str, found: tuple[Entry, ...], build: Writer, fit: Writer, has_length: bool
) -> list[str]:
    doc = space.doc or f"The models of the space {space.name}."
    lines = [f"class {name}(keras_tuner.HyperModel):", *docstring(doc, "    "), ""]
    if has_length:
        lines += [
            "    def __init__(self, steps_per_epoch, **kwargs):",
            f'        super().__init__(**{{"name": "{space.name}", **kwargs}})',
            "        self.steps_per_epoch = steps_per_epoch",
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


def _build(module: Module, space: Space) -> Writer:
    """The method `build`, up to the model."""
    compilation = space.compilation
    assert compilation is not None
    spec = compilation.read.spec
    assert spec is not None
    module.choice_names = frozenset(choice_names(spec.definitions))
    writer = Writer(module, indent="        ", used={"hp", "self", "model", "optimizer"})
    own = next(each for each in compilation.spaces if each.name == space.name)
    scope = Scope(names=dict(_file_names(spec, compilation.library, {})))
    writer.used |= block_names(scope) | {identifier(item.name) for item in own.items if isinstance(item, outline.Block)}
    inputs: dict[str, str] = {}
    outputs: dict[str, str] = {}
    for at, item in enumerate(own.items):
        later = own.items[at + 1 :]
        kept = scope.keeping(*variables(scope, later), *inputs.values(), *outputs.values())
        match item:
            case outline.Input(name=name):
                scope = scope.bind(name, _input(writer, item, space, inputs))
            case outline.Output(name=name, value=value):
                found = writer.value(value, kept, "x" if "x" not in kept.keep else writer.free("x"))
                outputs[name] = found.code
            case outline.Block(name=name):
                scope = scope.bind(name, Template(item, scope))
            case outline.Settings():
                pass
            case nodes.Require(condition=condition):
                if quantity_in(condition) is None:
                    rule(writer, condition, scope)
            case nodes.Const(name=name) if name in compilation.define:
                given = compilation.defined[name]
                scope = scope.bind(name, scalar(writer, given, scope))
            case nodes.Const(name=name, value=value):
                scope = scope.bind(name, held(writer, name, scalar(writer, value, scope)))
            case nodes.Param() | nodes.Let():
                made = statement_code(writer, item, kept, later, None, _with_blocks(own, scope))
                scope = scope.bind(item.name, made.names[item.name])
    writer.lines.append("")
    writer.write(f'model = keras.Model({_several(inputs)}, {_several(outputs)}, name="{space.name}")')
    return writer


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


def _input(writer: Writer, item: outline.Input, space: Space, inputs: dict[str, str]) -> Tensor:
    shape = space.inputs[item.name]
    if isinstance(shape, PaddedShape) or (isinstance(shape, WholeShape) and item.padded):
        remedy = "give it a fixed length, or use `space.hypermodel()`, which handles padding"
        writer.module.refuse(item.span, f"`{item.name}`, a padded input,", "it needs masks in all layers", remedy)
    wanted = "inputs" if item.name == "x" else identifier(item.name)  # `x` is for what follows
    variable = inputs[item.name] = writer.free(wanted)
    shown = f"({shape[0]},)" if len(shape) == 1 else str(tuple(shape))
    below = shape.below if isinstance(shape, WholeShape) else None
    dtype = ', dtype="int32"' if below is not None else ""
    writer.write(f'{variable} = keras.Input({shown}, name="{item.name}"{dtype})')
    return Tensor(variable, len(shape), below)


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
