"""Families of choices, and what only some choices use, in emitted hypermodels: as in the package."""

from __future__ import annotations

from pathlib import Path

import pytest

import sqsem_dsl

pytest.importorskip("keras")
pytest.importorskip("keras_tuner")

from sqsem_dsl.api.space import Space
from sqsem_dsl.backends.hypermodel.module import space_code
from tests.backends.hypermodel.comparing import built, check_same, hypermodel_of, outcomes_of

pytestmark = pytest.mark.keras

HERE = Path(__file__).parent
BENCH = HERE.parents[1] / "specs" / "nas_bench_101.sqs"
CONDITIONAL = """
block once(x, aside, n: int) { out x -> slot deep { concat(it, aside) -> dense(n) } }
space conditional {
  input x: [6]
  param c in [2, 3]
  param w[i in [0, 2, 3]] in [4 + i, 8 + i]
  param v[i in 0..1] in [true, false]
  let t = x -> dense(c)
  let u = t -> slot s { dense(w[0]) -> relu }
  let late = u -> dense(any [2, 3])
  output y = choose k {
    a: t -> dense(3)
    b: add(u -> dense(2 + count(v[*], c == 2)), u -> dense(2 + count(v[*]) + count(c == 2)))
    c: x -> once(x -> dense(w[2]), sum(w[2..3]))
    d: x -> once(late, 3) -> if v[1] { once(u, 2) @more }
  } -> dense(2)
}"""


@pytest.mark.parametrize(("text", "samples"), [(CONDITIONAL, 16), ((HERE / "wired.sqs").read_text("utf-8"), 6)])
def test_the_models_are_the_same(text: str, samples: int) -> None:
    space = sqsem_dsl.loads(text)
    hypermodel = hypermodel_of(space)
    for architecture in (space.default(), *space.sample(samples, seed=1)):
        check_same(space, architecture, built(hypermodel, space, architecture))


def small_bench() -> Space:
    text = BENCH.read_text("utf-8").replace("[32, 32, 3]", "[8, 8, 3]").replace("cells = 3", "cells = 1")
    text = text.replace("edges = 9", "edges = 3")
    for channels in (128, 256, 512):
        text = text.replace(f"({channels}", f"({channels // 16}")
    return sqsem_dsl.loads(text)


@pytest.mark.slow
def test_nas_bench_101() -> None:
    space = small_bench()
    hypermodel = hypermodel_of(space)
    for architecture in (space.default(), *space.sample(2, seed=2)):
        check_same(space, architecture, built(hypermodel, space, architecture))
    assert outcomes_of(space, hypermodel, 12) == {True, False}


@pytest.mark.slow
def test_rules_on_choices_that_are_declared_where_they_are_not_active() -> None:
    space = sqsem_dsl.load(HERE / "wired.sqs")
    assert outcomes_of(space, hypermodel_of(space), 30) == {True, False}


def test_the_code_of_what_only_some_choices_use() -> None:
    code = space_code(sqsem_dsl.loads(CONDITIONAL))
    assert "    @functools.cache\n        def t():\n" in code
    assert 'hp.get("v[1]")' in code
    assert " for n in range(2, 4))" in code
