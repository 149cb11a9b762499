"""A study for a terminal: the searched space, its trials, and its disk usage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqsem_dsl.report.text.table import labeled
from sqsem_dsl.report.text.trials import baselines_lines, tally, trials_table
from sqsem_dsl.study.journal.ranking import tie
from sqsem_dsl.study.progress.progress import classes_lines
from sqsem_dsl.utils.numbers import byte_size, duration, four_digits, plural

if TYPE_CHECKING:
    from sqsem_dsl.study.journal.study import Study

TEXTS = 14
"""The column where facts of the study begin."""


def _running(study: Study) -> list[str]:
    """A line for each trial that runs or was interrupted, such as `trial 12, not finished: epoch 3 of 20`."""
    lines = []
    goal = study.goals[0]
    metric, sign = goal.by_epoch
    running = [trial for trial in study.trials if trial.status == "running" and trial.valid]
    curves = study.curves(trial.number for trial in running) if running else {}
    for trial in running:
        epochs = curves[trial.number]
        state = f"epoch {epochs[-1].epoch if epochs else 0} of {trial.planned}"
        seen = [epoch.metrics[metric] for epoch in epochs if metric in epoch.metrics]
        if seen:
            state += f", {metric} {four_digits(min(seen, key=lambda value: sign * value))}"
        if len({epoch.execution for epoch in epochs}) > 1:
            state += f", execution {epochs[-1].execution + 1}"
        lines.append(f"trial {trial.number}, not finished: {state}")
    return lines


def study_page(study: Study, limit: int | None, width: int = 100) -> str:
    """The searched space, its `limit` best trials (without a limit all), and the state of the study."""
    lines = [f"{study.name}  ({study.folder})"]
    if data := study.notes.get("data"):
        lines += labeled("  data", str(data), TEXTS)
    for line in classes_lines(study.notes.get("classes") or {}):
        lines += labeled("  classes", line, TEXTS)
    lines += labeled(f"  objective{'s' if len(study.goals) > 1 else ''}", "\n".join(map(str, study.goals)), TEXTS)
    lines.append("")
    if study.trials if limit is None else study.ranking:
        lines += [trials_table(study.trials, study.goals, limit, width, study.lower_bounds), ""]
    if tied := tie(study.trials, study.goals):
        lines.append(tied)
    hidden = 0 if limit is None else len(study.ranking) - limit
    if hidden > 0:
        lines.append(f"{hidden:,} more completed; `--all` shows every trial")
    lines += _running(study)
    lines += baselines_lines(study.baselines, study.goals)
    seconds = study.notes.get("elapsed") or 0.0
    lines.append(f"{tally(study.trials)} in {duration(seconds)}: {study.notes.get('ended') or 'not finished'}")
    if skipped := study.notes.get("skipped"):
        lines.append(f"{plural(skipped, 'configuration')} skipped as duplicates")
    sizes = study.size
    kinds = ", ".join(f"{kind} {byte_size(size)}" for kind, size in sizes.items())
    lines.append(f"disk usage: {byte_size(sum(sizes.values()))}: {kinds}")
    return "\n".join(lines)
