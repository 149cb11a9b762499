"""Stand-ins for the case study's data: the same names, shapes and types, with noise by class as content.

They show that a command finds, reads and trains on such data. Scores on them are meaningless.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

EXPRESSIONS = ("fear", "neutral", "surprise", "anger", "content", "disgust", "sad", "happy")
POINTS = 468
Images = tuple[NDArray[np.uint8], NDArray[np.uint8]]


def cifar10() -> tuple[Images, Images]:
    """Like `keras.datasets.cifar10.load_data`: 50,000 and 10,000 images of 32x32x3 in ten classes."""
    return _images(50_000, 0), _images(10_000, 1)


def _images(count: int, seed: int) -> Images:
    """Noise that gets a little brighter with each class."""
    generator = np.random.default_rng(seed)
    labels = np.arange(count, dtype=np.uint8) % 10
    images = generator.integers(0, 128, (count, 32, 32, 3), np.uint8)
    images += (labels * 12)[:, None, None, None]
    return images, labels[:, None]


def make_tsinghua(folder: Path, persons: int = 6, size: tuple[int, int] = (300, 260)) -> None:
    """The folders of the data before they are sorted by class, and the table of landmarks.

    Each person has an image and a depth image of each expression, of `size` (width, height), and 468 points.
    """
    from PIL import Image

    generator = np.random.default_rng(0)
    width, height = size
    pictures, depths = folder / "TsinghuaFEDImages", folder / "TsinghuaFEDimages_Depth"
    for made in (pictures, depths, folder / "tsinghua"):
        made.mkdir()
    columns = [f"{axis}{point}" for point in range(POINTS) for axis in "xyz"]
    with (folder / "tsinghua" / "landmarks.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id", "expression", *columns])
        for person in range(persons):
            for number, expression in enumerate(EXPRESSIONS):
                name = f"O{person:02}F-70_{expression}"
                grey = generator.integers(0, 128, (height, width, 1), np.uint8) + np.uint8(12 * number)
                Image.fromarray(np.repeat(grey, 3, axis=-1)).save(pictures / f"{name}.jpg")
                Image.fromarray(255 - np.repeat(grey, 3, axis=-1)).save(depths / f"{name}_Depth.png")
                points = generator.normal(number / 8, 1, 3 * POINTS)
                writer.writerow([name, expression, *(f"{value:.4f}" for value in points)])
