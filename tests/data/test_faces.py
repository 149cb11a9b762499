"""The synthetic faces: deterministic by number, three inputs of one scene, and incompatible spaces."""

from __future__ import annotations

import numpy as np
import pytest

from sqsem_dsl.data.dataset import Dataset, Held, Part
from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.faces.camera import look_up, project
from sqsem_dsl.data.faces.draw import FARTHEST, NEAREST, Faces, draw_faces, draw_scene
from sqsem_dsl.data.faces.expression import EXPRESSIONS, MIXTURES, NAMES
from sqsem_dsl.data.faces.landmarks import GROUPS
from sqsem_dsl.data.faces.surface import bump_grid, moving_bumps
from sqsem_dsl.data.load import load_data
from sqsem_dsl.data.split import Splitting
from sqsem_dsl.settings.metrics import OutputFact

LABEL = {"expression": OutputFact((8,), "softmax")}
ALL = {"image": (48, 48, 3), "depth": (48, 48, 1), "landmarks": (468, 3)}
INPUTS = ("image", "depth", "landmarks")


@pytest.fixture(scope="module")
def faces() -> Faces:
    return draw_faces(1, range(64), 48, 48)


def test_a_sample_is_the_same_however_many_are_drawn(faces: Faces) -> None:
    alone, beside = draw_faces(1, [17], 48, 48), draw_faces(1, [40, 17, 3], 48, 48)
    for name in INPUTS:
        np.testing.assert_allclose(getattr(alone, name)[0], getattr(faces, name)[17], atol=0.005)
        np.testing.assert_allclose(getattr(beside, name)[1], getattr(faces, name)[17], atol=0.005)
    assert alone.labels[0] == beside.labels[1] == faces.labels[17]


def test_another_seed_gives_other_faces(faces: Faces) -> None:
    other = draw_faces(2, range(8), 48, 48)
    assert all(np.abs(getattr(other, name) - getattr(faces, name)[:8]).mean() > 0.01 for name in INPUTS)


def test_the_data_are_the_same_faces_whatever_their_number_and_parts() -> None:
    few = load_data("faces:16", ALL, LABEL, Splitting(0))
    more = load_data("faces:24", ALL, LABEL, Splitting(3))
    known = {_bytes(part.inputs["landmarks"], at) for part in _parts(more) for at in range(len(part))}
    assert all(_bytes(part.inputs["landmarks"], at) in known for part in _parts(few) for at in range(len(part)))
    assert few.fingerprint == load_data("faces:16", ALL, LABEL, Splitting(0)).fingerprint
    assert few.fingerprint != more.fingerprint


def test_classes_are_balanced_in_every_part() -> None:
    data = load_data("faces:320", {"landmarks": (468, 3)}, LABEL, Splitting(5))
    for part in _parts(data):
        counts = np.bincount(part.labels["expression"], minlength=8)
        assert counts.min() >= counts.max() - 2
    assert data.name == "faces:320"
    assert data.describe() == "faces:320: 224 training, 48 validation, 48 test samples"


@pytest.mark.parametrize(
    "inputs",
    [
        {"face_image": (16, 24, 1), "depth_image": (32, 32, 3), "Landmarks": (1404,)},
        {"left_image": (48, 48, 3)},
        {"depth": (120, 100, 1)},
    ],
)
def test_inputs_have_the_shapes_asked_for(inputs: dict[str, tuple[int, ...]]) -> None:
    part = load_data("faces:8", inputs, LABEL, 0).train
    for name, shape in inputs.items():
        values = np.asarray(part.inputs[name])
        assert values.shape[1:] == shape
        assert values.dtype == np.float32
        assert np.isfinite(values).all()
        if "andmarks" not in name:
            assert values.min() >= 0
            assert values.max() <= 1
    assert part.labels["expression"].dtype == np.int32


def test_pictures_of_another_size_show_the_same_faces(faces: Faces) -> None:
    larger = draw_faces(1, range(4), 144, 144)
    small = larger.depth.reshape(4, 48, 3, 48, 3).mean(axis=(2, 4))
    assert np.abs(small - faces.depth[:4]).mean() < 0.02
    np.testing.assert_allclose(larger.landmarks[..., :2], faces.landmarks[:4, :, :2], atol=0.01)


def test_depth_agrees_with_the_landmarks(faces: Faces) -> None:
    """At the pixels of points on the skin, except for the relief of the expression, which landmarks do not include."""
    scene = draw_scene(1, range(64))
    points = faces.landmarks[:, GROUPS["skin"]]
    column, row = (np.clip(points[..., axis] * 48, 0, 47).astype(int) for axis in (0, 1))
    seen = faces.depth[np.arange(64)[:, None], row, column] * (NEAREST - FARTHEST) + FARTHEST
    written = points[..., 2] * 2 / scene.pose.scale[:, None]
    assert np.corrcoef(seen.ravel(), written.ravel())[0, 1] > 0.85
    assert np.median(np.abs(seen - written)) < 0.1


def test_landmarks_lie_on_the_drawn_features(faces: Faces) -> None:
    """The inside of an open mouth is farther away than the lips, and darker than the face."""
    scene = draw_scene(1, range(64))
    opened = np.flatnonzero(scene.features.open_lower > 0.12)
    assert len(opened) >= 5
    inner, skin = (faces.landmarks[opened][:, GROUPS[name], :2].mean(axis=1) for name in ("inner lips", "skin"))
    assert (inner[:, 1] > skin[:, 1]).all()
    column, row = (np.rint(inner[:, axis] * 48 - 0.5).astype(int) for axis in (0, 1))
    mouth = faces.image[opened, row, column].mean(axis=1)
    face = np.stack([faces.image[k, 20:34, 18:30].mean() for k in opened])
    assert np.mean(mouth < face) > 0.8


def test_left_landmarks_are_left_of_right_ones(faces: Faces) -> None:
    for pair in ("brow", "eye"):
        left, right = (faces.landmarks[:, GROUPS[f"{side} {pair}"], 0].mean(axis=1) for side in ("left", "right"))
        assert (left < right).all()
    heights = [faces.landmarks[:, GROUPS[name], 1].mean() for name in ("left brow", "left eye", "nose", "outer lips")]
    assert heights == sorted(heights)
    assert sum(group.stop - group.start for group in GROUPS.values()) == 468


@pytest.mark.parametrize(
    ("label", "place"),
    [
        ("anger", (0, 0.4)),
        ("disgust", (0.13, -0.12)),
        ("content", (0.37, -0.07)),
        ("happy", (0.37, -0.05)),
        ("sad", (0, -0.8)),
    ],
)
def test_an_expression_pushes_the_surface_out_where_it_is_said_to(label: str, place: tuple[float, float]) -> None:
    scene = draw_scene(1, range(160))
    moved = bump_grid(moving_bumps(scene.person, scene.features, scene.actions), 64)
    there = look_up(moved, np.broadcast_to(np.asarray(place, np.float32), (160, 1, 2)))[:, 0]
    own, neutral = (there[scene.labels == EXPRESSIONS.index(name)] for name in (label, "neutral"))
    assert own.mean() > np.abs(neutral).mean() + 0.02


def test_a_head_that_is_not_turned_is_seen_from_the_front() -> None:
    scene = draw_scene(1, range(4))
    points = np.asarray([[[0.1, 0.2, 0.3]]] * 4, np.float32)
    seen = project(points, np.broadcast_to(np.eye(3, dtype=np.float32), (4, 3, 3)), scene.pose)
    np.testing.assert_allclose(seen[:, 0, 0], 0.1 * scene.pose.scale + scene.pose.right, rtol=1e-5)
    np.testing.assert_allclose(seen[:, 0, 2], 0.3, rtol=1e-6)


def test_expressions_are_made_of_known_actions() -> None:
    assert tuple(MIXTURES) == EXPRESSIONS
    assert {name for mixture in MIXTURES.values() for name in mixture} == set(NAMES)


@pytest.mark.parametrize(
    ("inputs", "outputs", "found"),
    [
        ({"image": (48, 48, 2)}, LABEL, r"an input `image` of shape \[48, 48, 2\]"),
        ({"image": (8, 8, 3)}, LABEL, r"an input `image` of shape \[8, 8, 3\]"),
        ({"landmarks": (68, 3)}, LABEL, r"an input `landmarks` of shape \[68, 3\]"),
        ({"image": (48, 48, 3), "sound": (100,)}, LABEL, "the space has an input `sound`"),
        (ALL, {"y": OutputFact((7,), "softmax")}, r"an output of shape \[7\]"),
        (ALL, {"y": OutputFact((8,), "sigmoid")}, "an output that ends with `sigmoid`"),
        (ALL, {"y": OutputFact((8,))}, "an output that ends with no softmax"),
        (ALL, {**LABEL, "y": OutputFact((1,))}, "2 outputs"),
    ],
)
def test_a_space_that_faces_do_not_fit_is_refused(
    inputs: dict[str, tuple[int, ...]], outputs: dict[str, OutputFact], found: str
) -> None:
    with pytest.raises(DataError, match=found):
        load_data("faces", inputs, outputs, 0)


@pytest.mark.parametrize("text", ["faces:", "faces:0", "faces:many", "faces:-3"])
def test_a_number_of_samples_is_a_number(text: str) -> None:
    with pytest.raises(DataError, match="faces"):
        load_data(text, ALL, LABEL, 0)


def _parts(data: Dataset) -> tuple[Part, Part, Part]:
    return data.train, data.validation, data.test


def _bytes(landmarks: Held, at: int) -> bytes:
    return np.round(landmarks[np.asarray([at])], 4).tobytes()
