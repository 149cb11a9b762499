"""The facts at the top of the page, and those of one trial, as plain texts."""

from __future__ import annotations

from dataclasses import dataclass

from sqsem_dsl.dashboard.followed import FollowedStudy
from sqsem_dsl.dashboard.ranked_trials import best_trials
from sqsem_dsl.report.text.trials import shown
from sqsem_dsl.settings.metrics import COUNTS
from sqsem_dsl.study.lock import may_run
from sqsem_dsl.utils.numbers import duration, four_digits
from sqsem_dsl.utils.visible import visible


@dataclass(frozen=True)
class Fact:
    """A number at the top of the page."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Overview:
    """The state of a study. Texts may hold anything except characters that hide or reorder others."""

    name: str
    folder: str
    data: str
    state: str
    facts: tuple[Fact, ...]
    problems: tuple[str, ...]
    """Why the page does not show everything."""


def overview(study: FollowedStudy) -> Overview:
    valid = [trial for trial in study.trials.values() if trial.valid]
    counts = {status: sum(trial.status == status for trial in valid) for status in ("completed", "running", "failed")}
    limit = study.notes.get("limit")
    facts = [_best(study)]
    facts.append(Fact("completed", f"{counts['completed']:,}", f"of {limit:,}" if limit else ""))
    facts.append(Fact("running" if _runs(study) else "not finished", f"{counts['running']:,}"))
    facts.append(Fact("failed", f"{counts['failed']:,}"))
    facts.append(Fact("search time", duration(study.notes.get("elapsed") or 0.0)))
    goals = ", ".join(map(str, study.goals))
    data = str(study.notes.get("data", ""))
    problems = tuple(visible(text) for text in (study.problem, study.damage) if text is not None)
    return Overview(
        visible(study.name),
        visible(str(study.folder)),
        visible(f"{goals}, on {data}" if data else goals),
        visible(_state(study)),
        tuple(facts),
        problems,
    )


@dataclass(frozen=True)
class Details:
    """Everything of one trial."""

    title: str
    choices: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]
    trace: str


def details(study: FollowedStudy, number: int) -> Details | None:
    """None if there is no such trial."""
    trial = study.trials.get(number)
    if trial is None:
        return None
    facts = [("status", trial.status), ("epochs", f"{trial.epochs} of {trial.planned}"), ("worker", trial.worker)]
    metrics = {name: value for name, value in trial.metrics.items() if name not in ("params", "macs")}
    facts += [(name, four_digits(int(value) if name in COUNTS else value)) for name, value in metrics.items()]
    facts += [("parameters", f"{trial.params:,}"), ("MACs", f"{trial.macs:,}"), ("origin", trial.origin)]
    facts += [("architecture", trial.architecture), ("remark", trial.remark)]
    choices = tuple((visible(path), visible(shown(value))) for path, value in trial.choices.items())
    known = tuple((visible(name), visible(value)) for name, value in facts if value)
    return Details(f"Trial {number}", choices, known, visible(trial.trace, "\n\t"))


def _best(study: FollowedStudy) -> Fact:
    best = best_trials(study, 1)
    if not best:
        return Fact("best score", "–", "no trial has completed")
    return Fact(f"best {visible(study.goals[0].metric)}", four_digits(best[0].scores[0]), f"trial {best[0].number}")


def _runs(study: FollowedStudy) -> bool:
    return not study.notes.get("ended") and may_run(str(study.notes.get("owner", "")))


def _state(study: FollowedStudy) -> str:
    """Whether the search runs, and why it ended."""
    ended = study.notes.get("ended")
    if ended:
        return f"The search has ended: {ended}."
    if not _runs(study):
        return "The search was interrupted: run the same command again to resume."
    return "The search is running."
