"""What a study is to do, once the spec and the caller have had their say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqsem_dsl.operators.row import Value
from sqsem_dsl.settings.search import Grid, Hyperband, SearchSettings

TRIALS = 10
"""Trials of a search that names no number, where the algorithm has none of its own."""


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
    """The models of so many of the best trials stay on the disk; of a Pareto front, ten times as many."""
    reuse: tuple[Path, ...] = ()
    """Folders of other studies whose results are reused for identical trainings."""
    start_from: tuple[Mapping[str, Value], ...] = ()
    """Assignments that are tried before any other."""
    tensorboard: bool = False
    checkpoint_seconds: float = 30.0
    """How much time of training at most a killed process loses."""
    facts: Mapping[str, Any] | None = None
    """Plain facts that are added to `best.json`."""

    def limit(self, search: SearchSettings) -> int | None:
        """The number of trials. None: as many as the algorithm has of its own."""
        given = self.trials if self.trials is not None else search.trials
        match search.algorithm:
            case Grid() | Hyperband():
                return given
            case _:
                return given if given is not None else TRIALS
