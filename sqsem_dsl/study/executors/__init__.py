"""Where trials run: in this process, in processes of this machine, or on a Ray cluster.

An `Executor` takes tasks and returns messages (`study.task`); it does not know the search. The function that trains a
task is given as `module:function`, so that every process can import it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Protocol

from sqsem_dsl.data.dataset import Dataset
from sqsem_dsl.study.task import Evaluation, Failed, Message, Stopped, Task, Trained

Tell = Callable[[Message], None]
Stop = Callable[[], bool]
Train = Callable[[Task, Dataset, Tell, Stop], Trained | Failed | Stopped]
Evaluate = Callable[[Evaluation, Dataset], Mapping[str, float]]

TRAIN = "sqsem_dsl.study.trial.trial:run_trial"
"""The default function that trains a task."""


class Executor(Protocol):
    """Runs tasks, `capacity` at a time."""

    @property
    def capacity(self) -> int: ...

    def submit(self, work: Task | Evaluation) -> None:
        """Starts a task, or the evaluation of a model. The study keeps to the capacity."""
        ...

    def receive(self, seconds: float) -> list[Message]:
        """The messages since the last call; waits up to that long for the first one.

        Each task ends with one `Trained`, `Failed`, `Stopped` or `Lost`, each evaluation with a filled `Evaluation`.
        """
        ...

    def kill(self, number: int) -> None:
        """Ends a trial at once, without further messages from it."""
        ...

    def stop(self) -> None:
        """Asks every running task to save its state in its checkpoint: each ends with `Stopped`, or with its result if
        it finishes first."""
        ...

    def close(self) -> None:
        """Ends everything immediately."""
        ...


def named(name: str) -> tuple[Train, Evaluate]:
    """The training function that a name like `package.module:function` refers to, and the module's own `evaluate`, or
    the default one."""
    module, _, function = name.partition(":")
    found = import_module(module)
    train: Train = getattr(found, function)
    evaluate: Evaluate | None = getattr(found, "evaluate", None)
    return train, evaluate or import_module("sqsem_dsl.study.saved_models").evaluate
