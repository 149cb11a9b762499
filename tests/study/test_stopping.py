"""The bars of `stopping`, with tables worked out by hand, and the results that they are computed from."""

from __future__ import annotations

from dataclasses import replace
from math import inf, nan
from random import Random

import pytest

from sqsem_dsl.settings.search import Asha, EachToItsEnd, Median
from sqsem_dsl.study.journal.record import Epoch, Trial
from sqsem_dsl.study.limits import enough
from sqsem_dsl.study.objective import Goal
from sqsem_dsl.study.stopping.bar import Bar
from sqsem_dsl.study.stopping.bars import is_compared
from sqsem_dsl.study.stopping.rule import Rule
from sqsem_dsl.study.trial.execution import Execution
from sqsem_dsl.study.view import View

ACCURACY, LOSS = Goal("val_accuracy", "max"), Goal("val_loss", "min")


def trial(number, *, continues=None, **more):
    return Trial(number, {}, "a", "", 0, 0, continues=continues, planned=9, **more)


def reported(number, epoch, accuracy, execution=0):
    return Epoch(number, execution, epoch, {"loss": 1.0, "val_accuracy": accuracy}, 1.0)


def rule_after(stopping, *curves, goal=ACCURACY):
    """The rule after trials with these scores by epoch."""
    rule = Rule(stopping, goal)
    for number, curve in enumerate(curves, 1):
        rule.trainings.begin(trial(number))
        for epoch, score in enumerate(curve, 1):
            rule.trainings.epoch(reported(number, epoch, score))
    return rule


def stopped(number, epochs, score, continues=None):
    return trial(
        number,
        continues=continues,
        status="completed",
        epochs=epochs,
        scores=(score,),
        stopped=f"after {epochs} of 9 epochs: others were better",
    )


def goes_on(bar, score):
    """Whether a trial with this score after the epoch of the bar trains further."""
    execution = Execution(1, epochs=bar.epoch, best=-score)
    execution.compare([bar], 9)
    return execution.stopped is None


# ---- when trials are compared


def test_epochs_at_which_trials_are_compared():
    def compared(stopping):
        return [epoch for epoch in range(1, 20) if is_compared(stopping, epoch)]

    assert compared(EachToItsEnd()) == []
    assert compared(Median(min_epochs=4)) == list(range(4, 20))
    assert compared(Asha()) == [1, 3, 9]
    assert compared(Asha(factor=2, min_epochs=3)) == [3, 6, 12]


def test_no_trial_is_compared_at_its_last_epoch():
    curves = [[0.1, 0.2, 0.3]] * 9
    assert [bar.epoch for bar in rule_after(Median(), *curves).bars(3)] == [1, 2]
    assert [bar.epoch for bar in rule_after(Asha(), *curves).bars(3)] == [1]
    assert rule_after(Asha(), *curves).bars(1) == ()
    assert rule_after(EachToItsEnd(), *curves).bars(3) == ()


# ---- median


def test_median_by_hand():
    """At epoch 2 the best scores so far are 0.5, 0.4, 0.6: trial 1 was better before."""
    rule = rule_after(Median(min_trials=3), [0.5, 0.2], [0.3, 0.4], [0.1, 0.6], [0.9])
    one, two = rule.bars(9)
    assert (one.epoch, one.reason) == (1, "worse than the median of 4 trials")
    assert (two.epoch, two.reason) == (2, "worse than the median of 3 trials")
    assert [goes_on(one, score) for score in (0.41, 0.4, 0.39)] == [True, True, False]
    assert [goes_on(two, score) for score in (0.51, 0.5, 0.49)] == [True, True, False]


def test_median_waits_for_trials_and_epochs():
    curves = [[0.1, 0.2, 0.3]] * 4
    assert rule_after(Median(), *curves).bars(9) == ()
    assert [bar.epoch for bar in rule_after(Median(), *curves, [0.1, 0.2]).bars(9)] == [1, 2]
    assert [bar.epoch for bar in rule_after(Median(min_epochs=2, min_trials=1), *curves).bars(9)] == [2, 3]


def test_median_of_a_loss():
    rule = Rule(Median(min_trials=3), LOSS)
    for number, loss in enumerate((0.2, 0.4, 0.9), 1):
        rule.trainings.begin(trial(number))
        rule.trainings.epoch(Epoch(number, 0, 1, {"val_loss": loss}, 1.0))
    [bar] = rule.bars(9)
    execution = Execution(1, epochs=1, best=0.4)
    execution.compare([bar], 9)
    assert execution.stopped is None
    execution.best = 0.41
    execution.compare([bar], 9)
    assert execution.stopped == "after 1 of 9 epochs: worse than the median of 3 trials"


def test_no_trial_is_stopped_while_half_of_the_trials_have_no_score():
    assert rule_after(Median(min_trials=1), [nan], [nan], [0.5]).bars(9) == ()


# ---- asha


def test_asha_by_hand():
    """Of 6 trials with its own the best two go on, of 3 the best one."""
    rule = rule_after(Asha(), [0.5, 0.5, 0.6], [0.3, 0.4, 0.4], [0.1], [0.4], [0.2])
    one, three = rule.bars(9)
    assert (one.epoch, one.reason) == (1, "not among the best third of 6 trials")
    assert (three.epoch, three.reason) == (3, "not among the best third of 3 trials")
    assert [goes_on(one, score) for score in (0.6, 0.41, 0.4, 0.3)] == [True, True, False, False]
    assert [goes_on(three, score) for score in (0.61, 0.6)] == [True, False]


def test_asha_of_fewer_trials_than_the_factor_lets_none_go_on():
    """As in the paper: of fewer than three trials there is no best third yet."""
    for curves in ([], [[0.1]]):
        one, three = rule_after(Asha(), *curves).bars(9)
        assert one == Bar(1, -inf, "there are not 3 trials to compare yet")
        assert three == Bar(3, -inf, "there are not 3 trials to compare yet")
        assert not goes_on(one, 1.0)
    assert rule_after(Asha(factor=6), *[[0.1]] * 5).bars(9)[0].reason == "not among the best 1/6 of 6 trials"


def test_asha_compares_a_continued_trial_only_later():
    assert [bar.epoch for bar in rule_after(Asha()).bars(30, after=3)] == [9, 27]


@pytest.mark.parametrize("seed", range(20))
def test_asha_lets_exactly_the_best_part_go_on(seed):
    """The rank of a new trial among all, where of equal scores the earlier one is better."""
    random = Random(seed)
    factor = random.choice((2, 3, 4))
    scores = [random.choice((0.1, 0.2, 0.3, 0.4)) for _ in range(random.randrange(20))]
    [bar] = rule_after(Asha(factor=factor), *[[score] for score in scores]).bars(2)
    for own in (0.1, 0.2, 0.3, 0.4):
        rank = sum(score >= own for score in scores) + 1
        assert goes_on(bar, own) == (rank <= (len(scores) + 1) // factor)


# ---- results


def test_a_failed_trial_counts_as_the_worst_at_the_epochs_that_it_reached():
    rule = rule_after(Asha(), [nan], [0.5])
    rule.trainings.end(trial(1, status="failed"))
    assert rule.trainings.at(1) == [(-0.5, 2), (inf, 1)]


def test_epochs_that_are_reported_again_replace_the_earlier_ones():
    rule = rule_after(Median(), [0.5, 0.2, 0.7], [0.4, 0.4, 0.4])
    for epoch, score in enumerate((0.3, 0.6, 0.1), 1):
        rule.trainings.epoch(reported(1, epoch, score))
    assert [list(rule.trainings.at(epoch)) for epoch in (1, 2, 3)] == [
        [(-0.4, 2), (-0.3, 1)],
        [(-0.6, 1), (-0.4, 2)],
        [(-0.6, 1), (-0.4, 2)],
    ]


def test_an_epoch_that_was_not_recorded_is_no_result():
    rule = rule_after(Median(), [0.5])
    rule.trainings.epoch(reported(1, 3, 0.4))
    assert [list(rule.trainings.at(epoch)) for epoch in (1, 2, 3)] == [[(-0.5, 1)], [], [(-0.5, 1)]]
    rule.trainings.epoch(reported(1, 2, 0.6))
    assert rule.trainings.at(2) == [(-0.6, 1)]


def test_only_the_first_execution_is_compared():
    rule = rule_after(Median(), [0.5])
    rule.trainings.epoch(reported(1, 1, 0.9, execution=1))
    assert rule.trainings.at(1) == [(-0.5, 1)]


def test_a_training_is_one_result_however_many_trials_it_takes():
    rule = rule_after(Asha(), [0.5])
    rule.trainings.end(stopped(1, 1, 0.5))
    rule.trainings.begin(trial(2, continues=1))
    for epoch, score in ((2, 0.4), (3, 0.3)):
        rule.trainings.epoch(reported(2, epoch, score))
    rule.trainings.end(stopped(2, 3, 0.5, continues=1))
    rule.trainings.begin(trial(3, continues=2))
    assert (rule.trainings.at(1), rule.trainings.at(3)) == ([(-0.5, 1)], [(-0.5, 1)])
    assert (rule.trainings.configurations, rule.trainings.finished) == (1, 0)
    rule.trainings.end(trial(3, continues=2, status="completed", scores=(0.6,)))
    assert rule.trainings.finished == 1


# ---- promotions


def test_a_stopped_trial_continues_when_it_has_come_into_the_best_part():
    rule = rule_after(Asha(), [0.5], [0.4], [0.3], [0.2], [0.1])
    trainings = rule.trainings
    trainings.end(stopped(1, 1, 0.5))
    trainings.end(stopped(2, 1, 0.4))
    assert trainings.promotable(3).number == 1
    trainings.begin(trial(6, continues=1))
    assert trainings.promotable(3) is None, "of five trials one is the best third"
    trainings.begin(trial(7))
    trainings.epoch(reported(7, 1, 0.05))
    assert trainings.promotable(3).number == 2


def test_those_that_came_furthest_go_on_first():
    rule = rule_after(Asha(factor=2), [0.5, 0.5], [0.4, 0.4], [0.3], [0.2])
    for number, epochs, score in ((1, 1, 0.5), (2, 2, 0.4), (3, 1, 0.3)):
        rule.trainings.end(stopped(number, epochs, score))
    assert rule.trainings.promotable(2).number == 1, "trial 2 is not in the best half of two"
    assert rule.trainings.leader().number == 2
    rule.trainings.begin(trial(5, continues=1))
    assert rule.trainings.promotable(2) is None
    rule.trainings.epoch(reported(3, 2, 0.3))
    rule.trainings.epoch(reported(4, 2, 0.3))
    assert rule.trainings.promotable(2).number == 2


def test_trials_that_another_rule_stopped_at_other_epochs_stay_stopped():
    rule = rule_after(Asha(), [0.5, 0.6], [0.1, 0.2], [0.1, 0.2])
    rule.trainings.end(stopped(1, 2, 0.6))
    assert (rule.trainings.promotable(3), rule.trainings.leader()) == (None, None)


def test_the_states_that_are_kept():
    rule = rule_after(Asha(), *[[0.1 * number] for number in range(1, 10)])
    for number in range(1, 8):
        rule.trainings.end(stopped(number, 1, 0.1 * number))
    rule.trainings.begin(trial(10, continues=7))
    rule.trainings.begin(trial(11, stops=(Bar(1, 0.0, ""),)))
    # The best two that are stopped, the one that trial 10 continues, and the one that may be stopped.
    assert rule.trainings.needed(2) == {6, 5, 7, 11}


# ---- a trial


def test_an_execution_is_compared_after_the_epoch_of_the_bar():
    execution = Execution(1)
    stops = (Bar(2, -0.5, "because"),)
    for accuracy in (0.1, 0.4, 0.9):
        execution.epoch_ended({"loss": 1.0, "val_accuracy": accuracy}, [ACCURACY], None)
        execution.compare(stops, 9)
        if execution.ended:
            break
    assert (execution.epochs, execution.stopped) == (2, "after 2 of 9 epochs: because")
    assert Execution.from_plain(execution.to_plain()).stopped == execution.stopped


def test_an_execution_that_ended_by_itself_was_not_stopped():
    execution = Execution(1, epochs=2, best=-0.1, ended=True)
    execution.compare((Bar(2, -0.5, "because"),), 9)
    assert execution.stopped is None


# ---- counts


def test_trials_that_continue_stopped_ones_are_not_counted():
    view = View((ACCURACY,), limit=2)
    view.started(trial(1))
    view.ended(stopped(1, 1, 0.5))
    view.started(trial(2, continues=1))
    view.ended(replace(stopped(2, 3, 0.6), continues=1))
    assert (view.configurations, view.finished, enough(view, None)) == (1, 1, None)
    view.started(trial(3))
    assert enough(view, None) == "all 2 trials are done"
    view.counted_by_algorithm = True
    assert enough(view, None) is None


def test_trials_that_continue_others_as_planned_are_counted():
    """Those of hyperband."""
    view = View((ACCURACY,), limit=2)
    view.started(trial(1))
    view.ended(trial(1, status="completed", scores=(0.5,)))
    view.started(trial(2, continues=1))
    assert enough(view, None) == "all 2 trials are done"
