"""A trial's scores for other objectives than it was trained for, from the reported values of its epochs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import isfinite, nan
from statistics import fmean, stdev

from sqsem_dsl.network.memory import BYTES
from sqsem_dsl.settings.metrics import COUNTS
from sqsem_dsl.study.journal.record import Epoch, Trial
from sqsem_dsl.study.objective import Goal, deciding_metric


def scored(trial: Trial, epochs: Iterable[Epoch], goals: tuple[Goal, ...]) -> Trial | None:
    """A completed trial with scores by these objectives; None if its epochs did not record them."""
    deciding, sign = deciding_metric(goals)
    executions: dict[int, list[Mapping[str, float]]] = defaultdict(list)
    for epoch in epochs:
        executions[epoch.execution].append(epoch.metrics)
    best = []
    for reported in executions.values():
        finite = [metrics for metrics in reported if isfinite(metrics.get(deciding, nan))]
        if not finite:
            return None
        best.append(min(finite, key=lambda metrics: sign * metrics[deciding]))
    facts = {"params": float(trial.params), "macs": float(trial.macs)}
    if any(goal.metric == "flash" for goal in goals):
        facts["flash"] = float(BYTES * trial.params)
    facts = {name: value for name, value in trial.metrics.items() if name in COUNTS} | facts
    names = set.intersection(*(set(metrics) for metrics in best)) if best else set()
    metrics = {name: fmean(each[name] for each in best) for name in sorted(names)} | facts
    if any(not isfinite(metrics.get(goal.metric, nan)) for goal in goals):
        return None
    spread = {name: stdev(each[name] for each in best) for name in sorted(names)} if len(best) > 1 else {}
    return replace(trial, scores=tuple(metrics[goal.metric] for goal in goals), metrics=metrics, spread=spread)
