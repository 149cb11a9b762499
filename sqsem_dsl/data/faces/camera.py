"""From a head's frame to the picture and back: rotation, parallel projection, and the point that each pixel sees.

In the picture u goes right and v up, from -1 to 1 over its shorter side; w is towards the viewer, in the head's units.
"""

from __future__ import annotations

import numpy as np

from sqsem_dsl.data.faces.draws import Floats
from sqsem_dsl.data.faces.person import Pose
from sqsem_dsl.data.faces.surface import EXTENT

_ROUNDS = 8
_FINER_ROUNDS = 2
_DAMPING = 0.75


def rotation(pose: Pose) -> Floats:
    """`[n, 3, 3]`: rotations for nodding (about x), then turning (about y), then leaning (about z)."""
    return _about(pose.roll, 0, 1) @ _about(pose.yaw, 2, 0) @ _about(pose.pitch, 1, 2)


def project(points: Floats, turn: Floats, pose: Pose) -> Floats:
    """Points `[n, m, 3]` of heads as (u, v, w)."""
    turned = points @ np.swapaxes(turn, 1, 2)
    scale = pose.scale[:, None, None]
    shift = np.stack([pose.right, pose.up], axis=1)[:, None, :]
    return np.concatenate([turned[..., :2] * scale + shift, turned[..., 2:]], axis=2)


def rays(height: int, width: int) -> Floats:
    """(u, v) of the centers of pixels `[height * width, 2]`, rows from the top."""
    shorter = min(height, width)
    u = (np.arange(width) + 0.5 - width / 2) * 2 / shorter
    v = (height / 2 - np.arange(height) - 0.5) * 2 / shorter
    return np.asarray(np.stack(np.meshgrid(u, v), axis=-1).reshape(-1, 2), np.float32)


def seen_places(surface: Floats, height: int, width: int, finer: int, turn: Floats, pose: Pose) -> Floats:
    """(x, y) `[n, m, 2]` of the points that pixels see of heads with heights `[n, size, size]`. Each of the
    picture's `height * width` pixels is divided into `finer` times as many on each side.

    A fixed point: the pixel's ray meets the plane of a guessed height at one point, whose height is the next guess;
    first for the picture's pixels, then for the finer ones. For surfaces turned away from the viewer it does not
    converge; those lie at the outline.
    """
    start, slope = _rays_in_head(rays(height, width), turn, pose)
    guess = np.full(start.shape[:2], 0.4, np.float32)
    for _ in range(_ROUNDS):
        guess += _DAMPING * (_nearest(surface, start - slope * guess[..., None]) - guess)
    guess = guess.reshape(-1, height, width).repeat(finer, axis=1).repeat(finer, axis=2)
    start, slope = _rays_in_head(rays(finer * height, finer * width), turn, pose)
    guess = guess.reshape(start.shape[:2])
    for _ in range(_FINER_ROUNDS):
        guess += _DAMPING * (look_up(surface, start - slope * guess[..., None]) - guess)
    return np.asarray(start - slope * guess[..., None], np.float32)


def _rays_in_head(pixels: Floats, turn: Floats, pose: Pose) -> tuple[Floats, Floats]:
    """The points where the rays of pixels meet a head's plane z = 0, `[n, m, 2]`, and their shift per unit of z,
    `[n, 1, 2]`.
    """
    shift = np.stack([pose.right, pose.up], axis=1)[:, None, :]
    flat = (pixels[None] - shift) / pose.scale[:, None, None]
    back = np.swapaxes(np.linalg.inv(turn[:, :2, :2]), 1, 2)
    return flat @ back, turn[:, None, :2, 2] @ back


def look_up(grid: Floats, places: Floats) -> Floats:
    """Values `[n, m]` or `[n, m, channels]` of a grid `[n, size, size, …]` at points `[n, m, 2]`, bilinear."""
    size = grid.shape[1]
    column, row = _cells(places, size, size - 1.001)
    left, top = column.astype(np.int32), row.astype(np.int32)
    right, bottom = column - left, row - top
    if grid.ndim == 4:
        right, bottom = right[..., None], bottom[..., None]
    cells = grid.reshape(-1, *grid.shape[3:])
    at = _first_cells(len(grid), size) + top * np.int32(size) + left
    upper = cells[at]
    upper += right * (cells[at + 1] - upper)
    at += np.int32(size)
    lower = cells[at]
    lower += right * (cells[at + 1] - lower)
    upper += bottom * (lower - upper)
    return upper


def _nearest(grid: Floats, places: Floats) -> Floats:
    """Values `[n, m]` of a grid `[n, size, size]` at points `[n, m, 2]`, without interpolation."""
    size = grid.shape[1]
    column, row = _cells(places + np.asarray([1, -1], np.float32) * (EXTENT / size), size, size - 0.5)
    at = _first_cells(len(grid), size) + row.astype(np.int32) * np.int32(size) + column.astype(np.int32)
    return np.asarray(grid.reshape(-1)[at], np.float32)


def _cells(places: Floats, size: int, last: float) -> tuple[Floats, Floats]:
    """Columns and rows of a grid, counted from the center of its first cell and limited to the grid."""
    half = np.float32(size / 2)
    columns = places[..., 0] * (half / np.float32(EXTENT)) + (half - np.float32(0.5))
    rows = places[..., 1] * (-half / np.float32(EXTENT)) + (half - np.float32(0.5))
    return np.clip(columns, 0, np.float32(last)), np.clip(rows, 0, np.float32(last))


def _first_cells(samples: int, size: int) -> np.ndarray[tuple[int, int], np.dtype[np.int32]]:
    """The offset of each sample's grid when all are concatenated."""
    return np.arange(samples, dtype=np.int32)[:, None] * np.int32(size * size)


def _about(angle: Floats, first: int, second: int) -> Floats:
    """Rotates the first axis towards the second."""
    turn = np.zeros((len(angle), 3, 3), np.float32)
    turn[:, range(3), range(3)] = 1
    turn[:, first, first] = turn[:, second, second] = np.cos(angle)
    turn[:, second, first] = np.sin(angle)
    turn[:, first, second] = -np.sin(angle)
    return turn
