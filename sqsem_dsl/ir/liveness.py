"""The slots that the rest of an evaluation may still read, and that a state must keep.

States that differ only in other slots are one. This keeps the analysis of all assignments small.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqsem_dsl.ir.children import children
from sqsem_dsl.ir.graph import Apply, Const, Dim, Draw, Guard, If, Input, Item, ItemId, Op, Residual, Tally

Later = int
"""The items still to be evaluated, as the number of an interned list; 0 is the empty list."""
Mask = int
"""A set of items as bits. It may contain more: items whose numbers differ by `WIDTH` share a bit."""
WIDTH = 4096
MAX_READ = 256
"""Steps within which a scalar is recomputed wherever it is read."""


class Liveness:
    """Finds the slots that are needed. A slot is a shared tensor's item or a choice's `Draw` item.

    `rules` are those of the whole space: they read tensors, but do not cause their evaluation.
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
        self.heavy = self._heavy()
        """Scalars whose value is kept, as that of a tensor is: see `_heavy`."""
        self._awaited = self._read_by_rules((*rules, *(r for item in self.reachable for r in self._rules(item))))
        self._awaited |= {item for item in self.reachable if self._is_tied(item)}
        self._lists: dict[tuple[ItemId, Later], Later] = {}
        self._heads: list[tuple[ItemId, Later]] = [(-1, 0)]
        """An item below -1 stands for an announced one: see `announced`."""
        self.rests: dict[tuple[ItemId, Later], tuple[Later, ...]] = {}
        """What is left after each child of an item, for all evaluations (`Evaluator.rest`)."""
        self._known: dict[tuple[Later, frozenset[ItemId]], frozenset[ItemId]] = {}
        self._masks, self._below = self._numbered()
        self._ahead: list[Mask] = [0]
        """The items that each list reads, for any set of evaluated items."""

    def _count(self, pending: list[ItemId], seen: set[ItemId]) -> None:
        """Counts the readers of each item, from some items down."""
        while pending:
            item = pending.pop()
            if item in seen:
                continue
            seen.add(item)
            node = self.items[item]
            if isinstance(node, Dim):
                self._measured.add(node.of)
            if isinstance(node, Residual):  # whether it adds the input is known only after the body
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

    def _heavy(self) -> frozenset[ItemId]:
        """Scalars that are read more than once and take many steps each time. Without them, a scalar takes at most
        `MAX_READ` steps unless its own text is longer. Otherwise thirty lines that each use the line before twice would
        take 2^30."""
        found: set[ItemId] = set()
        steps: dict[ItemId, int] = {}
        for item in sorted(self._reads):
            node = self.items[item]
            if isinstance(node, Apply | If):
                steps[item] = 1 + sum(steps.get(child, 1) for child in children(node))
                if steps[item] > MAX_READ and self.parents.get(item, 0) > 1:
                    found.add(item)
                    steps[item] = 1
        return frozenset(found)

    def keeps(self, item: ItemId) -> bool:
        """Whether the value of an item is stored in a slot."""
        node = self.items[item]
        return item in self.heavy or (self.shared(item) and not isinstance(node, Const | Draw | Apply | If | Dim))

    def _is_tied(self, item: ItemId) -> bool:
        node = self.items[item]
        return isinstance(node, Op | Residual) and node.weights is not None

    def announced(self, item: ItemId, rest: Later) -> Later:
        """`rest`, for items evaluated on the way to an item: the item comes next, and a rule, or another use of its
        weights, may wait for it."""
        return self.later(-2 - item, rest) if item in self._awaited else rest

    def shared(self, item: ItemId) -> bool:
        """Whether a tensor may be read more than once, so that its value is kept in a slot. A size is recomputed
        wherever it is read, but its tensor is not; a rule waits for the tensors that it measures."""
        return (self.parents.get(item, 0) > 1 or item in self._measured) and not isinstance(self.items[item], Input)

    def later(self, item: ItemId, rest: Later) -> Later:
        """The list with `item` before `rest`."""
        key = (item, rest)
        known = self._lists.get(key)
        if known is None:
            known = self._lists[key] = len(self._heads)
            self._heads.append(key)
            read = self._masks[-2 - item] if item < -1 else self._below[item]
            self._ahead.append(self._ahead[rest] | read)
        return known

    def live(self, later: Later, slots: frozenset[ItemId]) -> frozenset[ItemId]:
        """The given slots that `later` may still read. A tensor in a slot is not evaluated again, so the items below it
        count only for other readers."""
        key = (later, slots)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self.search(later, slots)
        return known

    def search(self, later: Later, slots: frozenset[ItemId]) -> frozenset[ItemId]:
        """The same, without keeping the answer: for slots about which nobody asks again."""
        masks = [self._masks[slot] for slot in slots]
        alone = len(set(masks)) == len(masks)
        left = sum(set(masks)) & self._ahead[later]
        """The slots not found yet; stops where none of them can be."""
        found: set[ItemId] = set()
        seen: set[ItemId] = set()
        while self._ahead[later] & left:
            head, later = self._heads[later]
            if head < -1:
                if -2 - head not in slots:
                    continue
                head = -2 - head
            pending = [head]
            while pending:
                item = pending.pop()
                if item in seen or not self._below[item] & left:
                    continue
                seen.add(item)
                if item not in slots:
                    pending.extend(self._reads[item])
                    continue
                found.add(item)
                if alone:
                    left &= ~self._masks[item]
        return frozenset(found)

    def _numbered(self) -> tuple[dict[ItemId, Mask], dict[ItemId, Mask]]:
        """The mask of each item that may be in a slot, and for each item the mask of itself and all items below it."""
        masks: dict[ItemId, Mask] = {}
        below: dict[ItemId, Mask] = {}
        for item in sorted(self._reads):
            if item in self.heavy or not isinstance(self.items[item], Const | Apply | If | Dim | Tally):
                masks[item] = 1 << len(masks) % WIDTH
            below[item] = masks.get(item, 0)
            for child in self._reads[item]:
                below[item] |= below[child]
        return masks, below
