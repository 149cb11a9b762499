"""Rules during an evaluation: a `require` over choices and shapes cuts as soon as all that it names has come to be.

Naming a choice does not draw it. A rule in force is a slot of the state under a negative key; it goes when it is met,
and the state goes when it is broken. Where a choice that a rule names can no longer come to be, the rule holds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set

from sqsem_dsl.diagram.effort import Effort
from sqsem_dsl.diagram.weight_sharing import FIRST_KEY, Tied
from sqsem_dsl.ir.faults import Fault
from sqsem_dsl.ir.graph import Apply, Const, Dim, Draw, If, Input, Item, ItemId, children
from sqsem_dsl.ir.liveness import Later
from sqsem_dsl.ir.scalars import Undefined, compute
from sqsem_dsl.operators.row import Value

Slots = tuple[tuple[int, object], ...]
Live = Callable[[Later, frozenset[ItemId]], frozenset[ItemId]]


class Failed(Exception):
    """A rule reads a tensor that failed, or a size that it does not have."""

    def __init__(self, fault: Fault | None) -> None:
        super().__init__(fault)
        self.fault = fault


class Rules:
    """Settles rules. `dimension` gives the size of a tensor for a `Dim`."""

    def __init__(
        self,
        items: Sequence[Item],
        dimension: Callable[[Dim, object], object],
        tied: Tied,
        heavy: Set[ItemId],
        effort: Effort,
    ) -> None:
        self.items, self.dimension, self.tied = items, dimension, tied
        self.heavy, self.effort = heavy, effort
        self.met: set[ItemId] = set()
        self.broken: set[ItemId] = set()
        self.faults: dict[ItemId, str] = {}
        self._names: dict[ItemId, frozenset[ItemId]] = {}
        self._sizes: dict[ItemId, int] = {}
        self._kept: dict[tuple[tuple[int, ...], Later], frozenset[int]] = {}

    def names(self, rule: ItemId) -> frozenset[ItemId]:
        """What a rule reads: draws of choices and tensors."""
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
        fresh = [(-rule - 1, True) for rule in dict.fromkeys(rules) if -rule - 1 not in known]
        return tuple(sorted((*slots, *fresh), key=lambda entry: entry[0]))

    def settle(self, slots: Slots) -> Slots | None:
        """The slots without the rules that are met; None where one is broken."""
        if not slots or slots[0][0] >= 0:
            return slots
        known = dict(slots)
        met = []
        for key, _ in slots:
            if key >= 0:
                break
            rule = -key - 1
            if not self.names(rule) <= known.keys():
                continue
            self.effort.left -= self._sizes[rule]
            if self._holds(rule, known):
                self.met.add(rule)
                met.append(key)
            else:
                self.broken.add(rule)
                return None
        return tuple(entry for entry in slots if entry[0] not in met) if met else slots

    def without(self, slots: Slots, live: Live, later: Later) -> Slots:
        """The slots that are still read, by what is to come or by a rule in force that may yet be decided."""
        kept = self.kept(slots, live, later)
        return slots if len(kept) == len(slots) else tuple([entry for entry in slots if entry[0] in kept])

    def kept(self, slots: Slots, live: Live, later: Later) -> frozenset[int]:
        """The keys of these."""
        keys = tuple([key for key, _ in slots])
        kept = self._kept.get((keys, later))
        if kept is None:
            kept = self._kept[keys, later] = self._search(keys, live, later)
        return kept

    def _search(self, keys: tuple[int, ...], live: Live, later: Later) -> frozenset[int]:
        present = frozenset(key for key in keys if 0 <= key < FIRST_KEY)
        kept = set(live(later, present))
        for key in keys:
            if key >= FIRST_KEY:
                readers = self.tied.operators[key]
                if live(later, present | readers) & readers:
                    kept.add(key)
        for key in keys:
            if key >= 0:
                break
            names = self.names(-key - 1)
            missing = names - present
            if missing <= live(later, present | missing):
                kept.add(key)
                kept |= names & present
        return frozenset(kept)

    def _holds(self, rule: ItemId, known: dict[int, object]) -> bool:
        try:
            return self._value(rule, known, {}) is not False
        except Undefined as undefined:
            # Where arithmetic is undefined the rule does not hold; comparing what does not compare is a mistake.
            if undefined.reason == "operand":
                self.faults[rule] = undefined.message
            return False
        except Failed as failed:
            # What failed on the way to the rule's tensor is reported by itself, and must not be hidden by the cut.
            if failed.fault is not None:
                self.faults[rule] = failed.fault.title
            return True

    def _value(self, item: ItemId, known: Mapping[int, object], worked: dict[ItemId, object]) -> object:
        """The value of a scalar, given the slots; what takes many steps is `worked` out once."""
        if item not in self.heavy:
            return self._worked_out(item, known, worked)
        if item not in worked:
            worked[item] = self._worked_out(item, known, worked)
        return worked[item]

    def _worked_out(self, item: ItemId, known: Mapping[int, object], worked: dict[ItemId, object]) -> object:
        match self.items[item]:
            case Const(value=value):
                return value
            case Draw():
                return known[item]
            case Apply(function=function, arguments=arguments):
                values: tuple[Value, ...] = tuple(self._value(a, known, worked) for a in arguments)  # type: ignore[misc]
                return compute(function, values)
            case If(test=test, then=then, other=other):
                return self._value(then if self._value(test, known, worked) is True else other, known, worked)
            case Dim(of=of) as dim:
                node = self.items[of]
                size = self.dimension(dim, node.shape if isinstance(node, Input) else known[of])
                if not isinstance(size, int):
                    raise Failed(size if isinstance(size, Fault) else None)
                return size
            case _:
                return None
