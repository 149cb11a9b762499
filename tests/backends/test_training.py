"""Training small handwritten models: every setting has its effect, and reports have the predicted names."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sqsem_dsl.data.dataset import Dataset, Part
from sqsem_dsl.settings.check_with_space import check_train_outputs
from sqsem_dsl.settings.metrics import COUNTS, OutputFact, metric_names
from sqsem_dsl.settings.sections import SECTIONS, Plain, TrainSettings

pytestmark = pytest.mark.keras
keras = pytest.importorskip("keras")
from sqsem_dsl.backends.keras.batches import TrainingBatches, even_batch_size, sample_weights  # noqa: E402
from sqsem_dsl.backends.keras.losses import keras_loss, labels_for_keras  # noqa: E402
from sqsem_dsl.backends.keras.training import evaluate, fit, policy_scope, prepare, steps_per_epoch  # noqa: E402

OUTPUTS = {
    "label": OutputFact((3,), "softmax"),
    "yes": OutputFact((1,), "sigmoid"),
    "size": OutputFact((2,)),
    "mask": OutputFact((6, 6, 3), "softmax"),
}
LABEL = {"label": OUTPUTS["label"]}


def dataset(outputs: dict[str, OutputFact] | None = None, train: int = 50) -> Dataset:
    """Images whose bright third is the class, and labels of every kind derived from it."""
    outputs = LABEL if outputs is None else outputs
    generator = np.random.default_rng(0)

    def part(count: int) -> Part:
        classes = generator.integers(0, 3, count)
        images = generator.uniform(0, 0.3, (count, 6, 6, 1)).astype(np.float32)
        masks = np.zeros((count, 6, 6), np.int32)
        for sample, one in enumerate(classes):
            images[sample, 2 * one : 2 * one + 2] += 0.7
            masks[sample, 2 * one : 2 * one + 2] = one
        labels = {
            "label": classes.astype(np.int32),
            "yes": (classes == 1).astype(np.float32)[:, None],
            "size": np.stack([classes, images.mean(axis=(1, 2, 3))], axis=-1).astype(np.float32),
            "mask": masks,
        }
        inputs = {"image": images, "noise": generator.random((count, 2), np.float32)}
        return Part(inputs, {name: labels[name] for name in outputs})

    return Dataset("made", outputs, part(train), part(27), part(30))


def network(outputs: dict[str, OutputFact] | None = None) -> Any:
    """A model of only the image, with one output tensor or a dict of them."""
    layers = keras.layers
    image = keras.Input((6, 6, 1), name="image")
    flat = layers.Flatten()(image)
    made = {
        "label": lambda: layers.Dense(3, activation="softmax", name="label")(flat),
        "yes": lambda: layers.Dense(1, activation="sigmoid", name="yes")(flat),
        "size": lambda: layers.Dense(2, name="size")(flat),
        "mask": lambda: layers.Conv2D(3, 3, padding="same", activation="softmax", name="mask")(image),
    }
    results = {name: made[name]() for name in (LABEL if outputs is None else outputs)}
    return keras.Model({"image": image}, results if len(results) > 1 else next(iter(results.values())))


def settings(**values: Plain) -> TrainSettings:
    return TrainSettings.from_plain({key.replace("__", "."): value for key, value in values.items()})


def trained(
    train: TrainSettings, data: Dataset | None = None, seed: int = 1, **arguments: Any
) -> tuple[Any, dict[str, list[float]]]:
    data = dataset() if data is None else data
    with policy_scope(train, seed):
        model = network(dict(data.outputs))
    prepare(model, train, data)
    return model, fit(model, train, data, seed=seed, **arguments)


# ---- names


@pytest.mark.parametrize("name", list(OUTPUTS))
def test_one_output_reports_the_names_predicted(name: str) -> None:
    outputs, train = {name: OUTPUTS[name]}, settings(epochs=1)
    model, history = trained(train, dataset(outputs))
    assert set(history) == metric_names(train, outputs) - set(COUNTS)
    scores = evaluate(model, train, dataset(outputs).test, outputs)
    assert set(scores) == {key for key in history if not key.startswith("val_")}


def test_every_metric_of_every_output_reports_the_names_predicted() -> None:
    labels: list[Plain] = [
        "accuracy",
        {"name": "top_k", "k": 2},
        "auc",
        "pr_auc",
        "precision",
        "recall",
        "f1",
        "mean_iou",
    ]
    numbers: list[Plain] = ["mae", "mse", "rmse", "mape", "msle", "cosine_similarity", "r2"]
    pixels: list[Plain] = [m for m in labels if m != "f1"]
    train = settings(
        epochs=1,
        metrics__label=labels + numbers,
        metrics__yes=[m for m in labels if isinstance(m, str)],
        metrics__size=numbers,
        metrics__mask=pixels,
        loss__mask="dice",
    )
    assert check_train_outputs(train, OUTPUTS) == []
    assert {m if isinstance(m, str) else m["name"] for m in labels + numbers} == {
        *SECTIONS["train"]["metrics"].options
    } - {"extern"}
    model, history = trained(train, dataset(OUTPUTS))
    assert set(history) == metric_names(train, OUTPUTS) - set(COUNTS)
    assert all(math.isfinite(value) for values in history.values() for value in values)
    scores = evaluate(model, train, dataset(OUTPUTS).test, OUTPUTS)
    assert set(scores) == {key for key in history if not key.startswith("val_")}


# ---- losses


def probabilities(model: Any, part: Part) -> np.ndarray:
    return np.asarray(model.predict({"image": part.inputs["image"]}, verbose=0), np.float64)


def test_label_smoothing_changes_the_loss_as_computed() -> None:
    part = dataset().test
    target = np.eye(3)[part.labels["label"]]
    losses = {}
    for smoothing in (0.0, 0.3):
        train = settings(label_smoothing=smoothing, epochs=1)
        keras.utils.set_random_seed(0)
        model = prepare(network(), train, dataset())
        losses[smoothing] = evaluate(model, train, part, LABEL)["loss"]
        smooth = target * (1 - smoothing) + smoothing / 3
        expected = -(smooth * np.log(probabilities(model, part))).sum(axis=1).mean()
        assert losses[smoothing] == pytest.approx(expected, rel=1e-4)
    assert losses[0.0] != pytest.approx(losses[0.3], rel=1e-3)


def test_one_hot_labels_give_the_loss_and_accuracy_of_class_numbers() -> None:
    scores = []
    for metrics in (["accuracy"], ["accuracy", "auc"]):
        keras.utils.set_random_seed(0)
        train = settings(metrics=metrics)
        model = prepare(network(), train, dataset())
        scores.append(evaluate(model, train, dataset().test, LABEL))
    assert scores[0]["loss"] == pytest.approx(scores[1]["loss"], rel=1e-5)
    assert scores[0]["accuracy"] == scores[1]["accuracy"]


@pytest.mark.parametrize("loss", [name for name in SECTIONS["train"]["loss"].options if name != "extern"])
def test_every_loss_is_lower_for_better_predictions_of_the_outputs_that_it_is_for(loss: str) -> None:
    train, data = settings(loss=loss), dataset(OUTPUTS)
    fitting = [name for name, fact in OUTPUTS.items() if not check_train_outputs(train, {name: fact})]
    assert fitting
    for name in fitting:
        fact = OUTPUTS[name]
        target = labels_for_keras(train, name, fact, data.test.labels[name])
        right = np.eye(3, dtype=np.float32)[target] if target.ndim == len(fact.shape) else target
        good, bad = 0.9 * right + 0.03, np.full_like(right, 0.4)
        function = keras_loss(train, name, fact)
        values = [float(keras.ops.convert_to_numpy(function(target, guess))) for guess in (good, bad)]
        assert values[0] < values[1], name


@pytest.mark.parametrize(
    ("name", "option", "other"),
    [
        ("label", {"name": "focal", "gamma": 2.0}, {"name": "focal", "gamma": 0.0}),
        ("yes", {"name": "focal", "alpha": 0.25}, {"name": "focal", "alpha": 0.75}),
        ("mask", {"name": "tversky", "alpha": 0.2}, {"name": "tversky", "alpha": 0.8}),
        ("size", {"name": "huber", "delta": 0.1}, {"name": "huber", "delta": 2.0}),
    ],
)
def test_arguments_reach_losses(name: str, option: dict[str, Plain], other: dict[str, Plain]) -> None:
    outputs, found = {name: OUTPUTS[name]}, []
    for loss in (option, other):
        keras.utils.set_random_seed(0)
        train = settings(loss=loss)
        model = prepare(network(outputs), train, dataset(outputs))
        found.append(evaluate(model, train, dataset(outputs).test, outputs)["loss"])
    assert found[0] != pytest.approx(found[1], rel=1e-3)


def test_weights_of_outputs_reach_the_sum() -> None:
    outputs = {name: OUTPUTS[name] for name in ("label", "size")}
    train = settings(loss_weight__size=3.0, epochs=1)
    _, history = trained(train, dataset(outputs))
    expected = history["val_label_loss"][0] + 3 * history["val_size_loss"][0]
    assert history["val_loss"][0] == pytest.approx(expected, rel=1e-4)


def test_the_weight_of_the_only_output_reaches_its_loss() -> None:
    found = []
    for weight in (1.0, 4.0):
        keras.utils.set_random_seed(0)
        train = settings(loss_weight=weight)
        found.append(evaluate(prepare(network(), train, dataset()), train, dataset().test, LABEL)["loss"])
    assert found[1] == pytest.approx(4 * found[0], rel=1e-5)


# ---- batches


def batches(train: TrainSettings, data: Dataset | None = None, seed: int = 3) -> TrainingBatches:
    return TrainingBatches(["image"], train, dataset() if data is None else data, seed)


def test_batches_are_full_and_hold_every_sample() -> None:
    data, train = dataset(), settings(batch_size=16)
    found = batches(train, data)
    assert len(found) == steps_per_epoch(train, data) == 4
    held = [found[i] for i in range(4)]
    assert all(len(labels) == 16 for _, labels in held)
    seen = {image.tobytes() for inputs, _ in held for image in inputs}
    assert seen == {image.tobytes() for image in data.train.inputs["image"]}
    assert len(batches(settings(batch_size=999))) == 1


def test_the_order_changes_with_the_epoch_and_repeats_with_the_seed() -> None:
    first, again = batches(settings()), batches(settings())
    np.testing.assert_array_equal(first[0][1], again[0][1])
    before = first[0][0].copy()
    first.begin(1)
    assert not np.array_equal(first[0][0], before)
    later = TrainingBatches(["image"], settings(), dataset(), 3, epoch=1)
    np.testing.assert_array_equal(first[0][0], later[0][0])


def test_batches_of_the_rest_of_an_epoch_are_those_of_the_whole() -> None:
    train = settings(batch_size=16, augment=["flip", {"name": "noise", "stddev": 1.0}])
    whole, rest = batches(train), TrainingBatches(["image"], train, dataset(), 3, first=3)
    assert (len(whole), len(rest)) == (4, 1)
    np.testing.assert_array_equal(whole[3][0], rest[0][0])


def test_augmentation_reaches_training_and_never_validation() -> None:
    data = dataset()
    plain, noisy = batches(settings(), data), batches(settings(augment=[{"name": "noise", "stddev": 1.0}]), data)
    assert not np.allclose(plain[0][0], noisy[0][0])
    np.testing.assert_array_equal(plain[0][1], noisy[0][1])
    # With constant weights, only the training's numbers can differ.
    frozen = settings(epochs=1, optimizer="sgd", learning_rate=1e-30)
    loud = settings(epochs=1, optimizer="sgd", learning_rate=1e-30, augment=[{"name": "noise", "stddev": 5.0}])
    _, without = trained(frozen)
    _, augmented = trained(loud)
    assert augmented["val_loss"] == pytest.approx(without["val_loss"], rel=1e-5)
    assert augmented["loss"] != pytest.approx(without["loss"], rel=1e-2)


def test_balanced_classes_weigh_the_same_together() -> None:
    data = dataset(train=60)
    weights = sample_weights(settings(class_weights="balanced"), data)["label"]
    labels = data.train.labels["label"]
    np.testing.assert_allclose([weights[labels == one].sum() for one in range(3)], 20, rtol=1e-5)
    assert weights.mean() == pytest.approx(1)
    assert sample_weights(settings(), data) == {}
    both = sample_weights(settings(class_weights__yes="balanced"), dataset(OUTPUTS))
    assert (both["label"] == 1).all()
    assert set(np.round(both["yes"], 4)) != {1.0}


def test_given_weights_train_as_class_weight_of_keras_does() -> None:
    weights = {0: 1.0, 1: 12.5, 2: 0.0}
    given: Plain = {"name": "given", "weights": {str(number): weight for number, weight in weights.items()}}
    data = dataset(train=60)
    train = settings(epochs=1, batch_size=60, optimizer="sgd", learning_rate=0.1, class_weights=given)
    ours = network()
    theirs = keras.models.clone_model(ours)
    theirs.set_weights(ours.get_weights())
    history = fit(prepare(ours, train, data), train, data, seed=1)
    theirs.compile(keras.optimizers.SGD(0.1), keras.losses.SparseCategoricalCrossentropy())
    x, y = data.train.inputs["image"], data.train.labels["label"]
    reference = theirs.fit(x, y, batch_size=60, epochs=1, class_weight=weights, verbose=0, shuffle=False)
    assert history["loss"] == pytest.approx(reference.history["loss"], rel=1e-5)
    for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_weights_by_name_are_those_of_the_class_numbers() -> None:
    data = replace(dataset(train=30), class_names={"label": ("cat", "dog", "hen")})
    named = sample_weights(settings(class_weights={"name": "given", "weights": {"hen": 4.0, "cat": 0.5}}), data)
    numbered = {"name": "given", "weights": {"0": 0.5, "1": 1.0, "2": 4.0}}
    np.testing.assert_array_equal(named["label"], sample_weights(settings(class_weights=numbered), data)["label"])
    assert set(named["label"]) == {0.5, 1.0, 4.0}


def test_a_sample_of_many_labels_has_the_mean_weight_of_its_points() -> None:
    data = dataset(OUTPUTS)
    weights = {"name": "given", "weights": {"0": 1.0, "1": 2.0, "2": 5.0}}
    found = sample_weights(settings(class_weights__mask=weights), data)
    each = np.array([1.0, 2.0, 5.0])[data.train.labels["mask"]].mean(axis=(1, 2))
    np.testing.assert_allclose(found["mask"][:, 0, 0], each, rtol=1e-6)
    assert (found["label"] == 1).all()


def test_class_weights_reach_training() -> None:
    skewed = dataset(train=60)
    chosen = np.flatnonzero((skewed.train.labels["label"] == 0) | (np.arange(60) % 5 == 0))
    data = Dataset("skewed", LABEL, skewed.train.take(chosen), skewed.validation, skewed.test)
    frozen: dict[str, Plain] = {"epochs": 1, "optimizer": "sgd", "learning_rate": 1e-30, "batch_size": 64}
    _, plain = trained(settings(**frozen), data)
    _, balanced = trained(settings(**frozen, class_weights="balanced"), data)
    assert balanced["loss"] != pytest.approx(plain["loss"], rel=1e-3)
    assert balanced["val_loss"] == pytest.approx(plain["val_loss"], rel=1e-5)


@pytest.mark.parametrize(("samples", "expected"), [(270, 135), (97, 97), (1009, 256), (512, 256), (1, 1)])
def test_evaluation_batches_are_even_where_that_is_cheap(samples: int, expected: int) -> None:
    assert even_batch_size(samples, 256) == expected


# ---- training


def test_it_learns_and_the_same_seed_repeats() -> None:
    train = settings(epochs=8, learning_rate=0.05, augment=["flip"])
    model, first = trained(train, seed=5)
    _, again = trained(train, seed=5)
    _, other = trained(train, seed=6)
    for name in first:
        assert first[name] == pytest.approx(again[name], rel=1e-3)
    assert first["loss"] != pytest.approx(other["loss"], rel=1e-3)
    assert first["loss"][-1] < first["loss"][0]
    assert evaluate(model, train, dataset().test, LABEL)["accuracy"] > 0.9


def test_the_optimizer_has_what_the_settings_say() -> None:
    train = settings(optimizer={"name": "sgd", "momentum": 0.7}, learning_rate=0.3, weight_decay=0.2, clipnorm=2.0)
    optimizer = prepare(network(), train, dataset()).optimizer
    assert (optimizer.momentum, optimizer.weight_decay, optimizer.clipnorm) == (0.7, 0.2, 2.0)
    assert float(keras.ops.convert_to_numpy(optimizer.learning_rate)) == pytest.approx(0.3)


def test_weight_decay_shrinks_weights() -> None:
    norms = []
    for decay in (0.0, 0.5):
        model, _ = trained(settings(epochs=2, optimizer="sgd", learning_rate=0.1, weight_decay=decay))
        norms.append(float(np.linalg.norm(model.get_layer("label").get_weights()[0])))
    assert norms[1] < 0.9 * norms[0]


def test_a_schedule_moves_the_learning_rate_and_continues_after_a_pause() -> None:
    train = settings(epochs=4, learning_rate=0.1, schedule={"name": "step", "every": 2}, batch_size=25)
    seen: list[float] = []

    class Watch(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            seen.append(float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)))

    trained(train, callbacks=[Watch()])
    assert seen == pytest.approx([0.1, 0.01, 0.01, 0.001])  # the rate of the next step
    seen.clear()
    _, history = trained(train, initial_epoch=2, callbacks=[Watch()])
    assert seen == pytest.approx([0.01, 0.001])
    assert len(history["loss"]) == 2


def test_early_stopping_takes_back_the_best_weights() -> None:
    stopping: Plain = {"name": "patience", "epochs": 2, "monitor": "val_loss"}
    train = settings(epochs=30, optimizer="sgd", learning_rate=60.0, early_stopping=stopping, batch_size=10)
    data = dataset()
    model, history = trained(train, data)
    assert len(history["loss"]) < 30
    assert evaluate(model, train, data.validation, LABEL)["loss"] == pytest.approx(min(history["val_loss"]), rel=1e-4)


def test_early_stopping_knows_which_metrics_should_rise() -> None:
    stopping: Plain = {"name": "patience", "epochs": 1, "monitor": "val_accuracy", "min_delta": 0.9}
    _, history = trained(settings(epochs=20, early_stopping=stopping))
    assert len(history["loss"]) == 2  # the first stays the best: nothing rises by 0.9


def test_a_loss_that_is_no_number_ends_the_training() -> None:
    outputs = {"size": OUTPUTS["size"]}
    train = settings(epochs=9, optimizer="sgd", learning_rate=1e30)
    _, history = trained(train, dataset(outputs))
    assert len(history["loss"]) < 9
    assert not math.isfinite(history["loss"][-1])


def test_precision_sets_the_type_of_computation_and_ends_with_its_scope() -> None:
    before = keras.config.dtype_policy().name
    for precision, compute in (("mixed_bfloat16", "bfloat16"), ("mixed_float16", "float16"), ("float32", "float32")):
        train = settings(precision=precision, epochs=1)
        model, history = trained(train)
        assert model.get_layer("label").compute_dtype == compute
        assert model.get_layer("label").variable_dtype == "float32"
        assert math.isfinite(history["val_loss"][0])
        assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer) == (compute == "float16")
    assert keras.config.dtype_policy().name == before


def test_a_saved_model_reloads_with_keras_alone_and_scores_the_same(tmp_path: Path) -> None:
    train = settings(
        epochs=2,
        schedule={"name": "cosine", "warmup": 1},
        label_smoothing=0.1,
        metrics=["accuracy", "auc"],
        optimizer="adamw",
    )
    data = dataset()
    model, _ = trained(train, data)
    path = tmp_path / "best.keras"
    model.save(path)
    again = keras.models.load_model(path)
    assert evaluate(again, train, data.test, LABEL) == pytest.approx(evaluate(model, train, data.test, LABEL), rel=1e-5)
