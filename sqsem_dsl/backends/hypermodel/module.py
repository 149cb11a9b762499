"""A whole space as a Python module with a `keras_tuner.HyperModel`.

The network is written from the syntax tree, not from the graph: only the tree still has blocks with arguments, loops
and the author's names, while the graph has a copy of a body for each use and each iteration. What needs proof comes
from the compiled space: the conditions of choices (`declarations`), the outputs and the settings of training.

The code builds the network as it is written. sqsem's own models leave out layers that do nothing, such as a relu after
a relu; these have no weights. So both have the same layers with weights, and the same function.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqsem_dsl.backends.hypermodel.activity import Activity
from sqsem_dsl.backends.hypermodel.bodies import DISPATCH
from sqsem_dsl.backends.hypermodel.build_method import build_method
from sqsem_dsl.backends.hypermodel.choice_paths import check_recorded
from sqsem_dsl.backends.hypermodel.class_weights import needs_names
from sqsem_dsl.backends.hypermodel.declarations import Entry, declaration_lines, entries
from sqsem_dsl.backends.hypermodel.document import document
from sqsem_dsl.backends.hypermodel.emitted import Module, Place
from sqsem_dsl.backends.hypermodel.inputs import check_augmentation, from_data, statistics_lines
from sqsem_dsl.backends.hypermodel.layout import docstring, layout
from sqsem_dsl.backends.hypermodel.optimizers import has_length
from sqsem_dsl.backends.hypermodel.settings_code import Settings
from sqsem_dsl.backends.hypermodel.training import (
    check_settings,
    compile_lines,
    fit_lines,
    one_hot_outputs,
    regularizer,
)
from sqsem_dsl.backends.hypermodel.whole_networks import extern_ranks
from sqsem_dsl.backends.hypermodel.writer import Writer
from sqsem_dsl.diagnostics.errors import SqsError
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
    names = needs_names(settings, space.outputs)
    build = build_method(module, space, settings)
    compile_lines(build, settings, train, space.outputs)
    build.write("return model")
    fit = Writer(module, indent="        ")
    fit_lines(fit, settings, train, space.budgets, space.outputs)
    statistics = from_data(train, space)
    if statistics:
        module.helpers["channel_statistics"] = statistics_lines(module)
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
