"""How inputs are standardised: as the spec states, or as the training part has it; never by what is for the test."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import assert_never

from sqsem_dsl.data.dataset import Dataset
from sqsem_dsl.spec.settings_options import AsTheyCome, PerChannel, Stated
from sqsem_dsl.spec.settings_train import TrainSettings

SMALLEST = 1e-6
"""A deviation below this is of a channel that never changes: it is only centred."""


@dataclass(frozen=True, slots=True)
class Scale:
    """What is subtracted from each channel of an input, and by what it is then divided."""

    mean: tuple[float, ...]
    stddev: tuple[float, ...]


def scales(train: TrainSettings, dataset: Dataset, inputs: Iterable[str]) -> Mapping[str, Scale]:
    """The scale of each of these inputs that is standardised."""
    found: dict[str, Scale] = {}
    for name in inputs:
        match train.by_input.get(name, train.standardise):
            case AsTheyCome():
                pass
            case PerChannel():
                mean, stddev = dataset.statistics(name)
                found[name] = Scale(mean, tuple(one if one >= SMALLEST else 1.0 for one in stddev))
            case Stated(mean=mean, stddev=stddev):
                found[name] = Scale(mean, stddev)
            case other:
                assert_never(other)
    return found
