"""Searches over the resolution of images: each model takes the samples in the largest resolution, and resizes them."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import sqsem_dsl as sqs

pytestmark = pytest.mark.keras
keras = pytest.importorskip("keras")
pytest.importorskip("PIL")

SPEC = """sqs 1
space spots {
  param r in [8, 12]
  input image: [r, r, 3]
  output label = image -> conv(4, 3) -> relu -> gap -> dense(2) -> softmax
  train { batch_size = 8  epochs = 2  learning_rate = 0.01  augment = [flip]  standardize = per_channel }
  search { trials = 2  seed = 1  algorithm = grid }
}
"""


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with photos of many sizes, none of which is a resolution of the space, and the study of them."""
    from PIL import Image

    folder, random = tmp_path_factory.mktemp("searched"), np.random.default_rng(0)
    for brightness, name in ((0, "dark"), (120, "bright")):
        (folder / "photos" / name).mkdir(parents=True)
        for number in range(24):
            height, width = random.integers(14, 30, 2)
            pixels = random.integers(0, 120, (height, width, 3)) + brightness
            Image.fromarray(pixels.astype(np.uint8)).save(folder / "photos" / name / f"{number:03}.png")
    (folder / "spots.sqs").write_text(SPEC)
    result = sqs.search(folder / "spots.sqs", f"images:{folder / 'photos'}", folder / "study", workers=0)
    assert [dict(trial.choices) for trial in result.trials] == [{"r": 8}, {"r": 12}]
    assert all(trial.status == "completed" for trial in result.trials), result.trials
    return folder


def images(folder: Path) -> tuple[np.ndarray, list[str]]:
    """The photos as a user would read them with Keras: bytes at the largest resolution."""
    files = sorted((folder / "photos").glob("*/*.png"))
    read = [keras.utils.load_img(file, target_size=(12, 12), interpolation="bilinear") for file in files]
    return np.stack([keras.utils.img_to_array(each) for each in read]), [file.parent.name for file in files]


def test_the_best_model_is_one_of_plain_keras_that_takes_the_samples(searched: Path) -> None:
    model = keras.models.load_model(searched / "study" / "best.keras")
    assert model.input_shape == (None, 12, 12, 3)
    best = json.loads((searched / "study" / "best.json").read_text())
    assert best["inputs"] == {"image": [12, 12, 3]}
    samples, labels = images(searched)
    predicted = np.asarray(model(samples, training=False))
    right = [("bright", "dark")[at] == label for at, label in zip(predicted.argmax(axis=1), labels, strict=True)]
    assert np.mean(right) > 0.8
    predictions = sqs.load_study(searched / "study").predict(f"images:{searched / 'photos'}")
    np.testing.assert_allclose(predictions.values["label"], predicted, atol=1e-6)


@pytest.mark.parametrize(("number", "size"), [(1, 8), (2, 12)])
def test_the_model_of_each_trial_resizes_to_its_resolution(searched: Path, number: int, size: int) -> None:
    study = sqs.load_study(searched / "study")
    model = study.load_model(number)
    assert model.input_shape == (None, 12, 12, 3)
    assert model.get_layer("conv").input.shape == (None, size, size, 3)
    assert ("image.resize" in [layer.name for layer in model.layers]) is (size == 8)
    architecture = study.architecture(number)
    assert (architecture.inputs, architecture.params) == ({"image": (size, size, 3)}, model.count_params())
    assert architecture.macs == size * size * 9 * 3 * 4 + 4 * 2
    # The same network, without what comes before it, takes images that are resized already.
    alone = architecture.build()
    alone.set_weights(model.get_weights())
    samples, _ = images(searched)
    small = np.asarray(keras.layers.Resizing(size, size)(samples)) / 255
    last = model.get_layer("image.standardize")
    mean, deviation = (np.asarray(keras.ops.convert_to_numpy(v)) for v in (last.mean, keras.ops.sqrt(last.variance)))
    np.testing.assert_allclose(
        np.asarray(alone((small - mean) / deviation, training=False)),
        np.asarray(model(samples, training=False)),
        atol=1e-5,
    )


def test_exports(searched: Path) -> None:
    study, data = sqs.load_study(searched / "study"), f"images:{searched / 'photos'}"
    litert = keras.config.backend() == "tensorflow" and find_spec("ai_edge_litert") is not None
    for form in ["python", "litert"] if litert else ["python"]:
        [export] = study.export(form, data=data, trial=1).exports
        assert export.difference is None or export.difference < 1e-5
    code = (searched / "study" / "export" / "spots.py").read_text()
    assert "keras.Input((12, 12, 3)" in code
    assert "layers.Resizing(8, 8)(image)" in code
    card = (searched / "study" / "export" / "model-card.md").read_text()
    assert "- input `image`: float32 `[samples, 12, 12, 3]`, as in the data of the search" in card
    assert {score.name: score.value for score in study.evaluate(data, trial=1).scores}["accuracy"] > 0.8


def test_arrays_have_the_largest_resolution(searched: Path, tmp_path: Path) -> None:
    labels = np.arange(40) % 2
    with pytest.raises(sqs.SqsError, match=r"\[12, 12, 3\]"):
        sqs.search(searched / "spots.sqs", (np.zeros((40, 8, 8, 3), np.uint8), labels), tmp_path / "wrong", workers=0)


def test_models_for_kerastuner_take_the_samples(searched: Path) -> None:
    keras_tuner = pytest.importorskip("keras_tuner")
    space = sqs.loads(SPEC.replace("standardize = per_channel", "standardize = stated(mean = [0.4], stddev = [0.3])"))
    hypermodel = space.hypermodel()
    hp = keras_tuner.HyperParameters()
    hypermodel.declare_hyperparameters(hp)
    assert hp.values["r"] == 8
    model = hypermodel.build(hp)
    assert model.input_shape == (None, 12, 12, 3)
    assert model.get_layer("conv").input.shape == (None, 8, 8, 3)


def test_a_baseline_has_the_shape_of_the_samples(searched: Path, tmp_path: Path) -> None:
    (tmp_path / "plain.sqs").write_text(
        "space plain { const r = 12 input image: [r, r, 3] output label = image -> gap -> dense(2) -> softmax }"
    )
    (tmp_path / "spots.sqs").write_text(SPEC)
    data = f"images:{searched / 'photos'}"
    found = sqs.search(
        tmp_path / "spots.sqs",
        data,
        tmp_path / "study",
        workers=0,
        trials=1,
        epochs=1,
        baselines=[f"{tmp_path / 'plain.sqs'}", f"{tmp_path / 'spots.sqs'}"],
    )
    assert len(found.trials) == 1
    names = {each.memo["baseline"] for each in sqs.load_study(tmp_path / "study").baselines}
    assert names == {"plain", "spots"}
    with pytest.raises(sqs.SqsError, match="plain"):
        sqs.search(
            tmp_path / "spots.sqs",
            data,
            tmp_path / "other",
            workers=0,
            baselines=[f"{tmp_path / 'plain.sqs'},r=8"],
        )
