"""The trials of a study as a table (a row for each trial, a column for each choice), and the columns of a linear
model."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, assert_never

import numpy as np
import numpy.typing as npt

from sqsem_dsl.ir.choices import Categorical, Choice, Continuous
from sqsem_dsl.ir.path import Path
from sqsem_dsl.study.journal.record import Trial
from sqsem_dsl.study.journal.study import Study

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

ABSENT = -1


@dataclass(frozen=True)
class Factor:
    """A choice as a factor of the trials."""

    choice: Choice
    options: tuple[Any, ...]
    """Plain values, lists as tuples, in declared order; for an interval its lower and its upper half, as text."""
    selected: Integers
    """[trials]: the position among `options`, or `ABSENT` if the choice is not active."""
    place: Floats | None = None
    """[trials]: for an interval, the position in it from -1 to 1, logarithmic if it is declared so; 0 if absent."""

    @property
    def at(self) -> Path:
        return self.choice.at

    @property
    def path(self) -> str:
        return self.choice.path

    @property
    def plain_option(self) -> int:
        """The position of the reference option: nothing inserted, or the first; for a repeat the fewest."""
        if self.choice.kind == "repeat":
            return min(range(len(self.options)), key=lambda i: self.options[i])
        for nothing in (False, "none"):
            for at, option in enumerate(self.options):
                if option is nothing or (option == nothing and isinstance(option, str)):
                    return at
        return 0

    @cached_property
    def exists(self) -> Flags:
        """[trials]"""
        return np.not_equal(self.selected, ABSENT)

    @cached_property
    def varies(self) -> bool:
        """Whether two trials differ in it."""
        if self.place is not None:
            return len(np.unique(self.place[self.exists])) > 1
        return len(np.unique(self.selected[self.exists])) > 1

    def counts(self) -> list[int]:
        """The number of trials with each option."""
        return [int(np.sum(self.selected == at)) for at in range(len(self.options))]

    def indicator(self, option: int) -> Floats:
        """[trials]: whether it has the option, minus the fraction of those that do; 0 if the choice is absent, so that
        the effect of the choice is separate from that of having it."""
        return _centred((self.selected == option).astype(float), self.exists)

    def columns(self) -> Floats:
        """[trials, columns]: its columns in a linear model: an indicator for each option, or for an interval a linear
        and a quadratic term."""
        if self.place is None:
            made = [self.indicator(at) for at in range(len(self.options))]
        else:
            made = [_centred(self.place, self.exists), _centred(1.5 * self.place**2 - 0.5, self.exists)]
        return np.stack(made, axis=1)


@dataclass(frozen=True)
class Design:
    """The trials that are informative about the choices of the space: completed, valid, and of the space."""

    trials: tuple[Trial, ...]
    scores: Floats
    """[trials]: by the first objective, as reported."""
    sign: float
    """1 if more is better, -1 if less is."""
    factors: tuple[Factor, ...]
    """Every choice of the space, in its order."""
    nuisance: Floats
    """[trials, columns]: other influences on the scores, such as the training lengths that a search sets."""

    @property
    def varying(self) -> tuple[Factor, ...]:
        return tuple(factor for factor in self.factors if factor.varies)

    def factor(self, path: str) -> Factor:
        """Raises KeyError if there is no such choice."""
        for factor in self.factors:
            if factor.path == path:
                return factor
        raise KeyError(path)

    def sample(self, most: int, seed: int) -> Design:
        """At most so many of the trials, at random and in the same order."""
        if len(self.trials) <= most:
            return self
        kept = np.sort(np.random.default_rng(seed).permutation(len(self.trials))[:most])
        factors = [
            replace(each, selected=each.selected[kept], place=None if each.place is None else each.place[kept])
            for each in self.factors
        ]
        trials = tuple(self.trials[at] for at in kept.tolist())
        return replace(
            self, trials=trials, scores=self.scores[kept], factors=tuple(factors), nuisance=self.nuisance[kept]
        )


def design(study: Study) -> Design:
    """The table of a study. Raises SqsError if its space cannot be loaded.

    Trials that did not complete, those of an earlier spec, and trainings that continue an earlier trial's are left out:
    the latter were selected by their scores.
    """
    trials = tuple(
        trial
        for trial in study.trials
        if trial.status == "completed"
        and trial.valid
        and trial.scores
        and math.isfinite(trial.scores[0])
        and trial.continues is None
    )
    scores = np.array([trial.scores[0] for trial in trials], dtype=float)
    rows = [trial.choices for trial in trials]
    factors = tuple(factor_of(choice, rows) for choice in study.inference_space.choices)
    sign = 1.0 if study.goals[0].direction == "max" else -1.0
    return Design(trials, scores, sign, factors, _nuisance(study, trials))


def factor_of(choice: Choice, rows: Sequence[Mapping[str, Any]]) -> Factor:
    """A choice as a factor of trials, whose choices are given as plain data by path."""
    given = [row.get(choice.path) for row in rows]
    match choice.domain:
        case Categorical() as domain:
            selected = [ABSENT if value is None else _option(domain, value) for value in given]
            return Factor(choice, tuple(map(_hashable, domain.forms)), np.array(selected, dtype=np.int64))
        case Continuous() as interval:
            place = np.array([0.0 if value is None else _place(float(value), interval) for value in given])
            absent = np.array([value is None for value in given], dtype=bool)
            halves = np.where(absent, ABSENT, (place > 0).astype(np.int64))
            middle = f"{_middle(interval):.3g}"
            return Factor(choice, (f"up to {middle}", f"above {middle}"), halves.astype(np.int64), place)
        case _:
            assert_never(choice.domain)


def _option(domain: Categorical, data: Any) -> int:
    """The number of the option with a JSON form; ABSENT for one of an earlier spec."""
    try:
        return domain.number_of_form(data)
    except ValueError:
        return ABSENT


def _hashable(value: Any) -> Any:
    return tuple(map(_hashable, value)) if isinstance(value, list) else value


def _place(value: float, interval: Continuous) -> float:
    low, high = float(interval.low), float(interval.high)
    if interval.log:
        low, high, value = math.log(low), math.log(high), math.log(value)
    return 2.0 * (value - low) / (high - low) - 1.0 if high > low else 0.0


def _middle(interval: Continuous) -> float:
    low, high = float(interval.low), float(interval.high)
    return math.sqrt(low * high) if interval.log else (low + high) / 2.0


def _nuisance(study: Study, trials: Iterable[Trial]) -> Floats:
    """Hyperband starts trainings of several lengths, regardless of the choices."""
    planned = np.array([trial.planned for trial in trials], dtype=float)
    lengths = np.unique(planned)
    algorithm = (study.notes.get("algorithm") or {}).get("name")
    if algorithm != "hyperband" or len(lengths) < 2:
        return np.zeros((len(planned), 0))
    return np.stack([(planned == length).astype(float) for length in lengths[1:]], axis=1)


def _centred(values: Floats, exists: Flags) -> Floats:
    if not exists.any():
        return np.zeros_like(values)
    return np.where(exists, values - values[exists].mean(), 0.0)
