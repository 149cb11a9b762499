"""The counts of the page on NAS-Bench-101: the compiler's, and those of a script that does not use it."""

from __future__ import annotations

import re
from math import comb

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


def test_the_inception_like_cell_has_the_parameters_of_the_benchmark() -> None:
    """Source: the example of https://github.com/google-research/nasbench, which prints `trainable_parameters`."""
    space = sqs.load(SPEC)
    edges = {(0, 1), (0, 2), (0, 3), (0, 5), (1, 6), (2, 6), (3, 4), (4, 6), (5, 6)}
    operations = {1: "conv1", 2: "conv3", 3: "conv3", 4: "conv3", 5: "pool"}
    found = space.at(
        {
            choice.path: indices in edges if choice.at.name == "edge" else operations[indices[0]]
            for choice in space.choices
            for indices in [choice.at.indices]
        }
    )
    assert found.trainable_params == 2_694_282
    assert "2,694,282" in PAGE
