"""Tables with categories and missing values as training, validation and test sets, with groups, and with folds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.load import load_data
from sqsem_dsl.data.split import Splitting
from sqsem_dsl.data.table_options import TableOptions
from sqsem_dsl.settings.metrics import OutputFact
from tests.data.files import write_table

ILL = {"ill": OutputFact((1,), "sigmoid")}
X = {"x": (4,)}


@pytest.fixture(autouse=True)
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """40 patients of 10 clinics, and 6 of other clinics, with the categories `m` and `x` alone."""
    monkeypatch.chdir(tmp_path)
    write("train.csv", 40, {"sex": ["f", "m"] * 20, "clinic": [f"c{at // 4}" for at in range(40)]})
    write("other.csv", 6, {"sex": ["m", "m", "x"] * 2, "clinic": [f"d{at}" for at in range(6)]})


def write(path: str, rows: int, more: dict[str, Any]) -> None:
    age = ["" if at % 5 == 0 else at for at in range(rows)]
    write_table(Path(path), {"ill": [at % 2 for at in range(rows)], "age": age, "dose": range(rows), **more})


def test_the_column_of_groups_is_no_input() -> None:
    data = load_data("csv:train.csv", X, ILL, Splitting(0, group="clinic"))
    assert data.columns["x"].names == ("age", "dose", "sex")
    clinics = [set((part.inputs["x"][:][:, 1] // 4).astype(int)) for part in data.sets.values()]
    assert sum(map(len, clinics)) == len(set().union(*clinics)) == 10


@pytest.mark.parametrize("name", ["validation", "test"])
def test_a_given_set_is_encoded_like_the_training_set(name: str) -> None:
    given: dict[str, Any] = {name: "csv:other.csv"}
    data = load_data("csv:train.csv", X, ILL, 0, **given, table=TableOptions(drop=("clinic",)))
    assert data.columns["x"].each[2].categories == ("f", "m")
    np.testing.assert_array_equal(data.sets[name].inputs["x"][:][:, 2], [1, 1, 2, 1, 1, 2])


def test_a_given_set_that_is_no_table_is_refused() -> None:
    np.savez("other.npz", x=np.zeros((6, 4)), ill=[0, 1] * 3)
    with pytest.raises(DataError, match=r"other.npz.* other columns for `x`"):
        load_data("csv:train.csv", X, ILL, 0, test="other.npz", table=TableOptions(drop=("clinic",)))


def test_every_fold_has_statistics_of_its_own_training_set() -> None:
    data = load_data("csv:train.csv", X, ILL, Splitting(0, folds=4, group="clinic"))
    for number in range(4):
        fold = data.fold(number)
        assert fold.fills("x")[0] == pytest.approx(np.nanmean(fold.train.inputs["x"][:][:, 0]))
    assert len({data.fold(number).fills("x") for number in range(4)}) == 4
