"""Optimizers, learning rates and penalties of Keras, from the settings.

Everything here becomes one of Keras's own classes, so that a saved model can be loaded without this package, or an
optimizer of the user.
"""

from __future__ import annotations

import inspect
from typing import Any, assert_never

import keras
import numpy as np

from sqsem_dsl.operators.extern_objects import default_rate, extern_optimizer
from sqsem_dsl.settings.extern import Extern
from sqsem_dsl.settings.optimizers import (
    Constant,
    Cosine,
    CosineRestarts,
    Exponential,
    InverseTime,
    Piecewise,
    Polynomial,
    ReduceOnPlateau,
    Step,
)
from sqsem_dsl.settings.options import L1, L1L2, L2, NoPenalty
from sqsem_dsl.settings.train import TrainSettings
from sqsem_dsl.settings.unfreeze import After

schedules = keras.optimizers.schedules


class Continued(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """A schedule from one of its steps on, multiplied by a factor, for an optimizer whose steps are counted from 0
    there. It is not saved: `model.save` writes the optimizer with which the model was compiled."""

    def __init__(self, schedule: keras.optimizers.schedules.LearningRateSchedule, first: int, factor: float) -> None:
        super().__init__()
        self.schedule, self.first, self.factor = schedule, first, factor

    def __call__(self, step: Any) -> Any:
        return self.schedule(step + self.first) * self.factor


CLASSES: dict[str, Any] = {
    "sgd": keras.optimizers.SGD,
    "rmsprop": keras.optimizers.RMSprop,
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    "nadam": keras.optimizers.Nadam,
    "adamax": keras.optimizers.Adamax,
    "adagrad": keras.optimizers.Adagrad,
    "adadelta": keras.optimizers.Adadelta,
    "lion": keras.optimizers.Lion,
    "ftrl": keras.optimizers.Ftrl,
}


def keras_optimizer(
    train: TrainSettings, steps_per_epoch: int, epochs: int, *, unfrozen: bool = False
) -> keras.optimizers.Optimizer:
    """The optimizer with its arguments, learning rate, schedule, weight decay and gradient norm.

    `epochs` is the length of the whole training, which determines the end of schedules. `unfrozen`: the optimizer after
    the epochs in which backbones are frozen; its schedule continues, and its rate is multiplied by that of `unfreeze`.
    """
    rate = learning_rate(train, steps_per_epoch, epochs)
    match train.unfreeze:
        case After(epochs=frozen, rate=factor) if unfrozen:
            if isinstance(rate, schedules.LearningRateSchedule):
                rate = Continued(rate, frozen * steps_per_epoch, factor)
            else:
                rate *= factor
        case _:
            pass
    # Without `weight_decay` Keras's default: 0.004 for AdamW, none for the others.
    settings = {"learning_rate": rate, **train.optimizer_settings}
    if isinstance(train.optimizer, Extern):
        return extern_optimizer(train.optimizer, settings)
    return CLASSES[train.optimizer.name](**train.optimizer.model_dump(exclude={"name"}), **settings)


def reduce_rate(optimizer: keras.optimizers.Optimizer, schedule: ReduceOnPlateau) -> None:
    """Reduces the learning rate once, as `keras.callbacks.ReduceLROnPlateau` does."""
    rate = float(keras.ops.convert_to_numpy(optimizer.learning_rate))
    if rate > np.float32(schedule.min_rate):
        optimizer.learning_rate = max(rate * schedule.factor, schedule.min_rate)


def keras_regularizer(train: TrainSettings) -> keras.regularizers.Regularizer | None:
    """A new regularizer for a kernel, or None."""
    match train.regularize:
        case NoPenalty():
            return None
        case L1(l1=l1):
            return keras.regularizers.L1(l1)
        case L2(l2=l2):
            return keras.regularizers.L2(l2)
        case L1L2(l1=l1, l2=l2):
            return keras.regularizers.L1L2(l1, l2)
        case other:
            assert_never(other)


def learning_rate(
    train: TrainSettings, steps_per_epoch: int, epochs: int
) -> float | keras.optimizers.schedules.LearningRateSchedule:
    """The learning rate, or its schedule over steps; Keras's default for the optimizer if none is set."""
    first = train.learning_rate
    if first is None and isinstance(train.optimizer, Extern):
        first = default_rate(train.optimizer)
    elif first is None:
        signature = inspect.signature(CLASSES[train.optimizer.name].__init__)
        first = float(signature.parameters["learning_rate"].default)
    total = epochs * steps_per_epoch
    match train.schedule:
        case Constant() | ReduceOnPlateau():
            return first
        case Cosine(warmup=0, alpha=alpha):
            return schedules.CosineDecay(first, total, alpha=alpha)
        case Cosine(warmup=warmup, alpha=alpha):
            rise = min(warmup * steps_per_epoch, total - 1)  # a shortened training keeps at least one step of decay
            return schedules.CosineDecay(0.0, max(total - rise, 1), alpha=alpha, warmup_target=first, warmup_steps=rise)
        case CosineRestarts(first=length, t_mul=t_mul, m_mul=m_mul, alpha=alpha):
            return schedules.CosineDecayRestarts(first, length * steps_per_epoch, t_mul=t_mul, m_mul=m_mul, alpha=alpha)
        case Exponential(rate=rate, every=every):
            return schedules.ExponentialDecay(first, every * steps_per_epoch, rate)
        case Step(every=every, factor=factor):
            return schedules.ExponentialDecay(first, every * steps_per_epoch, factor, staircase=True)
        case Piecewise(epochs=ends, factors=factors):
            # Keras changes the rate after its boundary, which is the last step of an epoch, counted from 0.
            boundaries = [end * steps_per_epoch - 1 for end in ends]
            return schedules.PiecewiseConstantDecay(boundaries, [first, *(first * factor for factor in factors)])
        case Polynomial(power=power, end=end):
            return schedules.PolynomialDecay(first, total, end_learning_rate=first * end, power=power)
        case InverseTime(rate=rate, every=every):
            return schedules.InverseTimeDecay(first, every * steps_per_epoch, rate)
        case other:
            assert_never(other)
