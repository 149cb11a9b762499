"""Files of arrays: what is accepted, the resulting form, and errors that name both sides."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sqsem_dsl.data.arrays import Bytes
from sqsem_dsl.data.dataset import Dataset
from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.load import load_data
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.settings.metrics import OutputFact

LABEL = {"label": OutputFact((10,), "softmax")}
IMAGE = {"image": (4, 4, 3)}
generator = np.random.default_rng(0)
IMAGES = generator.integers(0, 256, (40, 4, 4, 3), dtype=np.uint8)
LABELS = np.arange(40) % 10


def load(
    folder: Path, arrays: dict[str, Any], inputs: Any = IMAGE, outputs: dict[str, OutputFact] | None = None
) -> Dataset:
    path = folder / "data.npz"
    np.savez(path, **arrays)
    return load_data(str(path), inputs, LABEL if outputs is None else outputs, 0)


def refusal(folder: Path, arrays: dict[str, Any], outputs: dict[str, OutputFact] | None = None) -> Diagnostic:
    with pytest.raises(DataError) as caught:
        load(folder, arrays, outputs=outputs)
    [diagnostic] = caught.value.diagnostics
    return diagnostic


def test_values_are_those_of_the_file_and_a_model_divides_images_of_8_bits(tmp_path: Path) -> None:
    for images, divisor in ((IMAGES, 255), (IMAGES * 2.0, 1), (IMAGES.astype(np.uint16), 1)):
        data = load(tmp_path, {"image": images, "label": LABELS})
        read = np.concatenate([part.inputs["image"][:] for part in (data.train, data.validation, data.test)])
        assert read.dtype == np.float32
        assert sorted(read.ravel()) == sorted(images.ravel())
        assert data.divisor("image") == divisor


@pytest.mark.parametrize(
    ("shape", "divisor"),
    [((4, 4, 1), 255), ((4, 4, 3), 255), ((4, 4, 4), 255), ((4, 4, 2), 1), ((4, 4), 1), ((7,), 1), ((2, 4, 4, 3), 1)],
)
def test_bytes_are_images_only_where_the_input_can_be_one(tmp_path: Path, shape: tuple[int, ...], divisor: int) -> None:
    """Ages, counts and one-hot columns in bytes are numbers like any others."""
    values = np.random.default_rng(0).integers(0, 256, (40, *shape), dtype=np.uint8)
    data = load(tmp_path, {"x": values, "label": LABELS}, {"x": shape})
    assert data.divisor("x") == divisor
    assert data.train.inputs["x"][:].max() > 200


def test_images_of_8_bits_stay_bytes_in_memory(tmp_path: Path) -> None:
    data = load(tmp_path, {"image": IMAGES, "label": LABELS})
    parts = [part.inputs["image"] for part in (data.train, data.validation, data.test)]
    assert all(isinstance(part, Bytes) for part in parts)
    assert len({id(part.array) for part in parts if isinstance(part, Bytes)}) == 1


@pytest.mark.parametrize(
    "labels", [LABELS, LABELS[:, None], LABELS.astype(np.uint8), LABELS.astype(float), np.eye(10)[LABELS]]
)
def test_labels_in_any_form_are_the_same_data(tmp_path: Path, labels: Any) -> None:
    data = load(tmp_path, {"image": IMAGES, "label": labels})
    assert data.fingerprint == load(tmp_path, {"image": IMAGES, "label": LABELS}).fingerprint
    assert data.train.labels["label"].dtype == np.int32
    assert data.train.labels["label"].shape == (28,)


def test_every_kind_of_output(tmp_path: Path) -> None:
    outputs = {
        "yes": OutputFact((1,), "sigmoid"),
        "tags": OutputFact((3,), "sigmoid"),
        "size": OutputFact((2,)),
        "mask": OutputFact((4, 4, 5), "softmax"),
        "edge": OutputFact((4, 4, 1), "sigmoid"),
    }
    arrays = {
        "image": IMAGES,
        "yes": LABELS % 2 == 0,
        "tags": generator.integers(0, 2, (40, 3)),
        "size": generator.random((40, 2)),
        "mask": generator.integers(0, 5, (40, 4, 4)),
        "edge": generator.integers(0, 2, (40, 4, 4)),
    }
    train = load(tmp_path, arrays, outputs=outputs).train
    shapes = {name: array.shape[1:] for name, array in train.labels.items()}
    assert shapes == {"yes": (1,), "tags": (3,), "size": (2,), "mask": (4, 4), "edge": (4, 4, 1)}


def test_arrays_that_the_space_does_not_name_are_left_aside(tmp_path: Path) -> None:
    assert len(load(tmp_path, {"image": IMAGES, "label": LABELS, "note": np.array(["x"])}).train) == 28


def test_a_missing_array_names_what_there_is(tmp_path: Path) -> None:
    problem = refusal(tmp_path, {"img": IMAGES, "label": LABELS})
    assert problem.code == "SQS703"
    assert "no array for the input `image`" in problem.title
    assert problem.help == "an array with a similar name exists: `img`"
    assert problem.note == "its arrays are `img`, `label`"


@pytest.mark.parametrize(
    ("arrays", "code", "title"),
    [
        ({"image": IMAGES[:30], "label": LABELS}, "SQS704", "`image` has 30, `label` has 40"),
        ({"image": IMAGES[..., 0], "label": LABELS}, "SQS705", "have the shape [4, 4], but [4, 4, 3] is expected"),
        ({"image": IMAGES, "label": np.eye(9)[LABELS % 9]}, "SQS705", "[9], but [] or [1] or [10] is expected"),
        ({"image": np.array(["x"] * 40), "label": LABELS}, "SQS706", "`image` holds text, but an array of numbers"),
        ({"image": IMAGES, "label": np.array([None] * 40)}, "SQS706", "`label` holds Python objects"),
        ({"image": np.where(IMAGES > 3, 1.0, np.nan), "label": LABELS}, "SQS707", "not a finite number"),
        ({"image": IMAGES, "label": LABELS + 1}, "SQS708", "the label 10 in sample 9, but a class number from 0 to 9"),
        ({"image": IMAGES, "label": LABELS - 1}, "SQS708", "the label -1 in sample 0"),
        ({"image": IMAGES, "label": LABELS + 0.5}, "SQS708", "the label 0.5 in sample 0"),
        ({"image": IMAGES, "label": np.eye(10)[LABELS] * 0}, "SQS708", "but a one-hot vector of 10 is expected"),
        ({"image": IMAGES[:2], "label": LABELS[:2]}, "SQS709", "has 2 samples"),
        ({"image": IMAGES[:0], "label": LABELS[:0]}, "SQS709", "has no samples"),
        ({"image": np.uint8(3), "label": LABELS}, "SQS705", "an entry for each sample is expected"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(tmp_path: Path, arrays: dict[str, Any], code: str, title: str) -> None:
    problem = refusal(tmp_path, arrays)
    assert problem.code == code
    assert title in problem.title


def test_channels_first_is_recognised(tmp_path: Path) -> None:
    problem = refusal(tmp_path, {"image": IMAGES.transpose(0, 3, 1, 2), "label": LABELS})
    assert problem.help == "channels come last: `array.transpose(0, 2, 3, 1)`"


def test_a_sigmoid_takes_0_and_1_only(tmp_path: Path) -> None:
    problem = refusal(tmp_path, {"image": IMAGES, "yes": LABELS}, {"yes": OutputFact((1,), "sigmoid")})
    assert "the label 2 in sample 2, but 0 or 1 is expected" in problem.title


def test_everything_wrong_comes_at_once(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        load(tmp_path, {"image": IMAGES[:30, :3], "label": LABELS + 1})
    assert [d.code for d in caught.value.diagnostics] == ["SQS704", "SQS705", "SQS708"]


def test_damaged_files_are_refused_wherever_the_damage_is(tmp_path: Path) -> None:
    path = tmp_path / "data.npz"
    np.savez_compressed(path, image=IMAGES, label=LABELS)
    whole = path.read_bytes()
    for start in range(0, len(whole), 97):
        path.write_bytes(whole[:start])
        with pytest.raises(DataError, match="cannot read"):
            load_data(str(path), IMAGE, LABEL, 0)
        path.write_bytes(whole[:start] + b"\xff" * 60 + whole[start + 60 :])
        with suppress(DataError):  # the damage may be in unread data; no other exception is allowed
            load_data(str(path), IMAGE, LABEL, 0)


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04", b"\x80\x04N."])
def test_what_is_no_file_of_arrays_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "data.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"it is not an `\.npz` file, or it is damaged"):
        load_data(str(path), IMAGE, LABEL, 0)


def test_paths_that_lead_nowhere_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        load_data(str(tmp_path / "none.npz"), IMAGE, LABEL, 0)
    with pytest.raises(DataError, match="is a directory"):
        load_data(str(tmp_path), IMAGE, LABEL, 0)
    with pytest.raises(DataError, match="a data set with a similar name exists: `digits`"):
        load_data("digit", IMAGE, LABEL, 0)
    np.save(tmp_path / "one.npy", IMAGES)
    with pytest.raises(DataError, match="it holds one array without a name"):
        load_data(str(tmp_path / "one.npy"), IMAGE, LABEL, 0)


@pytest.mark.parametrize(
    ("values", "units", "expected"),
    [((1, 255), 1, "give `mask == 255`"), ((0, 127, 255), 3, "numpy.searchsorted([0, 127, 255], mask)")],
)
def test_masks_with_the_values_of_an_image_get_advice_on_classes(
    tmp_path: Path, values: tuple[int, ...], units: int, expected: str
) -> None:
    masks = np.random.default_rng(0).choice(np.array(values, np.uint8), (40, 4, 4, 1))
    fact = OutputFact((4, 4, units), "sigmoid" if units == 1 else "softmax")
    problem = refusal(tmp_path, {"image": IMAGES, "mask": masks}, {"mask": fact})
    assert (problem.code, expected in str(problem.help)) == ("SQS708", True)


def test_arrays_that_unpack_to_more_than_the_memory_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.savez_compressed(tmp_path / "zeros.npz", image=np.zeros((40, 4, 4, 3)), label=LABELS, other=np.zeros(10**6))
    monkeypatch.setattr("sqsem_dsl.data.npz.available_memory", lambda: 20_000.0)
    load_data(str(tmp_path / "zeros.npz"), IMAGE, LABEL, 0)  # `other` is not read
    monkeypatch.setattr("sqsem_dsl.data.npz.available_memory", lambda: 10_000.0)
    with pytest.raises(DataError) as caught:
        load_data(str(tmp_path / "zeros.npz"), IMAGE, LABEL, 0)
    assert "its arrays take 15.9 kB of memory, and 10.0 kB are available" in caught.value.diagnostics[0].title


PET = {"pet": OutputFact((3,), "softmax")}
PETS = np.array(["dog", "cat", "emu", "dog"] * 10)


@pytest.mark.parametrize("names", [PETS, PETS.astype("S"), PETS.reshape(-1, 1)])
def test_labels_may_be_names_of_classes_in_sorted_order(tmp_path: Path, names: Any) -> None:
    data = load(tmp_path, {"image": IMAGES, "pet": names, "id": np.arange(40)}, outputs=PET)
    assert data.class_names == {"pet": ("cat", "dog", "emu")}
    labels = np.concatenate([part.labels["pet"][:] for part in data.sets.values()])
    assert np.bincount(labels.ravel().astype(int)).tolist() == [10, 20, 10]


def test_sets_of_other_files_have_the_names_of_the_training_set(tmp_path: Path) -> None:
    np.savez(tmp_path / "all.npz", image=IMAGES, pet=PETS)
    np.savez(tmp_path / "two.npz", image=IMAGES[:4], pet=["emu", "dog", "dog", "emu"])
    np.savez(tmp_path / "other.npz", image=IMAGES[:4], pet=["emu", "dog", "cow", "emu"])
    every, two = str(tmp_path / "all.npz"), str(tmp_path / "two.npz")
    data = load_data(every, IMAGE, PET, 0, validation=two)
    assert data.validation.labels["pet"][:].ravel().tolist() == [2, 1, 1, 2]
    with pytest.raises(DataError, match="cow"):
        load_data(every, IMAGE, PET, 0, validation=str(tmp_path / "other.npz"))
    apart = [f"image={tmp_path / 'all.npz'}", f"pet={tmp_path / 'all.npz'}"]
    other = [f"image={tmp_path / 'two.npz'}", f"pet={tmp_path / 'two.npz'}"]
    data = load_data(apart, IMAGE, PET, 0, validation=other)
    assert data.class_names == {"pet": ("cat", "dog", "emu")}
    assert data.validation.labels["pet"][:].ravel().tolist() == [2, 1, 1, 2]


@pytest.mark.parametrize(
    ("output", "code"), [(OutputFact((4,), "softmax"), "SQS717"), (OutputFact((1,), None), "SQS718")]
)
def test_names_fit_the_classes_of_the_output(tmp_path: Path, output: OutputFact, code: str) -> None:
    assert refusal(tmp_path, {"image": IMAGES, "pet": PETS}, {"pet": output}).code == code


def test_names_in_bytes_need_not_be_utf_8(tmp_path: Path) -> None:
    names = np.array([b"caf\xe9", b"bar", b"inn", b"bar"] * 10)
    data = load(tmp_path, {"image": IMAGES, "pet": names}, outputs=PET)
    assert data.class_names == {"pet": ("bar", "caf\\xe9", "inn")}
