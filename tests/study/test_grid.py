"""The smallest space with a trap, trained for real: 39 configurations by KerasTuner's own GridSearch, each once."""

from __future__ import annotations

from pathlib import Path

import pytest

import sqsem_dsl as sqs

pytest.importorskip("keras_tuner")

SPECS = Path(__file__).parents[2] / "specs"


@pytest.mark.search
def test_grid_search_trains_each_of_the_39_once(tmp_path: Path) -> None:
    import keras_tuner
    import numpy as np

    space = sqs.load(SPECS / "toy.sqs")
    generator = np.random.default_rng(0)
    x, y = generator.random((64, 20), dtype=np.float32), generator.integers(0, 2, 64)
    tuner = keras_tuner.GridSearch(
        space.hypermodel(), objective="val_accuracy", directory=tmp_path, project_name="toy", max_trials=100
    )
    tuner.search(x, y, validation_data=(x, y), epochs=1, batch_size=64, verbose=0)
    trials = list(tuner.oracle.trials.values())
    assert [trial.status for trial in trials] == ["COMPLETED"] * 39
    tried = {frozenset(space.resolve(trial.hyperparameters.values).choices.items()) for trial in trials}
    every = {frozenset(space.at(i).choices.items()) for i in range(space.count)}
    assert tried == every
    assert len(every) == 39
