"""A forward and a backward pass of a built model, on random data: are all numbers finite, does every weight learn?

It uses only Keras's own `compile` and `train_on_batch`, so that TensorFlow and JAX behave alike. Gradients are read
from the momentum of an SGD optimizer after its first step, which is then -learning_rate times the gradient.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from sqsem_dsl.backends.keras import training
from sqsem_dsl.backends.keras.batches import alone
from sqsem_dsl.backends.keras.losses import labels_for_keras
from sqsem_dsl.data.dataset import Dataset, Part
from sqsem_dsl.diagnostics.diagnostic import listing
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.network.endings import output_facts
from sqsem_dsl.network.unread import unread
from sqsem_dsl.operators.row import Shape, WholeShape
from sqsem_dsl.settings.check_with_space import check_train_outputs
from sqsem_dsl.settings.metrics import OutputFact
from sqsem_dsl.settings.train import TrainSettings
from sqsem_dsl.settings.unfreeze import AtOnce
from sqsem_dsl.utils.shapes import is_padded, padding_of

SAMPLES = 4
TRIES = 12
"""Batches after which a weight without a gradient is reported: a relu passes nothing while it is below 0, so the
weights are initialized again for each batch."""
_RATE = 2.0**-20
"""A step so small that it leaves the weights unchanged; a power of 2 preserves a gradient's digits."""

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Flaw:
    """A problem of a pass: its place (an output or a weight; None: the model as a whole), and a description."""

    where: str | None
    what: str


def flaws(architecture: Architecture, model: keras.Model, seed: int) -> Iterator[Flaw]:
    """The problems of the passes of a model: outputs, loss, gradients or trained weights that are not finite, and
    weights that no gradient reaches, except those of layers that no output reads.

    Loss and optimizer are those of the architecture's settings, if they fit its outputs. Raises any exception of Keras.
    """
    facts = output_facts(architecture)
    train = architecture.train
    if check_train_outputs(train, facts, architecture.inputs):
        train = TrainSettings(precision=train.precision)
    generator = np.random.default_rng(seed)
    part = _random_part(architecture, facts, generator)
    outputs = model(alone(part.inputs), training=False)
    tensors = outputs if isinstance(outputs, dict) else {next(iter(facts)): outputs}
    wild = [name for name, tensor in tensors.items() if not _finite(keras.ops.convert_to_numpy(tensor))]
    if wild:
        yield from (Flaw(name, "the output is not finite") for name in wild)
        return
    if not model.trainable_variables:
        return
    found = list(_gradient_flaws(architecture, model, train, facts, part, generator))
    yield from found or _training_flaws(model, train, _dataset(part, facts))


def _gradient_flaws(
    architecture: Architecture,
    model: keras.Model,
    train: TrainSettings,
    facts: Mapping[str, OutputFact],
    part: Part,
    generator: np.random.Generator,
) -> Iterator[Flaw]:
    vain = {layer.name for layer in unread(architecture)}
    every = {variable.path: variable for variable in model.trainable_variables}
    waiting = {path: variable for path, variable in every.items() if path.partition("/")[0] not in vain}
    equal = _weighing_all(train)
    for _ in range(TRIES):
        gradients, loss = _gradients(model, equal, _dataset(part, facts))
        if not np.isfinite(loss):
            yield Flaw(None, f"the loss is {loss}")
            return
        wild = [path for path, gradient in gradients.items() if not _finite(gradient)]
        if wild:
            yield Flaw(None, f"the gradient is not finite for {listing(wild)}")
            return
        waiting = {path: variable for path, variable in waiting.items() if not gradients[path].any()}
        # In half precision small gradients underflow, so a missing one is not an error.
        if not waiting or train.precision == "mixed_float16":
            return
        _draw_anew(model.trainable_variables, generator)
        part = _random_part(architecture, facts, generator)
    yield Flaw(None, f"no gradient reaches {listing(waiting)}")


def _training_flaws(model: keras.Model, train: TrainSettings, dataset: Dataset) -> Iterator[Flaw]:
    """A step with the settings."""
    at_once = train.model_copy(update={"unfreeze": AtOnce()})  # all that is trained in the end
    training.prepare(model, at_once, dataset)
    loss = _step(model, train, dataset)
    if not np.isfinite(loss):
        yield Flaw(None, f"the loss is {loss}")
    for weight in model.weights:
        if not _finite(weight.numpy()):
            yield Flaw(weight.path, f"a step of `{train.optimizer.name}` makes it infinite or NaN")
            return


def _gradients(model: keras.Model, train: TrainSettings, dataset: Dataset) -> tuple[dict[str, Array], float]:
    """The gradient of each trainable variable by its path, up to a factor, and the loss."""
    optimizer = keras.optimizers.SGD(_RATE, momentum=0.5)
    training.prepare(model, train, dataset, optimizer=optimizer)
    loss = _step(model, train, dataset)
    momenta = (momentum.numpy() for momentum in optimizer.momentums)
    return {v.path: momentum for v, momentum in zip(model.trainable_variables, momenta, strict=True)}, loss


def _step(model: keras.Model, train: TrainSettings, dataset: Dataset) -> float:
    """A step of a prepared model on a whole data set; the loss before it."""
    model.run_eagerly = True  # a single step is faster than compiling one
    labels = {
        name: labels_for_keras(train, name, fact, dataset.train.labels[name][:])
        for name, fact in dataset.outputs.items()
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras warns of missing gradients, which are reported here in more detail
        logs = model.train_on_batch(alone(dataset.train.inputs), alone(labels), return_dict=True)
    return float(logs["loss"])


def _random_part(architecture: Architecture, facts: Mapping[str, OutputFact], generator: np.random.Generator) -> Part:
    inputs = {name: _random_input(shape, generator) for name, shape in architecture.inputs.items()}
    return Part(inputs, {name: _random_labels(fact, generator) for name, fact in facts.items()})


def _random_input(shape: Shape, generator: np.random.Generator) -> Array:
    if isinstance(shape, WholeShape):
        values: Array = generator.integers(0, shape.below, (SAMPLES, *shape), np.int32)
    else:
        values = generator.standard_normal((SAMPLES, *shape), np.float32)
    if is_padded(shape):
        for row, length in zip(values, generator.integers(1, shape[0] + 1, SAMPLES), strict=True):
            row[length:] = padding_of(shape)
    return values


def _random_labels(fact: OutputFact, generator: np.random.Generator) -> Array:
    """Labels in the form of a `Dataset`: class numbers, yes or no, or positive numbers (which any loss accepts)."""
    match fact.ending:
        case "softmax":
            return generator.integers(0, fact.shape[-1], (SAMPLES, *fact.shape[:-1]), np.int32)
        case "sigmoid":
            return generator.integers(0, 2, (SAMPLES, *fact.shape)).astype(np.float32)
        case None:
            return generator.random((SAMPLES, *fact.shape), np.float32)


def _dataset(part: Part, facts: Mapping[str, OutputFact]) -> Dataset:
    return Dataset("random", facts, part, part, part)


def _weighing_all(train: TrainSettings) -> TrainSettings:
    """The settings with every output's loss in the sum: a weight of 0 must not hide its gradients."""
    own = {name: each.model_copy(update={"loss_weight": None}) for name, each in train.by_output.items()}
    return train.model_copy(update={"loss_weight": 1.0, "by_output": own})


def _draw_anew(variables: list[keras.Variable], generator: np.random.Generator) -> None:
    """Random weights with the scale of the previous ones."""
    for variable in variables:
        before = variable.numpy()
        size = float(np.sqrt(np.mean(np.square(before)))) or 0.1
        variable.assign(generator.normal(0.0, size, before.shape).astype(before.dtype))


def _finite(array: Array) -> bool:
    return bool(np.isfinite(array).all())
