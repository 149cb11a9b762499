"""Samples of faces, from their numbers: image, depth image and landmarks of the same scene."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sqsem_dsl.data.faces.camera import look_up, project, rays, rotation, seen_places
from sqsem_dsl.data.faces.draws import Draws, Floats, landmark_noise, pixel_noise
from sqsem_dsl.data.faces.expression import EXPRESSIONS, Actions, draw_actions
from sqsem_dsl.data.faces.features import Features, place_features
from sqsem_dsl.data.faces.landmarks import GROUPS, place_landmarks
from sqsem_dsl.data.faces.paint import paint
from sqsem_dsl.data.faces.person import Light, Person, Pose, draw_light, draw_person, draw_pose
from sqsem_dsl.data.faces.surface import EXTENT, axis, bump_grid, head_grid, moving_bumps, resting_bumps

NEAREST, FARTHEST = 1.15, -0.6
"""Distances along the line of sight, in halves of a head's height, that are 1 and just above 0 in a depth image."""


@dataclass(frozen=True)
class Scene:
    """The content of `[n]` samples, without noise."""

    labels: np.ndarray[tuple[int], np.dtype[np.int32]]
    person: Person
    actions: Actions
    features: Features
    pose: Pose
    light: Light
    turn: Floats
    """Rotations of the heads, `[n, 3, 3]`."""


@dataclass(frozen=True)
class Faces:
    """Samples: images `[n, h, w, 3]` and depth images `[n, h, w]` from 0 to 1, landmarks `[n, 468, 3]`, classes."""

    image: Floats
    depth: Floats
    landmarks: Floats
    labels: np.ndarray[tuple[int], np.dtype[np.int32]]


def draw_scene(seed: int, numbers: Sequence[int]) -> Scene:
    """The scenes of samples with these numbers. Sample k shows expression k modulo 8."""
    draws = Draws(seed, numbers)
    labels = np.asarray([number % len(EXPRESSIONS) for number in numbers], np.int32)
    person, actions = draw_person(draws), draw_actions(draws, labels)
    pose, light = draw_pose(draws), draw_light(draws)
    return Scene(labels, person, actions, place_features(person, actions), pose, light, rotation(pose))


def draw_faces(seed: int, numbers: Sequence[int], height: int, width: int) -> Faces:
    """Rendered faces of a size. Each depends only on the seed and its number."""
    scene = draw_scene(seed, numbers)
    finer = 2 if max(height, width) <= 96 else 1
    size = finer * max(height, width)
    resting = head_grid(scene.person, scene.features, size) + bump_grid(
        resting_bumps(scene.person, scene.features), size
    )
    surface = resting + bump_grid(moving_bumps(scene.person, scene.features, scene.actions), size)
    image, depth = _render(scene, surface, height, width, finer)
    noise = pixel_noise(seed, numbers, (height, width, 4))
    image += scene.light.noise[:, None, None, None] * noise[..., :3]
    depth += np.float32(0.01) * noise[..., 3] * (depth > 0)
    return Faces(
        _levels(image), _levels(depth), _landmarks(scene, surface, resting, seed, numbers, height, width), scene.labels
    )


def _render(scene: Scene, surface: Floats, height: int, width: int, finer: int) -> tuple[Floats, Floats]:
    """Images `[n, h, w, 3]` and depth images `[n, h, w]`, each pixel the mean of finer ones."""
    colour, hair, head = paint(scene.person, scene.features, scene.actions, surface.shape[-1])
    covered = surface + 0.07 * hair
    lit = colour * _shade(covered, scene.light, scene.turn)
    places = seen_places(covered, height, width, finer, scene.turn, scene.pose)
    layers = look_up(np.concatenate([lit, covered[..., None], head[..., None]], axis=3), places)
    share = layers[..., 4] * (np.abs(places).max(axis=2) < EXTENT - 0.02)
    towards = np.einsum("nmk,nk->nm", places, scene.turn[:, 2, :2]) + layers[..., 3] * scene.turn[:, 2, 2][:, None]
    behind, far = _behind(scene, rays(finer * height, finer * width))
    image = behind + share[..., None] * (layers[..., :3] - behind)
    near = np.clip((towards - FARTHEST) / (NEAREST - FARTHEST), 0.02, 1)
    depth = np.where(share > 0.5, near, far)
    shape = (-1, finer * height, finer * width)
    return _coarser(image.reshape(*shape, 3), finer), _coarser(depth.reshape(shape), finer)


def _coarser(fine: Floats, finer: int) -> Floats:
    """Means of `finer * finer` pixels."""
    parts = [fine[:, row::finer, column::finer] for row in range(finer) for column in range(finer)]
    return np.asarray(sum(parts[1:], parts[0]) / np.float32(finer**2), np.float32)


def _behind(scene: Scene, pixels: Floats) -> tuple[Floats, Floats]:
    """Colors `[n, m, 3]` and depth `[n, m]` of neck, shoulders and background."""
    pose, light, person = scene.pose, scene.light, scene.person
    u = (pixels[None, :, 0] - pose.right[:, None]) / pose.scale[:, None]
    v = (pixels[None, :, 1] - pose.up[:, None]) / pose.scale[:, None]
    wall = light.background[:, None] * (1 + 0.12 * v[..., None])
    bright = (light.exposure * (1 - 0.4 * light.strength))[:, None, None] * light.tint[:, None]
    neck = np.clip((0.40 + 0.1 * np.clip(-0.95 - v, 0, None) - np.abs(u)) / 0.04 + 0.5, 0, 1) * (v < -0.3)
    shoulders = np.clip((1 - np.hypot(u / 1.05, (v + 1.6) / 0.58)) / 0.04 + 0.5, 0, 1)
    round_neck = 0.75 - 0.45 * (u / 0.45) ** 2 + 0.25 * np.sin(light.azimuth)[:, None] * u
    colour = wall + neck[..., None] * (person.skin[:, None] * bright * np.clip(round_neck, 0.2, 1)[..., None] - wall)
    colour += shoulders[..., None] * (person.clothes[:, None] * bright - colour)
    return colour, 0.10 * np.maximum(neck > 0.5, shoulders > 0.5)


def _landmarks(
    scene: Scene, surface: Floats, resting: Floats, seed: int, numbers: Sequence[int], height: int, width: int
) -> Floats:
    """In the picture: x right and y down from 0 to 1, z towards the viewer in the unit of x, 0 at the head's center.

    They imitate a mesh fitted to the image: each feature has an error in position and width as a whole, each point a
    smaller one of its own, and z is that of the resting head.
    """
    flat = place_landmarks(scene.person, scene.features)
    places = [np.concatenate([flat, look_up(grid, flat)[..., None]], axis=2) for grid in (surface, resting)]
    seen, smooth = (project(points, scene.turn, scene.pose) for points in places)
    count = flat.shape[1]
    noise = landmark_noise(seed, numbers, (count + 2 * len(GROUPS), 3))
    points = np.concatenate([seen[..., :2], smooth[..., 2:] * scene.pose.scale[:, None, None]], axis=2)
    for number, (name, group) in enumerate(GROUPS.items()):
        shift, stretch = np.split(noise[:, count + 2 * number : count + 2 * number + 2], 2, axis=1)
        middle = points[:, group].mean(axis=1, keepdims=True)
        points[:, group] += (0.03 if name in ("outline", "skin") else 0.2) * stretch * (points[:, group] - middle)
        points[:, group] += 0.04 * shift
    points += 0.02 * noise[:, :count]
    shorter = min(height, width)
    points *= np.float32(0.5 * shorter) / np.asarray([width, -height, width], np.float32)
    points[..., :2] += 0.5
    return np.asarray(points, np.float32)


def _levels(values: Floats) -> Floats:
    """From 0 to 1 in 256 levels, as in image files."""
    return np.asarray(np.rint(np.clip(values, 0, 1) * 255) / 255, np.float32)


def _shade(surface: Floats, light: Light, turn: Floats) -> Floats:
    """The light `[n, size, size, 3]` that a white surface of heights `[n, size, size]` reflects: that of one lamp and
    ambient light, with a shadow across the face.

    `turn` `[n, 3, 3]` turns the head; the lamp does not move. J. H. Lambert, "Photometria" (1760).
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
    towards = np.einsum("nij,ni->nj", turn, lamp)[:, :, None, None]
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
