"""Painting of a head's surface: skin, hair, brows, eyes, lips and lines, on the grid of the surface."""

from __future__ import annotations

import numpy as np

from sqsem_dsl.data.faces.draws import Floats
from sqsem_dsl.data.faces.expression import Actions
from sqsem_dsl.data.faces.features import EYE_LEVEL, Features
from sqsem_dsl.data.faces.person import Person
from sqsem_dsl.data.faces.surface import EXTENT, axis, oval_radius

_TEETH = np.asarray([0.92, 0.90, 0.85], np.float32)
_THROAT = np.asarray([0.22, 0.06, 0.06], np.float32)
_WHITE = np.asarray([0.93, 0.92, 0.90], np.float32)
_LIPS = np.asarray([0.84, 0.50, 0.50], np.float32)
_BLUSH = np.asarray([1.0, 0.82, 0.80], np.float32)


class Canvas:
    """Colors `[n, size, size, 3]` on the grid, painted in layers with soft edges."""

    def __init__(self, samples: int, size: int) -> None:
        self.colour = np.zeros((samples, size, size, 3), np.float32)
        self.x, self.y = axis(size)[None, None, :], axis(size)[::-1][None, :, None]
        self._edge = 2.4 * EXTENT / size

    def inside(self, distance: Floats) -> Floats:
        """1 where a distance is well above 0, 0 where it is well below."""
        return np.asarray(np.clip(distance / self._edge + 0.5, 0, 1), np.float32)

    def rows(self, low: float, high: float) -> slice:
        """The rows between two heights; a feature is painted only there."""
        at = np.flatnonzero((self.y.ravel() >= low) & (self.y.ravel() <= high))
        return slice(int(at[0]), int(at[-1]) + 1)

    def cover(self, rows: slice, share: Floats, colour: Floats) -> None:
        """Mixes a color, `[3]` or `[n, 3]`, in by shares `[n, rows, size]`."""
        below = self.colour[:, rows]
        below += share[..., None] * (np.reshape(colour, (-1, 1, 1, 3)) - below)

    def darken(self, rows: slice, share: Floats) -> None:
        """Darkens by shares `[n, rows, size]` of the light."""
        self.colour[:, rows] *= (1 - share)[..., None]


def paint(person: Person, features: Features, actions: Actions, size: int) -> tuple[Floats, Floats, Floats]:
    """Colors `[n, size, size, 3]`, and the shares of hair and of the head at each point (`[n, size, size]`)."""
    canvas = Canvas(len(person.age), size)
    whole = slice(0, size)
    canvas.cover(whole, np.ones((1, 1, 1), np.float32), person.skin)
    _paint_skin(canvas, person, features, actions)
    _paint_mouth(canvas, person, features)
    for side in (-1, 1):
        _paint_eye(canvas, person, features, side)
        _paint_brow(canvas, person, features, side)
    hair, head = _hair(canvas, person, features)
    streaks = 0.85 + 0.15 * np.sin(canvas.x * 45 + 3 * np.sin(canvas.y * 5))
    canvas.cover(whole, hair, person.hair)
    canvas.darken(whole, hair * (1 - streaks))
    return canvas.colour, hair, head


def _paint_skin(canvas: Canvas, person: Person, features: Features, actions: Actions) -> None:
    """Cheeks, the shadow of a beard, and lines from age and expression."""
    x, rows = np.abs(canvas.x), canvas.rows(-0.5, 0.15)
    y, age = canvas.y[:, rows], _grid(0.25 + 0.75 * person.age)
    cheeks = np.exp(-(((x - 0.42) / 0.17) ** 2) - ((y + 0.12) / 0.14) ** 2)
    canvas.colour[:, rows] *= 1 - 0.6 * cheeks[..., None] * (1 - _BLUSH)
    fold = _grid(0.1 * person.age + 0.22 * np.clip(actions.smile, 0, 1) + 0.15 * np.clip(actions.nose, 0, 1))
    along = np.clip((-0.2 - y) / 0.3, 0, 1)
    canvas.darken(rows, fold * _line(x - 0.17 - 0.17 * along, 0.022) * np.sin(np.pi * along))
    wrinkle = _grid(0.35 * np.clip(actions.nose, 0, 1)) * np.exp(-((x / 0.085) ** 2))
    for at in (0.13, 0.085):
        canvas.darken(rows, wrinkle * _line(y - at + 0.3 * x, 0.012))
    rows = canvas.rows(0.5, 0.8)
    y = canvas.y[:, rows]
    raised = _grid(0.06 * person.age + 0.2 * np.clip(actions.brow_inner, 0, 1)) * age
    forehead = np.exp(-((x / 0.3) ** 4))
    for at in (0.58, 0.65, 0.72):
        canvas.darken(rows, raised * forehead * _line(y - at - 0.03 * x, 0.012))
    rows = canvas.rows(0.2, 0.62)
    y = canvas.y[:, rows] - _grid(features.brow_inner_y)
    furrow = _grid(0.35 * np.clip(actions.furrow, 0, 1)) * np.exp(-(((y - 0.02) / 0.07) ** 2))
    canvas.darken(rows, furrow * _line(x - 0.04, 0.014))
    rows = canvas.rows(-1.2, -0.15)
    y = canvas.y[:, rows]
    bearded = canvas.inside(-0.42 - 0.35 * (x - 0.25) ** 2 * 4 + 0.8 * np.clip(x - 0.35, 0, None) - y)
    canvas.cover(rows, bearded * _grid(person.beard) * 0.6, person.hair)


def _paint_mouth(canvas: Canvas, person: Person, features: Features) -> None:
    rows = canvas.rows(-1.0, -0.2)
    x, y, f = canvas.x, canvas.y[:, rows], features.spread(2)
    along = x / f.mouth_half
    within = canvas.inside(f.mouth_half - np.abs(x))
    edges = {edge: f.mouth_line(along, edge) for edge in ("top", "upper", "lower", "bottom")}
    lips = canvas.inside(edges["top"] - y) * canvas.inside(y - edges["bottom"]) * within
    canvas.cover(rows, lips * 0.75, person.skin * _LIPS)
    gap = canvas.inside(edges["upper"] - y) * canvas.inside(y - edges["lower"]) * within
    opened = np.clip((f.open_upper + f.open_lower) / 0.05, 0, 1)
    canvas.cover(rows, gap * opened, _THROAT)
    teeth = gap * canvas.inside(y - edges["upper"] + 0.065) * canvas.inside(f.mouth_half * 0.8 - np.abs(x))
    canvas.cover(rows, teeth * np.clip((f.open_upper + f.open_lower - 0.03) / 0.05, 0, 1), _TEETH)
    middle = (edges["upper"] + edges["lower"]) / 2
    canvas.darken(rows, 0.65 * (1 - opened) * _line(y - middle, 0.016) * within)
    below = np.exp(-((x / 0.12) ** 2)) * _line(y - edges["bottom"] + 0.03, 0.02)
    canvas.darken(rows, 0.15 * below)


def _paint_eye(canvas: Canvas, person: Person, features: Features, side: int) -> None:
    rows = canvas.rows(EYE_LEVEL - 0.2, EYE_LEVEL + 0.22)
    y, f = canvas.y[:, rows], features.spread(2)
    x = side * canvas.x - f.eye_x
    along = np.clip(x / f.eye_half, -1, 1)
    upper, lower = f.eye_line(along, True), f.eye_line(along, False)
    within = canvas.inside(f.eye_half - np.abs(x))
    opened = canvas.inside(upper - y) * canvas.inside(y - lower) * within
    canvas.cover(rows, opened, _WHITE)
    radius = np.hypot(x, y - f.eye_y - 0.005)
    canvas.cover(rows, opened * canvas.inside(0.062 - radius), person.iris)
    canvas.cover(rows, opened * canvas.inside(0.027 - radius), np.zeros(3, np.float32))
    canvas.cover(rows, opened * canvas.inside(0.016 - np.hypot(x - 0.02, y - f.eye_y - 0.03)), _WHITE)
    lid = _line(y - upper - 0.006, 0.016) * canvas.inside(f.eye_half + 0.02 - np.abs(x))
    canvas.darken(rows, 0.75 * lid)
    canvas.darken(rows, 0.25 * _line(y - lower + 0.004, 0.012) * within)
    canvas.darken(rows, 0.22 * _line(y - upper - 0.045, 0.014) * within)


def _paint_brow(canvas: Canvas, person: Person, features: Features, side: int) -> None:
    rows = canvas.rows(0.1, 0.85)
    y, f = canvas.y[:, rows], features.spread(2)
    along = (side * canvas.x - f.brow_inner_x) / (f.brow_outer_x - f.brow_inner_x)
    inside = np.clip(along, 0, 1)
    thick = f.brow_thick * (1 - 0.55 * inside)
    ends = np.clip(along * 8 + 0.9, 0, 1) * np.clip((1 - along) * 8 + 0.5, 0, 1)
    brow = canvas.inside(thick - np.abs(y - f.brow_line(inside))) * ends
    canvas.cover(rows, brow * _grid(0.35 + 0.6 * person.brow_weight), person.hair * 0.7)


def _hair(canvas: Canvas, person: Person, features: Features) -> tuple[Floats, Floats]:
    """Hair on the forehead, at the temples and around the head; and the head including its hair."""
    x, y = canvas.x, canvas.y
    skull = canvas.inside((1 - oval_radius(person, features, x, y)) * 0.8)
    width, length = _grid(person.width), _grid(person.hair_length)
    radius = np.sqrt((x / (width + 0.13)) ** 2 + ((y - 0.05) / np.where(y > 0.05, 1.07, 1.5)) ** 2)
    around = canvas.inside((1 - radius) * 0.8) * np.clip((y - length) / 0.08 + 0.5, 0, 1)
    line = _grid(person.hairline - person.fringe) - 0.42 * x**2 - 0.02 * np.sin(17 * x) * np.sign(_grid(person.fringe))
    temple = np.abs(x) - width * 0.94 + 0.25 * np.clip(0.3 - y, 0, 0.4) * 0.3
    on_skin = np.maximum(canvas.inside(y - line), canvas.inside(temple) * (y > length))
    hair = around * np.maximum(on_skin, 1 - skull)
    return np.asarray(hair, np.float32), np.asarray(np.maximum(skull, hair), np.float32)


def _line(distance: Floats, width: float) -> Floats:
    return np.asarray(np.exp(-((distance / width) ** 2)), np.float32)


def _grid(values: Floats) -> Floats:
    """Values of samples, reshaped to broadcast with a grid."""
    return np.asarray(values, np.float32)[:, None, None]
