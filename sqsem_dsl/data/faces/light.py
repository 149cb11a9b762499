"""Light on a surface: Lambert's law for one lamp, ambient light, and a shadow across the face."""

from __future__ import annotations

import numpy as np

from sqsem_dsl.data.faces.draws import Floats
from sqsem_dsl.data.faces.person import Light
from sqsem_dsl.data.faces.surface import EXTENT, axis


def shade(surface: Floats, light: Light, rotation: Floats) -> Floats:
    """The light `[n, size, size, 3]` that a white surface of heights `[n, size, size]` reflects.

    `rotation` `[n, 3, 3]` turns the head; the lamp does not move. J. H. Lambert, "Photometria" (1760).
    """
    size = surface.shape[-1]
    step = 2 * EXTENT / size
    down, right = np.gradient(surface, step, axis=(1, 2))
    lamp = np.stack(
        [
            np.sin(light.azimuth) * np.cos(light.elevation),
            np.sin(light.elevation),
            np.cos(light.azimuth) * np.cos(light.elevation),
        ],
        axis=1,
    )
    towards = np.einsum("nij,ni->nj", rotation, lamp)[:, :, None, None]
    normal = np.sqrt(1 + down**2 + right**2)
    # The grid's rows go down and y goes up: the normal is (-dz/dx, -dz/dy, 1), and -dz/dy is `down`.
    cosine = np.clip((-right * towards[:, 0] + down * towards[:, 1] + towards[:, 2]) / normal, 0, None)
    x, y = axis(size)[None, None, :], axis(size)[::-1][None, :, None]
    angle, place = light.shadow_angle[:, None, None], light.shadow_place[:, None, None]
    edge = np.cos(angle) * x + np.sin(angle) * y - place + 0.12 * np.sin(4 * (np.sin(angle) * x - np.cos(angle) * y))
    shadow = light.shadow[:, None, None] * np.clip(edge / 0.25 + 0.5, 0, 1)
    strength = light.strength[:, None, None]
    amount = (1 - strength) + 1.15 * strength * cosine * (1 - shadow) - 0.25 * shadow * (1 - strength)
    tint = light.tint[:, None, None, :]
    return np.asarray(light.exposure[:, None, None, None] * amount[..., None] * tint, np.float32)
