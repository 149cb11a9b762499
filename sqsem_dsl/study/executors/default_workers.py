"""The default number of worker processes: as many as cores, memory, and the trials allow.

Networks of these sizes gain little from a second core: on two cores the same twelve trials took 48 s in one process and
36 s in two, including process startup (`benchmarks/workers.py`). A process holds its framework, a copy of the data, and
the memory of a training step.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from glob import glob
from math import prod

from sqsem_dsl.data.dataset import Dataset
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.settings.search import Grid, Random
from sqsem_dsl.study.algorithms.protocols import SearchedSpace
from sqsem_dsl.utils.memory import available_memory

FRAMEWORK = 1 << 30
"""Bytes of a process that has trained a small network with TensorFlow or JAX."""
SHARE = 0.8
"""The fraction of the free memory that may be used."""
SAMPLED = 16
"""Architectures from which the memory of a trial is estimated."""
PER_WORKER = 5
"""Trials for each worker, if the algorithm learns from results: trials that start at once cannot learn from each
other."""


@dataclass(frozen=True, slots=True)
class Workers:
    """A number of processes, and the limiting factor, for display."""

    count: int
    reason: str

    def __str__(self) -> str:
        return f"{self.count} {'worker' if self.count == 1 else 'workers'} ({self.reason})"


def default_workers(space: SearchedSpace, dataset: Dataset, trials: int | None, gpus: Sequence[int] | None) -> Workers:
    """The number of processes to train in. `trials` is the number of trials, None if it is open. With named `gpus`, one
    process for each; with unnamed GPUs, a single process."""
    if gpus:
        return Workers(len(gpus), "one for each GPU")
    if gpus is None and glob("/dev/nvidia[0-9]*"):
        return Workers(1, "for the GPU; `--workers N` puts several trials on it")
    limits = [Workers(available_cores(), "one for each core")]
    memory, needed = available_memory(), trial_memory(space, dataset)
    if memory is not None:
        fit = max(1, int(SHARE * memory // needed))
        limits.append(Workers(fit, f"{memory / 2**30:.1f} GiB of memory are free, and each needs {needed / 2**30:.1f}"))
    algorithm = space.search_settings.algorithm
    if trials is not None and isinstance(algorithm, Random | Grid):
        limits.append(Workers(trials, "one for each trial"))
    elif trials is not None:
        several = -(-trials // PER_WORKER)
        limits.append(Workers(several, f"`{algorithm.name}` learns from results: one for every {PER_WORKER} trials"))
    return min(limits, key=lambda limit: limit.count)


def trial_memory(space: SearchedSpace, dataset: Dataset) -> float:
    """The maximum memory of a process for a trial in bytes, estimated from some architectures."""
    largest = max(map(_step_memory, _some(space)))
    return FRAMEWORK + _data_memory(dataset) + largest


def _some(space: SearchedSpace) -> list[Architecture]:
    found = [space.default()]
    with suppress(SqsError):  # Rules may be so strict that sampling finds none.
        found += [space.sample_one(seed) for seed in range(SAMPLED)]
    return found


def _step_memory(architecture: Architecture) -> float:
    """Bytes of a training step, float32: weights, gradients and two moments of the optimizer, and the output of each
    layer for every sample of the batch, forward and backward."""
    outputs = sum(prod(layer.shape) for layer in architecture.layers)
    return 4.0 * (4 * architecture.params + 2 * outputs * architecture.train.batch_size)


def _data_memory(dataset: Dataset) -> int:
    parts = dataset.sets.values()
    return sum(held.nbytes for part in parts for group in (part.inputs, part.labels) for held in group.values())


def available_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
