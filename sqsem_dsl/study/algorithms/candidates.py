"""Candidates for trials: assignments of a space within its rules and budgets, without repeating a training. Does not
use Keras.

Every proposal draws its random numbers only from the seed and the number of the trial, so the same seed gives the same
trials after any interruption. The time of a proposal does not grow with the number of trials.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import chain, islice
from random import Random
from typing import Any, Literal

from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.ir.choices import Assignment
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.study.algorithms.choice_tree import ChoiceTree
from sqsem_dsl.study.algorithms.coded_tree import Code, CodedTree
from sqsem_dsl.study.algorithms.enumeration import Order, Walk, order_of
from sqsem_dsl.study.algorithms.protocols import Searchable
from sqsem_dsl.study.algorithms.training_id import training_id

SMALL = 20_000
"""Spaces without numbers are enumerated up to this many configurations; also the limit of consecutive ones that break a
rule or a budget."""
TRIES = 1_000
"""Samples after which a space that cannot be enumerated counts as exhausted."""
SURE = 10
"""One of so many candidates is sampled within rules and budgets."""
REMEMBERED = 256
"""Architectures that are cached: the last few are requested repeatedly, the others never."""

Judgement = Literal["fresh", "tried", "same", "broken"]
"""The status of an assignment: neither it nor its training was tried; it was tried; only its training was tried; it
breaks a rule or a budget."""


class Proposals:
    """The assignments still to try. When there are none left, `ended` says why."""

    def __init__(self, space: Searchable, seed: int, epochs: int | None = None) -> None:
        """`epochs`: the length of every training, if the choices do not decide it."""
        self.space = space
        self.seed = seed
        self.epochs = epochs
        self.tree = ChoiceTree(space.choices)
        self.coded = CodedTree(self.tree)
        self.ended: str | None = None
        self._tried: set[bytes] = set()
        self._trainings: set[str] = set()
        self._same: set[bytes] = set()
        self._unsaved: list[str] = []
        """Entries of `_same` found since the last memo."""
        self._broken: dict[bytes, None] = {}
        self._stuck = ""
        self._walk: Walk | None = None
        self._grid: Iterator[Assignment] | None = None
        self._architectures: dict[bytes, Architecture] = {}

    @property
    def skipped(self) -> int:
        """Configurations skipped so far because they repeat an earlier training."""
        return len(self._same)

    @cached_property
    def order(self) -> Order | None:
        """Every assignment by its number; None if they have no numbers."""
        return order_of(self.space, self.tree, SMALL)

    # ---- status of an assignment

    def architecture(self, choices: Assignment) -> Architecture | None:
        """The architecture of an assignment; None outside rules and budgets."""
        key = self._key(choices)
        if key not in self._architectures:
            found = self.space.resolve(choices)
            if found is None:
                return None
            if len(self._architectures) >= REMEMBERED:
                del self._architectures[next(iter(self._architectures))]
            self._architectures[key] = found
        return self._architectures[key]

    def fresh(self, choices: Assignment) -> bool:
        """Whether an assignment is within rules and budgets and gives a training that was not tried."""
        return self.judge(choices) == "fresh"

    def judge(self, choices: Assignment) -> Judgement:
        """The status of an assignment. Those that give a known training are counted as skipped."""
        key = self._key(choices)
        if key in self._tried:
            return "tried"
        if key in self._same:
            return "same"
        if key in self._broken:
            return "broken"
        architecture = self.architecture(choices)
        if architecture is None:
            if len(self._broken) >= SMALL:
                del self._broken[next(iter(self._broken))]
            self._broken[key] = None
            return "broken"
        if self._key(architecture.choices) in self._tried:  # It has values for choices that are not active.
            return "tried"
        # A choice may be active without effect: several assignments are then equivalent.
        if training_id(architecture, self.epochs) in self._trainings:
            self._same.add(key)
            self._unsaved.append(key.hex())
            return "same"
        return "fresh"

    def start(self, choices: Assignment) -> tuple[Architecture, dict[str, Any]]:
        """Records an assignment within the rules as that of a trial. Returns its architecture, which knows its active
        choices, and plain data that saves `recall` from recomputing facts about them. These are valid only for this
        space."""
        architecture = self.architecture(choices)
        assert architecture is not None  # Nothing outside the rules is ever proposed.
        training = training_id(architecture, self.epochs)
        known: dict[str, Any] = {"same": self._unsaved, "training": training}
        self._unsaved = []
        if self._walk is not None:
            known["walk"] = [self._walk.position, self._walk.broken]
        self._record(architecture.choices, training)
        return architecture, known

    def recall(self, choices: Assignment, known: Mapping[str, Any], *, in_order: bool = False) -> None:
        """Records the choices of a trial of this search, or of the one that it resumes, with the stored facts about
        them, if there are any; `in_order` if `next_in_order` returned them."""
        training = known.get("training")
        if training is None:
            architecture = self.architecture(choices)
            training = None if architecture is None else training_id(architecture, self.epochs)
        self._record(choices, training)
        self._same.update(map(bytes.fromhex, known.get("same", ())))
        if "walk" in known and self.order is not None:
            walk = self._walked(in_order)
            walk.position, walk.broken = max((walk.position, walk.broken), tuple(known["walk"]))
        elif in_order and self.order is None:
            self._grid = self.tree.every(after=choices)

    def _record(self, choices: Assignment, training: str | None) -> None:
        self._tried.add(self._key(choices))
        if training is not None:
            self._trainings.add(training)

    def _key(self, choices: Assignment) -> bytes:
        return self.coded.key(self.coded.encode(choices))

    # ---- ways to propose

    def random(self, number: int) -> Assignment | None:
        """An assignment for the trial with this number, uniformly among those left; None, with `ended` set, if there
        are none."""
        if self.order is not None:
            walk = self._walked(in_order=False)
            choices = walk.next(self._to_try, SMALL)
            if choices is not None:
                return choices
            if walk.finished:
                self.ended = self._all_tried(walk.broken)
                return None
        choices = next((choices for choices in self._draws(number) if self.fresh(choices)), None)
        if choices is None:
            self.ended = self._stuck or f"{TRIES:,} samples gave no new configuration"
        return choices

    def by_choice(self, number: int) -> Assignment | None:
        """An assignment for the trial with this number, with each active choice sampled in turn, uniformly or by
        its prior, so that every depth is equally frequent. If such samples find nothing new, as `random`."""
        random = self._random(number, "choices")
        draws = (self.tree.draw(random.random) for _ in range(TRIES))
        choices = next((choices for choices in draws if self.fresh(choices)), None)
        return choices if choices is not None else self.random(number)

    def next_in_order(self) -> Assignment | None:
        """The next assignment in the order of the space, the first choice most significant; None if all were tried."""
        if self.order is not None:
            walk = self._walked(in_order=True)
            choices = walk.next(self._to_try, walk.order.count)
            if choices is None:
                self.ended = self._all_tried(walk.broken)
            return choices
        if self._grid is None:
            self._grid = self.tree.every()
        choices = next((choices for choices in islice(self._grid, SMALL) if self.fresh(choices)), None)
        if choices is None:
            tried = next(self._grid, None) is None
            self.ended = self._all_tried(0) if tried else f"the next {SMALL:,} configurations break a rule or a budget"
        return choices

    def pool(self, number: int, size: int, near: Iterable[Code] = ()) -> list[Code]:
        """Untried assignments to select from, possibly outside the rules: the whole space if it is small, otherwise
        `size` ones sampled choice by choice, a few of those that are known to be within rules and budgets, and `size`
        near given ones."""
        coded = self.coded
        if self.order is not None and self.order.count <= 2 * size:
            found = self._small
        else:
            random = self._random(number, "pool")
            sampled = (coded.draw(random) for _ in range(size))
            # Where budgets leave little, a sample choice by choice hardly ever meets them.
            within = map(coded.encode, islice(self._draws(number), size // SURE))
            around = list(near)
            some = (around[i % len(around)] for i in range(size if around else 0))
            changed = (coded.nudged(coded.changed(each, random), random) for each in some)
            several: Iterable[Code] = chain(sampled, within, changed)
            if not coded.has_intervals:  # Many are equal, and a key takes longer than a comparison of small numbers.
                several = dict.fromkeys(several)
            found = {coded.key(code): code for code in several}
        return [code for key, code in found.items() if key not in self._tried and key not in self._same]

    @cached_property
    def _small(self) -> dict[bytes, Code]:
        """All assignments of a small space, by key."""
        assert self.order is not None
        every = (self.order[index] for index in range(self.order.count))
        codes = (self.coded.encode(choices) for choices in every if choices is not None)
        return {self.coded.key(code): code for code in codes}

    def child(self, number: int, parent: Assignment) -> Assignment | None:
        """The parent with one choice changed, untried; a random trial if there are none."""
        random = self._random(number, "child")
        changes = (self.changed(parent, random) for _ in range(TRIES // 10))
        choices = next((choices for choices in changes if self.fresh(choices)), None)
        return choices if choices is not None else self.by_choice(number)

    def changed(self, choices: Assignment, random: Random) -> Assignment:
        """An assignment with one active choice sampled again, together with the choices that become active."""
        return self.coded.decode(self.coded.changed(self.coded.encode(choices), random))

    # ---- implementation

    def _draws(self, number: int) -> Iterator[Assignment]:
        random = self._random(number, "draw")
        for _ in range(TRIES):
            try:
                architecture = self.space.sample_one(random.getrandbits(48))
            except SqsError as problem:
                self._stuck = "; ".join(d.title for d in problem.diagnostics)
                return
            yield architecture.choices

    def _walked(self, in_order: bool) -> Walk:
        if self._walk is None:
            assert self.order is not None
            self._walk = Walk(self.order, None if in_order else self.seed)
        return self._walk

    def _to_try(self, choices: Assignment) -> bool | None:
        judgement = self.judge(choices)
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
