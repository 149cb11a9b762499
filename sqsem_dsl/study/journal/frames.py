"""Trials and epochs as pandas frames. pandas is an extra, and loaded only here."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from types import ModuleType
from typing import TYPE_CHECKING, Any

from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.study.errors import MissingPackage
from sqsem_dsl.study.journal.record import Epoch, Trial
from sqsem_dsl.study.journal.table import column

if TYPE_CHECKING:
    import pandas

FACTS = (
    "number", "status", "score", "architecture", "params", "macs", "epochs", "seconds", "error", "reason", "origin",
    "attempts", "worker", "valid", "stopped",
)  # fmt: skip


def trials_frame(trials: Iterable[Trial], paths: Iterable[str], lower_bounds: Collection[str] = ()) -> pandas.DataFrame:
    """A row for each trial, with the columns FACTS, `started` and `ended`, `choices.PATH` for every choice,
    `metrics.NAME`, and `spread.NAME` if there are several executions. A lower bound is named as in `trials.csv`
    (`table.column`). Raises SqsError if pandas is missing."""
    pd = load_pandas()
    several = list(trials)
    data: dict[str, Any] = {column(name, lower_bounds): [getattr(trial, name) for trial in several] for name in FACTS}
    for name in ("started", "ended"):
        data[name] = pd.to_datetime([getattr(trial, name) for trial in several], unit="s", utc=True)
    for path in paths:
        data[f"choices.{path}"] = [trial.choices.get(path) for trial in several]
    for name in dict.fromkeys(name for trial in several for name in trial.metrics):
        data[f"metrics.{name}"] = [trial.metrics.get(name) for trial in several]
    for name in dict.fromkeys(name for trial in several for name in trial.spread):
        data[f"spread.{name}"] = [trial.spread.get(name) for trial in several]
    return pd.DataFrame(data)


def epochs_frame(epochs: Iterable[Epoch]) -> pandas.DataFrame:
    """A row for each epoch: `trial`, `execution` from 0, `epoch` from 1, `seconds`, and `metrics.NAME`. Raises SqsError
    if pandas is missing."""
    pd = load_pandas()
    several = list(epochs)
    data: dict[str, Any] = {n: [getattr(e, n) for e in several] for n in ("trial", "execution", "epoch", "seconds")}
    for name in dict.fromkeys(name for epoch in several for name in epoch.metrics):
        data[f"metrics.{name}"] = [epoch.metrics.get(name) for epoch in several]
    return pd.DataFrame(data)


def load_pandas(purpose: str = "a frame of trials") -> ModuleType:
    """pandas. Raises SqsError, with the extra to install, if it is missing."""
    try:
        import pandas
    except ModuleNotFoundError:
        raise SqsError([MissingPackage(NOWHERE, "pandas", purpose, "pandas")]) from None
    module: ModuleType = pandas
    return module
