"""The order of trials: score, then parameters, then MACs, then the number."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from pathlib import Path

import pytest

from sqsem_dsl.report.text.trials import summary, trials_table
from sqsem_dsl.study.journal.ranking import pareto_front, ranked, tie
from sqsem_dsl.study.journal.record import Trial
from sqsem_dsl.study.models import Models
from sqsem_dsl.study.objective import Goal
from sqsem_dsl.study.results import Result
from sqsem_dsl.study.view import View

ACCURACY = (Goal("val_accuracy", "max"),)
TWO = (*ACCURACY, Goal("val_loss", "min"))


def trial(number: int, scores: Sequence[float], params: int, macs: int = 0) -> Trial:
    return Trial(number, {}, "", "", params, macs, status="completed", scores=tuple(scores))


TIED = [
    trial(1, [0.9], 500, 10),
    trial(2, [0.9], 100, 30),
    trial(3, [0.8], 1, 1),
    trial(4, [0.9], 100, 20),
    trial(5, [0.9], 100, 20),
]
ORDER = [4, 5, 2, 1, 3]


def test_of_equal_scores_the_cheapest_is_first() -> None:
    for several in permutations(TIED):
        assert [t.number for t in ranked(several, ACCURACY)] == ORDER
        view = View(ACCURACY)
        for each in several:
            view.ended(each)
        assert [t.number for t in view.ranking] == ORDER
    result = Result("s", ACCURACY, tuple(TIED), Path(), "done", 1.0)
    assert result.best.number == 4
    assert [line.split()[0] for line in trials_table(TIED, ACCURACY).splitlines()[2:]] == [str(n) for n in ORDER]


def test_the_front_has_the_cheapest_of_equal_scores() -> None:
    several = [trial(1, [0.9, 0.3], 500), trial(2, [0.9, 0.3], 100), trial(3, [0.8, 0.2], 900)]
    for order in permutations(several):
        assert [t.number for t in pareto_front(order, TWO)] == [2, 3]
        view = View(TWO)
        for each in order:
            view.ended(each)
        assert [t.number for t in view.front] == [2, 3]


@pytest.mark.parametrize(
    ("trials", "said"),
    [
        (TIED[:2], "2 trials have the same val_accuracy: trial 2 has the fewest parameters"),
        (
            TIED[:4],
            "3 trials have the same val_accuracy: trial 4 has the fewest MACs of those with the fewest parameters",
        ),
        (
            TIED,
            "4 trials have the same val_accuracy: trial 4 is the first of those with the fewest parameters and MACs",
        ),
        (TIED[2:4], ""),
        ([], ""),
    ],
)
def test_a_tie_is_said(trials: list[Trial], said: str) -> None:
    assert tie(trials, ACCURACY) == said
    assert (said in summary(trials, ACCURACY, 1.0, "done", {}, Path("runs"))) is True


def test_the_model_of_a_trial_as_good_as_the_last_that_is_kept_is_worth_keeping(tmp_path: Path) -> None:
    view = View(ACCURACY)
    view.ended(TIED[0])
    worth = Models(tmp_path, ACCURACY, 1).worth(view)
    assert worth is not None
    assert -0.9 < worth < -0.8999
