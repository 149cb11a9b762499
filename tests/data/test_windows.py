"""Windows over the rows of a table: their contents, the sets, several series, and what is rejected."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sqsem_dsl.data.columns import Column, Columns
from sqsem_dsl.data.dataset import Dataset, Loaded
from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.given import load_given
from sqsem_dsl.data.load import load_data
from sqsem_dsl.data.split import Splitting
from sqsem_dsl.data.table_options import TableOptions
from sqsem_dsl.data.window_samples import window_samples
from sqsem_dsl.data.windows import Windows
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.render import render_text
from sqsem_dsl.settings.metrics import OutputFact
from sqsem_dsl.study.results import described
from tests.data.files import write_table

LOAD = {"load": OutputFact((2,))}


@pytest.fixture(autouse=True)
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One hundred rows: `load` is the number of the row, `heat` a hundred times that."""
    monkeypatch.chdir(tmp_path)
    write(100)


def write(rows: int, **more: Any) -> None:
    dates = [str(np.datetime64("2024-01-01") + at) for at in range(rows)]
    write_table(Path("t.csv"), {"day": dates, "load": range(rows), "heat": [at * 100 for at in range(rows)]} | more)


def loaded(
    inputs: dict[str, tuple[int, ...]],
    outputs: dict[str, OutputFact],
    windows: Windows,
    splitting: Splitting | int = 0,
) -> Dataset:
    return load_data("csv:t.csv", inputs, outputs, splitting, windows=windows)


def parts(data: Dataset) -> tuple[Any, ...]:
    return data.train, data.validation, data.test


def test_inputs_are_rows_and_outputs_those_that_follow() -> None:
    data = loaded({"past": (4, 2)}, LOAD, Windows(4, 2))
    for part in parts(data):
        past, load = part.inputs["past"][:], part.labels["load"]
        assert (past.dtype, load.dtype) == (np.float32, np.float32)
        first = past[:, 0, 0]
        np.testing.assert_array_equal(past[..., 0], first[:, None] + np.arange(4))
        np.testing.assert_array_equal(past[..., 1], past[..., 0] * 100)
        np.testing.assert_array_equal(load, first[:, None] + np.arange(4, 6))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 8), st.integers(1, 4), st.integers(0, 60))
def test_no_row_is_in_two_sets_and_the_sets_follow_one_another(window: int, horizon: int, more: int) -> None:
    write(6 * (window + horizon) + more)
    data = loaded({"past": (window, 2)}, {"load": OutputFact((horizon, 1))}, Windows(window, horizon))
    rows = [
        np.concatenate([part.inputs["past"][:][..., 0].ravel(), part.labels["load"].ravel()]) for part in parts(data)
    ]
    train, validation, test = rows
    assert train.max() < validation.min() <= validation.max() < test.min()


def test_the_shape_says_whether_the_output_is_an_input_too() -> None:
    alone = loaded({"past": (4, 1)}, LOAD, Windows(4, 2)).train.inputs["past"][:]
    np.testing.assert_array_equal(alone[0, :, 0], [0, 100, 200, 300])
    flat = loaded({"past": (4,)}, LOAD, Windows(4, 2)).train.inputs["past"][:]
    np.testing.assert_array_equal(flat, alone[..., 0])


def test_columns_with_the_name_of_an_input_are_its_own() -> None:
    write_table(Path("t.csv"), {"past.a": range(100), "load": range(100), "now": range(100)})
    inputs = {"past": (4, 1), "others": (4, 2)}
    data = loaded(inputs, LOAD, Windows(4, 2))
    np.testing.assert_array_equal(data.train.inputs["past"][:][0, :, 0], [0, 1, 2, 3])


@pytest.mark.parametrize("shape", [(1, 2), (2,)])
def test_several_columns_may_be_predicted(shape: tuple[int, ...]) -> None:
    write_table(Path("t.csv"), {"y.a": range(100), "y.b": range(100, 200), "x": range(100)})
    data = loaded({"past": (3, 3)}, {"y": OutputFact(shape)}, Windows(3))
    np.testing.assert_array_equal(data.train.labels["y"].reshape(-1, 2)[0], [3, 103])


def test_a_class_may_be_predicted() -> None:
    write(100, state=[at % 3 for at in range(100)])
    data = loaded({"past": (4, 2)}, {"state": OutputFact((3,), "softmax")}, Windows(4))
    np.testing.assert_array_equal(data.train.labels["state"], (data.train.inputs["past"][:][:, 3, 0] + 1) % 3)


def test_windows_do_not_cross_series() -> None:
    """Rows of the series may alternate; dates are in order in each."""
    shops = np.arange(120) % 2
    dates = [str(np.datetime64("2024-01-01") + at // 2) for at in range(120)]
    write_table(Path("t.csv"), {"day": dates, "shop": shops, "load": shops * 1000 + np.arange(120) // 2})
    data = loaded({"past": (4, 1)}, LOAD, Windows(4, 2, "shop"))
    for part in parts(data):
        first = part.inputs["past"][:][:, 0, 0]
        np.testing.assert_array_equal(part.labels["load"], first[:, None] + np.arange(4, 6))
        assert set(first // 1000) == {0, 1}


def test_the_rows_are_held_and_sent_once() -> None:
    write(1000)
    data = loaded({"past": (50, 2)}, {"load": OutputFact((1,))}, Windows(50))
    assert data.train.inputs["past"].rows is data.test.inputs["past"].rows
    sent = pickle.dumps([part.inputs for part in parts(data)])
    assert len(sent) < 3 * 1000 * 2 * 4
    again = pickle.loads(pickle.dumps(data))
    assert again.fingerprint == data.fingerprint
    assert loaded({"past": (49, 2)}, {"load": OutputFact((1,))}, Windows(49)).fingerprint != data.fingerprint


def test_a_fraction_keeps_the_samples_around_the_cut() -> None:
    whole = loaded({"past": (4, 2)}, LOAD, Windows(4, 2))
    half = loaded({"past": (4, 2)}, LOAD, Windows(4, 2), Splitting(0, 0.5))
    assert len(half.train) == round(len(whole.train) / 2)
    np.testing.assert_array_equal(half.train.labels["load"][-1], whole.train.labels["load"][-1])
    np.testing.assert_array_equal(half.validation.labels["load"][0], whole.validation.labels["load"][0])
    np.testing.assert_array_equal(half.test.labels["load"], whole.test.labels["load"])


def refused(
    inputs: dict[str, tuple[int, ...]], outputs: dict[str, OutputFact], windows: Windows, words: Any = "csv:t.csv"
) -> Diagnostic:
    with pytest.raises(DataError) as caught:
        load_data(words, inputs, outputs, 0, windows=windows)
    [diagnostic] = caught.value.diagnostics
    return diagnostic


def test_shapes_that_do_not_fit() -> None:
    assert render_text(refused({"past": (5, 2)}, LOAD, Windows(4, 2))) == (
        """error[SQS916]: windows of `t.csv` have the shape [4, 2] or [4, 1] for the input `past`, which is [5, 2]
  = help: declare one of these shapes, or change `--window`, `--horizon` or the columns of the table
  = note: its columns are `load`, `heat`"""
    )
    problem = refused({"past": (4, 2)}, {"load": OutputFact((3,))}, Windows(4, 2))
    assert problem.title == "windows of `t.csv` have the shape [2, 1] or [2] for the output `load`, which is [3]"


def test_too_few_rows() -> None:
    write(20)
    assert render_text(refused({"past": (6, 2)}, LOAD, Windows(6, 2))) == (
        """error[SQS917]: `t.csv` has 20 rows, but windows need at least 28
  = help: add rows, or use a smaller `--window` or `--horizon`
  = note: each window of 6 rows and the 2 after it must lie in one of the training, validation and test sets, \
which follow one another"""
    )
    write(28)
    assert [len(part) for part in parts(loaded({"past": (6, 2)}, LOAD, Windows(6, 2)))] == [1, 3, 3]
    write(60, shop=["a"] * 40 + ["b"] * 20)
    short = refused({"past": (6, 2)}, LOAD, Windows(6, 2, "shop"))
    assert short.title == "`t.csv` has a short series, such as `b` of 20 rows, but windows need at least 28"


def test_rows_that_are_not_in_the_order_of_time() -> None:
    write(100, day=[str(np.datetime64("2024-06-01") - at) for at in range(100)])
    problem = refused({"past": (4, 2)}, LOAD, Windows(4, 2))
    assert problem.title == "`t.csv`, line 3: `2024-05-31` in the column `day` is before the row above it"


def test_other_sources_and_folds() -> None:
    assert render_text(refused({"past": (4, 2)}, LOAD, Windows(4), "digits")) == (
        """error[SQS915]: `--window` cannot be used: windows are those of one table
  = help: name it as `--data csv:FILE`"""
    )
    for splitting, words in (
        (Splitting(0, folds=3), "no folds in the order of time"),
        (Splitting(0, group="heat"), "not by groups"),
        (Splitting(0, split="sets.csv"), "split in the order of time"),
    ):
        with pytest.raises(DataError, match=words):
            loaded({"past": (4, 2)}, LOAD, Windows(4, 2), splitting)
    with pytest.raises(DataError, match="all sets are those of one table"):
        load_data("csv:t.csv", {"past": (4, 2)}, LOAD, 0, windows=Windows(4, 2), test="csv:t.csv")


def test_another_gap_may_be_given() -> None:
    data = loaded({"past": (4, 2)}, LOAD, Windows(4, 2), Splitting(0, split="ordered", gap=20))
    last, first = data.train.inputs["past"][:][-1, 0, 0], data.validation.inputs["past"][:][0, 0, 0]
    assert first - last == 21


# ---- windows for a trained model

PAST = {"past": Columns((Column("load"), Column("heat")))}


def samples(labelled: bool, windows: Windows, source: Any = "csv:t.csv") -> Loaded:
    return window_samples(source, windows, {"past": (4, 2)}, LOAD, PAST, TableOptions(), labelled=labelled)


def test_predictions_are_for_every_window_and_the_last_one_for_rows_to_come() -> None:
    found = samples(False, Windows(4, 2))
    assert len(found.part) == 97
    np.testing.assert_array_equal(found.part.inputs["past"][:][-1, :, 0], [96, 97, 98, 99])
    assert found.part.ids is not None
    assert (found.part.ids[0], found.part.ids[-1]) == ("2024-01-04", "2024-04-09")
    scored = samples(True, Windows(4, 2))
    assert len(scored.part) == 95
    np.testing.assert_array_equal(scored.part.labels["load"][:][-1], [98, 99])


def test_no_window_for_predictions_crosses_two_series() -> None:
    write(20, shop=["a", "b"] * 10)
    found = samples(False, Windows(4, 2, "shop"))
    assert len(found.part) == 14
    assert found.part.ids is not None
    assert found.part.ids[:2] == ("a 2024-01-07", "a 2024-01-09")
    np.testing.assert_array_equal(found.part.inputs["past"][:][7, :, 0], [1, 3, 5, 7])


def test_columns_are_found_by_name() -> None:
    """Other columns, and another order of them, change nothing. The column of the output may be missing."""
    write_table(Path("t.csv"), {"more": range(9), "heat": range(9), "load": range(100, 109)})
    np.testing.assert_array_equal(samples(False, Windows(4, 2)).part.inputs["past"][:][0, 0], [100, 0])
    write_table(Path("t.csv"), {"heat": range(9)})
    alone = {"past": Columns((Column("heat"),))}
    found = window_samples("csv:t.csv", Windows(4, 2), {"past": (4, 1)}, LOAD, alone, TableOptions(), labelled=False)
    assert (len(found.part), found.part.ids) == (6, ("5", "6", "7", "8", "9", "10"))
    with pytest.raises(DataError, match=r"it has no column `load`"):
        samples(False, Windows(4, 2))
    with pytest.raises(DataError, match=r"no labels for the output `load`"):
        samples(True, Windows(4, 2))


def test_too_few_rows_for_a_prediction() -> None:
    write(3)
    with pytest.raises(DataError) as caught:
        samples(False, Windows(4, 2))
    assert render_text(caught.value.diagnostics[0]) == (
        """error[SQS917]: `t.csv` has 3 rows, but windows need at least 4
  = help: add rows: a model takes windows of as many rows as it was trained with
  = note: a window has 4 rows"""
    )
    write(5)
    with pytest.raises(DataError, match="a window has 4 rows, and 2 after it have the labels"):
        samples(True, Windows(4, 2))


def test_a_frame_has_the_windows_of_its_file() -> None:
    frame = pytest.importorskip("pandas").read_csv("t.csv")
    of_file = loaded({"past": (4, 2)}, LOAD, Windows(4, 2))
    of_frame = load_given(frame, {"past": (4, 2)}, LOAD, Splitting(0), windows=Windows(4, 2))
    assert of_file.fingerprint == of_frame.fingerprint
    assert samples(False, Windows(4, 2), frame).part.ids == samples(False, Windows(4, 2)).part.ids


def test_what_a_model_must_know_is_described() -> None:
    windows = Windows(4, 2, "shop")
    write(60, shop=["a"] * 60)
    found = described(loaded({"past": (4, 2)}, LOAD, windows))
    assert Windows.from_plain(found["windows"]) == windows
    assert Columns.from_plain(found["columns"]["past"]).names == ("load", "heat")
    assert found["targets"]["load"]["columns"] == ["load"]
