"""The choices of a space as a tree by their paths, with siblings of the same structure as one."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import Literal

from sqsem_dsl.ir.choices import Choice

Merge = Literal["nothing", "indexed", "named"]
"""Which siblings become one where all below them is equal: none, those that differ in their index, or structures with
other names too."""
_INDEX = re.compile(r"\[(\d+)\]")


@dataclass(frozen=True)
class Node:
    """A structure or a choice, or several alike: the last parts of their paths, and the choices that are called so."""

    names: tuple[str, ...]
    choices: tuple[Choice, ...]
    children: tuple[Node, ...]

    @property
    def label(self) -> str:
        """The names in one: `fires[0..2]`, `{left, right}`."""
        return self.names[0] if len(self.names) == 1 else _together(self.names)


@dataclass
class _Branch:
    choice: Choice | None = None
    below: dict[str, _Branch] = field(default_factory=dict)


def tree(choices: Iterable[Choice], merge: Merge = "indexed") -> tuple[Node, ...]:
    """The tree, in the order of the first choices."""
    root = _Branch()
    for choice in choices:
        branch = root
        for name in choice.path.split("."):
            branch = branch.below.setdefault(name, _Branch())
        branch.choice = choice
    return _children(root, merge)


def _children(branch: _Branch, merge: Merge) -> tuple[Node, ...]:
    nodes = [
        Node((name,), () if below.choice is None else (below.choice,), _children(below, merge))
        for name, below in branch.below.items()
    ]
    merged: dict[Hashable, Node] = {}
    for node in nodes:
        key = _key(node, merge)
        merged[key] = _joined(merged[key], node) if key in merged else node
    return tuple(_shortened(node) for node in merged.values())


def _key(node: Node, merge: Merge) -> Hashable:
    """What nodes that become one have in common."""
    name = node.names[0]
    if merge == "nothing":
        return name
    indexed = _INDEX.search(name)
    group = (_INDEX.sub("[]", name),) if indexed else (name if merge == "indexed" or not node.children else "",)
    return group, _structure(node)


def _structure(node: Node) -> Hashable:
    """All of a node but its own name."""
    choice = (node.choices[0].kind, node.choices[0].domain, node.choices[0].section) if node.choices else None
    return choice, tuple((child.names, _structure(child)) for child in node.children)


def _joined(one: Node, other: Node) -> Node:
    children = tuple(map(_joined_below, one.children, other.children))
    return Node((*one.names, *other.names), (*one.choices, *other.choices), children)


def _joined_below(one: Node, other: Node) -> Node:
    return replace(_joined(one, other), names=one.names)


def _shortened(node: Node) -> Node:
    """Without a line of its own for a structure that holds one thing: `first.se.skip`."""
    while not node.choices and len(node.children) == 1:
        (child,) = node.children
        node = Node((f"{node.label}.{child.label}",), child.choices, child.children)
    return node


def _together(names: Sequence[str]) -> str:
    """Names as one, indices as ranges where they have no gaps.

    >>> _together(["fires[0]", "fires[1]", "fires[3]"]), _together(["left", "right"])
    ('fires[0, 1, 3]', '{left, right}')
    """
    at = [tuple(map(int, _INDEX.findall(name))) for name in names]
    several = [sorted(set(numbers)) for numbers in zip(*at, strict=True)]
    if not several or prod(map(len, several)) != len(names):
        return f"{{{', '.join(names)}}}"
    ranges: Iterator[str] = map(_range, several)
    return _INDEX.sub(lambda _: f"[{next(ranges)}]", names[0])


def _range(numbers: Sequence[int]) -> str:
    if len(numbers) > 1 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"{numbers[0]}..{numbers[-1]}"
    return ", ".join(map(str, numbers))
