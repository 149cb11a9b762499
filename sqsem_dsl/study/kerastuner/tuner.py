"""The tuner that `search { }` names: KerasTuner's, with every choice declared in advance, without building a model for
it."""

from __future__ import annotations

import errno
import os
import traceback
import warnings
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import fmean
from time import monotonic
from typing import Any, Protocol

import keras
import keras_tuner
from keras_tuner.engine.trial import TrialStatus

from sqsem_dsl.backends.keras.unfreezing import go_to_phase
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.operators.row import Value
from sqsem_dsl.settings.search import EachToItsEnd, Hyperband
from sqsem_dsl.study.algorithms.hyperband import longest_training
from sqsem_dsl.study.algorithms.make_algorithm import make_algorithm
from sqsem_dsl.study.algorithms.protocols import SearchedSpace
from sqsem_dsl.study.errors import NothingToTry, NothingTrained
from sqsem_dsl.study.kerastuner.hypermodel import SpaceHyperModel
from sqsem_dsl.study.kerastuner.oracle import AlgorithmOracle, name_failures, reason_of
from sqsem_dsl.study.objective import Goal, counted, goal_of
from sqsem_dsl.study.options import SearchOptions
from sqsem_dsl.study.trial.callbacks import BestEpoch, EachEpoch
from sqsem_dsl.utils import exceptions
from sqsem_dsl.utils.exceptions import telling_line


@dataclass(frozen=True, slots=True)
class Outcome:
    """One trial: its choices, its result, and its cost. Numbers count from 1."""

    number: int
    choices: Mapping[str, Value]
    params: int
    macs: int
    seconds: float = 0.0
    epochs: int = 0
    """Epochs of training of this model, including those of the trial that it continues."""
    score: float | None = None
    """The objective at the best epoch, the mean over executions; None if the trial failed."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """Everything that was reported at that epoch."""
    reason: str | None = None
    """Why it failed, in one line."""

    @property
    def status(self) -> str:
        return "completed" if self.score is not None else "failed"


KEPT = 10
"""Trials whose weights stay on disk: the best ones."""
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


class Watch(Protocol):
    """Follows a search."""

    def started(self, number: int, architecture: Architecture, epochs: int) -> None: ...

    def epoch(self, number: int, epoch: int, epochs: int, logs: Mapping[str, float]) -> None: ...

    def ended(self, outcome: Outcome, model: keras.Model | None) -> None:
        """Called after a trial; the model has the weights of its best epoch, and is None if the trial failed."""
        ...


class Halt(keras_tuner.errors.FatalRuntimeError):  # type: ignore[misc]
    """Ends the whole search: the error, its cause, is unrelated to the trial."""


class SpaceTuner(keras_tuner.Tuner):  # type: ignore[misc]
    """Runs the trials that an algorithm of this package proposes.

    Works like any tuner of KerasTuner (`search(x, y, validation_data = …)`, `get_best_models()`), and also accepts a
    `Dataset`: `search(dataset)`. A trial's score is the objective at its best epoch, whose weights are kept for the
    `KEPT` best trials. `outcomes` has every trial; `oracle.ended` is the reason why no more were started. A failed
    trial is printed with its reason, and `search` raises SqsError if all trials failed.
    """

    def __init__(
        self, oracle: AlgorithmOracle, hypermodel: SpaceHyperModel, goal: Goal, seed: int, **arguments: Any
    ) -> None:
        """All seeds of trainings are derived from `seed`."""
        self.goal, self.seed = goal, seed
        self.watch: Watch | None = None
        self.outcomes: list[Outcome] = []
        name_failures(oracle)
        super().__init__(oracle=oracle, hypermodel=hypermodel, **arguments)

    def _populate_initial_space(self) -> None:
        self.oracle.declare()

    def architecture(self, trial: Any) -> Architecture:
        """The architecture of a trial."""
        found: Architecture | None = self.oracle.architecture(trial)
        if found is None:  # Nothing outside the rules is ever proposed: the project is of another version of the spec.
            raise keras_tuner.errors.FailedTrialError("these choices break a rule or a budget of the space")
        return found

    def run_trial(self, trial: Any, *args: Any, **kwargs: Any) -> dict[str, float]:
        architecture = self.architecture(trial)
        number, began = int(trial.trial_id) + 1, monotonic()
        known = Outcome(number, architecture.choices, architecture.params, architecture.macs)
        values = trial.hyperparameters.values
        if "tuner/epochs" in values:
            kwargs["epochs"] = values["tuner/epochs"]
            kwargs["initial_epoch"] = values["tuner/initial_epoch"]
        kwargs["epochs"] = epochs = kwargs.get("epochs") or self.hypermodel.epochs_of(architecture)
        if self.watch is not None:
            self.watch.started(number, architecture, epochs)
        try:
            best, model = self._train(trial, known, *args, **kwargs)
        except Exception as error:
            reason = in_a_line(error)
            self._end(replace(known, seconds=monotonic() - began, reason=reason), None)
            if isinstance(error, OSError) and error.errno in NO_ROOM:
                raise Halt(reason) from error
            raise
        metrics = {name: fmean(keeper.logs[name] for keeper in best) for name in best[0].logs}
        done = replace(known, seconds=monotonic() - began, epochs=max(keeper.epochs for keeper in best))
        self._end(replace(done, score=metrics[self.goal.metric], metrics=metrics), model)
        return metrics

    def _try_run_and_update_trial(self, trial: Any, *args: Any, **kwargs: Any) -> None:
        """KerasTuner's method; the message of a failed trial begins with the reason in one line, before the
        traceback."""
        try:
            self._run_and_update_trial(trial, *args, **kwargs)
            trial.status = TrialStatus.COMPLETED
        except keras_tuner.errors.FatalError:
            raise
        except Exception as error:
            trial.status = TrialStatus.FAILED
            trial.message = f"{in_a_line(error)}\n\n{traceback.format_exc()}"

    def _train(
        self, trial: Any, known: Outcome, *args: Any, callbacks: Any = None, **kwargs: Any
    ) -> tuple[list[BestEpoch], keras.Model]:
        """Trains a trial `executions` times; the model has the best weights of all, which are saved, too."""
        done: list[BestEpoch] = []
        facts = counted(self.architecture(trial), (self.goal,))
        before = trial.hyperparameters.values.get("tuner/trial_id")
        for execution in range(self.executions_per_trial):
            self.hypermodel.seed = self._seed(known.number, execution)
            model = self._try_build(trial.hyperparameters)
            if before is not None:
                go_to_phase(model, kwargs.get("initial_epoch", 1) - 1)  # whose optimizer is saved with the weights
                model.load_weights(self._get_checkpoint_fname(before))
                go_to_phase(model, 0)
            keeper = BestEpoch(self.goal, facts)
            follow = EachEpoch(lambda epoch, logs: self._follow(known.number, epoch, kwargs["epochs"], logs))
            own = deepcopy(list(callbacks or []))
            self.hypermodel.fit(trial.hyperparameters, model, *args, callbacks=[*own, keeper, follow], **kwargs)
            if keeper.best is None:
                raise keras_tuner.errors.FailedTrialError(
                    f"in none of {keeper.epochs} epochs were the loss and `{self.goal.metric}` finite numbers"
                )
            done.append(keeper)
        model.set_weights(min(done, key=lambda keeper: keeper.best or 0.0).weights)
        model.save_weights(self._get_checkpoint_fname(trial.trial_id))
        return done, model

    def _follow(self, number: int, epoch: int, epochs: int, logs: Mapping[str, float]) -> None:
        if self.watch is not None:
            self.watch.epoch(number, epoch, epochs, logs)

    def _end(self, outcome: Outcome, model: keras.Model | None) -> None:
        self.outcomes.append(outcome)
        if self.watch is None:
            return
        try:
            self.watch.ended(outcome, model)
        except Exception as error:
            raise Halt(in_a_line(error)) from error

    def _seed(self, number: int, execution: int) -> int:
        """A seed for each training, derived only from the search's seed and the trial's number."""
        return (self.seed * 1_000_003 + number * 1_009 + execution) % 2**31

    def on_trial_end(self, trial: Any) -> None:
        super().on_trial_end(trial)
        self._drop_weights(self.oracle.needed())

    def on_search_end(self) -> None:
        """Raises SqsError if no trial of the project has a score: all failed, or none could be started."""
        super().on_search_end()
        self._drop_weights(set())
        trials = self.oracle.trials
        if not trials:
            raise SqsError([NothingToTry(NOWHERE, self.oracle.ended or "the algorithm proposes nothing")])
        if not self.oracle.get_best_trials(1):
            failures = tuple((int(trial_id) + 1, reason_of(trial)) for trial_id, trial in trials.items())
            raise SqsError([NothingTrained(NOWHERE, failures, at="`tuner.oracle.trials[id].message`")])

    def _drop_weights(self, needed: set[str]) -> None:
        kept = needed | {trial.trial_id for trial in self.oracle.get_best_trials(KEPT)}
        for trial_id in self.oracle.trials:
            path = Path(self._get_checkpoint_fname(trial_id))
            if trial_id not in kept and path.exists():
                path.unlink()

    def load_model(self, trial: Any) -> keras.Model:
        """The trained model of a trial. Raises FileNotFoundError if its weights were not kept."""
        path = self._get_checkpoint_fname(trial.trial_id)
        if not os.path.exists(path):
            raise FileNotFoundError(
                f"the weights of trial {trial.trial_id} were not kept: it is not among the best {KEPT}"
            )
        model = self._try_build(trial.hyperparameters)
        model.load_weights(path)
        return model

    def _configure_tensorboard_dir(self, callbacks: list[Any], trial: Any, execution: int = 0) -> None:
        """Does nothing: KerasTuner imports tensorboard here for every trial, used or not."""


def make_tuner(
    space: SearchedSpace,
    *,
    trials: int | None = None,
    epochs: int | None = None,
    seed: int | None = None,
    directory: str | os.PathLike[str] | None = None,
    project_name: str | None = None,
    overwrite: bool = False,
) -> SpaceTuner:
    """The tuner that the space's `search { }` names; explicit arguments override the spec.

    `directory`, `project_name` and `overwrite` are KerasTuner's. No model is built. Raises SqsError if training does
    not report the objective, if there are several, and if a package of the algorithm is missing. Warns that
    `stopping` has no effect here.
    """
    search, train = space.search_settings, space.default().train
    if not isinstance(search.stopping, EachToItsEnd):
        warnings.warn(
            f"`stopping = {search.stopping.name}` applies to `sqsem search` only: this tuner trains each trial to its "
            "last epoch. `algorithm = hyperband` trains many trials for few epochs here, too",
            stacklevel=3,
        )
    goal = goal_of(search, train, space.outputs)
    seed = search.seed if seed is None else seed
    limit = SearchOptions(trials).limit(search)
    algorithm = make_algorithm(space, search, (goal,), trials=limit, epochs=epochs, seed=seed)
    oracle = AlgorithmOracle(algorithm, space, goal, trials=limit, hours=search.hours)
    if isinstance(search.algorithm, Hyperband) and space.choices:
        epochs = longest_training(space, search.algorithm, epochs)
    hypermodel = SpaceHyperModel(space, epochs=epochs)
    return SpaceTuner(
        oracle,
        hypermodel,
        goal,
        seed,
        executions_per_trial=search.executions,
        directory=None if directory is None else os.fspath(directory),
        project_name=project_name or space.name,
        overwrite=overwrite,
    )


def in_a_line(error: BaseException) -> str:
    """The message of an exception, with its type unless it only ends a trial."""
    if isinstance(error, keras_tuner.errors.FailedTrialError):
        return telling_line(str(error))
    return exceptions.in_a_line(error)
