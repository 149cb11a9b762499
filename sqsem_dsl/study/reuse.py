"""Results from other studies: identical trainings are not repeated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.study.errors import OtherStudy
from sqsem_dsl.study.journal.journal import Journal
from sqsem_dsl.study.journal.record import Trial
from sqsem_dsl.study.journal.scored import scored
from sqsem_dsl.study.journal.settings_json import without_epochs
from sqsem_dsl.study.objective import Goal


@dataclass(frozen=True)
class Known:
    """Finished trials of other studies, by network, training and length."""

    results: dict[tuple[str, str, int], tuple[Trial, Path]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        folders: Iterable[Path],
        fingerprint: str,
        executions: int,
        goals: tuple[Goal, ...],
        callbacks: Sequence[str] = (),
        weights: Mapping[str, str] | None = None,
    ) -> Known:
        """The results in some folders, of searches with callbacks of the same names, and with the same contents of the
        files of weights that both use (`weights_digests`). Raises SqsError for a folder
        without a study, and for one on other data."""
        known = cls()
        for folder in folders:
            with closing(Journal.open(folder)) as journal:
                notes = journal.notes()
                if notes.get("fingerprint") != fingerprint:
                    other = str(notes.get("data"))
                    raise SqsError([OtherStudy(NOWHERE, str(folder), "other data", other, f"of print {fingerprint}")])
                if notes.get("executions") != executions or notes.get("callbacks", []) != list(callbacks):
                    continue
                there = notes.get("weights") or {}
                if any(there.get(name, digest) != digest for name, digest in (weights or {}).items()):
                    continue
                alike = notes.get("goals") == [[goal.metric, goal.direction] for goal in goals]
                for trial in journal.trials():
                    if trial.status != "completed" or trial.stopped is not None:
                        continue
                    found = trial if alike else scored(trial, journal.epochs(trial.number), goals)
                    if found is not None:
                        known.results.setdefault(_key(trial), (found, folder))
        return known

    def find(self, trial: Trial) -> Trial | None:
        """The trial with the result that one of the studies has for it."""
        found = self.results.get(_key(trial))
        if found is None:
            return None
        done, folder = found
        return replace(
            trial,
            status="completed",
            origin="reused",
            reason=f"trial {done.number} of {folder}",
            scores=done.scores,
            metrics=done.metrics,
            spread=done.spread,
            epochs=done.epochs,
        )


def _key(trial: Trial) -> tuple[str, str, int]:
    return (trial.architecture, without_epochs(trial.training), trial.planned)
