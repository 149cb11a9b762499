"""Reads the rows of a journal and checks each value: a journal may be damaged, or come from someone else.

Every value that passes these functions has its declared type, is finite where it must be, and is small enough to be
counted, added and shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, get_args

from sqsem_dsl.diagnostics.errors import InternalError
from sqsem_dsl.study.journal.record import Epoch, Origin, Status, Trial
from sqsem_dsl.study.journal.value_checks import (
    Check,
    bar,
    finite,
    flag,
    from_json,
    json_of,
    mapping,
    maybe,
    natural,
    number,
    numbers,
    one_of,
    several,
    text,
    values,
    whole,
)

COLUMNS = tuple(field.name for field in fields(Trial))
"""Of the table `trial`, in the order of its rows."""
MAX_TRIALS = 10**7
LAST_SECOND = 9.2e9
"""The largest time that a date can represent: in the year 2261."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that cannot be read."""

    place: str
    """The row: `trial 3`, `epoch 2 of trial 3`, `the note "goals"`."""
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


def trial_of(row: Sequence[object]) -> Trial | Fault:
    """The trial of a row with the columns COLUMNS."""
    try:
        trial = Trial(*[check(value) for check, value in zip(_CHECKS, row, strict=True)])
    except ValueError:
        return _fault_of(row)
    if trial.status == "completed" and not trial.scores:
        return Fault(f"trial {trial.number}", "it has completed, but has no score")
    return trial


def _fault_of(row: Sequence[object]) -> Fault:
    """The first wrong column of the row of a trial."""
    for name, check, value in zip(COLUMNS, _CHECKS, row, strict=True):
        try:
            check(value)
        except ValueError as problem:
            return Fault(f"trial {row[0]}", f"`{name}` is {problem}")
    raise InternalError("a row of a trial is wrong, and none of its columns is")


def epoch_of(row: Sequence[object]) -> Epoch | Fault:
    """The epoch of a row with the columns of EPOCH."""
    found = []
    for (name, check), value in zip(EPOCH.items(), row, strict=True):
        try:
            found.append(check(value))
        except ValueError as problem:
            trial, _, epoch, *_ = row
            return Fault(f"epoch {_short(epoch)} of trial {_short(trial)}", f"`{name}` is {problem}")
    return Epoch(*found)


def note_of(key: object, value: object) -> Any:
    """The value of a note, or the Fault. Notes of other versions are returned unchanged."""
    try:
        found = json_of(value)
        return NOTES[str(key)](found) if key in NOTES else found
    except ValueError as problem:
        return Fault(f"the note `{_short(key)}`", f"it is {problem}")


# ---- objects in JSON


_object = from_json(mapping(lambda one: one))


def settings(value: object) -> str:
    """The text of a JSON object, unchanged."""
    _object(value)
    return text(value)


def sources(value: object) -> dict[str, Any]:
    """The fields of `Sources`."""
    found: dict[str, Any] = mapping(lambda one: one)(value)
    if set(found) != {"files", "space", "defines", "allow_extern"}:
        raise ValueError("not an object of files, space, defines and allow_extern")
    if not mapping(text)(found["files"]):
        raise ValueError("without a spec")
    text(found["space"]), mapping(text)(found["defines"]), flag(found["allow_extern"])
    return found


def goals(value: object) -> list[list[str]]:
    found: list[list[str]] = several(several(text))(value)
    if not found or any(len(goal) != 2 or goal[1] not in ("min", "max") for goal in found):
        raise ValueError("not a list of objectives")
    return found


def tested(value: object) -> dict[str, Any]:
    """The scores of the best model on the test set."""
    found: dict[str, Any] = mapping(lambda one: one)(value)
    if set(found) != {"trial", "scores"}:
        raise ValueError("not an object of trial and scores")
    whole(1)(found["trial"]), mapping(number)(found["scores"])
    return found


def _short(value: object) -> str:
    return str(value)[:40]


# ---- the type of each column

_metrics = from_json(numbers)
_time = finite(0.0, LAST_SECOND)

TRIAL: Mapping[str, Check] = {
    "number": whole(1, MAX_TRIALS),
    "choices": from_json(values),
    "architecture": text,
    "training": settings,
    "params": whole(0),
    "macs": whole(0),
    "status": one_of(*get_args(Status)),
    "origin": one_of(*get_args(Origin)),
    "continues": maybe(whole(1)),
    "planned": whole(0),
    "epochs": whole(0),
    "schedule_epochs": maybe(whole(0)),
    "scores": from_json(lambda value: tuple(several(number)(value))),
    "metrics": _metrics,
    "spread": _metrics,
    "seconds": finite(0.0),
    "error": maybe(text),
    "reason": maybe(text),
    "trace": text,
    "started": _time,
    "ended": maybe(_time),
    "attempts": whole(0),
    "worker": text,
    "valid": flag,
    "memo": from_json(mapping(lambda value: value)),
    "stops": from_json(lambda value: tuple(several(bar)(value))),
    "stopped": maybe(text),
}
_CHECKS = tuple(TRIAL[name] for name in COLUMNS)
EPOCH: Mapping[str, Check] = {
    "trial": whole(1),
    "execution": whole(0),
    "epoch": whole(1),
    "metrics": _metrics,
    "seconds": finite(0.0),
}
NOTES: Mapping[str, Check] = {
    "space": text,
    "spec": maybe(text),
    "sources": maybe(sources),
    "data": text,
    "fingerprint": text,
    "seed": natural,
    "executions": whole(1),
    "goals": goals,
    "algorithm": mapping(lambda value: value),
    "stopping": mapping(lambda value: value),
    "callbacks": several(text),
    "weights": mapping(text),
    "keras": maybe(text),
    "backend": maybe(text),
    "created": _time,
    "elapsed": finite(0.0),
    "skipped": whole(0),
    "ended": maybe(text),
    "owner": text,
    "limit": maybe(whole(0)),
    "test": maybe(tested),
}
NEEDED = ("space", "sources", "data", "fingerprint", "seed", "executions", "goals", "elapsed")
"""Notes that every study has."""
