"""The connection to a Ray cluster, and its capacity."""

from __future__ import annotations

import logging
import os
import signal
import socket
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from threading import Thread, current_thread, main_thread
from typing import Any

from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.study.errors import MissingPackage, NoCluster
from sqsem_dsl.utils.exceptions import telling_line

PATIENCE = 30.0
"""Seconds within which a cluster must answer; Ray itself would wait for minutes."""
REFUSED = 5.0
"""Seconds within which a machine must accept a connection."""
QUIET = {
    # Every line that a node writes would match, so none is shown; important output comes back as a message.
    "RAY_DEDUP_LOGS_SKIP_REGEX": "^",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
"""Settings of Ray that prevent output between the lines of a study."""


@dataclass(frozen=True, slots=True)
class Share:
    """The resources of one trial."""

    cpus: float = 1
    gpus: float = 0

    def __str__(self) -> str:
        cpus = f"{self.cpus:g} CPU{'' if self.cpus == 1 else 's'}"
        return cpus if not self.gpus else f"{cpus} and {self.gpus:g} GPU{'' if self.gpus == 1 else 's'}"


def connect(address: str) -> tuple[Any, bool]:
    """The `ray` package, connected to the cluster at an address, and whether this call connected it.

    `local` starts a cluster on this machine only, `auto` means the one that runs on it or that `RAY_ADDRESS` names.
    Raises SqsError if Ray is missing, or if no cluster answers.
    """
    if find_spec("ray") is None:
        raise SqsError([MissingPackage(NOWHERE, "ray", "`--ray`", "ray")])
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    ray = import_module("ray")
    if ray.is_initialized():
        return ray, False
    if address == "auto":
        address = os.environ.get("RAY_ADDRESS") or address
    problem = _refusal(address) or _initialized(ray, address)
    if problem is not None:
        raise SqsError([NoCluster(NOWHERE, address, problem)])
    return ray, True


def places(nodes: Iterable[Mapping[str, Any]], share: Share) -> int:
    """The number of trials that fit on the living nodes of a cluster (`ray.nodes()`) at a time, if nothing else
    runs."""
    total = 0
    for node in nodes:
        if node["Alive"]:
            has = node["Resources"]
            room = [int(has.get(kind, 0) / need + 1e-6) for kind, need in _needs(share) if need]
            total += min(room, default=0)
    return total


def too_small(nodes: Iterable[Mapping[str, Any]], share: Share) -> str:
    """The message for a cluster that has no room for a single trial."""
    alive = [node["Resources"] for node in nodes if node["Alive"]]
    most = Share(*(max((has.get(kind, 0) for has in alive), default=0) for kind, _ in _needs(share)))
    return f"a trial needs {share}, but no node has more than {most}"


def _needs(share: Share) -> tuple[tuple[str, float], ...]:
    return ("CPU", share.cpus), ("GPU", share.gpus)


def _refusal(address: str) -> str | None:
    """Why nothing answers at `host:port`; None if something does, or if the address has another form."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdigit():
        return None
    try:
        socket.create_connection((host.strip("[]"), int(port)), REFUSED).close()
    except (OSError, OverflowError) as error:
        return getattr(error, "strerror", None) or str(error)
    return None


def _initialized(ray: Any, address: str) -> str | None:
    """Connects; returns the reason for a failure in one line."""
    logging.getLogger("ray").setLevel(logging.CRITICAL)
    if address == "local":
        # The processes of such a cluster end with the thread that started them.
        before = signal.getsignal(signal.SIGTERM)
        try:
            return _tried(ray, address=address, include_dashboard=False)
        finally:
            if current_thread() is main_thread():  # Ray installs its own handler for SIGTERM.
                signal.signal(signal.SIGTERM, before)
    problems: list[str | None] = []
    thread = Thread(target=lambda: problems.append(_tried(ray, address=address)), daemon=True)
    thread.start()
    thread.join(PATIENCE)
    return problems[0] if problems else f"it does not answer as a Ray cluster does, for {PATIENCE:g} seconds"


def _tried(ray: Any, **settings: Any) -> str | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ray.init(log_to_driver=False, configure_logging=False, **settings)
    except (Exception, SystemExit) as error:  # Ray exits in both ways.
        return telling_line(str(error)) or type(error).__name__
    return None
