"""Searches over time: how their seconds are counted, the experiment per second, and what the page says of both."""

from __future__ import annotations

from itertools import islice
from statistics import median
from typing import Any

import numpy as np
import pytest

from tests.docs.scripts import page, script

pytestmark = pytest.mark.slow

PAGE = page("algorithms.md")
# In this order: each imports the ones before it.
tasks, replay, searches, algorithms, quality, training, aware, proposals, over = map(
    script,
    (
        *("tasks", "replay", "searches", "algorithms", "search_quality", "training_seconds", "cost_aware"),
        *("proposal_seconds", "wall_time"),
    ),
)
TABLES = {name: tasks.read_table(tasks.TASKS[name]) for name in quality.SEARCHED}
KEPT = {name: searches.kept(tasks.TASKS[name]) for name in TABLES}


def test_the_page_says_what_the_searches_gave_over_time() -> None:
    parts = over.report(list(TABLES.values()), list(KEPT.values()))
    assert [part for part in parts if part not in PAGE] == []


def test_a_trial_takes_its_proposal_and_its_share_of_a_training() -> None:
    steps = [tasks.Step(0), tasks.Step(1, 0, 3), tasks.Step(1, 3, 9), tasks.Step(2)]
    seconds, before = [9.0, 18.0, 27.0], [0.5, 0.25]
    assert over.moments(steps, seconds, before) == [9.5, 15.75, 28.125, 55.5]  # 0.375 s each after the measured ones


def test_the_best_score_at_a_moment_is_that_of_the_trials_that_ended_before() -> None:
    table = TABLES["cancer"]
    by_loss = sorted(range(len(table.scores)), key=lambda number: table.scores[number])
    steps = [tasks.Step(number) for number in (by_loss[9], by_loss[-1], by_loss[0])]
    ninth, first = table.scores[by_loss[9]], table.scores[by_loss[0]]
    found = over.over_time(table, steps, [0.25, 0.3, 0.41], 0.6)
    assert found == [table.task.worst, table.task.worst, ninth, ninth, first, first]


def test_proposals_after_the_measured_ones_take_the_mean_of_the_last() -> None:
    assert list(islice(proposals.endless([9.0, *(1.0,) * 5, 7.0]), 9)) == [9.0, *(1.0,) * 5, 7.0, 2.0, 2.0]


@pytest.mark.parametrize("name", TABLES)
def test_a_network_takes_longer_with_more_layers(name: str) -> None:
    table = TABLES[name]
    seconds, parts = training.seconds_of(table), training.parts_of(table)
    layers = parts[:, 1:-1].sum(axis=1)
    assert len(seconds) == len(table.entries)
    assert min(seconds) > 0.5
    assert np.corrcoef(seconds, layers)[0, 1] > 0.5


def test_the_error_of_predicted_seconds_is_the_one_in_the_text() -> None:
    found = [training.errors(TABLES[name]) for name in training.PREDICTED]
    medians = [100 * median(errors) for errors in found]
    most = 100 * max(map(max, found))
    said = f"is wrong by {min(medians):.0f} to {max(medians):.0f} % in the median, and by {most:.0f} % at most"
    assert said in " ".join(PAGE.split())


def test_seconds_are_learned_from_costs() -> None:
    space = TABLES["mnist"].space
    made = aware.PerSecond(space, (tasks.TASKS["mnist"].goal,), initial=None, trials=100, seed=0, epochs=None)
    made.measured = []
    networks = [space.at(number) for number in range(0, space.count, 9)]
    for network in networks[:40]:
        made.time(network.choices, 3.0 * float(network.macs) ** 0.5)
    codes = [made.proposals.coded.encode(network.choices) for network in networks[40:]]
    true = [3.0 * float(network.macs) ** 0.5 for network in networks[40:]]
    assert np.abs(made._predicted(codes) / true - 1).max() < 0.1


@pytest.mark.search
@pytest.mark.parametrize("name", ["cancer", "mnist"])
def test_it_is_plain_expected_improvement_before_enough_trainings(name: str) -> None:
    key: Any = ("sqsem", "bayesian", 0)
    found = KEPT[name][("sqsem", "bayesian per second", 0)]
    assert found[: aware.MEASURED] == KEPT[name][key][: aware.MEASURED]
    seconds = training.seconds_of(TABLES[name])
    again = aware.per_second_search(TABLES[name], seconds, 15, 0)  # fewer would have fewer initial trials
    assert again[: len(found)] == found[: len(again)]
