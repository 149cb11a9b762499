"""Input scaling of a model: it encodes raw columns, divides images by their largest value, and standardizes as the spec
says.

Means and deviations are those in the spec, or those of the training set, never those of the test set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from sqsem_dsl.data.columns import Columns
from sqsem_dsl.data.dataset import Dataset
from sqsem_dsl.operators.row import Shape, WholeShape
from sqsem_dsl.settings.options import AsTheyCome, PerChannel, Stated
from sqsem_dsl.settings.train import TrainSettings

SMALLEST = 1e-6
"""Below this deviation a channel counts as constant: it is only centered."""


@dataclass(frozen=True, slots=True)
class Scale:
    """The divisor of an input, then the value subtracted from each channel, and the divisor of each channel. An input
    of raw columns is turned into the values of the network's input first."""

    mean: tuple[float, ...] = ()
    """If empty, channels are not standardized."""
    stddev: tuple[float, ...] = ()
    divisor: int = 1
    columns: Columns | None = None
    """The raw columns that the model takes; None if it takes the values of the input."""
    fill: tuple[float, ...] = ()
    """The values that replace missing ones in each column."""


def scales(train: TrainSettings, dataset: Dataset, inputs: Mapping[str, Shape]) -> Mapping[str, Scale]:
    """The scale of each of these inputs that the network does not receive unchanged. Whole numbers are not
    standardized."""
    found: dict[str, Scale] = {}
    for name, shape in inputs.items():
        mean, stddev = ((), ()) if isinstance(shape, WholeShape) else _standard(train, dataset, name)
        columns = dataset.encoded.get(name)
        fill = () if columns is None else dataset.fills(name)
        scale = Scale(mean, stddev, dataset.divisor(name), columns, fill)
        if scale != Scale():
            found[name] = scale
    return found


def _standard(train: TrainSettings, dataset: Dataset, name: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The mean and the deviation of each channel, for images of values from 0 to 1; none if the spec does not
    standardize."""
    match train.by_input.get(name, train.standardize):
        case AsTheyCome():
            return (), ()
        case PerChannel():
            mean, stddev = dataset.statistics(name)
            return mean, tuple(one if one >= SMALLEST else 1.0 for one in stddev)
        case Stated(mean=mean, stddev=stddev):
            return mean, stddev
        case other:
            assert_never(other)
