"""Samples with the same content in two sets are reported."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sqsem_dsl.data import copies as module
from sqsem_dsl.data.arrays import Bytes
from sqsem_dsl.data.copies import copies
from sqsem_dsl.data.dataset import Dataset, Held, Loaded, Part
from sqsem_dsl.data.load import load_data
from sqsem_dsl.data.split import Splitting, split
from sqsem_dsl.settings.metrics import OutputFact
from tests.data.files import write_image

ONE = {"y": OutputFact((1,))}
TWO = {"label": OutputFact((2,), "softmax")}
ADVICE = "scores on copies are too high (remove them, or keep them in one set with `--group`)"


def part(*values: float, ids: tuple[str, ...] | None = None, held: Held | None = None) -> Part:
    array = np.array(values, np.float32)[:, None]
    return Part({"x": array if held is None else held}, {"y": array * 0}, ids=ids)


def test_equal_rows_in_two_sets_are_counted_with_an_example() -> None:
    train, valid = part(1, 2, 3, 3, ids=("a", "b", "c", "d")), part(3, 2, 9, ids=("e", "f", "g"))
    assert copies(Dataset("x", ONE, train, valid, part(7, 7, ids=("h", "i")))) == [
        f"2 samples have the same inputs in the training and in the validation set, such as `c` and `e`: {ADVICE}"
    ]
    assert copies(Dataset("x", ONE, train, part(8), part(1))) == [
        f"1 sample has the same inputs in the training and in the test set: {ADVICE}"
    ]


def test_all_inputs_must_be_equal() -> None:
    def pair(*values: tuple[float, float]) -> Part:
        first, second = np.array(values, np.float32).T
        return Part({"a": first[:, None], "b": second[:, None]}, {"y": first[:, None]})

    assert copies(Dataset("x", ONE, pair((1, 2)), pair((1, 3)), None)) == []
    assert len(copies(Dataset("x", ONE, pair((1, 2)), pair((1, 2), (0, 0)), None))) == 1
    assert len(copies(Dataset("x", ONE, part(-0.0), part(0.0), None))) == 1


def test_folds_are_compared_with_each_other_and_the_test_set() -> None:
    whole = part(*range(10), *range(10))
    lines = copies(split(Loaded("x", whole), ONE, Splitting(1, folds=5)))
    places = [line.split(" the same inputs in ")[1].split(":")[0] for line in lines]
    assert places == ["two folds", "the folds and in the test set"]
    assert copies(split(Loaded("x", part(*range(20))), ONE, Splitting(1, folds=5))) == []


def test_bytes_are_compared() -> None:
    image = np.arange(8, dtype=np.uint8).reshape(2, 2, 2, 1)
    train = part(0, 1, held=Bytes.of(image))
    assert len(copies(Dataset("x", ONE, train, part(0, held=Bytes.of(image[1:])), None))) == 1


def test_image_files_are_compared_by_their_bytes(tmp_path: Path) -> None:
    pytest.importorskip("PIL")
    for name, value in (("train/cat/1", 1), ("train/dog/2", 2), ("val/cat/8", 1), ("val/dog/9", 9)):
        write_image(tmp_path / f"{name}.png", value)
    data = load_data(f"images:{tmp_path}", {"image": (4, 4, 3)}, TWO, 0)
    assert copies(data) == [
        "1 sample has the same inputs in the training and in the validation set, "
        f"such as `train/cat/1` and `val/cat/8`: {ADVICE}"
    ]


def test_large_data_are_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    data = Dataset("x", ONE, part(1, 2), part(1), None)
    assert copies(data)
    monkeypatch.setattr(module, "MOST_BYTES", 4)
    assert copies(data) == []
    monkeypatch.setattr(module, "MOST_BYTES", 1 << 20)
    monkeypatch.setattr(module, "MOST_SAMPLES", 2)
    assert copies(data) == []
