"""Work is bounded at its source: what took minutes or gigabytes gets an answer, or a message that there is none."""

from __future__ import annotations

from typing import Any

import pytest

from sqsem_dsl import loads
from sqsem_dsl.api.space import Compilation
from sqsem_dsl.diagram import shape_analysis
from sqsem_dsl.diagram.cost_evaluator import CostEvaluator
from sqsem_dsl.diagram.domains import Shapes
from sqsem_dsl.diagram.evaluate import Evaluator
from sqsem_dsl.diagram.exceeded import Long
from sqsem_dsl.diagram.known_scalars import KnownScalars
from sqsem_dsl.diagram.signatures import signatures
from sqsem_dsl.ir.faults import TooWide
from sqsem_dsl.ir.liveness import Liveness
from sqsem_dsl.ir.options import options
from sqsem_dsl.report.text.space_page import space_page
from sqsem_dsl.report.text.style import Style
from sqsem_dsl.report.text.summary import card
from sqsem_dsl.utils.effort import LEVEL_NAMES, THOROUGH, Effort, level_of

DOUBLING = "\n".join(f"let t{i + 1} = multiply(t{i} -> tanh, t{i})" for i in range(40))
TWICE = f"space s {{ input x: [8]  let t0 = x -> dense(any [8, 16])\n{DOUBLING}\noutput y = t40 -> dense(3) }}"


def test_architectures_are_counted_where_tensors_are_used_twice() -> None:
    found = loads(TWICE).analysis.architectures
    assert (found.count, found.exact) == (2, True)


def test_what_a_rule_cuts_later_has_no_costs_and_is_no_bug() -> None:
    space = loads("""
        space s {
          input x: [8, 8, 3]
          param g in [3, 2]
          param z in [1, 2]
          output y = x -> conv(6, 3, groups = g) -> dense(z)
          require g == 3 or z == 3
        }""")
    assert space.count == 2
    assert {space.cost(i).params for i in range(2)} == {space.at(i).params for i in range(2)}
    assert signatures(space.graph) is not None


def test_a_proof_that_takes_too_many_steps_still_tells_faults() -> None:
    compilation = Compilation.from_text("""
        space s {
          input x: [8]
          param p in 1..4000
          param q in 1..4000
          require p * q % 3989 == 1
          output y = x -> reshape([3, 3]) -> dense(p) -> dense(q)
        }""")
    assert {d.code for d in compilation.diagnostics} == {"SQS403", "SQS504"}


def test_the_page_of_scalars_that_double_ends() -> None:
    minima = "\n".join(f"let a{i + 1} = min(a{i}, a{i})" for i in range(40))
    space = loads(f"space s {{ input x: [8]  param p in [1, 2]  let a0 = p\n{minima}\noutput y = x -> dense(a40) }}")
    assert "architectures  2, proved" in "\n".join(space_page("s.sqs", space, Style()))


MANY = "\n".join(f"param p{i} in [1, 2]" for i in range(20))
SUMS = " -> ".join(f"dense(p{i} + p{(i + 7) % 20} * 2)" for i in range(20))
READ_TWICE = f"space s {{ input x: [8]\n{MANY}\noutput y = x -> dense(4) -> {SUMS.replace('p19', 'p3')} }}"


@pytest.mark.slow
@pytest.mark.parametrize("evaluator", [Evaluator, CostEvaluator])
def test_scalars_computed_at_once_take_the_same_steps(evaluator: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = loads(READ_TWICE).graph
    roots = tuple(item for _, item in graph.outputs)
    liveness = Liveness(graph.items, roots, graph.rules)

    def steps() -> tuple[int, int]:
        effort = Effort(150_000)
        if evaluator is CostEvaluator:
            made: Any = CostEvaluator(graph, liveness, False, effort)
        else:
            made = Evaluator(graph, Shapes(), lambda choice: options(graph, choice), liveness, effort=effort)
        with pytest.raises(Long) as long:
            made.run(roots)
        return effort.left, long.value.at

    at_once = steps()
    monkeypatch.setattr(KnownScalars, "of", lambda scalars, item: None)
    assert steps() == at_once


@pytest.mark.slow
def test_the_page_continues_where_the_first_values_break_a_rule() -> None:
    space = loads("""
        space s {
          input x: [8]
          param p in 2..4000
          param q in 2..4000
          require p * q == 15213389
          output y = x -> dense(p) -> dense(q)
        }""")
    page = "\n".join(space_page("s.sqs", space, Style()))
    assert "default        not known: the first values break a rule" in page
    assert "architectures  at least 1, not counted: it takes more than 1,000,000 steps (`--effort" in page


@pytest.mark.slow
def test_the_page_says_for_which_reason_nothing_is_counted() -> None:
    space = loads("""
        space s {
          input x: [8]
          param p in 1..4000
          param q in 1..4000
          require p * q % 3989 == 1
          output y = x -> dense(p) -> dense(q)
        }""")
    lines = "\n".join(card("s.sqs", space, Style()))
    reason = "it takes more than 1,000,000 steps (`--effort thorough` allows 20 times as many)"
    assert "assignments    not counted: it takes more than 1,000,000 steps (`--effort" in lines
    assert space.analysis.architectures.how == f"not counted: {reason}"
    assert space.analysis.diagram is None
    assert space.analysis.limits == {"costs": f"not computed: {reason}"}


TOGETHER = """
    space s {
      input x: [8]
      param a in 1..30  param b in 1..30  param c in 1..30
      output y = x -> dense(a) -> dense(b) -> dense(c) -> dense(a + b + c) -> dense(2)
    }"""


@pytest.mark.slow
def test_an_effort_scales_the_limits_and_the_message_says_which_one_it_was() -> None:
    found = {name: loads(TOGETHER, effort=name) for name in LEVEL_NAMES}
    assert [space.count for space in found.values()] == [None, None, 27_000]
    wide = [space.shape_analysis.wide for space in found.values()]
    assert [each and each.limit for each in wide] == [5_000, 20_000, None]
    more = "(`--effort thorough` allows 4 times as many)"
    reason = f"too many choices in scope at once, more than 20,000 states {more}"
    assert wide[1] is not None
    assert wide[1].reason == reason
    assert wide[1].note == f"more than 20,000 combinations of choices are in scope here {more}, of `a`, `b`, `c`"
    assert found["normal"].analysis.diagram is None
    assert found["normal"].analysis.limits == {"costs": f"{reason}: a, b, c"}
    assert found["thorough"].analysis.diagram is not None
    assert found["thorough"].analysis.ranges["params"].low.value == 27


def test_an_answer_is_the_same_at_every_effort() -> None:
    text = "space s { input x: [8]  output y = x -> repeat n in 1..3 { dense(any [4, 8]) -> relu } -> dense(2) }"
    spaces = [loads(text, effort=name) for name in LEVEL_NAMES]
    assert {space.count for space in spaces} == {14}
    assert {space.analysis.architectures for space in spaces} == {spaces[0].analysis.architectures}
    assert len({tuple(a.id for a in space.sample(5, seed=3)) for space in spaces}) == 1


def test_the_last_level_names_no_other() -> None:
    assert (THOROUGH.more_steps, THOROUGH.more_stored) == ("", "")
    assert level_of("quick").more_steps == " (`--effort thorough` allows 200 times as many)"
    with pytest.raises(ValueError, match="effort is one of 'quick', 'normal', 'thorough', not 'all'"):
        loads(TOGETHER, effort="all")  # type: ignore[arg-type]


def test_a_diagram_with_too_many_edges_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shape_analysis, "MAX_EDGES", 12_000)
    layers = " -> ".join(f"dense(any 1..40) @d{i}" for i in range(12))
    found = loads(f"space s {{ input x: [8]  output y = x -> {layers} -> dense(2) }}").shape_analysis.wide
    assert isinstance(found, TooWide)
    assert (found.what, found.limit) == ("edges", 12_000)
    assert found.note.startswith("the decision diagram has more than 12,000 edges here (`--effort thorough` allows 4")
