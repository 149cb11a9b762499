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
        """Begin a task, or the evaluation of a model. The study keeps to the capacity."""
        ...

    def receive(self, seconds: float) -> list[Message]:
        """What was reported since it was last asked; waits up to that long for the first message.

        Each task ends with one `Trained`, `Failed`, `Stopped` or `Lost`, each evaluation with an `Evaluation` that is
        filled in.
        """
        ...

    def kill(self, number: int) -> None:
        """End a trial at once, without further messages from it."""
        ...

    def stop(self) -> None:
        """Ask every task that runs to leave its state in its checkpoint: each ends with `Stopped`, or with what it had
        got to by then."""
        ...

    def close(self) -> None:
        """End everything, now."""
        ...


def named(name: str) -> tuple[Train, Evaluate]:
    """The function that trains which a name like `package.module:function` means, and the module's own `evaluate`, or
    the usual one."""
    module, _, function = name.partition(":")
    found = import_module(module)
    train: Train = getattr(found, function)
    evaluate: Evaluate | None = getattr(found, "evaluate", None)
    return train, evaluate or import_module("sqsem_dsl.study.trial.evaluation").evaluate
