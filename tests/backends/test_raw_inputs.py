"""Models accept raw images: bytes from 0 to 255, and 16 bits, are scaled inside the model."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sqsem_dsl as sqs
from sqsem_dsl.data.arrays import Bytes
from sqsem_dsl.data.dataset import Array, Dataset, Part
from sqsem_dsl.data.load import load_data
from sqsem_dsl.settings.metrics import OutputFact

pytestmark = pytest.mark.keras
pytest.importorskip("keras")

LABEL = {"label": OutputFact((2,), "softmax")}
SPEC = """sqs 1
space bytes {{
  input image: [6, 6, 3]
  output label = image -> conv(4, any [1, 3]) -> relu -> gap -> dense(2) -> softmax
  train {{ batch_size = 8  epochs = 2  {train} }}
  search {{ trials = 1  seed = 1 }}
}}"""
LABELS = (np.arange(60) % 2).astype(np.int32)
IMAGES = np.random.default_rng(0).integers(0, 120, (60, 6, 6, 3)).astype(np.uint8)
IMAGES[LABELS == 1, ..., 0] += 120


def cut(images: Any) -> Dataset:
    parts = [np.arange(40), np.arange(40, 50), np.arange(50, 60)]
    whole = Part({"image": images}, {"label": LABELS})
    return Dataset("made", LABEL, *map(whole.take, parts))


def of(train: str) -> sqs.Space:
    return sqs.loads(SPEC.format(train=train))


def trained(space: sqs.Space, data: Dataset) -> tuple[Any, list[float]]:
    """A trained model and its reported results."""
    from sqsem_dsl.backends.keras import training
    from sqsem_dsl.backends.keras.standardize import scales

    architecture = space.default()
    with training.policy_scope(architecture.train, 3):
        model = architecture.build(scales(architecture.train, data, architecture.inputs))
    training.prepare(model, architecture.train, data)
    history = training.fit(model, architecture.train, data, seed=3)
    tested = training.evaluate(model, architecture.train, data.test, data.outputs)
    assert model.count_params() == architecture.params
    return model, [*history["loss"], *history["val_loss"], tested["loss"]]


@pytest.mark.parametrize("precision", ["float32", "mixed_float16"])
@pytest.mark.parametrize(
    "train",
    [
        "",
        "standardize = per_channel",
        "standardize = stated(mean = [0.4], stddev = [0.2])",
        "augment = [flip, rotate(10.0), brightness(0.2), contrast(0.2), noise(0.05), cutout(2)]",
    ],
)
def test_bytes_train_as_their_values_from_0_to_1_do(train: str, precision: str) -> None:
    space = of(f"{train} precision = {precision}")
    model, from_bytes = trained(space, cut(Bytes.of(IMAGES)))
    _, from_values = trained(space, cut(IMAGES.astype(np.float32) / np.float32(255)))
    np.testing.assert_allclose(from_bytes, from_values, rtol=1e-4 if precision == "float32" else 2e-2)
    assert model.get_layer("image.rescale").scale == 1 / 255


def test_numbers_of_16_bits_are_divided_in_whole_precision() -> None:
    """float16 cannot represent 65,535."""
    import keras

    from sqsem_dsl.backends.keras.standardize import Scale

    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = of("").default().build({"image": Scale(divisor=65535)})
    finally:
        keras.config.set_dtype_policy("float32")
    deep = IMAGES.astype(np.uint16) * 257
    assert np.isfinite(model.predict(deep, verbose=0)).all()


def test_augmentation_means_the_same_of_bytes_and_of_values() -> None:
    from sqsem_dsl.backends.keras.augmentation import augment
    from sqsem_dsl.settings.sections import TrainSettings

    words = ["brightness(0.2)", "contrast(0.5)", "noise(0.1)", "cutout(2)", "zoom(0.2)"]
    settings = of(f"augment = [{', '.join(words)}]").default().train
    assert isinstance(settings, TrainSettings)
    raw = IMAGES.astype(np.float32)

    def changed(images: Array, divisors: dict[str, int]) -> Array:
        generator = np.random.default_rng(1)
        inputs, _ = augment(settings.augment, {"image": images}, {"label": LABELS}, LABEL, generator, divisors)
        return inputs["image"]

    np.testing.assert_allclose(changed(raw, {"image": 255}) / 255, changed(raw / 255, {}), atol=1e-5)


def test_a_model_of_one_input_takes_an_array_and_its_output_has_its_name(tmp_path: Path) -> None:
    import keras

    model, _ = trained(of(""), cut(Bytes.of(IMAGES)))
    model.save(tmp_path / "model.keras")
    for each in (model, keras.models.load_model(tmp_path / "model.keras")):
        assert each.output_names == ["label"]
        assert [tensor.name for tensor in each.inputs] == ["image"]
        with warnings.catch_warnings():
            warnings.filterwarnings("error", message=".*structure.*")
            np.testing.assert_allclose(
                each.predict(IMAGES, verbose=0), each.predict(IMAGES.astype(np.float32), verbose=0), atol=1e-6
            )


@pytest.mark.parametrize("train", ["", "standardize = per_channel"])
def test_the_best_model_takes_the_bytes_where_this_package_is_unknown(tmp_path: Path, train: str) -> None:
    """Its accuracy on the test set equals the search's, in a process with only Keras and NumPy."""
    (tmp_path / "spec.sqs").write_text(SPEC.format(train=f"{train} learning_rate = 1e-2"))
    np.savez(tmp_path / "bytes.npz", image=IMAGES, label=LABELS)
    found = sqs.search(tmp_path / "spec.sqs", str(tmp_path / "bytes.npz"), tmp_path / "run", workers=0)
    data = load_data(str(tmp_path / "bytes.npz"), {"image": (6, 6, 3)}, LABEL, 1)
    raw = data.test.inputs["image"][:]
    np.savez(tmp_path / "test.npz", image=raw.astype(np.uint8), label=data.test.labels["label"])
    code = """
import sys, warnings, keras, numpy
warnings.filterwarnings("error", message=".*structure.*")
data = numpy.load("test.npz")
model = keras.models.load_model("run/best.keras")
scores = model.evaluate(data["image"], data["label"], verbose=0, return_dict=True)
assert "sqsem_dsl" not in sys.modules
print(repr(float(scores["loss"])))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout.splitlines()[-1]) == pytest.approx(found.test["loss"], rel=1e-4)
    assert json.loads((tmp_path / "run" / "best.json").read_text())["inputs"] == {"image": [6, 6, 3]}
