"""Reads the rows of a journal and checks each value: a journal may be damaged, or come from someone else.

Every value that passes these functions has its declared type, is finite where it must be, and is small enough to be
counted, added and shown.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, get_args

from sqsem_dsl.study.journal.record import Epoch, Origin, Status, Trial
from sqsem_dsl.study.stopping.bar import Bar

COLUMNS = tuple(field.name for field in fields(Trial))
"""Of the table `trial`, in the order of its rows."""
LATER: Mapping[str, str] = {"stops": "'[]'", "stopped": "NULL"}
"""The columns that journals of earlier releases may lack, with their values in SQL."""
LARGEST = 2**63 - 1
MAX_TRIALS = 10**7
LAST_SECOND = 9.2e9
"""The largest time that a date can represent: in the year 2261."""
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")

Check = Callable[[object], Any]
"""The value of a column, from the database's value. Raises ValueError with the reason."""


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
    facts: dict[str, Any] = {}
    for name, value in zip(COLUMNS, row, strict=True):
        try:
            facts[name] = TRIAL[name](value)
        except ValueError as problem:
            return Fault(f"trial {row[0]}", f"`{name}` is {problem}")
    trial = Trial(**facts)
    if trial.status == "completed" and not trial.scores:
        return Fault(f"trial {trial.number}", "it has completed, but has no score")
    return trial


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


# ---- values


def text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("not a text")
    return value


def whole(least: int, most: int = LARGEST) -> Check:
    """A whole number in a range."""

    def check(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError("not a whole number")
        if not least <= value <= most:
            raise ValueError(f"not from {least} to {most}" if most != LARGEST else f"below {least}, or far too large")
        return value

    return check


def natural(value: object) -> int:
    """A whole number from 0, of any size."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("not a whole number from 0")
    return value


def number(value: object) -> float:
    """Any number, finite or not."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("not a number")
    if isinstance(value, int) and abs(value) > LARGEST:
        raise ValueError("far too large")
    return value


def finite(least: float = -math.inf, most: float = math.inf) -> Check:
    """A finite number in a range."""

    def check(value: object) -> float:
        found = number(value)
        if not math.isfinite(found):
            raise ValueError("not a finite number")
        if not least <= found <= most:
            raise ValueError(f"not from {least:g} to {most:g}" if math.isfinite(most) else f"below {least:g}")
        return found

    return check


def one_of(*words: str) -> Check:
    def check(value: object) -> object:
        if value not in words:
            raise ValueError(f"none of {', '.join(words)}")
        return value

    return check


def maybe(check: Check) -> Check:
    """Also accepts null."""
    return lambda value: None if value is None else check(value)


def plain(value: object) -> Any:
    """The value of a choice: a number, a text, a flag, or a list of these."""
    match value:
        case bool() | str():
            return value
        case int() | float():
            return finite()(value)
        case list():
            return [plain(one) for one in value]
        case _:
            raise ValueError("not a number, text, flag or list")


def bar(value: object) -> Bar:
    match value:
        case [epoch, score, reason]:
            return Bar(whole(1)(epoch), number(score), text(reason))
        case _:
            raise ValueError("not a list of an epoch, a score and a reason")


def flag(value: object) -> bool:
    if value not in (0, 1):
        raise ValueError("neither 0 nor 1")
    return bool(value)


# ---- JSON


def json_of(value: object) -> Any:
    """The value of a JSON text."""
    written = text(value)
    try:
        found = json.loads(written)
        if _SURROGATE.search(written):
            json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    return found


def mapping(check: Check) -> Check:
    """A JSON object whose values all pass."""

    def found(value: object) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValueError("not an object")
        return {name: _named(name, check, one) for name, one in value.items()}

    return found


def several(check: Check) -> Check:
    """A JSON list whose values all pass."""

    def found(value: object) -> list[Any]:
        if not isinstance(value, list):
            raise ValueError("not a list")
        return [check(one) for one in value]

    return found


def from_json(check: Check) -> Check:
    return lambda value: check(json_of(value))


def settings(value: object) -> str:
    """The text of a JSON object, unchanged."""
    mapping(lambda one: one)(json_of(value))
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


def _named(name: str, check: Check, value: object) -> Any:
    try:
        return check(value)
    except ValueError as problem:
        raise ValueError(f"wrong: `{name}` in it is {problem}") from None


def _short(value: object) -> str:
    return str(value)[:40]


# ---- the type of each column

_metrics = from_json(mapping(number))
_time = finite(0.0, LAST_SECOND)

TRIAL: Mapping[str, Check] = {
    "number": whole(1, MAX_TRIALS),
    "values": from_json(mapping(plain)),
    "choices": from_json(mapping(plain)),
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
