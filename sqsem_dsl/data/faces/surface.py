"""A head's surface: its height z above the plane of the face, as an oval and a sum of bumps.

Each bump is a Gaussian with axes along x and y, so that over a grid their sum is one product of matrices.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sqsem_dsl.data.faces.draws import Floats
from sqsem_dsl.data.faces.expression import Actions
from sqsem_dsl.data.faces.features import EYE_LEVEL, Features
from sqsem_dsl.data.faces.person import Person

EXTENT = 1.4
"""The grid covers x and y up to this distance from 0."""
HEIGHT = 1.0
"""Half a head's height, from the chin to the crown."""
DEPTH = 0.62
"""From the plane through the ears to the face, without the nose."""

FLOOR = -0.8
"""The lower limit of the surface, far outside of a head."""


@dataclass(frozen=True)
class Bumps:
    """Centers, widths (standard deviations) and heights of bumps, `[n, bumps]` each."""

    x: Floats
    y: Floats
    wide: Floats
    tall: Floats
    height: Floats


Number = Floats | float
_Bump = tuple[Number, Number, Number, Number, Number]


def resting_bumps(person: Person, features: Features) -> Bumps:
    """Nose, sockets, cheekbones, chin, and bumps from age."""
    p, f = person, features
    nose = p.nose_relief
    bumps: list[_Bump] = [
        (0.0, EYE_LEVEL - 0.02, 0.06, 0.16, 0.09 * nose),
        (0.0, f.nose_y + 0.14, 0.065, 0.13, 0.13 * nose),
        (0.0, f.nose_y + 0.01, 0.075, 0.075, 0.19 * nose),
        *_both(f.wing_x - 0.025, f.wing_y + 0.02, 0.045, 0.05, 0.09 * nose),
        *_both(f.eye_x, EYE_LEVEL + 0.02, 0.14, 0.085, -0.11),
        *_both(f.eye_x, EYE_LEVEL, 0.08, 0.055, 0.045),
        *_both(0.30, 0.40, 0.16, 0.055, 0.045 * p.relief),
        *_both(0.42, -0.06, 0.15, 0.13, 0.05 * p.relief),
        *_both(0.27, -0.62, 0.14, 0.16, 0.02 * p.relief - 0.04 * p.age),
        (0.0, -0.30, 0.03, 0.06, -0.015),
        (0.0, f.chin_y + 0.12, 0.15, 0.09, 0.09 * p.relief),
        *_both(0.22, -0.27, 0.035, 0.06, -0.02 * p.age),
        *_both(0.29, -0.38, 0.035, 0.07, -0.02 * p.age),
        *_both(f.eye_x, EYE_LEVEL - 0.12, 0.10, 0.025, 0.025 * p.age),
        *[(0.0, y, 0.28, 0.016, -0.012 * p.age) for y in (0.58, 0.65, 0.72)],
    ]
    return _stack(bumps, len(p.age))


def moving_bumps(person: Person, features: Features, actions: Actions) -> Bumps:
    """Bumps from the expression: folds, apples of the cheeks, lips and bulges around them."""
    f, a = features, actions
    positive = {name: np.clip(value, 0, None) for name, value in vars(actions).items()}
    furrow, cheek, nose, press = (positive[name] for name in ("furrow", "cheek", "nose", "press"))
    lip_y = f.mouth_y + f.open_upper + f.lip_upper * 0.5
    low_y = f.mouth_y - f.open_lower - f.lip_lower * 0.5
    lip = 0.05 * (1 - 0.5 * press) + 0.07 * positive["pucker"]
    bumps: list[_Bump] = [
        (0.0, f.brow_inner_y + 0.02, 0.055, 0.06, 0.075 * furrow),
        *_both(0.05, f.brow_inner_y + 0.02, 0.015, 0.06, -0.035 * furrow),
        *_both(0.20, f.brow_inner_y - 0.01, 0.09, 0.035, 0.04 * furrow),
        *[(0.0, y, 0.24, 0.018, -0.022 * positive["brow_inner"]) for y in (0.60, 0.68)],
        *_both(0.37, -0.10 + 0.06 * cheek, 0.12, 0.09, 0.10 * cheek),
        *_both(0.24, -0.25, 0.03, 0.07, -0.04 * cheek),
        (0.0, EYE_LEVEL - 0.09, 0.075, 0.03, 0.055 * nose),
        (0.0, EYE_LEVEL - 0.015, 0.06, 0.02, -0.04 * nose),
        *_both(0.13, f.nose_y + 0.06, 0.055, 0.06, 0.065 * nose),
        *_both(0.15, -0.30, 0.07, 0.05, 0.055 * positive["upper_lip"]),
        (0.0, lip_y, f.mouth_half * 0.55, 0.035, lip),
        (0.0, low_y, f.mouth_half * 0.50, 0.04, lip * 1.1),
        (0.0, lip_y + 0.09, 0.16, 0.045, 0.055 * press),
        (0.0, low_y - 0.09, 0.16, 0.045, 0.055 * press),
        (0.0, f.mouth_y - 0.5 * f.open_lower, f.mouth_half * 0.5, f.open_lower * 0.45 + 0.01, -0.9 * f.open_lower),
        (0.0, f.chin_y + 0.15, 0.11, 0.06, 0.085 * positive["chin"]),
        *_both(f.mouth_half + 0.04, f.mouth_y + f.corner, 0.035, 0.06, 0.05 * (positive["smile"] + positive["frown"])),
        *_both(f.mouth_half + 0.08, f.mouth_y, 0.06, 0.10, -0.05 * positive["stretch"]),
    ]
    moved = _stack(bumps, len(a.jaw))
    return replace(moved, height=1.5 * moved.height)


def head_grid(person: Person, features: Features, size: int) -> Floats:
    """The bare oval's height `[n, size, size]` on a grid of the face's plane, rows from the top."""
    x, y = axis(size), axis(size)[::-1]
    return head_height(person, features, x[None, None, :], y[None, :, None])


def head_height(person: Person, features: Features, x: Floats, y: Floats) -> Floats:
    """The bare oval's height at points that broadcast against `[n, 1, 1]`: 0 at its outline, falling outside."""
    radius = oval_radius(person, features, x, y)
    return np.asarray(np.maximum(DEPTH * (1 - radius**2.6), FLOOR), np.float32)


def oval_radius(person: Person, features: Features, x: Floats, y: Floats) -> Floats:
    """Distance from the center of a head relative to its outline, at points that broadcast against `[n, 1, 1]`.

    The jaw is narrower than the skull, and longer when it drops.
    """
    width, chin = person.width[:, None, None], -features.chin_y[:, None, None]
    below = np.clip(-y, 0, None) / chin
    half = width * (1 - 0.30 * below**2)
    tall = np.where(y < 0, chin, HEIGHT)
    return np.asarray(np.sqrt((np.abs(x) / half) ** 2 + (np.abs(y) / tall) ** 2), np.float32)


def bump_grid(bumps: Bumps, size: int) -> Floats:
    """The sum of bumps `[n, size, size]` on the grid of `head_grid`."""
    places = axis(size)
    columns = np.exp(-0.5 * ((places - bumps.x[..., None]) / bumps.wide[..., None]) ** 2)
    rows = np.exp(-0.5 * ((places[::-1] - bumps.y[..., None]) / bumps.tall[..., None]) ** 2)
    return np.asarray(np.swapaxes(rows * bumps.height[..., None], 1, 2) @ columns, np.float32)


def axis(size: int) -> Floats:
    """The coordinates of a grid's columns, from left to right."""
    return np.asarray(((np.arange(size) + 0.5) / size * 2 - 1) * EXTENT, np.float32)


def _both(x: Number, y: Number, wide: Number, tall: Number, height: Number) -> tuple[_Bump, _Bump]:
    return (x, y, wide, tall, height), (-x, y, wide, tall, height)


def _stack(bumps: list[_Bump], samples: int) -> Bumps:
    columns = zip(*bumps, strict=True)
    return Bumps(*[np.stack([np.broadcast_to(np.float32(v), samples) for v in column], axis=1) for column in columns])
