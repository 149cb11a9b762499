"""The 468 landmarks of a face: the same points of every face, in the same order.

Outline, brows, eyes, nose and lips lie on the curves of the features; the others are spread evenly over the skin and
move with the features near them.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from sqsem_dsl.data.faces.draws import Floats
from sqsem_dsl.data.faces.features import EYE_LEVEL, MOUTH_LEVEL, Features
from sqsem_dsl.data.faces.person import Person

COUNT = 468
_SIZES = {"outline": 36, "left brow": 10, "right brow": 10, "left eye": 16, "right eye": 16, "nose": 24}
_SIZES |= {"outer lips": 20, "inner lips": 20}
_SIZES |= {"skin": COUNT - sum(_SIZES.values())}
_ENDS = np.cumsum([0, *_SIZES.values()]).tolist()
GROUPS = {name: slice(*ends) for name, ends in zip(_SIZES, pairwise(_ENDS), strict=True)}
"""The landmarks of each feature; left and right as seen by the viewer."""


def place_landmarks(person: Person, features: Features) -> Floats:
    """(x, y) `[n, 468, 2]` in the face's frame."""
    f = features.spread(1)
    placed = [
        _outline(person, f),
        *(_brow(f, side) for side in (-1, 1)),
        *(_eye(f, side) for side in (-1, 1)),
        _nose(f),
        _ring(f, "top", "bottom", 0.0),
        _ring(f, "upper", "lower", 0.02),
        _skin(person, f),
    ]
    return np.concatenate([np.stack(np.broadcast_arrays(*pair), axis=-1) for pair in placed], axis=1, dtype=np.float32)


def _outline(person: Person, f: Features) -> tuple[Floats, Floats]:
    angle = np.arange(36) / 36 * 2 * np.pi
    return _on_oval(person, f, 0.93 * np.sin(angle), 0.93 * np.cos(angle))


def _on_oval(person: Person, f: Features, across: Floats, up: Floats) -> tuple[Floats, Floats]:
    """Points of a disc of radius 1 on the oval of a head, whose jaw is narrower than its skull."""
    half = person.width[:, None] * (1 - 0.30 * np.clip(-up, 0, None) ** 2)
    return half * across, np.where(up < 0, -f.chin_y, 1.0) * up


def _brow(f: Features, side: int) -> tuple[Floats, Floats]:
    """The upper edge from the inner end outwards, then the lower edge back."""
    along = np.linspace(0, 1, 5)
    thick = f.brow_thick * (1 - 0.55 * along)
    x = side * (f.brow_inner_x + (f.brow_outer_x - f.brow_inner_x) * along)
    y = f.brow_line(along)
    return np.concatenate([x, x[:, ::-1]], axis=1), np.concatenate([y + thick, (y - thick)[:, ::-1]], axis=1)


def _eye(f: Features, side: int) -> tuple[Floats, Floats]:
    """The upper lid from the inner corner outwards, then the lower lid back."""
    along = -np.cos(np.arange(9) / 8 * np.pi)
    x = side * (f.eye_x + f.eye_half * along)
    upper, lower = f.eye_line(along, True), f.eye_line(along, False)
    return np.concatenate([x, x[:, 7:0:-1]], axis=1), np.concatenate([upper, lower[:, 7:0:-1]], axis=1)


def _nose(f: Features) -> tuple[Floats, Floats]:
    """Eight down the ridge, then six under the tip, and five around each wing, from its middle."""
    share = np.arange(8) / 7
    ridge = EYE_LEVEL + (f.nose_y - EYE_LEVEL) * share
    across = np.linspace(-1, 1, 6)
    turn = np.arange(5) / 4 * np.pi
    wing_x, wing_y = f.wing_x - 0.02 + 0.035 * np.sin(turn), f.wing_y + 0.05 * np.cos(turn)
    x = [0 * ridge, across * (f.wing_x - 0.03), -wing_x, wing_x]
    y = [ridge, f.wing_y - 0.03 + 0.02 * across**2, wing_y, wing_y]
    return np.concatenate(x, axis=1), np.concatenate(y, axis=1)


def _ring(f: Features, above: str, below: str, inset: float) -> tuple[Floats, Floats]:
    """Twenty around the lips: above from the left corner to the right, then below back."""
    along = -np.cos(np.arange(11) / 10 * np.pi)
    x = f.mouth_half * (1 - inset) * along
    upper, lower = f.mouth_line(along, above), f.mouth_line(along, below)
    return np.concatenate([x, x[:, 9:0:-1]], axis=1), np.concatenate([upper, lower[:, 9:0:-1]], axis=1)


def _skin(person: Person, f: Features) -> tuple[Floats, Floats]:
    """Points of the resting face, each moved by the features near it."""
    across, up = _SPREAD[:, 0], _SPREAD[:, 1]
    x, y = _on_oval(person, f, across, up)
    rest = np.stack([0.79 * across * (1 - 0.3 * np.clip(-up, 0, None) ** 2), up * np.where(up < 0, 0.97, 1)], axis=1)
    mouth = f.mouth_line(np.ones(1, np.float32), "top")
    for side in (-1, 1):
        anchors: list[tuple[float, float, Floats | float, Floats]] = [
            (0.13, 0.42, 0.0, f.brow_inner_y - 0.42),
            (0.48, 0.40, 0.0, f.brow_outer_y - 0.40),
            (0.25, MOUTH_LEVEL, f.mouth_half - 0.25, mouth - MOUTH_LEVEL),
            (0.13, -0.22, f.wing_x - 0.125, f.wing_y - EYE_LEVEL + 0.42),
        ]
        for at_x, at_y, right, upwards in anchors:
            near = np.exp(-(((rest[:, 0] - side * at_x) / 0.16) ** 2) - ((rest[:, 1] - at_y) / 0.14) ** 2)
            x, y = x + 0.8 * near * side * right, y + 0.8 * near * upwards
    return x, y


def _even_spread(count: int) -> Floats:
    """Points `[count, 2]` of a disc of radius 0.88 in a sunflower pattern, except those on brows, eyes, nose
    and lips. H. Vogel, "A better way to construct the sunflower head", Mathematical Biosciences 44 (1979).
    """
    total = count
    while True:
        order = np.arange(total)
        radius, angle = 0.88 * np.sqrt((order + 0.5) / total), order * np.pi * (3 - np.sqrt(5))
        places = np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1)
        x, y = np.abs(places[:, 0]) * 0.79, places[:, 1]
        eyes = (np.abs(x - 0.315) < 0.20) & (np.abs(y - 0.22) < 0.10)
        brows = (np.abs(x - 0.315) < 0.22) & (np.abs(y - 0.42) < 0.05)
        lips = (x < 0.28) & (np.abs(y - MOUTH_LEVEL) < 0.12)
        nose = (x < 0.16) & (np.abs(y + 0.2) < 0.09)
        free = places[~(eyes | brows | lips | nose)]
        if len(free) >= count:
            return np.asarray(free[np.linspace(0, len(free) - 1, count).round().astype(int)], np.float32)
        total += 1


_SPREAD = _even_spread(_SIZES["skin"])
