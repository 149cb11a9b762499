"""Models of emitted hypermodels, compared with those of the package."""

from __future__ import annotations

import inspect
import random
import re
from fractions import Fraction
from typing import Any

import keras
import keras_tuner
import numpy as np

from sqsem_dsl.api.space import Architecture, Space
from sqsem_dsl.backends.hypermodel.module import class_name, space_code
from sqsem_dsl.backends.keras.standardize import resized
from sqsem_dsl.ir.choices import Categorical, Choice
from sqsem_dsl.operators.row import Shape, Value, WholeShape
from sqsem_dsl.utils.shapes import is_padded

OTHER_NUMBERS = "Some layers may have other numbers in their names"


def code_of(choice: Choice, value: Value) -> object:
    """A choice's value as the emitted code declares it."""
    match value:
        case tuple():
            return "+".join(map(str, value)) if choice.kind == "pick" else str(list(value))
        case bool() | str():
            return value
        case _:
            domain = choice.domain
            whole = isinstance(domain, Categorical) and not any(isinstance(v, Fraction) for v in domain.values)
            return value if whole else float(value)  # type: ignore[arg-type]


def hypermodel_of(space: Space) -> Any:
    """The hypermodel of the emitted module, in a namespace that has nothing else."""
    namespace: dict[str, Any] = {}
    exec(compile(space_code(space), f"{space.name}.py", "exec"), namespace)
    name = class_name(space.name)
    made = namespace.get(f"{name}HyperModel") or namespace[name]
    plain = {name: ([0.0] * shape[-1], [1.0] * shape[-1]) for name, shape in space.inputs.items()}
    given = {"steps_per_epoch": 3, "statistics": plain, "classes": {}}
    wanted = inspect.signature(made).parameters
    return made(**{name: value for name, value in given.items() if name in wanted})


def built(hypermodel: Any, space: Space, architecture: Architecture) -> keras.Model:
    """The model of the values of an architecture; nothing else is declared for them without a remark."""
    choices = {choice.path: choice for choice in space.choices}
    hp = keras_tuner.HyperParameters()
    hp.values.update({path: code_of(choices[path], value) for path, value in architecture.choices.items()})
    hypermodel.declare_hyperparameters(hp)
    if "Also declared" not in space_code(space):
        assert hp.values.keys() == architecture.choices.keys()
    return hypermodel.build(hp)


def outcomes_of(space: Space, hypermodel: Any, trials: int) -> set[bool]:
    """Whether trials of random values are accepted, which must be exactly the assignments of the space."""
    values = {choice.path: {code_of(choice, value): value for value in values_of(choice)} for choice in space.choices}
    generator = random.Random(1)
    outcomes = set()
    for _ in range(trials):
        hp = keras_tuner.HyperParameters()
        hypermodel.declare_hyperparameters(hp)
        for parameter in hp.space:
            hp.values.pop(parameter.name, None)
            if hp.is_active(parameter):
                hp.values[parameter.name] = parameter.random_sample(generator.randrange(10**6))
        # now some are active that were not when they were declared
        hypermodel.declare_hyperparameters(hp)
        try:
            hypermodel.build(hp)
            accepted = True
        except keras_tuner.errors.FailedTrialError:
            accepted = False
        exact = {path: values[path][code] for path, code in hp.values.items()}
        assert accepted == (space.resolve(exact) is not None), hp.values
        outcomes.add(accepted)
        keras.backend.clear_session()
    return outcomes


def values_of(choice: Choice) -> tuple[Value, ...]:
    assert isinstance(choice.domain, Categorical)
    return choice.domain.values


def layers_of(model: keras.Model) -> list[keras.Layer]:
    """The layers of a model; those of a model that is a layer are among them."""
    inner = [layers_of(each) if isinstance(each, keras.Model) else [each] for each in model.layers]
    return [layer for several in inner for layer in several]


def data_of(shape: Shape, random: np.random.Generator) -> Any:
    """Samples of an input: three, of which all but the first are padded if the input is."""
    if isinstance(shape, WholeShape):
        data = random.integers(0, shape.below, (3, *shape))
    else:
        data = random.random((3, *shape), np.float32)
    if is_padded(shape):
        for row, length in zip(data[1:], (1, max(1, shape[0] * 5 // 8)), strict=True):
            row[length:] = -1 if isinstance(shape, WholeShape) else np.nan
    return data


def in_order(name: str) -> tuple[str, list[int]]:
    """A key by which layers with the same name but for its numbers come in the order of these: `cell_2.conv` and
    `cell.conv_2` are both second.
    """
    return re.sub(r"_\d+", "", name), [int(number or 1) for number in re.findall(r"[a-z](?:_(\d+))?(?=\.|$)", name)]


def check_same(space: Space, architecture: Architecture, model: keras.Model) -> None:
    """Compares layers with weights, parameters and, with copied weights, outputs."""
    theirs = architecture.build(resized({}, architecture.inputs, space.inputs))
    assert model.count_params() == architecture.params
    own, other = ({x.name: x for x in each if x.weights} for each in (layers_of(model), theirs.layers))
    shapes = [{name: [tuple(w.shape) for w in x.weights] for name, x in each.items()} for each in (own, other)]
    names = [(name, name) for name in own]
    if shapes[0] != shapes[1]:
        assert OTHER_NUMBERS in space_code(space), set(own) ^ set(other)
        names = list(zip(sorted(own, key=in_order), sorted(other, key=in_order), strict=True))
        if [shapes[0][one] for one, _ in names] != [shapes[1][two] for _, two in names]:
            names = list(zip(own, other, strict=True))  # a block that calls itself: both build it in the same order
    assert [shapes[0][one] for one, _ in names] == [shapes[1][two] for _, two in names]
    pairs = [(own[one], other[two]) for one, two in names]
    random = np.random.default_rng(0)
    for mine, their in pairs:
        values = [random.random(weight.shape, np.float32) * 0.4 - 0.2 for weight in their.weights]
        values = [abs(v) + 0.1 if "variance" in w.name else v for v, w in zip(values, their.weights, strict=True)]
        mine.set_weights(values)
        their.set_weights(values)
    data = {name: data_of(shape, random) for name, shape in space.inputs.items()}
    used = {name: data[name] for name in architecture.inputs}
    outputs = [
        keras.tree.flatten(each(given if len(given) > 1 else next(iter(given.values())), training=False))
        for each, given in ((model, data), (theirs, used))
    ]
    for one, two in zip(*outputs, strict=True):
        pair = [keras.ops.convert_to_numpy(tensor) for tensor in (one, two)]
        np.testing.assert_allclose(*pair, rtol=1e-3, atol=1e-5)
    keras.backend.clear_session()
