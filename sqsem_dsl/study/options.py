"""The options of a study, from the spec and the caller.

Every field of `SearchOptions` is also a keyword of `search`: `search(spec, data, trials=20, epochs=5)`. What belongs to
one call and not to the study, such as the data, the workers and the display, is a keyword of `search` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from math import isfinite
from numbers import Real
from os import PathLike
from pathlib import Path
from typing import Any, TypedDict

from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.operators.row import Value
from sqsem_dsl.settings.search import Grid, Hyperband, SearchSettings
from sqsem_dsl.study.errors_arguments import BadArgument, UnknownArgument

TRIALS = 10
"""The default number of trials of a search, if the algorithm does not set it."""


@dataclass(frozen=True)
class SearchOptions:
    """Options of a search in addition to the spec; None means the spec's setting."""

    trials: int | None = None
    epochs: int | None = None
    """The length of every training, which overrides choices."""
    seed: int | None = None
    hours: float | None = None
    """No trial starts after that many hours, those of earlier processes of the study included."""
    target: float | None = None
    """A score of the first objective that ends the search."""
    trial_minutes: float | None = None
    """The maximum time of a trial: one that takes longer fails."""
    keep: int = 3
    """The number of best trials whose models stay on disk; for a Pareto front, ten times as many."""
    reuse: tuple[Path, ...] = ()
    """Folders of other studies whose results are reused for identical trainings."""
    start_from: tuple[Mapping[str, Value], ...] = ()
    """Assignments that are tried before any other."""
    tensorboard: bool = False
    checkpoint_seconds: float = 30.0
    """The maximum training time that a killed process loses."""
    callbacks: Any = ()
    """Keras callbacks, of which each training gets copies, or a function without arguments that makes them
    (`trial.user_callbacks`)."""
    facts: Mapping[str, Any] | None = None
    """Plain data that is added to `best.json`."""

    def limit(self, search: SearchSettings) -> int | None:
        """The number of trials. None: the algorithm's own number."""
        given = self.trials if self.trials is not None else search.trials
        match search.algorithm:
            case Grid() | Hyperband():
                return given
            case _:
                return given if given is not None else TRIALS


class Keywords(TypedDict, total=False):
    """The fields of `SearchOptions` as keywords of `search`, in the forms that it accepts."""

    trials: int | None
    epochs: int | None
    seed: int | None
    hours: float | None
    target: float | None
    trial_minutes: float | None
    keep: int
    reuse: Sequence[str | PathLike[str]]
    start_from: Sequence[str | Mapping[str, Value]]
    tensorboard: bool
    checkpoint_seconds: float
    callbacks: Any
    facts: Mapping[str, Any] | None


def with_keywords(
    options: SearchOptions | None, given: Mapping[str, Any], numbers: Mapping[str, Any], arguments: Sequence[str]
) -> tuple[SearchOptions, tuple[str, ...]]:
    """The options with the given keywords, which override them, and the names of starting points (`warm_start`).

    `numbers` are other arguments to check with them, `arguments` the names of all others. Raises SqsError with all
    problems for unknown keywords, with the nearest known one, and for impossible values.
    """
    known = tuple(field.name for field in fields(SearchOptions))
    found: list[Diagnostic] = [
        UnknownArgument(NOWHERE, name, (*arguments, *known)) for name in given if name not in known
    ]
    for name, value in {**given, **numbers}.items():
        if name in _NUMBERS and value is not None and not _is_number(name, value):
            found.append(BadArgument(NOWHERE, name, repr(value)[:60], _NUMBERS[name][1]))
    if options is not None and not isinstance(options, SearchOptions):
        found.append(BadArgument(NOWHERE, "options", repr(options)[:60], "a `SearchOptions`"))
    if found:
        raise SqsError(found)
    values: dict[str, Any] = {name: _plain(value) for name, value in given.items()}
    values |= {name: int(values[name]) for name in _WHOLE if values.get(name) is not None}
    points = values.pop("start_from", ())
    points = [points] if isinstance(points, str | Mapping) else list(points)
    if named := [point for point in points if not isinstance(point, str)]:
        values["start_from"] = tuple(named)
    if "reuse" in values:
        several = [values["reuse"]] if isinstance(values["reuse"], str | PathLike) else values["reuse"]
        values["reuse"] = tuple(map(Path, several))
    return replace(options or SearchOptions(), **values), tuple(point for point in points if isinstance(point, str))


_NUMBERS: Mapping[str, tuple[Callable[[float], bool], str]] = {
    **dict.fromkeys(("trials", "epochs", "keep"), (lambda n: n >= 1 and n % 1 == 0, "a whole number from 1")),
    **dict.fromkeys(("seed", "workers", "gap"), (lambda n: n >= 0 and n % 1 == 0, "a whole number from 0")),
    "folds": (lambda n: n == 0 or (n >= 2 and n % 1 == 0), "a whole number from 2, or 0 for one validation set,"),
    **dict.fromkeys(("hours", "trial_minutes"), (lambda n: n > 0, "a number above 0")),
    "checkpoint_seconds": (lambda n: n >= 0, "a number of seconds"),
    "target": (isfinite, "a number"),
    "fraction": (lambda n: 0 < n <= 1, "a number above 0 and at most 1"),
}
"""The arguments that are numbers: what they must satisfy, in code and in words."""
_WHOLE = ("trials", "epochs", "keep", "seed")


def _is_number(name: str, value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and _NUMBERS[name][0](float(value))


def _plain(value: Any) -> Any:
    """Numbers of NumPy as Python's own, which JSON can represent."""
    return value.item() if isinstance(value, Real) and hasattr(value, "item") else value
