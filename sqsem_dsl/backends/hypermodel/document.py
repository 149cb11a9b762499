"""The docstring of a module: what it is, how to use it, and what of the spec it does not have."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from sqsem_dsl.backends.hypermodel.declarations import Entry
from sqsem_dsl.backends.hypermodel.emitted import Module
from sqsem_dsl.backends.hypermodel.inputs import is_approximate
from sqsem_dsl.backends.hypermodel.layout import WIDTH, layout
from sqsem_dsl.backends.hypermodel.training import COUNTED
from sqsem_dsl.diagnostics.diagnostic import listing
from sqsem_dsl.ir.graph import Guard
from sqsem_dsl.ir.path import Path
from sqsem_dsl.operators.row import PaddedShape, WholeShape
from sqsem_dsl.settings.metrics import COUNTS, objectives_of
from sqsem_dsl.settings.search import Maximize, Minimize
from sqsem_dsl.space.space import Space


def document(
    space: Space,
    module: Module,
    name: str,
    one_hot: Sequence[str],
    statistics: Sequence[str],
    wanted: Sequence[str],
    found: Sequence[Entry],
) -> list[str]:
    """The lines of the docstring. `statistics` are the inputs that are standardized by those of the data, `wanted` the
    arguments of the class."""
    count = "too many architectures to count"
    if space.count is not None:
        count = f"{space.count:,} architecture{'' if space.count == 1 else 's'}"
    lines = [f'"""A KerasTuner hypermodel of the space `{space.name}`: {count}.', ""]
    own = sorted(module.top_packages - {"numpy"})
    needed = f"Keras, KerasTuner and your {listing(own)}" if own else "only Keras and KerasTuner"
    lines += [f"It needs {needed}. To search the space:", ""]
    also = ", channel_statistics" if statistics else ""
    lines += [f"    from {space.name} import {name}{also}", "", *_usage(space, name, statistics, wanted)]
    if len(space.inputs) > 1:
        listed = ", ".join(f"`{each}`" for each in space.inputs)
        lines += ["", *_wrapped(f"x is a dict with the inputs {listed}. A model ignores those that it does not use.")]
    if len(space.outputs) > 1:
        listed = ", ".join(f"`{each}`" for each in space.outputs)
        lines += ["", *_wrapped(f"y is a dict with the outputs {listed}.")]
    if one_hot:
        listed = "" if len(space.outputs) == 1 else " of " + ", ".join(f"`{each}`" for each in one_hot)
        lines += ["", *_wrapped(f"Labels{listed} are one-hot vectors.")]
    if "classes" in wanted:
        listed = "the names of the classes, in the order of their numbers"
        whole = f"a list with {listed}" if len(space.outputs) == 1 else f"a dict by output with lists of {listed}"
        lines += ["", *_wrapped(f"classes is {whole}.")]
    for remark in _remarks(space, module, found):
        lines += ["", *_wrapped(remark)]
    return [*lines, '"""']


def _usage(space: Space, name: str, statistics: Sequence[str], wanted: Sequence[str]) -> list[str]:
    search = space.search_settings
    objectives = objectives_of(search, space.default().train, space.outputs)
    goal = next((each for each in objectives if each.metric not in COUNTS), Minimize(metric="val_loss"))
    metric, direction = goal.metric, "max" if isinstance(goal, Maximize) else "min"
    objective = f'keras_tuner.Objective("{metric}", "{direction}")'
    if metric in ("val_loss", "val_accuracy"):
        objective = f'"{metric}"'
    known = {"steps_per_epoch": f"steps_per_epoch={steps(space)}"}
    arguments = [known.get(each, each if each == "statistics" else f"{each}={each}") for each in wanted]
    made = f"{name}({', '.join(arguments)})"
    trials = search.trials or 20
    tuner = f"tuner = keras_tuner.RandomSearch({made}, objective={objective}, max_trials={trials})"
    several = [f'"{each}": channel_statistics({_array(space, each)})' for each in statistics]
    before = layout(f"statistics = {{{', '.join(several)}}}", "    ") if several else []
    return [*before, *layout(tuner, "    "), "    tuner.search(x, y, validation_data=(x_val, y_val))"]


def _array(space: Space, name: str) -> str:
    """The code of the training samples of an input."""
    return "x" if len(space.inputs) == 1 else f'x["{name}"]'


def steps(space: Space) -> str:
    """The code of the number of batches in an epoch."""
    return f"math.ceil(samples / {space.default().train.batch_size})"


def _remarks(space: Space, module: Module, found: Sequence[Entry]) -> list[str]:
    remarks = []
    unchecked = [budget.text for budget in space.budgets if not all(name in COUNTED for name, _ in budget.terms)]
    if unchecked:
        listed = ", ".join(f"`require {' '.join(text.split())}`" for text in unchecked)
        remarks.append(f"Not checked: {listed}, which Keras does not count.")
    if (
        len(unchecked) < len(space.budgets)
        or space.graph.rules
        or any(isinstance(item, Guard) for item in space.graph.items)
    ):
        remarks.append(
            "A trial outside the `require`d conditions fails, and KerasTuner stops after three failures in a row: "
            "give the tuner a larger `max_consecutive_failed_trials`."
        )
    wider = list(dict.fromkeys(str(Path.parse(entry.choice.path).pooled) for entry in found if entry.wider))
    if wider:
        listed = ", ".join(f"`{path}`" for path in wider)
        remarks.append(
            f"Also declared in trials that may not use it: {listed}. KerasTuner joins conditions only by `and`."
        )
    if module.renumbered:
        remarks.append("Some layers may have other numbers in their names than in the models of sqsem.")
    numbers = [name for name, shape in space.inputs.items() if isinstance(shape, PaddedShape)]
    whole = [name for name, shape in space.inputs.items() if isinstance(shape, WholeShape) and shape.padded is not None]
    fillings = [(numbers, "NaN in all channels"), (whole, "-1")]
    said = [f"with {code} in {listing(names)}" for names, code in fillings if names]
    if said:
        remarks.append(f"Sequences are padded at their ends: {' and '.join(said)}.")
    train = space.default().train
    if "balanced" in module.helpers:
        remarks.append("Classes are weighted by the labels that `tuner.search` gets, which must be arrays.")
    if module.mixed:
        remarks.append("The model is in mixed precision; building it sets the policy of the whole program.")
    images = any(len(shape) == 3 and not isinstance(shape, WholeShape) for shape in space.inputs.values())
    if train.augment and images and is_approximate(train.augment):
        remarks.append(
            "Images are augmented by Keras's layers, one after another: borders and the distribution of zooms differ "
            "a little from those of sqsem, and changes of colors clip values to 0 to 1."
        )
    if any(fact.ending is None for fact in space.outputs.values()):
        remarks.append("Targets are used as they are: standardize them as sqsem does, if their scale is large.")
    return remarks


def _wrapped(text: str) -> list[str]:
    return wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False)
