"""Trains a baseline, or finds that it was trained: a separate study of one trial, before the search starts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sqsem_dsl.data.dataset import Dataset
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.study.baselines import Baseline, folder_of
from sqsem_dsl.study.errors import NothingTrained, SameFailure
from sqsem_dsl.study.executors import Executor
from sqsem_dsl.study.journal.journal import FILE
from sqsem_dsl.study.journal.record import Trial
from sqsem_dsl.study.options import SearchOptions
from sqsem_dsl.study.progress.progress import NullProgress, Progress, result
from sqsem_dsl.study.resume import comparable
from sqsem_dsl.study.search import run_search
from sqsem_dsl.study.task import Evaluation, Message, Task
from sqsem_dsl.study.view import View


def train_baseline(
    baseline: Baseline,
    dataset: Dataset,
    study: Path,
    executor: Executor,
    options: SearchOptions,
    progress: Progress | None,
) -> None:
    """Trains a baseline below the folder of a study, in an executor that stays open. A failed baseline is logged.

    Raises KeyboardInterrupt if the search was asked to stop in the meantime, and SqsError as `run_search` does.
    """
    shown = progress or NullProgress()
    executions = dataset.trainings(baseline.search_settings.executions)
    folder = folder_of(baseline, study, comparable(dataset, options.seed, executions))
    if not (folder / FILE).exists():
        size = f"{baseline.architecture.params:,} parameters"
        shown.remark(f"baseline {baseline.name}: {size}, trained as the default architecture would be")
    own = replace(options, trials=1, hours=None, target=None, keep=1, reuse=(), start_from=(), tensorboard=False)
    try:
        found = run_search(
            baseline, dataset, folder, _StaysOpen(executor), own, progress=_BaselineProgress(baseline.name, shown)
        )
    except SqsError as problem:
        failed = [one for one in problem.diagnostics if isinstance(one, NothingTrained | SameFailure)]
        if not failed:
            raise
        shown.remark(f"baseline {baseline.name} could not be trained: {failed[0].note or failed[0].title}")
        return
    if found.interrupted is not None:
        raise KeyboardInterrupt


class _BaselineProgress(NullProgress):
    """Reports only the result of a baseline."""

    def __init__(self, name: str, shown: Progress) -> None:
        self.name, self.shown = name, shown

    def remark(self, text: str) -> None:
        self.shown.remark(f"baseline {self.name}: {text}")

    def ended(self, trial: Trial, view: View) -> None:
        if trial.status == "completed":
            self.remark(f"{result(trial, view.goals)}, {trial.seconds:.1f} s")


class _StaysOpen:
    """An executor that several searches use, one after another."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    @property
    def capacity(self) -> int:
        return self._executor.capacity

    def submit(self, work: Task | Evaluation) -> None:
        self._executor.submit(work)

    def receive(self, seconds: float) -> list[Message]:
        return self._executor.receive(seconds)

    def kill(self, number: int) -> None:
        self._executor.kill(number)

    def stop(self) -> None:
        self._executor.stop()

    def close(self) -> None:
        """Does nothing: the next search uses the executor."""
