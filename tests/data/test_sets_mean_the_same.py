"""Given sets mean what the training set means: columns, classes and masks; nothing is dropped or mixed up silently."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.given import load_given
from sqsem_dsl.data.load import load_data
from sqsem_dsl.data.split import Splitting
from sqsem_dsl.data.table_options import TableOptions
from sqsem_dsl.settings.metrics import OutputFact

TWO = {"y": OutputFact((2,), "softmax")}
TAGS = {"tags": OutputFact((2,), "sigmoid")}


def table(path: Path, columns: dict[str, list[object]]) -> str:
    rows = zip(*columns.values(), strict=True)
    path.write_text("\n".join([",".join(columns), *(",".join(map(str, row)) for row in rows)]) + "\n")
    return f"csv:{path}"


def test_columns_of_a_set_are_taken_by_name(tmp_path: Path) -> None:
    values = {f"p{n}": [10 * n + row for row in range(8)] for n in range(4)}
    label = {"y": [0, 1] * 4}
    one = table(tmp_path / "one.csv", {**values, **label})
    other = table(tmp_path / "other.csv", {**dict(reversed(values.items())), **label})
    data = load_data(one, {"x": (2, 2)}, TWO, 0, validation=other, test=one)
    np.testing.assert_array_equal(data.validation.inputs["x"][:], data.test.inputs["x"][:])
    del values["p3"]
    short = table(tmp_path / "short.csv", {**values, **label})
    with pytest.raises(DataError, match="p3"):
        load_data(one, {"x": (2, 2)}, TWO, 0, validation=short, test=one)


def test_labels_in_another_order_are_refused(tmp_path: Path) -> None:
    x = {"a": list(range(6)), "b": list(range(6))}
    red, green = {"tags.red": [0, 1] * 3}, {"tags.green": [1, 1, 0] * 2}
    one = table(tmp_path / "one.csv", {**x, **red, **green})
    other = table(tmp_path / "other.csv", {**x, **green, **red})
    with pytest.raises(DataError, match=r"`tags.green`, `tags.red` for `tags`, and the training set `tags.red`"):
        load_data(one, {"x": (2,)}, TAGS, 0, validation=other, test=one)


def test_classes_of_a_set_are_those_of_the_training_set(tmp_path: Path) -> None:
    pd = pytest.importorskip("pandas")
    train = pd.DataFrame({"a": range(12), "y": ["cat", "dog"] * 6})
    some = table(tmp_path / "some.csv", {"a": [1, 2, 3], "y": ["dog"] * 3})
    data = load_given(train, {"x": (1,)}, TWO, Splitting(0), validation_data=some, test_data=train[train.y == "dog"])
    assert data.validation.labels["y"][:].tolist() == [1, 1, 1]
    assert data.test is not None
    assert set(data.test.labels["y"][:].tolist()) == {1}
    other = table(tmp_path / "other.csv", {"a": [1, 2, 3], "y": ["dog", "cow", "dog"]})
    with pytest.raises(DataError, match="labels of `y` are `cow`, which are not known"):
        load_given(train, {"x": (1,)}, TWO, Splitting(0), validation_data=other)


def test_labels_are_no_inputs(tmp_path: Path) -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"a": range(8), "y": [0, 1] * 4})
    data = load_given((frame, frame["y"]), {"x": (1,)}, TWO, Splitting(0))
    assert [column.name for column in data.columns["x"].each] == ["a"]


def test_a_weight_column_that_a_frame_lacks(tmp_path: Path) -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"a": range(8), "y": [0, 1] * 4})
    with pytest.raises(DataError, match="wt"):
        load_given(frame, {"x": (1,)}, TWO, Splitting(0), table=TableOptions(weight="wt"))


def test_weights_of_sequences_have_the_axes_of_the_loss() -> None:
    pytest.importorskip("keras")
    from sqsem_dsl.backends.keras.batches import evaluation_weights
    from sqsem_dsl.data.dataset import Part

    part = Part({"x": np.zeros((4, 2), np.float32)}, {}, np.array([1, 2, 3, 2], np.float32))
    facts = {"steps": OutputFact((4, 5), "softmax"), "one": OutputFact((5,), "softmax"), "map": OutputFact((4, 4, 1))}
    shapes = {name: weights.shape for name, weights in evaluation_weights(part, facts).items()}
    assert shapes == {"steps": (4, 1), "one": (4,), "map": (4, 1, 1)}


def test_a_frame_and_its_file_have_the_same_columns_ids_and_labels(tmp_path: Path) -> None:
    pd = pytest.importorskip("pandas")
    columns = {"id": list("abcdefgh"), "alone": [True, False] * 4, "age": range(8), "y": [True, True, False, False] * 2}
    frame = pd.DataFrame(columns)
    frame.to_csv(tmp_path / "t.csv", index=False)
    of_file, of_frame = (
        load_given(data, {"x": (2,)}, {"y": OutputFact((1,), "sigmoid")}, Splitting(0))
        for data in (f"csv:{tmp_path / 't.csv'}", frame)
    )
    for one, other in zip(of_file.sets.values(), of_frame.sets.values(), strict=True):
        assert one.ids == other.ids
        assert one.ids
        np.testing.assert_array_equal(one.inputs["x"][:], other.inputs["x"][:])
        np.testing.assert_array_equal(one.labels["y"][:], other.labels["y"][:])
    assert of_file.classes == of_frame.classes == {"y": ("False", "True")}
    assert of_file.columns == of_frame.columns
    assert of_file.label_columns == of_frame.label_columns
    sets = {"id": list("abcdefgh"), "set": ["train"] * 6 + ["val", "test"]}
    table(tmp_path / "sets.csv", sets)
    splitting = Splitting(0, split=str(tmp_path / "sets.csv"))
    found = load_given(frame, {"x": (2,)}, {"y": OutputFact((1,), "sigmoid")}, splitting)
    assert [len(part) for part in found.sets.values()] == [6, 1, 1]


def test_a_missing_label_is_no_class(tmp_path: Path) -> None:
    source = table(tmp_path / "t.csv", {"a": range(6), "y": ["cat", "dog", "NA", "cat", "?", "dog"]})
    with pytest.raises(DataError, match=r"line 4: the column `y` has `NA`, which is a missing value"):
        load_data(source, {"x": (1,)}, TWO, 0)
