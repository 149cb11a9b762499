"""The training settings of a trial in its journal: as used in training, including the actual number of epochs."""

from __future__ import annotations

import json
import sys

from sqsem_dsl.settings.train import TrainSettings


def settings_json(train: TrainSettings, epochs: int) -> str:
    """The settings with all defaults, for a training of so many epochs: an option or an algorithm may set another
    number than the spec."""
    return sys.intern(train.model_copy(update={"epochs": epochs}).model_dump_json())  # most trials have the same


def without_epochs(settings: str) -> str:
    """Equal for settings that differ only in the number of epochs, which is in `Trial.planned`."""
    found = json.loads(settings) if settings else {}
    return json.dumps({name: value for name, value in found.items() if name != "epochs"}, sort_keys=True)
