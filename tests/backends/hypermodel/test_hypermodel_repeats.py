"""Repeats that carry several tensors, in emitted hypermodels: the models are those of the package."""

from __future__ import annotations

from pathlib import Path

import pytest

import sqsem_dsl

pytest.importorskip("keras")
pytest.importorskip("keras_tuner")
from sqsem_dsl.backends.hypermodel.module import space_code
from tests.backends.hypermodel.comparing import built, check_same, hypermodel_of

pytestmark = pytest.mark.keras

SPECS = Path(__file__).resolve().parents[2] / "specs"
CELLS = """
block cell(x, before, c: int) {
  out concat(before -> conv(c, 1), x -> choose op { conv: conv(c, 3) -> relu  pool: maxpool(3, stride = 1) })
}
space cells {
  input image: [8, 8, 3]
  param width in [2, 3]
  let stem = image -> conv(4, 3)
  let one, two = repeat n in 1..3 as i carry previous = stem, current = stem -> conv(any [2, 4], 1) {
    let c = width * (i + 1)
    out current, cell(current, previous, c)
  }
  let three = repeat m in 0..2 carry left = one -> gap, right = two -> gap {
    out right -> dense(width), add(left -> dense(3) @left, right -> dense(3) @right)
  }
  output y = three -> dense(2) -> softmax
}"""
ZEROS = """
space sums {
  input x: [6]
  let start = x -> dense(4)
  let first, total = repeat n in 1..2 carry h = start, sum_of_all = start -> zero {
    let next = h -> dense(4) -> slot act { relu }
    out next, add(sum_of_all, next -> slot off { zero })
  }
  output y = concat(first, total) -> dense(2)
}"""


@pytest.mark.parametrize(("text", "samples"), [(CELLS, 6), (ZEROS, 8)])
def test_the_models_are_the_same(text: str, samples: int) -> None:
    space = sqsem_dsl.loads(text)
    hypermodel = hypermodel_of(space)
    for architecture in (space.default(), *space.sample(samples, seed=1)):
        check_same(space, architecture, built(hypermodel, space, architecture))


def test_wavenet() -> None:
    space = sqsem_dsl.load(SPECS / "wavenet.sqs")
    hypermodel = hypermodel_of(space)
    for architecture in (space.default(), *space.sample(2, seed=1)):
        check_same(space, architecture, built(hypermodel, space, architecture))


@pytest.mark.slow
def test_nasnet() -> None:
    space = sqsem_dsl.load(SPECS / "nasnet_mobile.sqs", define={"size": 64})
    check_same(space, space.default(), built(hypermodel_of(space), space, space.default()))


def test_tensors_are_handed_on_at_once() -> None:
    code = space_code(sqsem_dsl.loads(CELLS))
    assert "previous, current = current, " in code
    assert 'for i in range(hp.get("n")):' in code
