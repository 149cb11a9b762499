"""The best trials, and the baselines beside them, as a table."""

from __future__ import annotations

from dataclasses import dataclass
from shlex import quote

from sqsem_dsl.report.html.parts import Option, options_of
from sqsem_dsl.report.html.report_data import PLAIN, ReportData
from sqsem_dsl.report.text.trials import head
from sqsem_dsl.study.journal.record import Trial
from sqsem_dsl.study.progress.progress import score_of
from sqsem_dsl.utils.numbers import duration, plural

SHOWN = 10


@dataclass(frozen=True)
class TrialRow:
    """A trial: its numbers, and its choices in an expandable part."""

    kind: str
    """`best`, `named` or nothing."""
    name: str
    named: bool
    """Whether the name is more than the trial's number."""
    note: str
    tag: str
    cells: tuple[str, ...]
    title: str
    choices: tuple[Option, ...]


@dataclass(frozen=True)
class BestTrials:
    """The data of the section."""

    heads: tuple[str, ...]
    """For the columns after the first."""
    rows: tuple[TrialRow, ...]
    more: str
    """The number of other completed trials; empty if there are none."""
    command: str
    """The command that shows them."""


def best_trials(facts: ReportData) -> BestTrials:
    """The best trials by the first objective, after those on the Pareto front if there are several objectives; then the
    baselines and the plain network, if they are not among them."""
    front = {trial.number for trial in facts.front} if len(facts.study.goals) > 1 else set[int]()
    ahead = [trial for trial in facts.front if trial.number in front]
    order = ahead + [trial for trial in facts.ranking if trial.number not in front]
    shown_ones = order[: max(SHOWN, min(len(ahead), 2 * SHOWN))]
    rest = [trial for trial in facts.baselines if trial not in shown_ones]
    if facts.plain_trial is not None and facts.plain_trial not in shown_ones:
        rest.append(facts.plain_trial)
    more = len(facts.ranking) - len(shown_ones)
    return BestTrials(
        heads=_heads(facts),
        rows=tuple(_row(facts, trial, trial.number in front) for trial in (*shown_ones, *rest)),
        more=plural(more, "more trial") if more > 0 else "",
        command=f"sqsem trials {quote(str(facts.study.folder))} --all",
    )


def _heads(facts: ReportData) -> tuple[str, ...]:
    bounds = facts.study.lower_bounds
    metrics = [head(goal.metric, bounds) for goal in facts.study.goals]
    sizes = [name for size in ("params", "macs") if (name := head(size, bounds)) not in metrics]
    return (*metrics, *sizes, "epochs", "time")


def _row(facts: ReportData, trial: Trial, on_front: bool) -> TrialRow:
    name = facts.named.get(trial.number)
    wanted = {goal.metric for goal in facts.study.goals}
    cells = [score_of(trial, at, goal) for at, goal in enumerate(facts.study.goals)]
    cells += [f"{size:,}" for key, size in (("params", trial.params), ("macs", trial.macs)) if key not in wanted]
    cells += [trial.length, duration(trial.seconds)]
    best = facts.best is not None and trial.number == facts.best.number
    return TrialRow(
        kind="best" if best else "named" if name else "",
        name=name if name and name != PLAIN else str(trial.number),
        named=bool(name) and name != PLAIN,
        note="" if not name else PLAIN if name == PLAIN else "baseline",
        tag="best" if best else "front" if on_front else "",
        cells=tuple(cells),
        title=plural(len(trial.choices), "choice"),
        choices=options_of(trial.choices),
    )
