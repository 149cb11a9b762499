"""Trials in processes of this machine, so that a crash or a leak affects only one of them.

A process runs one trial after another, since loading a framework takes seconds. It is replaced when it holds much more
memory than after its first trial. Cores are divided evenly, and so are GPUs: each process sees one.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from io import BufferedRandom
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from tempfile import TemporaryFile
from time import monotonic

from sqsem_dsl.data.dataset import Dataset
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.study.errors import NoWorker
from sqsem_dsl.study.executors import TRAIN
from sqsem_dsl.study.executors.default_workers import available_cores
from sqsem_dsl.study.executors.serving import lost_because
from sqsem_dsl.study.executors.worker import Ready, Setup, main
from sqsem_dsl.study.own_process import command
from sqsem_dsl.study.task import Evaluation, Lost, Message, Task
from sqsem_dsl.utils.pickled import pickled

GROWTH = 1 << 30
"""Bytes by which the memory of a process may exceed that after its first trial."""
MAX_FAILED_STARTS = 3
"""If so many processes in a row end before they accept a task, the executor gives up."""


@dataclass
class _Worker:
    """A process and its current work."""

    process: subprocess.Popen[bytes]
    connection: Connection
    said: BufferedRandom
    place: int
    """Its position among the `capacity` processes, which determines its share of the GPUs."""
    ready: bool = False
    memory: int = 0
    """Its memory after its first task."""
    tasks: int = 0
    work: Task | Evaluation | None = None

    def tail(self) -> str:
        with suppress(OSError, ValueError):
            self.said.seek(0, os.SEEK_END)
            self.said.seek(max(0, self.said.tell() - 4000))
            return self.said.read().decode(errors="replace")
        return ""


@dataclass
class Processes:
    """An executor with `capacity` processes. Each is started when it is first needed, or by `start`.

    `gpus` are the numbers of the GPUs to divide (None: those that the processes find).
    """

    dataset: Dataset
    capacity: int = 1
    gpus: Sequence[int] | None = None
    train: str = TRAIN
    _workers: list[_Worker] = field(default_factory=list)
    _waiting: list[Task | Evaluation] = field(default_factory=list)
    _failed_starts: int = 0
    _setup: bytes | None = None

    def start(self) -> None:
        """Starts all processes, so that they load their framework while the study prepares."""
        for place in range(self.capacity):
            self._start(place)

    def submit(self, work: Task | Evaluation) -> None:
        self._waiting.append(work)
        self._hand_out()

    def receive(self, seconds: float) -> list[Message]:
        until = monotonic() + seconds
        found: list[Message] = []
        while not found:
            rest = max(0.0, until - monotonic())
            open_ones = {worker.connection: worker for worker in self._workers}
            for connection in wait(list(open_ones), rest):
                found += self._hear(open_ones[connection])  # type: ignore[index]
            self._hand_out()
            if rest <= 0:
                break
        return found

    def kill(self, number: int) -> None:
        self._waiting = [work for work in self._waiting if not (isinstance(work, Task) and work.number == number)]
        for worker in list(self._workers):
            if isinstance(worker.work, Task) and worker.work.number == number:
                self._end(worker)

    def stop(self) -> None:
        for worker in self._workers:
            if isinstance(worker.work, Task):
                with suppress(OSError):
                    worker.connection.send("stop")

    def close(self) -> None:
        for worker in list(self._workers):
            self._end(worker)

    # ---- implementation

    def _hand_out(self) -> None:
        """Assigns waiting work to free processes, and starts missing ones."""
        while self._waiting:
            worker = next((w for w in self._workers if w.ready and w.work is None), None)
            if worker is None:
                coming = sum(w.work is None for w in self._workers)
                occupied = {w.place for w in self._workers}
                free = [place for place in range(self.capacity) if place not in occupied]
                for place in free[: max(0, len(self._waiting) - coming)]:
                    self._start(place)
                return
            work = self._waiting.pop(0)
            worker.work, worker.ready = work, False
            try:
                worker.connection.send(work)
            except OSError:  # It is gone; the reader of its messages will report it.
                return

    def _hear(self, worker: _Worker) -> list[Message]:
        """The next message of a process, or the consequence of its end."""
        try:
            message: Message | Ready = worker.connection.recv()
        except (EOFError, OSError):
            return self._gone(worker)
        if isinstance(message, Ready):
            self._failed_starts = 0
            worker.ready, worker.work, worker.tasks = True, None, worker.tasks + 1
            if worker.tasks == 2:
                worker.memory = message.memory
            elif worker.tasks > 2 and message.memory > worker.memory + GROWTH:
                self._end(worker)
            return []
        return [message]

    def _gone(self, worker: _Worker) -> list[Message]:
        """A process has ended by itself."""
        work = worker.work
        with suppress(subprocess.TimeoutExpired):
            worker.process.wait(5)
        reason = lost_because(worker.process.poll(), worker.tail())
        self._end(worker)
        if worker.tasks == 0:
            self._failed_starts += 1
            if self._failed_starts >= MAX_FAILED_STARTS:
                raise SqsError([NoWorker(NOWHERE, reason)])
        match work:
            case Task():
                return [Lost(work.number, reason)]
            case Evaluation():
                return [Evaluation(work.model, work.architecture, reason=reason)]
            case None:
                return []

    def _start(self, place: int) -> None:
        ours, theirs = Pipe()
        said = TemporaryFile()  # noqa: SIM115 (it is open as long as the process)
        process = subprocess.Popen(
            command(main.__module__, f"main({theirs.fileno()})"),
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            env=self._environment(place),
            start_new_session=True,  # Ctrl-C in a terminal is for the study, which then asks its processes to stop.
        )
        theirs.close()
        self._workers.append(_Worker(process, ours, said, place))
        if self._setup is None:
            self._setup = pickled(Setup(self.dataset, self.train, self.threads))
        with suppress(OSError):
            ours.send_bytes(self._setup)

    @property
    def threads(self) -> int | None:
        """Processor threads of each process."""
        if self.capacity == 1:
            return None
        return max(1, available_cores() // self.capacity)

    def _environment(self, place: int) -> dict[str, str]:
        """The environment of a process: its share of the machine."""
        own = dict(os.environ)
        own.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        if self.gpus is not None:
            own["CUDA_VISIBLE_DEVICES"] = str(self.gpus[place % len(self.gpus)]) if self.gpus else "-1"
        if self.capacity > 1:
            # Several processes on one GPU allocate memory as they need it.
            own.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
        if self.threads is not None:
            own.setdefault("OMP_NUM_THREADS", str(self.threads))
        return own

    def _end(self, worker: _Worker) -> None:
        if worker in self._workers:
            self._workers.remove(worker)
        worker.connection.close()
        with suppress(OSError):
            worker.process.kill()
        with suppress(subprocess.TimeoutExpired):
            worker.process.wait(5)
        worker.said.close()
