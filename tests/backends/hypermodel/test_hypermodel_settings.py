"""`train { }` in emitted hypermodels: settings that are searched, classes with weights, precision, and own code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

import sqsem_dsl

pytest.importorskip("keras")
pytest.importorskip("keras_tuner")
import keras
import keras_tuner
import numpy as np

from sqsem_dsl.backends.hypermodel.module import space_code
from sqsem_dsl.backends.keras.training import policy_scope
from tests.backends.hypermodel.comparing import built, hypermodel_of

pytestmark = pytest.mark.keras

OWN_CODE = """
import keras


class Soft(keras.losses.Loss):
    def __init__(self, strength=0.1, **more):
        super().__init__(**more)
        self.strength = strength

    def call(self, y_true, y_pred):
        return keras.losses.categorical_crossentropy(y_true, y_pred, label_smoothing=self.strength)


def soft(y_true, y_pred, strength=0.0):
    return keras.losses.categorical_crossentropy(y_true, y_pred, label_smoothing=strength)


def sureness(y_true, y_pred):
    return keras.ops.sum(y_true * y_pred, axis=-1)


class Slow(keras.optimizers.Adam):
    pass


class Note(keras.callbacks.Callback):
    seen = []

    def __init__(self, after):
        super().__init__()
        self.after = after

    def on_train_end(self, logs=None):
        self.seen.append(self.after)
"""
OWN = """
space own {
  input x: [4]
  output y = x -> dense(any [2, 3]) -> dense(3) -> softmax
  train {
    callbacks = [extern("keras.callbacks:TerminateOnNaN"), extern("hyper_own:Note", after = any [3, 4])]
    optimizer = any [adam, extern("hyper_own:Slow", beta_1 = any [0.8, 0.85])]
    loss      = extern("hyper_own:LOSS", strength = 0.2)
    metrics   = [accuracy, extern("hyper_own:sureness"), extern("keras.metrics:CosineSimilarity", name = "near")]
    epochs    = 1
  }
}
"""


def hp_of(hypermodel: Any, **train: Any) -> keras_tuner.HyperParameters:
    """Hyperparameters with some values of choices of `train`; `__` stands for a dot."""
    hp = keras_tuner.HyperParameters()
    hp.values.update({f"train.{path}".replace("__", "."): value for path, value in train.items()})
    hypermodel.declare_hyperparameters(hp)
    return hp


@pytest.fixture
def own_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    (tmp_path / "hyper_own.py").write_text(OWN_CODE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("hyper_own", None)


@pytest.mark.parametrize("loss", ["Soft", "soft"])
def test_objects_of_the_user_are_imported(loss: str, own_code: None) -> None:
    space = sqsem_dsl.loads(OWN.replace("LOSS", loss), allow_extern=True)
    assert "import hyper_own\n" in space_code(space)
    assert "It needs Keras, KerasTuner and your `hyper_own`." in space_code(space)
    hypermodel = hypermodel_of(space)
    hp = hp_of(hypermodel, optimizer="Slow", optimizer__Slow__beta_1=0.85, callbacks__Note__after=4)
    model = hypermodel.build(hp)
    assert (type(model.optimizer).__name__, model.optimizer.beta_1) == ("Slow", 0.85)
    x, y = np.ones((6, 4), "float32"), np.eye(3, dtype="float32")[[0, 1, 2, 0, 1, 2]]
    history = hypermodel.fit(hp, model, x, y, verbose=0).history
    assert history.keys() == {"loss", "accuracy", "sureness", "near"}
    expected = keras.losses.categorical_crossentropy(y, model.predict(x, verbose=0), label_smoothing=0.2)
    assert model.evaluate(x, y, verbose=0)[0] == pytest.approx(float(np.mean(expected)), rel=1e-5)
    assert sys.modules["hyper_own"].Note.seen == [4]


SEARCHED = """
space searched {
  input x: [4]
  output y = x -> dense(3) -> softmax
  train {
    schedule       = any [constant, cosine(warmup = any [0, 1]), reduce_on_plateau(patience = any [2, 3])]
    early_stopping = any [none, patience(any [3, 5], min_delta = 0.1), patience(7)]
    learning_rate  = 0.01
    epochs         = any [2, 4]
  }
}
"""


def test_schedules_and_early_stopping_are_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    space = sqsem_dsl.loads(SEARCHED)
    hypermodel = hypermodel_of(space)
    given: dict[str, Any] = {}
    monkeypatch.setattr(keras.Model, "fit", lambda self, *args, **kwargs: given.update(kwargs))
    hp = hp_of(hypermodel)
    model = hypermodel.build(hp)
    hypermodel.fit(hp, model)
    assert (model.optimizer.get_config()["learning_rate"], given["callbacks"]) == (pytest.approx(0.01), [])
    hp = hp_of(
        hypermodel,
        schedule="cosine",
        schedule__cosine__warmup=1,
        early_stopping="patience",
        early_stopping__patience__epochs=5,
        epochs=4,
    )
    model = hypermodel.build(hp)
    hypermodel.fit(hp, model)
    schedule = model.optimizer._learning_rate.get_config()
    assert (schedule["warmup_steps"], schedule["decay_steps"], schedule["warmup_target"]) == (3, 9, 0.01)
    (stopping,) = given["callbacks"]
    assert (stopping.patience, stopping.min_delta) == (5, 0.1)
    hypermodel.fit(hp_of(hypermodel, early_stopping="patience(7)"), model)
    (stopping,) = given["callbacks"]
    assert (stopping.patience, stopping.min_delta) == (7, 0)
    hp = hp_of(hypermodel, schedule="reduce_on_plateau", schedule__reduce_on_plateau__patience=3)
    hypermodel.fit(hp, hypermodel.build(hp))
    (plateau,) = given["callbacks"]
    assert (type(plateau).__name__, plateau.patience) == ("ReduceLROnPlateau", 3)


@pytest.mark.parametrize(
    ("weights", "labels", "expected"),
    [
        ("balanced", np.array([0, 0, 0, 2]), {0: 2 / 3, 2: 2.0}),
        ("balanced", np.eye(3)[[0, 0, 0, 2]], {0: 2 / 3, 2: 2.0}),
        ("given(cat = 2.0, dog = 0.5)", np.array([0, 1, 1, 2]), {0: 1.0, 1: 2.0, 2: 0.5}),
    ],
)
def test_weights_of_classes(
    weights: str, labels: Any, expected: dict[int, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"space s {{ input x: [4]  output y = x -> dense(3) -> softmax  train {{ class_weights = {weights} }} }}"
    namespace: dict[str, Any] = {}
    exec(space_code(sqsem_dsl.loads(text)), namespace)
    hypermodel = namespace["S"](**({"classes": ["bird", "cat", "dog"]} if "cat" in weights else {}))
    given: dict[str, Any] = {}
    monkeypatch.setattr(keras.Model, "fit", lambda self, *args, **kwargs: given.update(kwargs))
    hp = hp_of(hypermodel)
    model = hypermodel.build(hp)
    for arguments in ({"args": (np.ones((4, 4)), labels)}, {"kwargs": {"x": np.ones((4, 4)), "y": labels}}):
        given.clear()
        hypermodel.fit(hp, model, *arguments.get("args", ()), **arguments.get("kwargs", {}))
        assert given["class_weight"] == pytest.approx(expected)
    hypermodel.fit(hp, model, np.ones((4, 4)), labels, class_weight={0: 5.0})
    assert given["class_weight"] == {0: 5.0}
    if weights == "balanced":  # batches have no labels that can be counted
        for arguments in ({"args": (iter([]),)}, {"kwargs": {"x": iter([]), "y": None}}):
            with pytest.raises(
                keras_tuner.errors.FatalValueError, match="classes are weighted by their labels: give arrays"
            ):
                hypermodel.fit(hp, model, *arguments.get("args", ()), **arguments.get("kwargs", {}))


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ("none", None),
        ("balanced", {0: 2 / 3, 2: 2.0}),
        ("given", {0: 3.0, 1: 1.0, 2: 1.0}),
        ("given(1.0, 2.0, 1.0)", {0: 1.0, 1: 2.0, 2: 1.0}),
        ("given(dog = 5.0)", {0: 1.0, 1: 1.0, 2: 5.0}),
    ],
)
def test_weights_of_classes_are_searched(option: str, expected: object, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = "class_weights = any [none, balanced, given(3.0, 1.0, 1.0), given(1.0, 2.0, 1.0), given(dog = 5.0)]"
    space = sqsem_dsl.loads(f"space s {{ input x: [4]  output y = x -> dense(3) -> softmax  train {{ {weights} }} }}")
    namespace: dict[str, Any] = {}
    exec(space_code(space), namespace)
    hypermodel = namespace["S"](classes=["bird", "cat", "dog"])
    given: dict[str, Any] = {}
    monkeypatch.setattr(keras.Model, "fit", lambda self, *args, **kwargs: given.update(kwargs))
    hp = hp_of(hypermodel, class_weights=option)
    hypermodel.fit(hp, hypermodel.build(hp), np.ones((4, 4)), np.array([0, 0, 0, 2]))
    assert given.get("class_weight") == (expected and pytest.approx(expected))


SEVERAL = """
space several {
  input x: [4]
  output a = x -> dense(3) -> softmax
  output b = x -> dense(1) -> sigmoid
  output c = x -> dense(2)
  train { class_weights.a = balanced  class_weights.b = given(no = 0.5, yes = 2.0)  epochs = 1 }
}
"""


def test_weights_of_classes_of_several_outputs(monkeypatch: pytest.MonkeyPatch) -> None:
    space = sqsem_dsl.loads(SEVERAL)
    namespace: dict[str, Any] = {}
    exec(space_code(space), namespace)
    hypermodel = namespace["Several"](classes={"b": ["no", "yes"]})
    hp = hp_of(hypermodel)
    model = hypermodel.build(hp)
    labels = {"a": np.array([0, 0, 0, 2]), "b": np.array([0, 1, 1, 0]), "c": np.ones((4, 2), "float32")}
    seen: dict[str, Any] = {}
    fit = keras.Model.fit
    monkeypatch.setattr(
        keras.Model, "fit", lambda self, *args, **kwargs: seen.update(kwargs) or fit(self, *args, **kwargs)
    )
    hypermodel.fit(hp, model, np.ones((4, 4), "float32"), labels, verbose=0)
    weights = {name: each.tolist() for name, each in seen["sample_weight"].items()}
    assert weights["a"] == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2.0])
    assert (weights["b"], weights["c"]) == ([0.5, 2.0, 2.0, 0.5], [1.0] * 4)


@pytest.mark.parametrize(
    ("option", "expected"),
    [("none", [1.0] * 4), ("balanced", [2 / 3, 2 / 3, 2 / 3, 2.0]), ("given", [1.0, 1.0, 1.0, 4.0])],
)
def test_weights_of_classes_of_several_outputs_are_searched(
    option: str, expected: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = "class_weights = any [none, balanced]  class_weights.a = any [none, balanced, given(dog = 4.0)]"
    space = sqsem_dsl.loads(
        "space s { input x: [4]  output a = x -> dense(3) -> softmax  output b = x -> dense(1) -> sigmoid "
        f"train {{ {weights} }} }}"
    )
    namespace: dict[str, Any] = {}
    exec(space_code(space), namespace)
    hypermodel = namespace["S"](classes={"a": ["bird", "cat", "dog"]})
    labels = {"a": np.array([0, 0, 0, 2]), "b": np.array([0, 1, 1, 1])}
    given: dict[str, Any] = {}
    monkeypatch.setattr(keras.Model, "fit", lambda self, *args, **kwargs: given.update(kwargs))
    hp = hp_of(hypermodel, class_weights="balanced", class_weights__a=option)
    hypermodel.fit(hp, hypermodel.build(hp), np.ones((4, 4)), labels)
    found = {name: each.tolist() for name, each in given["sample_weight"].items()}
    assert found == {"a": pytest.approx(expected), "b": pytest.approx([2.0, 2 / 3, 2 / 3, 2 / 3])}


@pytest.mark.parametrize(
    ("ending", "setting"),
    [
        ("conv(3, 1) -> softmax", "class_weights = balanced"),
        ("conv(3, 1) -> gap -> sigmoid", "class_weights = balanced"),
        ("conv(3, 1) -> softmax", "class_weights = any [none, balanced]"),
        ("gap -> dense(2) -> softmax", "class_weights = given(any [1.0, 2.0], 1.0)"),
    ],
)
def test_weights_without_code(ending: str, setting: str) -> None:
    space = sqsem_dsl.loads(f"space s {{ input x: [4, 4, 1]  output y = x -> {ending}  train {{ {setting} }} }}")
    with pytest.raises(sqsem_dsl.SqsError) as caught:
        space_code(space)
    assert [vars(found)["what"] for found in caught.value.diagnostics] == ["the setting `class_weights`"]


MIXED = """
space mixed {
  input x: [8, 8, 2]
  output a = x -> conv(4, 3) -> relu -> gap -> dense(3) -> softmax
  output b = x -> conv(4, 3) -> gap -> choose end { dense: dense(2)  plain: relu -> dense(3) }
  train { precision = PRECISION  standardize = stated([0.5], [0.25])  augment = [flip] }
}
"""


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16", "any [float32, mixed_float16]"])
def test_precision(precision: str) -> None:
    space = sqsem_dsl.loads(MIXED.replace("PRECISION", precision))
    architecture = space.at((space.count or 0) - 1)
    before = keras.config.dtype_policy()
    try:
        model = built(hypermodel_of(space), space, architecture)
    finally:
        keras.config.set_dtype_policy(before)
    with policy_scope(architecture.train):
        theirs = architecture.build()
    policies = {layer.name: layer.dtype_policy.name for layer in theirs.layers if layer.weights}
    own = {layer.name: layer.dtype_policy.name for layer in model.layers if layer.name in policies}
    assert own["conv"] == policies["conv"] == architecture.train.precision
    assert {str(tensor.dtype) for tensor in model.output.values()} == {"float32"}
    normalizations = [layer for layer in model.layers if isinstance(layer, keras.layers.Normalization)]
    assert [layer.dtype_policy.name for layer in normalizations] == ["float32"]
    for layer in theirs.layers:
        if layer.weights:
            layer.set_weights(model.get_layer(layer.name).get_weights())
    x = np.random.default_rng(0).random((4, 8, 8, 2), np.float32)
    scaled = (x - 0.5) / 0.25  # `build` of an architecture takes standardized images
    outputs = [each.predict(data, verbose=0) for each, data in ((model, x), (theirs, scaled))]
    for name in ("a", "b"):
        np.testing.assert_allclose(outputs[0][name], outputs[1][name], rtol=2e-2, atol=2e-3)
