"""A study for TensorBoard's HParams plugin, beside the logs of its trainings: the choices and scores of each trial.

Each trial is a session in the folder of its logs; the values of its best epoch are scalars there, and the objectives
are the plugin's metrics. Only the package `tensorboard` is needed, and TensorFlow is not loaded: the records are
TensorBoard's own, written to ordinary files.
"""

from __future__ import annotations

import io
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from math import isfinite
from pathlib import Path
from time import time
from typing import Any

from sqsem_dsl.ir.choices import Categorical, Choice, plain, show
from sqsem_dsl.study.journal.record import Trial
from sqsem_dsl.study.objective import Goal
from sqsem_dsl.study.progress.progress import NullProgress
from sqsem_dsl.study.view import View
from sqsem_dsl.utils.atomic_file import write_whole
from sqsem_dsl.utils.exceptions import in_a_line
from sqsem_dsl.utils.visible import visible

STARTED, ENDED = ".start", ".hparams"
"""The ends of the names of the files with the choices of a trial, and with its scores, too."""


class HParamsLog(NullProgress):
    """Follows a study like a progress, and writes below a folder of logs. `say` is called once if that is not possible;
    then nothing more is written."""

    def __init__(self, folder: Path, choices: Sequence[Choice], say: Callable[[str], None]) -> None:
        self._folder, self._choices, self._say = folder, tuple(choices), say
        self._domains = {choice.path: hparam_values(choice) for choice in self._choices}
        self._writes = True

    def begin(self, title: str, view: View) -> None:
        if find_spec("tensorboard") is None:
            self._give_up("the package `tensorboard` is not installed")
        self._try(lambda: self._write(self._folder, ".experiment", [experiment(self._choices, view.goals)]))
        for trial in view.trials.values():
            if trial.status != "running" and not any(self._of(trial).glob(f"*{ENDED}")):
                self.ended(trial, view)

    def started(self, trial: Trial, view: View) -> None:
        self._try(lambda: self._write(self._of(trial), STARTED, [self._session(trial)]))

    def ended(self, trial: Trial, view: View) -> None:
        """Writes the choices, too: a trial with a result from another study was never started."""
        self._try(lambda: self._write(self._of(trial), ENDED, [self._session(trial), *results(trial)], trial.epochs))

    def _session(self, trial: Trial) -> Any:
        from tensorboard.plugins.hparams import summary_v2

        values = {visible(path): self._value(path, value) for path, value in trial.choices.items()}
        return summary_v2.hparams_pb(values, trial_id=f"trial-{trial.number:04}", start_time_secs=trial.started)

    def _value(self, path: str, value: Any) -> bool | float | str:
        """The value in the type of its choice, as `hparam_values` has it."""
        match self._domains[path][0] if path in self._domains else "":
            case bool():
                return bool(value)
            case float():
                return float(value)
            case _:
                return visible(value if isinstance(value, str) else show(_frozen(value)))

    def _of(self, trial: Trial) -> Path:
        return self._folder / f"trial-{trial.number:04}"

    def _write(self, folder: Path, end: str, summaries: Sequence[Any], step: int = 0) -> None:
        """A file of events, in one step."""
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.summary.writer.record_writer import RecordWriter

        now = time()
        buffer = io.BytesIO()
        records = RecordWriter(buffer)
        records.write(Event(wall_time=now, file_version="brain.Event:2").SerializeToString())
        for summary in summaries:
            records.write(Event(wall_time=now, step=step, summary=summary).SerializeToString())
        folder.mkdir(parents=True, exist_ok=True)
        name = f"events.out.tfevents.{int(now):010}.{socket.gethostname()}.{os.getpid()}{end}"
        write_whole(folder / name, buffer.getvalue())

    def _try(self, write: Callable[[], None]) -> None:
        if self._writes:
            try:
                write()
            except Exception as error:  # of protobuf, too: a display of the study never ends it
                self._give_up(in_a_line(error))

    def _give_up(self, reason: str) -> None:
        self._writes = False
        self._say(f"no hyperparameters for TensorBoard: {reason}")


def experiment(choices: Sequence[Choice], goals: Sequence[Goal]) -> Any:
    """The record of the study: the choices with their domains, and the objectives."""
    from tensorboard.plugins.hparams import summary_v2

    metrics = [summary_v2.Metric(visible(goal.metric), display_name=visible(goal.metric)) for goal in goals]
    return summary_v2.hparams_config_pb([_hparam(choice) for choice in choices], metrics)


def results(trial: Trial) -> list[Any]:
    """The records of a finished trial: its metrics as scalars, and its status."""
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2

    values = [
        Summary.Value(tag=visible(name), simple_value=value)
        for name, value in _metrics(trial).items()
        if isfinite(value)
    ]
    status = api_pb2.STATUS_SUCCESS if trial.status == "completed" else api_pb2.STATUS_FAILURE
    end = plugin_data_pb2.SessionEndInfo(status=status, end_time_secs=trial.ended or trial.started)
    data = plugin_data_pb2.HParamsPluginData(session_end_info=end)
    # As `tensorboard.plugins.hparams.summary.session_end_pb`, whose module needs TensorFlow.
    ended = Summary.Value(
        tag=metadata.SESSION_END_INFO_TAG,
        metadata=metadata.create_summary_metadata(data),
        tensor=metadata.NULL_TENSOR,
    )
    return [Summary(value=values), Summary(value=[ended])]


def hparam_values(choice: Choice) -> tuple[bool, ...] | tuple[float, ...] | tuple[str, ...]:
    """The options of a choice in one type, as the plugin requires: flags, numbers, or else texts; the two ends of an
    interval."""
    domain = choice.domain
    values = domain.values if isinstance(domain, Categorical) else (domain.low, domain.high)
    plains = [plain(value) for value in values]
    if all(isinstance(value, bool) for value in plains):
        return tuple(map(bool, plains))
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in plains):
        return tuple(float(value) for value in plains if isinstance(value, int | float))
    return tuple(visible(value if isinstance(value, str) else show(value)) for value in values)


def _hparam(choice: Choice) -> Any:
    from tensorboard.plugins.hparams import summary_v2

    values = hparam_values(choice)
    if isinstance(choice.domain, Categorical):
        return summary_v2.HParam(visible(choice.path), summary_v2.Discrete(values))
    return summary_v2.HParam(visible(choice.path), summary_v2.RealInterval(*map(float, values)))


def _metrics(trial: Trial) -> Mapping[str, float]:
    """The values at the best epoch, with the sizes of the network."""
    return {"params": float(trial.params), "macs": float(trial.macs), **trial.metrics}


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
