"""The options of a study, from the spec and the caller."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqsem_dsl.operators.row import Value
from sqsem_dsl.settings.search import Grid, Hyperband, SearchSettings

TRIALS = 10
"""The default number of trials of a search, if the algorithm does not set it."""


@dataclass(frozen=True)
class SearchOptions:
    """SearchOptions of a search in addition to the spec; None means the spec's setting."""

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
