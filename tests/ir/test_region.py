"""Regions record the body in which each tensor is made."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, assume, given, settings

import sqsem_dsl
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.ir.graph import Graph, Merge, Op, Residual, Tensor
from sqsem_dsl.ir.region import Region
from tests.reference.random_specs import specs

LAYERS = Op | Residual | Merge
TEXT = """
block se(x) { out x -> conv(4, 1) }
block cell(x) { out x -> repeat n in 1..2 { conv(4, 3) -> slot se { relu -> se } } }
space s {
  input x: [16, 16, 4]
  output y = x
    -> cell @first
    -> choose act { one: relu  two: conv(4, 1) -> repeat 2 { relu } }
    -> gap
    -> dense(2)
}
"""


def regions(region: Region) -> Iterator[Region]:
    yield region
    for each in region.regions:
        yield from regions(each)


def outline(graph: Graph, region: Region) -> list[object]:
    """Kinds, paths and operators."""
    rows = [graph.items[item] for item in region.items]
    names: list[object] = [row.row.name for row in rows if isinstance(row, Op)]
    return [region.kind, str(region.path), *names, *(outline(graph, each) for each in region.regions)]


def test_each_body_is_a_region_in_that_of_the_body_around_it() -> None:
    graph = sqsem_dsl.loads(TEXT).graph
    assert outline(graph, graph.region) == [
        "space", "", "gap", "dense",
        ["call", "first", *(
            ["iteration", f"first.n[{k}]", "conv",
             ["slot", f"first.n[{k}].se", "relu", ["call", f"first.n[{k}].se", "conv"]]]
            for k in range(2)
        )],
        ["alternative", "act.one", "relu"],
        ["alternative", "act.two", "conv",
         ["iteration", "act.two.repeat[0]", "relu"], ["iteration", "act.two.repeat[1]", "relu"]],
    ]  # fmt: skip


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(specs())
def test_each_tensor_is_made_in_one_region_and_stands_under_its_path(text: str) -> None:
    try:
        graph = sqsem_dsl.loads(text).graph
    except SqsError:
        assume(False)
    made = [item for region in regions(graph.region) for item in region.items]
    assert made == list(dict.fromkeys(made))
    assert sorted(made) == [number for number, item in enumerate(graph.items) if isinstance(item, Tensor)]
    for region in regions(graph.region):
        for item in region.items:
            if isinstance(layer := graph.items[item], LAYERS):
                assert layer.at.parts[: len(region.path.parts)] == region.path.parts
