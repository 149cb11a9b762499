"""An architecture of a study trained again: alone and to its end, however the search chose and stopped its trials."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import sqsem_dsl as sqs

pytestmark = [pytest.mark.keras, pytest.mark.search]
pytest.importorskip("keras_tuner")

generator = np.random.default_rng(0)
DATA = (generator.normal(size=(60, 6)).astype(np.float32), np.arange(60) % 3)


@pytest.mark.parametrize(
    "search",
    ["algorithm = random  stopping = asha  trials = 4", "algorithm = hyperband(max_epochs = 4)", "target = 0.0"],
)
def test_a_training_again_is_one_trial_with_all_of_its_epochs(search: str, tmp_path: Path) -> None:
    spec = f"""space s {{
      input x: [6]
      output y = x -> dense(any [4, 8]) -> relu -> dense(3) -> softmax
      train {{ epochs = 3 }}
      search {{ objective = maximize(val_accuracy)  {search} }}
    }}"""
    sqs.search(spec, DATA, tmp_path / "s", workers=0)
    again = sqs.load_study(tmp_path / "s").retrain(DATA, tmp_path / "again", epochs=6, workers=0)
    assert [(trial.epochs, trial.stopped) for trial in again.trials] == [(6, None)]
    resumed = sqs.load_study(tmp_path / "s").retrain(DATA, tmp_path / "again", epochs=6, workers=0)
    assert len(resumed.trials) == 1
