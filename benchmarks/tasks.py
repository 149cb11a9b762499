"""The tasks whose networks were all trained: their spaces, their tables, and the same spaces by hand.

Each space has a file `NAME_table.sqs`, and make_table.py wrote `NAME_table.csv` with the result of every epoch of every
network.

The handwritten spaces are typical for KerasTuner: a loop over `hp.Int`, and names with the number of their block, each
requested where it is needed. KerasTuner learns a name when a model first requests it, and from then on samples it for
every trial, even if the model does not use it. Each function returns its model as an assignment of the task's spec.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import inf
from pathlib import Path
from typing import Any

import sqsem_dsl
from sqsem_dsl.study.objective import Goal

FOLDER = Path(__file__).resolve().parent
EPOCHS = 9
"""Of a full training."""


@dataclass(frozen=True)
class Task:
    name: str
    title: str
    goal: Goal
    by_hand: Callable[[Any], dict[str, Any]]
    """The hyperparameters that a model function requests, and its model as an assignment of the spec."""

    @property
    def spec(self) -> Path:
        return FOLDER / f"{self.name}_table.sqs"

    @property
    def table(self) -> Path:
        return FOLDER / f"{self.name}_table.csv"

    @property
    def searches(self) -> Path:
        """The stored searches."""
        return FOLDER / f"{self.name}_searches.csv"

    @property
    def worst(self) -> float:
        """A score that every other one is better than."""
        return self.goal.sign * inf

    def best(self, scores: Iterable[float]) -> float:
        return min(scores) if self.goal.direction == "min" else max(scores)


def digits_by_hand(hp: Any) -> dict[str, Any]:
    model: dict[str, Any] = {"blocks": hp.Int("blocks", 1, 3)}
    for i in range(model["blocks"]):
        kind = model[f"blocks[{i}].kind"] = hp.Choice(f"kind_{i}", ["conv", "fire"])
        if kind == "conv":
            model[f"blocks[{i}].kind.conv.filters"] = hp.Choice(f"filters_{i}", [4, 16])
            model[f"blocks[{i}].kind.conv.se"] = hp.Boolean(f"se_{i}")
        else:
            model[f"blocks[{i}].kind.fire.skip"] = "auto" if hp.Boolean(f"skip_{i}") else "none"
    model["pool"] = hp.Choice("pool", ["max", "avg"])
    return model


def cancer_by_hand(hp: Any) -> dict[str, Any]:
    model: dict[str, Any] = {"layers": hp.Int("layers", 1, 2)}
    for i in range(model["layers"]):
        model[f"layers[{i}].dense.units"] = hp.Choice(f"units_{i}", [4, 16, 64])
        model[f"layers[{i}].norm"] = hp.Boolean(f"norm_{i}")
        model[f"layers[{i}].act"] = hp.Choice(f"act_{i}", ["relu", "tanh"])
    model["last"] = "some" if hp.Boolean("dropout") else "all"
    return model


def mnist_by_hand(hp: Any) -> dict[str, Any]:
    model: dict[str, Any] = {"convs": hp.Int("convs", 1, 2)}
    for i in range(model["convs"]):
        model[f"convs[{i}].conv.filters"] = hp.Choice(f"filters_{i}", [4, 12])
        model[f"convs[{i}].conv.kernel"] = hp.Choice(f"kernel_{i}", [3, 5])
        model[f"convs[{i}].se"] = hp.Boolean(f"se_{i}")
    model["pool"] = hp.Choice("pool", ["max", "avg"])
    model["dense.units"] = hp.Choice("units", [16, 32, 64])
    return model


def vowels_by_hand(hp: Any) -> dict[str, Any]:
    model: dict[str, Any] = {"convs": hp.Int("convs", 1, 2), "norm": hp.Boolean("norm")}
    for i in range(model["convs"]):
        model[f"convs[{i}].conv.filters"] = hp.Choice(f"filters_{i}", [8, 16, 32])
        model[f"convs[{i}].conv.kernel"] = hp.Choice(f"kernel_{i}", [3, 7])
    model["pool"] = hp.Choice("pool", ["mean", "most"])
    model["dense.units"] = hp.Choice("units", [16, 48])
    return model


TASKS = {
    task.name: task
    for task in (
        Task("digits", "handwritten digits, 8x8", Goal("val_accuracy", "max"), digits_by_hand),
        Task("cancer", "measurements of cells", Goal("val_loss", "min"), cancer_by_hand),
        Task("mnist", "MNIST, 1,430 images, 14x14", Goal("val_accuracy", "max"), mnist_by_hand),
        Task("vowels", "Japanese vowels, 29 frames", Goal("val_loss", "min"), vowels_by_hand),
    )
}


# ---- tables


@dataclass(frozen=True)
class Entry:
    """An architecture of a table."""

    number: int
    id: str
    params: int
    macs: int
    runs: tuple[tuple[float, ...], ...]
    """For each of its trainings, the task's objective after each epoch."""

    @cached_property
    def curve(self) -> tuple[float, ...]:
        """The mean of its trainings after each epoch."""
        return tuple(round(sum(epoch) / len(self.runs), 5) for epoch in zip(*self.runs, strict=True))


@dataclass(frozen=True)
class Step:
    """A trial of a search: the number of its architecture, and its epochs, those after `first` to `last`."""

    number: int
    first: int = 0
    last: int = EPOCHS


@dataclass(frozen=True)
class Table:
    task: Task
    space: sqsem_dsl.Space
    entries: tuple[Entry, ...]
    """By number."""

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """By the id of the architecture."""
        return {entry.id: entry.number for entry in self.entries}

    @cached_property
    def scores(self) -> tuple[float, ...]:
        """The score of a full training, by number."""
        return tuple(self.score(Step(entry.number)) for entry in self.entries)

    def score(self, step: Step) -> float:
        return self.task.best(self.entries[step.number].curve[step.first : step.last])

    def number_by_hand(self, hp: Any) -> int:
        """The number of the architecture that the handwritten space gives for these hyperparameters."""
        model = self.task.by_hand(hp)
        key = tuple(model.items())
        if key not in self._by_hand:
            architecture = self.space.resolve(model)
            assert architecture is not None
            self._by_hand[key] = self.numbers[architecture.id]
        return self._by_hand[key]

    @cached_property
    def _by_hand(self) -> dict[tuple[tuple[str, Any], ...], int]:
        """The numbers so far, by model: to find one takes longer than to look a training up."""
        return {}


def read_table(task: Task) -> Table:
    """The space and the results of its trainings."""
    with task.table.open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    trainings: dict[int, list[dict[str, str]]] = {}
    for line in lines:
        trainings.setdefault(int(line["number"]), []).append(line)
    space = sqsem_dsl.load(task.spec)
    if len(trainings) != space.count:
        done = f"{len(trainings)} of {space.count} networks"
        raise SystemExit(f"{task.table.name} has {done}: python benchmarks/make_table.py {task.name} trains the others")
    return Table(task, space, tuple(_entry(task, number, trainings[number]) for number in range(len(trainings))))


def _entry(task: Task, number: int, lines: list[dict[str, str]]) -> Entry:
    columns = [f"{task.goal.metric}_{epoch}" for epoch in range(1, EPOCHS + 1)]
    runs = tuple(tuple(float(line[column]) for column in columns) for line in lines)
    return Entry(number, lines[0]["id"], int(lines[0]["params"]), int(lines[0]["macs"]), runs)
