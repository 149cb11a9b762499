"""Answers as data: effects of options, importance of choices, interactions, and the four questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqsem_dsl.ir.path import Path

Subject = Literal["depth", "inputs", "skips", "blocks", "other"]
"""The number of blocks; the inputs, and how they are merged; the places of skips; the places of inserted blocks;
everything else."""

Verdict = Literal["better", "worse", "no significant difference", "not enough trials"]
"""The verdict on an option vs. its reference: the interval lies above 0 for a maximized score (below 0 for a minimized
one), on the other side, contains 0, or there are too few trials for an interval."""


@dataclass(frozen=True, slots=True)
class Effect:
    """An option of a choice vs. its reference: the slot filled vs. empty, two blocks vs. one.

    Scores are of the first objective as reported: for an accuracy, higher is better.
    """

    at: Path
    """The choice, or for choices pooled over a repeat `fires[*].se`."""
    pooled: bool
    """Whether it covers all places of a repeat together."""
    option: Any
    """As plain data, lists as tuples; for a continuous choice `above 0.25`, its upper half."""
    against: Any
    trials_with: int
    """Completed trials with this option, at some place if it is pooled; those in which the choice is not active count
    for neither."""
    trials_without: int
    mean_with: float | None
    """The plain mean score of those trials. None if there are none."""
    mean_without: float | None
    difference: float | None
    """The effect of the option on the score, all other choices being equal, by the model. None: not enough trials."""
    low: float | None
    """The ends of its 95 % interval."""
    high: float | None
    verdict: Verdict

    @property
    def path(self) -> str:
        """The text of its path."""
        return str(self.at)


@dataclass(frozen=True, slots=True)
class Answer:
    """The results for one choice (or for its pooled places)."""

    at: Path
    kind: str
    """As in `Choice.kind`: repeat, slot, bypass, optional, merge, choose, param, any, pick."""
    subject: Subject
    pooled: bool
    effects: tuple[Effect, ...]
    """For each option except the reference; for a continuous choice, its upper vs. its lower half."""
    sentence: str
    """As a sentence: `an SE block after the second fire adds 0.021 (0.004 … 0.038)`."""

    @property
    def path(self) -> str:
        """The text of its path."""
        return str(self.at)


@dataclass(frozen=True, slots=True)
class Importance:
    """The fraction of the score's variation that a choice explains, by a named method; 0 for a choice that explains
    nothing. Choices may explain the same variation, so the sum may exceed 1."""

    path: str
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Interaction:
    """The interaction of two choices beyond their separate effects, and the predicted mean score for each pair of
    options, with its number of trials; pairs that no trial has are left out."""

    paths: tuple[str, str]
    strength: float
    """Friedman's H², from 0 to 1: the fraction of the pair's effect that is not the sum of the separate effects."""
    cells: Mapping[tuple[Any, Any], tuple[float, int]]


@dataclass(frozen=True, slots=True)
class Question:
    """One of the four questions, answered from the trials."""

    subject: Subject
    question: str
    """`Where should an SE block be inserted?`"""
    sentences: tuple[str, ...]
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Answers:
    """All answers from the trials of a study."""

    trials: int
    """The number of completed trials behind them."""
    model: str
    """The method of the differences, in a sentence."""
    fit: float | None
    """The fraction of the score's variance that the model explains in unseen trials: R², cross-validated."""
    importance_method: str
    importance: tuple[Importance, ...]
    """Largest first."""
    interactions: tuple[Interaction, ...]
    """Strongest first."""
    questions: tuple[Question, ...]
    """The questions that the space raises, the case study's four first."""
    caveats: tuple[str, ...]
    """Caveats: few trials, a search that did not sample at random, an unexplained score."""

    def effect(self, path: str, option: Any) -> Effect | None:
        """The effect of an option at one place; None if it is not known."""
        for question in self.questions:
            for answer in question.answers:
                for effect in answer.effects:
                    if effect.path == path and effect.option == option:
                        return effect
        return None
