"""Trials as tasks of a Ray cluster: Ray finds a node for each, and reports lost nodes.

sqsem must be installed on every node in the same version, and so must the modules that `extern` names, unless
their folder is shared or sent with the job (`ray job submit --working-dir`). No disk is shared: checkpoints are sent to
the study as they are written (up to 256 MB), so that the trial of a lost node resumes elsewhere from its last one. If
the study's own node or the cluster's head is lost, the study ends, and Ray may end its process before it can report
this. The journal is with the study, and the same command resumes it.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass, replace
from time import monotonic, sleep
from typing import Any
from uuid import uuid4

from sqsem_dsl.data.dataset import Dataset
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.study.errors import NoCluster
from sqsem_dsl.study.executors import TRAIN
from sqsem_dsl.study.executors.ray_cluster import Share, connect, places, too_small
from sqsem_dsl.study.executors.ray_files import brought, packed_for, sweep
from sqsem_dsl.study.executors.ray_node import Arrived, Mailbox, Shipment, State, train_on_node
from sqsem_dsl.study.task import Alive, Evaluation, Failed, Lost, Message, Stopped, Task
from sqsem_dsl.utils.atomic_file import write_whole
from sqsem_dsl.utils.exceptions import in_a_line

CALLS = 20
"""Trials after which a process is ended to free its memory. On a GPU after each: an idle process would keep memory that
Ray believes to be free."""
POLL = 0.25
"""Seconds between checks for messages."""
RECOUNT = 5.0
"""Seconds after which the cluster's nodes are counted again."""
REMIND = 60.0
"""Seconds after which a waiting trial is reported as alive."""
VERDICT = 30.0
"""Seconds that a node has to show that it is alive after one of its processes ended."""


@dataclass(slots=True)
class _Attempt:
    """Work that was submitted to Ray."""

    token: str
    work: Task | Evaluation
    reference: Any
    """The reference to its result; after a crash, to the end of the cleanup of its node."""
    reported_at: float
    node: str | None = None
    crash: str | None = None
    """Why its process is gone. It remains to be found out whether its node is gone, too."""
    killed: bool = False


class RayTasks:
    """An executor that runs each trial as a Ray task with its `share` of a node."""

    def __init__(self, dataset: Dataset, address: str, share: Share | None = None, train: str = TRAIN) -> None:
        """Raises SqsError if Ray is missing, no cluster answers at the address, or no node has room for a trial."""
        self._address, self._share, self._train = address, share or Share(), train
        self._attempts: dict[str, _Attempt] = {}
        self._gone = False
        self._stopped: list[Message] = []
        """Messages not yet delivered."""
        self._ray, self._ours = connect(address)
        ray = self._ray
        self._counted, self._capacity = monotonic(), places(ray.nodes(), self._share)
        if not self._capacity:
            problem = too_small(ray.nodes(), self._share)
            self._disconnect()
            remedy = "ask for less with `--cpus-per-trial` or `--gpus-per-trial`, or add a larger node"
            raise SqsError([NoCluster(NOWHERE, address, problem, remedy)])
        resources = {"num_cpus": self._share.cpus, "num_gpus": self._share.gpus}
        calls = 1 if self._share.gpus else CALLS
        # Trials are spread so that a lost node affects as few of them as possible.
        self._do = ray.remote(max_retries=0, max_calls=calls, scheduling_strategy="SPREAD", **resources)(train_on_node)
        self._sweep = ray.remote(num_cpus=0, max_retries=0)(sweep)
        self._name, self._data = uuid4().hex, ray.put(dataset)
        here = self._on(ray.get_runtime_context().get_node_id())
        self._mailbox = ray.remote(num_cpus=0)(Mailbox).options(scheduling_strategy=here).remote()

    @property
    def capacity(self) -> int:
        """Trials that the cluster has room for, which changes as nodes come and go. 1 if it has none now, since a node
        may come."""
        if monotonic() - self._counted > RECOUNT:
            with suppress(self._ray.exceptions.RayError, ConnectionError):
                self._capacity = places(self._ray.nodes(), self._share)
            self._counted = monotonic()
        return max(1, self._capacity)

    def submit(self, work: Task | Evaluation) -> None:
        token = uuid4().hex
        threads = max(1, int(self._share.cpus))
        shipment = Shipment(token, self._name, work, packed_for(work), self._train, threads, _environment(self._share))
        reference = self._do.remote(shipment, self._data, self._mailbox)
        self._attempts[token] = _Attempt(token, work, reference, monotonic())

    def receive(self, seconds: float) -> list[Message]:
        """See `Executor`. Raises SqsError if the cluster is gone."""
        until = monotonic() + seconds
        while True:
            found = self._collect(max(0.0, min(POLL, until - monotonic())))
            if found or monotonic() >= until:
                return found

    def kill(self, number: int) -> None:
        for attempt in self._attempts.values():
            if isinstance(attempt.work, Task) and attempt.work.number == number:
                self._kill(attempt)

    def stop(self) -> None:
        self._mailbox.stop.remote(set(self._attempts))
        for attempt in self._attempts.values():
            if attempt.node is None and not attempt.killed:  # It is still waiting and has no state to save.
                self._kill(attempt)
                if isinstance(attempt.work, Task):
                    self._stopped.append(Stopped(attempt.work.number))

    def close(self) -> None:
        if self._gone:  # Ray would end this process for it.
            return
        gone = (self._ray.exceptions.RayError, ConnectionError, SqsError)
        with suppress(*gone):
            for attempt in self._attempts.values():
                self._kill(attempt)
            until = monotonic() + 3.0
            while self._attempts and monotonic() < until:  # Their files are removed in the meantime.
                self._collect(POLL)
        with suppress(*gone):
            self._ray.kill(self._mailbox)
        self._disconnect()

    # ---- implementation

    def _collect(self, seconds: float) -> list[Message]:
        """New messages, waiting that long for a task to end."""
        ray = self._ray
        waiting = {attempt.reference: attempt for attempt in self._attempts.values()}
        try:
            if waiting:
                ended, _ = ray.wait(list(waiting), timeout=seconds)
            else:
                ended = []
                sleep(seconds)
            # In this order: all messages of a task before its end have arrived now.
            letters = ray.get(self._mailbox.take.remote(), timeout=VERDICT)
        except (ray.exceptions.RayError, ConnectionError) as error:
            self._gone = True
            remedy = "once it runs again, run the same command to resume"
            raise SqsError([NoCluster(NOWHERE, self._address, "the connection was lost", remedy)]) from error
        found, self._stopped = self._stopped, []
        for token, letter in letters:
            attempt = self._attempts.get(token)
            match letter:
                case _ if attempt is None:
                    pass
                case Arrived(node=node):
                    attempt.node = node
                case _ if attempt.killed:
                    pass
                case State(content=content):
                    if isinstance(attempt.work, Task) and attempt.work.checkpoint is not None:
                        with suppress(OSError):
                            write_whole(attempt.work.checkpoint, content)
                case _:
                    found.append(letter)
        for reference in ended:
            found += self._ended(waiting[reference])
        return found + self._reminders()

    def _ended(self, attempt: _Attempt) -> list[Message]:
        """The message for the end of a task, or for the end of the cleanup after it."""
        ray = self._ray
        del self._attempts[attempt.token]
        try:
            result = ray.get(attempt.reference)
        except (ray.exceptions.NodeDiedError, ray.exceptions.ObjectLostError):
            return [] if attempt.killed else [_lost(attempt.work, "its node was lost", elsewhere=True)]
        except ray.exceptions.RayTaskError as error:
            return [] if attempt.killed else [_failed(attempt.work, error)]
        except ray.exceptions.OutOfMemoryError:
            return self._crashed(attempt, "Ray ended its process because its node ran out of memory")
        except ray.exceptions.WorkerCrashedError:
            return self._crashed(attempt, "its process was killed or crashed, perhaps out of memory")
        except ray.exceptions.RayError as error:
            return self._crashed(attempt, f"its process was lost: {in_a_line(error)}")
        if attempt.crash is not None:
            return [] if attempt.killed else [_lost(attempt.work, attempt.crash, elsewhere=False)]
        return [] if attempt.killed else [brought(attempt.work, result.message, result.files)]

    def _crashed(self, attempt: _Attempt, reason: str) -> list[Message]:
        """Cleans up after a process that is gone: if this succeeds, the node is still alive."""
        if attempt.crash is not None:  # The cleanup failed.
            return [] if attempt.killed else [_lost(attempt.work, "its node was lost", elsewhere=True)]
        if attempt.node is None:  # It was lost before it left any files.
            return [] if attempt.killed else [_lost(attempt.work, reason, elsewhere=False)]
        attempt.crash, attempt.reported_at = reason, monotonic()
        there = self._on(attempt.node)
        attempt.reference = self._sweep.options(scheduling_strategy=there).remote(attempt.token)
        self._attempts[attempt.token] = attempt
        return []

    def _reminders(self) -> list[Message]:
        """Waiting trials are alive. Nodes that do not answer are not."""
        now, found = monotonic(), list[Message]()
        for attempt in list(self._attempts.values()):
            if attempt.crash is not None and now - attempt.reported_at > VERDICT:
                del self._attempts[attempt.token]
                if not attempt.killed:
                    found.append(_lost(attempt.work, "its node was lost", elsewhere=True))
            elif attempt.node is None and now - attempt.reported_at > REMIND:
                attempt.reported_at = now
                if isinstance(attempt.work, Task) and not attempt.killed:
                    found.append(Alive(attempt.work.number))
        return found

    def _kill(self, attempt: _Attempt) -> None:
        attempt.killed = True
        if attempt.crash is None:
            self._ray.cancel(attempt.reference, force=True)

    def _on(self, node: str) -> Any:
        """The strategy that runs a task on that node, or nowhere."""
        return self._ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(node, soft=False)

    def _disconnect(self) -> None:
        if self._ours:
            self._ray.shutdown()


def _environment(share: Share) -> dict[str, str]:
    """The environment of a process, which overrides that of the node."""
    own = {}
    if not share.gpus:  # Ray would let it see all GPUs.
        own["CUDA_VISIBLE_DEVICES"] = "-1"
    if "KERAS_BACKEND" in os.environ:
        own["KERAS_BACKEND"] = os.environ["KERAS_BACKEND"]
    return own


def _lost(work: Task | Evaluation, reason: str, elsewhere: bool) -> Message:
    if isinstance(work, Evaluation):
        return replace(work, reason=reason)
    return Lost(work.number, reason, elsewhere)


def _failed(work: Task | Evaluation, error: Exception) -> Message:
    """The node could not start the task: it lacks a package, or space on its disk."""
    cause = getattr(error, "cause", None) or error
    reason = in_a_line(cause)
    if isinstance(work, Evaluation):
        return replace(work, reason=reason)
    trace = re.sub("\x1b\\[[0-9;]*m", "", str(error))  # Ray adds colors to it.
    return Failed(work.number, "error", reason, trace)
