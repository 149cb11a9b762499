"""What is answered: effects of options, importance of choices, interactions, and the four questions that they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqsem_dsl.ir.path import Path

Subject = Literal["depth", "inputs", "skips", "blocks", "other"]
"""How many blocks; which inputs, and how they are merged; where a skip; where an inserted block; all else."""

Verdict = Literal["better", "worse", "no significant difference", "not enough trials"]
"""Of an option against the one it is compared with: the interval lies above 0 for what is maximized (below 0 for
what is minimized), on the other side, contains 0, or there are too few trials for any."""


@dataclass(frozen=True, slots=True)
class Effect:
    """An option of a choice against its plain one: the slot filled against empty, two blocks against one.

    Scores are of the first objective as they were reported: in accuracy, higher is better.
    """

    at: Path
    """The choice, or of many that a repeat makes alike, `fires[*].se`."""
    pooled: bool
    """Whether it is of all places of a repeat together."""
    option: Any
    """As plain data, lists as tuples; of a continuous choice `above 0.25`, its upper half."""
    against: Any
    trials_with: int
    """Completed trials in which the choice has this option, at some place where it is pooled; those where it does not
    exist count for neither."""
    trials_without: int
    mean_with: float | None
    """The plain mean score of those trials. None where there is none."""
    mean_without: float | None
    difference: float | None
    """What the option adds to the score, all other choices being equal, by the model. None: not enough trials."""
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
    """What is said of one choice (or of the pooled places of one)."""

    at: Path
    kind: str
    """As `Choice.kind` has it: repeat, slot, bypass, optional, merge, choose, param, any, pick."""
    subject: Subject
    pooled: bool
    effects: tuple[Effect, ...]
    """Of each option but the one they are compared with; of a continuous choice, its upper against its lower half."""
    sentence: str
    """As a sentence: `an SE block after the second fire adds 0.021 (0.004 … 0.038)`."""

    @property
    def path(self) -> str:
        """The text of its path."""
        return str(self.at)


@dataclass(frozen=True, slots=True)
class Importance:
    """How much of the score's variation a choice explains, by a named method; what helps nothing is 0. As choices
    explain it together they may add up to more than 1."""

    path: str
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Interaction:
    """How much two choices together do beyond what each does by itself, and the mean score predicted for each pair of
    options, with the number of trials behind it; pairs that no trial has are left out."""

    paths: tuple[str, str]
    strength: float
    """Friedman's H², from 0 to 1: the share of what the pair does that is not the sum of what each does."""
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
    """All that the trials of a study say."""

    trials: int
    """Completed trials that they are from."""
    model: str
    """How the differences were found, in a sentence."""
    fit: float | None
    """The share of the score's variance that the model explains in trials that it has not seen: R², cross-validated."""
    importance_method: str
    importance: tuple[Importance, ...]
    """Largest first."""
    interactions: tuple[Interaction, ...]
    """Strongest first."""
    questions: tuple[Question, ...]
    """Those that the space asks, the case study's four first."""
    caveats: tuple[str, ...]
    """Caveats: few trials, a search that did not sample at random, an unexplained score."""

    def effect(self, path: str, option: Any) -> Effect | None:
        """The effect of an option at one place; None where nothing is known of it."""
        for question in self.questions:
            for answer in question.answers:
                for effect in answer.effects:
                    if effect.path == path and effect.option == option:
                        return effect
        return None
