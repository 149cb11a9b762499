"""Facial expressions: the strength of each muscle action, for each of eight expressions.

The actions follow the units of P. Ekman, W. V. Friesen, "Facial Action Coding System" (1978), whose numbers follow
their names; an expression is a mixture of actions, varied for each sample.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from sqsem_dsl.data.faces.draws import Draws, Floats

EXPRESSIONS = ("fear", "neutral", "surprise", "anger", "content", "disgust", "sad", "happy")
"""The classes, in the order of the Tsinghua facial expression data."""


@dataclass(frozen=True)
class Actions:
    """The strength of each action, `[n]` each: 0 at rest, about 1 at its maximum."""

    brow_inner: Floats
    """Inner brow raised (1)."""
    brow_outer: Floats
    """Outer brow raised (2)."""
    furrow: Floats
    """Brows lowered and drawn together, with a fold between them (4)."""
    wide: Floats
    """Upper lid raised (5); below 0, it droops."""
    squint: Floats
    """Lids tightened (7)."""
    cheek: Floats
    """Cheeks raised into apples (6)."""
    nose: Floats
    """Nose wrinkled, its wings raised (9)."""
    upper_lip: Floats
    """Upper lip raised (10)."""
    smile: Floats
    """Corners of the mouth drawn up and out (12)."""
    frown: Floats
    """Corners of the mouth drawn down (15)."""
    chin: Floats
    """Chin boss pushed up (17)."""
    press: Floats
    """Lips narrowed and pressed, so that the skin around them bulges (23, 24)."""
    pucker: Floats
    """Lips pushed forward (18)."""
    stretch: Floats
    """Mouth drawn wide (20)."""
    jaw: Floats
    """Jaw dropped, lips apart (25, 26)."""


NAMES = tuple(field.name for field in fields(Actions))

MIXTURES: dict[str, dict[str, float]] = {
    "fear": {
        "brow_inner": 0.9,
        "brow_outer": 0.45,
        "furrow": 0.5,
        "wide": 0.9,
        "stretch": 0.9,
        "jaw": 0.35,
        "frown": 0.15,
    },
    "neutral": {},
    "surprise": {"brow_inner": 0.9, "brow_outer": 0.95, "wide": 0.8, "jaw": 0.95},
    "anger": {"furrow": 1.0, "wide": 0.2, "squint": 0.4, "nose": 0.1, "chin": 0.2, "press": 0.9, "pucker": 0.35},
    "content": {"cheek": 0.55, "smile": 0.45, "squint": 0.35, "press": 0.1},
    "disgust": {"furrow": 0.55, "squint": 0.55, "cheek": 0.2, "nose": 1.0, "upper_lip": 0.9, "frown": 0.3, "jaw": 0.1},
    "sad": {"brow_inner": 0.8, "furrow": 0.3, "wide": -0.4, "frown": 0.8, "chin": 0.9, "pucker": 0.2},
    "happy": {"cheek": 1.0, "smile": 1.0, "squint": 0.35, "jaw": 0.4, "stretch": 0.25},
}
"""The strength of each action in each expression at its maximum."""
_TABLE = np.asarray([[MIXTURES[label].get(name, 0.0) for name in NAMES] for label in EXPRESSIONS], np.float32)


def draw_actions(draws: Draws, labels: np.ndarray[tuple[int], np.dtype[np.int32]]) -> Actions:
    """The actions of samples with these classes: the class's mixture, with a random intensity, a random factor for
    each action, and a small random part of every action.
    """
    intensity = draws.uniform(0.6, 1.0)
    intensities = {}
    for column, name in enumerate(NAMES):
        mean = _TABLE[labels, column]
        intensities[name] = intensity * mean * (1 + draws.normal(0, 0.25)) + draws.normal(0, 0.07)
    return Actions(**intensities)
