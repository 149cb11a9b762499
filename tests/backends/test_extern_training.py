"""Losses, metrics, optimizers and callbacks of the user in compiled, trained, saved and loaded models."""

from __future__ import annotations

import numpy as np
import pytest

import sqsem_dsl as sqs
from sqsem_dsl.data.dataset import Dataset, Part
from sqsem_dsl.settings.metrics import OutputFact

pytestmark = pytest.mark.keras
keras = pytest.importorskip("keras")

from sqsem_dsl.backends.keras import training  # noqa: E402
from sqsem_dsl.backends.keras.compiling import compile_loaded, to_save  # noqa: E402
from sqsem_dsl.backends.keras.model import build_model  # noqa: E402
from sqsem_dsl.backends.keras.targets import target_scales  # noqa: E402
from tests.fakes import own_code  # noqa: E402

OWN = "tests.fakes.own_code"
ONE = """sqs 1
space one {{
  input x: [8]
  output kind = x -> dense(3) -> softmax
  train {{ epochs = 2  batch_size = 16  {train} }}
}}
"""
TWO = f"""sqs 1
space two {{
  input x: [8]
  input z: [2]
  output kind = x -> dense(3) -> softmax
  output size = concat(x, z) -> dense(1)
  train {{
    epochs       = 2
    loss.kind    = extern("{OWN}:FocalLoss", gamma = 1.5)
    loss.size    = huber(1.0)
    metrics.kind = [accuracy, extern("{OWN}:Kappa"), extern("{OWN}:sureness", name = "sure")]
    optimizer    = extern("{OWN}:Momentum", momentum = 0.5)
  }}
}}
"""
LABELS = OutputFact((3,), "softmax")


def part(samples=48, seed=0, weights=None):
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(samples, 8)).astype("float32")
    labels = {"kind": x[:, :3].argmax(axis=1).astype("int32"), "size": 500 + 100 * x[:, 3:4]}
    return Part({"x": x, "z": x[:, :2] ** 2}, labels, weights=weights)


def data(outputs, weights=None, inputs=("x",)):
    def held(seed):
        whole = part(seed=seed, weights=weights)
        labels = {name: whole.labels[name] for name in outputs}
        return Part({name: whole.inputs[name] for name in inputs}, labels, weights=weights)

    return Dataset("made", outputs, held(0), held(1), held(2))


def prepared(train, **more):
    architecture = sqs.loads(ONE.format(train=train.replace("own:", f"{OWN}:")), allow_extern=True).default()
    dataset = data({"kind": LABELS}, **more)
    model = build_model(architecture, seed=1)
    return training.prepare(model, architecture.train, dataset), architecture.train, dataset


def test_a_loss_and_metrics_get_one_hot_labels_and_their_arguments():
    """Also together with metrics that would take class numbers."""
    model, train, dataset = prepared(
        'loss = extern("own:FocalLoss", gamma = 3)  metrics = [accuracy, extern("own:Kappa"), extern("own:sureness")]'
    )
    scores = training.evaluate(model, train, dataset.test, dataset.outputs)
    shares = model.predict(dataset.test.inputs["x"], verbose=0)
    labels = dataset.test.labels["kind"]
    right = shares[np.arange(len(labels)), labels]
    assert scores["loss"] == pytest.approx(np.mean(-((1 - right) ** 3) * np.log(right)), rel=1e-4)
    assert scores["sureness"] == pytest.approx(right.mean(), rel=1e-4)
    assert scores["kappa"] == pytest.approx(2 * scores["accuracy"] - 1, rel=1e-4)


def test_a_function_is_a_loss_with_its_arguments():
    model, train, dataset = prepared('loss = extern("own:power_loss", power = 3)')
    scores = training.evaluate(model, train, dataset.test, dataset.outputs)
    shares = model.predict(dataset.test.inputs["x"], verbose=0)
    differences = np.abs(np.eye(3)[dataset.test.labels["kind"]] - shares)
    assert scores["loss"] == pytest.approx((differences**3).mean(), rel=1e-4)


def test_samples_and_classes_weigh_in_both():
    weights = np.linspace(0, 2, 48).astype("float32")
    model, train, dataset = prepared(
        'loss = extern("own:power_loss")  metrics = [accuracy, extern("own:Kappa"), extern("own:sureness")]',
        weights=weights,
    )
    scores = training.evaluate(model, train, dataset.test, dataset.outputs)
    shares = model.predict(dataset.test.inputs["x"], verbose=0)
    labels = dataset.test.labels["kind"]
    right = shares[np.arange(len(labels)), labels]
    errors = ((np.eye(3)[labels] - shares) ** 2).mean(axis=1)
    assert scores["loss"] == pytest.approx((errors * weights).mean(), rel=1e-4)
    assert scores["sureness"] == pytest.approx((right * weights).sum() / weights.sum(), rel=1e-4)
    assert scores["kappa"] == pytest.approx(2 * scores["accuracy"] - 1, rel=1e-4)


def test_an_optimizer_gets_the_settings_of_training():
    model, *_ = prepared(
        'optimizer = extern("own:Momentum", momentum = 0.5)  learning_rate = 0.1  weight_decay = 0.25  clipnorm = 2'
    )
    found = model.optimizer
    assert (type(found), found.momentum, found.weight_decay, found.clipnorm) == (own_code.Momentum, 0.5, 0.25, 2)
    assert float(found.learning_rate) == pytest.approx(0.1)
    model, *_ = prepared('optimizer = extern("own:Momentum")')
    assert float(model.optimizer.learning_rate) == pytest.approx(0.02)
    model, *_ = prepared('optimizer = extern("own:Momentum")  schedule = cosine')
    assert isinstance(model.optimizer._learning_rate, keras.optimizers.schedules.CosineDecay)


def test_momentum_of_the_user_trains_as_that_of_keras():
    histories = []
    for optimizer in ("sgd(0.5)", 'extern("own:Momentum", momentum = 0.5)'):
        model, train, dataset = prepared(f"optimizer = {optimizer}  learning_rate = 0.1")
        histories.append(training.fit(model, train, dataset, seed=1))
    assert histories[1]["val_loss"] == pytest.approx(histories[0]["val_loss"], rel=1e-4)


def test_callbacks_see_the_epochs_of_each_training():
    own_code.TRAINED.clear()
    model, train, dataset = prepared('callbacks = [extern("own:Halve", after = 1)]  learning_rate = 0.1')
    history = training.fit(model, train, dataset, seed=1)
    (first, rate), (second, _) = own_code.TRAINED
    assert (first, second, rate) == (0, 1, pytest.approx(0.05))
    without, train, dataset = prepared("learning_rate = 0.1")
    other = training.fit(without, train, dataset, seed=1)
    assert history["val_loss"][0] == other["val_loss"][0]
    assert history["val_loss"][1] != other["val_loss"][1]


@pytest.mark.parametrize(
    ("train", "compiled"),
    [
        ("loss = focal", True),
        ('loss = extern("keras.losses:CategoricalHinge")  optimizer = extern("keras.optimizers:Lamb")', True),
        ('metrics = [extern("keras.metrics:CategoricalHinge")]  callbacks = [extern("own:Halve")]', True),
        ('loss = extern("keras.losses:categorical_hinge")', False),
        ('loss = extern("own:FocalLoss")', False),
        ('metrics = [extern("own:sureness")]', False),
        ('optimizer = extern("own:Momentum")', False),
    ],
)
def test_a_saved_model_holds_only_objects_that_keras_finds(train, compiled, tmp_path):
    model, _, dataset = prepared(train)
    to_save(model).save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.compiled is compiled
    assert (loaded.name, loaded.inputs[0].name, loaded.output_names) == ("one", "x", ["kind"])
    x = dataset.test.inputs["x"]
    assert np.array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))


def test_a_loaded_model_of_two_outputs_is_compiled_as_before(tmp_path):
    """Also the other output, whose loss is that of standardized targets."""
    space = sqs.loads(TWO, allow_extern=True)
    architecture, dataset = space.default(), data(space.outputs, inputs=("x", "z"))
    targets = target_scales(architecture.train, dataset, architecture)
    assert set(targets) == {"size"}
    model = training.prepare(
        build_model(architecture, seed=1, targets=targets), architecture.train, dataset, targets=targets
    )
    history = training.fit(model, architecture.train, dataset, seed=1)
    assert {"val_kind_kappa", "val_kind_sure", "val_kind_accuracy", "val_size_mae", "val_loss"} < set(history)
    to_save(model).save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    compile_loaded(loaded, architecture, space.outputs)
    before = training.evaluate(model, architecture.train, dataset.test, dataset.outputs)
    after = training.evaluate(loaded, architecture.train, dataset.test, dataset.outputs)
    assert after == pytest.approx(before, rel=1e-5)
    assert loaded.optimizer.momentum == 0.5
