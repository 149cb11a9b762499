"""A whole search: trials through the tuner that the spec names, results on the disk, the best model scored once."""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

import keras

from sqsem_dsl.data.dataset import Dataset
from sqsem_dsl.diagnostics import SqsError
from sqsem_dsl.source import NOWHERE
from sqsem_dsl.space.architecture import Architecture
from sqsem_dsl.study.errors import CannotWrite, NothingToTry, NothingTrained
from sqsem_dsl.study.hypermodel import SearchedSpace
from sqsem_dsl.study.objective import Goal
from sqsem_dsl.study.outcome import Outcome
from sqsem_dsl.study.progress import Progress, Silent
from sqsem_dsl.study.results import Folder, Result, best_json, rank
from sqsem_dsl.study.tuner import Halt, SpaceTuner, make_tuner
from sqsem_dsl.targets import training


class _Follower:
    """Writes each trial down, keeps the best model, and tells the progress."""

    def __init__(self, goal: Goal, folder: Folder, progress: Progress) -> None:
        self.goal, self.folder, self.progress = goal, folder, progress
        self.outcomes: list[Outcome] = []
        self.best: Outcome | None = None

    def started(self, number: int, architecture: Architecture, epochs: int) -> None:
        self.progress.started(number, architecture, epochs)

    def epoch(self, number: int, epoch: int, epochs: int, logs: Mapping[str, float]) -> None:
        self.progress.epoch(number, epoch, epochs, logs)

    def ended(self, outcome: Outcome, model: keras.Model | None) -> None:
        self.folder.add(outcome)
        self.outcomes.append(outcome)
        best = next(iter(rank(self.outcomes, self.goal)), None)
        if best is outcome and model is not None:
            self.folder.save_model(model)
            self.best = outcome
        self.progress.ended(outcome, self.best)


def run_search(
    space: SearchedSpace,
    dataset: Dataset,
    directory: str | os.PathLike[str],
    *,
    trials: int | None = None,
    epochs: int | None = None,
    seed: int | None = None,
    spec: str | None = None,
    facts: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> Result:
    """Search a space on a data set and leave the results (`study.results`) in a folder.

    `trials`, `epochs` and `seed` come before what the spec says; the same seed gives the same trials. `spec` is the
    text that is left as `spec.sqs`, `facts` are added to `best.json`. After Ctrl-C the trials that were over make the
    result.

    Raises SqsError where the objective cannot be, where no trial could be started or all failed, and where the folder
    cannot be written; KeyboardInterrupt where it came before the first trial was over.
    """
    began = monotonic()
    progress = progress or Silent()
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # Retracing is no news here: each trial is another model.
    path = Path(directory)
    with TemporaryDirectory(prefix="sqsem-") as scratch:
        tuner = make_tuner(space, trials=trials, epochs=epochs, seed=seed, directory=scratch)
        try:
            folder = Folder(path, (choice.path for choice in space.choices))
            if spec is not None:
                folder.write("spec.sqs", spec)
        except OSError as problem:
            raise _cannot_write(path, problem) from problem
        try:
            follower = _Follower(tuner.goal, folder, progress)
            interrupted = _run(tuner, follower, dataset, path)
            ended = "interrupted" if interrupted else tuner.oracle.ended or _trials_done(tuner)
            if follower.best is None:
                raise _nothing(follower.outcomes, ended)
            try:
                architecture = space.propose(follower.best.choices)
                assert architecture is not None
                # The saved model, as whoever reloads it will find it.
                model = keras.models.load_model(path / "best.keras")
                test = training.evaluate(model, architecture.train, dataset.test, dataset.outputs)
                more = {
                    "trainable_params": architecture.trainable_params,
                    "activations": architecture.activations,
                    "weighted_layers": architecture.weighted_layers,
                    "space": space.name,
                    "data": dataset.describe(),
                    "fingerprint": dataset.fingerprint,
                    "seed": tuner.oracle.proposals.seed,
                    "trials": len(follower.outcomes),
                    "ended": ended,
                    "keras": keras.__version__,
                    "backend": keras.config.backend(),
                    **(facts or {}),
                }
                folder.write_json("best.json", best_json(follower.best, tuner.goal, test, more))
            except OSError as problem:
                raise _cannot_write(path, problem) from problem
        finally:
            folder.close()
    outcomes = tuple(follower.outcomes)
    return Result(space.name, tuner.goal, outcomes, path, ended, monotonic() - began, test, interrupted)


def _run(tuner: SpaceTuner, follower: _Follower, dataset: Dataset, path: Path) -> bool:
    """Run the trials; whether Ctrl-C ended them."""
    tuner.watch = follower
    title = f"{tuner.project_name} on {dataset.describe()}: {tuner.goal}"
    follower.progress.begin(title, tuner.goal, tuner.oracle.max_trials)
    try:
        tuner.search(dataset, verbose=0)
    except KeyboardInterrupt:
        if follower.best is None:
            raise
        return True
    except Halt as problem:
        if isinstance(problem.__cause__, OSError):
            raise _cannot_write(path, problem.__cause__) from problem
        raise
    except OSError as problem:
        raise _cannot_write(path, problem) from problem
    finally:
        follower.progress.close()
    return False


def _trials_done(tuner: SpaceTuner) -> str:
    count = len(tuner.oracle.trials)
    return f"all {count} trials are done" if count != 1 else "the one trial is done"


def _nothing(outcomes: list[Outcome], ended: str) -> SqsError:
    if not outcomes:
        return SqsError([NothingToTry(NOWHERE, ended)])
    return SqsError([NothingTrained(NOWHERE, tuple((o.number, o.reason or "") for o in outcomes))])


def _cannot_write(path: Path, problem: OSError) -> SqsError:
    reason = problem.strerror or str(problem) or errno.errorcode.get(problem.errno or 0, "unknown")
    return SqsError([CannotWrite(NOWHERE, str(problem.filename or path), reason[0].lower() + reason[1:])])
