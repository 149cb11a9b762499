"""Outputs of numbers: trained on standardized targets, given in the units of the data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import sqsem_dsl as sqs
from sqsem_dsl.data.dataset import Dataset, Part

pytestmark = pytest.mark.keras
keras = pytest.importorskip("keras")

from sqsem_dsl.backends.keras import training  # noqa: E402
from sqsem_dsl.backends.keras.model import build_model  # noqa: E402
from sqsem_dsl.backends.keras.targets import TargetScale, target_scales  # noqa: E402


def made(ending: str = "", settings: str = "", price: float = 1000.0, add: float = 5000.0) -> tuple[sqs.Space, Dataset]:
    """Prices that are a linear function of three inputs, with the deviation `price` and the mean `add`."""
    space = sqs.loads(
        f"space s {{ input x: [3] output y = x -> dense(1) {ending} "
        f"train {{ learning_rate = 0.03 epochs = 20 {settings} }} }}"
    )
    generator = np.random.default_rng(0)
    inputs = generator.normal(size=(256, 3)).astype(np.float32)
    values = inputs @ np.array([[1.0], [-2.0], [0.5]])
    labels = ((values - values.mean()) / values.std() * price + add).astype(np.float32)
    part = Part({"x": inputs}, {"y": labels})
    return space, Dataset("prices", dict(space.outputs), part, part, part)


def trained(space: sqs.Space, data: Dataset) -> tuple[keras.Model, dict[str, list[float]]]:
    architecture = space.default()
    train = architecture.train
    targets = target_scales(train, data, architecture)
    with training.policy_scope(train, 1):
        model = build_model(architecture, seed=1, targets=targets)
    training.prepare(model, train, data, targets=targets)
    return model, training.fit(model, train, data, seed=1)


def test_prices_train_out_of_the_box_and_metrics_are_in_their_units(tmp_path: Path) -> None:
    space, data = made(settings="metrics = [mae, rmse, r2]")
    model, history = trained(space, data)
    assert history["val_r2"][-1] > 0.99
    predicted = model.predict(data.test.inputs["x"], verbose=0)
    assert history["val_mae"][-1] == pytest.approx(np.abs(predicted - data.test.labels["y"]).mean(), rel=1e-3)
    assert history["val_loss"][-1] == pytest.approx((history["val_rmse"][-1] / 1000) ** 2, rel=1e-3)
    unscaled = trained(*made(settings="metrics = [mae, rmse, r2] scale_targets = false"))[1]
    assert unscaled["val_r2"][-1] < 0
    model.save(tmp_path / "best.keras")
    again = keras.models.load_model(tmp_path / "best.keras")
    np.testing.assert_allclose(again.predict(data.test.inputs["x"], verbose=0), predicted, rtol=1e-5)
    assert training.evaluate(again, space.default().train, data.test, data.outputs)["loss"] == pytest.approx(
        history["val_loss"][-1], rel=1e-3
    )


@pytest.mark.parametrize("loss", ["mae", "huber(delta = 0.5)"])
def test_the_unit_of_the_targets_does_not_matter(loss: str) -> None:
    """Standardized targets, which are not scaled, and the same in other units, which are, train alike."""
    standard = trained(*made(settings=f"loss = {loss}", price=1.0, add=0.0))[1]
    prices = trained(*made(settings=f"loss = {loss}"))[1]
    np.testing.assert_allclose(prices["val_loss"], standard["val_loss"], rtol=1e-2)
    np.testing.assert_allclose(prices["val_mae"], np.multiply(standard["val_mae"], 1000), rtol=1e-2)


@pytest.mark.parametrize(
    ("ending", "settings", "expected"),
    [
        ("", "", TargetScale(1000.0, (5000.0,))),
        ("-> relu", "", TargetScale(1000.0)),
        ("-> relu -> dropout(0.1)", "", TargetScale(1000.0)),
        ('-> activation("softplus")', "", TargetScale(1000.0)),
        ('-> activation("linear")', "", TargetScale(1000.0, (5000.0,))),
        ("-> tanh", "", None),
        ("-> sigmoid", "loss = mse", None),
        ("-> relu", "loss = poisson", None),
        ("", "scale_targets = false", None),
        ("", "scale_targets.y = false", None),
    ],
)
def test_which_outputs_are_scaled(ending: str, settings: str, expected: TargetScale | None) -> None:
    space, data = made(ending, settings)
    found = target_scales(space.default().train, data, space.default()).get("y")
    assert (found is None) == (expected is None)
    if found is not None and expected is not None:
        assert found.stddev == pytest.approx(expected.stddev, rel=1e-4)
        assert found.mean == pytest.approx(expected.mean, rel=1e-4)


def test_outputs_have_their_own_scales() -> None:
    space = sqs.loads(
        "space s { input x: [3] let h = x -> dense(8) -> relu output a = h -> dense(2) output b = h -> dense(1) "
        "train { loss.b = mae epochs = 2 } }"
    )
    generator = np.random.default_rng(0)
    labels = {"a": generator.normal([0, 3000], 100, (64, 2)), "b": generator.normal(-7, 0.01, (64, 1))}
    part = Part(
        {"x": generator.normal(size=(64, 3)).astype(np.float32)},
        {name: array.astype(np.float32) for name, array in labels.items()},
    )
    model, history = trained(space, Dataset("two", dict(space.outputs), part, part, part))
    assert 0.3 < history["loss"][0] < 10
    assert model.output_names == ["a", "b"]
    assert history["val_b_mae"][-1] < 0.1
