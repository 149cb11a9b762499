"""The top of the page: what was searched on which data, and what came out."""

from __future__ import annotations

from dataclasses import replace

from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.report.html.elements import Html, element, joined
from sqsem_dsl.report.html.report_data import ReportData
from sqsem_dsl.report.statistics.score import proportion
from sqsem_dsl.report.text.trials import tally
from sqsem_dsl.study.journal.ranking import tie
from sqsem_dsl.study.progress.progress import score_of
from sqsem_dsl.utils.numbers import duration, four_digits, short
from sqsem_dsl.utils.numbers import score_difference as signed


def overview(facts: ReportData) -> Html:
    study, space = facts.study, facts.space
    doc = None if space is None else space.doc
    data = str(study.notes.get("data") or "data that were not noted")
    return element(
        "header",
        element("p", "A search of neural networks", class_="kicker"),
        element("h1", study.name),
        element("p", doc, class_="lead") if doc else None,
        element("p", f"Searched on {data}, to {' and '.join(map(str, study.goals))}.", class_="searched"),
        _tiles(facts) if facts.best else None,
        element("p", came_out(facts), class_="outcome"),
    )


def came_out(facts: ReportData) -> str:
    """The paragraph that says what came out, as text."""
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
        gained = f"{signed(gap)}{_chance(facts)}"
        of = "the best of the baselines" if len(facts.baselines) > 1 else "the baseline"
        words.append(f", against {facts.score(first)} for {facts.named[first.number]}, {of} ({gained})")
    elif facts.plain_trial is not None and facts.plain_trial is not best:
        gap = best.scores[0] - facts.plain_trial.scores[0]
        words.append(f", against {facts.score(facts.plain_trial)} for the plain network of the space ({signed(gap)})")
    macs = f"{_least(facts)}{best.macs:,} multiply-accumulates"
    words.append(f". It has {best.params:,} parameters and takes {macs} for a sample.")
    if tied := tie(study.trials, study.goals):
        words.append(f" {tied}.")
    if len(study.goals) > 1:
        many = len(facts.front)
        words.append(f" {many:,} trial{' is' if many == 1 else 's are'} on the Pareto front.")
    if test := tested(facts):
        words.append(f" On the test part it has {test}.")
    return f"{''.join(words)} {state}."


def _chance(facts: ReportData) -> str:
    """What is said of the best baseline where it has learned nothing."""
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
    """What the best model scores on the test part; nothing where that is not known."""
    noted = facts.study.notes.get("test")
    if not isinstance(noted, dict) or facts.best is None or noted.get("trial") != facts.best.number:
        return ""
    scores = noted.get("scores") or {}
    return ", ".join(f"{name} {four_digits(value)}" for name, value in scores.items())


def _tiles(facts: ReportData) -> Html:
    best = facts.best
    assert best is not None
    tiles = [(score_of(replace(best, spread={}), 0, facts.goal), f"best {facts.goal.metric}", f"trial {best.number}")]
    if facts.baselines:
        first = facts.baselines[0]
        over = "a baseline at chance" if _chance(facts) else "the baseline"
        tiles.append((signed(best.scores[0] - first.scores[0]), f"against {over}", facts.named[first.number]))
    tiles.append((short(best.params), "parameters", f"{_least(facts)}{short(best.macs)} MACs"))
    done = len(facts.ranking)
    of = len(facts.counted)
    tiles.append((f"{done:,}", f"trial{'' if done == 1 else 's'} completed", f"of {of:,}"))
    tiles.append((duration(float(facts.study.notes.get("elapsed") or 0.0)), "of search", ""))
    return element(
        "dl",
        *(
            element("div", element("dt", name), element("dd", element("b", value), element("span", more)))
            for value, name, more in tiles
        ),
        class_="tiles",
    )


def contents(sections: list[tuple[str, str]]) -> Html:
    """Links to the sections, by id and title."""
    links = [element("a", title, href=f"#{name}") for name, title in sections]
    return element("nav", joined(links, Html(" ")), aria_label="Contents")
