"""The scores that a new trial must beat: the rules `median` and `asha`.

Sources: D. Golovin et al., "Google Vizier: A service for black-box optimization", KDD 2017, for the median; L. Li et
al., "A system for massively parallel hyperparameter tuning", MLSys 2020, for asynchronous successive halving (ASHA).
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf, isfinite, nextafter
from typing import assert_never

from sqsem_dsl.settings.search import Asha, EachToItsEnd, Median, Stopping
from sqsem_dsl.study.stopping.bar import Bar
from sqsem_dsl.study.stopping.trainings import Trainings
from sqsem_dsl.utils.numbers import plural

_PARTS = {2: "half", 3: "third", 4: "quarter", 5: "fifth"}


def is_compared(stopping: Stopping, epoch: int) -> bool:
    """Whether trials are compared at the end of an epoch, from 1."""
    match stopping:
        case EachToItsEnd():
            return False
        case Median(min_epochs=least):
            return epoch >= least
        case Asha():
            return epoch in _rungs(stopping, epoch + 1)
        case _:
            assert_never(stopping)


def bars_for(stopping: Stopping, trainings: Trainings, epochs: int, after: int = 0) -> tuple[Bar, ...]:
    """What a trial that starts now must beat to train for all its `epochs`, of which the first `after` are done."""
    match stopping:
        case EachToItsEnd():
            return ()
        case Median():
            return tuple(_below_the_median(stopping, trainings, range(max(stopping.min_epochs, after + 1), epochs)))
        case Asha():
            rungs = [epoch for epoch in _rungs(stopping, epochs) if epoch > after]
            return tuple(_not_among_the_best(stopping, trainings, epoch) for epoch in rungs)
        case _:
            assert_never(stopping)


def _rungs(asha: Asha, epochs: int) -> Iterator[int]:
    """The epochs before the last one at which trials are compared."""
    epoch = asha.min_epochs
    while epoch < epochs:
        yield epoch
        epoch *= asha.factor


def _below_the_median(rule: Median, trainings: Trainings, epochs: range) -> Iterator[Bar]:
    for epoch in epochs:
        results = trainings.at(epoch)
        if len(results) >= rule.min_trials:
            # They are sorted: `statistics.median` would sort them once more.
            middle = (results[(len(results) - 1) // 2][0] + results[len(results) // 2][0]) / 2
            if isfinite(middle):  # otherwise half of them have no score yet
                # A trial that is as good as the median continues: early scores are often equal.
                yield Bar(epoch, nextafter(middle, inf), f"worse than the median of {plural(len(results), 'trial')}")


def _not_among_the_best(rule: Asha, trainings: Trainings, epoch: int) -> Bar:
    """As in the paper, the best of `factor` trials continues, and none of fewer: it waits until others are compared."""
    results, factor = trainings.at(epoch), rule.factor
    count = len(results) + 1  # with its own
    if count < factor:
        return Bar(epoch, -inf, f"there are not {factor} trials to compare yet")
    # Of equal scores the earlier one is better, so this is the best score that is not good enough.
    return Bar(
        epoch,
        results[count // factor - 1][0],
        f"not among the best {_PARTS.get(factor, f'1/{factor}')} of {count} trials",
    )
