"""Trains a built model according to `train { }`: the same on every backend of Keras 3.

Usage::

    dataset = load_data("digits", space_inputs, space_outputs, seed)     # sqsem_dsl.data.load
    targets = target_scales(train, dataset, architecture)
    with policy_scope(train, seed):                                      # precision, and the seed of initial weights
        model = build_model(architecture, scales=scales(train, dataset, architecture.inputs), targets=targets)
    prepare(model, train, dataset, epochs=20, targets=targets)           # compiles in place
    history = fit(model, train, dataset, seed=seed, epochs=20, callbacks=[…])
    scores = evaluate(model, train, dataset.test, dataset.outputs)       # {"loss": …, "accuracy": …}

`history` maps every name of `metric_names(train, outputs)` except `params` and `macs` to one float for each epoch.
`epochs` is the length of the whole training and of the schedule; None uses that of `train`. To resume a training from a
checkpoint, pass `fit` an `initial_epoch`, and an `initial_batch` if it was interrupted within an epoch. Models are
functional, with one input tensor (of those that the data have), or a dict of several by name; the same holds for
outputs. After early stopping the model has its best weights. A training whose loss becomes NaN stops at the end of that
epoch, with NaN in the history: the caller decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import isfinite
from typing import Any

import keras
import numpy as np

from sqsem_dsl.backends.keras.batches import (
    EvaluationBatches,
    TrainingBatches,
    alone,
    evaluation_weights,
    even_batch_size,
    input_names,
)
from sqsem_dsl.backends.keras.compiling import compile_model
from sqsem_dsl.backends.keras.given import Given
from sqsem_dsl.backends.keras.losses import labels_for_keras
from sqsem_dsl.backends.keras.optimizers import keras_optimizer
from sqsem_dsl.backends.keras.precise_batchnorm import from_dataset
from sqsem_dsl.backends.keras.targets import TargetScale
from sqsem_dsl.backends.keras.unfreezing import first_epoch, hold_backbones, phase_callbacks, set_phases
from sqsem_dsl.data.dataset import Dataset, Part
from sqsem_dsl.operators.extern_objects import extern_callback
from sqsem_dsl.settings.metrics import OutputFact, metric_names
from sqsem_dsl.settings.optimizers import ReduceOnPlateau
from sqsem_dsl.settings.options import Patience
from sqsem_dsl.settings.train import TrainSettings

__all__ = ["evaluate", "fit", "metric_names", "policy_scope", "prepare", "steps_per_epoch", "stopping_callbacks"]

LARGEST_EVALUATION_BATCH = 256


@contextmanager
def policy_scope(train: TrainSettings, seed: int | None = None) -> Iterator[None]:
    """A context in which models are built in the precision that `train` sets; the previous policy is restored after it.

    With a seed, Python's, NumPy's and the backend's generators are set to it first, so that initial weights are the
    same.
    """
    if seed is not None:
        keras.utils.set_random_seed(seed)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(train.precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def steps_per_epoch(train: TrainSettings, dataset: Dataset) -> int:
    """Training steps of an epoch: every batch is full, the last one filled up with samples from the next epoch's
    order."""
    return -(-len(dataset.train) // min(train.batch_size, len(dataset.train)))


def prepare(
    model: keras.Model,
    train: TrainSettings,
    dataset: Dataset,
    *,
    epochs: int | None = None,
    optimizer: keras.optimizers.Optimizer | None = None,
    targets: Mapping[str, TargetScale] | None = None,
) -> keras.Model:
    """Compiles a model in place, for a training of `epochs` epochs, and returns it. A given `optimizer` overrides the
    one of the settings. `targets` are the scales of the outputs with which the model was built.
    """
    steps, length = steps_per_epoch(train, dataset), epochs or train.epochs
    held = None if optimizer is not None else hold_backbones(model, train)
    optimizer = optimizer or keras_optimizer(train, steps, length)
    weighted = dataset.train.weights is not None
    compile_model(model, train, dataset.outputs, optimizer, targets or {}, weighted=weighted)
    if held is not None:
        set_phases(model, held, train, keras_optimizer(train, steps, length, unfrozen=True), steps)
    return model


def fit(
    model: keras.Model,
    train: TrainSettings,
    dataset: Dataset,
    *,
    seed: int,
    epochs: int | None = None,
    initial_epoch: int = 0,
    initial_batch: int = 0,
    stopping: Sequence[keras.callbacks.Callback] | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    verbose: int = 0,
    given: Given | None = None,
) -> dict[str, list[float]]:
    """Trains a prepared model and returns the values reported after each epoch, by name.

    The order of samples and their augmentation depend only on the seed and the epoch. Early stopping and the reduction
    of the learning rate on a plateau (`stopping`, otherwise Keras's own according to the settings) run before the
    callbacks of the settings and the given ones; after early stopping the best weights are in the model.

    With an `initial_batch`, the first epoch has only the batches from there on, or only its validation if that was the
    last one. A callback must restore the state of its metrics when it begins. Callbacks then see two trainings. The
    arguments in `given` override the settings and the data.
    """
    given = given or Given()
    keras.utils.set_random_seed(seed)
    steps = given.steps or steps_per_epoch(train, dataset)
    elapsed = initial_epoch - first_epoch(model)
    if elapsed > 0 and int(model.optimizer.iterations) == 0:  # Only weights were restored before.
        model.optimizer.iterations.assign(elapsed * steps)
    own = [*phase_callbacks(model), *statistics_callbacks(train, dataset, seed), _StopWithoutNumber()]
    own += stopping_callbacks(train) if stopping is None else stopping
    own += user_callbacks(train)
    validation = _given(model, train, dataset.validation, dataset.outputs)
    weights = given.weights(train, dataset)
    last = epochs or train.epochs
    parts = [(initial_epoch, 0, last)]
    if initial_batch:
        parts = [(initial_epoch, initial_batch, initial_epoch + 1), (initial_epoch + 1, 0, last)]
    found: dict[str, list[float]] = {}
    for epoch, batch, end in parts:
        if batch == steps:
            reported = _validate(model, train, dataset, epoch, [*own, *callbacks])
        else:
            batches = TrainingBatches(
                input_names(model),
                train,
                dataset,
                seed,
                epoch,
                batch,
                weights=weights,
                shuffle=given.shuffle,
                steps=steps,
            )
            reported = model.fit(
                batches,
                epochs=end,
                initial_epoch=epoch,
                shuffle=False,
                callbacks=[_Epochs(batches), *own, *callbacks],
                verbose=verbose,
                **{**_validated_on(validation, given), **given.more},
            ).history
        for name, values in reported.items():
            found.setdefault(name, []).extend(float(value) for value in values)
        if model.stop_training or end == last:
            break
    return found


def _validated_on(validation: Mapping[str, Any], given: Given) -> dict[str, Any]:
    """The arguments of `Model.fit` for the validation set."""
    if "validation_data" in given.more:  # which Keras reads itself
        return {}
    if len(validation) == 1:
        return {"validation_data": validation["x"]}
    weights = alone(given.validation_weight) if given.validation_weight else validation.get("sample_weight")
    data = (validation["x"], validation["y"], *(() if weights is None else (weights,)))
    return {"validation_data": data, "validation_batch_size": validation["batch_size"]}


def _validate(
    model: keras.Model,
    train: TrainSettings,
    dataset: Dataset,
    epoch: int,
    callbacks: Sequence[keras.callbacks.Callback],
) -> dict[str, list[float]]:
    """The end of an epoch whose batches are all done, as in `Model.fit`."""
    model.stop_training = False
    for callback in callbacks:
        callback.set_model(model)
        callback.set_params({"epochs": epoch + 1, "steps": steps_per_epoch(train, dataset), "verbose": 0})
        callback.on_train_begin()
        callback.on_epoch_begin(epoch)
    logs = {name: float(value) for name, value in model.get_metrics_result().items()}
    given, own = _given(model, train, dataset.validation, dataset.outputs), list(callbacks)
    scores = model.evaluate(**given, verbose=0, callbacks=own, return_dict=True)
    logs |= {f"val_{name}": float(value) for name, value in scores.items()}
    for callback in callbacks:
        callback.on_epoch_end(epoch, logs)
    for callback in callbacks:
        callback.on_train_end(logs)
    return {name: [value] for name, value in logs.items()}


def make_variables(model: keras.Model, train: TrainSettings, dataset: Dataset) -> None:
    """Creates the variables that a prepared model still lacks, those of its metrics, by evaluating a batch."""
    size = _evaluation_batch(train, dataset.validation)
    evaluate(model, train, dataset.validation.take(np.arange(min(size, len(dataset.validation)))), dataset.outputs)


def evaluate(
    model: keras.Model, train: TrainSettings, part: Part, outputs: Mapping[str, OutputFact]
) -> dict[str, float]:
    """The loss and the metrics of a prepared (or reloaded) model on a split, by name without `val_`."""
    scores = model.evaluate(**_given(model, train, part, outputs), verbose=0, return_dict=True)
    return {name: float(value) for name, value in scores.items()}


class _Epochs(keras.callbacks.Callback):  # type: ignore[misc]
    """Announces the epochs to the batches: Keras also requests some before the first."""

    def __init__(self, batches: TrainingBatches) -> None:
        super().__init__()
        self.batches = batches

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        self.batches.begin(epoch)


class _StopWithoutNumber(keras.callbacks.Callback):  # type: ignore[misc]
    """Stops a training whose loss is infinite or NaN: it cannot recover in a later epoch."""

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        if logs and not isfinite(float(logs.get("loss", 0.0))):
            self.model.stop_training = True


def stopping_callbacks(train: TrainSettings) -> list[keras.callbacks.Callback]:
    """Keras's callbacks that follow the reported values according to `train`: the reduction of the learning rate on a
    plateau, and early stopping."""
    found = []
    match train.schedule:
        case ReduceOnPlateau(patience=patience, factor=factor, min_delta=min_delta, min_rate=least) as plateau:
            mode = "max" if plateau.rises else "min"
            found.append(
                keras.callbacks.ReduceLROnPlateau(
                    plateau.monitor, factor, patience, mode=mode, min_delta=min_delta, min_lr=least
                )
            )
        case _:
            pass
    match train.early_stopping:
        case Patience(epochs=patience, monitor=monitor, min_delta=min_delta) as stopping:
            mode = "max" if stopping.rises else "min"
            callback = keras.callbacks.EarlyStopping(
                monitor,
                min_delta=min_delta,
                patience=patience,
                mode=mode,
                restore_best_weights=True,
                start_from_epoch=train.frozen_epochs,
            )
            found.append(callback)
        case _:
            pass
    return found


def user_callbacks(train: TrainSettings) -> list[keras.callbacks.Callback]:
    """New callbacks of the user that the settings name."""
    return [extern_callback(extern) for extern in train.callbacks]


def statistics_callbacks(train: TrainSettings, dataset: Dataset, seed: int) -> list[keras.callbacks.Callback]:
    """The callback that estimates batch normalization's statistics before each validation, or nothing."""
    return [from_dataset(dataset, seed)] if train.batchnorm_statistics == "precise" else []


def _evaluation_batch(train: TrainSettings, part: Part) -> int:
    return even_batch_size(len(part), max(train.batch_size, LARGEST_EVALUATION_BATCH))


def _given(model: keras.Model, train: TrainSettings, part: Part, outputs: Mapping[str, OutputFact]) -> dict[str, Any]:
    """The arguments of `Model.evaluate` for a split: the inputs that the model uses and the labels in the form of its
    losses, with the weights of the samples. Whole if all is in memory, otherwise in batches that are read on demand."""
    inputs = {name: part.inputs[name] for name in input_names(model)}
    size = _evaluation_batch(train, part)
    weights = evaluation_weights(part, outputs)
    arrays = {name: held for name, held in part.labels.items() if isinstance(held, np.ndarray)}
    if len(arrays) < len(part.labels) or not all(isinstance(held, np.ndarray) for held in inputs.values()):
        return {"x": EvaluationBatches(inputs, part.labels, train, outputs, size, weights)}
    labels = {name: labels_for_keras(train, name, fact, arrays[name]) for name, fact in outputs.items()}
    weighted = {"sample_weight": alone(weights)} if weights else {}
    return {"x": alone(inputs), "y": alone(labels), "batch_size": size, **weighted}
