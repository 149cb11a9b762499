"""What a page lacks: the difference between a study and what the page has shown of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqsem_dsl.dashboard.followed import FollowedStudy
from sqsem_dsl.dashboard.ranked_trials import best_trials, completed
from sqsem_dsl.dashboard.score_chart import best_of, points_of, running_of
from sqsem_dsl.dashboard.table import Row, running_rows, trial_row
from sqsem_dsl.study.journal.record import Trial


@dataclass(frozen=True)
class Cursor:
    """What a page has shown. `paths` are the choices with a column."""

    generation: int
    revision: int
    last: int
    """The largest number of a trial."""
    running: tuple[int, ...]
    """The trials that the page shows as running."""
    paths: tuple[str, ...]

    @classmethod
    def of(cls, study: FollowedStudy, paths: tuple[str, ...]) -> Cursor:
        """The cursor of a page that shows the whole study."""
        running = tuple(number for number, trial in study.trials.items() if trial.status == "running")
        return cls(study.generation, study.revision, max(study.trials, default=0), running, paths)

    def to_plain(self) -> dict[str, Any]:
        return {
            "generation": self.generation,
            "revision": self.revision,
            "last": self.last,
            "running": list(self.running),
            "paths": list(self.paths),
        }

    @classmethod
    def from_plain(cls, plain: Any) -> Cursor:
        """Raises KeyError, TypeError and ValueError if it is not what `to_plain` has made."""
        generation, revision, last = (int(plain[name]) for name in ("generation", "revision", "last"))
        running, paths = tuple(map(int, plain["running"])), tuple(map(str, plain["paths"]))
        return cls(generation, revision, last, running, paths)


@dataclass(frozen=True)
class Update:
    """What has changed since a page was last updated."""

    cursor: Cursor
    added: tuple[Row, ...]
    updated: tuple[Row, ...]
    """Rows of the table of trials."""
    points: dict[str, Any]
    """Of trials that have completed since, for the chart of scores."""
    best_line: dict[str, Any]
    running_points: dict[str, Any]
    running: tuple[Row, ...]
    best: int | None
    """The number of the best trial."""


def must_reload(study: FollowedStudy, cursor: Cursor) -> bool:
    """Whether a page shows another study, or an earlier state of one that a resumed search has revised."""
    if cursor.generation != study.generation or cursor.revision > study.revision:
        return True
    # A finished trial that the page has shown as finished, and that changed nevertheless.
    known = set(cursor.running)
    return any(
        changed > cursor.revision and number <= cursor.last and number not in known
        for number, changed in study.changed.items()
    )


def update_since(study: FollowedStudy, cursor: Cursor) -> Update:
    """What a page lacks whose cursor is of this study."""
    news = [study.trials[number] for number, changed in study.changed.items() if changed > cursor.revision]
    done = completed(study)
    best = best_trials(study, 1)

    def rows(trials: list[Trial]) -> tuple[Row, ...]:
        return tuple(trial_row(study, trial, cursor.paths) for trial in trials)

    return Update(
        Cursor.of(study, cursor.paths),
        rows([trial for trial in news if trial.number > cursor.last]),
        rows([trial for trial in news if trial.number <= cursor.last]),
        points_of([trial for trial in done if study.changed[trial.number] > cursor.revision]),
        best_of(study, done),
        running_of(study),
        tuple(running_rows(study)),
        best[0].number if best else None,
    )
