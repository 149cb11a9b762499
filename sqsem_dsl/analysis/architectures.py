"""The number of architectures of a space: assignments up to equality of their networks.

It equals the number of assignments if no two can give the same network (`distinct` proves it). If there are few
assignments, they are enumerated. Otherwise, if not too many look alike, the number is estimated without bias: for an
assignment sampled uniformly, the mean of 1 / (the number of assignments that give its network) is the ratio of
architectures to assignments.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log, sqrt
from random import Random
from typing import TYPE_CHECKING, Protocol

from sqsem_dsl.analysis.distinct import Distinct
from sqsem_dsl.diagram.signatures import Label, signatures
from sqsem_dsl.utils.effort import Effort, Exhausted, Level

if TYPE_CHECKING:
    from sqsem_dsl.diagram.numbering import Numbering
    from sqsem_dsl.ir.faults import TooLong, TooWide
    from sqsem_dsl.ir.graph import Graph

LISTED = 2_000
"""Assignments that are enumerated by default."""
LISTED_IF_ASKED = 100_000
"""Spaces for which enumeration is suggested: a thousand assignments take about ten seconds, more for deep networks."""
SAMPLES = 200
MAX_NETWORKS = 2_000
"""Networks built for an estimate."""
MAX_NETWORK_STEPS = 3_000_000
"""Steps to build the networks that are enumerated or sampled: about twenty seconds."""
STEPS_PER_LAYER = 10
"""Steps to reduce a layer and to find its place in the order that the id describes."""
RISK = 0.05
"""The error rate of the intervals."""
Signature = frozenset[tuple[Label, int]]


class Identified(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def layers(self) -> Sequence[object]: ...


class Folds(Protocol):
    @property
    def wide(self) -> TooWide | TooLong | None: ...


class Numbered(Protocol):
    """The properties of a space that counting its architectures needs."""

    @property
    def graph(self) -> Graph: ...

    @property
    def shape_analysis(self) -> Folds: ...

    @property
    def count(self) -> int | None: ...

    @property
    def numbering(self) -> Numbering: ...

    @property
    def level(self) -> Level: ...

    def generic(self, index: int, effort: Effort | None = None) -> Identified: ...


@dataclass(frozen=True)
class Architectures:
    """The number of architectures. `count` is exact, or an unbiased estimate, or None if neither is available. It lies
    in `interval`, for an estimate with 95 % confidence, otherwise with certainty."""

    count: int | None
    exact: bool
    how: str
    interval: tuple[int, int | None]


def count_architectures(space: Numbered, listed: int = LISTED, seed: int = 0) -> Architectures:
    """The number of architectures of a space without faults. Spaces of at most `listed` assignments are enumerated
    if nothing is proved, without a time limit if `listed` is above the default."""
    total, level = space.count, space.level
    if total is None:
        assert space.shape_analysis.wide is not None
        return Architectures(None, False, f"not counted: {space.shape_analysis.wide.reason}", (1, None))
    if total <= 1:
        return Architectures(total, True, "one assignment or none", (total, total))
    listed = level.steps(LISTED) if listed == LISTED else listed
    distinct = _distinct(space)
    if distinct is not None and distinct.proved():
        return Architectures(total, True, "proved: no two assignments give the same network", (total, total))
    if total <= listed:
        return _listed(space, total, None if listed > level.steps(LISTED) else _work(space))
    if distinct is None:
        return _sampled(space, total, Random(seed))
    return _estimated(space, distinct, total, Random(seed))


def _distinct(space: Numbered) -> Distinct | None:
    """The count from the signatures of a space; None if it takes too many steps."""
    found = signatures(space.graph, space.level)
    try:
        return Distinct(found, space.level) if found is not None else None
    except Exhausted:
        return None


def _listed(space: Numbered, total: int, effort: Effort | None) -> Architectures:
    """Enumerates all networks and counts the distinct ones."""
    seen: set[str] = set()
    try:
        for index in range(total):
            seen.add(_network(space, index, effort))
    except Exhausted as error:
        return _bounds(
            f"not counted: {error}{space.level.more_steps}; at least as many as were found", len(seen), total
        )
    return Architectures(len(seen), True, "listed: every assignment's network has been compared", (len(seen),) * 2)


def _sampled(space: Numbered, total: int, generator: Random) -> Architectures:
    """Bounds only: the number of distinct networks in a sample, and the number of assignments."""
    seen: set[str] = set()
    effort = _work(space)
    try:
        for _ in range(SAMPLES // 4):
            seen.add(_network(space, generator.randrange(total), effort))
    except Exhausted:
        pass  # fewer are seen, still a valid bound
    return _bounds(
        f"not counted: too many choices in scope at once{space.level.more_stored}; lower bound from a sample",
        len(seen),
        total,
    )


def _work(space: Numbered) -> Effort:
    """The steps to build the networks that are enumerated or sampled."""
    return Effort(space.level.steps(MAX_NETWORK_STEPS))


def _bounds(how: str, least: int, total: int) -> Architectures:
    """No count, only a lower bound."""
    if total <= LISTED_IF_ASKED:
        how += f"; `space.analysis.listed_architectures({max(total, LISTED + 1)})` compares them one by one"
    return Architectures(None, False, how, (max(1, least), total))


def _estimated(space: Numbered, distinct: Distinct, total: int, generator: Random) -> Architectures:
    shares: list[float] = []
    sample = _Sample(space, distinct, _work(space))
    try:
        for _ in range(SAMPLES):
            share = sample.share(generator.randrange(total))
            if share is None:
                # Stopping here with the mean of the sample so far would favor networks that few assignments give.
                how = "not estimated: too many assignments look alike; lower bound from a sample"
                return Architectures(None, False, how, (max(1, len(sample.seen)), total))
            shares.append(share)
    except Exhausted as error:
        how = f"not estimated: {error}{space.level.more_steps}; lower bound from a sample"
        return Architectures(None, False, how, (max(1, len(sample.seen)), total))
    low, high = _interval(shares)
    mean = sum(shares) / len(shares)
    bounds = (max(len(sample.seen), round(low * total)), min(total, round(high * total)))
    how = f"unbiased estimate from {len(shares)} assignments, with a 95 % interval"
    return Architectures(round(mean * total), False, how, bounds)


class _Sample:
    """Estimates from sampled assignments."""

    def __init__(self, space: Numbered, distinct: Distinct, effort: Effort) -> None:
        self.seen: set[object] = set()
        """The keys that separate networks that are certainly different."""
        self._space, self._distinct, self._effort = space, distinct, effort
        self._networks = 0
        """The number of networks built."""
        self._known: dict[Signature, Mapping[int, int]] = {}

    def share(self, index: int) -> float | None:
        """1 / the number of assignments with the network of this one; None if that is not known. Raises `Exhausted`."""
        labels = self._distinct.signature(dict(self._space.numbering.unrank(index)), self._effort)
        if labels is None:
            return None
        signature = frozenset(labels.items())
        if signature not in self._known:
            found = self._alike(index, signature, labels)
            if found is None:
                return None
            self._known[signature] = found
        return 1 / self._known[signature][index]

    def _alike(self, index: int, signature: Signature, labels: Counter[Label]) -> Mapping[int, int] | None:
        """The number of assignments with the same network, for those of one signature."""
        alike = self._distinct.alike(labels, self._effort)
        if alike is None:
            return None
        rank = self._space.numbering.rank
        numbers = [number for options in alike if (number := rank(options)) is not None]
        if len(numbers) == 1 or self._distinct.is_of_one_network(labels):
            self.seen.add(signature)
            return dict.fromkeys(numbers, len(numbers))
        self._networks += len(numbers)
        if self._networks > self._space.level.steps(MAX_NETWORKS):
            return None
        networks = {number: _network(self._space, number, self._effort) for number in numbers}
        self.seen.add(networks[index])
        several = Counter(networks.values())
        return {number: several[network] for number, network in networks.items()}


def _network(space: Numbered, index: int, effort: Effort | None) -> str:
    """The key of an assignment's network, different from that of any other network. Raises `Exhausted`."""
    found = space.generic(index, effort)
    if effort is not None:
        effort.spend(STEPS_PER_LAYER * len(found.layers))
    return found.id


def _interval(shares: list[float]) -> tuple[float, float]:
    """An interval for the mean of values from 0 to 1: the narrower of Hoeffding's interval and the empirical Bernstein
    interval (A. Maurer, M. Pontil, "Empirical Bernstein bounds and sample variance penalization", 2009), each with half
    of the error rate."""
    n = len(shares)
    mean = sum(shares) / n
    variance = sum((share - mean) ** 2 for share in shares) / max(1, n - 1)
    hoeffding = sqrt(log(4 / RISK) / (2 * n))
    bernstein = sqrt(2 * variance * log(8 / RISK) / n) + 7 * log(8 / RISK) / (3 * max(1, n - 1))
    half = min(hoeffding, bernstein)
    return max(0.0, mean - half), min(1.0, mean + half)
