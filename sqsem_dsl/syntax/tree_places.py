"""Places in the tree of a text: where a damage is, and what may become a hole there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from lark import Token, Tree

from sqsem_dsl.syntax.maybe import HOLE
from sqsem_dsl.syntax.words import STATEMENTS

Part: TypeAlias = "Tree[Token] | Token"
_LAST_IS_VALUE = frozenset({
    "let", "const", "output", "require", "setting", "slot", "optional", "bypass", "otherwise", "group",
    "alternative", "repeat", "carried", "scope", "block",
})  # fmt: skip
"""Rules whose last part is a value or a body: an expression may be there."""
LAST_IS_LIST = frozenset({"param", "axis", "input"})
_BINDING = frozenset({"let", "const", "param", "axis", "input", "block", "repeat", "carried", "formal"})


@dataclass(frozen=True, slots=True)
class Damage:
    """The damaged words, by number: one that was inserted, or two between which the text `skipped` was not read."""

    first: int
    last: int
    skipped: str = ""

    @property
    def goes_on(self) -> bool:
        """Whether the skipped text may belong to the word before it."""
        return self.skipped.split()[0].upper() not in STATEMENTS

    @property
    def nested(self) -> bool:
        """Whether brackets were skipped."""
        return any(sign in self.skipped for sign in "{}()")


@dataclass(frozen=True, eq=False, slots=True)
class Place:
    """The child of a node at an index."""

    parent: Tree[Token]
    index: int

    @property
    def part(self) -> Part:
        return self.parent.children[self.index]

    @property
    def rule(self) -> str:
        return str(self.part.data) if isinstance(self.part, Tree) else ""


_NAMED = frozenset({"let", "const", "param", "input", "output", "slot", "optional", "choose", "pick"})
"""Not alternatives: the missing name may have been read as the last stage before it."""


def is_name_of(place: Place) -> bool:
    """Whether the inserted word is the name of a statement or a structure, and nothing else."""
    return is_token(place.part, "NAME") and place.parent.data in _NAMED


def end_of(place: Place) -> Place:
    """The last stage, if the part at a place is a pipe."""
    return Place(place.part, 1) if isinstance(place.part, Tree) and place.part.data == "pipe" else place


def fills(place: Place) -> bool | None:
    """Whether a place may become a hole: False for a name as the hole, True for a list of one, None if it may not."""
    parts, index = place.parent.children, place.index
    last = index == len(parts) - 1
    match place.parent.data:
        case "pipe":
            return False
        case "any":
            return True if index == 1 else None
        case "pick" | "param" if index > 0 and is_token(parts[index - 1], "IN"):
            return True
        case "indices" if index > 0 and is_token(parts[index - 1], "WHERE"):
            return False
        case "bypass" if index == 3 and not last:
            return True
        case "repeat" if index == 3 and not last and is_token(parts[2], "IN"):
            return True
        case "repeat" if index == 1 and not is_token(parts[1], "NAME"):
            return False
        case "when" if index in (1, 2):
            return False
        case rule if last and rule in _LAST_IS_VALUE:
            return False
        case rule if last and rule in LAST_IS_LIST:
            return True
        case _:
            return None


def hole(part: Part, as_list: bool) -> Tree[Token]:
    """A hole in the place of a part."""
    if isinstance(part, Tree):
        meta = part.meta
    else:
        meta = Tree("", []).meta
        meta.start_pos, meta.end_pos = part.start_pos or 0, part.end_pos or 0
        meta.line, meta.end_line, meta.empty = part.line or 0, part.end_line or 0, False
    name: Tree[Token] = Tree("name", [Token("NAME", HOLE, meta.start_pos, end_pos=meta.end_pos)], meta)
    return Tree("list", [name], meta) if as_list else name


def bound(node: Tree[Token]) -> Iterator[str]:
    """The names that a part of a tree binds."""
    for each in node.iter_subtrees():
        if each.data in _BINDING:
            yield from (str(part) for part in each.children if is_token(part, "NAME"))


def places(node: Tree[Token]) -> Iterator[Place]:
    return (Place(node, index) for index in range(len(node.children)))


def holds(part: Part, damage: Damage) -> bool:
    return first_word(part) <= damage.first and damage.last <= last_word(part)


def first_word(part: Part) -> int:
    return int((part.meta.line if isinstance(part, Tree) else part.line) or 0)


def last_word(part: Part) -> int:
    return int((part.meta.end_line if isinstance(part, Tree) else part.end_line) or 0)


def is_token(part: Part, kind: str) -> bool:
    return isinstance(part, Token) and part.type == kind
