"""The state of a training in one file: written atomically, and read without running any of its contents.

A checkpoint is plain data, as JSON, and arrays under names, in NumPy's own format (`.npz`). A model's state is
everything that its training changes: weights, moving statistics, seeds of random layers, metrics in the middle of an
epoch, and the optimizer's variables.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from sqsem_dsl.utils.atomic_file import whole_file

if TYPE_CHECKING:
    import keras

Arrays = Sequence[NDArray[Any]]
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The contents of a file."""

    belongs_to: str
    """Identifies the training that may resume from it."""
    facts: Mapping[str, Any]
    """Plain data for JSON."""
    arrays: Mapping[str, Arrays] = field(default_factory=dict)
    """Several arrays for each name."""


def write_checkpoint(path: str | os.PathLike[str], checkpoint: Checkpoint) -> None:
    """Replaces a checkpoint. Raises OSError, and then keeps the old one."""
    head = {
        "format": FORMAT,
        "belongs_to": checkpoint.belongs_to,
        "facts": checkpoint.facts,
        "counts": {name: len(arrays) for name, arrays in checkpoint.arrays.items()},
    }
    named = {f"{name}/{i}": array for name, arrays in checkpoint.arrays.items() for i, array in enumerate(arrays)}
    with whole_file(path) as part, open(part, "wb") as file:
        np.savez(file, head=np.array(json.dumps(head)), **named)  # type: ignore[arg-type]


def read_checkpoint(path: str | os.PathLike[str]) -> Checkpoint | None:
    """The contents of a file; None if there is none, or if it cannot be read."""
    try:
        with np.load(path, allow_pickle=False) as file:
            head = json.loads(str(file["head"]))
            if head["format"] != FORMAT:
                return None
            arrays = {name: [file[f"{name}/{i}"] for i in range(count)] for name, count in head["counts"].items()}
            return Checkpoint(head["belongs_to"], head["facts"], arrays)
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile):
        return None


def state_of(model: keras.Model, gathered: Arrays | None = None) -> list[NDArray[Any]]:
    """The state of a compiled model, as copies. `gathered` replaces the current values of its metrics."""
    metrics = gathered_by(model) if gathered is None else gathered
    return [*map(_array, model.variables), *metrics, *optimizer_state(model)]


def gathered_by(model: keras.Model, state: Arrays | None = None) -> list[NDArray[Any]]:
    """The values of a model's metrics: now, or in a state."""
    if state is None:
        return [_array(variable) for variable in model.metrics_variables]
    first = len(model.variables)
    return list(state[first : first + len(model.metrics_variables)])


def put_gathered(model: keras.Model, gathered: Arrays) -> None:
    """Restores them: Keras resets metrics when an epoch begins."""
    for variable, array in zip(model.metrics_variables, gathered, strict=True):
        variable.assign(array)


def optimizer_state(model: keras.Model) -> list[NDArray[Any]]:
    """The optimizer's part of a state."""
    return [_array(variable) for variable in model.optimizer.variables]


def restore(model: keras.Model, state: Arrays) -> bool:
    """Restores a state into a model that was compiled in the same way and has all of its variables
    (`training.make_variables`). False, without any change, if the state is of another model."""
    variables = [*model.variables, *model.metrics_variables, *model.optimizer.variables]
    if [tuple(variable.shape) for variable in variables] != [array.shape for array in state]:
        return False
    for variable, array in zip(variables, state, strict=True):
        variable.assign(array)
    return True


def _array(variable: Any) -> NDArray[Any]:
    array: NDArray[Any] = variable.numpy()
    # Types that NumPy lacks (bfloat16, for instance) are converted to float32 and back without loss.
    return array if array.dtype.isbuiltin == 1 else array.astype(np.float32)
