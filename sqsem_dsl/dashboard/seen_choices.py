"""The choices of a study's trials: in how many they are active, and what their values are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqsem_dsl.study.journal.record import Trial


@dataclass(frozen=True, slots=True)
class SeenChoice:
    """A choice, as the trials have it."""

    active: int
    """The trials that have it."""
    numeric: bool
    """Whether all values are numbers."""
    varied: bool
    """Whether trials differ in it: in its value, or in whether they have it."""


def seen_choices(trials: Iterable[Trial]) -> Mapping[str, SeenChoice]:
    """The choices by path, in the order in which they first appear."""
    counts: dict[str, int] = {}
    first: dict[str, object] = {}
    varied: set[str] = set()
    others: set[str] = set()
    total = 0
    for trial in trials:
        total += 1
        for path, value in trial.choices.items():
            if path not in counts:
                counts[path], first[path] = 1, value
            else:
                counts[path] += 1
                if value != first[path]:
                    varied.add(path)
            if not is_number(value):
                others.add(path)
    return {
        path: SeenChoice(count, path not in others, path in varied or count < total) for path, count in counts.items()
    }


def is_number(value: object) -> bool:
    """Whether a value of a choice is a number, which flags are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)
