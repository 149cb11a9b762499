"""Weights of samples, and labels in columns of any name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.load import load_data
from sqsem_dsl.data.table_options import TableOptions
from sqsem_dsl.settings.metrics import OutputFact
from sqsem_dsl.study.results import described
from tests.data.files import THREE, write_table

ROWS = 12
COLUMNS: dict[str, list[object]] = {
    "a": [*range(ROWS)],
    "b": [*range(ROWS)],
    "w": [row + 1 for row in range(ROWS)],
    "label": [row % 3 for row in range(ROWS)],
}


def test_a_column_of_weights_is_not_an_input(tmp_path: Path) -> None:
    write_table(tmp_path / "t.csv", COLUMNS)
    data = load_data(f"csv:{tmp_path / 't.csv'}", {"x": (2,)}, THREE, 0, table=TableOptions(weight="w"))
    for part in (data.train, data.validation, data.test):
        assert part.weights is not None
        np.testing.assert_array_equal(part.weights, part.inputs["x"][:][:, 0] + 1)
    plain = load_data(f"csv:{tmp_path / 't.csv'}", {"x": (2,)}, THREE, 0, table=TableOptions(drop=("w",)))
    assert plain.train.weights is None
    assert plain.fingerprint != data.fingerprint


def test_weights_of_another_table_are_matched_by_id(tmp_path: Path) -> None:
    ids = {"id": [f"p{row}" for row in range(ROWS)]}
    write_table(tmp_path / "t.csv", ids | {name: COLUMNS[name] for name in ("a", "b")})
    backwards = {name: values[::-1] for name, values in (ids | COLUMNS).items() if name in ("id", "w", "label")}
    write_table(tmp_path / "l.csv", backwards)
    words = [f"x=csv:{tmp_path / 't.csv'}", f"label=csv:{tmp_path / 'l.csv'}"]
    data = load_data(words, {"x": (2,)}, THREE, 0, table=TableOptions(weight="w"))
    np.testing.assert_array_equal(data.train.weights, data.train.inputs["x"][:][:, 0] + 1)


def test_an_array_of_weights(tmp_path: Path) -> None:
    arrays = {"x": np.arange(2 * ROWS).reshape(ROWS, 2), "label": np.arange(ROWS) % 3, "w": np.arange(ROWS)}
    np.savez(tmp_path / "t.npz", **arrays)
    data = load_data(str(tmp_path / "t.npz"), {"x": (2,)}, THREE, 0, table=TableOptions(weight="w"))
    np.testing.assert_array_equal(data.train.weights, data.train.inputs["x"][:][:, 0] / 2)


@pytest.mark.parametrize(
    ("weights", "title"),
    [
        ([1, 2, -3] * 4, "the weights `w` of `t.csv` cannot be used: sample 2 has the weight -3"),
        ([0] * ROWS, "the weights `w` of `t.csv` cannot be used: all weights are 0"),
        (["", *[1] * 11], "line 2: the column `w` is empty"),
        (["NaN", *[1] * 11], "line 2: the column `w` has `NaN`, which is a missing value"),
        (["x", *[1] * 11], "line 2: `x` in the column `w` is not a number"),
    ],
)
def test_other_weights_are_refused(tmp_path: Path, weights: list[object], title: str) -> None:
    write_table(tmp_path / "t.csv", COLUMNS | {"w": weights})
    with pytest.raises(DataError) as raised:
        load_data(f"csv:{tmp_path / 't.csv'}", {"x": (2,)}, THREE, 0, table=TableOptions(weight="w"))
    assert raised.value.diagnostics[0].title.endswith(title)


def test_weights_that_are_nowhere_are_refused(tmp_path: Path) -> None:
    write_table(tmp_path / "t.csv", COLUMNS)
    for source, inputs in ((f"csv:{tmp_path / 't.csv'}", {"x": (3,)}), ("digits", {"image": (8, 8, 1)})):
        with pytest.raises(DataError) as raised:
            load_data(source, inputs, THREE, 0, table=TableOptions(weight="weights"))
        assert raised.value.diagnostics[0].title == "no table has a column `weights`"


def test_labels_in_columns_of_other_names(tmp_path: Path) -> None:
    write_table(tmp_path / "t.csv", {**COLUMNS, "SalePrice": [100 * row for row in range(ROWS)]})
    options = TableOptions(labels={"price": ("SalePrice",)}, drop=("label",))
    data = load_data(f"csv:{tmp_path / 't.csv'}", {"x": (3,)}, {"price": OutputFact((1,))}, 0, table=options)
    np.testing.assert_array_equal(data.train.labels["price"], 100 * data.train.inputs["x"][:][:, :1])
    target = described(data)["targets"]["price"]
    assert target["columns"] == ["SalePrice"]
    assert target["mean"] == [pytest.approx(data.train.labels["price"].mean())]
    assert target["stddev"] == pytest.approx(data.train.labels["price"].std())


def test_a_column_for_each_label_in_the_order_of_the_option(tmp_path: Path) -> None:
    colors: dict[str, list[object]] = {
        "blue": [row % 2 for row in range(ROWS)],
        "a": [*range(ROWS)],
        "red": [row % 3 == 0 for row in range(ROWS)],
    }
    write_table(
        tmp_path / "t.csv",
        {name: [int(str(v) in ("1", "True")) if name != "a" else v for v in values] for name, values in colors.items()},
    )
    options = TableOptions(labels={"tags": ("red", "blue")})
    outputs = {"tags": OutputFact((2,), "sigmoid")}
    data = load_data(f"csv:{tmp_path / 't.csv'}", {"x": (1,)}, outputs, 0, table=options)
    rows = data.train.inputs["x"][:][:, 0]
    np.testing.assert_array_equal(data.train.labels["tags"], np.stack([rows % 3 == 0, rows % 2], axis=1))
    assert described(data)["targets"] == {"tags": {"columns": ["red", "blue"]}}
    assert described(data)["columns"]["x"]["columns"] == [{"name": "a", "categories": [], "missing": False}]


def test_a_label_column_that_does_not_exist_is_named(tmp_path: Path) -> None:
    write_table(tmp_path / "t.csv", COLUMNS)
    with pytest.raises(DataError) as raised:
        load_data(f"csv:{tmp_path / 't.csv'}", {"x": (3,)}, THREE, 0, table=TableOptions(labels={"label": ("labels",)}))
    assert raised.value.diagnostics[0].help == "a column with a similar name exists: `label`"
    with pytest.raises(DataError) as raised:
        load_data(f"csv:{tmp_path / 't.csv'}", {"x": (2,)}, THREE, 0, table=TableOptions(labels={"kind": ("w",)}))
    assert raised.value.diagnostics[0].code == "SQS906"
