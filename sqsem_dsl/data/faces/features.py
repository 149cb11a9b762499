"""Brows, eyes, nose, mouth and chin of a face as curves, for painting and for the landmarks.

The face's own frame: x to the viewer's right, y up, z towards the viewer, in halves of a head's height; eyes at about
y = 0.2, the chin at -1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sqsem_dsl.data.faces.draws import Floats
from sqsem_dsl.data.faces.expression import Actions
from sqsem_dsl.data.faces.person import Person

EYE_LEVEL = 0.20
MOUTH_LEVEL = -0.50


@dataclass(frozen=True)
class Features:
    """Points and lengths, `[n]` each; for pairs, the side with positive x (the other side mirrors them)."""

    eye_x: Floats
    eye_y: Floats
    eye_half: Floats
    lid_upper: Floats
    lid_lower: Floats
    brow_inner_x: Floats
    brow_inner_y: Floats
    brow_outer_x: Floats
    brow_outer_y: Floats
    brow_arch: Floats
    brow_thick: Floats
    nose_y: Floats
    """The tip."""
    wing_y: Floats
    wing_x: Floats
    mouth_y: Floats
    mouth_half: Floats
    corner: Floats
    """Corners of the mouth above the middle of its line."""
    open_upper: Floats
    open_lower: Floats
    lip_upper: Floats
    lip_lower: Floats
    chin_y: Floats

    def eye_line(self, along: Floats, upper: bool) -> Floats:
        """y of a lid's edge at a position from -1 (inner corner) to 1; all arrays must broadcast."""
        arch = np.clip(1 - along**2, 0, None)
        return self.eye_y + (self.lid_upper * arch**0.7 if upper else -self.lid_lower * arch) + 0.012 * along

    def brow_line(self, along: Floats) -> Floats:
        """y of a brow's middle at a position from 0 (inner end) to 1."""
        line = self.brow_inner_y + (self.brow_outer_y - self.brow_inner_y) * along
        return np.asarray(line + self.brow_arch * 4 * along * (1 - along))

    def mouth_line(self, along: Floats, edge: str) -> Floats:
        """y of an edge of the lips at a position from -1 to 1: `top`, `upper` (of the opening), `lower`, `bottom`."""
        arch: Floats = np.clip(1 - along**2, 0, None)
        middle = self.mouth_y + self.corner * along**2
        match edge:
            case "upper":
                return middle + self.open_upper * arch
            case "top":
                bow: Floats = 1 - 0.22 * np.exp(-((along / 0.16) ** 2))
                return middle + self.open_upper * arch + self.lip_upper * arch**0.6 * bow
            case "lower":
                return middle - self.open_lower * arch
            case _:
                return middle - self.open_lower * arch - self.lip_lower * arch**0.75

    def spread(self, axes: int) -> Features:
        """The array with so many axes of length 1 added, to broadcast with points or grids of each sample."""
        return Features(**{name: value.reshape(-1, *([1] * axes)) for name, value in vars(self).items()})


def place_features(person: Person, actions: Actions) -> Features:
    """The curves of faces with these actions."""
    a, p = actions, person
    gather = 0.045 * a.furrow
    inner_y = p.brow_height - p.brow_slope + 0.11 * a.brow_inner - 0.10 * a.furrow - 0.02 * a.nose
    outer_y = p.brow_height - 0.035 + p.brow_slope + 0.10 * a.brow_outer - 0.035 * a.furrow
    closing = 1 + 0.45 * a.wide - 0.35 * a.squint - 0.12 * a.cheek - 0.15 * a.nose
    jaw = np.clip(a.jaw, 0, None)
    parted = np.clip(a.smile * 0.3 + a.upper_lip * 0.35 + a.stretch * 0.15, 0, None) * np.clip(a.jaw * 4, 0, 1)
    press = np.clip(a.press, 0, None)
    half = p.mouth_width * (
        1 + 0.30 * a.smile + 0.24 * a.stretch - 0.22 * a.pucker - 0.06 * press - 0.20 * jaw - 0.05 * a.frown
    )
    thin = np.clip(1 - 0.6 * press - 0.2 * np.clip(a.smile, 0, None) - 0.15 * a.stretch + 0.25 * a.pucker, 0.25, None)
    mouth_y = MOUTH_LEVEL + 0.02 * a.chin + 0.02 * a.upper_lip - 0.01 * jaw
    return Features(
        eye_x=p.eye_distance,
        eye_y=np.full_like(p.age, EYE_LEVEL),
        eye_half=p.eye_width,
        lid_upper=p.eye_height * 1.15 * np.clip(closing, 0.25, None),
        lid_lower=p.eye_height * 0.75 * np.clip(1 - 0.4 * a.squint - 0.45 * a.cheek - 0.2 * a.nose, 0.2, None),
        brow_inner_x=0.13 - gather,
        brow_inner_y=inner_y,
        brow_outer_x=0.50 - gather * 0.5,
        brow_outer_y=outer_y,
        brow_arch=0.035 + 0.012 * a.brow_outer - 0.015 * a.brow_inner,
        brow_thick=0.026 + 0.012 * p.brow_weight,
        nose_y=EYE_LEVEL - p.nose_length + 0.015 * a.nose,
        wing_y=EYE_LEVEL - p.nose_length - 0.04 + 0.05 * a.nose + 0.02 * a.upper_lip,
        wing_x=0.125 + 0.015 * a.nose + 0.01 * a.smile,
        mouth_y=mouth_y,
        mouth_half=half,
        corner=p.mouth_curve + 0.105 * a.smile - 0.085 * a.frown - 0.015 * a.stretch - 0.10 * jaw * 0.6,
        open_upper=0.035 * jaw + 0.09 * parted + 0.03 * np.clip(a.upper_lip, 0, None),
        open_lower=0.21 * jaw + 0.06 * parted,
        lip_upper=p.lip_weight * thin,
        lip_lower=p.lip_weight * 1.25 * thin,
        chin_y=-0.97 - 0.12 * jaw + 0.02 * a.chin,
    )
