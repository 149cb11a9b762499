"""The default number of processes: its limits, and the message about it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import sqsem_dsl as sqs
from sqsem_dsl.data.arrays import Bytes
from sqsem_dsl.data.dataset import Dataset, Part
from sqsem_dsl.data.images import ImageFiles, decoded
from sqsem_dsl.settings.metrics import OutputFact
from sqsem_dsl.study.executors import default_workers as module
from sqsem_dsl.study.executors.default_workers import available_cores, available_memory, default_workers, trial_memory

TOY = """sqs 1
space s {{
  input x: [{size}]
  output y = x -> dense(any [8, 16]) -> relu -> dense(2) -> softmax
  train {{ batch_size = 64 }}
  search {{ algorithm = {algorithm} }}
}}"""


def space(algorithm: str = "random", size: int = 4) -> sqs.Space:
    return sqs.loads(TOY.format(algorithm=algorithm, size=size))


def data(samples: int = 10) -> Dataset:
    part = Part({"x": np.zeros((samples, 4), np.float32)}, {"y": np.zeros(samples, np.int32)})
    return Dataset("zeros", {"y": OutputFact((2,), "softmax")}, part, part, part)


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight cores, 64 GiB, no GPU."""
    monkeypatch.setattr(module, "available_cores", lambda: 8)
    monkeypatch.setattr(module, "available_memory", lambda: 64.0 * 2**30)
    monkeypatch.setattr(module, "glob", lambda pattern: [])


@pytest.mark.parametrize(
    ("algorithm", "trials", "said"),
    [
        ("random", 100, "8 workers (one for each core)"),
        ("random", None, "8 workers (one for each core)"),
        ("grid", 3, "3 workers (one for each trial)"),
        ("random", 1, "1 worker (one for each trial)"),
        ("evolution", 12, "3 workers (`evolution` learns from results: one for every 5 trials)"),
        ("bayesian", 400, "8 workers (one for each core)"),
    ],
)
def test_cores_and_trials_limit_the_workers(algorithm: str, trials: int | None, said: str) -> None:
    assert str(default_workers(space(algorithm), data(), trials, None)) == said


def test_memory_limits_the_workers_and_there_is_always_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "available_memory", lambda: 5.0 * 2**30)
    assert str(default_workers(space(), data(), 100, None)) == (
        "3 workers (5.0 GiB of memory are free, and each needs 1.0)"
    )
    monkeypatch.setattr(module, "available_memory", lambda: 1.0)
    assert default_workers(space(), data(), 100, None).count == 1
    monkeypatch.setattr(module, "available_memory", lambda: None)
    assert default_workers(space(), data(), 100, None).count == 8


def test_gpus_that_are_named_get_a_worker_each_and_others_one_in_all(monkeypatch: pytest.MonkeyPatch) -> None:
    assert default_workers(space(), data(), 100, [0, 2]).count == 2
    assert default_workers(space(), data(), 100, []).count == 8  # no GPU may be used
    monkeypatch.setattr(module, "glob", lambda pattern: ["/dev/nvidia0", "/dev/nvidia1"])
    assert default_workers(space(), data(), 100, None).count == 1
    assert default_workers(space(), data(), 100, []).count == 8


def test_a_trial_needs_more_memory_with_more_data_and_larger_networks() -> None:
    small = trial_memory(space(), data())
    assert trial_memory(space(), data(1000)) - small == 3 * 990 * (4 * 4 + 4)
    assert trial_memory(space(size=400_000), data()) - small > 4 * 4 * 400_000 * 8


def test_bytes_of_images_are_counted_and_files_only_as_far_as_they_are_kept() -> None:
    images = Bytes.of(np.zeros((10, 8, 8, 3), np.uint8))
    assert images.take(np.arange(4)).nbytes + images.take(np.arange(4, 10)).nbytes == images.array.nbytes
    part = Part({"x": images}, {"y": np.zeros(10, np.int32)})
    dataset = Dataset("zeros", {"y": OutputFact((2,), "softmax")}, part, part, part)
    assert trial_memory(space(), dataset) - trial_memory(space(), data()) == 3 * 10 * (8 * 8 * 3 - 4 * 4)
    files = ("one.png",) * 5000
    assert ImageFiles.of(".", files[:2], (100, 100, 3)).nbytes == 2 * 100 * 100 * 3
    assert ImageFiles.of(".", files, (1000, 1000, 3)).nbytes == decoded.capacity


def test_the_machine_is_read(tmp_path: Path) -> None:
    assert available_cores() >= 1
    memory = available_memory()
    assert memory is None or memory > 2**20
