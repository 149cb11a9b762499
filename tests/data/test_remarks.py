"""Remarks on the data before training: classes missing from a split, scores without a meaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sqsem_dsl.data.dataset import Dataset, Loaded, Part
from sqsem_dsl.data.load import load_data
from sqsem_dsl.data.remarks import remarks, undefined, unknown_classes
from sqsem_dsl.data.split import Splitting, split
from sqsem_dsl.settings.metrics import OutputFact
from sqsem_dsl.settings.sections import TrainSettings

THREE = {"label": OutputFact((3,), "softmax")}
YES = {"yes": OutputFact((1,), "sigmoid")}


def made(outputs: dict[str, OutputFact], *labels: Sequence[float], names: tuple[str, ...] = ()) -> Dataset:
    """Splits with these labels for the one output."""
    [(name, fact)] = outputs.items()

    def part(values: Sequence[float]) -> Part:
        whole = fact.ending == "softmax"
        array = np.array(values, np.int32 if whole else np.float32).reshape(-1, *fact.shape[: -1 if whole else None])
        return Part({"x": np.zeros((len(values), 1), np.float32)}, {name: array})

    return Dataset("x", outputs, *map(part, labels), class_names={name: names} if names else {})


def train(**settings: object) -> TrainSettings:
    return TrainSettings.from_plain(settings)  # type: ignore[arg-type]


def test_nothing_is_said_where_every_part_has_every_class() -> None:
    assert remarks(made(THREE, [0, 1, 2], [2, 1, 0], [0, 1, 2]), train()) == []
    assert remarks(made({"y": OutputFact((1,))}, [1, 1], [1, 1], [1, 1]), train(metrics=["mae"])) == []


def test_classes_that_a_part_lacks_are_named() -> None:
    data = made(THREE, [0, 0, 1], [0, 2, 1], [0, 0, 0], names=("cat", "dog", "emu"))
    assert remarks(data, train(class_weights="balanced")) == [
        "`label`: the training set has no sample of `emu`: it cannot be learned, and has no weight",
        "`label`: the test set has no sample of `dog`, `emu`: the test score does not show it",
    ]


def test_a_missing_test_set_is_said() -> None:
    assert remarks(replace(made(THREE, [0, 1, 2], [0, 1, 2], [0]), test=None), train()) == [
        "no test set: the best score on the validation set is optimistic, because the best trial is selected by it "
        "(`--test SOURCE` names a test set)"
    ]


@pytest.mark.parametrize(("numbers", "named"), [(range(40), True), ([n * n for n in range(40)], False)])
def test_a_column_that_numbers_the_rows_is_named(numbers: Sequence[int], named: bool, tmp_path: Path) -> None:
    """As the index of a frame does."""
    lines = [f"{number},0.{number},{number % 3}" for number in numbers]
    (tmp_path / "t.csv").write_text("\n".join(["Unnamed: 0,a,label", *lines]))
    data = load_data(f"csv:{tmp_path / 't.csv'}", {"x": (2,)}, THREE, 0)
    line = "the column `Unnamed: 0` numbers the rows: `--drop 'Unnamed: 0'` leaves it out, if the order means nothing"
    assert (f"`x`: {line}" in remarks(data, train())) == named


def test_weights_that_weigh_batches_are_said() -> None:
    data = made(YES, [0, 1, 1], [0, 1], [0, 1])
    weighted = replace(data, train=replace(data.train, weights=np.ones(3, np.float32)))
    line = "`yes`: the loss `dice` is one number for a batch, so weights of samples weigh batches"
    assert remarks(weighted, train(loss="dice")) == [line]
    assert remarks(data, train(loss="dice")) == remarks(weighted, train()) == []


def test_names_in_class_weights_must_be_classes_of_the_data() -> None:
    data = made(THREE, [0, 0, 1], [0, 2, 1], [0, 0, 0], names=("cat", "dog", "emu"))
    assert unknown_classes(data, train(class_weights={"name": "given", "weights": {"emu": 3.0, "cat": 1.0}})) == []
    assert unknown_classes(data, train(class_weights={"name": "given", "weights": {"2": 3.0}})) == []
    [found] = unknown_classes(data, train(class_weights={"name": "given", "weights": {"emu": 3.0, "dig": 1.0}}))
    assert (found.name, found.output, found.classes) == ("dig", "label", ("cat", "dog", "emu"))
    unnamed = made(YES, [0, 1], [0, 1], [0, 1])
    [found] = unknown_classes(unnamed, train(class_weights={"name": "given", "weights": {"ill": 3.0}}))
    assert found.classes == ("0", "1")


@pytest.mark.parametrize(
    ("metric", "validation", "expected"),
    [
        ("auc", [0, 0], "the validation set has only the label 0"),
        ("auc", [1, 1], "the validation set has only the label 1"),
        ("auc", [0, 1], None),
        ("recall", [0, 0], "the validation set has only the label 0"),
        ("precision", [1, 1], None),
        ("accuracy", [0, 0], None),
    ],
)
def test_metrics_of_one_class_are_not_defined(metric: str, validation: list[float], expected: str | None) -> None:
    found = undefined(made(YES, [0, 1], validation, [0, 1]), train(metrics=[metric]))
    assert found == ({} if expected is None else {f"val_{metric}": expected})


def test_a_share_of_the_variance_needs_one() -> None:
    data = made({"y": OutputFact((1,))}, [1, 2], [3, 3], [1, 2])
    assert undefined(data, train(metrics=["r2"])) == {"val_r2": "the validation set has only one value"}


def test_each_fold_is_looked_at() -> None:
    labels = np.array([0] * 28 + [1] * 2, np.float32)[:, None]
    part = Part({"x": np.zeros((30, 1), np.float32)}, {"yes": labels})
    data = split(Loaded("x", part), YES, Splitting(0, folds=5))
    [reason] = undefined(data, train(metrics=["auc"])).values()
    assert reason.startswith("the validation set of fold")


def test_classes_without_names_are_their_numbers() -> None:
    assert made(THREE, [0], [1], [2]).classes == {"label": ("0", "1", "2")}
    assert made(YES, [0], [1], [0], names=("no", "yes")).classes == {"yes": ("no", "yes")}
    assert made({"y": OutputFact((2,))}, [0, 1], [0, 1], [0, 1]).classes == {}
