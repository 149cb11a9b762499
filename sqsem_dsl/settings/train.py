"""The settings of `train { }` after their expressions are evaluated."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from sqsem_dsl.settings.base import Amount, Count, Decay, Model, Positive, spelled
from sqsem_dsl.settings.extern import Extern
from sqsem_dsl.settings.metric_options import Metric
from sqsem_dsl.settings.optimizers import Adam, Constant, Optimizer, Schedule
from sqsem_dsl.settings.options import (
    AsTheyCome,
    Augmentation,
    ClassWeights,
    EqualClasses,
    Loss,
    Never,
    NoPenalty,
    Regularizer,
    Standardization,
    Stopping,
)
from sqsem_dsl.settings.unfreeze import After, AtOnce, Unfreeze

Precision = Literal["float32", "mixed_bfloat16", "mixed_float16"]
BatchnormStatistics = Literal["precise", "moving_average"]
Metrics = Annotated[tuple[Metric, ...], Field(strict=False)]

QUALIFIED = ("loss", "metrics", "loss_weight", "class_weights", "scale_targets")
"""The settings that can be set for one output, as `loss.mask = dice`; they are kept in the field
`by_output`.
"""
QUALIFIED_BY_INPUT = ("standardize",)
"""The settings that can be set for one input, as `standardize.image = per_channel`; kept in `by_input`."""

OPTIONS = ("optimizer", "schedule", "loss", "metrics", "class_weights", "regularize", "early_stopping", "augment",
           "standardize", "callbacks", "unfreeze")  # fmt: skip
"""The settings whose values are options."""


class OutputSettings(Model):
    """The settings of one output alone; None if not set."""

    loss: Loss | None = None
    metrics: Metrics | None = None
    loss_weight: Amount | None = None
    class_weights: ClassWeights | None = None
    scale_targets: bool | None = None


class TrainSettings(Model):
    """The settings of training. None leaves the value to the output (`loss`, `metrics`) or to Keras (`learning_rate`,
    `weight_decay`).
    """

    optimizer: Optimizer = Field(default_factory=Adam)
    learning_rate: Positive | None = None
    schedule: Schedule = Field(default_factory=Constant)
    weight_decay: Amount | None = None
    regularize: Regularizer = Field(default_factory=NoPenalty)
    """The penalty of all kernels; part of the loss in training, validation and test, as in Keras."""
    clipnorm: Positive | None = None
    """The norm to which each variable's gradient is clipped."""
    loss: Loss | None = None
    loss_weight: Amount = 1.0
    metrics: Metrics | None = None
    label_smoothing: Decay = 0.0
    class_weights: ClassWeights = Field(default_factory=EqualClasses)
    """The factors of the losses of training samples, by their classes."""
    scale_targets: bool = True
    """Outputs of numbers are trained on standardized targets; the model gives numbers in the units of the data."""
    batch_size: Count = 32
    epochs: Count = 10
    unfreeze: Unfreeze = Field(default_factory=AtOnce)
    """When the backbones are trained: from the first epoch, or after some epochs in which they are frozen."""
    early_stopping: Stopping = Field(default_factory=Never)
    callbacks: Annotated[tuple[Extern, ...], Field(strict=False)] = ()
    """Callbacks of the user for each training; they see an epoch before it is recorded."""
    augment: Annotated[tuple[Augmentation, ...], Field(strict=False)] = ()
    standardize: Standardization = Field(default_factory=AsTheyCome)
    precision: Precision = "float32"
    batchnorm_statistics: BatchnormStatistics = "precise"
    """The statistics of batch normalization in validation and in the saved model: estimated from the
    weights before each validation, or Keras's own moving average."""
    by_output: Mapping[str, OutputSettings] = {}
    by_input: Mapping[str, Standardization] = {}
    """The standardization of single inputs that differs from the common one."""

    @property
    def frozen_epochs(self) -> int:
        """The epochs before backbones are trained."""
        return self.unfreeze.epochs if isinstance(self.unfreeze, After) else 0

    @property
    def optimizer_settings(self) -> dict[str, float]:
        """The arguments of the optimizer that are settings of their own, besides the learning rate, if they are set."""
        given = {"weight_decay": self.weight_decay, "clipnorm": self.clipnorm}
        return {name: value for name, value in given.items() if value is not None}

    def without_own_metrics(self) -> Self:
        """The same settings without metrics that `extern` names, also of single outputs."""
        outputs = {
            name: each if each.metrics is None else each.model_copy(update={"metrics": _of_keras(each.metrics)})
            for name, each in self.by_output.items()
        }
        common = {} if self.metrics is None else {"metrics": _of_keras(self.metrics)}
        return self.model_copy(update={"by_output": outputs, **common})

    @classmethod
    def from_plain(cls, values: Mapping[str, Any]) -> Self:
        """From plain values by setting, those of one output under keys like `loss.mask`.

        Raises pydantic.ValidationError if `check_section` would find a problem of a single value.
        """
        own: dict[str, Any] = {}
        by_output: dict[str, dict[str, Any]] = {}
        by_input: dict[str, Any] = {}
        for key, value in values.items():
            setting, _, qualifier = key.partition(".")
            if qualifier and setting in QUALIFIED_BY_INPUT:
                by_input[qualifier] = spelled(value)
                continue
            place = by_output.setdefault(qualifier, {}) if qualifier else own
            place[setting] = spelled(value) if setting in OPTIONS else value
        return cls.model_validate({**own, "by_output": by_output, "by_input": by_input})

    def to_plain(self) -> dict[str, Any]:
        """The values that were set, in the form that `from_plain` reads; plain data, fit for JSON."""
        plain = self.model_dump(mode="json", exclude_unset=True, exclude={"by_output", "by_input"})
        for output, settings in self.by_output.items():
            own = settings.model_dump(mode="json", exclude_unset=True)
            plain |= {f"{key}.{output}": value for key, value in own.items()}
        for name, standardize in self.by_input.items():
            plain[f"standardize.{name}"] = standardize.model_dump(mode="json", exclude_unset=True)
        return plain


def _of_keras(metrics: tuple[Metric, ...]) -> tuple[Metric, ...]:
    return tuple(metric for metric in metrics if not isinstance(metric, Extern))
