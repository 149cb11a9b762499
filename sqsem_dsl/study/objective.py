"""The objective of a search, determined before training starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, assert_never

from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.elaborate.errors.latency import LayersNotMeasured, NoLayerTimes
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.settings.metrics import COUNTS, OutputFact, metric_names, objectives_of
from sqsem_dsl.settings.search import Maximize, Minimize, Objective, SearchSettings
from sqsem_dsl.settings.train import TrainSettings
from sqsem_dsl.study.errors import SeveralObjectives, UnknownObjective


@dataclass(frozen=True, slots=True)
class Goal:
    """A reported name, and whether more or less of it is better."""

    metric: str
    direction: Literal["max", "min"]

    @property
    def sign(self) -> float:
        """The factor by which a score is multiplied so that less is better."""
        return -1.0 if self.direction == "max" else 1.0

    @property
    def by_epoch(self) -> tuple[str, float]:
        """The name that decides the best epoch, with its sign: counts are the same in every epoch."""
        return ("val_loss", 1.0) if self.metric in COUNTS else (self.metric, self.sign)

    def __str__(self) -> str:
        return f"{'maximize' if self.direction == 'max' else 'minimize'} {self.metric}"


def goal_of(search: SearchSettings, train: TrainSettings, outputs: Mapping[str, OutputFact]) -> Goal:
    """The one objective of a search.

    Raises SqsError if several are named, or one that training does not report.
    """
    objectives = objectives_of(search, train, outputs)
    if len(objectives) > 1:
        raise SqsError([SeveralObjectives(NOWHERE, tuple(o.metric for o in objectives))])
    return goals_of(search, train, outputs)[0]


def goals_of(search: SearchSettings, train: TrainSettings, outputs: Mapping[str, OutputFact]) -> tuple[Goal, ...]:
    """The objectives of a search in the order of the spec; the default one if it names none.

    Raises SqsError if training does not report one of them.
    """
    goals = tuple(_goal(objective) for objective in objectives_of(search, train, outputs))
    known = metric_names(train, outputs)
    wrong = [UnknownObjective(NOWHERE, goal.metric, tuple(sorted(known))) for goal in goals if goal.metric not in known]
    if wrong:
        raise SqsError(wrong)
    return goals


def _goal(objective: Objective) -> Goal:
    match objective:
        case Maximize(metric=metric):
            return Goal(metric, "max")
        case Minimize(metric=metric):
            return Goal(metric, "min")
        case _:
            assert_never(objective)


def counted(architecture: Architecture, goals: Sequence[Goal]) -> dict[str, float]:
    """Parameters and multiply-accumulates of a network, and the other counts that an objective reads.

    Raises SqsError for a latency without a table of measured layers, or with one that lacks layers of this network."""
    found = {"params": float(architecture.params), "macs": float(architecture.macs)}
    for goal in goals:
        if goal.metric in COUNTS and goal.metric not in found:
            value = getattr(architecture, goal.metric)
            if value is None:
                known = architecture.network.latency
                raise SqsError([LayersNotMeasured.of(known) if known else NoLayerTimes(NOWHERE, "objective")])
            found[goal.metric] = float(value)
    return found


def deciding_metric(goals: Sequence[Goal]) -> tuple[str, float]:
    """The name that decides the best epoch, with its sign: the first objective that training changes."""
    trained = next((goal for goal in goals if goal.metric not in COUNTS), goals[0])
    return trained.by_epoch
