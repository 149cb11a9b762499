"""The costs on the edges of the diagram, compared with the reduced network of every assignment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from random import Random
from unittest.mock import patch

import pytest
from hypothesis import assume, given, settings

import sqsem_dsl
import sqsem_dsl.diagram.costing as costing_module
from sqsem_dsl.diagram.costing import Costed, costs
from sqsem_dsl.diagram.decision_diagram import EPSILON, FREE, Cost, added
from sqsem_dsl.diagram.frontier import MAX_STATES
from sqsem_dsl.space.space import Space
from tests.fakes.shipped import space_of
from tests.reference.agreement import case_of
from tests.reference.random_specs import specs
from tests.reference.stacked_specs import stacked_specs

pytestmark = pytest.mark.slow

SPECS = Path(__file__).resolve().parents[2] / "specs"
Analysis = tuple[Cost, int, int, tuple[bool, ...]]
"""Cost, activations, weighted layers, and the outputs that an input reaches."""


def ways(costed: Costed) -> dict[frozenset[tuple[int, int]], Analysis]:
    """Every path through the diagram to an end, by its choices, with the costs of the network."""
    diagram = costed.diagram
    assert diagram is not None
    found: dict[frozenset[tuple[int, int]], Analysis] = {}
    pending: list[tuple[int, tuple[tuple[int, int], ...], Cost, int]] = [(0, (), FREE, 0)]
    while pending:
        vertex, draws, spent, size = pending.pop()
        if vertex in costed.depths:
            assert frozenset(draws) not in found
            facts = spent, size, costed.depths[vertex], costed.fed[vertex]
            found[frozenset(draws)] = facts
        for edge in diagram.out.get(vertex, ()):
            extended = draws if edge.choice == EPSILON else (*draws, (edge.choice, edge.option))
            pending.append((edge.target, extended, added(spent, edge.cost), max(size, edge.size)))
    return found


def networks(space: Space) -> dict[frozenset[tuple[int, int]], Analysis]:
    """The same, from the networks of all assignments, one by one."""
    found: dict[frozenset[tuple[int, int]], Analysis] = {}
    for index in range(space.numbering.count):
        a = space.at(index)
        fed: list[bool] = []
        for layer in a.layers:
            fed.append(layer.operator == "input" or any(fed[i] for i in layer.inputs))
        cost = (a.params, a.trainable_params, a.macs, a.latency or 0)
        facts = cost, a.activations, a.weighted_layers, tuple(fed[at] for at in a.outputs.values())
        found[frozenset(space.numbering.unrank(index))] = facts
    return found


@contextmanager
def late(states: int = MAX_STATES) -> Iterator[None]:
    """Uses the method of wide spaces for costs: choices that several tensors read are decided late."""
    with patch.multiple(costing_module, FEW_STATES=0, MAX_STATES=states):
        yield


def check(space: Space) -> None:
    """Each assignment has one path through the diagram of costs, with the costs of its network."""
    expected = networks(space)
    shallow = {draws: (cost, size, 0, fed) for draws, (cost, size, _, fed) in expected.items()}
    for manner in (nullcontext, late):
        with manner():
            assert ways(costs(space.graph, depth=True)) == expected
            assert ways(costs(space.graph)) == shallow


@settings(max_examples=60)
@given(specs())
def test_random_specs(text: str) -> None:
    case = case_of(text)
    if case is not None and not case.rejected and 0 < len(case.allowed) <= 300:
        check(case.space)


@settings(max_examples=40)
@given(stacked_specs())
def test_random_stacks_of_a_searched_cell(text: str) -> None:
    compilation = sqsem_dsl.Compilation.from_text(text)
    assume(not any(diagnostic.severity == "error" for diagnostic in compilation.diagnostics))
    assume((compilation.space.count or 0) <= 300)
    check(compilation.space)


WRITTEN = {
    "what feeds only a zero goes": "let a = x -> conv(4, 3)  output y = add(a -> slot s { zero }, x -> conv(4, 1))",
    "what is read twice goes where both readers are zeros": """
        let a = x -> conv(4, 3)
        output y = concat(a -> choose c { keep: relu  drop: zero }, a -> choose d { keep: tanh  drop: zero }, x)""",
    "a layer without bias keeps zeros, one with bias does not": """
        let z = x -> choose c { keep: conv(2, 3)  drop: zero }
        output y = z -> conv(3, 3, bias = any [false, true]) -> conv(2, 3, bias = false) -> conv(2, 1)""",
    "only the shape of the other tensor is read": """
        let big = x -> conv(9, 3) -> slot s { conv(9, 3) }
        output y = x -> gap -> dense(4) -> broadcast_like(big)
          -> choose c { alone: identity  both: concat(it, big) }""",
    "a repeat of nothing passes what flows in": """
        let a = x -> conv(2, 3)
        output y = a -> repeat n in 0..3 { choose c { conv: conv(2, 3)  none: zero } } -> { concat(it, x) }""",
    "what flows in is left aside by one of two cases": """
        block other(v, w) { out w -> conv(4, 1) }
        let a = x -> conv(4, 3)
        output y = a -> slot s { other(w = x) } -> conv(2, 1)""",
    "what flows into a repeat is left aside by its steps": """
        block other(v, w) { out w -> conv(4, 1) }
        let a = x -> conv(4, 3)
        output y = a -> repeat n in 0..2 { choose c { on: conv(4, 3)  off: other(w = x) } } -> conv(2, 1)""",
    "what a needless tensor is made of is needless, too": """
        block other(v, w) { out w -> conv(2, 1) }
        let a = x -> conv(2, 3) -> slot s { conv(2, 1) } -> conv(2, 3) -> slot t { conv(2, 1) }
        output y = a -> slot u { other(w = x) } -> conv(2, 1)""",
    "a rule measures what may be needless": """
        block other(v, w) { out w -> conv(2, 1) }
        let a = x -> conv(any [2, 4], 3)
        output y = a -> conv(2, 1) -> slot s { tanh } -> slot u { other(w = x) } -> conv(2, 1)
        require channels(a) < 8""",
    "a bypass reads what flows in where it adds it": """
        output y = x -> bypass b in [none, fit, auto] {
          choose c { same: conv(2, 3)  more: conv(4, 1)  none: zero }
        }""",
    "a channel count draws and costs nothing": """
        let a = x -> conv(any [4, 8], 3)
        output y = x -> conv(channels(a), 1) -> slot s { add(it, a) }""",
    "an output of zeros is a tensor, too": "output y = x -> conv(2, 1)  output z = x -> slot s { conv(9, 1) } -> zero",
    "a cell of different widths, of which an edge may be nothing": """
        shared block cell(v, c: int) {
          let n = v -> choose e1 { conv: conv(c, 3)  none: zero -> conv(c, 1, bias = false) }
          out add(n -> choose e2 { conv: conv(c, 3)  skip: identity  none: zero }, n -> slot e3 { zero })
        }
        output y = x -> cell(2) -> conv(3, 1, bias = any [false, true]) -> cell(4) -> cell(8)""",
    "a cell that passes nothing on makes all before it needless": """
        shared block cell(v) { out v -> choose e { conv: conv(2, 3)  pool: maxpool(3, stride = 1)  none: zero } }
        output y = x -> cell -> conv(2, 1) -> cell -> batchnorm -> cell -> concat(x)""",
    "a shared number of filters, read at two widths": """
        shared block cell(v) { param c in [2, 3]  param k in [1, 3]  out v -> conv(c, k) -> conv(c + 1, k) }
        output y = x -> cell -> conv(4, 1) -> cell -> conv(any [2, 4], 1) -> cell""",
    "a shared number that no shape shows": """
        shared block cell(v, c: int) { out v -> conv(any [2, 3, 5], any [1, 3]) -> conv(c, 1) }
        output y = x -> cell(2) -> cell(any [3, 6]) -> cell(2)""",
    "options that differ in their largest tensor alone": """
        shared block cell(v, c: int) { out v -> choose e { a: conv(c, 1) -> conv(2, 1)  b: conv(2, 1) -> conv(2, 1) } }
        output y = x -> cell(9) -> cell(3) -> cell(5)""",
    "picks in a cell": """
        shared block cell(v) {
          let a = v -> conv(2, 3)
          out add(pick p in 1..2 { a: a -> conv(4, 1)  b: a -> slot s { relu } -> conv(4, 1)  c: v -> conv(4, 3) })
        }
        output y = x -> cell -> cell""",
    "choices within choices in a cell": """
        shared block cell(v) {
          out v -> choose e {
            deep: repeat n in 1..2 { conv(2, any [1, 3]) }  wide: conv(any [4, 6], 3) -> conv(2, 1)  one: conv(2, 1)
          } -> bypass b in [none, identity] { slot s { conv(2, 3) } }
        }
        output y = x -> cell -> relu -> cell""",
    "a choice of two cells, read under conditions": """
        param k in [1, 3, 5]
        shared block cell(v, c: int) { out v -> if k > c { conv(2, k) } else { slot s { conv(c, k) } } }
        output y = x -> cell(1) -> conv(2, where(k == 3, 3, 1)) -> cell(3) -> cell(4)""",
    "a cell that is used in one branch or the other": """
        shared block cell(v, c: int) { out v -> choose e { conv: conv(c, 3)  none: zero  one: conv(c, 1) } }
        output y = x -> choose where { a: cell(4) -> conv(2, 1)  b: conv(2, 3) -> cell(2)  c: cell(2) -> cell(2) }
                     -> slot again { cell(3) }""",
    "how two merges combine is asked only where there are two tensors": """
        param h in [add, multiply]
        let a = x -> conv(2, 1) -> { merge(it, optional o { it -> conv(2, 3) }, how = h) }
        output y = a -> { merge(it, optional q { it -> conv(2, 1) }, how = h) } -> conv(2, 1)""",
    "rules over what a cell makes": """
        shared block cell(v) { out v -> choose e { one: conv(2, 1)  two: conv(2, 3)  three: conv(4, 1)  none: zero } }
        let a = x -> cell
        let b = a -> conv(any [1, 4], 1) -> cell
        output y = b
        require channels(a) + channels(b) < 8""",
}


@pytest.mark.parametrize("title", WRITTEN)
def test_written_cases(title: str) -> None:
    check(sqsem_dsl.loads(f"space s {{ input x: [4, 4, 2] {WRITTEN[title]} }}"))


def test_weights_of_a_tied_block_count_once() -> None:
    text = """
      tied block eye(x) { out x -> bypass skip in [none, project] { conv(any [3, 5], 3) } }
      space s {
        input a: [4, 4, 2]  input b: [4, 4, 2]
        output y = concat(a -> eye -> slot off { zero }, b -> eye, b -> slot third { eye } -> gap -> broadcast_like(b))
      }"""
    check(sqsem_dsl.loads(text))


@pytest.mark.parametrize("name", ["toy", "digits", "unet", "squeezenet_bypass", "se_resnet50"])
def test_shipped_specs(name: str) -> None:
    check(space_of(name))


def test_a_stacked_cell_of_thousands_of_assignments() -> None:
    """One cell of 5^6, three times at three widths: with a state for each it would not finish in minutes."""
    space = sqsem_dsl.load(SPECS / "nas_bench_201.sqs", define={"n": 1})
    found = ways(costs(space.graph))
    assert len(found) == 5**6
    for index in Random(0).sample(range(5**6), 30):
        a = space.at(index)
        cost, size, *_ = found[frozenset(space.numbering.unrank(index))]
        assert (cost, size) == ((a.params, a.trainable_params, a.macs, 0), a.activations), a.choices


def test_choices_with_more_costs_than_options_are_decided_early() -> None:
    """The kernel has another cost after each width: decided late, it would have as many costs as there are widths."""
    widths = " -> ".join(f"conv(any [2, 3, 5, 7], k) @w{i} -> conv(2, any [1, 3]) @v{i}" for i in range(3))
    space = sqsem_dsl.loads(f"space s {{ input x: [4, 4, 2]  param k in [1, 3]  output y = x -> {widths} }}")
    expected = networks(space)
    with late(states=16):
        assert ways(costs(space.graph, depth=True)) == expected


def test_too_wide_a_space_names_the_choices() -> None:
    costed = costs(space_of("darts_cell").graph, most=(2_000, 40_000))
    assert costed.diagram is None
    assert "normal.nodes.n2_from" in costed.wide
