"""A space of architectures: what `load` gives, and what everything after the compiler works with."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from math import exp, log
from numbers import Integral
from typing import TYPE_CHECKING, Any

from sqsem_dsl.diagnostics import Diagnostic, SqsError
from sqsem_dsl.source import NOWHERE, Span
from sqsem_dsl.space import errors
from sqsem_dsl.space.architecture import Architecture, Layer
from sqsem_dsl.space.choices import Choice, Discrete, Real, exact, show
from sqsem_dsl.space.combine import show_shape
from sqsem_dsl.space.endings import endings, output_facts
from sqsem_dsl.space.fold import Folded
from sqsem_dsl.space.graph import Budget, Graph
from sqsem_dsl.space.liveness import Liveness
from sqsem_dsl.space.operators.row import Shape, Value
from sqsem_dsl.space.reach import reach
from sqsem_dsl.space.reduce import Reduced, reduce
from sqsem_dsl.space.settings import plain_setting
from sqsem_dsl.space.trace import Diagram
from sqsem_dsl.space.walk import Cut, Walked, walk
from sqsem_dsl.spec.metrics import OutputFact
from sqsem_dsl.spec.settings import MetaSettings, Plain, SearchSettings, TrainSettings

if TYPE_CHECKING:
    from sqsem_dsl.study.hypermodel import SpaceHyperModel
    from sqsem_dsl.study.tuner import SpaceTuner

TRIES = 1_000
"""Samples drawn to find one within the budgets."""


class Space:
    """All architectures that a spec describes. Nothing here loads a framework but `hypermodel` and `tuner`."""

    def __init__(self, name: str, doc: str | None, graph: Graph, folded: Folded, span: Span = NOWHERE) -> None:
        self.name, self.doc, self.graph, self.folded, self.span = name, doc, graph, folded, span
        self._liveness = Liveness(graph.items, tuple(item for _, item in graph.outputs), graph.rules)

    def __repr__(self) -> str:
        count = "?" if self.count is None else f"{self.count:,}"
        return f"<Space {self.name}: {len(self.choices)} choices, {count} assignments>"

    # ---- what there is

    @cached_property
    def choices(self) -> tuple[Choice, ...]:
        """Every choice that some architecture draws, in draw order; those of `train` come last."""
        drawn = [c for c in self.folded.order if c in self.folded.drawn]
        training = [i for i, c in enumerate(self.graph.choices) if c.section == "train" and i not in drawn]
        return reach(self.graph, (*drawn, *training))

    @cached_property
    def inputs(self) -> Mapping[str, Shape]:
        """The inputs by name, channels last and without the batch axis; an architecture may use fewer."""
        return {node.name: node.shape for node in self.graph.inputs}

    @cached_property
    def outputs(self) -> Mapping[str, OutputFact]:
        """The outputs by name, with the shape and the last activation that they have in the default architecture."""
        return output_facts(self.default())

    @property
    def budgets(self) -> tuple[Budget, ...]:
        """The `require`s over quantities."""
        return self.graph.budgets

    @property
    def count(self) -> int | None:
        """The number of assignments within the rules, budgets and continuous choices apart; None where the proof
        over all of them met its limit."""
        return None if self.folded.diagram is None else self.folded.diagram.count

    @cached_property
    def search(self) -> SearchSettings:
        return SearchSettings.from_plain(self._plain(self.graph.search))

    @cached_property
    def meta(self) -> MetaSettings:
        return MetaSettings.from_plain(self._plain(self.graph.meta))

    def _plain(self, entries: Any) -> dict[str, Plain]:
        return {key: plain_setting(self.graph.items, value, {}) for key, value in entries}

    # ---- architectures

    def default(self) -> Architecture:
        """The first architecture: every choice at its first value, as far as the rules allow."""
        return self._default

    @cached_property
    def _default(self) -> Architecture:
        return (
            self._at_index(0) if self.folded.diagram is not None else self._walked(lambda choice: self._first(choice))
        )

    def at(self, assignment: Mapping[str, object] | int) -> Architecture:
        """The architecture of an assignment of paths to values, or with a number from 0 to `count - 1`.

        An assignment must give every choice of the network that this architecture draws; those of `train` that it
        leaves out are at their first values. Raises SqsError for unknown paths, missing and impossible values,
        values of choices that are not drawn, and a broken rule.
        """
        if isinstance(assignment, Integral) and not isinstance(assignment, bool):
            return self._at_index(int(assignment))
        if not isinstance(assignment, Mapping):
            raise TypeError(f"an assignment is a mapping of paths to values, or a number, not {assignment!r}")
        values, found = self._checked(assignment)
        used: set[str] = set()
        missing: list[str] = []

        def choose(choice: int) -> Value:
            declared = self.graph.choices[choice]
            used.add(declared.path)
            if declared.path not in values and declared.section == "architecture":
                missing.append(declared.path)
            return values[declared.path] if declared.path in values else self._first(choice)

        if found:
            raise SqsError(found)
        try:
            architecture = self._walked(choose)
        except SqsError:
            if not missing:
                raise
            architecture = None
        if missing:
            raise SqsError([errors.ChoiceMissing(self.span, tuple(missing))])
        extra = tuple(path for path in values if path not in used)
        if extra:
            raise SqsError([errors.NotDrawn(self.span, extra)])
        assert architecture is not None
        return architecture

    def index(self, assignment: Mapping[str, object]) -> int:
        """The number of the assignment: `at(index(a))` draws the same discrete choices. Raises SqsError like `at`."""
        choices = self.at(assignment).choices
        diagram = self._diagram()
        options = {}
        for number, declared in enumerate(self.graph.choices):
            if declared.path in choices:
                match declared.domain:
                    case Discrete(values=values):
                        value = choices[declared.path]
                        options[number] = next(i for i, v in enumerate(values) if type(v) is type(value) and v == value)
                    case Real():
                        options[number] = 0
        rank = diagram.rank(options)
        assert rank is not None
        return rank

    def sample(self, seed: int) -> Architecture:
        """An architecture within rules and budgets, uniformly from the assignments; continuous choices and those of
        `train` are drawn from their domains. The same seed gives the same one. Raises SqsError where none is
        found."""
        generator = random.Random(seed)
        for _ in range(TRIES):
            try:
                architecture = self._sampled(generator)
            except Cut:
                continue
            if self.meets(architecture):
                return architecture
        raise SqsError([errors.NoneFound(self.span, TRIES, tuple(b.text for b in self.budgets))])

    def propose(self, values: Mapping[str, object]) -> Architecture | None:
        """The architecture of an assignment that may say more than it draws; None outside rules and budgets.

        Raises SqsError for a missing or an impossible value.
        """
        known = {choice.path for choice in self.choices}
        checked, found = self._checked({path: value for path, value in values.items() if path in known})
        if found:
            raise SqsError(found)
        missing: list[str] = []

        def choose(choice: int) -> Value:
            path = self.graph.choices[choice].path
            if path not in checked:
                missing.append(path)
                return self._first(choice)
            return checked[path]

        try:
            architecture = self._walked(choose, raises=True)
        except Cut:
            return None
        if missing:
            raise SqsError([errors.ChoiceMissing(self.span, tuple(missing))])
        return architecture if self.meets(architecture) else None

    def meets(self, architecture: Architecture) -> bool:
        """Whether an architecture is within every budget."""
        return all(within(budget, architecture) for budget in self.budgets)

    # ---- KerasTuner

    def check_outputs(self) -> None:
        """See that every output has one shape and one ending, so that labels and a loss can be for it in every trial.

        Raises SqsError where one has not.
        """
        found: list[Diagnostic] = []
        for at, (name, item) in enumerate(self.graph.outputs):
            shapes = sorted(self.folded.shapes[at]) if self.folded.shapes else []
            if len(shapes) > 1:
                found.append(errors.OutputVaries(self.span, name, "shapes", tuple(map(show_shape, shapes[:6]))))
            ends = endings(self.graph, item)
            if len(ends) > 1:
                found.append(errors.OutputVaries(self.span, name, "endings", tuple(sorted(ends))))
        if found:
            raise SqsError(found)

    def hypermodel(self) -> SpaceHyperModel:
        """An ordinary `keras_tuner.HyperModel` for any tuner of KerasTuner. Raises SqsError like `check_outputs`."""
        self.check_outputs()
        from sqsem_dsl.study.backend import prepare_backend

        prepare_backend()
        from sqsem_dsl.study.hypermodel import SpaceHyperModel

        return SpaceHyperModel(self)

    def tuner(self, **options: Any) -> SpaceTuner:
        """The tuner that `search { … }` names; no model is built. Takes `trials`, `epochs`, `seed`, `directory`,
        `project_name` and `overwrite`. Raises SqsError for an objective that training does not report, and for an
        output that varies."""
        self.check_outputs()
        from sqsem_dsl.study.backend import prepare_backend

        prepare_backend()
        from sqsem_dsl.study.tuner import make_tuner

        return make_tuner(self, **options)

    # ---- how

    def _first(self, choice: int) -> Value:
        match self.graph.choices[choice].domain:
            case Discrete(values=values):
                return values[0]
            case Real(low=low):
                return low

    def _diagram(self) -> Diagram:
        if self.folded.diagram is None:
            found: list[Diagnostic] = [self.folded.wide] if self.folded.wide is not None else []
            raise SqsError(found)
        return self.folded.diagram

    def _at_index(self, index: int) -> Architecture:
        diagram = self._diagram()
        if not 0 <= index < diagram.count:
            raise SqsError([errors.NoSuchIndex(self.span, index, diagram.count)])
        options = dict(diagram.unrank(index))
        return self._walked(lambda choice: self._value(choice, options.get(choice, 0)))

    def _value(self, choice: int, option: int) -> Value:
        match self.graph.choices[choice].domain:
            case Discrete(values=values):
                return values[option]
            case Real(low=low):
                return low

    def _sampled(self, generator: random.Random) -> Architecture:
        options: dict[int, int] = {}
        if self.folded.diagram is not None and self.folded.diagram.count:
            options = dict(self.folded.diagram.unrank(generator.randrange(self.folded.diagram.count)))

        def choose(choice: int) -> Value:
            match self.graph.choices[choice].domain:
                case Discrete(values=values):
                    return values[options[choice]] if choice in options else generator.choice(values)
                case Real(low=low, high=high, log=True):
                    return exact(min(float(high), max(float(low), exp(generator.uniform(log(low), log(high))))))
                case Real(low=low, high=high):
                    return exact(generator.uniform(float(low), float(high)))

        return self._walked(choose, raises=True)

    def _checked(self, assignment: Mapping[str, object]) -> tuple[dict[str, Value], list[Diagnostic]]:
        """Exact values, and what is wrong with the paths and values given."""
        known = {choice.path: choice for choice in self.choices}
        values: dict[str, Value] = {}
        found: list[Diagnostic] = []
        for path, given in assignment.items():
            choice = known.get(path)
            if choice is None:
                found.append(errors.UnknownPath(self.span, path, tuple(known)))
                continue
            try:
                value = exact(given)
            except (TypeError, ValueError):
                value = None
            if value is None or not choice.admits(value):
                shown = repr(given) if value is None else show(value)
                found.append(errors.ImpossibleValue(choice.span, path, shown, str(choice.domain)))
                continue
            values[path] = value
        return values, found

    def _walked(self, chooser: Any, raises: bool = False) -> Architecture:
        try:
            return self._architecture(walk(self.graph, self._liveness, chooser))
        except Cut as cut:
            if raises:
                raise
            values = tuple((self.graph.choices[c].path, show(v)) for c, v in cut.choices.items())
            raise SqsError([errors.RuleBroken(self.span, values)]) from None

    def _architecture(self, walked: Walked) -> Architecture:
        reduced = _fed(reduce(walked.layers, walked.outputs), self.graph)
        choices = {self.graph.choices[choice].path: value for choice, value in walked.choices.items()}
        train = TrainSettings.from_plain(walked.train)
        return Architecture(self.name, choices, reduced.layers, reduced.outputs, train)


def _fed(reduced: Reduced, graph: Graph) -> Reduced:
    """A network in which zeros have cut off every input keeps one: a model needs an input to know how many samples
    there are."""
    if any(layer.operator == "input" for layer in reduced.layers):
        return reduced
    first = Layer(graph.inputs[0].name, "input", {}, (), graph.inputs[0].shape)
    moved = tuple(
        replace(
            layer,
            inputs=tuple(at + 1 for at in layer.inputs),
            shares=None if layer.shares is None else layer.shares + 1,
        )
        for layer in reduced.layers
    )
    outputs = {name: at + 1 for name, at in reduced.outputs.items()}
    return replace(reduced, layers=(first, *moved), outputs=outputs)


def within(budget: Budget, architecture: Architecture) -> bool:
    """Whether an architecture meets one budget."""
    total = Fraction(budget.constant)  # type: ignore[arg-type]
    for quantity, factor in budget.terms:
        total += Fraction(factor) * getattr(architecture, quantity)  # type: ignore[arg-type]
    match budget.relation:
        case "<":
            return total < 0
        case "<=":
            return total <= 0
        case ">":
            return total > 0
        case ">=":
            return total >= 0
        case "==":
            return total == 0
        case _:
            return total != 0
