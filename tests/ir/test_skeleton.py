"""The skeleton of an item has all that the item reads, and differs where a value does."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from sqsem_dsl.compiler import Compilation
from sqsem_dsl.ir.children import children
from sqsem_dsl.ir.graph import Const, Guard, Item, ItemId
from sqsem_dsl.ir.skeleton import skeleton

SPECS = sorted((Path(__file__).resolve().parents[2] / "specs").glob("*.sqs"))
EVERYTHING = """
space all {
  input x: [8, 8, 4]
  param n in 1..3
  param wide in [true, false]
  let y = x -> repeat r in 1..2 { bypass skip in [none, auto] { conv(2 * n, 3) } } -> slot s { relu } -> gap
  let z = merge(y, optional o { x -> gap }, pick p in 1..2 { a: x -> conv(4, 1) -> gap  b: x -> gmp }, how = concat)
  require count(r[*].skip == auto, p.a) < 3
  output last = z -> { require channels(y) < 6  out it -> dense(where(wide, 4, n)) }
}
"""


def reads(item: Item) -> set[ItemId]:
    found = skeleton(item)
    return {*found.fixed, *found.cases.values()}


def check(items: tuple[Item, ...]) -> None:
    for item in items:
        passed = {item.of} if isinstance(item, Guard) else set()  # evaluated first, but not part of a guard's value
        assert reads(item) - passed == set(children(item)) - passed
        assert skeleton(item).rules == (item.rules if isinstance(item, Guard) else ())


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_a_skeleton_has_all_that_an_item_reads(path: Path) -> None:
    for part in Compilation.from_file(path).elaborated.values():
        assert part.graph is not None
        check(part.graph.items)


def test_this_holds_for_items_of_every_type() -> None:
    compilation = Compilation.from_text(EVERYTHING)
    assert compilation.diagnostics == ()
    items = compilation.elaborated["all"].graph.items
    assert {type(item) for item in items} == set(get_args(Item))
    check(items)


def test_one_and_true_differ() -> None:
    assert skeleton(Const(1)) == skeleton(Const(1))
    assert skeleton(Const(1)) != skeleton(Const(True))
    assert skeleton(Const((1, 2))).head != skeleton(Const((True, 2))).head
