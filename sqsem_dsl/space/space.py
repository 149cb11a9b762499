"""A space of architectures: the result of `load`, and the input of everything after the compiler."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from functools import cached_property
from math import prod
from numbers import Integral
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE, Span
from sqsem_dsl.diagram.combine import show_shape
from sqsem_dsl.diagram.numbering import Numbering
from sqsem_dsl.diagram.path_cost import PathCost, PathCosts, all_within
from sqsem_dsl.diagram.shape_analysis import ShapeAnalysis
from sqsem_dsl.diagram.walk import Chooser, Cut
from sqsem_dsl.elaborate.errors.choices import NoneFound, OutputVaries
from sqsem_dsl.ir.choices import Choice
from sqsem_dsl.ir.graph import Budget, Graph
from sqsem_dsl.ir.reach import reach
from sqsem_dsl.ir.settings import count_ways, label_settings, plain_setting
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.network.endings import endings, output_facts
from sqsem_dsl.operators.row import Shape, Value
from sqsem_dsl.settings.metrics import OutputFact, gives_numbers
from sqsem_dsl.settings.sections import MetaSettings, Plain, SearchSettings
from sqsem_dsl.space.architecture_maker import ArchitectureMaker, cost_of_network
from sqsem_dsl.utils.effort import NORMAL, Effort, Level
from sqsem_dsl.utils.permutation import shard

if TYPE_CHECKING:
    from sqsem_dsl.analysis.space_analysis import Analysis
    from sqsem_dsl.compiler import Compilation
    from sqsem_dsl.diagram.costing import Costed

TRIES = 1_000
"""Samples tried to find one within the budgets."""


class Space:
    """All architectures that a spec describes. This class never loads a framework."""

    architecture_class: ClassVar[type[Architecture]] = Architecture
    compilation: Compilation | None = None
    """What it was compiled from: a study keeps these sources."""

    level: Level = NORMAL
    """Scales the limits of its analysis."""

    def __init__(
        self, name: str, doc: str | None, graph: Graph, shape_analysis: ShapeAnalysis, span: Span = NOWHERE
    ) -> None:
        self.name, self.doc, self.graph, self.shape_analysis, self.span = name, doc, graph, shape_analysis, span

    def __repr__(self) -> str:
        count = "?" if self.count is None else f"{self.count:,}"
        return f"<Space {self.name}: {len(self.choices)} choices, {count} assignments>"

    # ---- contents

    @cached_property
    def choices(self) -> tuple[Choice, ...]:
        """Every choice that is active in some architecture, in draw order; those of `train` come last."""
        active = [c for c in self.shape_analysis.order if c in self.shape_analysis.active]
        training = [i for i, c in enumerate(self.graph.choices) if c.section == "train" and i not in active]
        return reach(self.graph, (*active, *training))

    @cached_property
    def inputs(self) -> Mapping[str, Shape]:
        """The inputs by name, as samples have them: channels last, without the batch axis, images with a chosen
        resolution at the largest one. An architecture may use fewer."""
        return {node.name: node.shape for node in self.graph.inputs}

    @cached_property
    def outputs(self) -> Mapping[str, OutputFact]:
        """The outputs by name, with their shape and last activation in the default architecture; None for a sigmoid
        if every possible loss in `train` is a regression loss."""
        facts = output_facts(self.default())
        if all(fact.ending != "sigmoid" for fact in facts.values()):
            return facts
        settings = list(label_settings(self.graph))
        return {
            name: OutputFact(fact.shape) if all(gives_numbers(one, name, fact) for one in settings) else fact
            for name, fact in facts.items()
        }

    @property
    def budgets(self) -> tuple[Budget, ...]:
        """The `require` statements over quantities."""
        return self.graph.budgets

    @property
    def count(self) -> int | None:
        """The number of assignments within the rules, without budgets and continuous choices; None if the proof over
        all of them reached its limit."""
        return None if self.shape_analysis.diagram is None else self.shape_analysis.diagram.count

    @cached_property
    def search_settings(self) -> SearchSettings:
        """The `search` section."""
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
        return self._maker.first()

    def at(self, assignment: Mapping[str, object] | int) -> Architecture:
        """The architecture of an assignment of paths to values, or with a number from 0 to `count - 1`.

        An assignment must set every active choice of the network; missing choices of `train` have their first values.
        Raises SqsError for unknown paths, missing and impossible values, values of choices that are not active, and a
        violated rule.
        """
        if isinstance(assignment, Integral) and not isinstance(assignment, bool):
            return self._maker.numbered(int(assignment))
        if not isinstance(assignment, Mapping):
            raise TypeError(f"an assignment is a mapping of paths to values, or a number, not {assignment!r}")
        return self._maker.assigned(self._checked(assignment))

    def generic(self, index: int, effort: Effort | None = None) -> Architecture:
        """The architecture with a number, with its continuous choices at values that represent their whole domains: not
        at an end, where a rate of 0 removes a layer, and equal only for equal domains.

        With `effort`, its network raises `Exhausted` if it takes more steps.
        """
        return self._maker.generic(index, effort)

    def index(self, assignment: Mapping[str, object]) -> int:
        """The number of the assignment: `at(index(a))` has the same discrete choices. Raises SqsError like `at`."""
        return self._maker.index(self._checked(assignment))

    @property
    def numbering(self) -> Numbering:
        """The numbers of the assignments. Raises SqsError if the proof over all of them reached its limit."""
        return self._maker.numbering

    def sample_one(self, seed: int) -> Architecture:
        """An architecture within rules and budgets, uniformly from the assignments; continuous choices and those of
        `train` are sampled from their domains. The same seed gives the same one. Raises SqsError if none is found."""
        generator = random.Random(seed)
        for _ in range(TRIES):
            try:
                architecture = self._maker.sampled(generator)
            except Cut:
                continue
            if self.is_feasible(architecture):
                return architecture
        if self.shape_analysis.diagram is not None and self.costed.diagram is not None:
            return self.sample(1, seed)[0]
        raise SqsError([NoneFound(self.span, TRIES, tuple(b.text for b in self.budgets))])

    def sample(
        self,
        n: int,
        seed: int = 0,
        over: Literal["assignments", "choices"] = "assignments",
        where: str | None = None,
    ) -> list[Architecture]:
        """`n` different assignments within rules and budgets, and within `where` (`"params <= 800K and macs <= 20M"`):
        all of them if there are fewer.

        All are equally likely. With `over="choices"`, choices are sampled one by one, by their priors if they have
        some, which favors assignments with few choices. Continuous choices and those of `train` are sampled from their
        domains. The same seed gives the same ones. Raises SqsError for an invalid `where`, and if no assignment meets
        it.
        """
        return self.analysis.sample(n, seed, over, where)

    def shard(self, index: int, num_shards: int) -> range:
        """The numbers of one of `num_shards` equal shards of the space, 0 <= index < num_shards: every assignment is
        in one."""
        return shard(self.numbering.count, index, num_shards)

    def resolve(self, values: Mapping[str, object]) -> Architecture | None:
        """The architecture of an assignment, which may contain inactive choices; None outside rules and budgets.

        Raises SqsError for a missing or an impossible value.
        """
        known = {choice.path for choice in self.choices}
        checked = self._checked({path: value for path, value in values.items() if path in known})
        architecture = self._maker.resolved(checked)
        return architecture if architecture is not None and self.is_feasible(architecture) else None

    def chosen(self, chooser: Chooser) -> Architecture:
        """The architecture of choices that are decided by number as they are read.

        Raises `Cut` if a rule is broken, and SqsError if shapes were not proved and do not fit.
        """
        return self._maker.walked(chooser, raises=True)

    def completed(
        self, options: Mapping[int, int], generator: random.Random | None, priors: bool = False
    ) -> Architecture:
        """Options of the network, in draw order. Continuous choices and those of `train` are sampled from their
        domains, uniformly or by their `priors`, or are at their first values."""
        return self._maker.completed(options, generator, priors)

    def is_feasible(self, architecture: Architecture, budgets: Sequence[Budget] | None = None) -> bool:
        """Whether an architecture is within every budget, of the space or of those given."""
        options = self._maker.assignments.options
        return all_within(
            self.budgets if budgets is None else budgets,
            architecture,
            lambda: None if (costs := self.path_costs) is None else costs.of(options(architecture.choices)),
        )

    # ---- costs

    @cached_property
    def analysis(self) -> Analysis:
        """The analysis of the space before training."""
        from sqsem_dsl.analysis.space_analysis import Analysis

        return Analysis(self)

    @cached_property
    def costed(self) -> Costed:
        """The costs of every assignment, on the edges of a diagram."""
        from sqsem_dsl.diagram.costing import costs

        return costs(self.graph, depth=True, level=self.level)

    @cached_property
    def path_costs(self) -> PathCosts | None:
        """The costs of single assignments, looked up in microseconds; None if the network must be built. Computed on
        first use, which takes the time of the analysis of costs."""
        from sqsem_dsl.diagram.minimize import contracted

        diagram = self.costed.diagram
        return None if diagram is None else PathCosts(contracted(diagram)[0], self._maker.assignments.numbers)

    def cost(self, assignment: Mapping[str, object] | int) -> PathCost:
        """Parameters, trainable parameters, multiply-accumulates, activations and latency of one assignment, or of the
        one with a number. Takes microseconds if the network need not be built. Raises SqsError like `at`."""
        if self.path_costs is not None:
            if isinstance(assignment, Mapping):
                options = self._maker.assignments.options(self._checked(assignment))
            else:
                options = dict(self.numbering.unrank(assignment)) if 0 <= assignment < self.numbering.count else {}
            found = self.path_costs.of(options)
            if found is not None:
                return found
        return cost_of_network(self.at(assignment))

    @cached_property
    def num_train_settings(self) -> int:
        """The number of ways to make the discrete choices of `train`."""
        graph = self.graph
        return prod(count_ways(graph.items, graph.choices, value) for _, value in graph.train)

    # ---- training checks

    def check_outputs(self) -> None:
        """Checks that every output has one shape and one ending, so that labels and a loss can fit it in every trial.

        Raises SqsError otherwise.
        """
        found: list[Diagnostic] = []
        for at, (name, item) in enumerate(self.graph.outputs):
            shapes = sorted(self.shape_analysis.shapes[at]) if self.shape_analysis.shapes else []
            if len(shapes) > 1:
                found.append(OutputVaries(self.span, name, "shapes", tuple(map(show_shape, shapes[:6]))))
            ends = endings(self.graph, item)
            if len(ends) > 1:
                found.append(OutputVaries(self.span, name, "endings", tuple(sorted(ends))))
        if found:
            raise SqsError(found)

    # ---- implementation

    @cached_property
    def _maker(self) -> ArchitectureMaker:
        return ArchitectureMaker(self.graph, self.shape_analysis, self.name, self.span, self.architecture_class)

    @cached_property
    def _known(self) -> Mapping[str, Choice]:
        return {choice.path: choice for choice in self.choices}

    def _checked(self, assignment: Mapping[str, object]) -> dict[str, Value]:
        values, wrong = self._maker.assignments.checked(assignment, self._known, self.span)
        if wrong:
            raise SqsError(wrong)
        return values
