"""What the rest of an evaluation may still read: the slots that a state must keep, and no more.

States that differ only in what nobody reads again are one; this is what keeps the analysis of all assignments small.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqsem_dsl.space.graph import Dim, Guard, Input, Item, ItemId, Op, Residual, children

Later = int
"""What is still to be evaluated, as the number of an interned list; 0 is the empty one."""


class Liveness:
    """Answers which slots are needed. A slot is a shared tensor's item or a choice's `Draw` item.

    `rules` are those of the whole space: they read tensors, and make none come to be.
    """

    def __init__(self, items: Sequence[Item], roots: Sequence[ItemId], rules: Sequence[ItemId] = ()) -> None:
        self.items = items
        self.parents: dict[ItemId, int] = {}
        self.reachable: set[ItemId] = set()
        self._reads: dict[ItemId, tuple[ItemId, ...]] = {}
        self._measured: set[ItemId] = set()
        for root in roots:
            self.parents[root] = self.parents.get(root, 0) + 1
        self._count(list(roots), self.reachable)
        self._count(list(rules), set())
        self._awaited = self._read_by_rules((*rules, *(r for item in self.reachable for r in self._rules(item))))
        self._awaited |= {item for item in self.reachable if self._is_tied(item)}
        self._lists: dict[tuple[ItemId, Later], Later] = {}
        self._heads: list[tuple[ItemId, Later]] = [(-1, 0)]
        """An item below -1 stands for one announced: see `announced`."""
        self._known: dict[tuple[Later, frozenset[ItemId]], frozenset[ItemId]] = {}

    def _count(self, pending: list[ItemId], seen: set[ItemId]) -> None:
        """Count who reads what, from some items down."""
        while pending:
            item = pending.pop()
            if item in seen:
                continue
            seen.add(item)
            node = self.items[item]
            if isinstance(node, Dim):
                self._measured.add(node.of)
            if isinstance(node, Residual):  # whether it adds what flowed in is known only after the body
                self.parents[node.of] = self.parents.get(node.of, 0) + 1
            self._reads[item] = (*children(node), *self._rules(item))
            for child in self._reads[item]:
                self.parents[child] = self.parents.get(child, 0) + 1
                pending.append(child)

    def _rules(self, item: ItemId) -> tuple[ItemId, ...]:
        node = self.items[item]
        return node.rules if isinstance(node, Guard) else ()

    def _read_by_rules(self, rules: Sequence[ItemId]) -> frozenset[ItemId]:
        """The tensors that rules measure."""
        found: set[ItemId] = set()
        pending, seen = list(rules), set(rules)
        while pending:
            node = self.items[pending.pop()]
            if isinstance(node, Dim):
                found.add(node.of)
                continue
            fresh = set(children(node)) - seen
            seen |= fresh
            pending.extend(fresh)
        return frozenset(found)

    def _is_tied(self, item: ItemId) -> bool:
        node = self.items[item]
        return isinstance(node, Op | Residual) and node.weights is not None

    def announced(self, item: ItemId, rest: Later) -> Later:
        """`rest`, for what is evaluated on the way to an item: the item is about to come to be, and a rule, or another
        use of its weights, may wait for it."""
        return self.later(-2 - item, rest) if item in self._awaited else rest

    def shared(self, item: ItemId) -> bool:
        """Whether a tensor may be read more than once, so that its value is kept in a slot once it has come to be. A
        size is computed again wherever it is read, and its tensor is not; a rule waits for the tensors that it
        measures."""
        return (self.parents.get(item, 0) > 1 or item in self._measured) and not isinstance(self.items[item], Input)

    def later(self, item: ItemId, rest: Later) -> Later:
        """The list of `item` and then `rest`."""
        key = (item, rest)
        known = self._lists.get(key)
        if known is None:
            known = self._lists[key] = len(self._heads)
            self._heads.append(key)
        return known

    def live(self, later: Later, slots: frozenset[ItemId]) -> frozenset[ItemId]:
        """Those of the slots that `later` may still read. A tensor in a slot is not evaluated again, so that what is
        below it counts only for others."""
        key = (later, slots)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._search(later, slots)
        return known

    def _search(self, later: Later, slots: frozenset[ItemId]) -> frozenset[ItemId]:
        found: set[ItemId] = set()
        seen: set[ItemId] = set()
        # An item reads only items before it: below the first slot there is nothing to find.
        lowest = min(slots, default=0)
        while later and len(found) < len(slots):
            head, later = self._heads[later]
            if head < -1:
                found.update({-2 - head} & slots)
                continue
            pending = [head]
            while pending:
                item = pending.pop()
                if item in seen or item < lowest:
                    continue
                seen.add(item)
                if item in slots:
                    found.add(item)
                    if len(found) == len(slots):
                        break
                    continue
                pending.extend(self._reads[item])
        return frozenset(found)
