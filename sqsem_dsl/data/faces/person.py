"""Person, pose and light: everything that varies besides the expression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sqsem_dsl.data.faces.draws import Draws, Floats

# Red, green, blue. Tones of skin from light to dark; hair black, brown, red, blond.
_SKIN = np.asarray([[0.95, 0.80, 0.70], [0.88, 0.69, 0.55], [0.74, 0.53, 0.39], [0.47, 0.31, 0.22]], np.float32)
_HAIR = np.asarray([[0.07, 0.06, 0.06], [0.25, 0.15, 0.09], [0.45, 0.22, 0.11], [0.72, 0.57, 0.33]], np.float32)
_GREY = np.asarray([0.75, 0.75, 0.77], np.float32)
_CLOTHES = np.asarray([[0.20, 0.28, 0.45], [0.50, 0.16, 0.18], [0.18, 0.36, 0.28], [0.62, 0.60, 0.56]], np.float32)


@dataclass(frozen=True)
class Person:
    """The fixed traits of a moving face: lengths in halves of a head's height and shares `[n]`, colors `[n, 3]`."""

    age: Floats
    """From 0 (young) to 1 (old)."""
    width: Floats
    eye_distance: Floats
    eye_width: Floats
    eye_height: Floats
    brow_height: Floats
    brow_slope: Floats
    brow_weight: Floats
    nose_length: Floats
    nose_relief: Floats
    mouth_width: Floats
    mouth_curve: Floats
    """Corners of the resting mouth above its middle."""
    lip_weight: Floats
    relief: Floats
    """Cheekbones, ridge of the brows."""
    skin: Floats
    hair: Floats
    iris: Floats
    hairline: Floats
    hair_length: Floats
    fringe: Floats
    beard: Floats
    clothes: Floats


@dataclass(frozen=True)
class Pose:
    """Angles in radians; the shift in halves of the picture's height, `[n]` each."""

    yaw: Floats
    pitch: Floats
    roll: Floats
    right: Floats
    up: Floats
    scale: Floats


@dataclass(frozen=True)
class Light:
    """A lamp's direction in radians, its share relative to ambient light, and the camera's properties."""

    azimuth: Floats
    elevation: Floats
    strength: Floats
    tint: Floats
    """`[n, 3]`."""
    exposure: Floats
    shadow: Floats
    """Depth of a shadow from an object outside the picture."""
    shadow_angle: Floats
    shadow_place: Floats
    background: Floats
    """`[n, 3]`."""
    noise: Floats


def draw_person(draws: Draws) -> Person:
    """Random persons: no trait depends on the expression."""
    age = draws.uniform(0, 1)
    grey = np.clip((age - 0.55) * 3, 0, 1)[:, None] * draws.uniform(0, 1)[:, None]
    beard = draws.chance(0.2) * draws.uniform(0.3, 0.8)
    return Person(
        age=age,
        width=draws.normal(0.79, 0.035),
        eye_distance=draws.normal(0.315, 0.015),
        eye_width=draws.normal(0.155, 0.012),
        eye_height=draws.normal(0.058, 0.009) - 0.012 * age,
        brow_height=draws.normal(0.42, 0.022) - 0.02 * age,
        brow_slope=draws.normal(0, 0.022),
        brow_weight=draws.uniform(0.3, 1),
        nose_length=draws.normal(0.38, 0.03),
        nose_relief=draws.normal(1, 0.15),
        mouth_width=draws.normal(0.25, 0.022),
        mouth_curve=draws.normal(-0.01, 0.016),
        lip_weight=draws.normal(0.06, 0.012) - 0.012 * age,
        relief=draws.normal(1, 0.35),
        skin=_palette(_SKIN, draws.uniform(0, 1)) * (1 + draws.normal(0, 0.05)[:, None]),
        hair=_palette(_HAIR, draws.uniform(0, 1)) * (1 - grey) + _GREY * grey,
        iris=_palette(_HAIR, draws.uniform(0, 1)) * 0.6 + 0.05,
        hairline=draws.normal(0.74, 0.05) + 0.06 * age,
        hair_length=draws.uniform(-1.1, 0.5),
        fringe=draws.chance(0.3) * draws.uniform(0.1, 0.3),
        beard=beard,
        clothes=_palette(_CLOTHES, draws.uniform(0, 1)),
    )


def draw_pose(draws: Draws) -> Pose:
    """Faces as cropped by a detector: turned by up to 30 degrees, and off-center by a few pixels in a hundred."""
    return Pose(
        yaw=draws.normal(0, 0.14),
        pitch=draws.normal(0, 0.08),
        roll=draws.normal(0, 0.05),
        right=draws.normal(0, 0.02),
        up=draws.normal(0, 0.02),
        scale=draws.normal(0.84, 0.025),
    )


def draw_light(draws: Draws) -> Light:
    """Light from a side as often as from the front, weak or strong, warm or cold."""
    warmth = draws.normal(0, 0.07)
    grey = draws.uniform(0.1, 0.9)
    tone = np.stack([draws.normal(0, 0.05) for _ in range(3)], axis=1)
    return Light(
        azimuth=draws.uniform(-1.3, 1.3),
        elevation=draws.uniform(-0.3, 1.1),
        strength=draws.uniform(0.35, 0.85),
        tint=np.stack([1 + warmth, np.ones_like(warmth), 1 - warmth], axis=1),
        exposure=draws.uniform(0.7, 1.25),
        shadow=draws.chance(0.5) * draws.uniform(0.2, 0.65),
        shadow_angle=draws.uniform(-np.pi, np.pi),
        shadow_place=draws.uniform(-0.6, 0.6),
        background=np.clip(grey[:, None] + tone, 0, 1),
        noise=draws.uniform(0.01, 0.035),
    )


def _palette(colours: Floats, place: Floats) -> Floats:
    """Colors `[n, 3]` at positions from 0 to 1 along a row of colors."""
    scaled = place * (len(colours) - 1)
    at = np.minimum(scaled.astype(int), len(colours) - 2)
    share = (scaled - at)[:, None]
    return np.asarray(colours[at] * (1 - share) + colours[at + 1] * share, np.float32)
