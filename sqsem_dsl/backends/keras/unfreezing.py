"""Training in two phases: first with frozen backbones, then with the layers that they train.

In the first phase all layers of all backbones are frozen: batch normalization uses its stored statistics, and dropout
is off. Each phase has its own optimizer, as if the model were compiled again between the two (Keras's guide "Transfer
learning & fine-tuning"): the second one starts with new moments for all of its weights, and with a lower learning rate.
A model keeps the compiled step of each phase.

The phase depends only on the number of the epoch, so a training may be interrupted anywhere: the state of a model holds
the variables of the optimizer of its phase.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import layers as kl
from numpy.typing import NDArray

from sqsem_dsl.backends.keras.backbone import backbones
from sqsem_dsl.settings.train import TrainSettings
from sqsem_dsl.settings.unfreeze import After

_KEY = "_phases"
"""A model holds its phases under this name, besides its attributes: Keras neither tracks nor saves them."""


class Backbones:
    """The layers of a model's backbones that training changes in the end."""

    def __init__(self, model: keras.Model) -> None:
        within = [layer for backbone in backbones(model) for layer in backbone._flatten_layers(include_self=False)]
        leaves = [layer for layer in within if not any(True for _ in layer._flatten_layers(include_self=False))]
        self._trained = [layer for layer in leaves if layer.trainable and layer.variables]
        self._dropouts = [(layer, layer.rate) for layer in leaves if isinstance(layer, kl.Dropout) and layer.rate]
        self.any = any(layer.trainable_variables for layer in self._trained)

    def freeze(self) -> None:
        """Excludes them from training."""
        self._set(False)

    def unfreeze(self) -> None:
        """The inverse of `freeze`."""
        self._set(True)

    def _set(self, trained: bool) -> None:
        for layer in self._trained:
            layer.trainable = trained
        for dropout, rate in self._dropouts:
            dropout.rate = rate if trained else 0.0


class _Phases:
    """The phases of a compiled model: it is in the first, with the optimizer of its compilation."""

    def __init__(
        self,
        model: keras.Model,
        held: Backbones,
        after: After,
        optimizer: keras.optimizers.Optimizer,
        steps: int,
    ) -> None:
        self.after, self.held, self.steps, self.second = after, held, steps, False
        held.unfreeze()
        if isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer):
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer, name=model.optimizer.name)
        optimizer.build(model.trainable_variables)
        held.freeze()
        self.optimizers = (model.optimizer, optimizer)
        self.functions: list[Any] = [None, None]
        self._new: list[NDArray[Any]] = [variable.numpy() for variable in optimizer.variables]

    def go_to(self, model: keras.Model, epoch: int | None) -> None:
        second = epoch is None or epoch >= self.after.epochs
        if second == self.second:
            return
        self.functions[self.second] = model.train_function
        if second:
            self._begin(self.after.epochs if epoch is None else epoch)
            self.held.unfreeze()
        else:
            self.held.freeze()
        self.second = second
        # Keras would track the optimizer a second time.
        vars(model)["optimizer"] = self.optimizers[second]
        model.train_function = self.functions[second]
        model.make_train_function()  # within a training, Keras calls the one that it finds here

    def _begin(self, epoch: int) -> None:
        """A new state of the second optimizer. The rate in a variable, which a plateau may have reduced, continues."""
        first, second = self.optimizers
        for variable, new in zip(second.variables, self._new, strict=True):
            variable.assign(new)
        second.iterations.assign((epoch - self.after.epochs) * self.steps)
        if any(variable.name == "learning_rate" for variable in second.variables):
            second.learning_rate = float(keras.ops.convert_to_numpy(first.learning_rate)) * self.after.rate


class _Follow(keras.callbacks.Callback):  # type: ignore[misc]
    """Goes to the phase of each epoch."""

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        go_to_phase(self.model, epoch)


def hold_backbones(model: keras.Model, train: TrainSettings) -> Backbones | None:
    """Freezes the backbones of a model that is not compiled yet, if `train` wants two phases and they have anything to
    train. A model that was compiled for two phases leaves them first."""
    go_to_phase(model, None)
    vars(model).pop(_KEY, None)
    if not isinstance(train.unfreeze, After):
        return None
    held = Backbones(model)
    if not held.any:
        return None
    held.freeze()
    return held


def set_phases(
    model: keras.Model, held: Backbones, train: TrainSettings, optimizer: keras.optimizers.Optimizer, steps: int
) -> None:
    """Gives a model, compiled while its backbones were held, its second phase, with an optimizer for it. `steps` are
    those of an epoch."""
    assert isinstance(train.unfreeze, After)
    vars(model)[_KEY] = _Phases(model, held, train.unfreeze, optimizer, steps)


def go_to_phase(model: keras.Model, epoch: int | None) -> None:
    """Puts a model in the phase of an epoch, counted from 0, with a new state of the second optimizer when it begins;
    None: in the second. Nothing happens if the model has one phase, or is in that one."""
    phases: _Phases | None = vars(model).get(_KEY)
    if phases is not None:
        phases.go_to(model, epoch)


def has_phases(model: keras.Model) -> bool:
    """Whether a model was compiled for two phases."""
    return _KEY in vars(model)


def first_epoch(model: keras.Model) -> int:
    """The epoch, counted from 0, in which the steps of a model's optimizer start."""
    phases: _Phases | None = vars(model).get(_KEY)
    return phases.after.epochs if phases is not None and phases.second else 0


def optimizers_of(model: keras.Model) -> Sequence[keras.optimizers.Optimizer]:
    """The optimizers of a model, one for each phase."""
    phases: _Phases | None = vars(model).get(_KEY)
    return (model.optimizer,) if phases is None else phases.optimizers


def phase_callbacks(model: keras.Model) -> list[keras.callbacks.Callback]:
    """The callback that changes the phase, which must be the first, or nothing."""
    return [_Follow()] if has_phases(model) else []
