"""Trains one trial, in any process: its messages and its result.

A training that is interrupted, by `stop` or by the end of its process, resumes from its checkpoint, also within an
epoch, with the same numbers as without the interruption. If a full disk prevents checkpoints or the model, the result
says so and keeps its scores.
"""

from __future__ import annotations

import errno
import os
import socket
import traceback
from collections.abc import Callable, Iterator
from statistics import fmean, stdev
from time import monotonic
from typing import Any

import keras
from numpy.typing import NDArray

from sqsem_dsl.backends.keras import training
from sqsem_dsl.backends.keras.optimizers import reduce_rate
from sqsem_dsl.backends.keras.unfreezing import go_to_phase
from sqsem_dsl.data.dataset import Dataset
from sqsem_dsl.network.unfreezing import training_of
from sqsem_dsl.settings.optimizers import ReduceOnPlateau
from sqsem_dsl.settings.options import Patience
from sqsem_dsl.study.objective import counted
from sqsem_dsl.study.task import Alive, EpochEnded, Failed, FailureKind, Message, Started, Stopped, Task, Trained
from sqsem_dsl.study.trial.callbacks import Follow
from sqsem_dsl.study.trial.checkpoint import Arrays, gathered_by, put_gathered, restore, state_of
from sqsem_dsl.study.trial.compiled import CompiledModels, graphs_for, is_short
from sqsem_dsl.study.trial.event_log import event_log
from sqsem_dsl.study.trial.execution import Execution, Logs, by_merit
from sqsem_dsl.study.trial.trial_records import TrialRecords
from sqsem_dsl.utils.exceptions import in_a_line

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
"""The errors of a file system that is full."""
_OUT_OF_MEMORY = ("ResourceExhaustedError", "OutOfMemoryError")
"""The exceptions of TensorFlow and torch."""
_SAID = ("RESOURCE_EXHAUSTED", "out of memory", "Unable to allocate", "bad_alloc")
"""The messages of JAX, which has one exception for everything, and of others."""


def kind_of(error: BaseException) -> FailureKind:
    """The kind of a failure: out of memory, or another error."""
    for one in _causes(error):
        if isinstance(one, MemoryError) or type(one).__name__ in _OUT_OF_MEMORY:
            return "memory"
        if isinstance(one, RuntimeError) and any(said in str(one) for said in _SAID):
            return "memory"
    return "error"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


ALIVE_SECONDS = 5.0
"""The interval of the messages that a training is alive."""

_compiled = CompiledModels()


def run_trial(
    task: Task, dataset: Dataset, tell: Callable[[Message], None], stop: Callable[[], bool]
) -> Trained | Failed | Stopped:
    """Trains a trial, reports its start, its epochs, and that it is alive, and returns its result.

    `stop` is called after every batch: if it returns true, the state is saved in the task's checkpoint. Raises only
    exceptions that end the process, such as KeyboardInterrupt.
    """
    result: Trained | Failed | Stopped
    try:
        result = _Trial(task, dataset, tell, stop).run()
    except _StopAsked:
        return Stopped(task.number)
    except Exception as error:
        _compiled.clear()
        result = Failed(task.number, kind_of(error), in_a_line(error), traceback.format_exc())
    return result


class _StopAsked(Exception):
    """Leaves a training in the middle."""


class _Trial:
    """One running trial: the finished executions, and the current one, which it follows.

    With folds, each execution uses a different one.
    """

    def __init__(self, task: Task, dataset: Dataset, tell: Callable[[Message], None], stop: Callable[[], bool]) -> None:
        self.task, self.dataset, self.tell, self.stop = task, dataset, tell, stop
        self._folded = dataset
        self.facts = counted(task.architecture, task.goals)
        self.train = training_of(task.architecture).model_copy(update={"epochs": task.epochs})
        self.patience = self.train.early_stopping if isinstance(self.train.early_stopping, Patience) else None
        changing = [*training.user_callbacks(self.train), *self._callbacks()]
        self.changed = bool(changing)
        """Whether callbacks may change the model after an epoch."""
        if any(isinstance(one, keras.callbacks.EarlyStopping) for one in changing):
            self.patience = None
        self.length = task.schedule_epochs or task.epochs
        self.records = TrialRecords(task, self.train, dataset)
        self.over: list[Execution] = []
        self.now = Execution(task.seeds[0])
        self.follow = Follow(self)
        self.last: Arrays | None = None
        """The state at the end of the last epoch, if callbacks may change the model after it."""
        self.gathered: list[NDArray[Any]] | None = None
        """The state of the metrics in the current epoch: when it is resumed, and during validation."""
        self.first = 0
        self.began = self.spoke = self.saved = monotonic()

    @property
    def steps(self) -> int:
        """In an epoch of the current execution."""
        return training.steps_per_epoch(self.train, self._fold(len(self.over)))

    def _fold(self, execution: int) -> Dataset:
        """The data of an execution: those of the last requested fold are cached."""
        if not self.dataset.folds:
            return self.dataset
        number = execution % len(self.dataset.folds)
        self._folded = self._folded.fold(number)
        return self._folded

    def run(self) -> Trained | Failed:
        task = self.task
        state = self._resume()
        resumed = None if state is None else (len(self.over), self.now.epochs)
        self.tell(Started(task.number, os.getpid(), socket.gethostname(), resumed))
        before = [(number, *told) for number, one in enumerate([*self.over, self.now]) for told in one.epochs_told()]
        for told in before:
            self.tell(EpochEnded(task.number, *told))
        state = state or self._continue()
        if self.train.frozen_epochs >= self.length:
            self.records.remark(f"trained with frozen backbones: {self.length} epochs, and `unfreeze` is later")
        short = is_short(self.train, self.dataset, self.length)
        with graphs_for(short), event_log(task.tensorboard, before, self.records.remark) as self.log:
            while len(self.over) < len(task.seeds) and self._stopped is None:
                model = self._execute(state)
                if self.now.best is None:
                    names = " and ".join(f"`{name}`" for name in dict.fromkeys(goal.by_epoch[0] for goal in task.goals))
                    reason = f"in none of {self.now.epochs} epochs were the loss and {names} finite numbers"
                    return Failed(task.number, "diverged", reason)
                if not self.over:
                    self.records.leave_final(self.now, self.last or state_of(model))
                self._end_execution()
                state = None
        return self._result(model)

    @property
    def _stopped(self) -> str | None:
        """Where and why the first execution was stopped: the others are not run."""
        return self.over[0].stopped if self.over else None

    def _resume(self) -> Arrays | None:
        """The state in the checkpoint, and its position; None if there is none."""
        found = self.records.checkpoint()
        if found is None:
            return None
        self.over, self.now, state = found
        return state

    def _continue(self) -> Arrays | None:
        """The state that another trial left, and its position; None if there is none."""
        found = self.records.start()
        if found is None:
            return None
        self.now, state = found
        return state

    def _execute(self, state: Arrays | None) -> keras.Model:
        """One training, from its beginning or from a state."""
        task, now, data = self.task, self.now, self._fold(len(self.over))
        # Callbacks may change the layers of a model, so it is not used again.
        compiled = _compiled if task.callbacks is None else CompiledModels()
        model = compiled.model(task.architecture, self.train, data, self.length, now.seed)
        if state is not None:
            go_to_phase(model, now.state_epoch)  # the state has the variables of its optimizer
            training.make_variables(model, self.train, data)
            if restore(model, state):
                self.gathered = gathered_by(model, state)
            else:
                self.records.remark("the state to continue is of another network: training starts at the first epoch")
                self.now = now = Execution(now.seed)
                go_to_phase(model, 0)
        if now.ended or now.epochs >= task.epochs:
            return model
        training.fit(
            model,
            self.train,
            data,
            seed=now.seed,
            epochs=task.epochs,
            initial_epoch=now.epochs,
            initial_batch=now.batches,
            stopping=[],
            callbacks=[*self._callbacks(), self.follow],
        )
        return model

    def _callbacks(self) -> list[keras.callbacks.Callback]:
        """New callbacks of the caller, which see every epoch before it is recorded."""
        return [] if self.task.callbacks is None else self.task.callbacks.new()

    def _end_execution(self) -> None:
        """Only the weights of the best execution stay in memory."""
        self.over.append(self.now)
        best = min(self.over, key=by_merit)
        for execution in self.over:
            if execution is not best:
                execution.weights = None
        if len(self.over) < len(self.task.seeds):
            self.now = Execution(self.task.seeds[len(self.over)])

    def _result(self, model: keras.Model) -> Trained:
        task = self.task
        logs = [execution.logs for execution in self.over]
        metrics = {name: fmean(one[name] for one in logs) for name in logs[0]} | self.facts
        spread = {name: stdev(one[name] for one in logs) for name in logs[0]} if len(logs) > 1 else {}
        scores = tuple(metrics[goal.metric] for goal in task.goals)
        epochs = max(execution.epochs for execution in self.over)
        saved, unsaved = False, None
        if task.model is not None and (task.worth is None or task.goals[0].sign * scores[0] < task.worth):
            best = min(range(len(self.over)), key=lambda number: by_merit(self.over[number]))
            weights = self.over[best].weights
            if weights is not None:
                if self.dataset.folds:  # whose inputs may be standardized differently
                    seed, data = self.over[best].seed, self._fold(best)
                    model = _compiled.model(task.architecture, self.train, data, self.length, seed)
                model.set_weights(weights)
            go_to_phase(model, None)  # in which its layers are trained as the spec says
            unsaved = self.records.save(model, task.model)
            saved = unsaved is None
        return Trained(task.number, scores, metrics, spread, epochs, saved, unsaved, self.records.note, self._stopped)

    # ---- reports from Keras

    def epoch_began(self) -> None:
        self.began = monotonic() - self.now.seconds
        self.first = self.now.batches
        if self.first and self.gathered is not None:
            put_gathered(self.follow.model, self.gathered)

    def batch_ended(self, batch: int) -> None:
        self.now.batches = self.first + batch + 1
        # Validation resets the metrics of the epoch's training.
        last = self.now.batches == self.steps and self.task.checkpoint is not None
        self.gathered = gathered_by(self.follow.model) if last else None
        self._moment()

    def validated(self) -> None:
        self._moment()

    def epoch_ended(self, logs: Logs) -> bool:
        now, task = self.now, self.task
        now.seconds = seconds = monotonic() - self.began
        self.gathered = None
        patience = self.patience if now.epochs >= self.train.frozen_epochs else None
        if now.epoch_ended(logs, task.goals, patience) and self.records.weights_wanted:
            now.weights = self.follow.model.get_weights()
        if isinstance(self.train.schedule, ReduceOnPlateau) and now.reduces_rate(logs, self.train.schedule):
            reduce_rate(self.follow.model.optimizer, self.train.schedule)
        if self.follow.model.stop_training:  # one of the caller's callbacks has stopped it
            now.ended = True
        if not self.over:
            now.compare(task.stops, task.epochs)
        self.tell(EpochEnded(task.number, len(self.over), now.epochs, logs, seconds))
        self.spoke = monotonic()
        self.log.add(len(self.over), now.epochs, logs)
        if now.ended or now.epochs == task.epochs:
            if self.changed and task.final is not None:
                self.last = state_of(self.follow.model)  # early stopping restores the best weights after this
            return False
        self.began = monotonic()
        self._moment()
        return True

    def _moment(self) -> None:
        """Between two batches: reports that it is alive, and saves the state if it is due or requested."""
        if monotonic() - self.spoke >= ALIVE_SECONDS:
            self.tell(Alive(self.task.number))
            self.spoke = monotonic()
        asked = self.stop()
        if asked or monotonic() - self.saved >= self.task.checkpoint_seconds:
            self.now.seconds = monotonic() - self.began
            self.records.leave_checkpoint(self.over, self.now, self.follow.model, self.gathered)
            self.saved = monotonic()
        if asked:
            raise _StopAsked
