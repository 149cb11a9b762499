"""Reuses compiled models: tracing and compiling a step takes longer than the training of many trials.

Two trainings share a step if the network is the same, including all names, and so is everything that is compiled into
the step. A reused model gets the weights, and the state of random layers, of a newly built one with the new seed, so
its results are the same.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import keras

from sqsem_dsl.backends.keras import training
from sqsem_dsl.backends.keras.compiling import has_externs
from sqsem_dsl.backends.keras.model import build_model
from sqsem_dsl.backends.keras.optimizers import learning_rate
from sqsem_dsl.backends.keras.shared_update import share_update
from sqsem_dsl.backends.keras.standardize import Scale, scales
from sqsem_dsl.backends.keras.targets import TargetScale, target_scales
from sqsem_dsl.backends.keras.unfreezing import go_to_phase, optimizers_of
from sqsem_dsl.data.dataset import Dataset
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.operators.extern import EXTERN
from sqsem_dsl.settings.optimizers import WITHOUT_LENGTH
from sqsem_dsl.settings.train import TrainSettings
from sqsem_dsl.study.trial.checkpoint import Arrays, optimizer_state

KEPT = 3
"""Compiled models that a process keeps."""
SHORT = 1000
"""Maximum steps of a training for which optimizing the graph does not pay off."""


class CompiledModels:
    """The last few compiled models of a process."""

    def __init__(self, kept: int = KEPT) -> None:
        self.kept = kept
        self._models: OrderedDict[str, tuple[keras.Model, Arrays]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._models)

    def model(
        self, architecture: Architecture, train: TrainSettings, dataset: Dataset, epochs: int, seed: int
    ) -> keras.Model:
        """A model with new initial weights, compiled for a training of `epochs` epochs. A later call returns it again:
        copy its weights to keep them."""
        scaled = scales(train, dataset, architecture.inputs)
        targets = target_scales(train, dataset, architecture)
        with training.policy_scope(train, seed):
            fresh = build_model(architecture, scales=scaled, targets=targets)
        key = _baked(architecture, train, dataset, epochs, scaled, targets)
        if key is None:
            return training.prepare(fresh, train, dataset, epochs=epochs, targets=targets)
        if key not in self._models:
            model = training.prepare(fresh, train, dataset, epochs=epochs, targets=targets)
            if is_short(train, dataset, epochs):
                for optimizer in optimizers_of(model):
                    share_update(optimizer)
            self._models[key] = model, optimizer_state(model)
            while len(self._models) > self.kept:
                self._models.popitem(last=False)
            return model
        self._models.move_to_end(key)
        model, beginning = self._models[key]
        go_to_phase(model, 0)
        for variable, new in zip(model.variables, fresh.variables, strict=True):
            variable.assign(new)
        for variable, first in zip(model.optimizer.variables, beginning, strict=True):
            variable.assign(first)
        if isinstance(train.schedule, WITHOUT_LENGTH):
            model.optimizer.learning_rate = learning_rate(train, 1, 1)
        model.stop_training = False
        return model

    def clear(self) -> None:
        """Removes all."""
        self._models.clear()


def is_short(train: TrainSettings, dataset: Dataset, epochs: int) -> bool:
    """Whether a training of so many epochs is a short one."""
    return epochs * training.steps_per_epoch(train, dataset) <= SHORT


@contextmanager
def graphs_for(short: bool) -> Iterator[None]:
    """A context in which TensorFlow does not optimize traced graphs, if the training is short and there is no GPU:
    optimizing takes a quarter of the time to trace and compile a step, and training steps on a CPU gain nothing from
    it."""
    if not short or keras.config.backend() != "tensorflow":
        yield
        return
    tensorflow = import_module("tensorflow")
    optimizer, name = tensorflow.config.optimizer, "disable_meta_optimizer"
    if tensorflow.config.list_physical_devices("GPU"):
        yield
        return
    before = optimizer.get_experimental_options().get(name, False)
    optimizer.set_experimental_options({name: True})
    try:
        yield
    finally:
        optimizer.set_experimental_options({name: before})


def _baked(
    architecture: Architecture,
    train: TrainSettings,
    dataset: Dataset,
    epochs: int,
    scaled: Mapping[str, Scale],
    targets: Mapping[str, TargetScale],
) -> str | None:
    """The key of a compiled step; None if it cannot be determined: an object of the user may hold anything."""
    network: Any = getattr(architecture, "network", None)
    if network is None or any(layer.operator == EXTERN for layer in network.layers):
        return None
    if has_externs(train, dataset.outputs):
        return None
    constant = isinstance(train.schedule, WITHOUT_LENGTH)
    settings = train.model_dump(exclude={"epochs", "early_stopping", *(["learning_rate"] if constant else [])})
    length = None if constant else (epochs, training.steps_per_epoch(train, dataset))
    short = is_short(train, dataset, epochs)
    return repr(
        (
            architecture.space,
            network.layers,
            dict(network.outputs),
            settings,
            length,
            short,
            dict(dataset.outputs),
            scaled,
            targets,
            dataset.train.weights is None,
        )
    )
