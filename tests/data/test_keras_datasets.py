"""The data sets that Keras provides: storage, splits and errors, without a network."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any
from urllib.error import URLError

import numpy as np
import pytest

pytest.importorskip("keras")

import keras

from sqsem_dsl.data.arrays import Bytes
from sqsem_dsl.data.dataset import Loaded
from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.keras_datasets import KNOWN
from sqsem_dsl.data.load import load_data, load_sources
from sqsem_dsl.data.split import Splitting
from sqsem_dsl.settings.metrics import OutputFact
from tests.data.files import refusal

COLOUR = {"image": (32, 32, 3)}
TEN = {"label": OutputFact((10,), "softmax")}


@pytest.fixture
def cifar(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """CIFAR of 100 and 20 images with their class in every pixel; the arguments of the call."""
    asked: list[dict[str, str]] = []

    def make(count: int, classes: int) -> tuple[Any, Any]:
        labels = np.arange(count) % classes
        return np.broadcast_to(labels[:, None, None, None], (count, 32, 32, 3)).astype(np.uint8), labels[:, None]

    def load(**options: str) -> Any:
        asked.append(options)
        return make(100, 10), make(20, 10)

    monkeypatch.setattr(keras.datasets.cifar10, "load_data", load)
    monkeypatch.setattr(keras.datasets.cifar100, "load_data", load)
    return asked


def test_their_own_test_part_stays_theirs(cifar: Any) -> None:
    data = load_data("cifar10", COLOUR, TEN, Splitting(0, fraction=0.5))
    assert [len(part) for part in (data.train, data.validation, data.test)] == [42, 8, 20]
    for part in (data.train, data.validation, data.test):
        values = part.inputs["image"][:]
        assert values.dtype == np.float32
        np.testing.assert_array_equal(values[:, 5, 5, 1], part.labels["label"])


def test_a_trained_model_takes_all_samples(cifar: Any) -> None:
    loaded = load_sources("cifar10", COLOUR, TEN, Splitting(0), trained=True)
    assert isinstance(loaded, Loaded)
    assert (len(loaded.part), loaded.test) == (120, None)
    np.testing.assert_array_equal(loaded.part.inputs["image"][:][:, 5, 5, 1], loaded.part.labels["label"])


def test_the_images_stay_bytes_and_are_held_once(cifar: Any) -> None:
    data = load_data("cifar10", COLOUR, TEN, Splitting(0, folds=5))
    held = [part.inputs["image"] for part in (data.train, data.validation, data.fold(3).train)]
    assert all(isinstance(samples, Bytes) and samples.array.dtype == np.uint8 for samples in held)
    assert len({id(samples.array) for samples in held if isinstance(samples, Bytes)}) == 1


def test_the_coarse_classes_of_cifar100_are_for_20_units(cifar: list[dict[str, str]]) -> None:
    load_data("cifar100", COLOUR, {"label": OutputFact((20,), "softmax")}, 0)
    load_data("cifar100", COLOUR, {"label": OutputFact((100,), "softmax")}, 0)
    assert cifar == [{"label_mode": "coarse"}, {}]


def test_grey_images_have_one_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    made = np.zeros((30, 28, 28), np.uint8), np.arange(30, dtype=np.uint8) % 10
    monkeypatch.setattr(keras.datasets.mnist, "load_data", lambda: (made, made))
    assert load_data("mnist", {"x": (28, 28, 1)}, TEN, 0).test.inputs["x"][:].shape == (30, 28, 28, 1)


def test_spaces_that_do_not_fit_are_refused_before_anything_is_fetched(cifar: Any) -> None:
    problem = refusal("cifar10", {"image": (224, 224, 3)}, TEN)
    assert problem.title == "`cifar10` has images of shape [32, 32, 3], but the input `image` is [224, 224, 3]"
    assert "--define size=32" in str(problem.help)
    assert refusal("mnist", {"image": (28, 28, 3)}, TEN).code == "SQS740"
    eight = {"label": OutputFact((8,), "softmax")}
    assert refusal("cifar10", COLOUR, eight).title == "`cifar10` has 10 classes, but the output `label` is for 8"
    assert "2 inputs" in refusal("cifar10", {**COLOUR, "b": (1,)}, TEN).title
    assert "is not for one class a sample" in refusal("cifar10", COLOUR, {"y": OutputFact((10,))}).title
    assert cifar == []


@pytest.mark.parametrize("name", KNOWN)
def test_offline_it_says_which_file_to_put_where(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The path is where this version of Keras looks."""
    sought: list[Path] = []

    def no_network(address: str, target: str, *_: Any) -> None:
        sought.append(Path(target))
        raise URLError("no network")

    monkeypatch.setattr(importlib.import_module("keras.src.utils.file_utils"), "urlretrieve", no_network)
    monkeypatch.setattr(importlib.import_module("keras.src.backend.config"), "_KERAS_DIR", str(tmp_path))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(DataError, match="no network") as caught:
        load_data(name, {"image": KNOWN[name].shape}, {"y": OutputFact((KNOWN[name].classes[0],), "softmax")}, 0)
    assert str(sought[0]) in str(caught.value)
    assert sought[0].relative_to(tmp_path).as_posix() in KNOWN[name].files
