"""Rules during an evaluation: a `require` over choices and shapes cuts as soon as everything it names is evaluated.

Naming a choice does not draw it. A rule in force is a slot of the state under a negative key. A satisfied rule is
removed; a state with a broken rule is dropped. If a choice that a rule names can no longer become active, the rule
holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from operator import itemgetter

from sqsem_dsl.diagram.weight_sharing import FIRST_KEY, Tied
from sqsem_dsl.ir.children import children
from sqsem_dsl.ir.faults import Fault
from sqsem_dsl.ir.graph import Apply, Const, Dim, Draw, If, Input, Item, ItemId
from sqsem_dsl.ir.liveness import Later
from sqsem_dsl.ir.scalars import Undefined, binary, compute
from sqsem_dsl.utils.effort import Effort

Slots = tuple[tuple[int, object], ...]
_key: Callable[[tuple[int, object]], int] = itemgetter(0)
Reader = Callable[[Mapping[int, object], dict[ItemId, object]], object]
"""Returns the value of a scalar, given the slots by key and the heavy scalars computed so far."""
Live = Callable[[Later, frozenset[ItemId]], frozenset[ItemId]]


class Failed(Exception):
    """A rule reads a tensor that failed, or a size that the tensor does not have."""

    def __init__(self, fault: Fault | None) -> None:
        super().__init__(fault)
        self.fault = fault


class Rules:
    """Decides rules. `dimension` returns the size of a tensor for a `Dim`."""

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
        self._readers: dict[ItemId, Reader] = {}
        self._kept: dict[tuple[tuple[int, ...], Later], frozenset[int]] = {}

    def names(self, rule: ItemId) -> frozenset[ItemId]:
        """The draws of choices and the tensors that a rule reads."""
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
        """The slots without the satisfied rules; None if a rule is broken."""
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
        """The slots that are still read, by a later item or by a rule in force that may still be decided."""
        kept = self.kept(tuple(map(_key, slots)), live, later)
        return slots if len(kept) == len(slots) else tuple([entry for entry in slots if entry[0] in kept])

    def drops(self, several: Iterable[Slots], live: Live, later: Later) -> bool:
        """Whether any of several states has a slot that is no longer read."""
        different = {tuple(map(_key, slots)) for slots in several}
        return any(len(self.kept(keys, live, later)) < len(keys) for keys in different)

    def kept(self, keys: tuple[int, ...], live: Live, later: Later) -> frozenset[int]:
        """The keys of the slots that are still read."""
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
            return self._compiled(rule)(known, {}) is not False
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

    def _compiled(self, item: ItemId) -> Reader:
        """The function that reads a scalar from the slots. Built once, since a rule is read in many states."""
        reader = self._readers.get(item)
        if reader is None:
            reader = self._readers[item] = self._reader(item)
            if item in self.heavy:
                reader = self._readers[item] = _once(item, reader)
        return reader

    def _reader(self, item: ItemId) -> Reader:
        match self.items[item]:
            case Const(value=value):
                return lambda known, worked: value
            case Draw():
                return lambda known, worked: known[item]
            case Apply(function=function, arguments=arguments):
                readers = tuple(self._compiled(argument) for argument in arguments)
                if len(readers) == 2:
                    left, right = readers
                    both = binary(function)
                    return lambda k, w: both(left(k, w), right(k, w))  # type: ignore[arg-type]
                return lambda k, w: compute(function, tuple([each(k, w) for each in readers]))  # type: ignore[misc]
            case If(test=test, then=then, other=other):
                asked, yes, no = self._compiled(test), self._compiled(then), self._compiled(other)
                return lambda known, worked: (yes if asked(known, worked) is True else no)(known, worked)
            case Dim(of=of) as dim:
                return lambda known, worked: self._size(dim, of, known)
            case _:
                return lambda known, worked: None

    def _size(self, dim: Dim, of: ItemId, known: Mapping[int, object]) -> int:
        node = self.items[of]
        size = self.dimension(dim, node.shape if isinstance(node, Input) else known[of])
        if not isinstance(size, int):
            raise Failed(size if isinstance(size, Fault) else None)
        return size


def _once(item: ItemId, reader: Reader) -> Reader:
    """The values that take many steps, computed once in each state."""

    def read(known: Mapping[int, object], worked: dict[ItemId, object]) -> object:
        if item not in worked:
            worked[item] = reader(known, worked)
        return worked[item]

    return read
