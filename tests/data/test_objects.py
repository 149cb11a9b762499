"""Data that a program holds: every form gives the same samples, and every fault is a diagnostic."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqsem_dsl.data import read_batches
from sqsem_dsl.data.dataset import Dataset, Loaded
from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.given import load_given, words_of
from sqsem_dsl.data.objects import load_object
from sqsem_dsl.data.split import Splitting
from sqsem_dsl.settings.metrics import OutputFact

INPUTS = {"x": (4,)}
OUTPUTS = {"label": OutputFact((3,), "softmax")}
X = np.random.default_rng(0).normal(size=(30, 4))
Y = np.arange(30) % 3


class Tensor:
    """A tensor of another framework."""

    def __init__(self, values: Any) -> None:
        self.values = values

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.asarray(self.values, dtype)


class Samples:
    """A data set of PyTorch's kind."""

    def __init__(self, item: Callable[[int], Any]) -> None:
        self.item = item

    def __len__(self) -> int:
        return 30

    def __getitem__(self, at: int) -> Any:
        return self.item(at)


class Loader:
    """Batches that can be read again and again, as a `DataLoader` has."""

    def __iter__(self) -> Iterator[Any]:
        return iter([(X[at : at + 8], Y[at : at + 8]) for at in range(0, 30, 8)])


def load(data: object, **more: Any) -> Loaded:
    return load_object(data, INPUTS, OUTPUTS, **more)


def rows(loaded: Loaded) -> list[tuple[Any, ...]]:
    return sorted((*x, int(y)) for x, y in zip(loaded.part.inputs["x"][:], loaded.part.labels["label"], strict=True))


@pytest.mark.parametrize(
    "data",
    [
        (X, Y),
        [X, Y],
        (X.tolist(), Y.tolist()),
        (X, Y[:, None]),
        (X, np.eye(3)[Y]),
        (Tensor(X), Tensor(Y)),
        ({"x": X}, {"label": Y}),
        ({"x": X}, Y),
        {"x": X, "label": Y, "other": "ignored"},
        list(zip(X, Y, strict=True)),
        Samples(lambda at: (X[at], Y[at])),
        Samples(lambda at: {"x": X[at].tolist(), "label": int(Y[at])}),
    ],
)
def test_every_form_gives_the_same_samples_in_the_same_order(data: object) -> None:
    part = load(data).part
    np.testing.assert_array_equal(part.inputs["x"][:], X.astype(np.float32))
    np.testing.assert_array_equal(part.labels["label"], Y)


@given(st.permutations(range(30)), st.integers(1, 30), st.booleans())
def test_batches_give_the_same_data_in_any_order_and_of_any_size(order: list[int], size: int, named: bool) -> None:
    def batches() -> Iterator[Any]:
        for at in range(0, 30, size):
            some = order[at : at + size]
            yield {"x": X[some], "label": Y[some]} if named else (X[some], Y[some])

    found, expected = load(batches()), load(Loader())
    assert rows(found) == rows(load((X, Y)))
    np.testing.assert_array_equal(found.part.inputs["x"], expected.part.inputs["x"])


def test_samples_may_come_without_a_batch_axis() -> None:
    assert rows(load(iter(zip(X, Y, strict=True)))) == rows(load((X, Y)))


def test_several_inputs_and_outputs_come_in_order_or_by_name() -> None:
    inputs = {"a": (2,), "b": (2,)}
    outputs = {"p": OutputFact((1,), "sigmoid"), "q": OutputFact((1,))}
    a, b, p, q = X[:, :2], X[:, 2:], Y == 0, X[:, 0]
    forms: list[Any] = [
        ([a, b], [p, q]),
        ((a, b), {"q": q, "p": p}),
        {"a": a, "b": b, "p": p, "q": q},
        Samples(lambda at: ((a[at], b[at]), (p[at], q[at]))),
    ]
    for data in forms:
        part = load_object(data, inputs, outputs).part
        np.testing.assert_array_equal(part.inputs["b"], b.astype(np.float32))
        np.testing.assert_array_equal(part.labels["p"][:, 0], p)
        np.testing.assert_array_equal(part.labels["q"][:, 0], q.astype(np.float32))


def test_bytes_stay_images() -> None:
    images = np.zeros((6, 2, 2, 3), np.uint8)
    part = load_object((images, np.arange(6) % 3), {"x": (2, 2, 3)}, OUTPUTS).part
    assert part.inputs["x"].divisor == 255  # type: ignore[union-attr]


def test_labels_may_be_names() -> None:
    names = np.array(["cat", "ant", "bee"])
    found = load((X, names[Y]))
    assert found.class_names == {"label": ("ant", "bee", "cat")}
    np.testing.assert_array_equal(found.part.labels["label"], np.array([2, 0, 1])[Y])
    part = load((X[:2], ["bee", "cat"]), classes=found.class_names).part
    assert part.labels["label"].tolist() == [1, 2]
    with pytest.raises(DataError, match="labels of `label` are `dog`, which are not known"):
        load((X[:2], ["bee", "dog"]), classes=found.class_names)


def test_weights_come_with_the_data_or_apart() -> None:
    weights = np.linspace(0, 1, 30)
    for data, more in [((X, Y, weights), {}), ((X, Y), {"sample_weight": weights})]:
        np.testing.assert_array_equal(load(data, **more).part.weights, weights.astype(np.float32))
    part = load(iter([(X[:20], Y[:20], weights[:20]), (X[20:], Y[20:], weights[20:])])).part
    assert sorted(part.weights) == weights.astype(np.float32).tolist()  # type: ignore[arg-type]
    with pytest.raises(DataError, match="it has weights, and so has `sample_weight`"):
        load((X, Y, weights), sample_weight=weights)


class Failing:
    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise RuntimeError("it is on another device")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (X, "`data` is not data: it is an array without labels"),
        (3, "`data` is not data: it is of type `int`"),
        ((X,), "it is a tuple of 1"),
        ((X, Y[:-1]), "the arrays differ in their number of samples: `x` has 30, `label` has 29"),
        ((X[:, :3], Y), r"the samples of `x` have the shape \[3\], but \[4\] is expected"),
        ((X, Y + 1), "`label` has the label 3 in sample 2"),
        ((X * np.inf, Y), "`x` has 120 values that are not a finite number"),
        (({"xs": X}, Y), "`data` has no array for the input `x`"),
        ({"x": X}, "`data` has no array for the output `label`"),
        ((X.astype(complex), Y), "`x` holds complex numbers"),
        ((Failing(), Y), "`x` cannot be read: RuntimeError: it is on another device"),
        (
            ([[1, 2, 3, 4], [1]], [0, 1]),
            r"`x` cannot be read: the sample 1 has the shape \[1\], and the sample 0 has \[4\]",
        ),
        (iter([X]), r"`data\[0\]` is not data: it is a `ndarray`"),
        (iter([{"xs": X, "label": Y}]), r"`data\[0\]` has no array for the input `x`"),
        (
            iter([(X, Y), (X[:, :3], Y)]),
            r"the samples of batch 1 have the shape \[3\], and the samples of batch 0 have \[4\]",
        ),
        (
            (1 / 0 for _ in range(3)),
            "`data` cannot be read: reading the batch 0 raises ZeroDivisionError: division by zero",
        ),
        (iter([]), "`data` is not data: it has no samples"),
    ],
)
def test_what_does_not_fit_is_a_diagnostic(data: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        load(data)


def test_all_faults_are_reported_at_once() -> None:
    with pytest.raises(DataError) as caught:
        load_given((X, Y), INPUTS, OUTPUTS, Splitting(0), validation_data=(X[:, :3], Y), test_data=(X, Y + 5))
    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == ["SQS705", "SQS708"]


def test_what_never_ends_or_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def forever() -> Iterator[Any]:
        while True:
            yield X, Y

    monkeypatch.setattr(read_batches, "MAX_ITEMS", 100)
    with pytest.raises(DataError, match="`data` cannot be read into memory: it has more than 100 batches"):
        load(forever())
    monkeypatch.setattr(read_batches, "LARGEST", 10_000)
    with pytest.raises(DataError, match=r"`data` cannot be read into memory: it has more than 10\.0 kB of samples"):
        load(forever())


# ---- data frames


def frame(**more: Any) -> Any:
    pandas = pytest.importorskip("pandas")
    return pandas.DataFrame({**{f"c{at}": X[:, at] for at in range(4)}, "label": Y, **more})


def test_the_columns_of_a_frame_are_inputs_and_labels() -> None:
    own = frame()
    shuffled = own.sample(frac=1, random_state=0)
    forms = [own, shuffled, (own[["c0", "c1", "c2", "c3"]], own["label"]), (own.drop(columns="label"), Y)]
    assert all(rows(load(data)) == rows(load((X, Y))) for data in forms)
    np.testing.assert_array_equal(load(own).part.inputs["x"], X.astype(np.float32))
    two = load((own.drop(columns="label"), own[["label"]]))
    np.testing.assert_array_equal(two.part.labels["label"], Y)


def test_the_labels_of_a_frame_may_be_names() -> None:
    named = frame(label=np.array(["cat", "ant", "bee"])[Y])
    for data in (named, named.astype({"label": "category"}), (named.drop(columns="label"), named["label"])):
        found = load(data)
        assert found.class_names == {"label": ("ant", "bee", "cat")}
        np.testing.assert_array_equal(found.part.labels["label"], np.array([2, 0, 1])[Y])


def test_truth_values_of_a_frame_are_numbers() -> None:
    found = load(frame(c0=X[:, 0] > 0)).part.inputs["x"]
    np.testing.assert_array_equal(found[:, 0], X[:, 0] > 0)


def test_a_frame_of_other_columns_is_refused() -> None:
    with pytest.raises(DataError, match="`data` has 5 columns for the input `x`"):
        load(frame(c4=1.0))
    with pytest.raises(DataError, match="the data have no labels for the output `label`"):
        load(frame().drop(columns="label"))
    with pytest.raises(DataError, match="two of its columns are named `c0`"):
        load(frame().rename(columns={"c1": "c0"}))


# ---- data sets of frameworks


@pytest.mark.keras
def test_a_py_dataset_is_read_once() -> None:
    keras = pytest.importorskip("keras")

    class Batches(keras.utils.PyDataset):  # type: ignore[misc]
        def __len__(self) -> int:
            return 3

        def __getitem__(self, at: int) -> Any:
            return {"x": X[at * 10 : at * 10 + 10]}, Y[at * 10 : at * 10 + 10]

    class Endless(Batches):
        num_batches = None

    assert rows(load(Batches())) == rows(load((X, Y)))
    with pytest.raises(DataError, match="`data` cannot be read into memory: it is infinite"):
        load(Endless())


@pytest.mark.keras
def test_a_tf_dataset_is_read_once() -> None:
    tensorflow = pytest.importorskip("tensorflow")
    whole = tensorflow.data.Dataset.from_tensor_slices((X, Y))
    for data in (whole, whole.batch(7), whole.shuffle(30).batch(4)):
        assert rows(load(data)) == rows(load((X, Y)))
    again = [load(whole.shuffle(30).batch(4)).part.inputs["x"] for _ in range(2)]
    np.testing.assert_array_equal(*again)
    with pytest.raises(DataError, match="`data` cannot be read into memory: it is infinite"):
        load(whole.batch(4).repeat())


# ---- sets and weights


def given_set(data: Any = (X, Y), **more: Any) -> Dataset:
    return load_given(data, INPUTS, OUTPUTS, Splitting(0), **more)


def test_given_sets_are_used_whole() -> None:
    data = given_set(validation_data=(X[:9], Y[:9]), test_data={"x": X[9:15], "label": Y[9:15]})
    assert [len(part) for part in data.sets.values()] == [30, 9, 6]
    np.testing.assert_array_equal(data.validation.inputs["x"], X[:9].astype(np.float32))


def test_weights_belong_to_the_identity_of_the_data() -> None:
    made = [
        given_set(),
        given_set(sample_weight=np.ones(30)),
        given_set(sample_weight=np.linspace(0, 1, 30)),
        given_set(class_weight={0: 2.0}),
        given_set(class_weight={0: 3.0}),
    ]
    assert len({data.fingerprint for data in made}) == len(made)
    assert given_set(class_weight={0: 3.0}).fingerprint == made[-1].fingerprint
    assert made[2].describe().endswith(", with weights of samples")
    assert made[3].describe().endswith(", with weights of classes")


def test_a_data_set_that_is_split_stays_so() -> None:
    data = given_set()
    assert given_set(data).fingerprint == data.fingerprint
    with pytest.raises(DataError, match="already split: `validation_data`, `sample_weight` cannot change it"):
        given_set(data, validation_data=(X, Y), sample_weight=np.ones(30))
    with pytest.raises(DataError, match="already split: `fraction` cannot change it"):
        load_given(data, INPUTS, OUTPUTS, Splitting(0, fraction=0.5))


def test_groups_stay_together_and_samples_in_order_do() -> None:
    groups = np.arange(30) // 3
    frames = frame(who=groups)
    for data, group in [((X, Y), groups), (frames, "who")]:
        sets = given_set(data, group=group).sets.values()
        of = {x.tobytes(): int(one) for x, one in zip(X.astype(np.float32), groups, strict=True)}
        found = [{of[x.tobytes()] for x in part.inputs["x"]} for part in sets]
        assert sum(map(len, found)) == len(set.union(*found)) == 10
    with pytest.raises(DataError, match="`--group whom`: `data` has no column or array of that name"):
        given_set(frames, group="whom")
    with pytest.raises(DataError, match=r"`group` is not data: it has the shape \[29\], but there are 30 samples"):
        given_set(group=groups[1:])
    for data in ((X, Y), Loader()):
        ordered = load_given(data, INPUTS, OUTPUTS, Splitting(0, split="ordered", gap=2))
        np.testing.assert_array_equal(ordered.train.inputs["x"], X[:18].astype(np.float32))
        np.testing.assert_array_equal(ordered.test.inputs["x"], X[-4:].astype(np.float32))  # type: ignore[union-attr]
    with pytest.raises(DataError, match="samples in order cannot be grouped"):
        load_given((X, Y), INPUTS, OUTPUTS, Splitting(0, split="ordered"), group=groups)


def test_words_and_objects_mix(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=X, label=Y)
    path = tmp_path / "a.npz"
    for data, validation in [(path, (X[:9], Y[:9])), ((X, Y), path), (path, path), ((X, Y), (X[:9], Y[:9]))]:
        found = given_set(data, validation_data=validation)
        assert len(found.train) == 30
        assert len(found.validation) == (30 if validation is path else 9)
    weighted = given_set(path, sample_weight=X[:, 0] - X.min()).train
    of = {x.tobytes(): x[0] - X.min().astype(np.float32) for x in X.astype(np.float32)}
    np.testing.assert_allclose(weighted.weights, [of[x.tobytes()] for x in weighted.inputs["x"]], rtol=1e-6)


def test_words_are_not_objects() -> None:
    assert words_of(["image=images:a", "points=csv:b"]) == ["image=images:a", "points=csv:b"]
    assert all(words_of(data) is None for data in ((X, Y), {"x": X}, [], {}, 3))


class ClassLabel:
    """A feature of a Hugging Face data set, as far as its public attributes are concerned."""

    def __init__(self, names: list[str]) -> None:
        self.num_classes, self.names = len(names), names


@pytest.mark.parametrize("names", [["cat", "dog", "bird"], ["cat", "dog"]])
def test_class_names_of_a_hugging_face_data_set(names: list[str]) -> None:
    """Labels are numbers there, in the order of the names, which is not that of the alphabet."""

    def with_names(names: list[str]) -> Samples:
        samples = Samples(lambda at: {"x": X[at], "label": int(Y[at])})
        samples.features = {"x": object(), "label": ClassLabel(names)}  # type: ignore[attr-defined]
        return samples

    found = load(with_names(names))
    assert found.class_names == ({"label": tuple(names)} if len(names) == 3 else {})
    np.testing.assert_array_equal(found.part.labels["label"][:], Y)
    if len(names) == 3:
        with pytest.raises(DataError, match="its classes of `label` are `dog`, `cat`, `bird`"):
            load(with_names(["dog", "cat", "bird"]), classes={"label": tuple(names)})
