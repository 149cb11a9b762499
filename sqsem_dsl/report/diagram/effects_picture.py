"""The space as a network, each choice shaded by its effect in the trials."""

from __future__ import annotations

from fractions import Fraction

from sqsem_dsl.ir.choices import Categorical, Choice, show
from sqsem_dsl.ir.path import Path
from sqsem_dsl.operators.row import Value
from sqsem_dsl.report.diagram.draw import Drawer
from sqsem_dsl.report.diagram.legend import effects_legend, whole
from sqsem_dsl.report.diagram.marks import PLAIN, Line, Mark, Tone
from sqsem_dsl.report.diagram.scene import Alternatives, Box, Bypass, Element, Part, Repeat, Slot, structures
from sqsem_dsl.report.diagram.scene_builder import compose
from sqsem_dsl.report.statistics.answer import Answers, Effect
from sqsem_dsl.space.space import Space

MAX_LINES = 3
"""The maximum number of options shown for a value choice, and of choices shown for all places of a repeat: the largest
effects."""


def effects_picture(space: Space, answers: Answers, *, prefix: str = "effects") -> str:
    """An SVG element for an HTML page: the space from its inputs to its outputs, with the effects of its options on the
    score at each choice. `prefix` is its id; ids and styles in it are its own."""
    reading = _Effects(space, answers)
    title = f"The space {space.name}, each choice shaded by its effect on the score"
    return whole(space, compose(space), Drawer(reading), effects_legend(), prefix, title, reading.description())


def space_picture(space: Space, *, prefix: str = "space") -> str:
    """An SVG element for an HTML page: the space from its inputs to its outputs, without results."""
    reading = _Effects(space, Answers(0, "", None, "", (), (), (), ()))
    return whole(space, compose(space), Drawer(reading), (), prefix, f"The space {space.name}", space.doc or "")


class _Effects:
    """Reads a space with the effects of its choices."""

    def __init__(self, space: Space, answers: Answers) -> None:
        self.choices = {choice.at: choice for choice in space.choices}
        self.answers = answers
        self.effects: dict[Path, list[Effect]] = {}
        for question in answers.questions:
            for answer in question.answers:
                for effect in answer.effects:
                    known = self.effects.setdefault(effect.at, [])
                    if effect not in known:
                        known.append(effect)
        seen = [abs(e.difference) for each in self.effects.values() for e in each if e.difference is not None]
        self.largest = max(seen, default=0.0) or 1.0

    def description(self) -> str:
        differing = [
            f"{effect.path} = {show_option(effect.option)}: {said(effect)}"
            for path in self.choices
            for effect in self.effects.get(path, ())
            if effect.verdict in ("better", "worse")
        ]
        return (
            f"From {self.answers.trials} trials. "
            + ("; ".join(differing) if differing else "No effect is certain")
            + "."
        )

    # ---- marks

    def option(self, path: Path | None, option: Value) -> Mark:
        if path is None:
            return PLAIN
        effect = self.answers.effect(str(path), option)
        return PLAIN if effect is None else self.mark(effect)

    def mark(self, effect: Effect) -> Mark:
        tones: dict[str, Tone] = {"better": "better", "worse": "worse", "no significant difference": "same"}
        tone = tones.get(effect.verdict, "unsure")
        strength = abs(effect.difference or 0.0) / self.largest
        title = f"{effect.path} = {show_option(effect.option)}: {said(effect)}"
        return Mark(tone, strength, number(effect), title, show_option(effect.option))

    def case(self, element: Slot | Alternatives | Part, option: Value) -> Mark:
        return self.option(element.path, option)

    def modes(self, bypass: Bypass) -> tuple[Line, ...]:
        if bypass.path is None:
            return (Line("", PLAIN),)
        choice = self.choices.get(bypass.path)
        values = choice.domain.values if choice is not None and isinstance(choice.domain, Categorical) else ()
        marks = [(value, self.option(bypass.path, value)) for value in values]
        known = [(value, mark) for value, mark in marks if mark.text]
        shown = len([value for value in values if value != "none"]) > 1
        if not known:
            options = " · ".join(show(value) for value in values if value != "none")
            return (Line(options if shown else "", PLAIN, bypass.path),)
        return tuple(Line(show(value) if shown else "", mark, bypass.path) for value, mark in known)

    def step(self, repeat: Repeat, index: int) -> Mark:
        return PLAIN if index < min(repeat.counts, default=0) else Mark("deep")

    def stop(self, repeat: Repeat, count: int) -> Mark | None:
        return self.option(repeat.path, count)

    def pooled(self, repeat: Repeat) -> tuple[Line, ...]:
        """The largest effects of the choices that the steps have in common, averaged over the steps."""
        inside = dict.fromkeys(path for step in repeat.steps for path in structures(step))
        depth = len(repeat.path.indices if repeat.path is not None else ()) + 1
        alike = dict.fromkeys(path.pooled for path in inside if len(path.indices) == depth)
        known = [
            effect for path in alike for effect in self.effects.get(path, ()) if effect.pooled and _is_known(effect)
        ]
        largest = sorted(known, key=lambda effect: -abs(effect.difference or 0.0))[:MAX_LINES]
        lines = []
        for effect in (each for each in known if each in largest):
            option = "" if effect.option is True else f" {show_option(effect.option)}"
            lines.append(Line(f"every {effect.at.within_iteration}{option}", self.mark(effect), effect.at))
        return tuple(lines)

    def values(self, path: Path, name: str) -> tuple[Line, ...]:
        choice = self.choices.get(path)
        if choice is None:
            return ()
        effects = [effect for effect in self.effects.get(path, ()) if _is_known(effect)]
        largest = sorted(effects, key=lambda e: -abs(e.difference or 0.0))[:MAX_LINES]
        if not largest:
            return (Line(f"{name} {domain(choice)}", PLAIN, path),)
        kept = [effect for effect in effects if effect in largest]
        return tuple(Line(f"{name} {show_option(effect.option)}", self.mark(effect), path) for effect in kept)

    def note(self, box: Box) -> str:
        return ""

    def shape(self, element: Element) -> str:
        return ""

    def reached(self, element: Element) -> bool:
        return True


def _is_known(effect: Effect) -> bool:
    return effect.verdict != "not enough trials"


def number(effect: Effect) -> str:
    """The effect of an option as text in a diagram.

    Three decimals for an accuracy, fewer for larger numbers; `?` if it is not known.
    """
    if effect.difference is None or effect.verdict == "not enough trials":
        return "?"
    size = abs(effect.difference)
    digits = 3 if size < 10 else 1 if size < 100 else 0
    text = f"{effect.difference:+.{digits}f}".replace("-", "−")
    return text if any(c in "123456789" for c in text) else f"±{text[1:]}"


def said(effect: Effect) -> str:
    """An effect in words."""
    if effect.difference is None or effect.low is None or effect.high is None:
        return f"not enough trials ({effect.trials_with} with, {effect.trials_without} without)"
    interval = f"{effect.low:+.3f} … {effect.high:+.3f}".replace("-", "−")
    return (
        f"{number(effect)} ({interval}) against {show_option(effect.against)}, {effect.verdict}; "
        f"{effect.trials_with} trials with, {effect.trials_without} without"
    )


def show_option(option: object) -> str:
    return show(option) if isinstance(option, bool | int | str | tuple | Fraction) else str(option)


def domain(choice: Choice) -> str:
    """All options if there are few, otherwise their range."""
    match choice.domain:
        case Categorical(values=values) if len(values) <= 4:
            return " · ".join(map(show, values))
        case other:
            return str(other)
