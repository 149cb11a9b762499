"""The best model of a study after its last trial: its scores on the test set."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from time import monotonic

from sqsem_dsl.data.dataset import Dataset
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.study.algorithms.protocols import SearchedSpace
from sqsem_dsl.study.driver import POLL, Driver
from sqsem_dsl.study.journal.record import Trial
from sqsem_dsl.study.resume import architecture_of
from sqsem_dsl.study.task import Evaluation, Failed, Lost, Stopped, Trained

EVALUATION = 600.0
"""The time limit in seconds for scoring the best model on the test set; a tenth of it if the search was interrupted."""


def scores_on_test_set(driver: Driver, space: SearchedSpace, dataset: Dataset) -> Mapping[str, float]:
    """The scores of the best model on the test set: recorded ones, or computed and recorded now. Empty if there are
    none, or no test set.

    If the result of the best trial came from another study, there is no model: the trial is trained again first.
    """
    journal, best = driver.journal, driver.view.best
    if best is None or driver.ending.full is not None:
        return {}
    noted = journal.notes().get("test")
    model = driver.models.path(best.number)
    if noted and noted["trial"] == best.number and model.exists():
        return dict(noted["scores"])
    architecture = architecture_of(journal, space, best)
    if not model.exists() and (driver.ending.interrupted or not _train_again(driver, best, architecture)):
        return {}
    if dataset.test is None:
        return {}
    seconds = EVALUATION / (10 if driver.ending.interrupted else 1)
    found = _evaluated(driver, Evaluation(str(model), architecture), seconds)
    if found is None:
        return {}
    if found.reason is not None:
        driver.progress.remark(f"the best model could not be scored on the test set: {found.reason}")
        return {}
    journal.note(test={"trial": best.number, "scores": dict(found.scores)})
    return found.scores


def _evaluated(driver: Driver, evaluation: Evaluation, seconds: float) -> Evaluation | None:
    """The evaluation with its scores; None if they were not available within that time."""
    driver.executor.submit(evaluation)
    until = monotonic() + seconds
    while monotonic() < until and driver.ending.stop_asked() != "at once":
        for message in driver.executor.receive(POLL):
            if isinstance(message, Evaluation):
                return message
    return None


def _train_again(driver: Driver, trial: Trial, architecture: Architecture) -> bool:
    """Trains a trial again whose model is missing because its result came from another study. Returns whether the model
    exists."""
    driver.progress.remark(f"trial {trial.number}, the best, is trained again for its model")
    task = driver.plan.task(
        _for_its_score(trial),
        architecture,
        goals=driver.view.goals,
        root=trial.number,
        final=False,
        model=driver.models.path(trial.number),
        worth=None,
    )
    driver.executor.submit(task)
    while driver.ending.stop_asked() is None:
        for message in driver.executor.receive(POLL):
            match message:
                case Trained(saved=saved):
                    with suppress(OSError):
                        driver.models.tidy(driver.view)
                    return saved
                case Failed() | Lost() | Stopped():
                    return False
                case _:
                    pass
    return False


def _for_its_score(trial: Trial) -> Trial:
    """A trial that trains from the beginning to the epoch of which it has its score."""
    if trial.stopped is None:
        return replace(trial, continues=None)
    length = trial.schedule_epochs or trial.planned
    return replace(trial, continues=None, planned=trial.epochs, schedule_epochs=length)
