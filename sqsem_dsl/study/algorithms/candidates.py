"""Candidates for trials: assignments of a space within its rules and budgets, without repeating a training. Does not
use Keras.

Every proposal draws its random numbers only from the seed and the number of the trial, so the same seed gives the same
trials after any interruption. The time of a proposal does not grow with the number of trials.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from hashlib import blake2b
from itertools import chain, islice
from numbers import Integral
from random import Random
from typing import Any, Literal

from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.study.algorithms.enumeration import Order, Walk, order_of
from sqsem_dsl.study.algorithms.protocols import Searchable, Values
from sqsem_dsl.study.algorithms.training_id import training_id
from sqsem_dsl.study.hyperparameters import Declaration, Declarations, Scalar

__all__ = ["SMALL", "TRIES", "Proposals", "Searchable", "Values"]

SMALL = 20_000
"""Spaces without numbers are enumerated up to this many configurations; also the limit of consecutive ones that break a
rule or a budget."""
TRIES = 1_000
"""Samples after which a space that cannot be enumerated counts as exhausted."""
SURE = 10
"""One of so many candidates is drawn within rules and budgets."""
REMEMBERED = 256
"""Architectures that are cached: the last few are requested repeatedly, the others never."""

Judgement = Literal["fresh", "tried", "same", "broken"]
"""The status of values: neither they nor their training was tried; they were tried; only their training was tried; they
break a rule or a budget."""


class Proposals:
    """The assignments still to try. When there are none left, `ended` says why."""

    def __init__(self, space: Searchable, seed: int, epochs: int | None = None) -> None:
        """`epochs`: the length of every training, if the choices do not decide it."""
        self.space = space
        self.seed = seed
        self.epochs = epochs
        self.declarations = Declarations.of(space.choices)
        self.ended: str | None = None
        self._tried: set[bytes] = set()
        self._trainings: set[str] = set()
        self._same: set[bytes] = set()
        self._untold: list[str] = []
        """Entries of `_same` found since the last memo."""
        self._broken: dict[bytes, None] = {}
        self._stuck = ""
        self._walk: Walk | None = None
        self._grid: Iterator[Values] | None = None
        self._architectures: dict[bytes, Architecture] = {}

    @property
    def skipped(self) -> int:
        """Configurations skipped so far because they repeat an earlier training."""
        return len(self._same)

    @cached_property
    def order(self) -> Order | None:
        """Every assignment by its number; None if they have no numbers."""
        return order_of(self.space, self.declarations, SMALL)

    # ---- status of an assignment

    def architecture(self, values: Mapping[str, Any]) -> Architecture | None:
        """The architecture of KerasTuner's values; None outside rules and budgets. Unknown names are ignored."""
        key = self._key(values)
        if key not in self._architectures:
            found = self.space.resolve(self.declarations.read(values))
            if found is None:
                return None
            if len(self._architectures) >= REMEMBERED:
                del self._architectures[next(iter(self._architectures))]
            self._architectures[key] = found
        return self._architectures[key]

    def fresh(self, values: Mapping[str, Any]) -> bool:
        """Whether the values are within rules and budgets and give a training that was not tried."""
        return self.judge(values) == "fresh"

    def judge(self, values: Mapping[str, Any]) -> Judgement:
        """The status of values. Those that give a known training are counted as skipped."""
        key = self._key(values)
        if key in self._tried:
            return "tried"
        if key in self._same:
            return "same"
        if key in self._broken:
            return "broken"
        architecture = self.architecture(values)
        if architecture is None:
            if len(self._broken) >= SMALL:
                del self._broken[next(iter(self._broken))]
            self._broken[key] = None
            return "broken"
        # A choice may be active without effect: several values are then equivalent.
        if training_id(architecture, self.epochs) in self._trainings:
            self._same.add(key)
            self._untold.append(key.hex())
            return "same"
        return "fresh"

    def record(self, values: Mapping[str, Any], training: str | None = None) -> None:
        """Records these values as those of a trial, of this search or of the one that it resumes. `training` is its id,
        if already known."""
        self._tried.add(self._key(values))
        if training is None:
            architecture = self.architecture(values)
            training = None if architecture is None else training_id(architecture, self.epochs)
        if training is not None:
            self._trainings.add(training)

    def memo(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Plain data that saves `recall` from recomputing facts about these values, just recorded. It is valid only for
        this space."""
        architecture = self.architecture(values)
        found: dict[str, Any] = {"same": self._untold}
        self._untold = []
        if architecture is not None:
            found["training"] = training_id(architecture, self.epochs)
        if self._walk is not None:
            found["walk"] = [self._walk.position, self._walk.broken]
        return found

    def recall(self, values: Mapping[str, Any], memo: Mapping[str, Any], *, in_order: bool = False) -> None:
        """Records values with the stored facts about them; `in_order` if `next_in_order` returned them."""
        self.record(values, memo.get("training"))
        self._same.update(map(bytes.fromhex, memo.get("same", ())))
        if "walk" in memo and self.order is not None:
            walk = self._walked(in_order)
            walk.position, walk.broken = max((walk.position, walk.broken), tuple(memo["walk"]))
        elif in_order and self.order is None:
            own = {item.name: values[item.name] for item in self.declarations if item.name in values}
            self._grid = self.declarations.every(after=own)

    def _key(self, values: Mapping[str, Any]) -> bytes:
        own = ((item.name, values[item.name]) for item in self.declarations if item.name in values)
        plain = [(name, _plain(value)) for name, value in own]
        return blake2b(repr(plain).encode(), digest_size=12).digest()

    # ---- ways to propose

    def random(self, number: int) -> Values | None:
        """Values for the trial with this number, uniformly among those left; None, with `ended` set, if there are
        none."""
        if self.order is not None:
            walk = self._walked(in_order=False)
            values = walk.next(self._to_try, SMALL)
            if values is not None:
                return values
            if walk.over:
                self.ended = self._all_tried(walk.broken)
                return None
        values = next((values for values in self._draws(number) if self.fresh(values)), None)
        if values is None:
            self.ended = self._stuck or f"{TRIES:,} samples gave no new configuration"
        return values

    def by_choice(self, number: int) -> Values | None:
        """Values for the trial with this number, with each active choice sampled uniformly in turn, so that every depth
        is equally frequent. If such samples find nothing new, as `random`."""
        random = self._random(number, "choices")
        draws = (self.declarations.draw(random.random) for _ in range(TRIES))
        values = next((values for values in draws if self.fresh(values)), None)
        return values if values is not None else self.random(number)

    def next_in_order(self) -> Values | None:
        """The next values in the order of the space, the first choice most significant; None if all were tried."""
        if self.order is not None:
            walk = self._walked(in_order=True)
            values = walk.next(self._to_try, walk.order.count)
            if values is None:
                self.ended = self._all_tried(walk.broken)
            return values
        if self._grid is None:
            self._grid = self.declarations.every()
        values = next((values for values in islice(self._grid, SMALL) if self.fresh(values)), None)
        if values is None:
            over = next(self._grid, None) is None
            self.ended = self._all_tried(0) if over else f"the next {SMALL:,} configurations break a rule or a budget"
        return values

    def pool(self, number: int, size: int, near: Iterable[Mapping[str, Any]] = ()) -> list[Values]:
        """Untried values to select from, possibly outside the rules: the whole space if it is small, otherwise `size`
        ones drawn choice by choice, a few of the assignments that are known to be within rules and budgets, and `size`
        near given ones."""
        if self.order is not None and self.order.count <= 2 * size:
            found = self._small
        else:
            random = self._random(number, "pool")
            drawn = (self.declarations.draw(random.random) for _ in range(size))
            # Where budgets leave little, a draw choice by choice hardly ever meets them.
            within = islice(self._draws(number), size // SURE)
            around = list(near)
            changed = (self.changed(around[i % len(around)], random) for i in range(size if around else 0))
            found = {self._key(values): values for values in chain(drawn, within, changed)}
        return [values for key, values in found.items() if key not in self._tried and key not in self._same]

    @cached_property
    def _small(self) -> dict[bytes, Values]:
        """All assignments of a small space, by key."""
        assert self.order is not None
        every = (self.order[index] for index in range(self.order.count))
        return {self._key(values): values for values in every if values is not None}

    def child(self, number: int, parent: Mapping[str, Any]) -> Values | None:
        """The parent's values with one choice changed, untried; a random trial if there are none."""
        random = self._random(number, "child")
        changes = (self.changed(parent, random) for _ in range(TRIES // 10))
        values = next((values for values in changes if self.fresh(values)), None)
        return values if values is not None else self.by_choice(number)

    def changed(self, values: Mapping[str, Any], random: Random) -> Values:
        """Values with one active choice sampled again, together with the choices that become active."""
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
                drawn[item.name] = _other(item, values[item.name], random)
            else:
                drawn[item.name] = values[item.name] if item.name in values else item.at(random.random())
        return drawn

    # ---- implementation

    def _draws(self, number: int) -> Iterator[Values]:
        random = self._random(number, "draw")
        for _ in range(TRIES):
            try:
                architecture = self.space.sample_one(random.getrandbits(48))
            except SqsError as problem:
                self._stuck = "; ".join(d.title for d in problem.diagnostics)
                return
            yield self.declarations.write(architecture.choices)

    def _walked(self, in_order: bool) -> Walk:
        if self._walk is None:
            assert self.order is not None
            self._walk = Walk(self.order, None if in_order else self.seed)
        return self._walk

    def _to_try(self, values: Values) -> bool | None:
        judgement = self.judge(values)
        return None if judgement == "broken" else judgement == "fresh"

    def _random(self, number: int, purpose: str) -> Random:
        return Random(f"{self.seed}/{number}/{purpose}")

    def _all_tried(self, broken: int) -> str:
        """The message that the whole space was tried, with the number of skipped configurations."""
        trained = any(choice.section == "train" for choice in self.space.choices)
        noun = "training" if trained else "architecture"
        count = len(self._trainings)
        said = f"all {count:,} {noun}s of the space were tried"
        if count == 1:
            said = f"the only {noun} of the space was tried"
        if self._same:
            said += f": its {len(self._tried) + len(self._same):,} configurations give no further ones"
        return said + (f"; {broken:,} broke a rule or a budget" if broken else "")


def _other(item: Declaration, value: Scalar, random: Random) -> Scalar:
    """Another value of a discrete domain; any value of an interval."""
    others = [code for code in item.codes or () if code != value]
    return random.choice(others) if others else item.at(random.random())


def _plain(value: Any) -> Scalar:
    """A NumPy number as a Python number: equal in value, but printed differently."""
    if isinstance(value, str):
        return value
    return int(value) if isinstance(value, Integral) else float(value)
