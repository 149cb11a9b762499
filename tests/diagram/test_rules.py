"""Rules above the network and inside it: decided as their values become known, with the same result as at the end."""

from __future__ import annotations

from math import comb
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from sqsem_dsl import Compilation, loads
from sqsem_dsl.diagram.costing import costs
from sqsem_dsl.space.space import Space
from tests.reference.agreement import case_of, check, forgetting

PARAMS = {"a": [1, 2, 3], "b": [1, 2, 3], "c": [1, 2], "d": [1, 3]}


def stages(count: int, top: bool) -> Space:
    """Stages whose widths do not decrease; the rule is above the network, or in its last stage."""
    rule = "require " + " and ".join(f"w{i} <= w{i + 1}" for i in range(count - 1))
    lines = ["input x: [32, 32, 3]"]
    for i in range(count):
        lines.append(f"param w{i} in 16..512 step 16  param d{i} in 1..4")
    lines += [rule] if top else []
    before = "x"
    for i in range(count):
        inside = rule if i == count - 1 and not top else ""
        lines.append(f"block b{i}(h) {{ {inside} out h -> repeat d{i} {{ conv(w{i}, 3) -> relu }} }}")
        lines.append(f"let y{i} = {before} -> b{i}")
        before = f"y{i}"
    lines.append(f"output y = {before} -> gap -> dense(10)")
    return loads("space s {\n" + "\n".join(lines) + "\n}")


@pytest.mark.parametrize("count", [3, pytest.param(4, marks=pytest.mark.slow)])
def test_a_rule_above_the_network_takes_as_many_states_as_one_inside(count: int) -> None:
    above, inside = stages(count, True), stages(count, False)
    assert above.count == inside.count == comb(31 + count, count) * 4**count
    assert above.shape_analysis.diagram is not None
    assert inside.shape_analysis.diagram is not None
    assert above.shape_analysis.diagram.size == inside.shape_analysis.diagram.size
    assert above.costed.diagram is not None
    assert above.costed.diagram.count == above.count
    assert [dict(above.at(i).choices) for i in range(0, above.count, above.count // 5)] == [
        dict(inside.at(i).choices) for i in range(0, above.count, above.count // 5)
    ]


def number(draw: Any, level: int, sizes: tuple[str, ...]) -> str:
    kind = draw(st.integers(0, 10))
    if level < 2 and kind == 9:
        return f"sum({number(draw, level + 1, sizes)}, {number(draw, level + 1, sizes)})"
    if level < 2 and kind == 10:
        return f"count({condition(draw, level + 1, sizes)}, {condition(draw, level + 1, sizes)})"
    if level < 2 and kind == 0:
        return f"({number(draw, level + 1, sizes)} + {number(draw, level + 1, sizes)})"
    if level < 2 and kind == 1:
        return f"({number(draw, level + 1, sizes)} // ({number(draw, level + 1, sizes)} - 1))"
    if level < 2 and kind == 2:
        return f"where({condition(draw, level + 1, sizes)}, {number(draw, 2, sizes)}, {number(draw, 2, sizes)})"
    if kind == 3:
        return str(draw(st.integers(1, 4)))
    return str(draw(st.sampled_from((*PARAMS, *PARAMS, *sizes))))


def condition(draw: Any, level: int, sizes: tuple[str, ...]) -> str:
    kind = draw(st.integers(0, 7))
    if level < 3 and kind < 4:
        joined = "and" if kind < 3 else "or"
        return f"({condition(draw, level + 1, sizes)} {joined} {condition(draw, level + 1, sizes)})"
    if level < 3 and kind == 4:
        return f"not ({condition(draw, level + 1, sizes)})"
    sign = draw(st.sampled_from(("<=", "<", "==", "!=", ">=", ">")))
    return f"{number(draw, level, sizes)} {sign} {number(draw, level, sizes)}"


@st.composite
def ruled(draw: Any) -> str:
    """A space with some choices that are always active and others that are not, and with rules at several places."""
    lines = ["input x: [4, 4, 2]", *(f"param {name} in {values}" for name, values in PARAMS.items())]
    above = [f"require {condition(draw, 0, ())}" for _ in range(draw(st.integers(1, 2)))]
    lines += above
    bodies = (
        "repeat n in 0..1 { conv(c, 1) }",
        "bypass b1 in [none, fit] { conv(c, 1) }",
        "choose what { one: identity  two: conv(c, 1) }",
    )
    body = draw(st.sampled_from(bodies))
    lines.append("let y1 = x -> conv(a, 1)")
    if draw(st.booleans()):
        lines.append(f"require {condition(draw, 1, ('channels(y1)',))}")
    lines.append("let y2 = y1 -> conv(b, 1)")
    late = f"require {condition(draw, 1, ('channels(y1)', 'channels(y2)'))}" if draw(st.booleans()) else ""
    lines.append(f"block last(h) {{ {late} out h -> if b == 2 {{ conv(d, 1) }} else {{ identity }} }}")
    lines.append(f"output y = y2 -> {body} -> last -> gap -> dense(2)")
    return "space s {\n" + "\n".join(lines) + "\n}"


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(ruled())
def test_rules_cut_what_the_reference_cuts(text: str) -> None:
    case = case_of(text)
    assert case is not None
    several = len(case.allowed), len(case.outcomes)
    event("nothing is allowed" if not several[0] else "all are" if several[0] == several[1] else "some are")
    check(case)
    with forgetting():
        again = case_of(text)
    assert again is not None
    check(again)
    if not case.rejected:
        found = costs(case.graph, depth=True)
        assert found.diagram is not None
        assert found.diagram.count == len(case.allowed)


def test_a_rule_that_is_certain_to_be_broken_waits_for_its_last_name() -> None:
    space = loads("""
        space s {
          input x: [8]
          param a in [1, 2]  param b in [1, 2]  param c in [4, 5]
          require a == 1 and b == 1 and c >= 4
          output y = x -> dense(a) -> dense(b) -> repeat n in 0..1 { dense(c) } -> dense(2)
        }""")
    assert space.count == 4 + 2  # n = 0 does not use c: the rule holds


def test_whether_a_rule_cuts_is_reported_as_before() -> None:
    def found(rule: str, tail: str = "dense(b)") -> tuple[int, int]:
        params = "param a in [1, 2]  param b in [1, 2]"
        part = Compilation.from_text(
            f"space s {{ input x: [8]  {params}  require {rule}  output y = x -> dense(a) -> {tail} }}"
        )
        analysis = part.shape_analysis["s"]
        return len(analysis.unmet), len(analysis.always)

    assert found("a <= 2 or b > 7") == (0, 1)
    assert found("a <= 2 or b > 7", "repeat n in 0..0 { dense(b) } -> dense(2)") == (0, 0)
    assert found("a <= 1 and b <= 2") == (0, 0)


def test_a_rule_may_name_a_tensor_and_a_choice_that_the_tensor_reads() -> None:
    case = case_of("""space s {
      input x: [4, 4, 2]
      param d in [1, 2, 3]
      let t = x -> conv(d, 1)
      require channels(t) <= 2 and d == 2
      output y = add(x -> conv(3, 1) -> gap -> dense(2), t -> gap -> dense(2))
    }""")
    assert case is not None
    check(case)
    assert case.space.count == 1


def test_states_that_differ_only_in_a_rule_are_joined_when_a_tensor_satisfies_it() -> None:
    case = case_of("""space s {
      input x: [4, 4, 2]
      param a in [1, 2, 3]
      let t = x -> conv(a, 1) -> conv(2, 1)
      let u = t -> choose wide { no: identity  yes: conv(4, 1) }
      require a <= channels(u)
      output y = add(t -> gap, u -> gap -> dense(2))
    }""")
    assert case is not None
    check(case)
    assert case.space.count == 2 + 3
    assert case.space.costed.diagram is not None
    assert case.space.costed.diagram.count == 2 + 3
