"""Rules during an evaluation: a `require` over choices and shapes cuts as soon as everything it names is evaluated.

Naming a choice does not draw it. A rule in force is a slot of the state under a negative key. A satisfied rule is
removed; a state with a broken rule is dropped. If a choice that a rule names can no longer become active, the rule
holds. Only in `count(…)` and `sum(…)` (`tallies`) such a choice counts 0; their totals are the value in that slot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from operator import itemgetter

from sqsem_dsl.diagram.rule_readers import Failed, Readers
from sqsem_dsl.diagram.tallies import Left, Open, Tallies
from sqsem_dsl.diagram.weight_sharing import FIRST_KEY, Tied
from sqsem_dsl.ir.children import children
from sqsem_dsl.ir.graph import Apply, Dim, Draw, Graph, If, Input, ItemId
from sqsem_dsl.ir.liveness import Later
from sqsem_dsl.ir.scalars import Undefined
from sqsem_dsl.utils.effort import Effort

Slots = tuple[tuple[int, object], ...]
_key: Callable[[tuple[int, object]], int] = itemgetter(0)
Live = Callable[[Later, frozenset[ItemId]], frozenset[ItemId]]
ALWAYS = -1
"""Stands for what a term without choices reads: it is known at once."""
Mark = int | tuple[int, Left]
"""The key of a slot; for a rule that counts, with its open terms."""


class Rules:
    """Decides rules. `dimension` returns the size of a tensor for a `Dim`, `heavy` are the scalars that take many
    steps."""

    def __init__(
        self,
        graph: Graph,
        dimension: Callable[[Dim, object], object],
        tied: Tied,
        heavy: Set[ItemId],
        effort: Effort,
    ) -> None:
        self.items, self.tied = graph.items, tied
        self.tallies = Tallies(graph.items, graph.choices)
        self.effort = effort
        self.met: set[ItemId] = set()
        self.broken: set[ItemId] = set()
        self.faults: dict[ItemId, str] = {}
        self._names: dict[ItemId, frozenset[ItemId]] = {}
        self._sizes: dict[ItemId, int] = {}
        self._readers = Readers(graph.items, dimension, heavy)
        self._waiting: dict[Left, frozenset[ItemId]] = {}
        self._verdicts: dict[tuple[ItemId, Open], bool | None] = {}
        self._kept: dict[tuple[tuple[Mark, ...], Later], tuple[frozenset[int], frozenset[ItemId]]] = {}

    def names(self, rule: ItemId) -> frozenset[ItemId]:
        """The draws of choices and the tensors that a rule reads, without those that its tallies read."""
        known = self._names.get(rule)
        if known is None:
            found: set[ItemId] = set()
            pending, seen = [rule], {rule}
            for item in pending:
                match self.items[item]:
                    case Draw():
                        found.add(item)
                    case Dim(of=of):
                        if not isinstance(self.items[of], Input):
                            found.add(of)
                    case Apply() | If() as node:
                        fresh = dict.fromkeys(child for child in children(node) if child not in seen)
                        seen.update(fresh)
                        pending.extend(fresh)
                    case _:
                        pass
            known = self._names[rule] = frozenset(found)
            self._sizes[rule] = len(seen)
        return known

    def add(self, slots: Slots, rules: Sequence[ItemId]) -> Slots:
        """The slots with rules put in force."""
        known = {key for key, _ in slots}
        fresh = [(-rule - 1, self._begun(rule)) for rule in dict.fromkeys(rules) if -rule - 1 not in known]
        return tuple(sorted((*slots, *fresh), key=lambda entry: entry[0]))

    def _begun(self, rule: ItemId) -> object:
        return self.tallies.opened(rule) if self.tallies.of(rule) else True

    def settle(self, slots: Slots) -> Slots | None:
        """The slots without the satisfied rules; None if a rule is broken."""
        if not slots or slots[0][0] >= 0:
            return slots
        known = dict(slots)
        changed: dict[int, object] = {}
        for key, value in slots:
            if key >= 0:
                break
            rule = -key - 1
            if self.tallies.some and self.tallies.of(rule):
                if not isinstance(value, Open):
                    continue  # set aside
                after = self._counted(value, known)
                verdict = self._verdict(rule, after, known)
                if after != value:
                    changed[key] = after
            else:
                verdict = self._verdict(rule, None, known)
            if verdict is False:
                self.broken.add(rule)
                return None
            if verdict:
                self.met.add(rule)
                changed[key] = None
        if not changed:
            return slots
        every = ((key, changed.get(key, value)) for key, value in slots)
        return tuple([entry for entry in every if entry[1] is not None or entry[0] >= 0])

    def _counted(self, state: Open, known: Mapping[int, object]) -> Open:
        """The tallies of a rule after the terms that can be read now."""
        self.effort.left -= len(state.left)
        waiting = self._waiting.get(state.left)
        if waiting is None:
            every = [self.names(term) for left in state.left for term in left]
            waiting = self._waiting[state.left] = frozenset().union(*every) if all(every) else frozenset((ALWAYS,))
        if waiting.isdisjoint(known) and ALWAYS not in waiting:
            return state
        return self.tallies.added(
            state, lambda term: self.names(term) <= known.keys(), lambda term: self._readers.of(term)(known, {})
        )

    def _verdict(self, rule: ItemId, state: Open | None, known: Mapping[int, object]) -> bool | None:
        """Whether a rule holds; None if that is not known yet."""
        if not self.names(rule) <= known.keys():
            return None
        if state is not None and any(state.left):
            return self._early(rule, state, known)
        self.effort.left -= self._sizes[rule]
        if state is None:
            return self._holds(rule, known)
        return self._holds(rule, {**known, **dict(zip(self.tallies.of(rule), state.totals, strict=True))})

    def _early(self, rule: ItemId, state: Open, known: Mapping[int, object]) -> bool | None:
        """Whether a rule holds whatever its open terms are; computed once where nothing else matters."""
        alone = not self.names(rule)
        if alone and (rule, state) in self._verdicts:
            return self._verdicts[rule, state]
        self.effort.left -= self._sizes[rule]
        found = self.tallies.decided(rule, state, lambda item: self._readers.of(item)(known, {}))
        if alone:
            self._verdicts[rule, state] = found
        return found

    def closed(self, slots: Slots) -> Slots | None:
        """The slots at the end of an evaluation without the rules that count; None if one is broken."""
        kept = self.settle(tuple([(k, self._shut(v)) for k, v in slots]))
        return None if kept is None else tuple([entry for entry in kept if not isinstance(entry[1], Open)])

    def _shut(self, value: object, terms: frozenset[ItemId] | None = None) -> object:
        """The value of a slot without some open terms, or all, which can no longer become active."""
        if not isinstance(value, Open):
            return value
        return self.tallies.without(value, value.terms if terms is None else terms)

    def marks(self, slots: Slots) -> tuple[Mark, ...]:
        """The slots as `kept` reads them."""
        if not self.tallies.some:
            return tuple(map(_key, slots))
        return tuple([(key, value.left) if isinstance(value, Open) else key for key, value in slots])

    def without(self, slots: Slots, live: Live, later: Later) -> Slots | None:
        """The slots that are still read, by a later item or by a rule in force that may still be decided. None if a
        rule is broken, since nothing more that it counts becomes active."""
        kept, dead = self._found(self.marks(slots), live, later)
        if dead:
            settled = self.settle(tuple([(k, self._shut(v, dead)) for k, v in slots]))
            if settled is None:
                return None
            slots = settled
            kept, _ = self._found(self.marks(slots), live, later)
        return slots if len(kept) == len(slots) else tuple([entry for entry in slots if entry[0] in kept])

    def drops(self, several: Iterable[Slots], live: Live, later: Later) -> bool:
        """Whether any of several states has a slot that is no longer read, or a term that nothing can make active."""
        different = {self.marks(slots) for slots in several}
        found = ((len(marks), self._found(marks, live, later)) for marks in different)
        return any(len(kept) < count or dead for count, (kept, dead) in found)

    def kept(self, marks: tuple[Mark, ...], live: Live, later: Later) -> frozenset[int]:
        """The keys of the slots that are still read."""
        return self._found(marks, live, later)[0]

    def _found(self, marks: tuple[Mark, ...], live: Live, later: Later) -> tuple[frozenset[int], frozenset[ItemId]]:
        """The keys of the slots that are still read, and the open terms that can no longer be active."""
        found = self._kept.get((marks, later))
        if found is None:
            found = self._kept[marks, later] = self._search(marks, live, later)
        return found

    def _search(self, marks: tuple[Mark, ...], live: Live, later: Later) -> tuple[frozenset[int], frozenset[ItemId]]:
        keys = [mark if isinstance(mark, int) else mark[0] for mark in marks]
        present = frozenset(key for key in keys if 0 <= key < FIRST_KEY)
        kept = set(live(later, present))
        for key in keys:
            if key >= FIRST_KEY:
                readers = self.tied.operators[key]
                if live(later, present | readers) & readers:
                    kept.add(key)
        dead: set[ItemId] = set()
        for mark in marks:
            key, lefts = (mark, ()) if isinstance(mark, int) else mark
            if key >= 0:
                break
            names = self.names(-key - 1)
            missing = names - present
            if not missing <= live(later, present | missing):
                continue
            awaited = bool(missing) or isinstance(mark, int)
            for term in {term for left in lefts for term in left}:
                read = self.names(term)
                if (absent := read - present) <= live(later, present | absent):
                    kept |= read & present
                    awaited = True
                else:
                    dead.add(term)
            if awaited:
                kept.add(key)
                kept |= names & present
        return frozenset(kept), frozenset(dead)

    def _holds(self, rule: ItemId, known: Mapping[int, object]) -> bool:
        try:
            return self._readers.of(rule)(known, {}) is not False
        except Undefined as undefined:
            # If arithmetic is undefined, the rule does not hold. Comparing incomparable values, or
            # numbers too close to tell which is larger, is an error.
            if undefined.reason in ("operand", "uncertain"):
                self.faults[rule] = undefined.message
            return False
        except Failed as failed:
            # A failure on the way to the rule's tensor is reported separately; the cut must not hide it.
            if failed.fault is not None:
                self.faults[rule] = failed.fault.title
            return True
