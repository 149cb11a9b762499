"""A worker process, started by `processes`.

It receives the data once and then task after task over a socket, and ends when the other side does, so that no training
continues without a study.
"""

from __future__ import annotations

import os
import queue
import signal
from dataclasses import dataclass
from multiprocessing.connection import Connection
from threading import Event, Lock, Thread
from typing import Literal

from sqsem_dsl.data.dataset import Dataset
from sqsem_dsl.study.executors.serving import serve
from sqsem_dsl.study.task import Evaluation, Message, Task


@dataclass(frozen=True, slots=True)
class Setup:
    """The first message to a process."""

    dataset: Dataset
    train: str
    threads: int | None
    """Processor threads that it may use. None: all."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A process can accept a task. `memory` is its memory in bytes; 0 if the system does not report it."""

    memory: int


Order = Task | Evaluation | Literal["stop"]


def main(descriptor: int) -> None:
    """Serves the study at the other end of a socket until it is closed."""
    # The study decides whether a training stops.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    connection = Connection(descriptor)
    setup: Setup = connection.recv()
    stop, orders, writing = Event(), queue.Queue[Task | Evaluation](), Lock()

    def listen() -> None:
        try:
            while True:
                order: Order = connection.recv()
                if isinstance(order, str):
                    stop.set()
                else:
                    stop.clear()
                    orders.put(order)
        except (EOFError, OSError):
            os._exit(0)  # A training in native code would notice nothing else.

    def tell(message: Message | Ready) -> None:
        with writing:
            connection.send(message)

    Thread(target=listen, daemon=True).start()
    if setup.train.startswith("sqsem_dsl."):
        from sqsem_dsl.study.trial.process_setup import prepare_process

        prepare_process(setup.threads)

    def take() -> Task | Evaluation:
        tell(Ready(_memory()))
        return orders.get()

    try:
        serve(take, tell, setup.dataset, setup.train, stop)
    except (BrokenPipeError, ConnectionError):
        os._exit(0)


def _memory() -> int:
    """Bytes of memory that this process holds."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0
