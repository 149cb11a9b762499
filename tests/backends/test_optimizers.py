"""Optimizers and schedules of Keras for the settings."""

from __future__ import annotations

import pytest

from sqsem_dsl.settings.sections import SECTIONS, Plain, TrainSettings

pytestmark = pytest.mark.keras
keras = pytest.importorskip("keras")
from sqsem_dsl.backends.keras.optimizers import CLASSES, keras_optimizer, learning_rate  # noqa: E402

STEPS = 10
"""Steps per epoch in all of these tests."""


def rates(epochs: int, /, *steps: int, **schedule: Plain) -> list[float]:
    train = TrainSettings.from_plain({"learning_rate": 0.1, "schedule": dict(schedule)})
    rate = learning_rate(train, STEPS, epochs)
    return [float(rate(step)) if callable(rate) else rate for step in steps]


def test_every_optimizer_of_the_language_exists_and_takes_its_arguments() -> None:
    row = SECTIONS["train"]["optimizer"]
    options = {name: arguments for name, arguments in row.options.items() if name != "extern"}
    assert set(options) == set(CLASSES)
    for name, arguments in options.items():
        optimizer = keras_optimizer(TrainSettings.from_plain({"optimizer": name}), STEPS, 1)
        assert type(optimizer).__name__.lower() == name
        config = optimizer.get_config()
        defaults = CLASSES[name]().get_config()
        for argument in arguments:
            assert config[argument] == pytest.approx(defaults[argument])


@pytest.mark.parametrize(
    "option",
    [
        {"name": "sgd", "momentum": 0.5, "nesterov": True},
        {"name": "rmsprop", "rho": 0.8, "momentum": 0.1, "epsilon": 1e-5, "centered": True},
        {"name": "adam", "beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-4, "amsgrad": True},
        {"name": "lion", "beta_1": 0.8, "beta_2": 0.9},
        {"name": "ftrl", "l1_regularization_strength": 0.1, "learning_rate_power": -0.7},
    ],
)
def test_arguments_reach_the_optimizer(option: dict[str, Plain]) -> None:
    config = keras_optimizer(TrainSettings.from_plain({"optimizer": option}), STEPS, 1).get_config()
    for name, value in option.items():
        if name != "name":
            assert config[name] == value


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_rate_decay_and_norm_reach_every_optimizer(name: str) -> None:
    values: dict[str, Plain] = {"optimizer": name, "learning_rate": 0.02, "weight_decay": 0.3, "clipnorm": 1.5}
    optimizer = keras_optimizer(TrainSettings.from_plain(values), STEPS, 1)
    assert float(keras.ops.convert_to_numpy(optimizer.learning_rate)) == pytest.approx(0.02)
    assert optimizer.weight_decay == 0.3
    assert optimizer.clipnorm == 1.5


def test_where_nothing_is_set_keras_decides() -> None:
    assert learning_rate(TrainSettings.from_plain({"optimizer": "sgd"}), STEPS, 1) == 0.01
    assert learning_rate(TrainSettings(), STEPS, 1) == 0.001
    assert keras_optimizer(TrainSettings.from_plain({"optimizer": "adamw"}), STEPS, 1).weight_decay == 0.004
    assert keras_optimizer(TrainSettings(), STEPS, 1).weight_decay is None


def test_constant() -> None:
    assert rates(5, 0, 49, name="constant") == [0.1, 0.1]


def test_cosine_falls_to_its_end() -> None:
    assert rates(5, 0, 25, 50, name="cosine") == pytest.approx([0.1, 0.05, 0.0], abs=1e-7)
    assert rates(5, 50, name="cosine", alpha=0.2) == pytest.approx([0.02])


def test_cosine_rises_over_its_warmup_first() -> None:
    found = rates(5, 0, 10, 20, 35, 50, name="cosine", warmup=2)
    assert found == pytest.approx([0.0, 0.05, 0.1, 0.05, 0.0], abs=1e-7)


def test_a_warmup_longer_than_a_shortened_training_still_works() -> None:
    assert rates(1, 0, 9, name="cosine", warmup=2) == pytest.approx([0.0, 0.1], abs=0.02)


def test_cosine_restarts() -> None:
    found = rates(9, 0, 10, 20, 40, name="cosine_restarts", first=2, m_mul=0.5)
    assert found == pytest.approx([0.1, 0.05, 0.05, 0.025], abs=1e-6)


def test_exponential_step_and_inverse_time_count_in_epochs() -> None:
    assert rates(5, 0, 5, 10, 20, name="exponential", rate=0.25) == pytest.approx([0.1, 0.05, 0.025, 0.00625])
    assert rates(9, 0, 19, 20, 40, name="step", every=2) == pytest.approx([0.1, 0.1, 0.01, 0.001])
    assert rates(9, 0, 20, 60, name="inverse_time", rate=1.0, every=2) == pytest.approx([0.1, 0.05, 0.025])


def test_piecewise_changes_with_the_first_step_after_its_epochs() -> None:
    found = rates(9, 0, 19, 20, 49, 50, name="piecewise", epochs=[2, 5], factors=[0.1, 0.5])
    assert found == pytest.approx([0.1, 0.1, 0.01, 0.01, 0.05])


def test_polynomial_ends_at_its_share() -> None:
    assert rates(5, 0, 25, 50, name="polynomial") == pytest.approx([0.1, 0.05, 0.0], abs=1e-7)
    assert rates(5, 25, 50, name="polynomial", power=2.0, end=0.1) == pytest.approx([0.0325, 0.01])


def test_every_schedule_of_the_language_is_tested_here() -> None:
    assert set(SECTIONS["train"]["schedule"].options) == {
        "constant",
        "cosine",
        "cosine_restarts",
        "exponential",
        "step",
        "piecewise",
        "polynomial",
        "inverse_time",
        "reduce_on_plateau",  # by the state of a trial: tests/study/test_checkpoint.py
    }
