"""The models of emitted hypermodels of those shipped specs that have sequences, zeros, tied blocks or augmentation."""

from __future__ import annotations

from pathlib import Path

import pytest

import sqsem_dsl

pytest.importorskip("keras")
pytest.importorskip("keras_tuner")
from tests.backends.hypermodel.comparing import built, check_same, hypermodel_of

pytestmark = pytest.mark.keras

Choices = dict[str, bool | int | str]
ROOT = Path(__file__).resolve().parents[3]


SLOW = pytest.mark.slow
CHOSEN: dict[str, list[Choices]] = {
    "two_views": [{"encoders": "one", "at": 2, "siamese.encoder.n[1].se": True}],
    "face_expression": [{"depth": "early"}, {"depth": "middle", "trunk.fires[1].skip": "auto"}],
    "nas_bench_201": [{"cell.e01.op": "none", "cell.e02.op": "none", "cell.e03.op": "none"}],
}
"""Choices that some of the compared architectures must have."""


@pytest.mark.parametrize(
    ("name", "define", "seed", "samples"),
    [
        ("digits_rows", {}, 1, 2),
        ("digits_transformer", {}, 1, 2),
        ("co2_forecast", {}, 1, 2),
        ("source_lines", {}, 1, 2),
        ("tips", {}, 1, 3),
        ("deit_tiny", {"size": 32, "width": 12, "depth": 1, "classes": 3}, 1, 0),
        ("face_expression", {"size": 32}, 2, 1),
        ("nas_bench_201", {"n": 1}, 1, 2),
        ("two_views", {}, 1, 1),
        pytest.param("darts_cell", {"c": 2}, 1, 0, marks=SLOW),
    ],
)
def test_the_models_are_the_same(name: str, define: dict[str, int], seed: int, samples: int) -> None:
    space = sqsem_dsl.load(ROOT / "specs" / f"{name}.sqs", define=define)
    hypermodel = hypermodel_of(space)
    wanted = CHOSEN.get(name, [])
    many = space.sample(500, seed=seed) if wanted else []
    chosen = [next(each for each in many if some.items() <= each.choices.items()) for some in wanted]
    for architecture in (space.default(), *chosen, *space.sample(samples, seed=seed)):
        check_same(space, architecture, built(hypermodel, space, architecture))
