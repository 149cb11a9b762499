"""The questions of a designer about a space, and the choices that answer each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import assert_never

from sqsem_dsl.ir.choices import Categorical, Choice
from sqsem_dsl.ir.path import Path
from sqsem_dsl.report.statistics.answer import Answer, Question, Subject
from sqsem_dsl.report.statistics.sentences import inserted, summary
from sqsem_dsl.study.objective import Goal

SUBJECTS: tuple[Subject, ...] = ("depth", "inputs", "skips", "blocks", "other")
TIMES = ("early", "middle", "mid", "late")
"""Options of a `choose` between networks that merge inputs at different places."""
NOTHING = ("plain", "none", "empty", "without", "nothing")
"""The first option of a `choose` between nothing and an inserted block."""


def questions(answers: Sequence[Answer], goal: Goal) -> tuple[Question, ...]:
    """The questions that some choice answers, the case study's four first."""
    found = []
    for subject in SUBJECTS:
        mine = tuple(answer for answer in answers if answer.subject == subject)
        if mine:
            found.append(Question(subject, _asked(subject, mine), summary(mine, goal), mine))
    return tuple(found)


def subjects(choices: Sequence[Choice], inputs: Collection[str], layers: Iterable[Path]) -> Mapping[str, Subject]:
    """The topic of each choice, by path.

    `inputs` names the inputs of the space. `layers` has the paths of its layers: a repeat count has layers below its
    own path, `pooled[0].conv`.
    """
    repeated = {path.repeated for path in (*layers, *(choice.at for choice in choices))}
    return {choice.path: _subject(choice, inputs, repeated) for choice in choices}


def kind(choice: Choice) -> str:
    """The kind of a choice; the choice of how a merge combines has its own kind."""
    return "merge" if choice.at.leaf == "how" else choice.kind


def _subject(choice: Choice, inputs: Collection[str], repeated: Collection[Path | None]) -> Subject:
    name = choice.at.leaf
    values = choice.domain.values if isinstance(choice.domain, Categorical) else ()
    match choice.kind:
        case "repeat":
            return "depth"
        case "param" | "any":
            if name == "how":
                return "inputs"
            whole = bool(values) and all(type(value) is int for value in values)
            return "depth" if whole and choice.at in repeated else "other"
        case "slot":
            return "blocks"
        case "optional":
            return "inputs"
        case "bypass":
            return "skips"
        case "choose":
            if name in inputs or any(value in TIMES for value in values):
                return "inputs"
            return "blocks" if values[0] in NOTHING else "other"
        case "pick":
            chosen = {each for value in values if isinstance(value, tuple) for each in value}
            return "inputs" if chosen and chosen <= set(inputs) else "other"
        case _:
            assert_never(choice.kind)


def _asked(subject: Subject, answers: Sequence[Answer]) -> str:
    match subject:
        case "depth":
            return "How many blocks are needed?"
        case "inputs":
            kinds = {answer.kind for answer in answers}
            if kinds == {"merge"}:
                return "How should the inputs be merged?"
            if kinds == {"optional"}:
                return "Which inputs help?"
            where = "where and how" if "choose" in kinds else "how"
            return f"Which inputs help, and {where} should they be merged?"
        case "skips":
            return "Should a skip be applied, and where?"
        case "blocks":
            return f"Where should {_inserted(answers)} be inserted?"
        case "other":
            return "What else matters?"
        case _:
            assert_never(subject)


def _inserted(answers: Sequence[Answer]) -> str:
    names = {inserted(answer) for answer in answers}
    return "an SE block" if names == {"an SE block"} else "a block"
