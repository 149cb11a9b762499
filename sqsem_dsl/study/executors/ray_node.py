"""Runs a trial on a node of a Ray cluster: trains in a separate folder, and sends its files to the study.

Nodes share no disk. The input files travel with a task, its output comes back with the result; checkpoints are also
sent during the training.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread, current_thread, main_thread
from typing import Any

from sqsem_dsl.data.dataset import Dataset
from sqsem_dsl.study.executors.ray_files import packed, scratch_folder, sweep, unpacked
from sqsem_dsl.study.executors.serving import serve
from sqsem_dsl.study.task import Evaluation, Failed, Message, Stopped, Task, Trained

WATCH = 1.0
"""Seconds between a node's checks for a stop request and for a new checkpoint."""
LARGEST = 256 << 20
"""Maximum size of a checkpoint that is sent during the training, in bytes."""


@dataclass(frozen=True, slots=True)
class Shipment:
    """Work in the form in which it is sent."""

    token: str
    """Identifies this attempt: a lost trial is sent again with another one."""
    study: str
    work: Task | Evaluation
    files: Mapping[str, bytes]
    """The input files, by field."""
    train: str
    threads: int
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Result:
    """The result of work."""

    message: Message
    files: Mapping[str, bytes]
    """The output files, by field; logs by their place in the folder, as `tensorboard/…`."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """An attempt has started on this node."""

    node: str


@dataclass(frozen=True, slots=True)
class State:
    """A checkpoint, as it was sent to the study."""

    content: bytes


Letter = Message | Arrived | State


class Mailbox:
    """Collects the messages of nodes until the study asks for them. An actor on the study's own node."""

    def __init__(self) -> None:
        self._letters: list[tuple[str, Letter]] = []
        self._stopping: set[str] = set()

    def put(self, token: str, letter: Letter) -> None:
        if isinstance(letter, State):  # Only the last one counts.
            self._letters = [(t, old) for t, old in self._letters if t != token or not isinstance(old, State)]
        self._letters.append((token, letter))

    def take(self) -> list[tuple[str, Letter]]:
        letters, self._letters = self._letters, []
        return letters

    def stop(self, tokens: set[str]) -> None:
        """These attempts are asked to save their state."""
        self._stopping = tokens

    def is_to_stop(self, token: str) -> bool:
        return token in self._stopping


_held: dict[str, Dataset] = {}
"""The data of this process by the name of its study: the same arrays for successive tasks."""


def train_on_node(shipment: Shipment, dataset: Dataset, mailbox: Any) -> Result:
    """Runs the received work."""
    if current_thread() is main_thread():
        # Ctrl-C in the terminal of a cluster on this machine is for the study, which then asks its tasks to stop.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.update(shipment.environment)
    token = shipment.token
    dataset = _held.setdefault(shipment.study, dataset)
    try:
        work = unpacked(shipment.work, shipment.files, scratch_folder(token))
        if shipment.train.startswith("sqsem_dsl."):
            from sqsem_dsl.study.trial.process_setup import prepare_process

            prepare_process(shipment.threads)
        ended: list[Message] = []

        def tell(message: Message) -> None:
            if isinstance(message, Trained | Failed | Stopped | Evaluation):
                ended.append(message)
            else:
                mailbox.put.remote(token, message)

        checkpoint = work.checkpoint if isinstance(work, Task) else None
        with Watch(mailbox, token, None if checkpoint is None else Path(checkpoint)) as watch:
            serve(iter((work, None)).__next__, tell, dataset, shipment.train, watch.stop)
        return Result(ended[-1], packed(work, ended[-1]))
    finally:
        sweep(token)


class Watch:
    """A thread beside a training: receives stop requests, and sends new checkpoints to the study.

    When it begins, the study knows the node; when it ends, all messages have arrived. Only this thread waits for
    answers: if a task's main thread did, Ray would lend its share of the node to the next task.
    """

    def __init__(self, mailbox: Any, token: str, checkpoint: Path | None) -> None:
        self.stop, self._known, self._finished = Event(), Event(), Event()
        self._mailbox, self._token, self._checkpoint = mailbox, token, checkpoint
        self._sent = self._version()
        self._thread = Thread(target=self._run, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        self._known.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._finished.set()
        self._thread.join()

    def _run(self) -> None:
        import ray  # The study's side must be importable without it.

        box = self._mailbox
        try:
            ray.get(box.put.remote(self._token, Arrived(ray.get_runtime_context().get_node_id())))
            self._known.set()
            while not self._finished.wait(WATCH):
                if ray.get(box.is_to_stop.remote(self._token)):
                    self.stop.set()
                self._send()
            ray.get(box.is_to_stop.remote(self._token))
        except Exception:  # The study is gone: nothing waits for this training.
            self.stop.set()
            self._known.set()

    def _send(self) -> None:
        version = self._version()
        if self._checkpoint is None or version in (None, self._sent):
            return
        with suppress(OSError):
            if self._checkpoint.stat().st_size <= LARGEST:
                self._mailbox.put.remote(self._token, State(self._checkpoint.read_bytes()))
                self._sent = version

    def _version(self) -> tuple[int, int] | None:
        """Identifies one state of the file; None if there is no file."""
        if self._checkpoint is None:
            return None
        try:
            found = self._checkpoint.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino
