"""Augmentations, one by one, on arrays."""

from __future__ import annotations

import numpy as np
import pytest

from sqsem_dsl.backends.keras.augmentation import augment
from sqsem_dsl.settings.metrics import OutputFact
from sqsem_dsl.settings.options import (
    Augmentation,
    Brightness,
    Contrast,
    Crop,
    Cutout,
    Flip,
    FlipVertical,
    Noise,
    Rotate,
    Shift,
    Zoom,
)

LABEL = {"label": OutputFact((10,), "softmax")}


def images(count: int = 64, height: int = 8, width: int = 6) -> np.ndarray:
    return np.random.default_rng(1).uniform(0.1, 1, (count, height, width, 2)).astype(np.float32)


def augmented(*augmentations: Augmentation, batch: np.ndarray | None = None, seed: int = 0) -> np.ndarray:
    batch = images() if batch is None else batch
    labels = {"label": np.zeros(len(batch), np.int32)}
    inputs, _ = augment(augmentations, {"image": batch}, labels, LABEL, np.random.default_rng(seed))
    assert inputs["image"].shape == batch.shape
    assert inputs["image"].dtype == np.float32
    return inputs["image"]


def test_flip_exchanges_left_and_right_in_about_half() -> None:
    batch, result = images(), augmented(Flip())
    same = np.array([np.array_equal(a, b) for a, b in zip(result, batch, strict=True)])
    flipped = np.array([np.array_equal(a, b[:, ::-1]) for a, b in zip(result, batch, strict=True)])
    assert (same ^ flipped).all()
    assert 15 < flipped.sum() < 50


def test_flip_vertical_exchanges_top_and_bottom() -> None:
    batch, result = images(), augmented(FlipVertical())
    assert all(np.array_equal(a, b) or np.array_equal(a, b[::-1]) for a, b in zip(result, batch, strict=True))


def test_crop_is_a_window_of_the_padded_image() -> None:
    batch, result = images(20), augmented(Crop(pixels=2), batch=images(20))
    padded = np.pad(batch, ((0, 0), (2, 2), (2, 2), (0, 0)))
    offsets = set()
    for one, whole in zip(result, padded, strict=True):
        found = [(y, x) for y in range(5) for x in range(5) if np.array_equal(one, whole[y : y + 8, x : x + 6])]
        assert found
        offsets.add(found[0])
    assert len(offsets) > 8


def test_a_whole_shift_moves_pixels() -> None:
    batch = np.ones((50, 8, 8, 1), np.float32)
    result = augmented(Shift(fraction=0.5), batch=batch)
    assert result.max() <= 1 + 1e-6
    assert 0.4 < result.mean() < 0.9


def test_no_turn_and_no_zoom_leave_an_image_as_it_is() -> None:
    for nothing in (Rotate(degrees=0), Zoom(fraction=0), Shift(fraction=0)):
        np.testing.assert_allclose(augmented(nothing), images(), atol=1e-5)


def test_a_turn_keeps_the_centre_and_what_is_round() -> None:
    y, x = np.mgrid[-7.5:8.5, -7.5:8.5]
    disc = np.exp(-(y**2 + x**2) / 18).astype(np.float32)[None, ..., None].repeat(8, axis=0)
    np.testing.assert_allclose(augmented(Rotate(degrees=180), batch=disc), disc, atol=0.03)


def test_zoom_changes_how_far_a_square_reaches() -> None:
    square = np.zeros((40, 16, 16, 1), np.float32)
    square[:, 4:12, 4:12] = 1
    areas = augmented(Zoom(fraction=0.5), batch=square).sum(axis=(1, 2, 3))
    assert areas.min() < 40
    assert areas.max() > 100
    assert areas.max() <= 64 * 2.25 * 1.05


def test_brightness_adds_one_number_to_a_sample() -> None:
    difference = augmented(Brightness(delta=0.2)) - images()
    assert np.ptp(difference, axis=(1, 2, 3)).max() < 1e-5
    assert 0.1 < np.abs(difference).max() <= 0.2 + 1e-6


def test_contrast_keeps_the_mean() -> None:
    result = augmented(Contrast(delta=0.5))
    np.testing.assert_allclose(result.mean(axis=(1, 2)), images().mean(axis=(1, 2)), atol=1e-5)
    ratio = result.std(axis=(1, 2)) / images().std(axis=(1, 2))
    assert ratio.min() < 0.7
    assert ratio.max() > 1.3


def test_cutout_sets_one_square_to_0() -> None:
    zeros = (augmented(Cutout(size=3)) == 0).all(axis=-1)
    assert (zeros.sum(axis=(1, 2)) == 9).all()
    assert (augmented(Cutout(size=99)) == 0).all()


def test_noise_has_its_deviation() -> None:
    difference = augmented(Noise(stddev=0.1)) - images()
    assert 0.09 < difference.std() < 0.11


def test_the_generator_alone_decides() -> None:
    every = (Flip(), Crop(pixels=1), Rotate(degrees=20), Noise(stddev=0.1), Cutout(size=2))
    np.testing.assert_array_equal(augmented(*every, seed=3), augmented(*every, seed=3))
    assert not np.array_equal(augmented(*every, seed=3), augmented(*every, seed=4))


@pytest.mark.parametrize("move", [Flip(), Crop(pixels=2), Rotate(degrees=40), Zoom(fraction=0.4)])
def test_masks_and_other_images_move_along(move: Augmentation) -> None:
    """A mask that is a threshold of the image stays one; a depth image of half the size moves equally far."""
    classes = np.random.default_rng(0).integers(0, 3, (16, 4, 4)).repeat(4, axis=1).repeat(4, axis=2)
    image = classes[..., None].astype(np.float32)
    small = image[:, ::2, ::2]
    outputs = {"mask": OutputFact((16, 16, 3), "softmax")}
    inputs, labels = augment(
        [move], {"image": image, "small": small}, {"mask": classes}, outputs, np.random.default_rng(5)
    )
    assert labels["mask"].dtype == classes.dtype
    assert set(np.unique(labels["mask"])) <= {0, 1, 2}
    agree = np.abs(inputs["image"][..., 0] - labels["mask"]) < 0.5
    assert agree.mean() > 0.8
    assert not np.array_equal(labels["mask"], classes)
    halves = np.abs(inputs["small"][..., 0] - inputs["image"][:, ::2, ::2, 0]) < 0.5
    assert halves.mean() > 0.7


def test_inputs_that_are_no_images_are_passed_on() -> None:
    points = np.ones((4, 468, 3), np.float32)
    labels = {"label": np.zeros(4, np.int32)}
    inputs, _ = augment([Flip(), Noise(stddev=1)], {"points": points}, labels, LABEL, np.random.default_rng(0))
    assert inputs["points"] is points
