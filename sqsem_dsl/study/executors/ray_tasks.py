"""Trials as tasks of a Ray cluster: Ray finds a node for each, and reports lost nodes.

sqsem must be installed on every node in the same version, and so must the modules of layers that `extern` names, unless
their folder is shared or sent with the job (`ray job submit --working-dir`). No disk is shared: checkpoints are sent to
the study as they are written (up to 256 MB), so that the trial of a lost node resumes elsewhere from its last one.
Where the study's own node or the cluster's head is gone, the study ends, and Ray may end its process before it can say
so; the journal is with the study, and the same command resumes it.
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
"""Trials after which a process is ended, and its memory given back. On a GPU it is after each: an idle process would
keep memory there that Ray believes to be free."""
POLL = 0.25
"""Seconds after which letters are looked for."""
RECOUNT = 5.0
"""Seconds after which the cluster's nodes are counted again."""
REMIND = 60.0
"""Seconds after which a trial that waits for its turn is said to be alive."""
VERDICT = 30.0
"""Seconds that a node has to show that it lives, where a process of it has gone."""


@dataclass(slots=True)
class _Attempt:
    """Work that was handed to Ray."""

    token: str
    work: Task | Evaluation
    reference: Any
    """To its result; to the end of the sweeping of its node, once it has crashed."""
    told: float
    node: str | None = None
    crash: str | None = None
    """Why its process is gone. What remains to be found out is whether its node is, too."""
    killed: bool = False


class RayTasks:
    """An executor that runs each trial as a Ray task with its `share` of a node."""

    def __init__(self, dataset: Dataset, address: str, share: Share | None = None, train: str = TRAIN) -> None:
        """Raises SqsError where Ray is missing, no cluster answers at the address, or no node has room for a trial."""
        self._address, self._share, self._train = address, share or Share(), train
        self._attempts: dict[str, _Attempt] = {}
        self._gone = False
        self._stopped: list[Message] = []
        """Not yet told."""
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
        # Spread out, trials share a machine with as few others as can be, and a lost node takes few with it.
        self._do = ray.remote(max_retries=0, max_calls=calls, scheduling_strategy="SPREAD", **resources)(train_on_node)
        self._sweep = ray.remote(num_cpus=0, max_retries=0)(sweep)
        self._name, self._data = uuid4().hex, ray.put(dataset)
        here = self._on(ray.get_runtime_context().get_node_id())
        self._mailbox = ray.remote(num_cpus=0)(Mailbox).options(scheduling_strategy=here).remote()

    @property
    def capacity(self) -> int:
        """Trials that the cluster has room for: nodes come and go. 1 where it has none just now, as a node may come."""
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
        """See `Executor`. Raises SqsError where the cluster is gone."""
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
            if attempt.node is None and not attempt.killed:  # It waits for its turn, and has nothing to leave.
                self._kill(attempt)
                if isinstance(attempt.work, Task):
                    self._stopped.append(Stopped(attempt.work.number))

    def close(self) -> None:
        if self._gone:  # Ray would end this very process over it.
            return
        gone = (self._ray.exceptions.RayError, ConnectionError, SqsError)
        with suppress(*gone):
            for attempt in self._attempts.values():
                self._kill(attempt)
            until = monotonic() + 3.0
            while self._attempts and monotonic() < until:  # Their files are removed meanwhile.
                self._collect(POLL)
        with suppress(*gone):
            self._ray.kill(self._mailbox)
        self._disconnect()

    # ---- how

    def _collect(self, seconds: float) -> list[Message]:
        """What is new, waiting that long for a task to end."""
        ray = self._ray
        waiting = {attempt.reference: attempt for attempt in self._attempts.values()}
        try:
            if waiting:
                ended, _ = ray.wait(list(waiting), timeout=seconds)
            else:
                ended = []
                sleep(seconds)
            # In this order: what a task told before its end is there by now.
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
        """What the end of a task means, or the end of the sweeping after it."""
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
        """Sweep up after a process that is gone: where that can be done, the node is not gone with it."""
        if attempt.crash is not None:  # That could not be done.
            return [] if attempt.killed else [_lost(attempt.work, "its node was lost", elsewhere=True)]
        if attempt.node is None:  # It did not get as far as to leave anything.
            return [] if attempt.killed else [_lost(attempt.work, reason, elsewhere=False)]
        attempt.crash, attempt.told = reason, monotonic()
        there = self._on(attempt.node)
        attempt.reference = self._sweep.options(scheduling_strategy=there).remote(attempt.token)
        self._attempts[attempt.token] = attempt
        return []

    def _reminders(self) -> list[Message]:
        """Trials that wait for their turn are alive. Nodes that do not answer are not."""
        now, found = monotonic(), list[Message]()
        for attempt in list(self._attempts.values()):
            if attempt.crash is not None and now - attempt.told > VERDICT:
                del self._attempts[attempt.token]
                if not attempt.killed:
                    found.append(_lost(attempt.work, "its node was lost", elsewhere=True))
            elif attempt.node is None and now - attempt.told > REMIND:
                attempt.told = now
                if isinstance(attempt.work, Task) and not attempt.killed:
                    found.append(Alive(attempt.work.number))
        return found

    def _kill(self, attempt: _Attempt) -> None:
        attempt.killed = True
        if attempt.crash is None:
            self._ray.cancel(attempt.reference, force=True)

    def _on(self, node: str) -> Any:
        """The strategy that puts something on that node, or nowhere."""
        return self._ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(node, soft=False)

    def _disconnect(self) -> None:
        if self._ours:
            self._ray.shutdown()


def _environment(share: Share) -> dict[str, str]:
    """What a process finds in its environment, whatever the node's own is."""
    own = {}
    if not share.gpus:  # Ray would let it see them all.
        own["CUDA_VISIBLE_DEVICES"] = "-1"
    if "KERAS_BACKEND" in os.environ:
        own["KERAS_BACKEND"] = os.environ["KERAS_BACKEND"]
    return own


def _lost(work: Task | Evaluation, reason: str, elsewhere: bool) -> Message:
    if isinstance(work, Evaluation):
        return replace(work, reason=reason)
    return Lost(work.number, reason, elsewhere)


def _failed(work: Task | Evaluation, error: Exception) -> Message:
    """The node could not even begin: it lacks a package, or room on its disk."""
    cause = getattr(error, "cause", None) or error
    reason = in_a_line(cause)
    if isinstance(work, Evaluation):
        return replace(work, reason=reason)
    trace = re.sub("\x1b\\[[0-9;]*m", "", str(error))  # Ray colours it.
    return Failed(work.number, "error", reason, trace)
