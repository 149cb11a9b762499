"""Rules in emitted hypermodels: a trial fails if and only if its choices break a rule of the space."""

from __future__ import annotations

import pytest

import sqsem_dsl

pytest.importorskip("keras")
pytest.importorskip("keras_tuner")
from sqsem_dsl.backends.hypermodel.module import space_code
from tests.backends.hypermodel.comparing import built, check_same, hypermodel_of, outcomes_of

pytestmark = pytest.mark.keras

PATHS = """
use se from std
block gated(x, w: int) {
  let a = x -> slot one { relu } -> dense(any [2, 3]) -> slot two { dense(w) }
  require not (one and two)
  out a
}
space paths {
  input x: [4]
  param a in [1, 2, 3]
  param share in [0.5, 1.5]
  let trunk = x -> dense(a) -> repeat fires in 1..3 as i {
    let y = it -> dense(any [4, 8]) -> slot se { dense(any [2, 4]) -> slot deep { relu } }
    require i == 0 or not se or not fires[i - 1].se
    out y
  } -> choose pool { max: relu  avg: tanh  wide: dense(a) -> slot extra { relu } }
  let seen = add(trunk -> dense(4), pick branches in 1..2 {
    near: trunk -> dense(4)
    far: trunk -> dense(4)
    last: x -> dense(4)
  })
RULES
  output y = seen -> dropout(share / 2) -> gated(a) -> dense(2) -> softmax
}
"""
RULES = {
    "iterations": "require count(fires[*].se) <= 1  require count(fires[0..1].dense.units == 8, a > 1, pool.max) <= 2",
    "inactive": "require fires[1].dense.units <= 4  require not fires[2].se.deep",
    "not active": "require not pool.wide.extra",
    "sums": "require sum(fires[*].dense.units, a) <= 14  require sum(fires[*].se.dense.units, 2 * a) <= 8",
    "picks": "require branches.near or pool.avg  require count(branches, fires[*].se.deep) <= 2  require fires != 2",
    "values": "require share < 1 or a != 2  require pool.max or a in [1, 2] and fires[0].se",
    "pairs": "require count(fires[*].se and fires[*].dense.units == 4) <= 0",
}


@pytest.mark.parametrize("rules", RULES.values(), ids=RULES)
def test_a_trial_fails_outside_the_rules_alone(rules: str) -> None:
    space = sqsem_dsl.loads(PATHS.replace("RULES", rules))
    assert outcomes_of(space, hypermodel_of(space), 40) == {True, False}


def test_a_rule_on_a_choice_that_kerastuner_declares_where_it_is_not_active() -> None:
    lines = "param c in [2, 3]  require c < 3  let t = choose k { a: x -> dense(c)  b: x -> relu }"
    more = "let u = t -> if k2 { dense(c) }  output y = u -> dense(2)"
    space = sqsem_dsl.loads(f"space s {{ input x: [4]  param k2 in [true, false]  {lines}  {more} }}")
    assert "in hp.read" in space_code(space)
    assert outcomes_of(space, hypermodel_of(space), 40) == {True, False}


def test_choices_that_are_not_active_are_not_read() -> None:
    """A block that reads an argument only in a slot, and a value that is computed from a choice."""
    space = sqsem_dsl.loads(
        "block gated(x, w: int, v: int) { out x -> slot one { dense(w) } -> slot two { dense(v) } } "
        "space s { input x: [4]  param a in [2, 3]  param b in [2, 3]  param c in [2, 3]  let d = c + 1 "
        "output y = x -> gated(a, b * 2) -> slot three { dense(d) -> dense(d) } -> dense(2) }"
    )
    hypermodel = hypermodel_of(space)
    for architecture in map(space.at, range(space.count or 0)):
        check_same(space, architecture, built(hypermodel, space, architecture))
