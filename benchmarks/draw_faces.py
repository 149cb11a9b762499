"""A sheet of the synthetic faces for docs/faces.md: a column per expression, with image, depth image and landmarks
below each other.

    python benchmarks/draw_faces.py docs/faces.png
"""

from __future__ import annotations

import sys

import numpy as np
from matplotlib import pyplot as plt
from PIL import Image

from sqsem_dsl.data.faces.draw import draw_faces
from sqsem_dsl.data.faces.expression import EXPRESSIONS
from sqsem_dsl.data.faces.landmarks import COUNT, GROUPS
from sqsem_dsl.data.faces.load_faces import SEED

ROWS = 2
SIZE = 96


def draw_sheet(path: str) -> None:
    """Writes the first samples at twice the size of the case study."""
    faces = draw_faces(SEED, range(ROWS * len(EXPRESSIONS)), SIZE, SIZE)
    figure, axes = plt.subplots(3 * ROWS, len(EXPRESSIONS), figsize=(9.6, 7.4), dpi=80)
    for number in range(ROWS * len(EXPRESSIONS)):
        row, column = divmod(number, len(EXPRESSIONS))
        image, depth, points = axes[3 * row : 3 * row + 3, column]
        image.imshow(faces.image[number])
        depth.imshow(faces.depth[number], cmap="gray", vmin=0.25, vmax=1)
        skin, features = np.split(faces.landmarks[number, ::-1, :2], [COUNT - GROUPS["skin"].start])
        points.scatter(*skin.T, s=0.8, color="#9db4c8", linewidths=0)
        points.scatter(*features.T, s=2.4, color="#12385b", linewidths=0)
        points.set(xlim=(0, 1), ylim=(1, 0), aspect="equal")
        if row == 0:
            image.set_title(EXPRESSIONS[column], fontsize=10)
    for axis in axes.flat:
        axis.axis("off")
    figure.subplots_adjust(0.005, 0.005, 0.995, 0.96, 0.03, 0.03)
    figure.canvas.draw()
    picture = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())[..., :3].copy())
    picture.quantize(256, method=Image.Quantize.MAXCOVERAGE).save(path, optimize=True)


if __name__ == "__main__":
    draw_sheet(sys.argv[1])
