"""What the rest of an evaluation may still read: the slots that a state must keep, and no more.

States that differ only in what nobody reads again are one; this is what keeps the analysis of all assignments small.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqsem_dsl.space.graph import Guard, Input, Item, ItemId, children

Later = int
"""What is still to be evaluated, as the number of an interned list; 0 is the empty one."""


class Liveness:
    """Answers which slots are needed. A slot is a shared tensor's item or a choice's `Draw` item."""

    def __init__(self, items: Sequence[Item], roots: Sequence[ItemId]) -> None:
        self.items = items
        self.parents: dict[ItemId, int] = {}
        self.reachable: set[ItemId] = set()
        pending = list(roots)
        for root in roots:
            self.parents[root] = self.parents.get(root, 0) + 1
        while pending:
            item = pending.pop()
            if item in self.reachable:
                continue
            self.reachable.add(item)
            for child in (*children(items[item]), *self._rules(item)):
                self.parents[child] = self.parents.get(child, 0) + 1
                pending.append(child)
        self._lists: dict[tuple[ItemId, Later], Later] = {}
        self._heads: list[tuple[ItemId, Later]] = [(-1, 0)]
        self._known: dict[tuple[Later, frozenset[ItemId]], frozenset[ItemId]] = {}

    def _rules(self, item: ItemId) -> tuple[ItemId, ...]:
        node = self.items[item]
        return node.rules if isinstance(node, Guard) else ()

    def shared(self, item: ItemId) -> bool:
        """Whether a tensor is read in several places, so that its value is kept in a slot once it has come to be."""
        return self.parents.get(item, 0) > 1 and not isinstance(self.items[item], Input)

    def later(self, item: ItemId, rest: Later) -> Later:
        """The list of `item` and then `rest`."""
        key = (item, rest)
        known = self._lists.get(key)
        if known is None:
            known = self._lists[key] = len(self._heads)
            self._heads.append(key)
        return known

    def live(self, later: Later, slots: frozenset[ItemId]) -> frozenset[ItemId]:
        """Those of the slots that `later` may still read. A tensor in a slot is not evaluated again, so that what is below it
        counts only for others."""
        key = (later, slots)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._search(later, slots)
        return known

    def _search(self, later: Later, slots: frozenset[ItemId]) -> frozenset[ItemId]:
        found: set[ItemId] = set()
        seen: set[ItemId] = set()
        while later and len(found) < len(slots):
            head, later = self._heads[later]
            pending = [head]
            while pending:
                item = pending.pop()
                if item in seen:
                    continue
                seen.add(item)
                if item in slots:
                    found.add(item)
                    if len(found) == len(slots):
                        break
                    continue
                pending.extend(children(self.items[item]))
                pending.extend(self._rules(item))
        return frozenset(found)
