"""Columns of an input: numbers and categories, what they give a network, and tables that are encoded like another."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqsem_dsl.data.column_kinds import find_columns
from sqsem_dsl.data.columns import Column, Columns, Unit, Values
from sqsem_dsl.data.dataset import Dataset
from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.load import load_data
from sqsem_dsl.data.multi_source import load_named
from sqsem_dsl.data.named import open_named
from sqsem_dsl.data.split import Splitting
from sqsem_dsl.data.table_options import TableOptions
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.settings.metrics import OutputFact
from tests.data.files import refusal, write_table

SURVIVED = {"survived": OutputFact((1,), "sigmoid")}
ROWS = 40
PASSENGERS: dict[str, list[object]] = {
    "name": [f"Passenger {row}" for row in range(ROWS)],
    "sex": [("male", "female")[row % 2] for row in range(ROWS)],
    "age": ["" if row % 5 == 0 else row for row in range(ROWS)],
    "deck": [("A", "B", "NA", "C")[row % 4] for row in range(ROWS)],
    "fare": [row / 2 for row in range(ROWS)],
    "survived": [row % 2 for row in range(ROWS)],
}
"""`sex` gives 2 values, `age` 1, `deck` 4 (one for missing), `fare` 1."""


def passengers(folder: Path, width: int, options: TableOptions | None = None, **columns: list[object]) -> Dataset:
    write_table(folder / "p.csv", PASSENGERS | columns)
    return load_data(f"csv:{folder / 'p.csv'}", {"x": (width,)}, SURVIVED, 0, table=options)


def problems(values: dict[str, Values], options: TableOptions | None = None) -> Diagnostic:
    with pytest.raises(DataError) as raised:
        find_columns("t.csv", values, options or TableOptions())
    [found] = raised.value.diagnostics
    return found


def test_a_data_set_holds_the_raw_columns(tmp_path: Path) -> None:
    data = passengers(tmp_path, 8)
    columns = data.columns["x"]
    assert columns.each == (
        Column("sex", ("female", "male")),
        Column("age", missing=True),
        Column("deck", ("A", "B", "C"), missing=True),
        Column("fare"),
    )
    for row in np.concatenate([part.inputs["x"][:] for part in (data.train, data.validation, data.test)]):
        number = int(2 * row[3])
        assert row[0] == (1, 0)[number % 2]
        assert np.isnan(row[1]) if number % 5 == 0 else row[1] == number
        assert row[2] == (0, 1, 3, 2)[number % 4]


def test_the_message_on_another_width_says_what_to_declare(tmp_path: Path) -> None:
    write_table(tmp_path / "p.csv", PASSENGERS)
    found = refusal(f"csv:{tmp_path / 'p.csv'}", {"x": (4,)}, SURVIVED)
    assert found.code == "SQS902"
    assert found.help is not None
    assert "`input x: [8]`" in found.help
    assert found.note == (
        "`age`, `fare` give 1 each; `sex` gives 2 (female, male); `deck` gives 4 (A, B, C, missing); "
        "the text column `name` is used as ids"
    )


def test_columns_can_be_chosen(tmp_path: Path) -> None:
    chosen = passengers(tmp_path, 3, TableOptions(columns=("age", "sex"))).columns["x"].names
    assert chosen == ("sex", "age")
    assert passengers(tmp_path, 3, TableOptions(drop=("deck", "fare", "name"))).columns["x"].names == chosen


def test_an_indicator_adds_a_value_where_numbers_are_missing(tmp_path: Path) -> None:
    columns = passengers(tmp_path, 9, TableOptions(missing="indicator")).columns["x"]
    assert columns.units[2:4] == (Unit(1, "number"), Unit(1, "missing"))


def test_numbers_are_categories_where_the_options_say_so(tmp_path: Path) -> None:
    classes: list[object] = [("3", "1", "2.0", "10")[row % 4] for row in range(ROWS)]
    data = passengers(tmp_path, 12, TableOptions(categories=("pclass",)), pclass=classes)
    assert data.columns["x"].each[-1] == Column("pclass", ("1", "2", "3", "10"))


def test_gaps_are_filled_by_means_of_the_training_set_of_each_fold(tmp_path: Path) -> None:
    write_table(tmp_path / "p.csv", PASSENGERS)
    data = load_data(f"csv:{tmp_path / 'p.csv'}", {"x": (8,)}, SURVIVED, Splitting(0, folds=3))
    for number in range(3):
        fold = data.fold(number)
        ages = fold.train.inputs["x"][:][:, 1]
        assert fold.fills("x")[1] == pytest.approx(np.nanmean(ages))
        mean, stddev = fold.statistics("x")
        assert mean[2] == pytest.approx(np.nanmean(ages))
        assert stddev[2] == pytest.approx(np.where(np.isnan(ages), np.nanmean(ages), ages).std())
        assert (mean[0], stddev[0]) == (0.0, 1.0)


def test_categories_are_part_of_the_identity_of_data(tmp_path: Path) -> None:
    one = passengers(tmp_path, 8)
    other = passengers(tmp_path, 8, sex=[("m", "f")[row % 2] for row in range(ROWS)])
    np.testing.assert_array_equal(one.train.inputs["x"][:], other.train.inputs["x"][:])
    assert one.fingerprint != other.fingerprint


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([f"2024-01-{day:02}" for day in range(1, 30)] * 3, "it holds dates or times"),
        ([f"{hour}:30" for hour in range(24)] * 2, "it holds dates or times"),
        ([f"A{number}" for number in range(50)], "no value occurs twice, such as `A0`"),
        ([f"A{number}" for number in range(150)] * 3, "it has 150 different values, more than 100, in 450 rows"),
        ([f"A{number}" for number in range(30)] + ["A0"] * 20, "it has 30 different values in 50 rows"),
        ([f"{number},500" for number in range(1, 50)], "it holds numbers with commas, such as `1,500`"),
        ([f"{number} %" for number in range(50)], "it holds numbers with other characters, such as `0 %`"),
        ([f"the {number}. house in this street" for number in range(50)] + ["the last house"] * 2, "free text"),
        (["", "NA", "?"] * 5, "it is empty"),
    ],
)
def test_other_columns_are_refused_with_the_reason(values: list[str], reason: str) -> None:
    found = problems({"a": values, "b": ["1"] * len(values)})
    assert found.title == "`t.csv` has a column that an input cannot take: `a`"
    assert found.note is not None
    assert reason in found.note


def test_all_refused_columns_are_named_at_once() -> None:
    every: dict[str, Values] = {"day": ["2024-01-01", "2024-01-02"] * 9, "note": [f"n{at}" for at in range(18)]}
    assert problems(every).help == "leave them out with `--drop day,note`"
    assert find_columns("t.csv", every, TableOptions(categories=("note", "day"))).names == ("day", "note")


def test_an_unknown_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError) as raised:
        passengers(tmp_path, 8, TableOptions(drop=("deckk",), columns=("ages",)))
    assert [found.help for found in raised.value.diagnostics] == [
        "a column with a similar name exists: `age`",
        "a column with a similar name exists: `deck`",
    ]


def test_faults_of_numbers_and_of_labels_are_reported_at_once(tmp_path: Path) -> None:
    ages: list[object] = [*range(ROWS - 1), "old"]
    with pytest.raises(DataError) as raised:
        passengers(tmp_path, 8, age=ages, survived=[2, *[0, 1] * 19, 1], ticket=[f"t{row}" for row in range(ROWS)])
    assert [found.code for found in raised.value.diagnostics] == ["SQS737", "SQS901", "SQS737"]


# ---- a table that is encoded like another


def described() -> Columns:
    columns = (Column("sex", ("female", "male")), Column("age", missing=True), Column("fare"))
    return Columns.from_plain(json.loads(json.dumps(Columns(columns, indicator=True).to_plain())))


def test_a_table_is_encoded_by_a_stored_description() -> None:
    rows = described().encode(
        {"fare": ["1", "2", "3"], "sex": ["male", "other", ""], "age": ["", " 7 ", "8"], "id": ["a", "b", "c"]},
        "new.csv",
        ignored=("id",),
    )
    np.testing.assert_array_equal(rows, np.array([[1, np.nan, 1], [2, 7, 2], [2, 8, 3]], np.float32))


def test_numbers_and_their_texts_are_encoded_alike() -> None:
    columns = Columns((Column("pclass", ("1", "2")), Column("fare")))
    as_text = columns.encode({"pclass": ["1", "2.0", "nan"], "fare": ["0.5", "1", "2"]}, "new.csv")
    as_numbers = columns.encode({"pclass": np.array([1, 2, np.nan]), "fare": np.array([0.5, 1, 2])}, "new.csv")
    np.testing.assert_array_equal(as_text, as_numbers)


def test_a_table_of_other_columns_is_refused() -> None:
    with pytest.raises(DataError) as raised:
        described().encode({"age": ["x"], "fare": [""], "size": ["1"]}, "new.csv")
    assert raised.value.diagnostics[0].note == (
        "it has no column `sex`; the model does not take `size`; `age` must hold finite numbers; "
        "values of `fare` are missing, and none were in training"
    )


def test_a_second_table_takes_the_categories_of_the_first(tmp_path: Path) -> None:
    known = passengers(tmp_path, 8).columns
    few = {name: values[1:4] for name, values in PASSENGERS.items()} | {"deck": ["C", "X", "A"]}
    write_table(tmp_path / "test.csv", few)
    named = open_named({"x": f"csv:{tmp_path / 'test.csv'}"}, {"x": (8,)}, SURVIVED)
    found = load_named(named, known=known)
    assert found.columns == known
    np.testing.assert_array_equal(found.part.inputs["x"][:][:, 2], [2, 3, 0])


@given(st.lists(st.sampled_from(["a", "b", "c", "", "NA", " a "]), max_size=30))
def test_codes_lead_back_to_the_categories(values: list[str]) -> None:
    values = ["a", *values]
    columns = find_columns("t.csv", {"x": values}, TableOptions(categories=("x",)))
    [column] = columns.each
    for value, [code] in zip(values, columns.encode({"x": values}, "t.csv"), strict=True):
        named = (*column.categories, "")[int(code)]
        assert named == ("" if value == "NA" else value.strip())
    assert column.missing == any(value in ("", "NA") for value in values)
