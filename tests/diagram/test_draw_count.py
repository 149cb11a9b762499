"""Assignments counted without shapes, compared with an enumeration."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, event, given, settings

from sqsem_dsl import Compilation, loads
from sqsem_dsl.diagram import draw_count
from sqsem_dsl.diagram.draw_count import count_draws
from tests.diagram.test_rules import ruled
from tests.reference.agreement import case_of
from tests.reference.random_specs import specs

SLOW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.slow
@SLOW
@given(specs())
def test_random_specs(text: str) -> None:
    agrees(text)


@pytest.mark.slow
@SLOW
@given(ruled())
def test_random_rules(text: str) -> None:
    agrees(text)


def agrees(text: str) -> None:
    case = case_of(text)
    found = None if case is None else count_draws(case.graph)
    event("counted" if found is not None else "not counted")
    # Where shapes do not fit, choices after the fault are not made: how a merge of a faulty tensor combines.
    if case is not None and not case.rejected and found is not None:
        assert found == len(case.allowed)


def cells(vertices: int, uses: int) -> str:
    """A cell of so many inner vertices with an edge or none between each pair, used several times: at most some edges,
    and what is on no way to the output draws nothing."""
    edges = [(i, j) for i in range(vertices) for j in range(i + 1, vertices)]
    params = " ".join(f"param e{i}{j} in [1, 0]" for i, j in edges)
    blocks = "\n".join(
        f"shared block op{i}(x) {{ out x -> choose op {{ a: relu  b: tanh  c: identity }} }}"
        for i in range(1, vertices)
    )
    lines = []
    for j in range(1, vertices):
        parts = ", ".join(
            f"if e{i}{j} == 1 {{ {'x' if i == 0 else f'n{i}'} }} else {{ zero({'x' if i == 0 else f'n{i}'}) }}"
            for i in range(j)
        )
        lines.append(f"let n{j} = add({parts}) -> op{j}" if j < vertices - 1 else f"out add({parts}, x)")
    total = " + ".join(f"e{i}{j}" for i, j in edges)
    return (
        f"{blocks}\nspace s {{ {params}\nrequire {total} <= {len(edges) - 1}\nblock cell(x) {{ {' '.join(lines)} }}\n"
        f"input x: [8]\noutput y = x -> repeat {uses} {{ cell }} -> dense(2) }}"
    )


@pytest.mark.parametrize("uses", [1, 3])
def test_a_cell_counts_like_its_uses(uses: int) -> None:
    case = case_of(cells(4, 1))
    assert case is not None
    graph = loads(cells(4, uses)).graph
    assert count_draws(graph) == len(case.allowed) > 100


@pytest.mark.parametrize(
    "rule",
    [
        "count(fires[*].se) <= 1",
        "sum(fires[*].w, fires) - count(branches) in [1, 2, 4]",
        "fires[1].w == 2 or count(fires[*].se, branches.far) == 2",
        "sum(fires[*].w) // (2 - count(fires[*].se)) >= 1",
    ],
)
def test_rules_that_count_leave_out_what_is_not_drawn(rule: str) -> None:
    case = case_of(f"""space s {{
      input x: [4, 4, 2]
      let t = x -> repeat fires in 1..3 {{ param w in [1, 2]  out it -> slot se {{ conv(w, 1) }} -> conv(2, 1) }}
      output y = add(pick branches in 1..2 {{ near: t -> conv(4, 1)  far: t -> conv(4, 3) }})
      require {rule}
    }}""")
    assert case is not None
    assert 0 < len(case.allowed) < len(case.outcomes)
    assert count_draws(case.graph) == len(case.allowed)


def test_what_reads_shapes_is_not_counted() -> None:
    text = """
        space s {
          input x: [8]
          let h = x -> dense(any [2, 4])
          output y = h -> if channels(h) == 2 { dense(any [3, 5]) @late } else { relu } -> dense(2)
        }"""
    assert count_draws(loads(text).graph) is None


def test_it_ends_at_its_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = loads(cells(4, 3)).graph
    for limit in ("MAX_COUNTED_STEPS", "MAX_COUNTED_STATES"):
        with monkeypatch.context() as patch:
            patch.setattr(draw_count, limit, 10)
            assert count_draws(graph) is None


def test_a_space_whose_shapes_are_not_proved_still_says_how_many_assignments_it_has() -> None:
    names = [f"c{i}" for i in range(16)]
    params = " ".join(f"param {name} in [8, 16]" for name in names)
    layers = " -> ".join(f"dense({name})" for name in names)
    part = Compilation.from_text(
        f"space s {{ {params} require c0 <= c1 input x: [8]  output y = x -> {layers} -> {layers} }}"
    )
    space = part.space
    assert space.count is None
    assert space.analysis.counted == 3 * 2**14
    assert space.analysis.architectures.interval == (1, 3 * 2**14)
