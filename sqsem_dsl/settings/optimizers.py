"""Optimizers and schedules: the values of `optimizer` and `schedule` in `train { }`.

The fields of an option are its arguments in positional order, with Keras's names and, if there is a default,
Keras's default. All durations are in epochs; targets convert them to steps.
"""

from typing import Annotated, Literal

from pydantic import Field

from sqsem_dsl.settings.base import Amount, Count, Decay, Natural, Option, Positive, Searched, Share
from sqsem_dsl.settings.extern import Extern
from sqsem_dsl.settings.objective_meant import Mode, rises

# ---- optimizers: Keras's classes and arguments


class Sgd(Option):
    name: Literal["sgd"] = "sgd"
    momentum: Decay = 0.0
    nesterov: bool = False


class RMSprop(Option):
    name: Literal["rmsprop"] = "rmsprop"
    rho: Decay = 0.9
    momentum: Decay = 0.0
    epsilon: Positive = 1e-7
    centered: bool = False


class Adam(Option):
    name: Literal["adam"] = "adam"
    beta_1: Decay = 0.9
    beta_2: Decay = 0.999
    epsilon: Positive = 1e-7
    amsgrad: bool = False


class AdamW(Option):
    """Decays by `weight_decay`, the setting of `train`; if that is not set, by Keras's 0.004."""

    name: Literal["adamw"] = "adamw"
    beta_1: Decay = 0.9
    beta_2: Decay = 0.999
    epsilon: Positive = 1e-7
    amsgrad: bool = False


class Nadam(Option):
    name: Literal["nadam"] = "nadam"
    beta_1: Decay = 0.9
    beta_2: Decay = 0.999
    epsilon: Positive = 1e-7


class Adamax(Option):
    name: Literal["adamax"] = "adamax"
    beta_1: Decay = 0.9
    beta_2: Decay = 0.999
    epsilon: Positive = 1e-7


class Adagrad(Option):
    name: Literal["adagrad"] = "adagrad"
    initial_accumulator_value: Amount = 0.1
    epsilon: Positive = 1e-7


class Adadelta(Option):
    name: Literal["adadelta"] = "adadelta"
    rho: Decay = 0.95
    epsilon: Positive = 1e-7


class Lion(Option):
    name: Literal["lion"] = "lion"
    beta_1: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False), Searched] = 0.9
    beta_2: Decay = 0.99


class Ftrl(Option):
    name: Literal["ftrl"] = "ftrl"
    learning_rate_power: Annotated[float, Field(le=0, allow_inf_nan=False), Searched] = -0.5
    initial_accumulator_value: Amount = 0.1
    l1_regularization_strength: Amount = 0.0
    l2_regularization_strength: Amount = 0.0
    l2_shrinkage_regularization_strength: Amount = 0.0
    beta: Amount = 0.0


Optimizer = Annotated[
    Sgd | RMSprop | Adam | AdamW | Nadam | Adamax | Adagrad | Adadelta | Lion | Ftrl | Extern,
    Field(discriminator="name"),
]


# ---- schedules: the learning rate after the start at `learning_rate`; lengths in epochs


class Constant(Option):
    name: Literal["constant"] = "constant"


class Cosine(Option):
    """Half a cosine from `learning_rate` to `alpha` times it at the last epoch, after a linear rise from 0 over
    `warmup` epochs.
    """

    name: Literal["cosine"] = "cosine"
    warmup: Natural = 0
    alpha: Share = 0.0


class CosineRestarts(Option):
    """Cosine periods; the first lasts `first` epochs, each next one is `t_mul` times as long and `m_mul` times as
    high.
    """

    name: Literal["cosine_restarts"] = "cosine_restarts"
    first: Count
    t_mul: Annotated[float, Field(ge=1, allow_inf_nan=False), Searched] = 2.0
    m_mul: Positive = 1.0
    alpha: Share = 0.0


class Exponential(Option):
    """Multiplied by `rate` every `every` epochs, smoothly."""

    name: Literal["exponential"] = "exponential"
    rate: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False), Searched]
    every: Count = 1


class Step(Option):
    """Multiplied by `factor` in one step after every `every` epochs."""

    name: Literal["step"] = "step"
    every: Count
    factor: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False), Searched] = 0.1


class Piecewise(Option):
    """Multiplied by `factors[i]` after the epoch `epochs[i]`; factors apply to the first learning rate, not to the one
    before.
    """

    name: Literal["piecewise"] = "piecewise"
    epochs: Annotated[tuple[Count, ...], Field(min_length=1, strict=False)]
    factors: Annotated[tuple[Positive, ...], Field(min_length=1, strict=False)]


class Polynomial(Option):
    """From `learning_rate` to `end` times it at the last epoch, as (1 - progress) ** `power`; a straight line by
    default.
    """

    name: Literal["polynomial"] = "polynomial"
    power: Positive = 1.0
    end: Share = 0.0


class InverseTime(Option):
    """Divided by 1 + `rate` * epoch / `every`."""

    name: Literal["inverse_time"] = "inverse_time"
    rate: Positive
    every: Count = 1


class ReduceOnPlateau(Option):
    """Multiplied by `factor`, down to `min_rate`, after `patience` epochs in a row that did not improve `monitor` by
    more than `min_delta`: `keras.callbacks.ReduceLROnPlateau`, with its defaults.
    """

    name: Literal["reduce_on_plateau"] = "reduce_on_plateau"
    patience: Count = 10
    factor: Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False), Searched] = 0.1
    min_delta: Amount = 1e-4
    min_rate: Amount = 0.0
    monitor: str = "val_loss"
    mode: Mode = "auto"

    @property
    def rises(self) -> bool:
        """Whether a higher value of `monitor` is better."""
        return rises(self.monitor, self.mode)


WITHOUT_LENGTH = (Constant, ReduceOnPlateau)
"""The schedules that do not depend on the length of the training; the optimizer holds the rate in a variable."""

Schedule = Annotated[
    Constant | Cosine | CosineRestarts | Exponential | Step | Piecewise | Polynomial | InverseTime | ReduceOnPlateau,
    Field(discriminator="name"),
]
