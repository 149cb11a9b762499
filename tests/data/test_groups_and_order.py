"""Splits that keep groups together, and splits of samples in order."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sqsem_dsl.data.dataset import Dataset, Loaded, Part
from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.load import load_data
from sqsem_dsl.data.split import Splitting, split
from sqsem_dsl.settings.metrics import OutputFact
from tests.data.files import write_image, write_table

TWO = {"label": OutputFact((2,), "softmax")}
X = {"x": (1,)}


def made(labels: list[int], groups: list[int] | None = None) -> Loaded:
    """Each input is the sample's number."""
    numbers = np.arange(len(labels), dtype=np.float32)[:, None]
    part = Part({"x": numbers}, {"label": np.array(labels, np.int32)})
    return Loaded("x", part, groups=None if groups is None else tuple(map(str, groups)))


def numbers(part: Part | None) -> list[int]:
    assert part is not None
    return [int(x) for x in part.inputs["x"][:, 0]]


def disjoint_sets(data: Dataset) -> list[list[list[int]]]:
    """Sets of samples of which no two may share a group: the three sets, or each fold with the test set."""
    folds = range(max(1, len(data.folds)))
    return [[numbers(part) for part in data.fold(number).sets.values()] for number in folds]


# ---- groups


@st.composite
def grouped(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    count = draw(st.integers(20, 60))
    groups = draw(st.lists(st.integers(0, 11), min_size=count, max_size=count))
    labels = draw(st.lists(st.integers(0, 1), min_size=count, max_size=count))
    return labels, [*groups[:-8], *range(8)]  # at least eight groups


@given(grouped(), st.integers(0, 3), st.sampled_from([0, 2, 4]), st.sampled_from([1.0, 0.6]))
@settings(max_examples=40, deadline=None)
def test_no_group_is_in_two_sets_or_folds(
    samples: tuple[list[int], list[int]], seed: int, folds: int, fraction: float
) -> None:
    pytest.importorskip("sklearn")
    labels, groups = samples
    with nullcontext() if fraction == 1 or not folds else suppress(DataError):  # it may leave fewer groups than folds
        data = split(made(labels, groups), TWO, Splitting(seed, fraction, folds))
        check_groups(data, groups, None if fraction < 1 else len(labels))


def check_groups(data: Dataset, groups: list[int], total: int | None) -> None:
    """No group is in two sets, none of which is empty; together they have all samples."""
    for sets in disjoint_sets(data):
        assert all(sets)
        found = [{groups[number] for number in part} for part in sets]
        assert sum(map(len, found)) == len(set.union(*found))
        if total is not None:
            assert sorted(number for part in sets for number in part) == list(range(total))


def test_groups_are_split_by_class_and_size() -> None:
    """Of 100 groups of 10 samples, 30 have the second class."""
    pytest.importorskip("sklearn")
    groups = [at // 10 for at in range(1000)]
    labels = [int(group % 10 < 3) for group in groups]
    data = split(made(labels, groups), TWO, Splitting(0))
    for part, share in zip(data.sets.values(), (0.7, 0.15, 0.15), strict=True):
        assert len(part) / 1000 == pytest.approx(share, abs=0.02)
        assert part.labels["label"].mean() == pytest.approx(0.3, abs=0.06)
    again = split(made(labels, groups), TWO, Splitting(0))
    assert again.fingerprint == data.fingerprint != split(made(labels, groups), TWO, Splitting(1)).fingerprint


def test_a_given_test_set_stays_and_groups_are_cut_for_validation() -> None:
    pytest.importorskip("sklearn")
    loaded = made([0, 1] * 10, [at // 2 for at in range(20)])
    tested = Loaded(loaded.name, loaded.part, test=loaded.part, groups=loaded.groups)
    data = split(tested, TWO, Splitting(0))
    assert data.test is loaded.part
    assert len(data.train) + len(data.validation) == 20


def test_columns_arrays_and_folders_are_groups(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    patients = [f"p{at // 4}" for at in range(24)]
    write_table(tmp_path / "t.csv", {"patient": patients, "x": range(24), "label": ["a", "b"] * 12})
    np.savez(tmp_path / "t.npz", patient=patients, x=np.arange(24)[:, None], label=np.arange(24) % 2)
    for source in (f"csv:{tmp_path}/t.csv", f"{tmp_path}/t.npz", f"x={tmp_path}/t.npz"):
        if source.startswith("x="):
            np.savez(tmp_path / "t.npz", patient=patients, x=np.arange(24)[:, None], label=np.arange(24) % 2,
                     id=np.arange(24))  # fmt: skip
        data = load_data([source], X, TWO, Splitting(0, group="patient"))
        [sets] = disjoint_sets(data)
        assert sorted(patient for part in sets for patient in {n // 4 for n in part}) == list(range(6))


def test_a_folder_below_that_of_the_class_is_a_group(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    pytest.importorskip("PIL")
    for at in range(24):
        write_image(tmp_path / "all" / ("cat", "dog")[at % 2] / f"owner{at // 4}" / f"{at}.png", at)
    source = f"images:{tmp_path}/all"
    data = load_data(source, {"image": (4, 4, 3)}, TWO, Splitting(0, group="folder"))
    owners = [{(one or "").split("/")[1] for one in part.ids or ()} for part in data.sets.values()]
    assert sum(map(len, owners)) == len(set.union(*owners)) == 6
    write_image(tmp_path / "all" / "cat" / "x.png")
    with pytest.raises(DataError, match=r"SQS729.*`cat/x.png`"):
        load_data(source, {"image": (4, 4, 3)}, TWO, Splitting(0, group="folder"))


def test_faults_of_groups_are_reported(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    write_table(tmp_path / "t.csv", {"who": ["a", "b"] * 6, "x": range(12), "label": ["a", "b"] * 6})
    source = f"csv:{tmp_path}/t.csv"

    def code(what: str, **more: object) -> str:
        with pytest.raises(DataError) as caught:
            load_data(what, X, TWO, Splitting(0, **more), validation=more.pop("validation", None))  # type: ignore
        [found] = caught.value.diagnostics
        return found.code

    assert code(source, group="who") == "SQS730"
    with pytest.raises(DataError, match=r"SQS728(.|\n)*it has `who`, `x`, `label`"):
        load_data(source, X, TWO, Splitting(0, group="patient"))
    write_table(tmp_path / "u.csv", {"x": range(12), "label": ["a", "b"] * 6})
    assert code(f"csv:{tmp_path}/u.csv", group="who") == "SQS728"
    assert code("digits", group="patient") == "SQS728"
    assert code(source, group="label") == "SQS727"
    assert code(source, group="who", split="ordered") == "SQS727"
    assert code(source, gap=3) == "SQS727"
    with pytest.raises(DataError, match="2 groups have samples in the training and in the validation set"):
        load_data(source, X, TWO, Splitting(0, group="who"), validation=source)


# ---- order


def test_samples_in_order_are_cut_where_they_are() -> None:
    data = split(made([0] * 50 + [1] * 50), TWO, Splitting(0, split="ordered"))
    assert [numbers(part) for part in data.sets.values()] == [
        list(range(70)),
        list(range(70, 85)),
        list(range(85, 100)),
    ]
    gap = split(made([0] * 100), TWO, Splitting(0, split="ordered", gap=3))
    assert [numbers(part) for part in gap.sets.values()] == [
        list(range(64)),
        list(range(67, 82)),
        list(range(85, 100)),
    ]
    assert len({data.fingerprint, gap.fingerprint}) == 2


@pytest.mark.parametrize("folds", [0, 3, 5])
@pytest.mark.parametrize("seed", range(4))
def test_no_set_is_empty_if_each_group_has_one_class(seed: int, folds: int) -> None:
    pytest.importorskip("sklearn")
    outputs = {"label": OutputFact((3,), "softmax")}
    groups = [at % 6 for at in range(30)]
    data = split(made([group % 3 for group in groups], groups), outputs, Splitting(seed, folds=folds, group=""))
    assert all(all(sets) for sets in disjoint_sets(data))


def test_forward_folds_train_on_what_comes_before() -> None:
    pytest.importorskip("sklearn")
    data = split(made([0] * 100), TWO, Splitting(0, split="ordered", folds=4, gap=2))
    assert data.describe() == "x: 83 samples in 4 forward folds, 15 test samples"
    ends = []
    for number in range(4):
        fold = data.fold(number)
        train, validation = numbers(fold.train), numbers(fold.validation)
        assert train == list(range(len(train)))
        assert validation == list(range(len(train) + 2, len(train) + 2 + 16))
        ends.append(validation[-1])
        assert numbers(fold.test) == list(range(85, 100))
    assert ends == [34, 50, 66, 82]
    other = split(made([0] * 100), TWO, Splitting(0, split="ordered", folds=4))
    assert other.fingerprint != data.fingerprint


def test_a_fraction_in_order_keeps_what_is_nearest() -> None:
    data = split(made([0] * 100), TWO, Splitting(0, 0.2, split="ordered"))
    assert (numbers(data.train), numbers(data.validation)) == (list(range(56, 70)), [70, 71, 72])
    assert len(numbers(data.test)) == 15


@pytest.mark.parametrize("folds", [0, 5])
def test_a_gap_that_leaves_nothing_is_refused(folds: int) -> None:
    pytest.importorskip("sklearn")
    with pytest.raises(DataError, match="has 100 samples: with a gap of 40 between the sets none is left"):
        split(made([0] * 100), TWO, Splitting(0, split="ordered", gap=40, folds=folds))
