"""The values reported after each epoch, for TensorBoard: by its own writer, and so the same on every backend.

A process that is killed leaves incomplete logs, with epochs that the resumed training repeats. The logs of a trial are
therefore written anew, from its checkpoint, each time that it starts.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from time import time
from typing import Any

from sqsem_dsl.utils.exceptions import in_a_line
from sqsem_dsl.utils.visible import visible

EpochLogs = tuple[int, int, Mapping[str, float], float]
"""The execution of an epoch, from 0, its number, from 1, the reported values, and its seconds."""


class EventLog:
    """Logs in a folder, with one folder below it for each execution and data split. Without a folder it writes nothing.

    A write error is reported once, and logging stops.
    """

    def __init__(self, folder: str | None, remark: Callable[[str], None]) -> None:
        self.folder, self.remark = folder, remark
        self._writers: dict[Path, Any] = {}

    def start(self, before: Sequence[EpochLogs]) -> None:
        """Removes the logs of an earlier process, and writes those of the epochs that are not trained again."""
        if self.folder is None:
            return
        for old in Path(self.folder).glob("execution*"):
            shutil.rmtree(old, ignore_errors=True)
        at = time() - sum(seconds for *_, seconds in before)
        for execution, epoch, logs, seconds in before:
            at += seconds
            self.add(execution, epoch, logs, at)

    def add(self, execution: int, epoch: int, logs: Mapping[str, float], at: float | None = None) -> None:
        """The values of an epoch, from 1, of an execution, from 0: `val_` values go into `validation`. The epoch ended
        `at` seconds since 1970, by default now."""
        if self.folder is None:
            return
        try:
            self._add(Path(self.folder, f"execution{execution}"), epoch, logs, time() if at is None else at)
        except Exception as error:  # The writer's files are TensorFlow's where that is installed, with its exceptions.
            self._give_up(error)

    def _add(self, folder: Path, epoch: int, logs: Mapping[str, float], at: float) -> None:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary

        for part in ("train", "validation"):
            values = [
                Summary.Value(tag=f"epoch_{visible(name.removeprefix('val_'))}", simple_value=value)
                for name, value in logs.items()
                if name.startswith("val_") == (part == "validation")
            ]
            event = Event(wall_time=at, step=epoch, summary=Summary(value=values))
            self._writer(folder / part).add_event(event)

    def _writer(self, folder: Path) -> Any:
        if folder not in self._writers:
            from tensorboard.summary.writer.event_file_writer import EventFileWriter

            self._writers[folder] = EventFileWriter(str(folder))
        return self._writers[folder]

    def _give_up(self, error: Exception) -> None:
        self.folder = None
        self.remark(f"no TensorBoard logs: {in_a_line(error)}")

    def close(self) -> None:
        for writer in self._writers.values():
            try:
                writer.close()
            except Exception as error:
                self._give_up(error)


@contextmanager
def event_log(folder: str | None, before: Sequence[EpochLogs], remark: Callable[[str], None]) -> Iterator[EventLog]:
    """A log in a folder, with the epochs of earlier processes, closed at the end; without TensorBoard, one that writes
    nothing, with a remark."""
    if folder is not None and find_spec("tensorboard") is None:
        remark("no TensorBoard logs: the package `tensorboard` is not installed")
        folder = None
    log = EventLog(folder, remark)
    log.start(before)
    try:
        yield log
    finally:
        log.close()
