"""What to try next: assignments of a space within its rules and budgets, none of them twice. Knows no Keras.

Every way of proposing draws its random numbers from the seed and the number of the trial alone, so that the same seed
gives the same trials, whatever happened in between.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from random import Random
from typing import Any, Protocol

from sqsem_dsl.diagnostics import SqsError
from sqsem_dsl.space.architecture import Architecture
from sqsem_dsl.space.choices import Choice
from sqsem_dsl.space.operators.row import Value
from sqsem_dsl.targets.hyperparameters import Declarations, Scalar

Values = dict[str, Scalar]

SMALL = 20_000
"""Spaces of at most so many configurations are listed, so that each is tried and the end is known."""
TRIES = 1_000
"""Draws after which a larger space counts as exhausted."""


class Searchable(Protocol):
    """What a search asks of a space."""

    @property
    def choices(self) -> tuple[Choice, ...]: ...

    def draw(self, seed: int) -> Architecture:
        """A random architecture; raises SqsError where none is found."""
        ...

    def propose(self, values: Mapping[str, Value]) -> Architecture | None:
        """The architecture of an assignment, values that it does not draw ignored; None outside rules and budgets."""
        ...


class Proposals:
    """The assignments still to try. `ended` says why there are no more, once there are none."""

    def __init__(self, space: Searchable, seed: int) -> None:
        self.space = space
        self.seed = seed
        self.declarations = Declarations.of(space.choices)
        self.ended: str | None = None
        self.broken = 0
        """Assignments that were put aside because they break a rule or a budget."""
        self._known: set[frozenset[tuple[str, Any]]] = set()
        self._drawn: set[frozenset[tuple[str, Value]]] = set()
        self._listed: list[Values] | None = None
        self._counted = False
        self._stuck = ""
        self._grid: Iterator[Values] | None = None
        self._architectures: dict[frozenset[tuple[str, Any]], Architecture] = {}

    # ---- what an assignment is

    def architecture(self, values: Mapping[str, Any]) -> Architecture | None:
        """The architecture of KerasTuner's values; None outside rules and budgets. Names of no choice are ignored."""
        key = self._key(values)
        if key not in self._architectures:
            found = self.space.propose(self.declarations.read(values))
            if found is None:
                return None
            if len(self._architectures) >= 256:  # The last few are asked for again and again, the others never.
                del self._architectures[next(iter(self._architectures))]
            self._architectures[key] = found
        return self._architectures[key]

    def record(self, values: Mapping[str, Any]) -> None:
        """Note that these values are taken, as a trial of this search or of the one that it goes on from."""
        self._known.add(self._key(values))
        architecture = self.architecture(values)
        if architecture is not None:
            self._drawn.add(frozenset(architecture.choices.items()))

    def fresh(self, values: Mapping[str, Any]) -> bool:
        """Whether the values are within rules and budgets and mean an architecture that was not tried."""
        key = self._key(values)
        if key in self._known:
            return False
        architecture = self.architecture(values)
        if architecture is None:
            self.broken += 1
            self._known.add(key)
            return False
        # A choice may be declared and not exist: several values then mean the same.
        if frozenset(architecture.choices.items()) in self._drawn:
            self._known.add(key)
            return False
        return True

    def _key(self, values: Mapping[str, Any]) -> frozenset[tuple[str, Any]]:
        return frozenset((item.name, values[item.name]) for item in self.declarations if item.name in values)

    # ---- ways to propose

    def random(self, number: int) -> Values | None:
        """Values for the trial of that number, uniformly among those left; None, with `ended` set, where none is."""
        values = next(self._fresh(self.candidates(number)), None)
        if values is None:
            self._end()
        return values

    def next_in_order(self) -> Values | None:
        """The next values in the order of the space, the first choice most significant; None where all were tried."""
        if self._grid is None:
            self._grid = self.declarations.every()
        values = next(self._fresh(islice(self._grid, SMALL)), None)
        if values is None:
            self._end()
        return values

    def pool(self, number: int, size: int, near: Iterable[Mapping[str, Any]] = ()) -> list[Values]:
        """Untried values to pick from, perhaps outside the rules: `size` random ones and as many near given ones."""
        random = self._random(number, "pool")
        # Whether a value is within the rules is asked of the few that are picked: asking takes long.
        listed = self.listed()
        drawn = (self.declarations.draw(random.random) for _ in range(size))
        found = {self._key(values): values for values in (drawn if listed is None else listed[:size])}
        around = list(near)
        for i in range(size if around else 0):
            values = self.changed(around[i % len(around)], random)
            found.setdefault(self._key(values), values)
        return [values for key, values in found.items() if key not in self._known]

    def child(self, number: int, parent: Mapping[str, Any]) -> Values | None:
        """The parent's values with one choice changed, untried; a random trial where there is none such."""
        random = self._random(number, "child")
        changes = (self.changed(parent, random) for _ in range(TRIES // 10))
        values = next(self._fresh(changes), None)
        return values if values is not None else self.random(number)

    def changed(self, values: Mapping[str, Any], random: Random) -> Values:
        """Values with one active choice drawn anew; the choices that this brings in are drawn too."""
        active = [
            item for item in self.declarations if item.name in values and (item.codes is None or len(item.codes) > 1)
        ]
        if not active:
            return {item.name: values[item.name] for item in self.declarations if item.name in values}
        chosen = random.choice(active)
        drawn: Values = {}
        for item in self.declarations:
            if not item.active(drawn):
                continue
            if item is chosen:
                others = [code for code in item.codes or () if code != values[item.name]]
                drawn[item.name] = random.choice(others) if others else item.at(random.random())
            else:
                drawn[item.name] = values[item.name] if item.name in values else item.at(random.random())
        return drawn

    def candidates(self, number: int) -> Iterator[Values]:
        """Values in random order: all of them in a small space, else draws without end."""
        listed = self.listed()
        if listed is not None:
            yield from listed
            return
        random = self._random(number, "draw")
        for _ in range(TRIES):
            try:
                architecture = self.space.draw(random.getrandbits(48))
            except SqsError as problem:
                self._stuck = "; ".join(d.title for d in problem.diagnostics)
                return
            yield self.declarations.write(architecture.choices)

    def listed(self) -> list[Values] | None:
        """Every assignment left, in an order that the seed shuffles; None where there are more than `SMALL`."""
        if not self._counted:
            self._counted = True
            if self.declarations.finite:
                every = list(islice(self.declarations.every(), SMALL + 1))
                if len(every) <= SMALL:
                    self._random(0, "order").shuffle(every)
                    self._listed = every
        if self._listed is not None:
            self._listed = [values for values in self._listed if self._key(values) not in self._known]
        return self._listed

    def _fresh(self, candidates: Iterable[Values]) -> Iterator[Values]:
        return (values for values in candidates if self.fresh(values))

    def _random(self, number: int, purpose: str) -> Random:
        return Random(f"{self.seed}/{number}/{purpose}")

    def _end(self) -> None:
        """Say why there is nothing left to propose."""
        aside = f"; {self.broken:,} broke a rule or a budget" if self.broken else ""
        if self.listed() is not None or (self._grid is not None and next(self._grid, None) is None):
            self.ended = f"all {len(self._drawn):,} configurations of the space were tried{aside}"
        elif self._grid is not None:
            self.ended = f"the next {SMALL:,} configurations break a rule or a budget"
        else:
            self.ended = self._stuck or f"{TRIES:,} draws gave no configuration that was not tried{aside}"
