"""Computes all answers from the trials of a study."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

import numpy as np

from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.ir.graph import Merge, Op, Residual
from sqsem_dsl.ir.path import Path
from sqsem_dsl.report.statistics.answer import Answer, Answers, Effect, Importance
from sqsem_dsl.report.statistics.boosted_trees import SEED, Forest
from sqsem_dsl.report.statistics.caveats import caveats
from sqsem_dsl.report.statistics.design import Design, Factor, design
from sqsem_dsl.report.statistics.effects import MODEL, Effects, pools
from sqsem_dsl.report.statistics.interactions import interactions
from sqsem_dsl.report.statistics.mixed_model import quantile
from sqsem_dsl.report.statistics.questions import kind, questions, subjects
from sqsem_dsl.report.statistics.sentences import sentence
from sqsem_dsl.study.errors import MissingPackage
from sqsem_dsl.study.journal.study import Study

REPEATS = 5
METHOD = (
    "Permutation importance over a forest of boosted trees: by how much of the score's variance the error in trials "
    "left out grows where a choice is shuffled among them (scikit-learn; 5 parts of the trials, 95 % intervals over "
    "these parts)."
)


def importance(forest: Forest) -> tuple[tuple[Importance, ...], float | None]:
    """The importance of every choice that varies, largest first, and the forest's R² in unseen trials.

    It is 0 for choices that do not help the forest, and at most 1: a forest that a shuffled choice misleads may be off
    by more than the variance. Empty if the forest explains nothing of unseen trials; empty, and None, if there are too
    few trials for a forest.
    """
    if not forest.possible:
        return (), None
    from sklearn.inspection import permutation_importance

    table, scores = forest.table, forest.design.scores
    variance = float(scores.var())
    grown, missed = [], 0.0
    for model, part in forest.folds():
        missed += float(np.sum((model.predict(table[part]) - scores[part]) ** 2))
        found = permutation_importance(
            model, table[part], scores[part], scoring="neg_mean_squared_error", n_repeats=REPEATS, random_state=SEED
        )
        grown.append(found.importances_mean / variance)
    mean, spread = np.mean(grown, axis=0), np.std(grown, axis=0, ddof=1)
    half = quantile(len(grown) - 1) * spread / np.sqrt(len(grown))
    ranked = [
        Importance(factor.path, *(min(max(float(number[i]), 0.0), 1.0) for number in (mean, mean - half, mean + half)))
        for i, factor in enumerate(forest.design.varying)
    ]
    seen = 1.0 - missed / (variance * len(scores))
    return tuple(sorted(ranked, key=lambda each: -each.value)) if seen > 0.0 else (), seen


SAMPLED = 5_000
"""The most trials from which forests are grown: their time grows with the trials, and their result hardly changes."""


def _sampled(table: Design) -> str:
    """A sentence on the sample of a large study."""
    count = len(table.trials)
    return f" Of {count:,} trials, {SAMPLED:,} were used, chosen at random." if count > SAMPLED else ""


NEEDED = {"sklearn": "scikit-learn", "scipy": "scipy"}
"""Packages by module, with their names on PyPI."""


def find_answers(study: Study) -> Answers:
    """All answers from the completed trials of a study about the choices of its space, by its first objective.

    The same trials give the same answers. Raises SqsError if the space cannot be loaded, and if scikit-learn or scipy
    is missing.
    """
    for package, name in NEEDED.items():
        if find_spec(package) is None:
            raise SqsError([MissingPackage(NOWHERE, name, "a report on a study", "report")])
    table = design(study)
    effects = Effects(table)
    answers = tuple(_answers(study, table, effects))
    forest = Forest(table.sample(SAMPLED, SEED))
    important, seen = importance(forest)
    every_effect = tuple(effect for answer in answers for effect in answer.effects)
    return Answers(
        trials=len(table.trials),
        model=MODEL,
        fit=effects.fit,
        importance_method=METHOD + _sampled(table),
        importance=important,
        # If the forest explains nothing of unseen trials, its interactions are chance.
        interactions=interactions(forest, important) if seen is not None and seen > 0.0 else (),
        questions=questions(answers, study.goals[0]),
        caveats=caveats(study, table, every_effect, effects.fit, seen),
    )


def _answers(study: Study, table: Design, effects: Effects) -> Iterator[Answer]:
    """The effects of every choice in the space's order; the pooled places of one before its first place."""
    graph = study.inference_space.graph
    layers = [item.at for item in graph.items if isinstance(item, Op | Residual | Merge)]
    about = subjects([factor.choice for factor in table.factors], study.inference_space.inputs, layers)
    first = {alike[0].at: (path, alike) for path, alike in pools(table.factors).items()}

    def answer(at: Path, factor: Factor, pooled: bool, found: tuple[Effect, ...]) -> Answer:
        made = Answer(at, kind(factor.choice), about[factor.path], pooled, found, "")
        return Answer(at, made.kind, made.subject, pooled, found, sentence(made, study.goals[0]))

    for factor in table.factors:
        if factor.at in first:
            path, alike = first[factor.at]
            yield answer(path, factor, True, effects.of_pool(path, alike))
        yield answer(factor.at, factor, False, effects.of(factor))
