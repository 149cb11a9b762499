"""The counts of the page on NAS-Bench-201, repeated; the ids themselves on a cell of three nodes."""

from __future__ import annotations

import re
from collections import Counter

import pytest

import sqsem_dsl as sqs
from tests.docs.scripts import ROOT, page, script

pytestmark = pytest.mark.slow

counting = script("nas_bench_201")
PAGE = page("nas-bench-201.md")
CELLS = counting.cells(4)
FORMS = [counting.form(cell, 4) for cell in CELLS]
STRINGS = [counting.string(cell, 4, zeros=True) for cell in CELLS]


def test_the_table_has_the_counts_of_all_rules() -> None:
    rows = [int(number.replace(",", "")) for number in re.findall(r"^\| \**([\d,]+)\** \| ", PAGE, re.MULTILINE)]
    steps = [len({spell(cell, 4) for cell in CELLS}) for spell in counting.STEPS.values()]
    assert rows == [len(CELLS), *steps, len(set(FORMS))]


def test_the_numbers_in_the_text() -> None:
    classes = Counter(FORMS)
    sizes = Counter(classes.values())
    assert (sizes[1], max(sizes), sizes[max(sizes)]) == (4_072, 284, 3)
    still = [form for cell, form in zip(CELLS, FORMS, strict=True) if counting.constant(cell, 4)]
    assert (len(set(still)), len(still)) == (9, 341)
    pairs = set(zip(STRINGS, FORMS, strict=True))
    assert counting.several(text for text, _ in pairs) == 529
    assert max(Counter(text for text, _ in pairs).values()) == 5
    assert counting.several(form for _, form in pairs) == 759
    assert len({counting.string(cell, 4, zeros=True, zero="z") for cell in CELLS}) == 6_484


def cell_of(**operations: str) -> dict[tuple[int, int], str]:
    """A cell by the operations on its edges `e01` to `e23`; the others are `none`."""
    edges = [(i, j) for j in range(1, 4) for i in range(j)]
    return {(i, j): operations.get(f"e{i}{j}", "none") for i, j in edges}


def at(space: sqs.Space, cell: dict[tuple[int, int], str]) -> sqs.Architecture:
    return space.at({f"cell.e{i}{j}.op": operation for (i, j), operation in cell.items()})


def test_the_cells_of_the_text() -> None:
    space = sqs.load(ROOT / "specs" / "nas_bench_201.sqs")
    threes = {"e01": "conv3", "e02": "conv3", "e12": "conv3", "e23": "conv3"}
    fifth, again = cell_of(**threes, e03="conv3"), cell_of(**threes, e13="skip")
    assert counting.string(fifth, 4, zeros=True) == counting.string(again, 4, zeros=True)
    assert (at(space, fifth).trainable_params, at(space, again).trainable_params) == (1_288_506, 1_045_466)
    direct, around = cell_of(e03="skip"), cell_of(e02="skip", e23="skip")
    assert counting.string(direct, 4, zeros=True) == "#+#+0"
    assert counting.string(around, 4, zeros=True) == "#+#+#+0"
    assert at(space, direct).id == at(space, around).id


@pytest.mark.parametrize("nodes", [2, 3])
def test_the_ids_divide_small_cells_as_the_rule_does(nodes: int) -> None:
    space = sqs.loads(counting.spec_of(nodes))
    found = counting.ids(space, range(space.count))
    forms = {tuple(cell.values()): counting.form(cell, nodes) for cell in counting.cells(nodes)}
    assert found.keys() == forms.keys()
    pairs = {(forms[key], identity) for key, identity in found.items()}
    assert len(pairs) == len(set(forms.values())) == len(set(found.values()))


def test_whole_networks_are_equal_where_their_cells_are() -> None:
    space = sqs.load(ROOT / "specs" / "nas_bench_201.sqs", define={"n": 1})
    sample = range(0, 15_625, 131)
    forms = {tuple(cell.values()): form for cell, form in zip(CELLS, FORMS, strict=True)}
    found = counting.ids(space, sample)
    pairs = {(forms[key], identity) for key, identity in found.items()}
    assert len(found) == len(sample)
    assert len(pairs) == len(set(found.values())) == len({forms[key] for key in found})
    assert len(pairs) < len(sample)
