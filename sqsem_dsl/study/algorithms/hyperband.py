"""Hyperband with a limited number of trials and guaranteed termination.

A bracket starts many short trainings and continues the best of them in rounds of fewer and longer ones. Sizes and
lengths of rounds are KerasTuner's, and so is the rule for promotion: the best finished trial is promoted as soon as it
is better than as many trials as the round eliminates. Differences:

- it starts with the largest bracket that its number of trials can finish;
- a failed trial counts as eliminated, and a round without further promotions ends with fewer trials
  than planned: KerasTuner would wait forever;
- if the space is exhausted in the middle of a bracket, the bracket is halved from its current trials;
- a bracket starts with its first trial, and not when one is requested.

Source: L. Li, K. Jamieson, G. DeSalvo, A. Rostamizadeh, A. Talwalkar, "Hyperband", JMLR 18, 2018.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqsem_dsl.ir.choices import Assignment, Categorical
from sqsem_dsl.settings.search import Hyperband
from sqsem_dsl.study.algorithms.algorithm import Exhausted, Proposal, Wait
from sqsem_dsl.study.algorithms.candidates import Proposals
from sqsem_dsl.study.algorithms.protocols import Searchable, SearchedSpace
from sqsem_dsl.study.objective import Goal


@dataclass
class Run:
    """A trial of a round."""

    number: int
    past: int | None
    """The trial whose training it continues."""
    choices: Assignment
    running: bool = True
    loss: float | None = None
    """None while it is running, and if it failed."""

    @property
    def failed(self) -> bool:
        return not self.running and self.loss is None


@dataclass
class Bracket:
    """Rounds of trials: each continues the best trials of the one before."""

    index: int
    """The number of its start, from 0."""
    halvings: int
    """The number of its rounds after the first."""
    cut: int | None = None
    """The number of trials in its first round, if the space was exhausted."""
    rounds: list[list[Run]] = field(init=False)

    def __post_init__(self) -> None:
        self.rounds = [[] for _ in range(self.halvings + 1)]

    @property
    def running(self) -> bool:
        """Whether one of its trials is running."""
        return any(run.running for runs in self.rounds for run in runs)

    def rest(self, number: int) -> list[Run]:
        """The trials of the round before that are not promoted into this one."""
        promoted = {run.past for run in self.rounds[number]}
        return [run for run in self.rounds[number - 1] if run.number not in promoted]


@dataclass(frozen=True)
class Lengths:
    """The sizes and lengths of rounds, by the number of halvings of their bracket."""

    epochs: int
    """The longest training."""
    factor: int

    @property
    def brackets(self) -> int:
        """The number of different brackets."""
        found, left = 0, float(self.epochs)
        while left >= 1:
            left, found = left / self.factor, found + 1
        return found

    def size(self, halvings: int, number: int) -> int:
        """The planned trials of a round: brackets get about the same number of epochs."""
        last = math.ceil(1 + math.log(self.epochs, self.factor)) / (halvings + 1)
        return math.ceil(last * float(self.factor) ** (halvings - number))

    def length(self, halvings: int, number: int) -> int:
        """The last epoch of a round."""
        return math.ceil(self.epochs / float(self.factor) ** (halvings - number))

    def trials(self, halvings: int) -> int:
        """The planned trials of a bracket."""
        return sum(self.size(halvings, number) for number in range(halvings + 1))


class HyperbandAlgorithm:
    """With `trials` None: one or more whole iterations, otherwise brackets until the number is reached."""

    def __init__(
        self,
        space: Searchable,
        goal: Goal,
        *,
        factor: int,
        iterations: float,
        trials: int | None,
        seed: int,
        epochs: int,
    ) -> None:
        """`epochs`: the length of the longest training."""
        self.proposals = Proposals(space, seed, epochs)
        self.goal, self.lengths = goal, Lengths(epochs, factor)
        first = self.lengths.brackets - 1
        while trials is not None and first > 0 and self.lengths.trials(first) > trials:
            first -= 1
        self._first = first
        more = math.inf if trials or math.isinf(iterations) else (math.ceil(iterations) - 1) * self.lengths.brackets
        self._planned = first + 1 + more
        """The number of brackets."""
        self._started = 0
        """The number of started brackets."""
        self._brackets: list[Bracket] = []
        """The brackets that are not finished."""
        self._runs: dict[int, Run] = {}
        """The running trials, by number."""

    @property
    def skipped(self) -> int:
        return self.proposals.skipped

    def ask(self, number: int) -> Proposal | Wait | Exhausted:
        self._brackets = [bracket for bracket in self._brackets if not self._finished(bracket)]
        for bracket in self._brackets:
            found = self._grown(number, bracket) or self._promoted(number, bracket)
            if found is not None:
                return found
        if self._started < self._planned:
            bracket = self._bracket(self._started)
            found = self._grown(number, bracket)
            if found is not None:
                self._started += 1
                self._brackets.append(bracket)
                return found
        if any(bracket.running for bracket in self._brackets):
            return Wait()
        return Exhausted(self.proposals.ended or f"all {self._started} brackets of hyperband are finished")

    def tell(self, number: int, scores: tuple[float, ...] | None, share: float = 1.0) -> None:
        run = self._runs.pop(number)
        run.running = False
        if scores is not None and all(map(math.isfinite, scores)):
            run.loss = self.goal.sign * scores[0]

    def recall(self, number: int, choices: Assignment, memo: Mapping[str, Any]) -> None:
        self.proposals.recall(choices, memo.get("known", {}))
        run = self._runs[number] = Run(number, memo.get("past"), choices)
        if "bracket" not in memo:  # It was not proposed here, but still counts as tried.
            return
        index = memo["bracket"]
        if not 0 <= index < number:  # A bracket has at least one trial.
            raise ValueError(f"trial {number} cannot be in the bracket {index}")
        while self._started <= index:
            self._brackets.append(self._bracket(self._started))
            self._started += 1
        bracket = next(bracket for bracket in self._brackets if bracket.index == index)
        bracket.cut = memo.get("cut", bracket.cut)
        bracket.rounds[memo["round"]].append(run)

    def still_needed(self) -> frozenset[int]:
        return frozenset(number for bracket in self._brackets for number in self._needed(bracket))

    def _needed(self, bracket: Bracket) -> Iterator[int]:
        for number, runs in enumerate(bracket.rounds[1:], 1):
            # A trial that continues a training may have to restart from where it was continued.
            yield from (run.past for run in runs if run.running and run.past is not None)
            if not self._closed(bracket, number):
                yield from (run.number for run in bracket.rest(number) if not run.failed)

    # ---- trials to start

    def _grown(self, number: int, bracket: Bracket) -> Proposal | None:
        """One more trial in the first round; None if it is full, or the space is exhausted."""
        if self._closed(bracket, 0):
            return None
        chosen = self.proposals.by_choice(number - 1)
        if chosen is None:
            bracket.cut = len(bracket.rounds[0]) or None
            return None
        return self._added(number, bracket, 0, chosen, None)

    def _promoted(self, number: int, bracket: Bracket) -> Proposal | None:
        """The best trial of a round for the next round, if it has beaten enough others."""
        for later in range(1, len(bracket.rounds)):
            if self._closed(bracket, later):
                continue
            ended = [run for run in bracket.rest(later) if not run.running]
            losses = {run.number: run.loss for run in ended if run.loss is not None}
            if losses and len(ended) > self._size(bracket, later - 1) - self._size(bracket, later):
                best = min((run for run in ended if run.number in losses), key=lambda run: losses[run.number])
                return self._added(number, bracket, later, best.choices, best.number)
        return None

    def _added(self, number: int, bracket: Bracket, at: int, chosen: Assignment, past: int | None) -> Proposal:
        architecture, known = self.proposals.start(chosen)
        run = self._runs[number] = Run(number, past, architecture.choices)
        bracket.rounds[at].append(run)
        memo = {"known": known, "bracket": bracket.index, "round": at}
        memo |= {name: value for name, value in (("past", past), ("cut", bracket.cut)) if value is not None}
        return Proposal(
            architecture.choices,
            architecture,
            epochs=self.lengths.length(bracket.halvings, at),
            schedule_epochs=self.lengths.epochs,
            continues=past,
            memo=memo,
        )

    # ---- brackets

    def _bracket(self, index: int) -> Bracket:
        """The bracket that starts with that index: from the most halvings down to none, and again."""
        if index <= self._first:
            return Bracket(index, self._first - index)
        count = self.lengths.brackets
        return Bracket(index, count - 1 - (index - self._first - 1) % count)

    def _size(self, bracket: Bracket, number: int) -> int:
        """The number of trials of a round: as planned, or fewer if the previous rounds cannot supply as many."""
        planned = self.lengths.size(bracket.halvings, number)
        if bracket.cut is not None:
            planned = math.ceil(bracket.cut / self.lengths.factor**number)
        if number and self._closed(bracket, number - 1):
            left = sum(not run.failed for run in bracket.rest(number))
            planned = min(planned, len(bracket.rounds[number]) + left)
        return planned

    def _closed(self, bracket: Bracket, number: int) -> bool:
        """Whether a round gets no more trials."""
        return len(bracket.rounds[number]) >= self._size(bracket, number)

    def _finished(self, bracket: Bracket) -> bool:
        """Whether a bracket gets no more trials, and none of its trials is running."""
        return not bracket.running and all(self._closed(bracket, number) for number in range(len(bracket.rounds)))


def longest_training(space: SearchedSpace, hyperband: Hyperband, epochs: int | None) -> int:
    """The epochs that hyperband distributes: the given number, otherwise its own setting, otherwise the longest
    training that the spec allows."""
    if epochs or hyperband.max_epochs:
        return epochs or hyperband.max_epochs or 0
    default = space.default().train.epochs
    for choice in space.choices:
        if choice.path == "train.epochs" and isinstance(choice.domain, Categorical):
            return max((value for value in choice.domain.values if isinstance(value, int)), default=default)
    return default
