"""Places the holes in the tree of a damaged text: the smallest part around a damage that no other part depends on.

A stage of a pipe, the value of a statement, a body, or the domain of a choice becomes a hole. So every message about
the code around a hole refers to code that was read as written. A statement with a damaged head keeps its name, with a
hole for its value. A block with a damaged head becomes a hole as a whole, since its uses cannot be checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from lark import Token, Tree

from sqsem_dsl.syntax.maybe import HOLE
from sqsem_dsl.syntax.reader import Word
from sqsem_dsl.syntax.words import STATEMENTS

Part: TypeAlias = "Tree[Token] | Token"
_LAST_IS_VALUE = frozenset({
    "let", "const", "output", "require", "setting", "slot", "optional", "bypass", "otherwise", "group",
    "alternative", "repeat", "scope", "block",
})  # fmt: skip
"""Rules whose last part is a value or a body: an expression may be there."""
_LAST_IS_LIST = frozenset({"param", "axis", "input"})
_STATEMENTS = frozenset({"let", "const", "output", "require", "setting", "param", "input"})
_BINDING = frozenset({"let", "const", "param", "axis", "input", "block", "repeat", "formal"})
_SEQUENCES = frozenset({"space", "block", "scope", "settings"})
_FLOWING = frozenset({"let", "output", "pipe", "group", "slot", "alternative", "repeat", "bypass", "scope", "block"})
"""Rules in which a pipe is expected; elsewhere the arrow may be the error."""
_WHOLE = frozenset({"settings", "block", "space", "use", "version"})
"""Tokens that end a construct: text that is skipped after them does not belong to it."""


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


class Holes:
    """Collects the holes of a tree, then makes them. `cut_out` is the text, and `names` are further names with an
    unknown meaning."""

    def __init__(self, tree: Tree[Token], words: Sequence[Word], text: str) -> None:
        self.tree, self.words, self.text = tree, words, text
        self.cut_out: list[tuple[int, int]] = []
        self.names: set[str] = set()
        self._filled: list[tuple[Place, bool]] = []
        self._removed: set[int] = set()

    def cut(self, damage: Damage) -> None:
        """Gives the smallest part around a damage a hole."""
        path = self._path(damage)
        if not path or _is_name_of(path[-1]):
            return
        smallest = path[-1].part
        if path[-1].rule in _SEQUENCES and self._in_sequence(path[-1], damage):
            return
        if isinstance(smallest, Tree) and smallest.data == "pipe":
            # At an arrow: the stages on both sides of it.
            self._fill(_end(Place(smallest, 0)), False)
            self._fill(Place(smallest, 1), False)
            return
        outer: Place | None
        for outer, place in zip((*reversed(path[:-1]), None), reversed(path), strict=True):
            if self._cut_at(place, outer):
                return

    def _cut_at(self, place: Place, outer: Place | None) -> bool:
        """Makes a hole at a place if possible; `outer` is the place around it."""
        as_list = None if self._is_odd_stage(place, outer) else _fills(place)
        if place.rule == "setting":
            self._doubt(place)
        elif as_list is not None:
            self._fill(place, as_list)
        elif place.rule in _STATEMENTS:
            self._spoil(place)
        elif place.rule in ("use", "block"):
            self._remove(place)
        else:
            return False
        return True

    def applied(self) -> Tree[Token]:
        """The tree with the holes."""
        for place, as_list in self._filled:
            place.parent.children[place.index] = _hole(place.part, as_list)
        for node in self.tree.iter_subtrees() if self._removed else ():
            node.children[:] = [part for part in node.children if id(part) not in self._removed]
        return self.tree

    # ---- finding

    def _path(self, damage: Damage) -> list[Place]:
        """The places from the top down to the smallest part that contains the damage."""
        path: list[Place] = []
        node: Part = self.tree
        while isinstance(node, Tree):
            inner = next((place for place in _places(node) if _holds(place.part, damage)), None)
            if inner is None:
                break
            path.append(inner)
            node = inner.part
        return path

    def _in_sequence(self, place: Place, damage: Damage) -> bool:
        """Handles a damage between statements or settings, or in the head of their construct; False if it is larger."""
        node = place.part
        assert isinstance(node, Tree)
        if place.rule != "scope":
            # The missing bracket is a guess: the names bound in here may be meant for another scope.
            self.names.update(_bound(node))
        if place.rule == "block" and damage.first <= self._brace(node):
            self._remove(place)
            return True
        if not damage.skipped:
            return place.rule != "scope"
        before = [each for each in _places(node) if _last(each.part) <= damage.first]
        if place.rule == "settings":
            if damage.nested or before[-1].rule != "setting":
                self._doubt(before[-1])
            else:
                self._spoil(before[-1])
            return True
        if before and isinstance(before[-1].part, Tree):
            if damage.goes_on:
                self._spoil(before[-1], True)
        elif before and before[-1].index + 1 < len(node.children) and _is(before[-1].part, "OUT"):
            self._fill(Place(node, before[-1].index + 1), False)
        return True

    def _doubt(self, place: Place) -> None:
        """Drops a setting. If it does not begin its line, it is unknown where the one before it ends, and whether a
        setting follows."""
        if place.rule == "setting" and self._begins_line(_first(place.part)):
            return self._remove(place)
        for each in _places(place.parent):
            if each.rule == "setting" and each.index >= place.index - 1:
                self._remove(each)
        return None

    def _is_odd_stage(self, place: Place, outer: Place | None) -> bool:
        """Whether a pipe begins with an inserted word, or ends with one where no pipe is expected: the arrow may be
        wrong."""
        first = _first(place.part)
        made_up = first == _last(place.part) and self.words[first].made_up
        if not made_up or place.parent.data != "pipe":
            return False
        return place.index == 0 or outer is None or outer.parent.data not in _FLOWING

    def _begins_line(self, number: int) -> bool:
        """Whether a word begins its line."""
        between = self.text[self.words[number - 1].end : self.words[number].start] if number else "\n"
        return "\n" in between

    def _brace(self, node: Tree[Token]) -> int:
        """The number of the word that opens the braces of a definition."""
        first, last = _first(node), _last(node)
        return next((n for n in range(first, last + 1) if self.words[n].type == "_LBRACE"), last)

    # ---- cutting

    def _fill(self, place: Place, as_list: bool) -> None:
        self._filled.append((place, as_list))
        self._lose(place.part)

    def _spoil(self, place: Place, at_end: bool = False) -> None:
        """Makes a hole of the value of a statement or an expression, or of the last stage of either."""
        node = place.part
        if place.rule in _WHOLE:
            return
        as_list = place.rule in _LAST_IS_LIST
        if place.rule in _STATEMENTS and isinstance(node, Tree):
            self.names.update(_bound(node))
            place = Place(node, len(node.children) - 1)
        self._fill(_end(place) if at_end else place, as_list)

    def _remove(self, place: Place) -> None:
        self._removed.add(id(place.part))
        self._lose(place.part)

    def _lose(self, part: Part) -> None:
        self.cut_out.append((self.words[_first(part)].start, self.words[_last(part)].end))


_NAMED = frozenset({"let", "const", "param", "input", "output", "slot", "optional", "choose", "pick"})
"""Not alternatives: the missing name may have been read as the last stage before it."""


def _is_name_of(place: Place) -> bool:
    """Whether the inserted word is the name of a statement or a structure, and nothing else."""
    return _is(place.part, "NAME") and place.parent.data in _NAMED


def _end(place: Place) -> Place:
    """The last stage, if the part at a place is a pipe."""
    return Place(place.part, 1) if isinstance(place.part, Tree) and place.part.data == "pipe" else place


def _fills(place: Place) -> bool | None:
    """Whether a place may become a hole: False for a name as the hole, True for a list of one, None if it may not."""
    parts, index = place.parent.children, place.index
    last = index == len(parts) - 1
    match place.parent.data:
        case "pipe":
            return False
        case "any":
            return True if index == 1 else None
        case "pick" | "param" if index > 0 and _is(parts[index - 1], "IN"):
            return True
        case "indices" if index > 0 and _is(parts[index - 1], "WHERE"):
            return False
        case "bypass" if index == 3 and not last:
            return True
        case "repeat" if index == 3 and not last and _is(parts[2], "IN"):
            return True
        case "repeat" if index == 1 and not _is(parts[1], "NAME"):
            return False
        case "when" if index in (1, 2):
            return False
        case rule if last and rule in _LAST_IS_VALUE:
            return False
        case rule if last and rule in _LAST_IS_LIST:
            return True
        case _:
            return None


def _hole(part: Part, as_list: bool) -> Tree[Token]:
    """A hole in the place of a part."""
    if isinstance(part, Tree):
        meta = part.meta
    else:
        meta = Tree("", []).meta
        meta.start_pos, meta.end_pos = part.start_pos or 0, part.end_pos or 0
        meta.line, meta.end_line, meta.empty = part.line or 0, part.end_line or 0, False
    name: Tree[Token] = Tree("name", [Token("NAME", HOLE, meta.start_pos, end_pos=meta.end_pos)], meta)
    return Tree("list", [name], meta) if as_list else name


def _bound(node: Tree[Token]) -> Iterator[str]:
    """The names that a part of a tree binds."""
    for each in node.iter_subtrees():
        if each.data in _BINDING:
            yield from (str(part) for part in each.children if _is(part, "NAME"))


def _places(node: Tree[Token]) -> Iterator[Place]:
    return (Place(node, index) for index in range(len(node.children)))


def _holds(part: Part, damage: Damage) -> bool:
    return _first(part) <= damage.first and damage.last <= _last(part)


def _first(part: Part) -> int:
    return int((part.meta.line if isinstance(part, Tree) else part.line) or 0)


def _last(part: Part) -> int:
    return int((part.meta.end_line if isinstance(part, Tree) else part.end_line) or 0)


def _is(part: Part, kind: str) -> bool:
    return isinstance(part, Token) and part.type == kind
