"""What a search leaves behind: a table of all trials as it goes, the best model, and what is known of it.

| file | holds |
| --- | --- |
| `trials.csv` | a row a trial, written as soon as it is over: status, score, size, time, every choice of the space |
| `best.keras` | the best model so far, with its best weights, compiled: `keras.models.load_model` gives it back |
| `best.json` | its choices, metrics and sizes, its score on the test part, and how the search was made |
| `spec.sqs` | the text of the spec as it was |
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqsem_dsl.space.choices import plain, show
from sqsem_dsl.study.objective import Goal
from sqsem_dsl.study.outcome import Outcome

FACTS = ("trial", "status", "score", "params", "macs", "epochs", "seconds")
FILES = ("trials.csv", "best.keras", "best.json", "spec.sqs")


@dataclass(frozen=True)
class Result:
    """A finished search. `ended` says why no more trials were started."""

    space: str
    goal: Goal
    outcomes: tuple[Outcome, ...]
    directory: Path
    ended: str
    seconds: float
    test: Mapping[str, float] = field(default_factory=dict)
    """What the best model scores on the test part, by metric."""
    interrupted: bool = False

    @property
    def ranking(self) -> list[Outcome]:
        """The completed trials, best first; of equal ones the earlier."""
        return rank(self.outcomes, self.goal)

    @property
    def best(self) -> Outcome:
        """The best trial: a search without any raises instead of giving a result."""
        return self.ranking[0]


def rank(outcomes: Iterable[Outcome], goal: Goal) -> list[Outcome]:
    """The completed trials, best first."""
    completed = [o for o in outcomes if o.score is not None]
    return sorted(completed, key=lambda o: (goal.sign * (o.score or 0.0), o.number))


class Folder:
    """The folder of a search. Raises OSError where it cannot be written."""

    def __init__(self, path: Path, choices: Iterable[str]) -> None:
        self.path = path
        self.paths = tuple(choices)
        path.mkdir(parents=True, exist_ok=True)
        for name in FILES:  # What an earlier search left would be taken for this one's.
            (path / name).unlink(missing_ok=True)
        self._table = (path / "trials.csv").open("w", newline="", encoding="utf-8")
        self._writer = csv.writer(self._table)
        self._writer.writerow([*FACTS, *self.paths, "reason"])
        self._table.flush()

    def add(self, outcome: Outcome) -> None:
        """A row for a trial, at once on the disk."""
        facts = [
            outcome.number,
            outcome.status,
            "" if outcome.score is None else repr(outcome.score),
            outcome.params,
            outcome.macs,
            outcome.epochs,
            f"{outcome.seconds:.2f}",
        ]
        drawn = [show(outcome.choices[path]) if path in outcome.choices else "" for path in self.paths]
        self._writer.writerow([*facts, *drawn, outcome.reason or ""])
        self._table.flush()

    def close(self) -> None:
        self._table.close()

    def save_model(self, model: Any) -> None:
        """The model as `best.keras`, in the place of the one before only when it is whole."""
        whole, part = self.path / "best.keras", self.path / ".best.part.keras"
        try:
            model.save(part)
            os.replace(part, whole)
        finally:
            part.unlink(missing_ok=True)

    def write(self, name: str, text: str) -> None:
        (self.path / name).write_text(text, encoding="utf-8")

    def write_json(self, name: str, content: Mapping[str, Any]) -> None:
        self.write(name, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def best_json(outcome: Outcome, goal: Goal, test: Mapping[str, float], more: Mapping[str, Any]) -> dict[str, Any]:
    """What `best.json` says."""
    return {
        "trial": outcome.number,
        "objective": {"metric": goal.metric, "direction": goal.direction},
        "score": outcome.score,
        "metrics": dict(outcome.metrics),
        "test": dict(test),
        "params": outcome.params,
        "macs": outcome.macs,
        "epochs": outcome.epochs,
        "seconds": round(outcome.seconds, 2),
        "choices": {path: plain(value) for path, value in outcome.choices.items()},
        **more,
    }
