"""Trials trained once for each fold of the data: the mean, the spread, and the model of the best fold."""

from __future__ import annotations

import numpy as np
import pytest

import sqsem_dsl as sqs
from sqsem_dsl.data.dataset import Loaded, Part
from sqsem_dsl.data.split import Splitting, split
from sqsem_dsl.settings.metrics import OutputFact

pytestmark = pytest.mark.keras
keras = pytest.importorskip("keras")

SPEC = """sqs 1
space blobs {
  input x: [4]
  output label = x -> slot wide { dense(6) -> relu } -> dense(2) -> softmax
  train { optimizer = adam learning_rate = 0.02 batch_size = 16 epochs = 3 standardize = per_channel }
  search { algorithm = grid objective = maximize(val_accuracy) seed = 1 }
}"""


def whole(samples: int = 200) -> Part:
    """Two classes that overlap a little, on a scale far from 0."""
    generator = np.random.default_rng(0)
    classes = generator.integers(0, 2, samples).astype(np.int32)
    values = 500 + 100 * (generator.standard_normal((samples, 4)) + classes[:, None])
    return Part({"x": values.astype(np.float32)}, {"label": classes})


def test_a_trial_is_scored_by_the_mean_over_folds_and_its_spread(tmp_path):
    spec = tmp_path / "blobs.sqs"
    spec.write_text(SPEC)
    outputs = {"label": OutputFact((2,), "softmax")}
    data = split(Loaded("blobs", whole()), outputs, Splitting(1, folds=3))
    result = sqs.search(spec, data, tmp_path / "study", workers=0)
    study = sqs.load_study(tmp_path / "study")
    assert len(study.trials) == 2
    for trial in study.trials:
        by_fold = [max(epoch.metrics["val_accuracy"] for epoch in study.epochs(trial.number) if epoch.execution == n)
                   for n in range(3)]  # fmt: skip
        assert trial.score == pytest.approx(np.mean(by_fold))
        assert trial.spread["val_accuracy"] == pytest.approx(np.std(by_fold, ddof=1))
        assert len(set(by_fold)) > 1
    # The model is that of the best fold, with the scale of that fold's training set.
    best = study.best
    model = keras.models.load_model(tmp_path / "study" / "best.keras")
    scores = []
    for number in range(3):
        fold = data.fold(number)
        labels = fold.validation.labels["label"]
        model_says = model.predict(fold.validation.inputs, verbose=0).argmax(axis=-1)
        scores.append(float((model_says == labels).mean()))
        scale = model.get_layer("x.standardize").get_config()["mean"]
        if np.allclose(np.ravel(scale), fold.statistics("x")[0]):
            its_own = number
    epochs = [e for e in study.epochs(best.number) if e.execution == its_own]
    assert scores[its_own] == pytest.approx(max(epoch.metrics["val_accuracy"] for epoch in epochs))
    assert result.test["accuracy"] > 0.8
    # Other folds are different data.
    other = split(Loaded("blobs", whole()), outputs, Splitting(1, folds=4))
    with pytest.raises(sqs.SqsError, match="other data"):
        sqs.search(spec, other, tmp_path / "study", workers=0)
