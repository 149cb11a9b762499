"""The top of the page: the searched space and data, and the result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.report.html.report_data import ReportData
from sqsem_dsl.report.statistics.score import proportion
from sqsem_dsl.report.text.trials import tally
from sqsem_dsl.study.journal.ranking import tie
from sqsem_dsl.study.journal.record import Trial
from sqsem_dsl.study.progress.progress import score_of
from sqsem_dsl.utils.numbers import duration, four_digits, score_difference, short


@dataclass(frozen=True)
class Tile:
    """A key figure, its meaning, and a note."""

    value: str
    name: str
    note: str


@dataclass(frozen=True)
class Overview:
    """The data of the top of the page."""

    name: str
    doc: str
    data: str
    goals: str
    tiles: tuple[Tile, ...]
    outcome: str


def overview(facts: ReportData) -> Overview:
    study, space = facts.study, facts.space
    return Overview(
        name=study.name,
        doc=(None if space is None else space.doc) or "",
        data=str(study.notes.get("data") or "data that were not noted"),
        goals=" and ".join(map(str, study.goals)),
        tiles=() if facts.best is None else tuple(_tiles(facts, facts.best)),
        outcome=came_out(facts),
    )


def came_out(facts: ReportData) -> str:
    """The paragraph with the result, as text."""
    study, best = facts.study, facts.best
    took = f"{tally(study.trials)} in {duration(float(study.notes.get('elapsed') or 0.0))}"
    state = (
        "The study had not ended when this was read" if facts.running else f"The search ended: {study.notes['ended']}"
    )
    if best is None:
        return f"No trial of the space has completed: {took}. {state}."
    words = [f"Trial {best.number} is the best of {took}, with {facts.goal.metric} {facts.score(best)}"]
    if facts.baselines:
        first = facts.baselines[0]
        gap = best.scores[0] - first.scores[0]
        gained = f"{score_difference(gap)}{_chance(facts)}"
        of = "the best of the baselines" if len(facts.baselines) > 1 else "the baseline"
        words.append(f", against {facts.score(first)} for {facts.named[first.number]}, {of} ({gained})")
    elif facts.plain_trial is not None and facts.plain_trial is not best:
        gap = best.scores[0] - facts.plain_trial.scores[0]
        words.append(
            f", against {facts.score(facts.plain_trial)} for the plain network of the space ({score_difference(gap)})"
        )
    macs = f"{_least(facts)}{best.macs:,} multiply-accumulates"
    words.append(f". It has {best.params:,} parameters and takes {macs} for a sample.")
    if tied := tie(study.trials, study.goals):
        words.append(f" {tied}.")
    if len(study.goals) > 1:
        many = len(facts.front)
        words.append(f" {many:,} trial{' is' if many == 1 else 's are'} on the Pareto front.")
    if test := tested(facts):
        words.append(f" On the test set it has {test}.")
    return f"{''.join(words)} {state}."


def _chance(facts: ReportData) -> str:
    """The text about the best baseline if it has learned nothing."""
    try:
        share = proportion(facts.study)
    except SqsError:
        return ""
    if share is None or not share.at_chance(facts.baselines[0].scores[0]):
        return ""
    return f"; this baseline is no better than chance, {share.chance:.3g}"


def _least(facts: ReportData) -> str:
    return "at least " if "macs" in facts.study.lower_bounds else ""


def tested(facts: ReportData) -> str:
    """The best model's scores on the test set; empty if they are not known."""
    noted = facts.study.notes.get("test")
    if not isinstance(noted, dict) or facts.best is None or noted.get("trial") != facts.best.number:
        return ""
    scores = noted.get("scores") or {}
    return ", ".join(f"{name} {four_digits(value)}" for name, value in scores.items())


def _tiles(facts: ReportData, best: Trial) -> Iterator[Tile]:
    score = score_of(replace(best, spread={}), 0, facts.goal)
    yield Tile(score, f"best {facts.goal.metric}", f"trial {best.number}")
    if facts.baselines:
        first = facts.baselines[0]
        over = "a baseline at chance" if _chance(facts) else "the baseline"
        gained = score_difference(best.scores[0] - first.scores[0])
        yield Tile(gained, f"against {over}", facts.named[first.number])
    yield Tile(short(best.params), "parameters", f"{_least(facts)}{short(best.macs)} MACs")
    done = len(facts.ranking)
    yield Tile(f"{done:,}", f"trial{'' if done == 1 else 's'} completed", f"of {len(facts.counted):,}")
    yield Tile(duration(float(facts.study.notes.get("elapsed") or 0.0)), "of search", "")
