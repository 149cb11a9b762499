"""Properties of a score: whether it is a proportion of samples with an interval, its chance level, its distribution.

The interval is E. B. Wilson's, Journal of the American Statistical Association 22 (1927) 209.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

from sqsem_dsl.report.statistics.design import Floats
from sqsem_dsl.study.journal.study import Study
from sqsem_dsl.utils.numbers import rounded_percent

Z = 1.959964
"""The normal quantile of a 95 % interval."""
GAP, SIDE = 0.3, 0.15
"""Scores are bimodal if there is a gap of this fraction of their range between two neighbors, with at least this
fraction of the trials on either side."""
CEILING, MANY = 0.99, 0.25
"""A proportion is at its ceiling if this fraction of the trials reaches this value."""
_VALIDATION = re.compile(r"(\d+) (?:validation\b|samples in \d+ folds)")


@dataclass(frozen=True, slots=True)
class Proportion:
    """A score that is the fraction of correct validation samples."""

    samples: int
    chance: float
    """The score of an uninformed model, if all classes are equally frequent."""

    def interval(self, share: float) -> tuple[float, float]:
        """The 95 % interval of a proportion.

        >>> [round(end, 4) for end in Proportion(100, 0.1).interval(0.95)]
        [0.8882, 0.9785]
        """
        return wilson(share, self.samples)

    def at_chance(self, share: float) -> bool:
        """Whether a proportion is no better than chance: chance is in its interval, or above it."""
        return self.interval(share)[0] <= self.chance


def wilson(share: float, samples: int) -> tuple[float, float]:
    """The ends of the 95 % interval of a proportion of samples.

    >>> [round(end, 4) for end in wilson(1.0, 10)]
    [0.7225, 1.0]
    """
    square = Z * Z / samples
    middle = (share + square / 2.0) / (1.0 + square)
    half = Z / (1.0 + square) * math.sqrt(share * (1.0 - share) / samples + square / (4.0 * samples))
    return max(middle - half, 0.0), min(middle + half, 1.0)


def proportion(study: Study) -> Proportion | None:
    """The proportion behind the first objective; None if it is not one, or if the number of samples is not known.

    It is one for the accuracy of an output that is one class, or one yes or no, of each sample. Raises SqsError if the
    space cannot be loaded.
    """
    found = _VALIDATION.search(str(study.notes.get("data") or ""))
    outputs = study.inference_space.outputs
    name = study.goals[0].metric.removeprefix("val_").removesuffix("accuracy").removesuffix("_")
    output = next(iter(outputs.values())) if not name and len(outputs) == 1 else outputs.get(name)
    if found is None or output is None or not study.goals[0].metric.endswith("accuracy") or len(output.shape) != 1:
        return None
    samples, classes = int(found[1]), output.shape[0]
    if samples and output.ending == "softmax" and classes > 1:
        return Proportion(samples, 1.0 / classes)
    return Proportion(samples, 0.5) if samples and output.ending == "sigmoid" and classes == 1 else None


def best_score(study: Study, share: Proportion) -> str:
    """The uncertainty of the best score, in a sentence or two."""
    best, *others = study.ranking
    low, high = share.interval(best.scores[0])
    within = sum(trial.scores[0] >= low for trial in others)
    of = (
        f"{within} of the {len(others)} other trials cannot be distinguished from it"
        if others
        else "it is the only one"
    )
    return (
        f"The best {study.goals[0].metric}, {best.scores[0]:.4f}, is a proportion of {share.samples:,} validation "
        f"samples: its 95 % interval is {low:.3f} … {high:.3f} (Wilson), and {of}."
    )


def spread(scores: Floats, share: Proportion | None) -> list[str]:
    """Caveats for differences of means over scores that are bimodal or at a ceiling."""
    said = []
    ordered = np.sort(scores)
    side = max(math.ceil(SIDE * len(ordered)), 3)
    if len(ordered) >= 2 * side:
        inner = np.diff(ordered)[side - 1 : len(ordered) - side]
        at = int(np.argmax(inner)) + side
        if inner.max() > GAP * (ordered[-1] - ordered[0]) > 0.0:
            said.append(
                f"The scores are bimodal: {at} trials have {ordered[at - 1]:.3f} or less, {len(ordered) - at} "
                f"{ordered[at]:.3f} or more, none in between. A mean difference then says how often trials are in "
                "the upper group, not by how much each of them is better."
            )
    if share is not None and float(np.mean(scores >= CEILING)) >= MANY:
        part = rounded_percent(float(np.mean(scores >= CEILING)))
        said.append(
            f"{part} of the trials score {CEILING} or more, which leaves no room above: improvements there are not "
            "seen, and differences are smaller than they would be on harder data."
        )
    return said
