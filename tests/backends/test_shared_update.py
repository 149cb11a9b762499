"""Updates of weights that share their traced functions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sqsem_dsl.settings.sections import Plain, TrainSettings

pytestmark = pytest.mark.keras
keras = pytest.importorskip("keras")
from sqsem_dsl.backends.keras import shared_update  # noqa: E402
from sqsem_dsl.backends.keras.optimizers import CLASSES, keras_optimizer  # noqa: E402
from sqsem_dsl.backends.keras.shared_update import share_update  # noqa: E402

MORE: list[dict[str, Plain]] = [
    {"name": "sgd", "momentum": 0.5, "nesterov": True},
    {"name": "rmsprop", "momentum": 0.1, "centered": True},
    {"name": "adam", "amsgrad": True},
]


def trained(option: Any, share: bool) -> Any:
    keras.utils.set_random_seed(1)
    layers = keras.layers
    shape, steps = (8, 8, 3), [layers.Conv2D(4, 3), layers.Conv2D(5, 1), layers.Flatten(), layers.Dense(6)]
    model = keras.Sequential([keras.Input(shape), *steps, layers.Dense(2, activation="softmax")])
    train = TrainSettings.from_plain({"optimizer": option, "weight_decay": 0.01, "clipnorm": 1.0})
    model.compile(keras_optimizer(train, 4, 2), "sparse_categorical_crossentropy")
    model.optimizer.build(model.trainable_variables)
    if share:
        share_update(model.optimizer)
    generator = np.random.default_rng(0)
    images, labels = generator.random((32, *shape), np.float32), generator.integers(0, 2, 32)
    model.fit(images, labels, batch_size=8, epochs=2, shuffle=False, verbose=0)
    return model


@pytest.mark.parametrize("option", [*sorted(CLASSES), *MORE], ids=str)
def test_every_optimizer_gives_the_same_weights_and_state(option: Any) -> None:
    plain, shared = trained(option, False), trained(option, True)
    for one, other in zip(
        [*plain.variables, *plain.optimizer.variables], [*shared.variables, *shared.optimizer.variables], strict=True
    ):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(one), keras.ops.convert_to_numpy(other))


def test_a_saved_model_is_that_of_keras(tmp_path: Any) -> None:
    model = trained("adam", True)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert type(again.optimizer) is keras.optimizers.Adam
    assert "_distributed_tf_update_step" not in vars(again.optimizer)
    for one, other in zip(model.optimizer.variables, again.optimizer.variables, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(one), keras.ops.convert_to_numpy(other))


@pytest.mark.parametrize("known", [True, False])
def test_a_release_of_keras_without_these_internals_updates_as_always(monkeypatch: Any, known: bool) -> None:
    if not known:
        monkeypatch.setattr(shared_update, "_INTERNALS", ("gone",))
    changed = "_distributed_tf_update_step" in vars(trained("sgd", True).optimizer)
    assert changed == (known and keras.config.backend() == "tensorflow")
