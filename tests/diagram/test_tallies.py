"""Rules that name and count choices by their paths, compared with an enumeration of the space without the rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from math import comb
from typing import Any

import pytest

import sqsem_dsl
from tests.reference.agreement import case_of, check, forgetting

Choices = Mapping[str, Any]
TEXT = """sqs 1
use se from std
space s {
  input image: [8, 8, 4]
  let t = image -> repeat fires in 1..3 { conv(4, 3) -> slot se { se(ratio = any [2, 4]) } }
    -> choose pool { max: maxpool(2)  avg: avgpool(2)  none: identity }
  let b = add(pick branches in 1..3 { near: t -> conv(4, 1)  far: t -> conv(4, 3)  same: t -> conv(4, 5) })
  RULE
  output y = b -> gap -> dense(2) -> softmax
}
"""


@cache
def everything() -> list[dict[str, Any]]:
    """The choices of all architectures without a rule."""
    space = sqsem_dsl.loads(TEXT.replace("RULE", ""))
    return [dict(space.at(number).choices) for number in range(space.count)]


def blocks(choices: Choices, *iterations: int) -> int:
    return sum(bool(choices.get(f"fires[{k}].se")) for k in iterations or range(3))


def ratios(choices: Choices) -> list[int]:
    return [choices[path] for k in range(3) if (path := f"fires[{k}].se.ratio") in choices]


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("count(fires[*].se) <= 2", lambda c: blocks(c) <= 2),
        ("count(fires[*].se) != 1", lambda c: blocks(c) != 1),
        ("2 > count(fires[0..1].se)", lambda c: blocks(c, 0, 1) < 2),
        ("count(fires[1..2].se) == 1", lambda c: blocks(c, 1, 2) == 1),
        ("count(fires[0].se, fires[2].se) >= 1", lambda c: blocks(c, 0, 2) >= 1),
        ("fires[2].se", lambda c: c.get("fires[2].se", True)),
        ("not fires[0].se or fires > 2", lambda c: not c["fires[0].se"] or c["fires"] > 2),
        ("count(branches) >= 2", lambda c: len(c["branches"]) >= 2),
        ("branches.near or pool.max", lambda c: "near" in c["branches"] or c["pool"] == "max"),
        ("count(branches.near, branches.far) == 1", lambda c: ("near" in c["branches"]) != ("far" in c["branches"])),
        ("sum(fires[*].se.ratio) in [0, 4, 6]", lambda c: sum(ratios(c)) in (0, 4, 6)),
        ("sum(fires[*].se.ratio) / 2 < 5 - count(branches)", lambda c: sum(ratios(c)) / 2 < 5 - len(c["branches"])),
        ("count(fires[*].se.ratio == 4) <= 1", lambda c: ratios(c).count(4) <= 1),
        (
            "count(fires[*].se and fires[*].se.ratio == 2, pool.avg) + count(branches) <= 3",
            lambda c: ratios(c).count(2) + (c["pool"] == "avg") + len(c["branches"]) <= 3,
        ),
        (
            "count(fires[*].se) <= 1 or count(branches) == 1 and not pool.none",
            lambda c: blocks(c) <= 1 or (len(c["branches"]) == 1 and c["pool"] != "none"),
        ),
    ],
)
def test_rules_keep_exactly_the_assignments_that_meet_them(rule: str, holds: Callable[[Choices], bool]) -> None:
    text = TEXT.replace("RULE", f"require {rule}")
    space = sqsem_dsl.loads(text)
    wanted = [choices for choices in everything() if holds(choices)]
    assert 0 < len(wanted) < len(everything())
    assert space.count == len(wanted)
    assert [space.index(choices) for choices in wanted[::11]] == list(range(0, len(wanted), 11))
    assert space.costed.diagram is not None
    assert space.costed.diagram.count == len(wanted)


def test_a_body_names_its_own_choices_and_those_of_the_iteration_before() -> None:
    case = case_of("""space s {
      input x: [4, 4, 2]
      output y = x -> repeat n in 1..4 as i {
        let t = it -> conv(2, 1) -> slot skip { relu }
        require i == 0 or not skip or not n[i - 1].skip
        out t
      }
    }""")
    assert case is not None
    check(case)
    # Sequences of k without two neighbors are Fibonacci's numbers.
    assert case.space.count == 2 + 3 + 5 + 8


def test_a_block_names_its_own_choices_in_each_use() -> None:
    case = case_of("""block two(x) {
      let a = x -> slot one { conv(2, 1) }
      let b = a -> slot other { conv(2, 3) }
      require count(one, other) == 1
      out b
    }
    space s { input x: [4, 4, 2]  output y = x -> two @first -> two @second }""")
    assert case is not None
    check(case)
    assert case.space.count == 4


def test_what_is_not_active_counts_nothing() -> None:
    text = """space s {
      input x: [4, 4, 2]
      let t = x -> choose side { left: slot a { conv(2, 1) }  right: slot b { conv(2, 1) } -> slot c { relu } }
      RULE
      output y = t
    }"""
    for rule, count in (
        ("count(side.left.a, side.right.b, side.right.c) >= 1", 4),
        ("side.left.a or side.right.b", 6),  # one of them is never active, so that it holds
        ("count(side.right.b, side.right.c) == 0", 3),
    ):
        case = case_of(text.replace("RULE", f"require {rule}"))
        assert case is not None
        check(case)
        assert case.space.count == count, rule


def test_counts_and_sums_in_arithmetic_read_what_they_name() -> None:
    space = sqsem_dsl.loads("""space s {
      input x: [4, 4, 2]
      param a in [1, 2]
      let t = add(pick parts in 1..2 { one: x -> conv(2, 1)  two: x -> conv(2, 3) })
      output y = t -> conv(sum(a, 3) * count(parts, a == 2), 1)
    }""")
    assert [architecture.layers[-1].shape[-1] for architecture in map(space.at, range(space.count))] == [
        4 * (1 if len(choices["parts"]) == 1 else 2) + 0 if choices["a"] == 1 else 5 * (len(choices["parts"]) + 1)
        for choices in (space.at(number).choices for number in range(space.count))
    ]
    assert space.count == 6


def test_a_rule_over_many_choices_keeps_only_its_total() -> None:
    space = sqsem_dsl.loads("""space s {
      input x: [4, 4, 2]
      output y = x -> repeat n in 1..24 { conv(2, 1) -> slot se { conv(2, 3) } }
      require count(n[*].se) <= 3
    }""")
    assert space.count == sum(comb(k, chosen) for k in range(1, 25) for chosen in range(4))
    assert space.shape_analysis.diagram is not None
    assert space.shape_analysis.diagram.size < 5 * 24 * 24


def test_states_that_differ_only_in_a_total_are_joined_when_the_rule_is_met() -> None:
    case = case_of("""space s {
      input x: [4, 4, 2]
      let t = x -> repeat n in 1..3 { param w in [1, 2]  out it -> conv(w, 1) } -> conv(2, 1)
      let u = t -> choose flat { no: identity  yes: gap }
      require count(n[*].w == 2, channels(u) > 2) >= 0
      output y = add(t -> gap, u -> dense(2))
    }""")
    assert case is not None
    check(case)


def test_undefined_and_failing_terms_are_those_of_the_enumeration() -> None:
    for rule in (
        "sum(n[*].w, 6 // (n - 1)) <= 9",
        "sum(n[*].w) + 6 // (n - 1) <= 9",
        "count(height(u) > 2, n[*].w == 2) >= 1",
        "count(n[*].w > 1) >= 0 and sum(n[*].w) > 2",
    ):
        case = case_of(f"""space s {{
          input x: [4, 4, 2]
          let t = x -> repeat n in 1..3 {{ param w in [1, 2]  out it -> conv(w, 1) }}
          let u = t -> choose flat {{ no: identity  yes: gap }}
          require {rule}
          output y = add(t -> gap -> dense(2), u -> dense(2) -> gap)
        }}""")
        assert case is not None
        check(case)
        with forgetting():
            check(case)
