"""Trials in this process, one after another, in a thread: for notebooks, debugging, and systems without pipes."""

from __future__ import annotations

import queue
from threading import Event, Thread

from sqsem_dsl.data.dataset import Dataset
from sqsem_dsl.study.executors import TRAIN
from sqsem_dsl.study.executors.serving import serve
from sqsem_dsl.study.task import Evaluation, Message, Task


class Inline:
    """An executor of capacity 1. A trial that hangs cannot be ended, and a crash ends the whole process."""

    capacity = 1

    def __init__(self, dataset: Dataset, train: str = TRAIN) -> None:
        self._work: queue.Queue[Task | Evaluation | None] = queue.Queue()
        self._messages: queue.Queue[Message] = queue.Queue()
        self._stop = Event()
        self._killed: set[int] = set()
        arguments = (self._work.get, self._messages.put, dataset, train, self._stop)
        Thread(target=serve, args=arguments, daemon=True).start()

    def submit(self, work: Task | Evaluation) -> None:
        self._stop.clear()
        self._work.put(work)

    def receive(self, seconds: float) -> list[Message]:
        try:
            found = [self._messages.get(timeout=seconds)]
        except queue.Empty:
            return []
        while not self._messages.empty():
            found.append(self._messages.get())
        return [m for m in found if isinstance(m, Evaluation) or m.number not in self._killed]

    def kill(self, number: int) -> None:
        self._killed.add(number)
        self._stop.set()

    def stop(self) -> None:
        self._stop.set()

    def close(self) -> None:
        self._stop.set()
        self._work.put(None)
