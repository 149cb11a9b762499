"""Outputs of numbers are trained on standardized targets and give numbers in the units of the data.

The model ends with a layer that multiplies by the standard deviation of the training set's targets and adds their mean.
The loss is that of standardized targets: one of Keras's own, with a factor, so that a saved model can be loaded without
this package. Metrics compare the outputs and targets themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqsem_dsl.data.dataset import Dataset
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.operators.activation import NO_MAXIMUM
from sqsem_dsl.settings.metrics import loss_of, scale_targets_of
from sqsem_dsl.settings.train import TrainSettings

_POWERS = {"mse": 2, "huber": 2, "mae": 1, "log_cosh": 1}
"""The losses that grow with the unit of the target, and with which power. `huber` also needs its `delta` in that unit;
Keras's `log_cosh` has no such argument, and is quadratic only below 1 unit of the data."""
_BOUNDED = ("sigmoid", "hsigmoid", "hard_sigmoid", "tanh", "softsign", "softmax", "log_softmax", "relu6")
_POSITIVE = (
    *("relu", "softplus", "exponential", "elu", "selu", "gelu", "leaky_relu"),
    *("swish", "silu", "hswish", "hard_silu", "hard_swish", "mish"),
)
"""They have a lowest value, or grow slowly below 0: with an offset, small targets could not be reached."""
_SAME_SIGN = ("identity", "reshape", "flatten", "dropout", "gap", "gmp", "avgpool", "maxpool", "upsample")
"""Operators that keep the sign of values."""
CLOSE = 0.05
"""Targets whose mean is so near 0, and whose deviation so near 1, are standardized already."""


@dataclass(frozen=True, slots=True)
class TargetScale:
    """What the last layer of an output multiplies by and adds, and the unit of its loss."""

    stddev: float
    """For all values of the output."""
    mean: tuple[float, ...] = ()
    """For each channel; empty for an output without negative values, which is only multiplied."""


def target_scales(train: TrainSettings, dataset: Dataset, architecture: Architecture) -> Mapping[str, TargetScale]:
    """The scale of each output that is trained on standardized targets.

    These are outputs of numbers with a loss for numbers of any size, unless `scale_targets = false`, their last
    activation is bounded, or the targets are standardized already.
    """
    found: dict[str, TargetScale] = {}
    for name, fact in dataset.outputs.items():
        if fact.ending is not None or not scale_targets_of(train, name) or name not in architecture.outputs:
            continue
        last = _last_activation(architecture, name)
        if loss_of(train, name, fact).name not in _POWERS or last in _BOUNDED:
            continue
        mean, stddev = dataset.target_statistics(name)
        close = abs(stddev - 1) < CLOSE and all(abs(each) < CLOSE for each in mean)
        if stddev > 0 and not close:
            found[name] = TargetScale(stddev, () if last in _POSITIVE else mean)
    return found


def loss_factor(loss: str, scale: TargetScale | None) -> float:
    """The factor that makes a loss in the units of the data one of standardized targets."""
    return 1.0 if scale is None else scale.stddev ** -_POWERS[loss]


def _last_activation(architecture: Architecture, output: str) -> str:
    """The operator that an output ends with, or its activation, before operators that keep the sign of values."""
    layer = architecture.layers[architecture.outputs[output]]
    while layer.operator in _SAME_SIGN and len(layer.inputs) == 1:
        layer = architecture.layers[layer.inputs[0]]
    if layer.operator == "relu" and layer.attributes["max"] != NO_MAXIMUM:
        return "relu6"
    return str(layer.attributes["name"]) if layer.operator == "activation" else layer.operator
