"""The files of one trial: its checkpoint, the last state for trials that continue it, its model.

Scores matter more than these files: if one cannot be written, a note says so and training continues.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import keras

from sqsem_dsl.backends.keras.compiling import to_save
from sqsem_dsl.data.dataset import Dataset
from sqsem_dsl.settings.optimizers import WITHOUT_LENGTH
from sqsem_dsl.settings.train import TrainSettings
from sqsem_dsl.study.task import Task
from sqsem_dsl.study.trial.checkpoint import Arrays, Checkpoint, read_checkpoint, state_of, write_checkpoint
from sqsem_dsl.study.trial.execution import Execution
from sqsem_dsl.utils.atomic_file import whole_file
from sqsem_dsl.utils.exceptions import in_a_line


class TrialRecords:
    """Reads and writes the files that a task names. `note` describes any errors."""

    def __init__(self, task: Task, train: TrainSettings, dataset: Dataset) -> None:
        self.task, self.train, self.dataset = task, train, dataset
        self.weights_wanted = task.model is not None or task.final is not None
        self._remarks: dict[str, None] = {}

    @property
    def note(self) -> str | None:
        return "; ".join(self._remarks) or None

    def remark(self, text: str) -> None:
        """Adds to the note, once."""
        self._remarks[text] = None

    # ---- an interrupted training

    def leave_checkpoint(
        self, over: Sequence[Execution], now: Execution, model: keras.Model, gathered: Arrays | None
    ) -> None:
        """Writes the state of the trial, if its task names a file for it."""
        if self.task.checkpoint is None:
            return
        plain = {"over": [execution.to_plain() for execution in over], "now": now.to_plain()}
        arrays = {"state": state_of(model, gathered)}
        for number, execution in enumerate([*over, now]):
            if execution.weights is not None:
                arrays[f"weights {number}"] = execution.weights
        try:
            write_checkpoint(self.task.checkpoint, Checkpoint(self._own, plain, arrays))
        except OSError as error:
            self.remark(f"trained without a checkpoint: {in_a_line(error)}")

    def checkpoint(self) -> tuple[list[Execution], Execution, Arrays] | None:
        """The state of an interrupted trial: the finished executions, the current one, and the state of its model."""
        if self.task.checkpoint is None or not os.path.exists(self.task.checkpoint):
            return None
        found = read_checkpoint(self.task.checkpoint)
        if found is None or found.belongs_to != self._own:
            self.remark("its checkpoint is of another training or cannot be read: training starts at the first epoch")
            return None
        executions = [Execution.from_plain(plain) for plain in (*found.facts["over"], found.facts["now"])]
        for number, execution in enumerate(executions):
            execution.weights = _listed(found.arrays.get(f"weights {number}"))
        return executions[:-1], executions[-1], found.arrays["state"]

    # ---- a training that another trial continues

    def leave_final(self, execution: Execution, state: Arrays) -> None:
        """Writes the last state of an execution, if the task names a file for it."""
        if self.task.final is None:
            return
        arrays = {"state": state, "weights": execution.weights or []}
        plain = {**execution.to_plain(), "history": []}
        try:
            write_checkpoint(self.task.final, Checkpoint(self._common, plain, arrays))
        except OSError as error:
            self.remark(f"no trial can continue it: {in_a_line(error)}")

    def start(self) -> tuple[Execution, Arrays] | None:
        """The final state of the trial that this one continues."""
        if self.task.start is None:
            return None
        found = read_checkpoint(self.task.start)
        if found is None or found.belongs_to != self._common:
            what = "is missing or cannot be read" if found is None else "is of another training"
            self.remark(f"the state that it continues {what}: training starts at the first epoch")
            return None
        execution = Execution.from_plain(found.facts)
        if execution.stopped is not None:
            execution.ended, execution.stopped = False, None
        execution.weights = _listed(found.arrays["weights"])
        return execution, found.arrays["state"]

    # ---- the model

    def save(self, model: keras.Model, path: str) -> str | None:
        """Saves a model atomically; returns the reason for a failure."""
        try:
            with whole_file(path) as part:
                to_save(model).save(part)
        except Exception as error:
            return in_a_line(error)
        return None

    # ---- identification

    @property
    def _own(self) -> str:
        """Identifies a checkpoint as that of this task."""
        task = self.task
        return _digest(self._common, task.number, task.epochs, task.schedule_epochs, task.seeds, task.goals)

    @property
    def _common(self) -> str:
        """The common identity of a training and those that continue it: everything except its length, with its first
        seed."""
        task, train = self.task, self.train
        length = None if isinstance(train.schedule, WITHOUT_LENGTH) else task.schedule_epochs or task.epochs
        settings = train.model_dump_json(exclude={"epochs"})
        choices = sorted((path, str(value)) for path, value in task.architecture.choices.items())
        return _digest(choices, settings, length, self.dataset.fingerprint, keras.config.backend())


def _digest(*facts: Any) -> str:
    return sha256(repr(facts).encode()).hexdigest()[:16]


def _listed(arrays: Arrays | None) -> list[Any] | None:
    return list(arrays) if arrays else None
