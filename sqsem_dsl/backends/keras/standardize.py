"""Input scaling of a model: it encodes raw columns, resizes images to the resolution of the network, divides them by
their largest value, and standardizes as the spec says.

Means and deviations are those in the spec, or those of the training set, never those of the test set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
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
    of raw columns is turned into the values of the network's input first, and images are resized first."""

    mean: tuple[float, ...] = ()
    """If empty, channels are not standardized."""
    stddev: tuple[float, ...] = ()
    divisor: int = 1
    columns: Columns | None = None
    """The raw columns that the model takes; None if it takes the values of the input."""
    fill: tuple[float, ...] = ()
    """The values that replace missing ones in each column."""
    samples: Shape | None = None
    """The shape of the images that the model takes and resizes; None if they have the shape of the input."""


def scales(train: TrainSettings, dataset: Dataset, inputs: Mapping[str, Shape]) -> Mapping[str, Scale]:
    """The scale of each of these inputs that the network does not receive unchanged. Whole numbers are not
    standardized. `inputs` are the shapes of an architecture, those of the samples may have a larger resolution."""
    found: dict[str, Scale] = {}
    for name, shape in inputs.items():
        mean, stddev = ((), ()) if isinstance(shape, WholeShape) else _standard(train, dataset, name)
        columns = dataset.encoded.get(name)
        fill = () if columns is None else dataset.fills(name)
        scale = Scale(mean, stddev, dataset.divisor(name), columns, fill)
        if scale != Scale():
            found[name] = scale
    given = {name: part.shape[1:] for name, part in dataset.train.inputs.items() if name in inputs}
    return resized(found, inputs, given)


def resized(found: Mapping[str, Scale], inputs: Mapping[str, Shape], given: Mapping[str, Shape]) -> dict[str, Scale]:
    """The scales, with those of the inputs whose resolution is another one than that of the samples. `given` are the
    shapes of these."""
    every = dict(found)
    for name, shape in inputs.items():
        samples = given.get(name, shape)
        if len(shape) == 3 == len(samples) and tuple(samples) != tuple(shape):
            every[name] = replace(every.get(name, Scale()), samples=tuple(samples))
    return every


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
