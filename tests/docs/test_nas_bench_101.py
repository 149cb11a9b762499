"""The counts of the page on NAS-Bench-101: the compiler's, and those of a script that does not use it."""

from __future__ import annotations

import re
from itertools import product
from math import comb
from typing import Any

import pytest

import sqsem_dsl as sqs
from tests.docs.scripts import ROOT, page, script

pytestmark = pytest.mark.slow

counting = script("nas_bench_101")
PAGE = page("nas-bench-101.md")
SPEC = ROOT / "tests" / "specs" / "nas_bench_101.sqs"
ROWS = [
    [int(number.replace(",", "")) for number in row]
    for row in re.findall(r"^\| (\d) \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|$", PAGE, re.MULTILINE)
]
"""Vertices, graphs, assignments and cells."""


def test_the_table_by_vertices() -> None:
    assert [row[0] for row in ROWS] == [2, 3, 4, 5, 6, 7]
    for vertices, graphs, assignments, cells in ROWS:
        inner = vertices - 2
        found = list(counting.graphs(inner, 9))
        assert graphs == len(found)
        assert assignments == comb(5, inner) * len(found) * 3**inner
        assert cells == counting.cells(inner, found)
    sums = [f"{sum(row[at] for row in ROWS):,}" for at in (2, 3)]
    assert f"| all | | {sums[0]} | {sums[1]} |" in PAGE
    assert f"| **{sums[0]}** |" in PAGE
    assert f"| {sums[1]} |" in PAGE
    assert f"| {2**21 * 3**5:,} |" in PAGE


def test_the_compiler_counts_the_same_assignments() -> None:
    analysis = sqs.load(SPEC).analysis
    assert analysis.counted == sum(row[2] for row in ROWS)
    assert not analysis.architectures.exact


@pytest.mark.parametrize("edges", [2, 3])
def test_few_edges_are_as_many_architectures_as_cells(edges: int) -> None:
    space = sqs.load(SPEC, define={"edges": edges, "cells": 1})
    found = [list(counting.graphs(inner, edges)) for inner in range(6)]
    assert space.count == sum(comb(5, inner) * len(each) * 3**inner for inner, each in enumerate(found))
    cells = sum(counting.cells(inner, each) for inner, each in enumerate(found) if each)
    assert len({space.at(number).id for number in range(space.count)}) == cells


def cell_at(space: sqs.Space, edges: set[tuple[int, int]], operations: dict[int, str]) -> sqs.Architecture:
    """The architecture of a cell between the vertices 0 and 6; the others are those with an operation."""
    choices: dict[str, Any] = {}
    for choice in space.choices:
        first, *rest = choice.at.indices
        if choice.at.name == "op" and first in operations:
            choices[choice.path] = operations[int(first)]
        elif rest and (rest[0] in operations or (rest[0] == 6 and (first or len(operations)))):
            choices[choice.path] = (first, rest[0]) in edges
    return space.at(choices)


@pytest.mark.parametrize(("vertices", "architectures", "cells"), [(2, 1, 1), (3, 6, 6), (4, 90, 84)])
def test_small_cells_as_architectures(vertices: int, architectures: int, cells: int) -> None:
    """The order of the vertices that the output concatenates makes a difference to networks, not to cells."""
    space = sqs.load(SPEC, define={"cells": 1})
    inner = vertices - 2
    graphs = list(counting.graphs(inner, 9))
    ids = {
        cell_at(
            space,
            {(i, 6 if j == inner + 1 else j) for i, j in edges},
            dict(enumerate(operations, start=1)),
        ).id
        for edges in graphs
        for operations in product(("conv3", "conv1", "pool"), repeat=inner)
    }
    assert (len(ids), counting.cells(inner, graphs)) == (architectures, cells)
    assert "with at most four vertices there are 91; they are 97 architectures" in " ".join(PAGE.split())


def test_the_inception_like_cell_has_the_parameters_of_the_benchmark() -> None:
    """Source: the example of https://github.com/google-research/nasbench, which prints `trainable_parameters`."""
    edges = {(0, 1), (0, 2), (0, 3), (0, 5), (1, 6), (2, 6), (3, 4), (4, 6), (5, 6)}
    operations = {1: "conv1", 2: "conv3", 3: "conv3", 4: "conv3", 5: "pool"}
    assert cell_at(sqs.load(SPEC), edges, operations).trainable_params == 2_694_282
    assert "2,694,282" in PAGE


def test_other_places_in_the_same_order_are_one_architecture() -> None:
    space = sqs.load(SPEC, define={"cells": 1})
    one = cell_at(space, {(0, 1), (0, 2), (1, 2), (1, 6), (2, 6)}, {1: "conv3", 2: "pool"})
    other = cell_at(space, {(0, 3), (0, 5), (3, 5), (3, 6), (5, 6)}, {3: "conv3", 5: "pool"})
    assert one.id == other.id
