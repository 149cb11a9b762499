"""The tree of the choices: its lines and their names."""

from __future__ import annotations

from sqsem_dsl.ir.choices import Categorical, Choice
from sqsem_dsl.ir.path import Path
from sqsem_dsl.report.text.tree import Merge, Node, tree

TWO = Categorical((1, 2))
THREE = Categorical((1, 2, 3))


def lines(nodes: tuple[Node, ...], depth: int = 0) -> list[str]:
    """A line for each node, with the number of its choices."""
    found = []
    for node in nodes:
        found.append("  " * depth + node.label + (f" x{len(node.choices)}" if node.choices else ""))
        found += lines(node.children, depth + 1)
    return found


def tree_lines(*paths: str, merge: Merge = "indexed", **domains: Categorical) -> list[str]:
    return lines(
        tree([Choice(Path.parse(path), "param", domains.get(path.replace(".", "_"), TWO)) for path in paths], merge)
    )


def test_a_structure_holds_what_is_in_it() -> None:
    assert tree_lines("se", "se.ratio", "se.act", "pool") == ["se x1", "  ratio x1", "  act x1", "pool x1"]


def test_a_structure_with_one_thing_takes_no_line() -> None:
    assert tree_lines("cell.e01.op", "dropout.rate") == ["cell.e01.op x1", "dropout.rate x1"]
    assert tree_lines("cell.e01.op", "cell.e02.op") == ["cell", "  e01.op x1", "  e02.op x1"]


def test_equal_siblings_of_a_repeat_are_one() -> None:
    paths = [f"n[{i}].{name}" for i in range(3) for name in ("se", "se.ratio")]
    assert tree_lines("n", *paths) == ["n x1", "n[0..2].se x3", "  ratio x3"]


def test_siblings_that_differ_stay_apart() -> None:
    assert tree_lines("n[0].w", "n[1].w", "n[2].w", "n[2].k") == ["n[0..1].w x2", "n[2]", "  w x1", "  k x1"]
    found = lines(tree([Choice(Path.parse("n[0].w"), "param", TWO), Choice(Path.parse("n[1].w"), "param", THREE)]))
    assert found == ["n[0].w x1", "n[1].w x1"]
    found = lines(tree([Choice(Path.parse("n[0].w"), "param", TWO), Choice(Path.parse("n[1].w"), "any", TWO)]))
    assert found == ["n[0].w x1", "n[1].w x1"]


def test_gaps_are_listed() -> None:
    assert tree_lines("n[0].w", "n[2].w", "n[3].w") == ["n[0, 2, 3].w x3"]


def test_repeats_in_repeats_are_one() -> None:
    paths = [f"s[{i}].n[{k}].w" for i in range(2) for k in range(3)]
    assert tree_lines(*paths) == ["s[0..1].n[0..2].w x6"]


def test_two_repeats_with_things_alike_stay_two() -> None:
    assert tree_lines("a[0].w", "a[1].w", "b[0].w", "b[1].w") == ["a[0..1].w x2", "b[0..1].w x2"]


def test_structures_with_other_names_are_one_where_that_is_asked_for() -> None:
    paths = ["left.w", "left.k", "right.w", "right.k", "up", "down"]
    assert tree_lines(*paths) == ["left", "  w x1", "  k x1", "right", "  w x1", "  k x1", "up x1", "down x1"]
    assert tree_lines(*paths, merge="named") == ["{left, right}", "  w x2", "  k x2", "up x1", "down x1"]


def test_everything_has_its_own_line_where_that_is_asked_for() -> None:
    assert tree_lines("n[0].w", "n[1].w", merge="nothing") == ["n[0].w x1", "n[1].w x1"]
