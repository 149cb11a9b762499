"""Caveats for the reader of the answers."""

from __future__ import annotations

from collections.abc import Sequence

from sqsem_dsl.report.statistics.answer import Effect
from sqsem_dsl.report.statistics.boosted_trees import MIN_TRIALS as MIN_FOR_FOREST
from sqsem_dsl.report.statistics.design import Design
from sqsem_dsl.report.statistics.score import best_score, proportion, spread
from sqsem_dsl.study.journal.study import Study
from sqsem_dsl.utils.numbers import plural, rounded_percent

FEW = 30
"""Completed trials below which a caveat says that there are few."""
LOW = 0.3
"""The explained fraction of the variance below which a model explains little."""


def caveats(
    study: Study, table: Design, effects: Sequence[Effect], fit: float | None, seen: float | None
) -> tuple[str, ...]:
    """In order of importance. `fit` is the R² of the model of the differences in unseen trials, `seen` that of the
    forest."""
    count = len(table.trials)
    if not count:
        return ("No trial has completed: nothing can be said yet.",)
    said = []
    if count < FEW:
        trials = plural(count, "completed trial")
        said.append(
            f"There {'is' if count == 1 else 'are'} only {trials}: few differences can be distinguished from chance."
        )
    if count > 1 and float(table.scores.max()) == float(table.scores.min()):
        said.append("All completed trials have the same score.")
    share = proportion(study)
    if share is not None and study.ranking:
        said.append(best_score(study, share))
    said += spread(table.scores, share)
    said += _stopping(table)
    said += _search(str((study.notes.get("algorithm") or {}).get("name", "random")))
    if fit is not None and fit < LOW:
        said.append(
            f"The model explains {_share(fit)} of the score's variance in trials that it has not seen: most of the "
            "score is chance, or choices interact in ways that it does not model."
        )
    if seen is not None and seen < LOW:
        said.append(
            f"The forest explains {_share(seen)} of the score's variance in trials that it has not seen: importance "
            f"and interactions are {'hints at most' if seen > 0.0 else 'not known'}."
        )
    elif seen is None and count > 1:
        said.append(f"Importance and interactions need {MIN_FOR_FOREST} trials with different scores.")
    intervals = sum(effect.difference is not None for effect in effects)
    if intervals >= 10:
        said.append(
            f"There are {intervals} intervals at 95 %: about {max(round(intervals / 20), 1)} of them miss the true "
            "difference by chance alone."
        )
    failed = sum(trial.valid and trial.status == "failed" for trial in study.trials)
    if failed:
        trials = "1 trial that failed is" if failed == 1 else f"{failed} trials that failed are"
        said.append(f"{trials} left out: the differences do not include the causes of failures.")
    if len(study.goals) > 1:
        said.append(f"All differences are of {study.goals[0].metric}, the first objective.")
    return tuple(said)


def _stopping(table: Design) -> list[str]:
    """The caveat of a search that stopped trials because of their scores."""
    stopped = sum(trial.stopped is not None for trial in table.trials)
    if not stopped:
        return []
    were = "was" if stopped == 1 else "were"
    return [
        f"{stopped:,} of {plural(len(table.trials), 'trial')} {were} stopped early because others were better: a score "
        "of fewer epochs is lower, so differences between good and bad options are larger here than after equal "
        "epochs. Search without `stopping` to find out what matters."
    ]


def _search(algorithm: str) -> list[str]:
    """Caveats that follow from the search algorithm."""
    match algorithm:
        case "random" | "grid":
            return []
        case "hyperband":
            return [
                "Hyperband trains most architectures for a few epochs only: the scores compared are those at the end "
                "of an architecture's first training, adjusted for its length."
            ]
        case _:
            return [
                f"The {algorithm} search chose each trial by the scores before it: trials are not an independent "
                "sample of the space, and intervals hold under the model only. In synthetic evolution searches they "
                "contained the true difference over the whole space in 69 to 92 of 100 cases, less often the longer "
                "they searched. Use a random search to find out what matters."
            ]


def _share(part: float) -> str:
    return "nothing" if part <= 0.0 else rounded_percent(part)
