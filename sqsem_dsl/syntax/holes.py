"""Places the holes in the tree of a damaged text: the smallest part around a damage that no other part depends on.

A stage of a pipe, the value of a statement, a body, or the domain of a choice becomes a hole. So every message about
the code around a hole refers to code that was read as written. A statement with a damaged head keeps its name, with a
hole for its value. A block with a damaged head becomes a hole as a whole, since its uses cannot be checked.
"""

from __future__ import annotations

from collections.abc import Sequence

from lark import Token, Tree

from sqsem_dsl.syntax.reader import Word
from sqsem_dsl.syntax.tree_places import (
    LAST_IS_LIST,
    Damage,
    Part,
    Place,
    bound,
    end_of,
    fills,
    first_word,
    holds,
    hole,
    is_name_of,
    is_token,
    last_word,
    places,
)

_STATEMENTS = frozenset({"let", "const", "output", "require", "setting", "param", "input"})
_SEQUENCES = frozenset({"space", "block", "scope", "settings"})
_FLOWING = frozenset({
    "let", "output", "pipe", "group", "slot", "alternative", "repeat", "carried", "bypass", "scope", "block",
})  # fmt: skip
"""Rules in which a pipe is expected; elsewhere the arrow may be the error."""
_WHOLE = frozenset({"settings", "block", "space", "use", "version"})
"""Tokens that end a construct: text that is skipped after them does not belong to it."""


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
        if not path or is_name_of(path[-1]):
            return
        smallest = path[-1].part
        if path[-1].rule in _SEQUENCES and self._in_sequence(path[-1], damage):
            return
        if isinstance(smallest, Tree) and smallest.data == "pipe":
            # At an arrow: the stages on both sides of it.
            self._fill(end_of(Place(smallest, 0)), False)
            self._fill(Place(smallest, 1), False)
            return
        outer: Place | None
        for outer, place in zip((*reversed(path[:-1]), None), reversed(path), strict=True):
            if self._cut_at(place, outer):
                return

    def _cut_at(self, place: Place, outer: Place | None) -> bool:
        """Makes a hole at a place if possible; `outer` is the place around it."""
        as_list = None if self._is_odd_stage(place, outer) else fills(place)
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
            place.parent.children[place.index] = hole(place.part, as_list)
        for node in self.tree.iter_subtrees() if self._removed else ():
            node.children[:] = [part for part in node.children if id(part) not in self._removed]
        return self.tree

    # ---- finding

    def _path(self, damage: Damage) -> list[Place]:
        """The places from the top down to the smallest part that contains the damage."""
        path: list[Place] = []
        node: Part = self.tree
        while isinstance(node, Tree):
            inner = next((place for place in places(node) if holds(place.part, damage)), None)
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
            self.names.update(bound(node))
        if place.rule == "block" and damage.first <= self._brace(node):
            self._remove(place)
            return True
        if not damage.skipped:
            return place.rule != "scope"
        before = [each for each in places(node) if last_word(each.part) <= damage.first]
        if place.rule == "settings":
            if damage.nested or before[-1].rule != "setting":
                self._doubt(before[-1])
            else:
                self._spoil(before[-1])
            return True
        if before and isinstance(before[-1].part, Tree):
            if damage.goes_on:
                self._spoil(before[-1], True)
        elif before and before[-1].index + 1 < len(node.children) and is_token(before[-1].part, "OUT"):
            self._fill(Place(node, before[-1].index + 1), False)
        return True

    def _doubt(self, place: Place) -> None:
        """Drops a setting. If it does not begin its line, it is unknown where the one before it ends, and whether a
        setting follows."""
        if place.rule == "setting" and self._begins_line(first_word(place.part)):
            return self._remove(place)
        for each in places(place.parent):
            if each.rule == "setting" and each.index >= place.index - 1:
                self._remove(each)
        return None

    def _is_odd_stage(self, place: Place, outer: Place | None) -> bool:
        """Whether a pipe begins with an inserted word, or ends with one where no pipe is expected: the arrow may be
        wrong."""
        first = first_word(place.part)
        made_up = first == last_word(place.part) and self.words[first].made_up
        if not made_up or place.parent.data != "pipe":
            return False
        return place.index == 0 or outer is None or outer.parent.data not in _FLOWING

    def _begins_line(self, number: int) -> bool:
        """Whether a word begins its line."""
        between = self.text[self.words[number - 1].end : self.words[number].start] if number else "\n"
        return "\n" in between

    def _brace(self, node: Tree[Token]) -> int:
        """The number of the word that opens the braces of a definition."""
        first, last = first_word(node), last_word(node)
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
        as_list = place.rule in LAST_IS_LIST
        if place.rule in _STATEMENTS and isinstance(node, Tree):
            self.names.update(bound(node))
            place = Place(node, len(node.children) - 1)
        self._fill(end_of(place) if at_end else place, as_list)

    def _remove(self, place: Place) -> None:
        self._removed.add(id(place.part))
        self._lose(place.part)

    def _lose(self, part: Part) -> None:
        self.cut_out.append((self.words[first_word(part)].start, self.words[last_word(part)].end))
