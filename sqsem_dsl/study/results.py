"""The files of a study after it ends, besides the journal and the models.

| file | holds |
| --- | --- |
| `study.sqlite` | the journal: all of the study (`journal`) |
| `best.keras`, `best/` | the best model, and those of the best trials (`models`) |
| `best.json` | the best trial's choices, metrics and sizes, its score on the test set, and facts about the search |
| `trials.csv` | a row for each trial: status, score, size, time, every choice of the space |
| `spec.sqs` | the text of the spec of the last search |
| `running/` | the state of interrupted trials, and of those that others may continue |
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqsem_dsl.data.dataset import Dataset, class_count
from sqsem_dsl.study.journal.ranking import pareto_front, ranked
from sqsem_dsl.study.journal.ranking_html import ranking_html
from sqsem_dsl.study.journal.record import Trial
from sqsem_dsl.study.journal.study import Study
from sqsem_dsl.study.objective import Goal

if TYPE_CHECKING:
    import keras
    import pandas


@dataclass(frozen=True, repr=False)
class Result:
    """A study after a search. `ended` is the reason why no more trials were started."""

    space: str
    goals: tuple[Goal, ...]
    trials: tuple[Trial, ...]
    """By number; interrupted ones are `running`, those of an earlier spec not `valid`."""
    directory: Path
    ended: str
    seconds: float
    """Total time of the study, over all its processes."""
    test: Mapping[str, float] = field(default_factory=dict)
    """The best model's scores on the test set, by metric; empty if not available."""
    interrupted: str | None = None
    """Which signal ended it."""
    allow_extern: bool = False
    """Whether the spec may have custom layers, which its models then need."""

    def __repr__(self) -> str:
        best = f"best: trial {self.best.number}, {self.goals[0].metric} {self.best.score:.4g}"
        return f"<Result {self.space}: {len(self.trials)} trials in {self.directory}, {best}>"

    def _repr_html_(self) -> str:
        return ranking_html(f"{self.space} in {self.directory}", self.trials, self.goals)

    @property
    def ranking(self) -> list[Trial]:
        """The completed trials, best first; among equal ones the cheapest comes first (`ranking.place`)."""
        return ranked(self.trials, self.goals)

    @property
    def front(self) -> list[Trial]:
        """The Pareto front, in the same order; for a single objective only the best trial."""
        return pareto_front(self.trials, self.goals)

    @property
    def best(self) -> Trial:
        """The best trial: a search without any raises an error instead of returning a result."""
        return self.ranking[0]

    def best_model(self) -> keras.Model:
        """The model of the best trial (`Study.best_model`). Raises SqsError if it was not kept."""
        return self._study.best_model()

    def load_model(self, number: int) -> keras.Model:
        """The model of a trial (`Study.load_model`). Raises SqsError if it was not kept."""
        return self._study.load_model(number)

    def to_pandas(self) -> pandas.DataFrame:
        """A row for each trial (`Study.to_pandas`). Raises SqsError if pandas is missing."""
        return self._study.to_pandas()

    @property
    def _study(self) -> Study:
        return Study(self.directory, self.allow_extern)


def best_json(
    trial: Trial,
    goals: tuple[Goal, ...],
    test: Mapping[str, float],
    more: Mapping[str, Any],
    lower_bounds: Collection[str] = (),
) -> str:
    """The contents of `best.json`."""
    content = {
        "trial": trial.number,
        "objective": {"metric": goals[0].metric, "direction": goals[0].direction},
        "score": trial.score,
        "metrics": dict(trial.metrics),
        "test": dict(test),
        "params": trial.params,
        "macs": trial.macs,
        **({"lower_bounds": ["macs"]} if "macs" in lower_bounds else {}),
        "epochs": trial.epochs,
        **({"stopped": trial.stopped} if trial.stopped is not None else {}),
        "seconds": round(trial.seconds, 2),
        "architecture": trial.architecture,
        "choices": dict(trial.choices),
        **({"spread": dict(trial.spread)} if trial.spread else {}),
        **more,
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def described(dataset: Dataset) -> dict[str, Any]:
    """The columns of tables, as plain data for `best.json`: enough to read another table for the same model.

    `columns`, for each input: its columns in the order in which the model takes them, with the categories in the
    order of their codes. `targets`, for each output: its columns, and for numbers their mean and standard deviation in
    the training set. `windows`: how rows became samples. None of these is there without tables.
    """
    found: dict[str, Any] = {}
    if dataset.columns:
        found["columns"] = {name: columns.to_plain() for name, columns in dataset.columns.items()}
    if dataset.label_columns:
        found["targets"] = {name: _target(dataset, name) for name in dataset.label_columns}
    if dataset.windows is not None:
        found["windows"] = dataset.windows.to_plain()
    return found


def _target(dataset: Dataset, name: str) -> dict[str, Any]:
    found: dict[str, Any] = {"columns": list(dataset.label_columns[name])}
    fact = dataset.outputs[name]
    if fact.ending is None and class_count(fact) is None:
        mean, stddev = dataset.target_statistics(name)
        found |= {"mean": list(mean), "stddev": stddev}
    return found
