"""Makes the architectures of a space: of a number, of an assignment, or of choices as they are made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from random import Random

from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.diagram.numbering import Numbering
from sqsem_dsl.diagram.path_cost import PathCost
from sqsem_dsl.diagram.shape_analysis import ShapeAnalysis
from sqsem_dsl.diagram.walk import Chooser, Cut, Trained, Walked, walk, walk_training
from sqsem_dsl.elaborate.errors.choices import ChoiceMissing, NoSuchIndex, NotActive, RuleBroken
from sqsem_dsl.elaborate.errors.latency import LayersNotMeasured
from sqsem_dsl.ir import context
from sqsem_dsl.ir.choices import Continuous, show
from sqsem_dsl.ir.graph import Graph
from sqsem_dsl.ir.liveness import Liveness
from sqsem_dsl.ir.settings import setting_items
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.network.latency import latency_of
from sqsem_dsl.network.layers import Layer, Network
from sqsem_dsl.network.reduce import Reduced, reduce
from sqsem_dsl.operators.row import Value
from sqsem_dsl.space.assignments import Assignments
from sqsem_dsl.utils.effort import Effort


class ArchitectureMaker:
    """Makes the architectures of a space, whatever their costs. `kind` is their class."""

    def __init__(
        self, graph: Graph, shape_analysis: ShapeAnalysis, name: str, span: Span, kind: type[Architecture]
    ) -> None:
        self.graph, self.shape_analysis, self.name, self.span, self.kind = graph, shape_analysis, name, span, kind
        self.assignments = Assignments(graph)
        self._liveness = Liveness(graph.items, tuple(item for _, item in graph.outputs), graph.rules)

    @cached_property
    def numbering(self) -> Numbering:
        """The numbers of the assignments. Raises SqsError if the proof over all of them reached its limit."""
        if self.shape_analysis.diagram is None:
            found: list[Diagnostic] = [self.shape_analysis.wide] if self.shape_analysis.wide is not None else []
            raise SqsError(found)
        return Numbering(self.shape_analysis.diagram)

    def first(self) -> Architecture:
        """Every choice at its first value, as far as the rules allow."""
        return self.walked(self._first) if self.shape_analysis.diagram is None else self.numbered(0)

    def numbered(self, index: int) -> Architecture:
        """The architecture with a number."""
        if not 0 <= index < self.numbering.count:
            raise SqsError([NoSuchIndex(self.span, index, self.numbering.count)])
        return self._deferred(self.assignments.named(self.numbering.unrank(index)), self._first)

    def assigned(self, values: Mapping[str, Value]) -> Architecture:
        """The architecture of values of all active choices; those of `train` may be missing. Raises SqsError."""
        if self.shape_analysis.diagram is not None:
            number = self.numbering.rank(self.assignments.options(values))
            if number is not None:
                draws = self.numbering.unrank(number)
                choices = {path: values[path] for path in self.assignments.named(draws)}
                found = self._deferred(
                    choices, lambda choice: values.get(self.graph.choices[choice].path, self._first(choice))
                )
                if values.keys() <= found.choices.keys():
                    return found
        return self._at_walked(values)

    def index(self, values: Mapping[str, Value]) -> int:
        """The number of the assignment of values. Raises SqsError."""
        number = self.numbering.rank(self.assignments.options(values))
        if number is None:
            number = self.numbering.rank(self.assignments.options(self._at_walked(values).choices))
            assert number is not None
        return number

    def generic(self, index: int, effort: Effort | None) -> Architecture:
        """The architecture with a number, with its continuous choices at values that represent their whole domains."""
        draws = self.numbering.unrank(index)
        return self._deferred(
            {self.graph.choices[c].path: self.assignments.generic(c, option) for c, option in draws},
            self._first,
            effort,
        )

    def resolved(self, values: Mapping[str, Value]) -> Architecture | None:
        """The architecture of values that may include inactive choices; None outside the rules. Raises SqsError if one
        is missing."""
        missing: list[str] = []

        def choose(choice: int) -> Value:
            path = self.graph.choices[choice].path
            if path not in values:
                missing.append(path)
                return self._first(choice)
            return values[path]

        number = None
        if self.shape_analysis.diagram is not None:
            number = self.numbering.rank(self.assignments.options(values))
        try:
            if number is not None:  # It contains only the active choices; its network is computed on request.
                draws = self.assignments.named(self.numbering.unrank(number))
                architecture = self._deferred({path: values[path] for path in draws}, choose)
            else:
                architecture = self.walked(choose, raises=True)
        except Cut:
            return None
        if missing:
            raise SqsError([ChoiceMissing(self.span, tuple(missing))])
        return architecture

    def sampled(self, generator: Random) -> Architecture:
        """A random architecture. Raises `Cut` if its choices break a rule."""

        def draw(choice: int) -> Value:
            return self.assignments.sampled(choice, generator)

        if self.shape_analysis.diagram is None:
            return self.walked(draw, raises=True)
        if not self.numbering.count:
            raise Cut({})
        return self._completed(self.numbering.unrank(generator.randrange(self.numbering.count)), generator)

    def completed(self, options: Mapping[int, int], generator: Random | None, priors: bool = False) -> Architecture:
        """Options of the network, in draw order. Continuous choices and those of `train` are sampled from their
        domains, uniformly or by their `priors`, or are at their first values."""
        if generator is None:
            return self._deferred(self.assignments.named(options.items()), self._first)
        order = self.numbering.rank(options)
        draws = options.items() if order is None else self.numbering.unrank(order)
        return self._completed(draws, generator, priors)

    def walked(self, chooser: Chooser, raises: bool = False) -> Architecture:
        """The architecture of choices that are decided as they are read.

        If a rule is broken, raises SqsError, or `Cut` with `raises`.
        """
        try:
            walked = walk(self.graph, self._liveness, chooser)
        except Cut as cut:
            if raises:
                raise
            values = tuple((self.graph.choices[c].path, show(v)) for c, v in cut.choices.items())
            raise SqsError([RuleBroken(self.span, values)]) from None
        choices = {self.graph.choices[choice].path: value for choice, value in walked.choices.items()}
        trained = self._trained(choices, chooser)
        return self.kind(self.name, {**choices, **trained.choices}, self._network(walked, trained))

    # ---- steps

    def _first(self, choice: int) -> Value:
        return self.assignments.value(choice, 0)

    def _trained(self, choices: Mapping[str, Value], chooser: Chooser) -> Trained:
        """The settings of `train`, which may read `choices` of the network; the others are decided as they are read."""
        if chooser == self._first and not self._settings_read_network:
            return self._first_trained

        def choose(choice: int) -> Value:
            path = self.graph.choices[choice].path
            return choices[path] if path in choices else chooser(choice)

        return walk_training(self.graph, choose)

    @cached_property
    def _first_trained(self) -> Trained:
        return walk_training(self.graph, self._first)

    @cached_property
    def _settings_read_network(self) -> bool:
        read: set[int] = set()
        for _, setting in self.graph.train:
            for item in setting_items(setting):
                context.draws(self.graph.items, item, read)
        return any(self.graph.choices[choice].section == "architecture" for choice in read)

    def _deferred(self, choices: Mapping[str, Value], chooser: Chooser, effort: Effort | None = None) -> Architecture:
        """An architecture of the network's choices; its network is computed on request."""
        trained = self._trained(choices, chooser)
        every = {**choices, **trained.choices}

        def network() -> Network:
            numbers = self.assignments.numbers
            known = {numbers[path]: value for path, value in choices.items()}
            return self._network(walk(self.graph, self._liveness, lambda choice: known[choice], effort), trained)

        return self.kind(self.name, every, network)

    def _at_walked(self, values: Mapping[str, Value]) -> Architecture:
        """The architecture of values that the diagram does not contain or that are wrong; raises an error that says
        why."""
        used: set[str] = set()
        missing: list[str] = []

        def choose(choice: int) -> Value:
            declared = self.graph.choices[choice]
            used.add(declared.path)
            if declared.path not in values and declared.section == "architecture":
                missing.append(declared.path)
            return values[declared.path] if declared.path in values else self._first(choice)

        try:
            architecture = self.walked(choose)
        except SqsError:
            if not missing:
                raise
            architecture = None
        if missing:
            raise SqsError([ChoiceMissing(self.span, tuple(missing))])
        extra = tuple(path for path in values if path not in used)
        if extra:
            raise SqsError([NotActive(self.span, extra)])
        assert architecture is not None
        return architecture

    def _completed(self, draws: Iterable[tuple[int, int]], generator: Random, priors: bool = False) -> Architecture:
        def sample(choice: int) -> Value:
            return self.assignments.sampled(choice, generator, priors)

        choices: dict[str, Value] = {}
        for choice, option in draws:
            declared = self.graph.choices[choice]
            real = isinstance(declared.domain, Continuous)
            choices[declared.path] = sample(choice) if real else self.assignments.value(choice, option)
        return self._deferred(choices, sample)

    def _network(self, walked: Walked, trained: Trained) -> Network:
        reduced = _fed(reduce(walked.layers, walked.outputs), self.graph)
        times = self.graph.times
        latency = None if times is None else latency_of(walked.layers, walked.outputs, times)
        return Network(reduced.layers, reduced.outputs, trained.settings, self.graph.folder, latency)


def _fed(reduced: Reduced, graph: Graph) -> Reduced:
    """If zeros cut off every input of a network, one is kept: a model needs an input to know the number of samples."""
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


def cost_of_network(architecture: Architecture) -> PathCost:
    """The costs of an architecture by its network. Raises SqsError if a table of measured layers lacks one of its
    layers, which only spaces have that are too large for the analysis of costs."""
    latency = architecture.network.latency
    if latency is not None and latency.missing:
        raise SqsError([LayersNotMeasured.of(latency)])
    a = architecture
    return PathCost(a.params, a.trainable_params, a.macs, a.activations, 0, a.latency or 0)
