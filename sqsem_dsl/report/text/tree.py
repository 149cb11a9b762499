"""The choices of a space as a tree by their paths, with siblings of the same structure merged."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from sqsem_dsl.ir.choices import Choice
from sqsem_dsl.ir.path import Segment, ranges

Merge = Literal["nothing", "indexed", "named"]
"""The rule for merging siblings with equal subtrees: none, those that differ in their index, or structures with other
names too."""


@dataclass(frozen=True)
class Node:
    """A structure or a choice, or several alike: their name, and their choices."""

    label: str
    """`fires[0..2]`, `{left, right}`; includes parents with a single child, `first.se`."""
    choices: tuple[Choice, ...]
    children: tuple[Node, ...]


@dataclass
class _Branch:
    choice: Choice | None = None
    below: dict[Segment, _Branch] = field(default_factory=dict)


def tree(choices: Iterable[Choice], merge: Merge = "indexed") -> tuple[Node, ...]:
    """The tree, in the order of the first choices."""
    root = _Branch()
    for choice in choices:
        branch = root
        for part in choice.at.parts:
            branch = branch.below.setdefault(part, _Branch())
        branch.choice = choice
    return _children(root, merge)


def _children(branch: _Branch, merge: Merge) -> tuple[Node, ...]:
    alike: dict[Hashable, list[tuple[Segment, Node]]] = {}
    for part, below in branch.below.items():
        choices = () if below.choice is None else (below.choice,)
        node = Node(str(part), choices, _children(below, merge))
        alike.setdefault(_key(part, node, merge), []).append((part, node))
    return tuple(_shortened(_joined(*zip(*several, strict=True))) for several in alike.values())


def _key(part: Segment, node: Node, merge: Merge) -> Hashable:
    """The common key of nodes that are merged."""
    if merge == "nothing":
        return part
    indexed = (part.name, len(part.indices)) if part.indices else None
    return indexed or (part.name if merge == "indexed" or not node.children else ""), _structure(node)


def _structure(node: Node) -> Hashable:
    """All of a node except its own name."""
    choice = _alike(node.choices[0]) if node.choices else None
    return choice, tuple((child.label, _structure(child)) for child in node.children)


def _alike(choice: Choice) -> Hashable:
    return choice.kind, choice.domain, choice.section, choice.prior


def _joined(parts: Sequence[Segment], nodes: Sequence[Node]) -> Node:
    """Merges nodes that are alike."""
    return replace(_merged(nodes), label=_together(parts))


def _merged(nodes: Sequence[Node]) -> Node:
    children = tuple(_merged(several) for several in zip(*(node.children for node in nodes), strict=True))
    return Node(nodes[0].label, tuple(choice for node in nodes for choice in node.choices), children)


def _shortened(node: Node) -> Node:
    """Omits the separate line of a structure with a single child: `first.se.skip`."""
    while not node.choices and len(node.children) == 1:
        (child,) = node.children
        node = Node(f"{node.label}.{child.label}", child.choices, child.children)
    return node


def _together(parts: Sequence[Segment]) -> str:
    """Several names merged, with indices as ranges if they have no gaps; of more than a few combinations of indices
    that are not all there, their number.

    >>> _together([Segment("fires", (k,)) for k in (0, 1, 3)]), _together([Segment("left"), Segment("right")])
    ('fires[0, 1, 3]', '{left, right}')
    >>> _together([Segment("edge", (i, j)) for i in range(3) for j in range(i + 1, 4)])
    'edge[0..2][1..3] (6 of 9)'
    """
    if len(parts) == 1:
        return str(parts[0])
    texts, count = ranges([part.indices for part in parts])
    if texts and count == len(parts):
        return str(Segment(parts[0].name, texts))
    if texts and len(parts) > 3:
        return f"{Segment(parts[0].name, texts)} ({len(parts)} of {count})"
    return f"{{{', '.join(map(str, parts))}}}"
