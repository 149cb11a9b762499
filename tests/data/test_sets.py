"""Given training, validation and test sets: other sources, folders of images, and a file of ids."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sqsem_dsl.data.dataset import Dataset
from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.load import load_data
from sqsem_dsl.data.split import Splitting
from sqsem_dsl.settings.metrics import OutputFact
from tests.data.files import write_image, write_table

TWO = {"label": OutputFact((2,), "softmax")}
X = {"x": (1,)}
RGB = {"image": (4, 4, 3)}


def table(path: Path, first: int, labels: list[str], **more: list[object]) -> str:
    """A table of samples whose input `x` is their number, and the source that names it."""
    numbers = range(first, first + len(labels))
    write_table(path, {"id": [f"s{n}" for n in numbers], "x": list(numbers), "label": labels, **more})
    return f"csv:{path}"


def numbers(data: Dataset) -> dict[str, list[int]]:
    return {name: sorted(int(x) for x in part.inputs["x"][:, 0]) for name, part in data.sets.items()}


def sizes(data: Dataset) -> dict[str, int]:
    return {name: len(part) for name, part in data.sets.items()}


def codes(*args: object, **kwargs: object) -> list[str]:
    with pytest.raises(DataError) as caught:
        load_data(*args, **kwargs)  # type: ignore[arg-type]
    return [diagnostic.code for diagnostic in caught.value.diagnostics]


# ---- sources


def test_each_set_may_have_its_own_source(tmp_path: Path) -> None:
    train = table(tmp_path / "train.csv", 0, ["cat", "dog"] * 5)
    valid = table(tmp_path / "valid.csv", 100, ["cat", "dog"])
    test = table(tmp_path / "test.csv", 200, ["dog"])
    data = load_data(train, X, TWO, 0, validation=valid, test=[test])
    assert numbers(data) == {"training": list(range(10)), "validation": [100, 101], "test": [200]}
    assert data.sets["test"].labels["label"].tolist() == [1]
    untested = load_data(train, X, TWO, 0, validation=valid)
    assert sizes(untested) == {"training": 10, "validation": 2}
    tested = load_data(train, X, TWO, 0, test=test)
    assert sizes(tested) == {"training": 8, "validation": 2, "test": 1}


def test_classes_are_numbered_alike_in_all_sets(tmp_path: Path) -> None:
    train = table(tmp_path / "train.csv", 0, ["cat", "emu"] * 5)
    valid = table(tmp_path / "valid.csv", 100, ["dog", "emu"])
    three = {"label": OutputFact((3,), "softmax")}
    data = load_data(train, X, three, 0, validation=valid)
    assert data.classes == {"label": ("cat", "dog", "emu")}
    assert data.validation.labels["label"].tolist() == [1, 2]
    assert set(data.train.labels["label"].tolist()) == {0, 2}
    assert codes(train, X, TWO, 0, validation=valid) == ["SQS717"]


def test_arrays_and_other_forms_may_be_sets(tmp_path: Path) -> None:
    np.savez(tmp_path / "train.npz", x=np.zeros((8, 1)), label=np.arange(8) % 2)
    np.savez(tmp_path / "valid.npz", x=np.ones((4, 1)), label=np.arange(4) % 2)
    names = [f"{tmp_path}/{name}.npz" for name in ("train", "valid")]
    assert sizes(load_data(names[0], X, TWO, 0, validation=names[1])) == {"training": 8, "validation": 4}
    by_name = [f"x={names[1]}"]
    np.savez(tmp_path / "valid.npz", x=np.ones((4, 1)), label=np.arange(4) % 2, id=np.arange(4))
    assert sizes(load_data(names[0], X, TWO, 0, test=by_name)) == {"training": 7, "validation": 1, "test": 4}


def test_words_of_a_set_name_their_option() -> None:
    with pytest.raises(DataError, match="`--test` is not valid: `a`, `b` do not say which inputs they are for"):
        load_data("digits", X, TWO, 0, test=["a", "b"])


# ---- folders


def folders(root: Path, *sets: str, classes: tuple[str, ...] = ("cat", "dog"), count: int = 8) -> str:
    for at, name in enumerate(sets):
        for number, kind in enumerate(classes):
            for image in range(count):
                write_image(root / name / kind / f"{image}.png", 100 * at + 10 * number + image)
    return f"images:{root}"


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (("train", "val"), {"training": 16, "validation": 16}),
        (("Train", "Validation", "TEST"), {"training": 16, "validation": 16, "test": 16}),
        (("training", "testing"), {"training": 14, "validation": 2, "test": 16}),
    ],
)
def test_folders_of_sets_are_the_sets(tmp_path: Path, names: tuple[str, ...], found: dict[str, int]) -> None:
    pytest.importorskip("PIL")
    data = load_data(folders(tmp_path, *names), RGB, TWO, 0)
    assert sizes(data) == found
    assert data.classes == {"label": ("cat", "dog")}
    last = next(reversed(data.sets.values()))
    pixels = last.inputs["image"][:][:, 0, 0, 0]
    np.testing.assert_array_equal(last.labels["label"], pixels % 100 // 10)
    assert (pixels >= 100).all()


def test_a_class_may_be_missing_from_the_folder_of_a_set(tmp_path: Path) -> None:
    pytest.importorskip("PIL")
    folders(tmp_path, "train")
    folders(tmp_path, "val", classes=("dog",))
    data = load_data(f"images:{tmp_path}", RGB, TWO, 0)
    assert set(data.validation.labels["label"].tolist()) == {1}


def test_sets_that_are_given_twice_are_refused(tmp_path: Path) -> None:
    pytest.importorskip("PIL")
    source = folders(tmp_path / "a", "train", "val")
    other = folders(tmp_path / "b", ".")
    assert codes(source, RGB, TWO, 0, validation=other) == ["SQS746"]
    assert sizes(load_data(source, RGB, TWO, 0, test=other)) == {"training": 16, "validation": 16, "test": 16}
    assert codes(other, RGB, TWO, 0, validation=source) == ["SQS746"]
    assert codes(source, RGB, TWO, Splitting(0, folds=2)) == ["SQS725"]


def test_8_and_16_bits_in_different_sets_have_one_scale(tmp_path: Path) -> None:
    pytest.importorskip("PIL")
    for name, mode, value in (("train", "L", 255), ("valid", "I;16", 65535)):
        for kind in ("cat", "dog"):
            write_image(tmp_path / name / kind / "1.png", value, mode=mode)
    source = f"images:{tmp_path}"
    data = load_data(f"{source}/train", {"image": (4, 4, 1)}, TWO, 0, validation=f"{source}/valid")
    assert {part.inputs["image"][:].max() for part in data.sets.values()} == {65535}
    assert data.divisor("image") == 65535


# ---- a file of ids


def test_a_file_names_the_set_of_each_sample(tmp_path: Path) -> None:
    source = table(tmp_path / "all.csv", 0, ["cat", "dog"] * 5)
    sets = ["train"] * 6 + ["val"] * 2 + ["Test"] * 2
    write_table(tmp_path / "split.csv", {"set": sets, "id": [f"s{n}" for n in range(10)], "note": sets})
    data = load_data(source, X, TWO, Splitting(0, split=f"{tmp_path}/split.csv"))
    assert numbers(data) == {"training": list(range(6)), "validation": [6, 7], "test": [8, 9]}


def test_ids_of_images_are_paths_or_stems(tmp_path: Path) -> None:
    pytest.importorskip("PIL")
    for kind in ("cat", "dog"):
        for at in (1, 2):
            write_image(tmp_path / "all" / kind / f"{kind}{at}.png")
    write_table(tmp_path / "s.csv", {"id": ["cat/cat1.png", "cat2", "dog1.png", "dog/dog2"],
                                     "set": ["train", "val", "train", "val"]})  # fmt: skip
    data = load_data(f"images:{tmp_path}/all", RGB, TWO, Splitting(0, split=f"{tmp_path}/s.csv"))
    assert set(data.train.ids or ()) == {"cat/cat1", "dog/dog1"}


def test_unknown_ids_and_samples_without_a_set_are_reported_together(tmp_path: Path) -> None:
    source = table(tmp_path / "all.csv", 0, ["cat", "dog"] * 5)
    path = tmp_path / "split.csv"
    splitting = Splitting(0, split=str(path))
    write_table(path, {"id": [f"s{n}" for n in range(1, 11)], "set": ["train"] * 10})
    assert codes(source, X, TWO, splitting) == ["SQS748", "SQS749"]
    write_table(path, {"id": ["s0", "s0", "s1"], "set": ["train", "test", "tset"]})
    with pytest.raises(DataError, match=r"line 3: the id `s0` occurs twice[\s\S]*line 4: `tset` is not a set"):
        load_data(source, X, TWO, splitting)
    write_table(path, {"id": [f"s{n}" for n in range(10)], "part": ["train"] * 10})
    with pytest.raises(DataError, match="it has no column `set`"):
        load_data(source, X, TWO, splitting)
    write_table(path, {"id": [f"s{n}" for n in range(10)], "set": ["test"] * 10})
    assert codes(source, X, TWO, splitting) == ["SQS746"]
    path.unlink()
    assert codes(source, X, TWO, splitting) == ["SQS736"]
    assert codes(source, X, TWO, Splitting(0, split="time")) == ["SQS727"]


def test_arrays_are_named_by_their_array_of_ids(tmp_path: Path) -> None:
    source, path = str(tmp_path / "a.npz"), tmp_path / "split.csv"
    write_table(path, {"id": range(4), "set": ["train", "train", "val", "test"]})
    np.savez(source, x=np.arange(4.0)[:, None], label=np.arange(4) % 2)
    assert codes(source, X, TWO, Splitting(0, split=str(path))) == ["SQS727"]
    np.savez(source, x=np.arange(4.0)[:, None], label=np.arange(4) % 2, id=np.arange(4))
    found = load_data(source, X, TWO, Splitting(0, split=str(path)))
    assert numbers(found) == {"training": [0, 1], "validation": [2], "test": [3]}
