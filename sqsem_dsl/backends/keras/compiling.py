"""Compiles models with the losses, metrics and the optimizer of `train { }`, and saves them so that Keras alone can
load them.

A model with objects of the user is saved without what it was compiled with: Keras would not find them in a process that
has not imported their module. `compile_loaded` compiles it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from sqsem_dsl.backends.keras.losses import compiled_metrics, keras_loss, keras_metrics
from sqsem_dsl.backends.keras.optimizers import keras_optimizer
from sqsem_dsl.backends.keras.targets import TargetScale, loss_factor
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.settings.base import Option
from sqsem_dsl.settings.extern import Extern
from sqsem_dsl.settings.metrics import OutputFact, loss_of, loss_weight_of, metrics_of
from sqsem_dsl.settings.train import TrainSettings


def compile_model(
    model: keras.Model,
    train: TrainSettings,
    outputs: Mapping[str, OutputFact],
    optimizer: keras.optimizers.Optimizer,
    targets: Mapping[str, TargetScale],
    *,
    weighted: bool,
) -> None:
    """Compiles a model in place. `targets` are the scales of the outputs with which the model was built; `weighted`
    says whether samples have weights.

    The loss is scaled automatically if the model's precision is `mixed_float16`.
    """
    several = len(outputs) > 1
    units = {name: scale.stddev for name, scale in targets.items()}
    losses = {name: keras_loss(train, name, fact, units.get(name, 1.0)) for name, fact in outputs.items()}
    metrics = {name: keras_metrics(train, name, fact) for name, fact in outputs.items()}
    weights = {
        name: loss_weight_of(train, name) * loss_factor(loss_of(train, name, fact).name, targets.get(name))
        for name, fact in outputs.items()
    }
    only = next(iter(outputs))
    model.compile(
        optimizer=optimizer,
        loss=losses if several else losses[only],
        loss_weights=weights if several else [weights[only]],
        **compiled_metrics(metrics, weighted=weighted),
        auto_scale_loss=True,
    )
    # A step that creates the optimizer's variables while it is traced is traced twice.
    model.optimizer.build(model.trainable_variables)


def compile_loaded(model: keras.Model, architecture: Architecture, outputs: Mapping[str, OutputFact]) -> None:
    """Compiles a model that was saved without its loss, metrics and optimizer, whose state begins anew. Metrics are
    weighted if the samples that they get are.

    Raises `Misfit` if objects of the user cannot be made.
    """
    train = architecture.train
    targets = {name: scale for name in outputs if (scale := _scale(model, architecture, name)) is not None}
    compile_model(model, train, outputs, keras_optimizer(train, 1, train.epochs), targets, weighted=True)


def to_save(model: keras.Model) -> keras.Model:
    """The model as it is saved: without its loss, metrics and optimizer if one of them is an object of the user."""
    try:
        config = model.get_compile_config()
    except Exception:  # objects of the user may have no configuration
        config = {"module": None, "class_name": None}
    return model if _is_of_keras(config) else keras.Model(model.input, model.output, name=model.name)


def _is_of_keras(config: Any) -> bool:
    """Whether all objects in a serialized configuration are of Keras, so that it finds them in every process."""
    match config:
        case {"module": module, "class_name": _} if str(module).partition(".")[0] != "keras":
            return False
        case dict():
            return all(map(_is_of_keras, config.values()))
        case list() | tuple():
            return all(map(_is_of_keras, config))
        case _:
            return True


def has_externs(train: TrainSettings, outputs: Mapping[str, OutputFact]) -> bool:
    """Whether a training uses objects of the user."""
    options: list[Option] = [train.optimizer, *train.callbacks]
    for name, fact in outputs.items():
        options += [loss_of(train, name, fact), *metrics_of(train, name, fact)]
    return any(isinstance(option, Extern) for option in options)


def _scale(model: keras.Model, architecture: Architecture, output: str) -> TargetScale | None:
    """The scale of an output with which the model was built, from its last layer (`build_model`)."""
    taken = {layer.name for layer in architecture.layers}
    name = f"{output}.rescale" if output in taken else output
    found = next((layer for layer in model.layers if layer.name == name), None)
    return TargetScale(float(found.scale)) if isinstance(found, keras.layers.Rescaling) else None
