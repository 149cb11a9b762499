"""Assignments as tuples of numbers, for the thousands of candidates of which one becomes a trial.

A code has an entry for each choice of a `ChoiceTree`: the number of the option for a discrete choice, the value for an
interval, and `INACTIVE` or None if the choice is not active. A draw takes the same random numbers as `ChoiceTree.draw`,
and gives the same assignment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from random import Random
from typing import Any, TypeAlias, assert_never

from sqsem_dsl.ir.choices import Assignment, Categorical, Choice, Continuous
from sqsem_dsl.ir.draws import position_in, sample_at, value_at
from sqsem_dsl.ir.priors import Shares, option_at
from sqsem_dsl.operators.row import Value
from sqsem_dsl.study.algorithms.choice_tree import ChoiceTree

NUDGE = 0.1
"""The standard deviation of a small move in an interval, as a part of it."""
INACTIVE = -1
"""The option of a discrete choice that is not active."""
Code: TypeAlias = tuple[Any, ...]
"""For each choice of the tree, the number of its option or its value in an interval."""
Cube: TypeAlias = tuple[tuple[int, frozenset[object]], ...]
"""A condition: positions of earlier choices with their accepted entries."""


@dataclass(frozen=True)
class Slot:
    """One choice, in the order of the tree."""

    choice: Choice
    cubes: tuple[Cube, ...] | None
    """The conditions under which it is active; None: always."""
    options: int
    """The number of options; 0 for an interval."""
    inactive: int | None
    """The entry of a code in which the choice is not active."""

    @property
    def varies(self) -> bool:
        """Whether it has more than one value."""
        return self.options != 1

    def text(self, value: Value) -> str:
        """The path with a value, as a text that differs for different values."""
        return repr((self.choice.path, value))

    def entry(self, value: Value) -> Any:
        """The entry of a value. Raises ValueError if it is not in the domain."""
        domain = self.choice.domain
        return domain.number(value) if isinstance(domain, Categorical) else value

    def value(self, entry: Any) -> Value:
        """The value of an entry."""
        domain = self.choice.domain
        found: Value = domain.values[entry] if isinstance(domain, Categorical) else entry
        return found

    def at(self, position: float) -> Any:
        """The entry at a random position from 0 to 1, by the prior of the choice."""
        prior, count = self.choice.prior, self.options
        if isinstance(prior, Shares):
            return option_at(prior.of, position)
        if count:
            return min(int(position * count), count - 1)
        return sample_at(self.choice.domain, prior, position)

    def another(self, entry: Any, random: Random) -> Any:
        """Another option, or any value of an interval; by the prior, if there is one."""
        if not self.options:
            return self.at(random.random())
        others = [option for option in range(self.options) if option != entry]
        prior = self.choice.prior
        if isinstance(prior, Shares):
            return others[option_at([prior.of[option] for option in others], random.random())]
        return random.choice(others)


class CodedTree:
    """The codes of a tree's assignments."""

    def __init__(self, tree: ChoiceTree) -> None:
        known: dict[str, tuple[int, Choice]] = {}
        slots = []
        for number, choice in enumerate(tree):
            cubes = None if choice.when == ((),) else tuple(_cubes(choice, known))
            match choice.domain:
                case Categorical(values=values):
                    slots.append(Slot(choice, cubes, len(values), INACTIVE))
                case Continuous():
                    slots.append(Slot(choice, cubes, 0, None))
                case _:
                    assert_never(choice.domain)
            known[choice.path] = number, choice
        self.slots = tuple(slots)
        self._texts = [
            [*map(slot.text, domain.values), ""] if isinstance(domain := slot.choice.domain, Categorical) else None
            for slot in slots
        ]
        """For each discrete choice, the texts of its options, and an empty one for `INACTIVE`."""
        self._draws = [(slot.cubes, 0 if slot.choice.prior else slot.options, slot.at, slot.inactive) for slot in slots]
        """For each choice: its conditions, the number of options if all are equally likely, and how else to draw."""
        self._intervals = tuple(number for number, slot in enumerate(slots) if not slot.options)
        self._decisive = {number for slot in slots for cube in slot.cubes or () for number, _ in cube}
        """The choices in conditions of others."""
        self._to_change = lru_cache(maxsize=16)(self._active)

    @property
    def has_intervals(self) -> bool:
        """Whether a choice is from an interval: hashes of its exact values take long."""
        return bool(self._intervals)

    def encode(self, assignment: Assignment) -> Code:
        """The code of an assignment. Raises ValueError for a value that is not in its domain."""
        return tuple(
            slot.entry(assignment[slot.choice.path]) if slot.choice.path in assignment else slot.inactive
            for slot in self.slots
        )

    def decode(self, code: Code) -> dict[str, Value]:
        """The assignment of a code, in the order of the tree."""
        pairs = zip(self.slots, code, strict=True)
        return {slot.choice.path: slot.value(entry) for slot, entry in pairs if entry != slot.inactive}

    def key(self, code: Code) -> bytes:
        """A short digest, different for different codes. It is stored in journals."""
        parts = [
            slot.text(entry) if texts is None and entry is not None else texts[entry] if texts is not None else ""
            for slot, texts, entry in zip(self.slots, self._texts, code, strict=True)
        ]
        return blake2b(f"[{', '.join(filter(None, parts))}]".encode(), digest_size=12).digest()

    # ---- draws

    def draw(self, random: Random) -> Code:
        """Each active choice sampled by its prior."""
        position, made = random.random, list[Any]()
        for cubes, count, at, inactive in self._draws:
            if cubes is not None and not _holds(cubes, made):
                made.append(inactive)
            elif count:
                made.append(min(int(position() * count), count - 1))
            else:
                made.append(at(position()))
        return tuple(made)

    def changed(self, code: Code, random: Random) -> Code:
        """One active choice sampled again, together with the choices that become active."""
        varying, complete = self._to_change(code)
        chosen = random.choice(varying) if varying else -1
        if complete and chosen not in self._decisive:
            again = list(code)
            if chosen >= 0:
                again[chosen] = self.slots[chosen].another(code[chosen], random)
            return tuple(again)
        made: list[Any] = []
        for number, slot in enumerate(self.slots):
            entry = code[number]
            if slot.cubes is not None and not _holds(slot.cubes, made):
                entry = slot.inactive
            elif number == chosen:
                entry = slot.another(entry, random)
            elif entry == slot.inactive:
                entry = slot.at(random.random())
            made.append(entry)
        return tuple(made)

    def _active(self, code: Code) -> tuple[list[int], bool]:
        """The active choices of several values, and whether exactly the choices are active whose conditions hold."""
        active = [entry != slot.inactive for slot, entry in zip(self.slots, code, strict=True)]
        holds = [slot.cubes is None or _holds(slot.cubes, code) for slot in self.slots]
        return [number for number, slot in enumerate(self.slots) if active[number] and slot.varies], active == holds

    def nudged(self, code: Code, random: Random) -> Code:
        """Each continuous choice has moved a little, or, as often, has not."""
        if not self._intervals:
            return code
        made = list(code)
        for number in self._intervals:
            domain = self.slots[number].choice.domain
            if made[number] is not None and isinstance(domain, Continuous) and random.random() < 0.5:
                moved = position_in(domain, made[number]) + random.gauss(0.0, NUDGE)
                made[number] = value_at(domain, min(max(moved, 0.0), 1.0))
        return tuple(made)


def _cubes(choice: Choice, known: dict[str, tuple[int, Choice]]) -> list[Cube]:
    """The conditions of a choice that can hold, on the choices before it."""
    found = []
    for conjunction in choice.when:
        if all(path in known for path, _ in conjunction):
            found.append(tuple((known[path][0], _entries(known[path][1], values)) for path, values in conjunction))
    return found


def _entries(choice: Choice, values: Sequence[Value]) -> frozenset[object]:
    domain = choice.domain
    if isinstance(domain, Categorical):
        return frozenset(domain.number(value) for value in values if choice.admits(value))
    return frozenset(values)


def _holds(cubes: tuple[Cube, ...], made: Sequence[Any]) -> bool:
    """Whether one of the conditions holds."""
    for cube in cubes:
        for number, accepted in cube:
            if made[number] not in accepted:
                break
        else:
            return True
    return False
