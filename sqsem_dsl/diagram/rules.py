"""Rules during an evaluation: a `require` over choices and shapes cuts as soon as everything it names is evaluated.

Naming a choice does not draw it. A rule in force is a slot of the state under a negative key, with what is left of the
rule: its term with all values known so far in place, and the names of the values that are still missing. A state holds
neither choices nor tensors for its rules: four widths that must not decrease take as many states as one. A satisfied
rule is removed; a state with a broken rule is dropped. If a choice that a rule names can no longer become active, the
rule holds, whatever the known values say: so even a rule that is certain to be broken waits for its last name. Only in
`count(…)` and `sum(…)` such a choice adds 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from sqsem_dsl.diagnostics.errors import InternalError
from sqsem_dsl.diagram.rule_nodes import NONE, Failed, Known, Names, Raised, Term
from sqsem_dsl.diagram.rule_terms import Terms
from sqsem_dsl.diagram.weight_sharing import FIRST_KEY, Tied
from sqsem_dsl.ir.graph import Declared, Dim, Item, ItemId, Tally
from sqsem_dsl.ir.liveness import Later
from sqsem_dsl.ir.scalars import Undefined
from sqsem_dsl.utils.effort import Effort

Slots = tuple[tuple[int, Any], ...]
_key: Callable[[tuple[int, object]], int] = itemgetter(0)
Live = Callable[[Later, frozenset[ItemId]], frozenset[ItemId]]
Dead = frozenset[Names]
"""What open terms of a `count(…)` or `sum(…)` wait for, and what cannot all become active."""
Read = tuple[int | tuple[int, Names, Dead], ...]
"""The keys of the slots of a state, those of rules with their missing names and those of their open terms: it decides
which slots are kept."""


@dataclass(frozen=True, slots=True, eq=False)
class Rest:
    """What is left of a rule. Equal ones of one rule are one object, so that states are compared quickly."""

    rule: ItemId
    term: Term
    missing: Names
    """The choices and tensors that the rule names outside of `count(…)` and `sum(…)` and that are not known yet. The
    term may read fewer."""
    open: frozenset[Names] = frozenset()
    """What each open term of a `count(…)` or `sum(…)` waits for."""
    reads: Names = NONE
    """All names that are missing, those of open terms too."""
    after: dict[object, Rest] = field(default_factory=dict)
    """What is left once a name has a value."""
    closed: dict[Dead, Rest] = field(default_factory=dict)
    """What is left once some open terms can no longer be active."""

    @property
    def decided(self) -> bool:
        """Whether only names that are missing outside of `count(…)` and `sum(…)` can still make a difference."""
        return isinstance(self.term, Known | Raised)

    @property
    def hopeless(self) -> bool:
        """Whether the rule is broken if its missing names become known."""
        match self.term:
            case Known(value=value):
                return value is False
            case Raised(reason=reason):
                return isinstance(reason, Undefined)
            case _:
                return False


class Rules:
    """Decides rules. `dimension` returns the size of a tensor for a `Dim`. `certain` are names that become known in
    every evaluation."""

    def __init__(
        self,
        items: Sequence[Item],
        choices: Sequence[Declared],
        dimension: Callable[[Dim, object], object],
        tied: Tied,
        effort: Effort,
        certain: Names = NONE,
    ) -> None:
        self.items, self.tied, self.effort, self._certain = items, tied, effort, certain
        self.met: set[ItemId] = set()
        self.broken: set[ItemId] = set()
        self.faults: dict[ItemId, str] = {}
        self.counts = any(isinstance(item, Tally) for item in items)
        """Whether any rule has a `count(…)` or `sum(…)`."""
        self._terms = Terms(items, choices, dimension)
        self._first: dict[ItemId, Rest] = {}
        self._rests: dict[tuple[ItemId, Term, Names], Rest] = {}
        self._kept: dict[tuple[Read, Later], tuple[frozenset[int], Dead]] = {}

    def add(self, slots: Slots, rules: Sequence[ItemId]) -> Slots:
        """The slots with rules put in force."""
        known = {key for key, _ in slots}
        fresh = [(-rule - 1, self._whole(rule)) for rule in dict.fromkeys(rules) if -rule - 1 not in known]
        return tuple(sorted((*slots, *fresh), key=_key))

    def _whole(self, rule: ItemId) -> Rest:
        known = self._first.get(rule)
        if known is None:
            known = self._first[rule] = self._rest(rule, self._terms.of(rule), self._terms.names(rule))
        return known

    def _rest(self, rule: ItemId, term: Term, missing: Names) -> Rest:
        key = (rule, term, missing)
        known = self._rests.get(key)
        if known is None:
            opened = self._terms.waiting(term)
            known = self._rests[key] = Rest(rule, term, missing, opened, missing.union(*opened))
        return known

    def settle(self, slots: Slots) -> Slots | None:
        """The slots with all known values in the rules, without the satisfied rules; None if a rule is broken."""
        if not slots or slots[0][0] >= 0:
            return slots
        known: dict[int, object] | None = None
        settled: list[tuple[int, object]] | None = None
        hopeless: Rest | None = None
        for place, (key, rest) in enumerate(slots):
            if key >= 0:
                break
            if not isinstance(rest, Rest):
                continue  # set aside: nothing that it names becomes known here
            known = known or dict(slots)
            after = rest
            for name in rest.reads:
                if name in known:
                    after = self._after(after, name, known[name])
            decided = after.decided and not after.missing
            if decided and not self._holds(after):
                self.broken.add(after.rule)
                return None
            if after is not rest:
                settled = settled or list(slots)
                settled[place] = key, after
            if decided:
                self.met.add(after.rule)
                settled = settled or list(slots)
                settled[place] = key, None
            elif after.hopeless and after.missing <= self._certain:
                hopeless = after
        if hopeless is not None:  # rules that are decided come first: they are reported as the ones that cut
            self._holds(hopeless)
            self.broken.add(hopeless.rule)
            return None
        if settled is None:
            return slots
        return tuple([entry for entry in settled if entry[0] >= 0 or entry[1] is not None])

    def _after(self, rest: Rest, name: ItemId, value: Any) -> Rest:
        """What is left of a rule once a name has a value."""
        self.effort.left -= 1
        key = name, type(value), value
        after = rest.after.get(key)
        if after is None:
            before = self._terms.steps
            term = self._terms.put(rest.term, name, value)
            self.effort.left -= self._terms.steps - before
            after = rest.after[key] = self._rest(rest.rule, term, rest.missing - {name})
        return after

    def _without(self, rest: Rest, dead: Dead) -> Rest:
        """What is left of a rule after some open terms have added 0."""
        gone = rest.open & dead
        if not gone:
            return rest
        self.effort.left -= 1
        after = rest.closed.get(gone)
        if after is None:
            before = self._terms.steps
            term = self._terms.without(rest.term, gone)
            self.effort.left -= self._terms.steps - before
            after = rest.closed[gone] = self._rest(rest.rule, term, rest.missing)
        return after

    def _holds(self, rest: Rest) -> bool:
        """Whether a rule of which all names are known holds."""
        match rest.term:
            case Known(value=value):
                return value is not False
            case Raised(reason=Failed(fault=fault)):
                # A failure on the way to the rule's tensor is reported separately; the cut must not hide it.
                if fault is not None:
                    self.faults[rest.rule] = fault.title
                return True
            case Raised(reason=Undefined() as undefined):
                # If arithmetic is undefined, the rule does not hold. Comparing incomparable values, or
                # numbers too close to tell which is larger, is an error.
                if undefined.reason in ("operand", "uncertain"):
                    self.faults[rest.rule] = undefined.message
                return False
            case _:
                raise InternalError("a rule without missing names has no value")

    def ended(self, slots: Slots) -> Slots | None:
        """The slots at the end, where nothing more becomes active: all rules are decided. None if one is broken."""
        closed = [(key, self._without(rest, rest.open) if isinstance(rest, Rest) else rest) for key, rest in slots]
        settled = self.settle(tuple(closed))
        return None if settled is None else tuple([each for each in settled if not isinstance(each[1], Rest)])

    # ---- what a state must keep

    def without(self, slots: Slots, live: Live, later: Later) -> Slots | None:
        """The slots that are still read by a later item, and the rules in force that may still be decided. None if a
        rule is broken, since nothing more that it counts becomes active."""
        kept, dead = self._kept_of(_read(slots), live, later)
        if dead:
            closed = [(key, self._without(rest, dead) if isinstance(rest, Rest) else rest) for key, rest in slots]
            settled = self.settle(tuple(closed))
            if settled is None:
                return None
            slots = settled
            kept, _ = self._kept_of(_read(slots), live, later)
        return slots if len(kept) == len(slots) else tuple([entry for entry in slots if entry[0] in kept])

    def drops(self, several: Iterable[Slots], live: Live, later: Later) -> bool:
        """Whether any of several states has a slot that is no longer read, or a rule that counts what can no longer
        become active."""
        for read in set(map(_read, several)):
            kept, dead = self._kept_of(read, live, later)
            if dead or len(kept) < len(read):
                return True
        return False

    def reached(self, slots: Slots, live: Live, later: Later) -> frozenset[int]:
        """The keys of the slots that are read on a part of the way, and of the rules that name what is evaluated
        there."""
        kept, _ = self._kept_of(_read(slots), live, later)
        present = frozenset([key for key, _ in slots if 0 <= key < FIRST_KEY])
        rules = [
            key for key, rest in slots if isinstance(rest, Rest) and rest.reads & live(later, present | rest.reads)
        ]
        return kept.union(rules)

    def _kept_of(self, read: Read, live: Live, later: Later) -> tuple[frozenset[int], Dead]:
        """The keys of the slots that are still read, and what open terms wait for in vain."""
        found = self._kept.get((read, later))
        if found is None:
            found = self._kept[read, later] = self._search(read, live, later)
        return found

    def _search(self, read: Read, live: Live, later: Later) -> tuple[frozenset[int], Dead]:
        present = frozenset([key for key in read if isinstance(key, int) and 0 <= key < FIRST_KEY])
        kept = set(live(later, present))
        dead: set[Names] = set()
        for key in read:
            if not isinstance(key, int):
                rule, missing, opened = key
                if _all_live(missing, present, live, later):
                    kept.add(rule)
                    dead.update(names for names in opened if not _all_live(names, present, live, later))
            elif key >= FIRST_KEY:
                readers = self.tied.operators[key]
                if live(later, present | readers) & readers:
                    kept.add(key)
        return frozenset(kept), frozenset(dead)


def _all_live(names: Names, present: Names, live: Live, later: Later) -> bool:
    """Whether each of several names may still become known. A tensor may be one of them and read another: so those that
    are not found together are looked for one by one."""
    found = live(later, present | names)
    return all(name in found or name in live(later, present | {name}) for name in names)


def _read(slots: Slots) -> Read:
    if not slots or slots[0][0] >= 0:
        return tuple(map(_key, slots))
    return tuple([(key, rest.missing, rest.open) if isinstance(rest, Rest) else key for key, rest in slots])
