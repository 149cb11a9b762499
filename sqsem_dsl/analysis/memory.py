"""The peak memory of the networks of a space: of each in a small space, of a sample in a large one.

No diagram determines it: a step needs what other steps still keep, which is known only when all choices are made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqsem_dsl.analysis.costs.quantities import SINGLE
from sqsem_dsl.analysis.costs.single_networks import reads_memory
from sqsem_dsl.ir.graph import Budget
from sqsem_dsl.ir.settings import plain_setting
from sqsem_dsl.utils.permutation import Permutation

if TYPE_CHECKING:
    from sqsem_dsl.network.architecture import Architecture
    from sqsem_dsl.space.space import Space

MOST = 1_000
"""Assignments of which each network is made."""
SAMPLED = 200
"""Networks that are sampled where there are more."""


@dataclass(frozen=True)
class Memory:
    """The bytes of some assignments, ascending: of all, or of a uniform sample without replacement."""

    values: tuple[int, ...]
    exact: bool
    """Whether these are all assignments."""
    within: int
    """Those of them that meet the budgets."""

    @property
    def median(self) -> int:
        """The smallest value that at least half of them do not exceed."""
        return self.values[(len(self.values) - 1) // 2]

    @property
    def remark(self) -> str:
        """What a sample says about the budgets."""
        return f"{self.within:,} of {len(self.values):,} sampled ones are within"


def uses_memory(space: Space) -> bool:
    """Whether a budget or an objective of a space reads `memory`."""
    if any(map(reads_memory, space.budgets)):
        return True
    objective = dict(space.graph.search).get("objective")
    plain = None if objective is None else plain_setting(space.graph.items, objective, {})
    several = plain if isinstance(plain, list) else [plain]
    return any(isinstance(one, Mapping) and one.get("metric") == SINGLE for one in several)


def measured(space: Space, budgets: Sequence[Budget]) -> Memory | None:
    """The memory of all assignments if they are few, else of a sample, and how many meet these budgets; None if there
    are none, or they are not counted."""
    if not space.count:
        return None
    exact = space.count <= max(space.level.steps(MOST), SAMPLED)
    values, within = [], 0
    for architecture in _some(space, space.count if exact else SAMPLED):
        values.append(architecture.memory)
        within += space.is_feasible(architecture, budgets)
    return Memory(tuple(sorted(values)), exact, within)


def _some(space: Space, most: int) -> Iterator[Architecture]:
    assert space.count is not None
    numbers = range(space.count) if most == space.count else Permutation(space.count, 0)
    for number, _ in zip(numbers, range(most), strict=False):
        yield space.generic(number)
