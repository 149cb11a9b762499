"""The models of emitted hypermodels of those shipped specs that have sequences, zeros, tied blocks or augmentation."""

from __future__ import annotations

from pathlib import Path

import pytest

import sqsem_dsl

pytest.importorskip("keras")
pytest.importorskip("keras_tuner")
from tests.backends.hypermodel.comparing import built, check_same, hypermodel_of

pytestmark = pytest.mark.keras

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("name", "define", "seed", "samples"),
    [
        ("digits_rows", {}, 1, 3),
        ("digits_transformer", {}, 1, 3),
        ("deit_tiny", {"size": 32, "width": 12, "depth": 1, "classes": 3}, 1, 0),
        ("face_expression", {"size": 32}, 2, 3),
        ("nas_bench_201", {"n": 1}, 1, 3),
        ("two_views", {}, 1, 3),
        ("darts_cell", {"c": 2}, 1, 1),
    ],
)
def test_the_models_are_the_same(name: str, define: dict[str, int], seed: int, samples: int) -> None:
    space = sqsem_dsl.load(ROOT / "specs" / f"{name}.sqs", define=define)
    hypermodel = hypermodel_of(space)
    for architecture in (space.default(), *space.sample(samples, seed=seed)):
        check_same(space, architecture, built(hypermodel, space, architecture))
