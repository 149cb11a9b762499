"""The cells of NAS-Bench-101, counted without the compiler: labelled ones, and up to isomorphism.

A cell is a graph of an input, up to five vertices with an operation each, and an output, with edges that lead to later
vertices (C. Ying et al., "NAS-Bench-101", ICML 2019, arXiv:1902.09635). Every vertex is on a way from the input to the
output, and there are at most nine edges. The script counts

- assignments: such graphs with their vertices in fixed places; unused ones have neither edges nor an operation;
- cells: the same up to a renumbering of the vertices, which keeps input, output and operations.

It takes about four seconds on one core. `--edges` is the largest number of edges.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import combinations, permutations, product
from math import comb

import numpy as np

OPERATIONS = 3
VERTICES = 5
"""The most vertices between the input and the output."""
Edge = tuple[int, int]


def graphs(inner: int, most: int) -> Iterator[tuple[Edge, ...]]:
    """The graphs with so many vertices between input (0) and output (`inner` + 1) and at most so many edges, in which
    each vertex is on a way from the input to the output: it has an edge into it, and one out of it."""
    last = inner + 1
    pairs = list(combinations(range(last + 1), 2))
    for count in range(1, most + 1):
        for edges in combinations(pairs, count):
            if len({i for i, _ in edges}) == last and len({j for _, j in edges}) == last:
                yield edges


def cells(inner: int, found: list[tuple[Edge, ...]]) -> int:
    """The number of graphs with operations up to isomorphism: of equal ones, the renumbering with the least code is
    counted."""
    last = inner + 1
    orders = [(0, *order, last) for order in permutations(range(1, last))]
    labels = list(product(range(OPERATIONS), repeat=inner))
    named = np.array(
        [
            [sum(label[k - 1] * OPERATIONS ** (order[k] - 1) for k in range(1, last)) for order in orders]
            for label in labels
        ],
        np.int64,
    ).reshape(len(labels), len(orders))
    least = set()
    for edges in found:
        drawn = [sum(1 << (order[i] * (last + 1) + order[j]) for i, j in edges) for order in orders]
        codes = named + np.array(drawn, np.int64) * OPERATIONS**inner  # at most 2^48 * 3^5
        least.update(codes.min(axis=1).tolist())
    return len(least)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edges", type=int, default=9)
    edges = parser.parse_args().edges
    print("vertices  graphs  assignments    cells")
    total = [0, 0]
    for inner in range(VERTICES + 1):
        found = list(graphs(inner, edges))
        assignments = comb(VERTICES, inner) * len(found) * OPERATIONS**inner
        classes = cells(inner, found)
        total = [total[0] + assignments, total[1] + classes]
        print(f"{inner + 2:>8}  {len(found):>6,}  {assignments:>11,}  {classes:>7,}")
    print(f"{'all':>8}  {'':>6}  {total[0]:>11,}  {total[1]:>7,}")


if __name__ == "__main__":
    main()
