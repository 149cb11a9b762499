"""The results of the trials as sentences."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, assert_never

from sqsem_dsl.ir.choices import exact, show
from sqsem_dsl.report.statistics.answer import Answer, Effect
from sqsem_dsl.study.objective import Goal

SHOWN = 8
"""The maximum number of places in a list of places."""


def sentence(answer: Answer, goal: Goal) -> str:
    """The sentence about one choice: `An SE block at fires[1].se adds 0.021 (0.004 … 0.038).`"""
    effects = answer.effects
    if not effects:
        return f"{answer.path} has one option."
    if all(effect.difference is None for effect in effects):
        return f"{_capital(_about(answer))}: not enough trials to say ({_trials(effects)})."
    parts: list[str] = []
    for effect in effects:
        if effect.verdict in ("better", "worse"):
            # The reference is mentioned only once.
            claim = f"{_shown(effect.option)} {_verb(effect, goal)}" if parts else _claim(answer, effect, goal)
            parts.append(claim)
    alike = [effect for effect in effects if effect.verdict == "no significant difference"]
    if parts and alike:
        parts.append(f"no significant difference for {_listed([_shown(effect.option) for effect in alike])}")
    elif len(alike) == 1:
        parts.append(
            f"no significant difference for {_subject(answer, alike[0])}{_average(answer)} ({_interval(alike[0])})"
        )
    elif alike:
        names = _listed([_shown(effect.option) for effect in alike])
        parts.append(f"{answer.path}: no significant difference from {_shown(alike[0].against)} for {names}")
    unknown = [effect for effect in effects if effect.difference is None]
    if unknown:
        parts.append(f"not enough trials to say for {_listed([_shown(effect.option) for effect in unknown])}")
    return f"{_capital('; '.join(parts))}."


def summary(answers: Sequence[Answer], goal: Goal) -> tuple[str, ...]:
    """The sentences about all choices of a question: first significant differences, largest first; then choices
    without one, and choices with too few trials."""

    def size(answer: Answer) -> float:
        return max(abs(e.difference or 0.0) for e in answer.effects if e.verdict in ("better", "worse"))

    def has(*verdicts: str) -> Callable[[Answer], bool]:
        return lambda answer: any(effect.verdict in verdicts for effect in answer.effects)

    certain = [answer for answer in answers if has("better", "worse")(answer)]
    rest = [answer for answer in answers if answer not in certain]
    alike = [answer for answer in rest if has("no significant difference")(answer)]
    unknown = [answer for answer in rest if answer not in alike and answer.effects]
    # All places together first: their result has more trials than any single place.
    said = [sentence(answer, goal) for answer in sorted(certain, key=lambda a: (not a.pooled, -size(a)))]
    if alike:
        said.append(f"No significant difference: {_places(alike)}.")
    if unknown:
        said.append(f"Not enough trials to say: {_places(unknown)}.")
    return tuple(said)


def inserted(answer: Answer) -> str | None:
    """The name of the block that a choice inserts: `an SE block`; None if it inserts nothing.

    A slot is called like its contents; a `choose` between nothing and something names that as its option.
    """
    if answer.subject != "blocks" or len(answer.effects) != 1:
        return None
    name = answer.at.leaf if answer.kind == "slot" else str(answer.effects[0].option)
    return "an SE block" if name == "se" else f"the block {name}"


# ---- parts of sentences


def _claim(answer: Answer, effect: Effect, goal: Goal) -> str:
    return f"{_subject(answer, effect)} {_verb(effect, goal)}{_average(answer)}"


def _subject(answer: Answer, effect: Effect) -> str:
    """The option of an effect as the subject of a sentence."""
    option, against = _shown(effect.option), _shown(effect.against)
    place = "" if answer.pooled else f" at {answer.path}"
    if block := inserted(answer):
        return f"{block}{place}"
    match answer.kind:
        case "bypass":
            return f"a skip{place}" if len(answer.effects) == 1 else f"a skip ({option}){place}"
        case "optional":
            return f"the input {answer.at.leaf.removeprefix('use_')}"
        case "merge":
            return f"merging by {option} instead of {against}{place}"
        case _ if isinstance(effect.option, str) and effect.option.startswith("above "):
            return f"{answer.path} {option}"
        case _ if answer.pooled:
            return f"{option} instead of {against}"
        case _:
            return f"{answer.path} = {option} instead of {against}"


def _about(answer: Answer) -> str:
    """A choice as the subject of a sentence about all of its options."""
    if len(answer.effects) == 1 and not answer.pooled:
        return _subject(answer, answer.effects[0])
    return answer.path


def _average(answer: Answer) -> str:
    return f" on average over {answer.path}" if answer.pooled else ""


def _verb(effect: Effect, goal: Goal) -> str:
    """The effect, with the interval; for a maximized score as a gain or a loss."""
    assert effect.difference is not None
    match goal.direction:
        case "max":
            verb = "adds" if effect.difference > 0 else f"lowers {goal.metric} by"
        case "min":
            verb = f"{'raises' if effect.difference > 0 else 'lowers'} {goal.metric} by"
        case _:
            assert_never(goal.direction)
    low, high = sorted((abs(effect.low or 0.0), abs(effect.high or 0.0)))
    digits = _digits(effect)
    return f"{verb} {abs(effect.difference):,.{digits}f} ({low:,.{digits}f} … {high:,.{digits}f})"


def _interval(effect: Effect) -> str:
    assert effect.low is not None
    assert effect.high is not None
    digits = _digits(effect)
    return f"{_minus(f'{effect.low:,.{digits}f}')} … {_minus(f'{effect.high:,.{digits}f}')}"


def _digits(effect: Effect) -> int:
    """The number of significant decimals for the width of the interval, three for an accuracy."""
    assert effect.low is not None
    assert effect.high is not None
    half = (effect.high - effect.low) / 2.0
    if half <= 0.0:
        return 3
    return min(max(math.ceil(-math.log10(half)) + 1, 0), 3 if half >= 0.001 else 9)


def _minus(text: str) -> str:
    return text.replace("-", "−")


def _trials(effects: Sequence[Effect]) -> str:
    if len(effects) == 1:
        return f"{effects[0].trials_with} with, {effects[0].trials_without} without"
    counts = [f"{_shown(effects[0].against)} in {effects[0].trials_without}"]
    counts += [f"{_shown(effect.option)} in {effect.trials_with}" for effect in effects]
    return _listed(counts[:SHOWN])


def _places(answers: Sequence[Answer]) -> str:
    """Their paths; if all places together are among them, these stand for each."""
    together = {answer.at for answer in answers if answer.pooled}
    names = [answer.path for answer in answers if answer.pooled or answer.at.pooled not in together]
    return _listed(names[:SHOWN] + ([f"{len(names) - SHOWN} more"] if len(names) > SHOWN else []))


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _shown(option: Any) -> str:
    return show(exact(option))


def _capital(text: str) -> str:
    """Capitalized if it begins with a word; a path stays as it is written in specs."""
    return text[0].upper() + text[1:] if text.startswith(("a ", "an ", "the ", "no ", "not ", "merging ")) else text
