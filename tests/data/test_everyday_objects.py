"""Data as programs hold them: other libraries' objects, gaps and masks, frames beside arrays, and pairs of sets."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from sqsem_dsl.data.dataset import Dataset
from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.given import load_given
from sqsem_dsl.data.objects import load_object
from sqsem_dsl.data.split import Splitting
from sqsem_dsl.data.table_options import TableOptions
from sqsem_dsl.settings.metrics import OutputFact

INPUTS = {"x": (4,)}
OUTPUTS = {"y": OutputFact((3,), "softmax")}
NUMBER = {"y": OutputFact((1,), None)}
X = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32)
Y = np.arange(30) % 3
NAMES = np.array(["cat", "dog", "fox"])[Y]


class Items:
    """A data set of PyTorch's kind."""

    def __init__(self, item: Callable[[int], Any], length: Any = 30) -> None:
        self.item, self.length = item, length

    def __len__(self) -> Any:
        return self.length

    def __getitem__(self, at: int) -> Any:
        return self.item(at)


class Endless:
    """Samples without a length."""

    def __getitem__(self, at: int) -> Any:
        return X[at], Y[at]


class Sparse:
    """A sparse matrix of SciPy."""

    def toarray(self) -> Any:
        return X

    def __len__(self) -> int:
        raise TypeError("its length is ambiguous")


class Batches(Items):
    """A `PyDataset`."""

    def on_epoch_end(self) -> None: ...


class Folder(Items):
    classes = ("ant", "bee", "cow")


def refused(data: object, message: str, outputs: dict[str, OutputFact] = OUTPUTS, **more: Any) -> None:
    with pytest.raises(DataError) as caught:
        load_given(data, INPUTS, outputs, Splitting(0), **more)
    assert message in str(caught.value)


def labels(data: object, outputs: dict[str, OutputFact] = OUTPUTS) -> list[float]:
    found: list[float] = load_object(data, INPUTS, outputs).part.labels["y"][:].reshape(-1).tolist()
    return found


def given(data: object, validation: object, inputs: dict[str, tuple[int, ...]] = INPUTS) -> Dataset:
    return load_given(data, inputs, OUTPUTS, Splitting(0), validation_data=validation)


@pytest.mark.parametrize(
    "y",
    [
        Y.astype(object),
        [Decimal(int(one)) for one in Y],
        np.array([f"{name} " for name in NAMES], object),
        [name.encode() for name in NAMES],
    ],
)
def test_numbers_and_names_in_any_type(y: object) -> None:
    assert labels((X.astype(object), y)) == Y.tolist()
    assert labels((X, (Y > 0).astype(object)), {"y": OutputFact((1,), "sigmoid")}) == (Y > 0).tolist()


def test_an_input_of_one_number_takes_an_array_of_one_axis() -> None:
    found = load_object((X[:, 0], Y), {"x": (1,)}, OUTPUTS)
    assert (found.part.inputs["x"][:, 0] == X[:, 0]).all()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ((X, [None, *NAMES[1:]]), "`y` holds text, and nothing in sample 0"),
        ((X, [{}, *NAMES[1:]]), "`y` holds Python objects, such as a `dict` in sample 0"),
        (
            (np.where(X[7, 0] == X, None, X.astype(object)), Y),
            "has 1 value that is not a finite number, the first in sample 7",
        ),
        ((np.ma.masked_equal(X, X[2, 1]), Y), "`x` has 1 value that is not a finite number, the first in sample 2"),
        ((X, np.ma.masked_equal(Y, 2)), "`y` has 10 values that are not a finite number"),
        ((Sparse(), Y), "`x` cannot be read: it is of type `Sparse`\n  = help: give `x.toarray()`"),
        (Sparse(), "help: give `(data.toarray(), labels)`"),
        (Endless(), "which has no `__len__`"),
        (lambda: (X, Y), "help: give what it returns: `data()`"),
        (Items(lambda at: (X[at], [1][at])), "reading the sample 1 raises IndexError"),
        (Items(lambda at: (X[at, : 4 - at % 2], Y[at])), "the sample 1 has the shape [3], and the sample 0 has [4]"),
        (
            Items(lambda at: {"x": X[at]} if at == 5 else {"x": X[at], "y": Y[at]}),
            "`data[5]` has no array for the output",
        ),
        (Items(lambda at: (X[at], Y[at]), 2.5), "its `__len__` raises TypeError"),
        (Batches(lambda at: (X, Y), None), "its `__len__` raises TypeError"),
        ({"train": (X, Y), "test": (X, Y)}, "help: give `data['train'], test_data=data['test']`"),
        (((X[:20], Y[:20]), (X[20:], Y[20:])), "it is a pair of two sets"),
        ([(X[:20], Y[:20]), (X[20:], Y[20:])], "it is a pair of two sets"),
        ((Items(lambda at: (X[at], Y[at])), Items(lambda at: (X[at], Y[at]))), "it is a pair of two sets"),
        (([X], Y), "it has one axis too many"),
        ({"x": X, "y": Y, "sample_weight": Y}, "help: give it as an argument: `sample_weight=data['sample_weight']`"),
        (iter([{"x": X, "y": Y, "sample_weight": Y}]), "help: give triples: `(inputs, labels, weights)`"),
        ((X, "y"), "its labels are the text `y`"),
    ],
)
def test_what_is_refused_says_what_to_give(data: object, message: str) -> None:
    refused(data, message)


def test_lists_have_an_array_for_each_output() -> None:
    two = {"a": OutputFact((3,), "softmax"), "b": OutputFact((1,), None)}
    refused((X, [NAMES, Y, Y]), "it has 3 arrays for `a`, `b`", two)
    refused((X, np.stack([Y, Y], axis=1)), "it has one `ndarray` for `a`, `b`", two)
    assert set(load_object((X, [NAMES, Y]), INPUTS, two).part.labels) == {"a", "b"}


def test_numbers_as_text_are_no_classes() -> None:
    refused((X, [str(one) for one in Y]), "`y` holds text, but an array of numbers is expected", NUMBER)


def test_batches_have_weights_by_output() -> None:
    data = load_object(iter([({"x": X}, {"y": Y}, {"y": np.full(30, 2.0)})]), INPUTS, OUTPUTS)
    assert data.part.weights is not None
    assert data.part.weights.tolist() == [[2.0]] * 30


def test_data_sets_name_their_classes() -> None:
    assert load_object(Folder(lambda at: (X[at], Y[at])), INPUTS, OUTPUTS).class_names == {"y": ("ant", "bee", "cow")}


def test_a_dict_has_the_weights_that_the_table_names() -> None:
    data = load_given(
        {"x": X, "y": Y, "w": np.full(30, 3.0)}, INPUTS, OUTPUTS, Splitting(0), table=TableOptions(weight="w")
    )
    assert data.train.weights is not None
    assert set(data.train.weights.tolist()) == {3.0}
    refused({"x": X, "y": Y}, "the weights `w` of `data` cannot be used", table=TableOptions(weight="w"))
    for unnamed in ((X, Y), ((X[k : k + 10], Y[k : k + 10]) for k in (0, 10, 20))):
        refused(unnamed, "it has no names; give `sample_weight`", table=TableOptions(weight="w"))


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.ones(3), "help: give a dict from class numbers or names to weights: `dict(enumerate(class_weight))`"),
        ([1.0, 2.0, 3.0], "it is not a dict, but a `list`"),
        ({7: 1.0}, "help: name a class, or give its number, from 0"),
    ],
)
def test_weights_of_classes_that_are_no_dict(weights: object, message: str) -> None:
    refused((X, Y), message, class_weight=weights)


def test_numbers_that_are_names_of_classes_are_names_in_the_weights_of_classes() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({**{f"f{at}": X[:, at] for at in range(4)}, "y": Y + 1})
    weigh = {"class_weight": {1: 5.0, 3: 7.0}}
    assert load_given(frame, INPUTS, OUTPUTS, Splitting(0), **weigh).class_weights == {"y": (5.0, 1.0, 7.0)}
    refused(frame, "there is no such class", class_weight={0: 2.0})
    floats = {0.0: 2.0, np.int64(1): 3.0}
    assert load_given((X, Y), INPUTS, OUTPUTS, Splitting(0), class_weight=floats).class_weights == {
        "y": (2.0, 3.0, 1.0)
    }
    refused((X, Y), "name the column of weights by `table=TableOptions(weight='w')`", sample_weight="w")
    series = pandas.Series({0: 1.0})
    refused((X, Y), "`class_weight.to_dict()`", class_weight=series)


@pytest.mark.parametrize("shape", [(4,), (2, 2)])
def test_columns_of_frames_are_matched_by_name(shape: tuple[int, ...]) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=list("abcd"))
    for make in (lambda x: (x, Y), lambda x: {"x": x, "y": Y}):
        data = given(make(frame), make(frame[["d", "b", "c", "a"]]), {"x": shape})
        assert (data.validation.inputs["x"].reshape(30, 4) == X).all()
        with pytest.raises(DataError, match="it has no column `a`"):
            given(make(frame), make(frame.rename(columns={"a": "e"})), {"x": shape})


@pytest.mark.parametrize("shape", [(4,), (2, 2)])
def test_a_frame_of_numbers_is_read_like_a_table(shape: tuple[int, ...]) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=list("abcd")).assign(a=range(30))
    plain, table = (
        {"x": frame.astype({"b": dtype}), "y": Y} for dtype in ("float32", object)
    )  # objects take the long way
    one, other = (load_object(data, {"x": shape}, OUTPUTS) for data in (plain, table))
    assert one.columns == other.columns
    assert one.part.inputs["x"].shape == (30, *shape)
    assert one.part.inputs["x"].dtype == other.part.inputs["x"].dtype  # type: ignore[union-attr]
    assert (one.part.inputs["x"][:] == other.part.inputs["x"][:]).all()
    gap = load_object({"x": frame.assign(a=np.where(Y == 1, np.nan, 0.0)), "y": Y}, {"x": (4,)}, OUTPUTS)
    assert [column.missing for column in gap.columns["x"].each] == [True, False, False, False]


def test_columns_of_labels_have_one_order() -> None:
    pandas = pytest.importorskip("pandas")
    one_hot = pandas.get_dummies(pandas.Series(NAMES))
    with pytest.raises(DataError, match="the columns of labels the same names in all sets, in the same order"):
        given((X, one_hot), (X, one_hot[["fox", "cat", "dog"]]))
    assert given((X, one_hot), (X, one_hot)).validation.labels["y"].tolist() == Y.tolist()


def test_frames_with_numbers_as_names_of_columns() -> None:
    pandas = pytest.importorskip("pandas")
    found = load_object((pandas.DataFrame(X), NAMES), INPUTS, OUTPUTS)
    assert (found.part.inputs["x"][:] == X).all()
    assert found.columns["x"].names == ("0", "1", "2", "3")


def test_frames_that_are_refused() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=list("abcd")).assign(y=NAMES)
    refused(pandas.concat([frame, frame], axis=1), "two of its columns are named `a`")
    refused(frame.rename(columns={"a": ""}), "its column 1 has no name")
    lists = frame.assign(e=[[1.0]] * 30)
    refused(lists, "its column `e` holds values of type `list`")
    assert len(load_object(lists, INPUTS, OUTPUTS, table=TableOptions(drop=("e",))).part) == 30


def test_frames_with_paths_of_images() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"x": ["a.png", "b.png", "c.png"], "y": [0, 1, 2]})
    with pytest.raises(DataError, match="has paths of images, which are not read from a frame"):
        load_given(frame, {"x": (4, 4, 3)}, OUTPUTS, Splitting(0))


def test_groups_of_a_frame_beside_labels() -> None:
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("sklearn")
    frame = pandas.DataFrame(X, columns=list("abcd")).assign(person=np.arange(30) % 10)
    data = load_given((frame, Y), INPUTS, OUTPUTS, Splitting(0), group="person")
    assert sum(len(part) for part in data.sets.values()) == 30
    refused((X, Y), "the sample 3 has no group", group=[1, 2, 3, None, *range(26)])


def test_class_numbers_for_names_are_said_to_be_such() -> None:
    with pytest.raises(DataError, match="labels of `y` are class numbers, and those of the training set are names"):
        given((X, NAMES), (X, Y))
