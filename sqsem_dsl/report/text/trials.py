"""The trials of a study as a table for a terminal, and their results in a few lines."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from textwrap import wrap
from typing import Any

from sqsem_dsl.ir.choices import exact, show
from sqsem_dsl.report.text.table import GAP, table_line, table_width, widths_of
from sqsem_dsl.study.journal.ranking import pareto_front, ranked, tie
from sqsem_dsl.study.journal.record import Trial
from sqsem_dsl.study.objective import Goal
from sqsem_dsl.study.progress.progress import result, score_of
from sqsem_dsl.utils.numbers import counted, duration, four_digits, plural

HEADS = {"params": "parameters", "macs": "MACs"}


def trials_table(
    trials: Iterable[Trial],
    goals: tuple[Goal, ...],
    limit: int | None = 5,
    width: int = 100,
    lower_bounds: Collection[str] = (),
) -> str:
    """A row for each of the best trials: scores, parameters, MACs and time, and below it its choices.

    For several objectives, the Pareto front comes first and is marked. Without a limit every trial has a row, those
    without a result last. `lower_bounds` names the quantities that are lower bounds.
    """
    every = list(trials)
    front = {trial.number for trial in pareto_front(every, goals)} if len(goals) > 1 else set[int]()
    rows = in_order(every, goals)
    rows = rows if limit is None else [trial for trial in rows if trial.status == "completed" and trial.valid][:limit]
    columns = _columns(rows, goals, front, lower_bounds)
    cells = [tuple(head for head, _ in columns), *zip(*(column for _, column in columns), strict=True)]
    widths = widths_of(cells)
    head, *written = (table_line(row, widths, ">") for row in cells)
    lines = [head, table_line(["-" * size for size in widths], widths)]
    before = table_width(widths[: 2 if front else 1]) + len(GAP)
    for trial, row in zip(rows, written, strict=True):
        lines += [row, *_below(trial, before, width)]
    return "\n".join(lines)


def in_order(trials: Iterable[Trial], goals: tuple[Goal, ...]) -> list[Trial]:
    """Every trial: the Pareto front if there are several objectives, the others best first by the first objective, then
    those without a valid result."""
    every = list(trials)
    best = ranked(every, goals)
    if len(goals) > 1:
        front = pareto_front(every, goals)
        numbers = {trial.number for trial in front}
        best = front + [trial for trial in best if trial.number not in numbers]
    numbers = {trial.number for trial in best}
    return best + sorted((t for t in every if t.number not in numbers), key=lambda t: (_state(t), t.number))


def baselines_lines(baselines: Iterable[Trial], goals: tuple[Goal, ...]) -> list[str]:
    """A line for each network of another spec: `baseline squeezenet_1_1: val_accuracy 0.2143, 726,600 parameters`."""
    lines = []
    for trial in baselines:
        done = trial.status == "completed" and len(trial.scores) == len(goals)
        how = result(trial, goals) if done else trial.reason or trial.status
        lines.append(f"baseline {trial.memo['baseline']}: {how}")
    return lines


def tally(trials: Iterable[Trial]) -> str:
    """The number of trials, and of those that are not simply completed.

    `8 trials (1 failed, 2 reused)`
    """
    every = list(trials)
    count = len(every)
    words = counted(
        (sum(_state(trial) == state for trial in every), word)
        for state, word in ((1, "not finished"), (2, "failed"), (3, "of an earlier version of the spec"))
    )
    stopped = {trial.number for trial in every if trial.stopped is not None and trial.valid}
    others = counted(
        (
            (sum(trial.origin == "reused" and trial.valid for trial in every), "reused"),
            (len(stopped), "stopped early"),
            (sum(trial.continues in stopped for trial in every), "continuing one of them"),
        )
    )
    notes = ", ".join(filter(None, (words, others)))
    return plural(count, "trial") + (f" ({notes})" if notes else "")


def summary(
    trials: Sequence[Trial],
    goals: tuple[Goal, ...],
    seconds: float,
    ended: str,
    test: Mapping[str, float],
    folder: Path,
) -> str:
    """The result of a search, in a few lines. `test` holds the best model's scores on the test set, by metric."""
    lines = [f"{tally(trials)} in {duration(seconds)}: {ended}"]
    front = pareto_front(trials, goals)
    if len(goals) > 1 and front:
        numbers = ", ".join(str(trial.number) for trial in front[:20]) + (", …" if len(front) > 20 else "")
        lines.append(f"the front has {plural(len(front), 'trial')}: {numbers}")
    if tied := tie(trials, goals):
        lines.append(tied)
    if front and front[0].stopped is not None:
        lines.append(f"trial {front[0].number} was stopped {front[0].stopped}")
    if front and test:
        scores = ", ".join(f"{name} {four_digits(value)}" for name, value in test.items())
        lines.append(f"trial {ranked(trials, goals)[0].number} on the test set: {scores}")
    what = "" if not front else "models, choices and " if len(goals) > 1 else "its model, choices and "
    return "\n".join([*lines, f"{what}all trials are in {folder}"])


def _state(trial: Trial) -> int:
    """Completed, running, failed, or outdated, in the order of the table."""
    return 3 if not trial.valid else {"completed": 0, "running": 1, "failed": 2}[trial.status]


def head(name: str, lower_bounds: Collection[str]) -> str:
    """The head of a column of an objective or a size.

    >>> head("macs", []), head("macs", ["macs"]), head("val_loss", [])
    ('MACs', 'MACs (at least)', 'val_loss')
    """
    return HEADS.get(name, name) + (" (at least)" if name in lower_bounds else "")


def _columns(
    rows: list[Trial], goals: tuple[Goal, ...], front: set[int], lower_bounds: Collection[str]
) -> list[tuple[str, list[str]]]:
    """The heads of a table with the cells below each."""
    wanted = {goal.metric for goal in goals}
    columns = [("trial", [str(trial.number) for trial in rows])]
    if front:
        columns.append(("front", ["*" if trial.number in front else "" for trial in rows]))
    if any(_state(trial) for trial in rows):
        columns.append(("status", [trial.status if trial.valid else "outdated" for trial in rows]))
    for at, goal in enumerate(goals):
        columns.append((head(goal.metric, lower_bounds), [score_of(trial, at, goal) for trial in rows]))
    if "params" not in wanted:
        columns.append((HEADS["params"], [f"{trial.params:,}" for trial in rows]))
    if "macs" not in wanted:
        columns.append((head("macs", lower_bounds), [f"{trial.macs:,}" for trial in rows]))
    if any(trial.stopped is not None for trial in rows):
        columns.append(("epochs", [trial.length for trial in rows]))
    columns.append(("seconds", [f"{trial.seconds:.1f}" for trial in rows]))
    return columns


def _below(trial: Trial, before: int, width: int) -> list[str]:
    """The choices of a trial, and why it has no result or was stopped, or the source of a reused one; indented by
    `before` columns."""

    def indented(text: str) -> list[str]:
        lines = wrap(text, max(20, width - before), break_long_words=False, break_on_hyphens=False)
        return [" " * before + line.replace("\0", " ") for line in lines]

    # A choice is not broken over two lines.
    choices = "  ".join(f"{path}={shown(value)}".replace(" ", "\0") for path, value in trial.choices.items())
    if not trial.remark:
        return indented(choices)
    return indented(choices) + indented(f"{'reused: ' if trial.origin == 'reused' else ''}{trial.remark}")


def shown(value: Any) -> str:
    """A value of a choice; continuous ones with four digits, `trials.csv` has all digits.

    >>> shown(True), shown(0.123456789), shown([1, "a"])
    ('true', '0.1235', '[1, a]')
    """
    text = show(exact(value))
    return f"{value:.4g}" if isinstance(value, float) and len(text) > 7 else text
