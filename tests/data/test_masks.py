"""Folders of masks and of other images for outputs: values, sizes, memory, and what is rejected."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("PIL")
pytest.importorskip("keras")

import keras
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sqsem_dsl.backends.keras.augmentation import augment
from sqsem_dsl.backends.keras.batches import sample_weights
from sqsem_dsl.data.dataset import Dataset
from sqsem_dsl.data.images import decoded
from sqsem_dsl.data.load import load_data
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.settings import options
from sqsem_dsl.settings.metrics import OutputFact
from sqsem_dsl.settings.train import TrainSettings
from tests.data.files import refusal, refusals, write_image

WORDS = ("image=images:photos", "mask=images:masks")
IMAGE = {"image": (4, 6, 1)}
BINARY = {"mask": OutputFact((4, 6, 1), "sigmoid")}
THREE = {"mask": OutputFact((4, 6, 3), "softmax")}
GRAYS = np.random.default_rng(0).integers(0, 3, (8, 4, 6))
"""A class for each pixel of eight masks; each has all three."""


@pytest.fixture(autouse=True)
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight photos of the value of their number, and a folder for masks."""
    monkeypatch.chdir(tmp_path)
    for number in range(8):
        write_image(tmp_path / "photos" / f"{number}.jpg", number * 20, (4, 6), "L")
    (tmp_path / "masks").mkdir()


def save(values: Any, mode: str = "L", palettes: Any = None, ending: str = "png") -> None:
    """Masks of these values, one for each photo: `[8, 4, 6]`, with three channels for colors."""
    for number, each in enumerate(np.asarray(values, np.uint16 if mode == "I;16" else np.uint8)):
        image = Image.fromarray(each)
        if mode == "P":
            image = Image.fromarray(each, "L")
            image.putpalette(palettes[number % len(palettes)])
        image.save(f"masks/{number}.{ending}")


def found(outputs: dict[str, OutputFact]) -> tuple[Dataset, np.ndarray[Any, Any]]:
    """The data, and all masks in the order of the photos."""
    data = load_data(WORDS, IMAGE, outputs, 0)
    masks = np.empty((8, *data.train.labels["mask"].shape[1:]))
    for part in (data.train, data.validation, data.test):
        numbers = np.rint(part.inputs["image"][:][:, 0, 0, 0] / 20).astype(int)
        masks[numbers] = part.labels["mask"][:]
    return data, masks


@pytest.mark.parametrize("value", [1, 128, 255])
def test_zero_and_one_other_value_are_no_and_yes(value: int) -> None:
    save((GRAYS > 0) * value)
    data, masks = found(BINARY)
    np.testing.assert_array_equal(masks[..., 0], GRAYS > 0)
    assert data.train.labels["mask"][:].dtype == np.float32
    assert data.classes == {"mask": ("0", str(value))}
    counts = data.class_counts("mask")
    assert counts is not None
    assert counts[1] == data.train.labels["mask"][:].sum()


@pytest.mark.parametrize("values", [(0, 1, 2), (0, 127, 255), (7, 8, 200)])
def test_gray_values_are_class_numbers_or_are_numbered_in_order(values: tuple[int, ...]) -> None:
    save(np.array(values)[GRAYS])
    data, masks = found(THREE)
    np.testing.assert_array_equal(masks, GRAYS)
    assert data.train.labels["mask"][:].dtype == np.int32
    assert data.classes == {"mask": tuple(map(str, values))}


def test_16_bit_masks_keep_their_values() -> None:
    save(np.array((0, 1000, 60_000))[GRAYS], "I;16")
    data, masks = found(THREE)
    np.testing.assert_array_equal(masks, GRAYS)
    assert data.classes == {"mask": ("0", "1000", "60000")}


def test_each_color_is_a_class() -> None:
    save(np.array([(0, 0, 0), (255, 0, 0), (0, 0, 255)])[GRAYS])
    data, masks = found(THREE)
    np.testing.assert_array_equal(masks, np.array([0, 2, 1])[GRAYS])
    assert data.classes == {"mask": ("#000000", "#0000ff", "#ff0000")}


def test_gray_levels_in_three_channels_are_gray() -> None:
    save(np.repeat(GRAYS[..., None], 3, axis=-1))
    np.testing.assert_array_equal(found(THREE)[1], GRAYS)


PALETTE = [0, 0, 0, 255, 0, 0, 0, 0, 255]


def test_numbers_of_a_palette_are_class_numbers() -> None:
    save(GRAYS, "P", [PALETTE])
    data, masks = found(THREE)
    np.testing.assert_array_equal(masks, GRAYS)
    assert data.classes == {"mask": ("0", "1", "2")}


def test_colors_count_where_each_file_has_its_own_palette() -> None:
    """As programs write them that save space: the same number is red in one file and blue in the next."""
    save(GRAYS, "P", [PALETTE, [*PALETTE[:3], *PALETTE[6:], *PALETTE[3:6]]])
    data, masks = found(THREE)
    assert data.classes == {"mask": ("#000000", "#0000ff", "#ff0000")}
    even, odd = np.array([0, 2, 1])[GRAYS[0::2]], GRAYS[1::2]
    np.testing.assert_array_equal(masks[0::2], even)
    np.testing.assert_array_equal(masks[1::2], odd)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_resizing_makes_no_values_and_takes_the_nearest(height: int, width: int, seed: int) -> None:
    save(np.random.default_rng(seed).integers(0, 2, (8, 4, 6)) * 255)
    decoded._arrays.clear()  # a search never reads a file that changes
    before = np.array([np.asarray(Image.open(f"masks/{number}.png")) for number in range(8)])
    after = found({"mask": OutputFact((height, width, 1), "sigmoid")})[1][..., 0] * 255
    for row, column in np.ndindex(height, width):
        near = np.ix_(range(8), nearest(row, height, 4), nearest(column, width, 6))
        assert ((before[near] == after[:, row, column, None, None]).any(axis=(1, 2))).all()


def nearest(position: int, new: int, old: int) -> list[int]:
    """The positions among `old` with the center that is nearest to that of a position among `new`: one, or two."""
    distances = [abs((at + 0.5) / old - (position + 0.5) / new) for at in range(old)]
    return [at for at, distance in enumerate(distances) if distance < min(distances) + 1e-9]


def test_masks_are_read_when_they_are_needed() -> None:
    """A training process receives paths; equal files give an equal fingerprint, another mask another."""
    save(GRAYS)
    data, _ = found(THREE)
    sent = pickle.loads(pickle.dumps(data))
    np.testing.assert_array_equal(sent.test.labels["mask"][:], data.test.labels["mask"][:])
    assert len(pickle.dumps(data.train.labels)) < 1000
    before = data.fingerprint
    assert found(THREE)[0].fingerprint == before
    save((GRAYS + 1) % 3)
    assert found(THREE)[0].fingerprint != before


def test_a_mask_that_changes_during_the_search_is_an_error() -> None:
    save(GRAYS)
    data = load_data(WORDS, IMAGE, THREE, 0)
    save(GRAYS + 100)
    with pytest.raises(OSError, match="has a value that it did not have"):
        data.train.labels["mask"][:]


def refused(outputs: dict[str, OutputFact]) -> Diagnostic:
    return refusal(WORDS, IMAGE, outputs)


def test_values_that_are_not_the_classes_are_refused() -> None:
    save(GRAYS)
    problem = refused(BINARY)
    assert problem.title.startswith("the masks in `masks` do not fit the output `mask`: ")
    assert problem.title.endswith(": they have 3 values (0, 1, 2), but need 0 and one other value")
    assert problem.help is not None
    assert "conv(3, 1) -> softmax" in problem.help
    assert problem.note == "`0.png` has 2; `1.png` has 2; `2.png` has 2"
    save(np.where(GRAYS == 2, 255, GRAYS))
    ignored = refused({"mask": OutputFact((4, 6, 2), "softmax")})
    assert str(ignored.help).startswith("255 often marks pixels without a class, which is not supported")
    save(np.arange(8 * 24).reshape(8, 4, 6))
    many = refused(THREE)
    assert "192 values (0, 1, 2, 3, 4, 5, 6, 7, …)" in many.title
    assert many.help == "give the output 192 classes, or save masks with the numbers of 3 classes"


def test_jpeg_is_not_for_masks() -> None:
    save((GRAYS > 0) * 255, ending="jpg")
    assert refused(BINARY).help == "JPEG changes the values at edges: save masks as PNG"


def test_photos_and_transparent_images_are_no_masks() -> None:
    save(np.random.default_rng(0).integers(0, 256, (8, 80, 80, 3)))
    problem = refused(BINARY)
    assert problem.title == "`masks` has 8 files that are not masks"
    assert "`0.png`: it has more than 4,096 different values, as a photo has" in str(problem.note)
    save(np.random.default_rng(0).integers(0, 256, (8, 4, 6, 4)))
    assert "`0.png`: parts of it are transparent" in str(refused(BINARY).note)


def test_other_sizes_than_those_of_the_photos_are_refused() -> None:
    save(GRAYS)
    Image.new("L", (4, 6)).save("masks/3.png")
    problem = refused(THREE)
    assert problem.title == "1 of the 8 masks in `masks` differ in size from their photos in `photos`"
    assert problem.note == "`3.png` is 4x6, its photo 6x4"


def test_missing_masks_and_wrong_values_are_reported_together() -> None:
    save(GRAYS)
    Path("masks/5.png").unlink()
    assert [problem.code for problem in refusals(WORDS, IMAGE, BINARY)] == ["SQS911", "SQS720"]
    assert [problem.note for problem in refusals(WORDS, IMAGE, THREE)] == ["unmatched: `5`"]


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        (OutputFact((3,), "softmax"), "images are for outputs [height, width, channels]: give `mask=csv:FILE`, or"),
        (OutputFact((4, 6, 3), "sigmoid"), "a mask has one channel: give `mask=FILE.npz`"),
        (OutputFact((4, 6, 2)), "images have 1 channel (grayscale), 3 (RGB) or 4 (RGBA)"),
    ],
)
def test_outputs_of_other_shapes_take_no_images(fact: OutputFact, words: str) -> None:
    save(GRAYS)
    assert str(refused({"mask": fact}).help).startswith(words)


def test_arrays_of_masks_may_have_255_for_1() -> None:
    images = np.zeros((8, 4, 6, 1), np.uint8)
    masks = ((GRAYS > 0) * 255).astype(np.uint8)
    np.savez("data.npz", image=images, mask=masks)
    data = load_data("data.npz", IMAGE, BINARY, 0)
    assert data.classes == {"mask": ("0", "255")}
    whole = [part.labels["mask"][:] for part in (data.train, data.validation, data.test)]
    assert set(np.unique(np.concatenate(whole))) == {0.0, 1.0}
    np.savez("data.npz", image=images, mask=GRAYS)
    problem = refusal("data.npz", IMAGE, BINARY)
    assert problem.title.endswith("but 0 or 1 (or 0 and one other value, such as 255) is expected")


def test_arrays_of_masks_are_kept_as_bytes() -> None:
    np.savez("data.npz", image=np.zeros((8, 4, 6, 1), np.uint8), mask=GRAYS)
    labels = load_data("data.npz", IMAGE, THREE, 0).train.labels["mask"]
    assert labels.nbytes == len(labels) * 4 * 6
    assert labels[:].dtype == np.int32


def test_masks_move_with_their_images() -> None:
    """After flips and rotations each pixel has still the class of its gray level."""
    image = np.zeros((64, 16, 16, 1), np.float32)
    image[:, 4:9, 2:12] = 255
    moves = [options.Flip(), options.FlipVertical(), options.Rotate(degrees=20.0)]
    outputs = {"mask": OutputFact((16, 16, 1), "sigmoid")}
    moved, labels = augment(moves, {"image": image}, {"mask": image / 255}, outputs, np.random.default_rng(0))
    assert set(np.unique(labels["mask"])) == {0.0, 1.0}
    sure = (moved["image"] < 1) | (moved["image"] > 254)
    np.testing.assert_array_equal(labels["mask"][sure] * 255, np.rint(moved["image"][sure] / 255) * 255)
    assert (labels["mask"] != image / 255).any()


@pytest.mark.keras
def test_weights_fit_the_loss_of_masks() -> None:
    """The loss has a value for each pixel, `[n, height, width]`, to which Keras cannot extend weights `[n]`."""
    save((GRAYS > 1) * 255)
    data, _ = found(BINARY)
    weights = sample_weights(TrainSettings(class_weights={"name": "balanced"}), data)["mask"]
    labels = data.train.labels["mask"][:]
    loss = keras.losses.BinaryCrossentropy(reduction="none")(labels, np.full_like(labels, 0.5), sample_weight=weights)
    share = labels.mean()
    each = np.where(labels == 1, 0.5 / share, 0.5 / (1 - share)).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(
        np.asarray(loss), np.log(2) * np.broadcast_to(each[:, None, None], loss.shape), rtol=1e-4
    )


# ---- images for outputs of numbers


def test_images_for_an_output_of_numbers_have_values_from_0_to_1() -> None:
    for number in range(8):
        write_image(Path(f"large/{number}.png"), number * 30, (8, 12))
    words = ["image=images:photos", "clean=images:large"]
    data = load_data(words, IMAGE, {"clean": OutputFact((8, 12, 3))}, 0)
    for part in (data.train, data.validation, data.test):
        numbers = np.rint(part.inputs["image"][:][:, 0, 0, 0] / 20)
        clean = part.labels["clean"][:]
        assert (clean.dtype, clean.shape) == (np.float32, (len(part), 8, 12, 3))
        np.testing.assert_allclose(clean[:, 0, 0, 0], numbers * 30 / 255, rtol=1e-6)


def test_one_folder_may_be_input_and_output() -> None:
    words = ["image=images:photos", "same=images:photos"]
    data = load_data(words, IMAGE, {"same": OutputFact((4, 6, 1))}, 0)
    np.testing.assert_allclose(data.train.labels["same"][:] * 255, data.train.inputs["image"][:], rtol=1e-6)


def test_an_image_that_is_the_output_is_resampled_as_the_input_is() -> None:
    image = np.random.default_rng(0).random((4, 16, 16, 1)).astype(np.float32)
    moved, labels = augment(
        [options.Rotate(degrees=30.0)], {"image": image}, {"same": image}, {"same": OutputFact((16, 16, 1))},
        np.random.default_rng(0),
    )  # fmt: skip
    np.testing.assert_array_equal(moved["image"], labels["same"])
