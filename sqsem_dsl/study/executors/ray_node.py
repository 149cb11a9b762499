"""What a node of a Ray cluster does with a trial: train in a folder of its own, and send home what it leaves there.

Nodes share no disk. What a task reads travels with it, what it writes comes back with its result; a checkpoint is sent
while the training goes on, too.
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
"""Seconds after which a node looks whether it is to stop, and whether there is a new checkpoint."""
LARGEST = 256 << 20
"""Bytes of a checkpoint that is sent while the training goes on."""


@dataclass(frozen=True, slots=True)
class Shipment:
    """Work as it travels."""

    token: str
    """Names this attempt: a trial that was lost is sent again with another."""
    work: Task | Evaluation
    files: Mapping[str, bytes]
    """What the work reads, by field."""
    train: str
    threads: int
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Result:
    """What comes back."""

    message: Message
    files: Mapping[str, bytes]
    """What was written, by field; logs by their place in the folder, as `tensorboard/…`."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """An attempt has begun on this node."""

    node: str


@dataclass(frozen=True, slots=True)
class State:
    """A checkpoint, as it was sent home."""

    content: bytes


Letter = Message | Arrived | State


class Mailbox:
    """Where nodes leave what they have to say, until the study asks. An actor on the study's own node."""

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
        """These attempts are to leave their state behind."""
        self._stopping = tokens

    def is_to_stop(self, token: str) -> bool:
        return token in self._stopping


_held: dict[str, Dataset] = {}
"""The data of this process, by the name of its object: the same arrays for one task after another."""


def train_on_node(shipment: Shipment, data: list[Any], mailbox: Any) -> Result:
    """Do what was sent. `data` holds the reference to the dataset."""
    import ray  # The study's side must be importable without it.

    if current_thread() is main_thread():
        # Ctrl-C in the terminal of a cluster of this machine is for the study, which then asks its tasks to stop.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.update(shipment.environment)
    token = shipment.token
    ray.get(mailbox.put.remote(token, Arrived(ray.get_runtime_context().get_node_id())))
    name = data[0].hex()
    if name not in _held:
        _held[name] = ray.get(data[0])
    try:
        work = unpacked(shipment.work, shipment.files, scratch_folder(token))
        if shipment.train.startswith("sqsem_dsl."):
            from sqsem_dsl.study.process_setup import prepare_process

            prepare_process(shipment.threads)
        ended: list[Message] = []

        def tell(message: Message) -> None:
            if isinstance(message, Trained | Failed | Stopped | Evaluation):
                ended.append(message)
            else:
                mailbox.put.remote(token, message)

        checkpoint = work.checkpoint if isinstance(work, Task) else None
        watch = Watch(ray, mailbox, token, None if checkpoint is None else Path(checkpoint))
        try:
            serve(iter((work, None)).__next__, tell, _held[name], shipment.train, watch.stop)
        finally:
            watch.end()
        ray.get(mailbox.is_to_stop.remote(token))  # Whatever was told before has now arrived.
        return Result(ended[-1], packed(work))
    finally:
        sweep(token)


class Watch:
    """A thread beside a training: hears that it is to stop, and sends its checkpoint home when there is a new one."""

    def __init__(self, ray: Any, mailbox: Any, token: str, checkpoint: Path | None) -> None:
        self.stop, self._over = Event(), Event()
        self._ray, self._mailbox, self._token, self._checkpoint = ray, mailbox, token, checkpoint
        self._sent = self._version()
        self._thread = Thread(target=self._look, daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(WATCH):
            try:
                if self._ray.get(self._mailbox.is_to_stop.remote(self._token)):
                    self.stop.set()
            except Exception:  # The study is gone: nobody waits for this training.
                self.stop.set()
                return
            version = self._version()
            if self._checkpoint is None or version in (None, self._sent):
                continue
            with suppress(OSError):
                if self._checkpoint.stat().st_size <= LARGEST:
                    self._mailbox.put.remote(self._token, State(self._checkpoint.read_bytes()))
                    self._sent = version

    def _version(self) -> tuple[int, int] | None:
        """Tells one state of the file from another; None where there is no file."""
        if self._checkpoint is None:
            return None
        try:
            found = self._checkpoint.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino
