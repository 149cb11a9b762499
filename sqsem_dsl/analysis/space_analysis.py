"""The analysis of a space before training. Each part is computed when it is first requested."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from random import Random
from typing import TYPE_CHECKING, Literal

from sqsem_dsl.analysis.architectures import LISTED, Architectures, count_architectures
from sqsem_dsl.analysis.cost_rows import analysis_html
from sqsem_dsl.analysis.costs.distribution import Distribution, distributions
from sqsem_dsl.analysis.costs.effects import Effect, effects
from sqsem_dsl.analysis.costs.feasibility import Feasible, feasible
from sqsem_dsl.analysis.costs.joint import Joint, joint
from sqsem_dsl.analysis.costs.options import Option, OptionCount, feasible_option_counts
from sqsem_dsl.analysis.costs.ranges import Range, ranges
from sqsem_dsl.analysis.costs.sampling import NothingFeasible, Sampler
from sqsem_dsl.analysis.costs.single_networks import all_relaxed, reads_memory
from sqsem_dsl.analysis.costs.tables import LIMITS, Limits, TooLarge
from sqsem_dsl.analysis.lower_bounds import LowerBound, lower_bounds, not_known
from sqsem_dsl.analysis.memory import Memory, measured, uses_memory
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagram.decision_diagram import DecisionDiagram, Vertex
from sqsem_dsl.diagram.minimize import contracted
from sqsem_dsl.elaborate.condition import read_where
from sqsem_dsl.elaborate.errors.choices import NoneFound, NothingWithin
from sqsem_dsl.ir.choices import Choice, Continuous
from sqsem_dsl.ir.faults import TooLong
from sqsem_dsl.ir.graph import Budget
from sqsem_dsl.ir.priors import Shares
from sqsem_dsl.utils.permutation import Permutation

if TYPE_CHECKING:
    from sqsem_dsl.network.architecture import Architecture
    from sqsem_dsl.space.space import Space

Over = Literal["assignments", "choices"]
MAX_MISSED = 2_000
"""Sampled networks in a row that may need too much memory."""


class Analysis:
    """The analysis of one space. A result that is not available is None; `limits` names it and gives the reason."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self.limits: dict[str, str] = {}
        self.acceptance: float | None = None
        """For the last sample within budgets: the fraction of the proposed assignments that was within all of them."""

    def _repr_html_(self) -> str:
        return analysis_html(self)

    @property
    def table_limits(self) -> Limits:
        """The limits of exact distributions and counts within budgets."""
        return LIMITS.at(self.space.level)

    # ---- counts

    @property
    def assignments(self) -> int | None:
        """Distinct ways to make the active choices of the network, within the rules."""
        return self.space.count

    @cached_property
    def counted(self) -> int | None:
        """The same number. If shapes are not proved, it is counted without them: some of these assignments may have
        shapes that do not fit. None if that takes too much work, too, or if what is drawn depends on shapes."""
        from sqsem_dsl.diagram.draw_count import count_draws

        if self.space.count is not None:
            return self.space.count
        return count_draws(self.space.graph, self.space.level)

    @cached_property
    def continuous(self) -> tuple[Choice, ...]:
        """The continuous choices."""
        return tuple(choice for choice in self.space.choices if isinstance(choice.domain, Continuous))

    @cached_property
    def configurations(self) -> int | None:
        """Assignments together with the discrete choices of `train`."""
        count = self.space.count
        return None if count is None else count * self.space.num_train_settings

    @cached_property
    def feasible(self) -> Feasible | None:
        """The assignments that meet every budget."""
        return self.within(self.space.budgets)

    def within(self, budgets: Sequence[Budget]) -> Feasible | None:
        """The assignments that meet all of these budgets."""
        memory = None
        if any(map(reads_memory, budgets)):
            memory = self.memory if budgets == self.space.budgets else measured(self.space, budgets)
        if memory is not None and memory.exact:
            return Feasible(memory.within, memory.within, len(memory.values), "each network")
        if self.diagram is None or self.assignments is None:
            return None
        found = feasible(self.diagram, budgets, self.depths, self.table_limits)
        return found if memory is None else replace(found, how=f"{found.how}; {memory.remark}")

    @cached_property
    def architectures(self) -> Architectures:
        """Assignments up to equality of their networks."""
        found = count_architectures(self.space)
        if found.interval[1] is None and self.counted is not None:
            return replace(found, interval=(found.interval[0], self.counted))
        return found

    def listed_architectures(self, most: int = LISTED) -> Architectures:
        """The same, enumerating spaces of up to `most` assignments if nothing is proved."""
        return count_architectures(self.space, listed=most)

    # ---- costs

    @cached_property
    def lower_bounds(self) -> Mapping[str, LowerBound]:
        """The quantities that are lower bounds in some architecture, each with the first layer that makes it so."""
        return lower_bounds(self.space.graph, self.space.shape_analysis)

    @cached_property
    def memory(self) -> Memory | None:
        """The peak memory of all assignments or of a sample of them; None if no budget and no objective reads it."""
        return measured(self.space, self.space.budgets) if uses_memory(self.space) else None

    def _within(self, where: str) -> tuple[Budget, ...]:
        """The budgets of a condition. Raises SqsError if it is not one, or if it reads what is not known exactly."""
        budgets = read_where(where)
        wrong = list(not_known(budgets, self.lower_bounds, self.space.graph.times))
        if wrong:
            raise SqsError(wrong)
        return budgets

    @cached_property
    def _contracted(self) -> tuple[DecisionDiagram, Mapping[Vertex, Vertex]] | None:
        wide = self.space.shape_analysis.wide
        if isinstance(wide, TooLong):  # costs take more steps than shapes alone
            self.limits["costs"] = f"not computed: {wide.reason}"
            return None
        costed = self.space.costed
        if costed.diagram is None:
            together = ", ".join(costed.wide[:6]) + (", …" if len(costed.wide) > 6 else "")
            why = "too many choices in scope at once"
            match costed.limit:
                case ("steps", most):
                    why = f"not computed: it takes more than {most:,} steps{self.space.level.more_steps}"
                    together = ""
                case (what, most):
                    why += f", more than {most:,} {what}{self.space.level.more_stored}"
            self.limits["costs"] = why + (f": {together}" if together else "")
            return None
        if costed.faulty and self.space.shape_analysis.diagram is None:
            self.limits["costs"] = "shapes were not proved, and some architectures may have a fault"
            return None
        return contracted(costed.diagram, costed.depths)

    @property
    def diagram(self) -> DecisionDiagram | None:
        """Every assignment as a path, with its costs."""
        return None if self._contracted is None else self._contracted[0]

    @property
    def depths(self) -> Mapping[Vertex, int] | None:
        """The weighted layers at each end of the diagram."""
        if self._contracted is None:
            return None
        return {vertex: self.space.costed.depths[end] for end, vertex in self._contracted[1].items()}

    @cached_property
    def ranges(self) -> Mapping[str, Range]:
        """The minimum and maximum of every quantity, each with an assignment; empty if costs are not available."""
        if self.diagram is None or not self.assignments:
            return {}
        return ranges(self.diagram, self.depths, self.space.graph.times is not None)

    @cached_property
    def distributions(self) -> Mapping[str, Distribution]:
        """The exact distributions of parameters, trainable parameters and multiply-accumulates, and of latency with a
        table of measured layers."""
        found = {}
        if self.diagram is not None and self.assignments:
            timed = self.space.graph.times is not None
            for quantity, of in distributions(self.diagram, timed, self.table_limits):
                if isinstance(of, TooLarge):
                    self.limits[quantity] = str(of)
                else:
                    found[quantity] = of
        return found

    @cached_property
    def joint(self) -> Joint | None:
        """The exact joint distribution of parameters and multiply-accumulates."""
        if self.diagram is None or not self.assignments:
            return None
        try:
            return joint(self.diagram, ("params", "macs"), self.table_limits)
        except TooLarge as error:
            self.limits["joint"] = str(error)
            return None

    @cached_property
    def effects(self) -> tuple[Effect, ...]:
        """The effect of each option: the mean with it minus the mean over the assignments in which its choice is
        active."""
        return () if self.diagram is None else effects(self.diagram)

    @cached_property
    def option_counts(self) -> tuple[Effect, ...]:
        """The number of assignments with each option, with or without costs; without costs, those are 0."""
        if self.effects or self.space.shape_analysis.diagram is None:
            return self.effects
        return effects(self.space.shape_analysis.diagram)

    @cached_property
    def feasible_option_counts(self) -> Mapping[Option, OptionCount]:
        """The number of feasible assignments with each option."""
        return (
            {}
            if self.diagram is None
            else feasible_option_counts(self.diagram, self.space.budgets, self.depths, self.table_limits)
        )

    def share(self, where: str) -> Feasible | None:
        """The number of assignments that meet a condition such as `params <= 800K`, regardless of the budgets of the
        space.

        Raises SqsError for an invalid condition, and for a quantity that is not counted exactly.
        """
        return self.within(self._within(where))

    # ---- samples

    def sample(self, n: int, seed: int = 0, over: Over = "assignments", where: str | None = None) -> list[Architecture]:
        """See `Space.sample`."""
        budgets = (*self.space.budgets, *(self._within(where) if where is not None else ()))
        if over == "choices":
            return self._over_choices(n, seed, budgets)
        if over != "assignments":
            raise ValueError(f"over is 'assignments' or 'choices', not {over!r}")
        generator = Random(seed)
        found: list[Architecture] = []
        for options in self._shuffled(seed, budgets):
            if len(found) == n:
                break
            found.append(self.space.completed(options, generator))
        return found

    def _shuffled(self, seed: int, budgets: tuple[Budget, ...]) -> Iterator[Mapping[int, int]]:
        """Assignments within the budgets, each once, in a random order."""
        numbering = self.space.numbering
        if not budgets:
            for index in Permutation(numbering.count, seed):
                yield dict(numbering.unrank(index))
            return
        if self.diagram is None:
            for index in Permutation(numbering.count, seed):
                draws = numbering.unrank(index)
                if self.space.is_feasible(self.space.completed(dict(draws), None), budgets):
                    yield dict(draws)
            return
        texts = tuple(budget.text for budget in budgets)
        single = tuple(budget for budget in budgets if reads_memory(budget))
        accepted = missed = 0
        try:
            sampler = Sampler(self.diagram, all_relaxed(budgets), self.depths)
            for sampled in sampler.shuffled(seed):
                if single and not self.space.is_feasible(self.space.completed(dict(sampled.options), None), single):
                    missed += 1
                    if missed == MAX_MISSED:
                        raise SqsError([NoneFound(self.space.span, missed, texts)])
                    continue
                accepted, missed = accepted + 1, 0
                self.acceptance = accepted / sampler.tried
                yield sampled.options
        except NothingFeasible:
            accepted = 0
        if not accepted:
            raise SqsError([NothingWithin(self.space.span, texts)])

    def _over_choices(self, n: int, seed: int, budgets: tuple[Budget, ...]) -> list[Architecture]:
        generator = Random(seed)
        found: dict[int, Architecture] = {}
        numbering = self.space.numbering
        priors = {number: choice.prior for number, choice in enumerate(self.space.graph.choices)}
        shares = {number: prior.of for number, prior in priors.items() if isinstance(prior, Shares)}
        for _ in range(1_000 * n):
            if len(found) in (n, numbering.count):
                break
            options = dict(numbering.by_choices(generator, shares))
            number = numbering.rank(options)
            assert number is not None
            if number not in found:
                architecture = self.space.completed(options, generator, priors=True)
                if self.space.is_feasible(architecture, budgets):
                    found[number] = architecture
        return list(found.values())
