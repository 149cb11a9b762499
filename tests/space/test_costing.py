"""The costs on the edges of the diagram against the reduced network of every assignment, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings

import sqsem_dsl
import sqsem_dsl.space.costing as costing_module
from sqsem_dsl.space.costing import Costed, costs
from sqsem_dsl.space.space import Space
from sqsem_dsl.space.trace import PASS, Cost
from tests.space.agreement import case_of
from tests.space.random_specs import specs

SPECS = Path(__file__).resolve().parents[2] / "specs"
Facts = tuple[Cost, int, int, tuple[bool, ...]]
"""Cost, activations, weighted layers, and which outputs an input reaches."""


def paths(costed: Costed) -> Iterator[tuple[frozenset[tuple[int, int]], Facts]]:
    """Every way through the diagram to an end: the draws, and what it says of the network."""
    diagram = costed.diagram
    assert diagram is not None
    pending: list[tuple[int, tuple[tuple[int, int], ...], Cost, int]] = [(0, (), (0, 0, 0), 0)]
    while pending:
        vertex, draws, (params, trainable, macs), size = pending.pop()
        if vertex in costed.depths:
            yield frozenset(draws), ((params, trainable, macs), size, costed.depths[vertex], costed.fed[vertex])
        for edge in diagram.out.get(vertex, ()):
            drawn = draws if edge.choice == PASS else (*draws, (edge.choice, edge.option))
            cost = (params + edge.cost[0], trainable + edge.cost[1], macs + edge.cost[2])
            pending.append((edge.target, drawn, cost, max(size, edge.size)))


def check(space: Space) -> None:
    """Each assignment has one way through the diagram of costs, which says what its network costs."""
    found: dict[frozenset[tuple[int, int]], Facts] = {}
    for draws, facts in paths(costs(space.graph, depth=True)):
        assert draws not in found
        found[draws] = facts
    numbering = space.numbering
    assert len(found) == numbering.count
    for index in range(numbering.count):
        a = space.at(index)
        alive: list[bool] = []
        for layer in a.layers:
            alive.append(layer.operator == "input" or any(alive[i] for i in layer.inputs))
        fed = tuple(alive[at] for at in a.outputs.values())
        total = (a.params, a.trainable_params, a.macs)
        assert found[frozenset(numbering.unrank(index))] == (total, a.activations, a.weighted_layers, fed), a.choices


@contextmanager
def late() -> Iterator[None]:
    """Costs as those of wide spaces are found: choices that several tensors read are drawn late."""
    with patch.object(costing_module, "FEW_STATES", 0):
        yield


def check_both(space: Space) -> None:
    check(space)
    with late():
        check(space)


@settings(max_examples=60)
@given(specs())
def test_random_specs(text: str) -> None:
    case = case_of(text)
    if case is not None and not case.rejected and 0 < len(case.allowed) <= 300:
        check_both(case.space)


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
    "a bypass reads what flows in where it adds it": """
        output y = x -> bypass b in [none, fit, auto] {
          choose c { same: conv(2, 3)  more: conv(4, 1)  none: zero }
        }""",
    "a channel count draws and costs nothing": """
        let a = x -> conv(any [4, 8], 3)
        output y = x -> conv(channels(a), 1) -> slot s { add(it, a) }""",
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
    check(sqsem_dsl.load(SPECS / f"{name}.sqs"))


def test_too_wide_a_space_names_the_choices() -> None:
    costed = costs(sqsem_dsl.load(SPECS / "darts_cell.sqs").graph)
    assert costed.diagram is None
    assert "normal.nodes.n2_from" in costed.wide
