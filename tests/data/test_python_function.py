"""Data from a user's function."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.load import load_data
from sqsem_dsl.data.split import Splitting
from sqsem_dsl.settings.metrics import OutputFact
from tests.data.files import THREE, refusal

POINTS = {"points": (2,)}
MODULE = """import numpy as np
from sqsem_dsl.data.dataset import Dataset, Part
from sqsem_dsl.settings.metrics import OutputFact

def arrays():
    return {"points": np.arange(60.0).reshape(30, 2), "label": np.arange(30) % 3, "more": 1}

def named():
    return {**arrays(), "id": [f"s{n}" for n in range(30)]}

def short():
    return {**arrays(), "id": ["s0"]}

def divided(label="label"):
    part = Part({"points": np.zeros((4, 2))}, {label: np.array([0, 1, 2, 0])})
    return Dataset("mine", {}, part, part, part)

def broken():
    return arrays()["pointes"]

def deeper():
    return np.zeros((2, 3)).reshape(7)

def nothing():
    pass

def nan():
    return {"points": np.full((30, 2), np.nan), "label": np.arange(30) % 3}

def misnamed():
    return divided("class")
"""


@pytest.fixture(autouse=True)
def _module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module `data_of_mine` on the path."""
    (tmp_path / "data_of_mine.py").write_text(MODULE, encoding="utf-8")
    (tmp_path / "data_with_a_slip.py").write_text("x = 1\ndef f(:\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "data_of_mine", raising=False)


def title(target: str, splitting: Splitting | int = 0) -> str:
    with pytest.raises(DataError) as caught:
        load_data(f"python:{target}", POINTS, THREE, splitting, allow_extern=True)
    [diagnostic] = caught.value.diagnostics
    return diagnostic.title


def test_it_does_not_run_unless_that_is_allowed(tmp_path: Path) -> None:
    (tmp_path / "data_of_mine.py").write_text("raise SystemExit")
    assert "--allow-extern" in str(refusal("python:data_of_mine:arrays", POINTS).help)


def test_arrays_by_name_are_divided_as_asked() -> None:
    data = load_data("python:data_of_mine:arrays", POINTS, THREE, Splitting(0, folds=3), allow_extern=True)
    assert len(data.folds) == 3
    assert len(data.test) == 4
    np.testing.assert_array_equal(data.train.inputs["points"][:, 0] // 2 % 3, data.train.labels["label"])


def test_a_function_gives_the_ids_of_a_file_of_sets(tmp_path: Path) -> None:
    lines = [f"s{n},{'train' if n < 20 else 'val' if n < 25 else 'test'}" for n in range(30)]
    (tmp_path / "sets.csv").write_text("\n".join(["id,set", *lines]), encoding="utf-8")
    splitting = Splitting(0, split=str(tmp_path / "sets.csv"))
    data = load_data("python:data_of_mine:named", POINTS, THREE, splitting, allow_extern=True)
    assert [len(part) for part in data.sets.values()] == [20, 5, 5]
    assert data.validation.inputs["points"][:, 0].tolist() == [40, 42, 44, 46, 48]
    assert "differ in their number of samples" in title("data_of_mine:short", splitting)


def test_a_data_set_has_parts_of_its_own_in_the_canonical_form() -> None:
    data = load_data("python:data_of_mine:divided", POINTS, THREE, 0, allow_extern=True)
    assert (len(data.train), len(data.test)) == (4, 4)
    assert data.train.inputs["points"].dtype == np.float32
    assert data.train.labels["label"].dtype == np.int32
    assert data.outputs == {"label": OutputFact((3,), "softmax")}


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("data_of_mine", "it does not name a function"),
        ("data_of_mine:none", "`data_of_mine` has no `none`"),
        ("data_of_nobody:f", "there is no module `data_of_nobody`"),
        ("data_with_a_slip:f", "(data_with_a_slip.py, line 2)"),
        ("data_of_mine:broken", "KeyError: 'pointes' (data_of_mine.py, line 19)"),
        ("data_of_mine:deeper", "cannot reshape array of size 6 into shape (7,) (data_of_mine.py, line 22)"),
        ("data_of_mine:nothing", "it returns NoneType"),
        ("data_of_mine:nan", "`points` has 60 values that are not a finite number"),
        ("data_of_mine:misnamed", "has no array for the output `label`"),
    ],
)
def test_what_it_raises_and_what_does_not_fit_is_reported(target: str, said: str) -> None:
    assert said in title(target)


@pytest.mark.parametrize("splitting", [Splitting(0, folds=3), Splitting(0, fraction=0.5)])
def test_what_is_divided_already_cannot_be_divided_again(splitting: Splitting) -> None:
    assert "is already split" in title("data_of_mine:divided", splitting)


def test_labels_of_a_function_may_be_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = "def load():\n    return {'points': [[1.0, 2.0]] * 30, 'label': ['b', 'c', 'a'] * 10}\n"
    (tmp_path / "with_names.py").write_text(module, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    data = load_data("python:with_names:load", POINTS, THREE, Splitting(0), allow_extern=True)
    assert data.class_names == {"label": ("a", "b", "c")}
    assert data.train.labels["label"][:].max() == 2
