"""Scores, times and sizes as a person reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqsem_dsl.settings.metrics import COUNTS
from sqsem_dsl.study.journal.record import Trial
from sqsem_dsl.study.objective import Goal

UNITS = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


def figure(value: float, spread: float | None = None) -> str:
    """A score with four digits, and how far executions differ where that is known; a count is written out.

    >>> figure(0.91234), figure(0.91234, 0.00407), figure(12345), figure(0.00001234), figure(float("nan"))
    ('0.9123', '0.9123 ±0.0041', '12,345', '1.234e-05', 'nan')
    """
    if isinstance(value, int):
        return f"{value:,}"
    text = _digits(value)
    return text if spread is None else f"{text} ±{_digits(spread)}"


def _digits(value: float) -> str:
    return f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1e7 else f"{value:.4g}"


def score_of(trial: Trial, at: int, goal: Goal) -> str:
    """A trial's score by objective number `at`; empty if training has not reported it."""
    if goal.metric in COUNTS:
        return figure(trial.params if goal.metric == "params" else trial.macs)
    return figure(trial.scores[at], trial.spread.get(goal.metric)) if at < len(trial.scores) else ""


def duration(seconds: float) -> str:
    """A time, rounded to what matters of it.

    >>> duration(0), duration(87.4), duration(754), duration(3 * 3600 + 240), duration(50 * 3600)
    ('0 s', '87 s', '13 min', '3 h 4 min', '2 d 2 h')
    """
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"{minutes} min"
    if minutes < 24 * 60:
        return f"{minutes // 60} h {minutes % 60} min"
    hours = round(minutes / 60)
    return f"{hours // 24} d {hours % 24} h"


def amount(size: int) -> str:
    """A number of bytes.

    >>> amount(890), amount(1_250_000), amount(123_456_789)
    ('890 B', '1.2 MB', '123 MB')
    """
    for unit, name in UNITS:
        if size >= unit:
            return f"{size / unit:.{1 if size < 100 * unit else 0}f} {name}"
    return f"{size} B"


def counted(parts: Iterable[tuple[int, str]]) -> str:
    """Numbers of what there is, without what there is not.

    >>> counted([(3, "completed"), (0, "running"), (1, "failed")])
    '3 completed, 1 failed'
    """
    return ", ".join(f"{count:,} {what}" for count, what in parts if count)


def classes_lines(classes: Mapping[str, Sequence[str]], most: int = 10) -> list[str]:
    """A line for each output, with its classes in the order of its units.

    >>> classes_lines({"label": ["cat", "dog"]})
    ['label: cat, dog']
    >>> classes_lines({"label": ["a", "b", "c"]}, most=2)
    ['label: a, b, … (3 in all)']
    """
    return [
        f"{output}: {', '.join(names[:most])}{f', … ({len(names):,} in all)' if len(names) > most else ''}"
        for output, names in classes.items()
    ]
