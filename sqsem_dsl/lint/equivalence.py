"""Whether two alternatives of a space give the same networks, found without an evaluation.

Both are traversed together. Operators that compute nothing are skipped. Other operators must have the same normal form
for all their shapes. Layers with weights and random layers are matched one to one. Then each assignment of one
alternative has an assignment of the other with the same network except for names. This requires that the matched layers
and choices belong to the alternatives alone and that nothing else reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from sqsem_dsl.ir.graph import Const, Draw, ItemId, Merge, Op, Residual, SubsetArg
from sqsem_dsl.ir.skeleton import skeleton, typed
from sqsem_dsl.lint.space_index import SpaceIndex
from sqsem_dsl.network.normalize import OWN_WEIGHTS, spelled
from sqsem_dsl.operators import TABLE
from sqsem_dsl.operators.row import REQUIRED

Pair = tuple[ItemId, ItemId]
Own = Callable[[], tuple[frozenset[ItemId], frozenset[ItemId]]]
"""The items of each alternative that other items read, too."""


def same_networks(facts: SpaceIndex, pairs: Iterable[Pair], elsewhere: Own) -> bool:
    """Whether the tensors of each pair give the same networks, for all pairs together."""
    matching = _Matching(facts)
    if not all(matching.match(one, other) for one, other in pairs):
        return False
    if not matching.fresh:
        return True
    first, second = elsewhere()
    return not any(one in first or other in second for one, other in matching.fresh.items())


def alike_branches(facts: SpaceIndex, merge: ItemId, picked: SubsetArg) -> Iterator[tuple[str, str]]:
    """Alternatives of a `pick` with the same network, one of which may be used without the other. Alternatives with
    separate weights are several branches, which is intended."""
    node = facts.items[merge]
    draw = facts.items[picked.chosen]
    if not isinstance(node, Merge) or not isinstance(draw, Draw):
        return
    how = facts.items[node.how]
    ordered = not isinstance(how, Const) or how.value == "concat"
    subsets = [value for value in facts.values(draw.choice) if isinstance(value, tuple)]
    several = picked.alternatives
    for at, (name, tensor) in enumerate(several):
        # Side by side, two alternatives can be swapped without moving those between them only if they are adjacent.
        for other, another in several[at + 1 : at + 2] if ordered else several[at + 1 :]:
            apart = any((name in value) != (other in value) for value in subsets)
            if apart and same_networks(facts, [(tensor, another)], lambda: (facts.reachable, facts.reachable)):
                yield name, other


class _Matching:
    """The matches so far: `fresh` maps layers and choices of the first to those of the second."""

    def __init__(self, facts: SpaceIndex) -> None:
        self.facts, self.items = facts, facts.items
        self.fresh: dict[ItemId, ItemId] = {}
        self._back: dict[ItemId, ItemId] = {}
        self._seen: set[Pair] = set()
        self._pending: list[Pair] = []

    def match(self, one: ItemId, other: ItemId) -> bool:
        """Whether two items are equivalent, given the matches so far."""
        self._pending = [(one, other)]
        while self._pending:
            pair = self._pending.pop()
            pair = self.facts.plain.get(pair[0], pair[0]), self.facts.plain.get(pair[1], pair[1])
            if pair in self._seen:
                continue
            self._seen.add(pair)
            # A common item feeds both unchanged, so it must match itself in every other pair.
            if pair[0] == pair[1]:
                continue
            if not self._nodes(*pair):
                return False
        return True

    def _bind(self, one: ItemId, other: ItemId) -> bool:
        """Matches two layers or choices one to one."""
        if self.fresh.setdefault(one, other) != other or self._back.setdefault(other, one) != one:
            return False
        return one not in self._back and other not in self.fresh

    def _all(self, ones: Sequence[ItemId], others: Sequence[ItemId]) -> bool:
        self._pending.extend(zip(ones, others, strict=False))
        return len(ones) == len(others)

    def _nodes(self, one: ItemId, other: ItemId) -> bool:
        """Whether two items have the same form; the items that they read remain to be matched."""
        match self.items[one], self.items[other]:
            case Op() as a, Op() as b:
                return self._operators(one, a, other, b)
            case Draw() as a, Draw() as b:
                domains = self.facts.graph.choices[a.choice].domain, self.facts.graph.choices[b.choice].domain
                # 1 and true are equal in Python, but different values.
                same = domains[0] == domains[1] and str(domains[0]) == str(domains[1])
                return same and self._bind(one, other)
            case a, b:
                first, second = skeleton(a), skeleton(b)
                return (
                    (first.head, first.weights, [*first.cases]) == (second.head, second.weights, [*second.cases])
                    and self._all(first.fixed, second.fixed)
                    and self._all([*first.cases.values()], [*second.cases.values()])
                    and self._all(first.rules, second.rules)
                    and (not isinstance(a, Residual) or self._bind(one, other))
                )

    def _operators(self, one: ItemId, a: Op, other: ItemId, b: Op) -> bool:
        if TABLE.get(a.row.name) is not a.row or TABLE.get(b.row.name) is not b.row:
            return False  # a custom layer
        if a.weights != b.weights or not self._all(a.inputs, b.inputs) or not self._attributes(one, a, other, b):
            return False
        kept = a.row.weighted or a.row.random or a.row.name in OWN_WEIGHTS
        return self._bind(one, other) if kept else True

    def _attributes(self, one: ItemId, a: Op, other: ItemId, b: Op) -> bool:
        """Whether both operators have the same normal form wherever they are applied to equal tensors."""
        if all(isinstance(self.items[item], Const) for op in (a, b) for _, item in op.attributes):
            first, second = self._spellings(one, a), self._spellings(other, b)
            return bool(first) and first == second
        if a.row is not b.row:
            return False
        ones, others = dict(a.attributes), dict(b.attributes)
        for attribute in a.row.attributes:
            if attribute.name in ones and attribute.name in others:
                self._pending.append((ones[attribute.name], others[attribute.name]))
            elif attribute.name in ones or attribute.name in others:
                node = self.items[(ones if attribute.name in ones else others)[attribute.name]]
                default = attribute.default
                if default is REQUIRED or not isinstance(node, Const) or typed(node.value) != typed(default):
                    return False
        return True

    def _spellings(self, item: ItemId, op: Op) -> dict[object, object]:
        """For the tensors that an operator receives, its normal form there."""
        found: dict[object, object] = {}
        for met in self.facts.meetings(item):
            operator, attributes = spelled(op.row.name, met.attributes, met.inputs)
            found[met.inputs] = operator, tuple((name, typed(value)) for name, value in attributes.items())
        return found
