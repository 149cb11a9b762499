"""What a user writes for `extern` in `train`: losses, metrics, optimizers and callbacks, right and wrong ones.

Searches in other processes use a copy of this file, so it imports only Keras.
"""

from __future__ import annotations

import keras
from keras import ops

TRAINED: list[tuple[int, float]] = []
"""The epochs that `Halve` has seen in this process, with the learning rate after each."""


class FocalLoss(keras.losses.Loss):
    def __init__(self, gamma=2.0, **more):
        super().__init__(**more)
        self.gamma = gamma

    def call(self, y_true, y_pred):
        right = ops.clip(ops.sum(y_true * y_pred, axis=-1), 1e-7, 1.0)
        return -((1 - right) ** self.gamma) * ops.log(right)


def power_loss(y_true, y_pred, power=2):
    """The mean of the powers of the differences."""
    return ops.mean(ops.abs(y_true - y_pred) ** power, axis=-1)


class Kappa(keras.metrics.Metric):
    """Cohen's kappa of two classes of the same frequency."""

    def __init__(self, factor=2.0, **more):
        super().__init__(**more)
        self.factor = factor
        self.right = self.add_variable(shape=(), initializer="zeros", name="right")
        self.seen = self.add_variable(shape=(), initializer="zeros", name="seen")

    def update_state(self, y_true, y_pred, sample_weight=None):
        right = ops.cast(ops.equal(ops.argmax(y_true, axis=-1), ops.argmax(y_pred, axis=-1)), "float32")
        weights = ops.ones_like(right) if sample_weight is None else ops.cast(sample_weight, "float32")
        self.right.assign(self.right + ops.sum(right * weights))
        self.seen.assign(self.seen + ops.sum(weights))

    def result(self):
        return self.factor * self.right / self.seen - 1


def sureness(y_true, y_pred):
    """The probability of the right class."""
    return ops.sum(y_true * y_pred, axis=-1)


class Momentum(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.02, momentum=0.0, **more):
        super().__init__(learning_rate=learning_rate, **more)
        self.momentum = momentum

    def build(self, variables):
        if not self.built:
            super().build(variables)
            self.moving = self.add_optimizer_variables(variables, "moving")

    def update_step(self, gradient, variable, learning_rate):
        moving = self.moving[self._get_variable_index(variable)]
        self.assign(moving, self.momentum * moving - ops.cast(learning_rate, variable.dtype) * gradient)
        self.assign_add(variable, moving)


class Halve(keras.callbacks.Callback):
    """Halves the learning rate after an epoch."""

    def __init__(self, after=1):
        super().__init__()
        self.after = after

    def on_epoch_end(self, epoch, logs=None):
        rate = float(ops.convert_to_numpy(self.model.optimizer.learning_rate))
        if epoch + 1 == self.after:
            rate /= 2
            self.model.optimizer.learning_rate = rate
        TRAINED.append((epoch, rate))


# ---- wrong


class WithoutWeights(Kappa):
    def update_state(self, y_true, y_pred):
        super().update_state(y_true, y_pred)


class TopTwo(keras.metrics.SparseTopKCategoricalAccuracy):
    """Wrong: it needs class numbers."""


class WithoutRate(keras.optimizers.SGD):
    def __init__(self, momentum=0.9):
        super().__init__(0.1, momentum)


class NeedsRate(keras.optimizers.SGD):
    def __init__(self, learning_rate):
        super().__init__(learning_rate)


class Angry(keras.callbacks.Callback):
    def __init__(self):
        raise RuntimeError("not today")


kappa = Kappa()
number = 3
