"""Made-up answers: every option of every choice has an effect that its position determines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

from sqsem_dsl.ir.choices import Categorical, Choice
from sqsem_dsl.report.statistics.answer import Answer, Answers, Effect, Question, Verdict
from sqsem_dsl.space.space import Space

SPECS = Path(__file__).resolve().parents[3] / "specs"
SVG = "{http://www.w3.org/2000/svg}"


def effect(choice: Choice, option: object, against: object, difference: float | None) -> Effect:
    """A difference of less than 0.005 is not significant; None means not enough trials."""
    verdict: Verdict = "not enough trials"
    if difference is not None:
        small = abs(difference) < 0.005
        verdict = "no significant difference" if small else "better" if difference > 0 else "worse"
    low, high = (None, None) if difference is None else (difference - 0.004, difference + 0.004)
    return Effect(choice.at, False, option, against, 9, 8, 0.9, 0.9, difference, low, high, verdict)


def answers(space: Space, difference: Callable[[str, int], float | None]) -> Answers:
    """Effects as a function of a path and the position of an option, which is 1 or more."""
    found = []
    for choice in space.choices:
        halves = ("lower half", "upper half")
        options = choice.domain.values if isinstance(choice.domain, Categorical) else halves
        effects = tuple(
            effect(choice, option, options[0], difference(choice.path, at)) for at, option in enumerate(options) if at
        )
        found.append(Answer(choice.at, choice.kind, "other", False, effects, "…"))
    question = Question("other", "What else?", (), tuple(found))
    return Answers(60, "made up", None, "none", (), (), (question,), ())


def none(space: Space) -> Answers:
    """The answers before there are trials."""
    return answers(space, lambda path, option: None)


def parsed(picture: str) -> ElementTree.Element:
    return ElementTree.fromstring(picture)


def marked(root: ElementTree.Element) -> set[tuple[str, str, str]]:
    """Paths, options and tones of all marks of choices."""
    groups = root.iter(f"{SVG}g")
    return {
        (g.get("data-path", ""), g.get("data-option", ""), g.get("data-tone", "")) for g in groups if g.get("data-path")
    }
