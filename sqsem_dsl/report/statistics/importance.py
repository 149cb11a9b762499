"""How much each choice matters: permutation importance over boosted trees, in trials that it has not seen."""

from __future__ import annotations

import numpy as np

from sqsem_dsl.report.statistics.answer import Importance
from sqsem_dsl.report.statistics.boosted_trees import SEED, Forest
from sqsem_dsl.report.statistics.mixed_model import quantile

REPEATS = 5
METHOD = (
    "Permutation importance over a forest of boosted trees: by how much of the score's variance the error in trials "
    "left out grows where a choice is shuffled among them (scikit-learn; 5 parts of the trials, 95 % intervals over "
    "these parts)."
)


def importance(forest: Forest) -> tuple[tuple[Importance, ...], float | None]:
    """Of every choice that varies, largest first, and the forest's R² in trials left out.

    What does not help the forest is 0, and nothing is more than 1: a forest that is misled by a shuffled choice may be
    off by more than the variance. Empty where the forest explains nothing of unseen trials; empty, and None, where
    there are too few trials for a forest.
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
