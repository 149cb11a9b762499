"""Splits: disjoint, complete, the same for a seed, and stratified."""

from __future__ import annotations

import numpy as np
import pytest

from sqsem_dsl.data.arrays import Bytes
from sqsem_dsl.data.dataset import Dataset, Loaded, Part
from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.split import Splitting
from sqsem_dsl.data.split import split as split_loaded
from sqsem_dsl.settings.metrics import OutputFact

LABEL = {"label": OutputFact((3,), "softmax")}


def split(
    name: str, outputs: dict[str, OutputFact], whole: Part, splitting: Splitting, test: Part | None = None
) -> Dataset:
    return split_loaded(Loaded(name, whole, test=test), outputs, splitting)


def sizes(data: Dataset) -> tuple[int, ...]:
    return tuple(map(len, data.sets.values()))


def samples(count: int, seed: int = 0) -> Part:
    """Each input is the sample's number; 70 % of class 0, 20 % of class 1, 10 % of class 2."""
    labels = np.random.default_rng(seed).permutation(np.repeat([0, 1, 2], [count * 7 // 10, count // 5, count // 10]))
    numbers = np.arange(len(labels), dtype=np.float32)[:, None]
    return Part({"number": numbers}, {"label": labels.astype(np.int32)})


@pytest.mark.parametrize("seed", [0, 1, 7])
@pytest.mark.parametrize("count", [10, 40, 1000])
def test_every_sample_is_in_one_part(count: int, seed: int) -> None:
    data = split("x", LABEL, samples(count), Splitting(seed))
    numbers = np.concatenate([p.inputs["number"][:, 0] for p in data.sets.values()])
    assert sorted(numbers) == list(range(count))


def test_parts_have_their_sizes_and_the_classes_their_shares() -> None:
    data = split("x", LABEL, samples(1000), Splitting(3))
    assert sizes(data) == (700, 150, 150)
    for part in data.sets.values():
        shares = np.bincount(part.labels["label"], minlength=3) / len(part)
        np.testing.assert_allclose(shares, [0.7, 0.2, 0.1], atol=0.01)


def test_inputs_stay_with_their_labels() -> None:
    whole = samples(100)
    data = split("x", LABEL, whole, Splitting(5))
    for part in data.sets.values():
        original = whole.labels["label"][part.inputs["number"][:, 0].astype(int)]
        np.testing.assert_array_equal(part.labels["label"], original)


def test_the_seed_alone_decides() -> None:
    same, again, other = (split("x", LABEL, samples(200), Splitting(seed)).fingerprint for seed in (4, 4, 5))
    assert same == again != other


def test_numbers_are_split_without_classes() -> None:
    part = Part({"x": np.zeros((20, 2), np.float32)}, {"y": np.random.default_rng(0).random((20, 1), np.float32)})
    data = split("x", {"y": OutputFact((1,))}, part, Splitting(0))
    assert sizes(data) == (14, 3, 3)


def test_two_samples_are_too_few() -> None:
    part = Part({"x": np.zeros((2, 1), np.float32)}, {"y": np.zeros((2, 1), np.float32)})
    with pytest.raises(DataError, match="has 2 samples, but a split into three sets needs at least 3"):
        split("x", {"y": OutputFact((1,))}, part, Splitting(0))
    three = Part({"x": np.zeros((3, 1), np.float32)}, {"y": np.zeros((3, 1), np.float32)})
    assert len(split("x", {"y": OutputFact((1,))}, three, Splitting(0)).train) == 1


def test_a_fraction_is_fair_and_leaves_the_test_part_whole() -> None:
    whole = split("x", LABEL, samples(1000), Splitting(3))
    tenth = split("x", LABEL, samples(1000), Splitting(3, fraction=0.1))
    assert sizes(tenth) == (70, 15, 150)
    np.testing.assert_array_equal(tenth.test.inputs["number"], whole.test.inputs["number"])
    assert set(tenth.train.inputs["number"][:, 0]) < set(whole.train.inputs["number"][:, 0])
    assert np.bincount(tenth.train.labels["label"]).tolist() == [49, 14, 7]


def test_each_sample_is_for_validation_in_one_fold() -> None:
    data = split("x", LABEL, samples(1000), Splitting(3, folds=5))
    folds = [data.fold(number) for number in range(5)]
    held_out = np.concatenate([fold.validation.inputs["number"][:, 0] for fold in folds])
    assert len(held_out) == len(set(held_out)) == 850
    for fold in folds:
        trained = set(fold.train.inputs["number"][:, 0])
        assert len(trained) == 680
        assert not trained & {*fold.validation.inputs["number"][:, 0], *data.test.inputs["number"][:, 0]}
        assert np.bincount(fold.validation.labels["label"]).tolist() == pytest.approx([119, 34, 17], abs=1)
    np.testing.assert_array_equal(data.validation.inputs["number"], folds[0].validation.inputs["number"])
    assert data.fingerprint != split("x", LABEL, samples(1000), Splitting(3, folds=4)).fingerprint
    assert data.describe() == "x: 850 samples in 5 folds, 150 test samples"


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("fraction", [1.0, 0.4])
@pytest.mark.parametrize("rare", [1, 2, 3, 4])
def test_each_part_has_of_a_rare_class_what_is_possible(rare: int, fraction: float, seed: int) -> None:
    """Training first, then validation, then the test set; nothing is lost or duplicated, and sizes stay."""
    labels = np.repeat([0, 1, 2], [60, 40 - rare, rare]).astype(np.int32)
    numbers = np.arange(100, dtype=np.float32)[:, None]
    data = split("x", LABEL, Part({"number": numbers}, {"label": labels}), Splitting(seed, fraction=fraction))
    parts = tuple(data.sets.values())
    assert [2 in part.labels["label"] for part in parts] == [rare >= 1, rare >= 2, rare >= 3]
    assert [len(part) for part in parts] == [round(70 * fraction), round(15 * fraction), 15]
    taken = np.concatenate([part.inputs["number"][:, 0] for part in parts])
    assert len(set(taken)) == len(taken)
    own = split("x", LABEL, Part({"number": numbers}, {"label": labels}), Splitting(seed), data.test)
    assert [2 in part.labels["label"] for part in (own.train, own.validation)] == [rare >= 1, rare >= 2]


def test_more_classes_than_a_part_has_samples_lose_none_from_training() -> None:
    labels = np.arange(20, dtype=np.int32)
    part = Part({"number": np.arange(20, dtype=np.float32)[:, None]}, {"label": labels % 14})
    data = split("x", {"label": OutputFact((14,), "softmax")}, part, Splitting(0))
    assert set(data.train.labels["label"]) == set(range(14))


def test_data_with_a_test_part_of_their_own_keep_it() -> None:
    own = samples(50, seed=9)
    data = split("x", LABEL, samples(1000), Splitting(3), own)
    assert (len(data.train), len(data.validation)) == (850, 150)
    assert data.test is own


def test_more_folds_than_samples_are_refused() -> None:
    with pytest.raises(DataError, match="has 3 samples, but a split into folds needs at least 4"):
        split("x", LABEL, samples(10), Splitting(0, fraction=0.25, folds=4))


def test_given_validation_and_test_sets_leave_all_else_for_training() -> None:
    validation, test = samples(30, seed=8), samples(50, seed=9)
    data = split_loaded(Loaded("x", samples(100), {}, validation, test), LABEL, Splitting(3))
    assert (data.validation, data.test) == (validation, test)
    assert sorted(data.train.inputs["number"][:, 0]) == list(range(100))
    original = samples(100).labels["label"][data.train.inputs["number"][:, 0].astype(int)]
    np.testing.assert_array_equal(data.train.labels["label"], original)


def test_a_given_validation_set_alone_means_no_test_set() -> None:
    names = {"label": ("cat", "dog", "emu")}
    data = split_loaded(Loaded("x", samples(100), names, samples(30)), LABEL, Splitting(3))
    assert data.test is None
    assert data.class_names == names
    assert data.describe() == "x: 100 training, 30 validation samples, no test set"
    other = split_loaded(Loaded("x", samples(100), names, samples(30), samples(30)), LABEL, Splitting(3))
    assert data.fingerprint != other.fingerprint


@pytest.mark.parametrize("seed", range(3))
def test_a_fraction_thins_only_training_if_validation_is_given(seed: int) -> None:
    validation = samples(30, seed=8)
    data = split_loaded(Loaded("x", samples(1000), {}, validation), LABEL, Splitting(seed, fraction=0.1))
    assert data.validation is validation
    assert np.bincount(data.train.labels["label"]).tolist() == [70, 20, 10]


def test_folds_of_data_with_a_given_validation_set_are_refused() -> None:
    with pytest.raises(DataError, match="`--folds` cannot divide `x`, which has a validation set of its own"):
        split_loaded(Loaded("x", samples(100), {}, samples(30)), LABEL, Splitting(0, folds=3))


def test_sets_of_different_numbers_are_refused() -> None:
    images = np.zeros((30, 2, 2, 3), np.uint8)
    labels = {"label": np.zeros(30, np.int32)}
    loaded = Loaded("x", Part({"i": Bytes.of(images)}, labels), {}, Part({"i": images.astype(np.float32)}, labels))
    with pytest.raises(DataError, match="`i` has images of bytes in one set of `x`, and other numbers in another"):
        split_loaded(loaded, LABEL, Splitting(0))
