"""The trials of a study as a table in a file (`trials.csv`), and as plain data for JSON."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, TextIO

from sqsem_dsl.ir.choices import exact, show
from sqsem_dsl.settings.metrics import COUNTS
from sqsem_dsl.study.journal.record import Epoch, Trial
from sqsem_dsl.utils.visible import visible

FACTS = ("trial", "status", "score", "params", "macs", "epochs", "seconds")
"""The columns before the choices; `reason` comes after them."""


def column(name: str, lower_bounds: Collection[str]) -> str:
    """The name of a quantity in a table: `macs_at_least` instead of `macs` if custom layers make it a lower bound."""
    return f"{name}_at_least" if name in lower_bounds else name


def write_csv(file: TextIO, trials: Iterable[Trial], paths: Sequence[str], lower_bounds: Collection[str] = ()) -> None:
    """A row for each finished trial, with a column for every choice; empty if the trial has no such choice. The column
    `macs` is called `macs_at_least` if it is one of the `lower_bounds`. The other counts have columns if they are
    objectives.

    Raises OSError if it cannot be written.
    """
    writer = csv.writer(file, lineterminator="\n")
    finished = [trial for trial in trials if trial.status != "running"]
    free = [name for name in COUNTS if name not in (*FACTS, *paths)]  # a choice may have such a name
    more = [name for name in free if any(name in trial.metrics for trial in finished)]
    writer.writerow([*(column(name, lower_bounds) for name in FACTS), *more, *map(visible, paths), "reason"])
    for trial in finished:
        facts = [
            trial.number,
            trial.status,
            "" if trial.score is None else repr(trial.score),
            trial.params,
            trial.macs,
            trial.epochs,
            f"{trial.seconds:.2f}",
            *(int(trial.metrics[name]) if name in trial.metrics else "" for name in more),
        ]
        values = [visible(shown(trial.choices[path])) if path in trial.choices else "" for path in paths]
        writer.writerow([*facts, *values, visible(trial.remark)])


def shown(data: object) -> str:
    """The value of a choice, from its JSON form, as it is written in a spec (`ir.choices.show`).

    >>> shown(0.1), shown(2.0), shown(True), shown([1, "a"])
    ('0.1', '2', 'true', '[1, a]')
    """
    # The usual number of an interval: its digits are already those of the exact value, which takes long to compute.
    return repr(data) if type(data) is float and not data.is_integer() else show(exact(data))


def write_epochs_csv(file: TextIO, epochs: Iterable[Epoch]) -> None:
    """A row for each epoch, with a column for each metric that was reported in any."""
    several = list(epochs)
    names = list(dict.fromkeys(name for epoch in several for name in epoch.metrics))
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["trial", "execution", "epoch", "seconds", *map(visible, names)])
    for epoch in several:
        reported = [repr(epoch.metrics[name]) if name in epoch.metrics else "" for name in names]
        writer.writerow([epoch.trial, epoch.execution, epoch.epoch, f"{epoch.seconds:.3f}", *reported])


def trial_json(trial: Trial, lower_bounds: Collection[str] = ()) -> dict[str, Any]:
    """A trial as plain data, fit for JSON: numbers that are not finite are null."""
    return {
        "number": trial.number,
        "status": trial.status,
        "choices": dict(trial.choices),
        "architecture": trial.architecture,
        "params": trial.params,
        "macs": trial.macs,
        "lower_bounds": [name for name in FACTS if name in lower_bounds],
        "metrics": finite(trial.metrics),
        "epochs": trial.epochs,
        "planned": trial.planned,
        "seconds": round(trial.seconds, 3),
        "error": trial.error,
        "reason": trial.reason,
        "stopped": trial.stopped,
        "trace": trial.trace or None,
        "scores": [score if math.isfinite(score) else None for score in trial.scores],
        "spread": finite(trial.spread),
        "origin": trial.origin,
        "continues": trial.continues,
        "training": json.loads(trial.training) if trial.training else None,
        "started": trial.started,
        "ended": trial.ended,
        "attempts": trial.attempts,
        "worker": trial.worker,
        "valid": trial.valid,
    }


def epoch_json(epoch: Epoch) -> dict[str, Any]:
    """An epoch as plain data, fit for JSON."""
    return {
        "trial": epoch.trial,
        "execution": epoch.execution,
        "epoch": epoch.epoch,
        "seconds": round(epoch.seconds, 3),
        "metrics": finite(epoch.metrics),
    }


def finite(metrics: Mapping[str, float]) -> dict[str, float | None]:
    """Metrics with null for non-finite values, which JSON cannot represent."""
    return {name: value if math.isfinite(value) else None for name, value in metrics.items()}
