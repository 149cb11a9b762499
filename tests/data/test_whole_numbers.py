"""Inputs of whole numbers: their form, and values outside their bound, in arrays and tables of each set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqsem_dsl.data import errors_whole as whole
from sqsem_dsl.data.columns import Column, Columns
from sqsem_dsl.data.dataset import Dataset, Part
from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.load import load_data
from sqsem_dsl.data.objects import checked, load_object
from sqsem_dsl.data.table_options import TableOptions
from sqsem_dsl.data.whole_numbers import check_whole
from sqsem_dsl.diagnostics.diagnostic import REGISTRY, Diagnostic
from sqsem_dsl.diagnostics.render import render_text
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.operators.row import WholeShape
from sqsem_dsl.settings.metrics import OutputFact
from tests.data.files import write_table

WORDS = {"word": WholeShape((3,), 50)}
LABEL = {"label": OutputFact((2,), "softmax")}
X = np.arange(60).reshape(20, 3) % 50
Y = np.arange(20) % 2

MESSAGES: list[tuple[Diagnostic, str]] = [
    (
        whole.WholeRange(NOWHERE, "t.npz", "word", "20,000", 7, 20_000, 2, 20_500),
        """error[SQS918]: `word` of `t.npz` has the value 20,000 in sample 7, but whole numbers from 0 to 19,999 are \
expected
  = help: write `below 20501` in the spec, or give all numbers beyond the bound one number below it
  = note: 2 values are outside""",
    ),
    (
        whole.WholeRange(NOWHERE, "data", "word", "1.5", 0, 50, 1, None),
        """error[SQS918]: `word` of `data` has the value 1.5 in sample 0, but whole numbers from 0 to 49 are expected
  = help: number the categories from 0, or remove `below` from the input if its numbers are quantities""",
    ),
    (
        whole.ManyCategories(NOWHERE, "t.csv", "x", "city", 31, 20),
        """error[SQS919]: `city` of `t.csv` has 31 categories, but the numbers of `x` are below 20
  = help: write `below 32` in the spec: 0 stands for missing and unknown values, and the categories are numbered \
from 1""",
    ),
    (
        whole.LongSequence(NOWHERE, "data", "sound", 3, 40, 32),
        """error[SQS920]: `sound` of `data` has 40 places in sample 3, but the input takes at most 32
  = help: declare a length of 40 or more in the spec, or cut the sequences: `x[:32]`""",
    ),
    (
        whole.LongSequence(NOWHERE, "data", "sound", 3, 40, 32, trained=True),
        """error[SQS920]: `sound` of `data` has 40 places in sample 3, but the input takes at most 32
  = help: cut the sequences: `x[:32]`""",
    ),
    (
        whole.WholeRange(NOWHERE, "t.npz", "word", "20,000", 7, 20_000, 2, 20_500, trained=True),
        """error[SQS918]: `word` of `t.npz` has the value 20,000 in sample 7, but whole numbers from 0 to 19,999 are \
expected
  = help: give the numbers as in the data of the search: the model was trained with those below 20,000
  = note: 2 values are outside""",
    ),
    (
        whole.BadSequence(NOWHERE, "data", "sound_length", "is 10 in sample 2, but the array has 9 places"),
        """error[SQS921]: `sound_length` of `data` is 10 in sample 2, but the array has 9 places
  = help: a sequence has at least one place; `NAME_length` has the number of places of each sample of `NAME`""",
    ),
]


@pytest.mark.parametrize(("diagnostic", "text"), MESSAGES, ids=[f"{d.code}-{i}" for i, (d, _) in enumerate(MESSAGES)])
def test_message(diagnostic: Diagnostic, text: str) -> None:
    assert render_text(diagnostic) == text


def test_every_code_is_here() -> None:
    here = {code for code, cls in REGISTRY.items() if cls.__module__ == whole.__name__}
    assert here == {diagnostic.code for diagnostic, _ in MESSAGES}


def titles(error: pytest.ExceptionInfo[DataError]) -> list[str]:
    return [diagnostic.title for diagnostic in error.value.diagnostics]


# ---- arrays


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.float64, np.float32, np.int16])
def test_whole_numbers_of_any_type_reach_the_model_as_they_are(dtype: type[Any]) -> None:
    part = load_object((X.astype(dtype), Y), WORDS, LABEL).part
    assert part.inputs["word"].dtype == np.int32  # type: ignore[union-attr]
    np.testing.assert_array_equal(part.inputs["word"][:], X)


def test_bytes_in_the_shape_of_an_image_are_not_an_image() -> None:
    shape = WholeShape((2, 2, 3), 256)
    x = np.arange(240).astype(np.uint8).reshape(20, 2, 2, 3)
    part = load_object((x, Y), {"word": shape}, LABEL).part
    np.testing.assert_array_equal(part.inputs["word"][:], x)
    assert part.inputs["word"].dtype == np.int32  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("value", "said"),
    [(50, "the value 50 in sample 4"), (-1, "the value -1 in sample 4"), (2.5, "the value 2.5 in sample 4")],
)
def test_a_value_outside_is_named_with_its_sample_and_the_bound(value: float, said: str) -> None:
    x = X.astype(np.float64) if value == 2.5 else X.copy()
    x[4, 1] = value
    with pytest.raises(DataError) as error:
        load_object((x, Y), WORDS, LABEL)
    [title] = titles(error)
    assert title == f"`word` of `data` has {said}, but whole numbers from 0 to 49 are expected"


def test_each_set_is_checked(tmp_path: Path) -> None:
    bad = X.copy()
    bad[3, 2] = 99
    paths = {name: str(tmp_path / f"{name}.npz") for name in ("good", "bad")}
    for name, x in (("good", X), ("bad", bad)):
        np.savez(paths[name], word=x, label=Y)
    good = load_data(paths["good"], WORDS, LABEL, 0, validation=paths["good"], test=paths["good"])
    assert {part.inputs["word"].dtype for part in good.sets.values()} == {np.dtype(np.int32)}  # type: ignore[union-attr]
    for more in ({"validation": paths["bad"]}, {"test": paths["bad"]}):
        with pytest.raises(DataError) as error:
            load_data(paths["good"], WORDS, LABEL, 0, **more)  # type: ignore[arg-type]
        assert f"`word` of `{paths['bad']}` has the value 99 in sample 3" in titles(error)[0]
    with pytest.raises(DataError):
        load_data(paths["bad"], WORDS, LABEL, 0)
    part = Part({"word": X}, {"label": Y})
    given = Dataset("own", LABEL, part, part, Part({"word": bad}, {"label": Y}))
    with pytest.raises(DataError, match="has the value 99 in sample 3"):
        checked(given, WORDS, LABEL)


numbers = st.one_of(st.integers(-3, 12), st.sampled_from([0.5, 11.0, -0.0, 2.0]))


@given(st.lists(st.lists(numbers, min_size=2, max_size=2), min_size=1, max_size=6), st.integers(1, 12))
def test_the_check_finds_what_a_loop_finds(rows: list[list[float]], below: int) -> None:
    array = np.array(rows)
    found = list(check_whole("d", "x", array, WholeShape((2,), below)))
    wrong = [(at, value) for at, row in enumerate(rows) for value in row if value not in range(below)]
    if not wrong:
        assert not found
        return
    [diagnostic] = found
    assert isinstance(diagnostic, whole.WholeRange)
    assert (diagnostic.sample, diagnostic.count) == (wrong[0][0], len(wrong))
    assert float(diagnostic.value) == wrong[0][1]
    if diagnostic.largest is not None:
        assert not list(check_whole("d", "x", array, WholeShape((2,), diagnostic.largest + 1)))


# ---- tables


def test_columns_of_whole_numbers_are_taken_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    write_table(path, {"a": X[:, 0].tolist(), "b": X[:, 1].tolist(), "c": X[:, 2].tolist(), "label": Y.tolist()})
    data = load_data(f"csv:{path}", WORDS, LABEL, 0)
    held = np.concatenate([part.inputs["word"][:] for part in data.sets.values()])
    assert held.dtype == np.int32
    assert sorted(held.tolist()) == sorted(X.tolist())
    assert not data.encoded


def cities(path: Path, values: Sequence[str]) -> str:
    write_table(path, {"city": list(values), "size": [1, 2] * (len(values) // 2), "label": ["no", "yes"] * 10})
    return f"csv:{path}"


def test_a_column_of_text_is_one_whole_number_for_each_category(tmp_path: Path) -> None:
    source = cities(tmp_path / "t.csv", [f"c{n % 7}" for n in range(19)] + [""])
    inputs = {"place": WholeShape((2,), 8)}
    data = load_data(source, inputs, LABEL, 0)
    names = tuple(f"c{n}" for n in range(7))
    assert data.encoded["place"] == Columns((Column("city", names, True), Column("size", ("1", "2"))), whole=True)
    assert Columns.from_plain(data.encoded["place"].to_plain()) == data.encoded["place"]
    assert [unit.role for unit in data.encoded["place"].units] == ["whole", "whole"]
    with pytest.raises(DataError) as error:
        load_data(source, {"place": WholeShape((2,), 7)}, LABEL, 0)
    assert titles(error) == [
        f"`city` of `{tmp_path / 't.csv'}` has 7 categories, but the numbers of `place` are below 7"
    ]


def test_many_categories_need_no_option_and_numbers_may_be_categories(tmp_path: Path) -> None:
    source = cities(tmp_path / "t.csv", [f"c{n}" for n in range(19)] + ["c1"])
    data = load_data(source, {"place": WholeShape((2,), 30)}, LABEL, 0)
    assert len(data.encoded["place"].each[0].categories) == 19
    path = tmp_path / "numbers.csv"
    write_table(path, {"zip": [90000 + n for n in range(20)], "label": ["no", "yes"] * 10})
    options = TableOptions(categories=("zip",))
    data = load_data(f"csv:{path}", {"place": WholeShape((1,), 21)}, LABEL, 0, table=options)
    assert data.encoded["place"].each[0].categories[:2] == ("90000", "90001")


def test_truth_values_are_two_categories_however_they_are_spelled(tmp_path: Path) -> None:
    source = cities(tmp_path / "t.csv", ["true", "False", "TRUE", "false", ""] * 4)
    data = load_data(source, {"place": WholeShape((2,), 3)}, LABEL, 0)
    columns = data.encoded["place"]
    assert columns.each[0].categories == ("false", "true")
    others = columns.encode({"city": ["True", "FALSE", "NA"], "size": ["1", "2", "1"]}, "other.csv")
    assert others[:, 0].tolist() == [1, 0, 2]


def test_a_table_of_another_width_says_so_with_the_bound(tmp_path: Path) -> None:
    source = cities(tmp_path / "t.csv", ["a", "b"] * 10)
    with pytest.raises(DataError) as error:
        load_data(source, {"place": WholeShape((3,), 8)}, LABEL, 0)
    assert "declare `input place: [2] below 8`" in str(error.value)
