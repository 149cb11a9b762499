"""How many architectures a space has: assignments up to equality of their networks, as far as that can be known.

Equal to the assignments where no two can give one network (`distinct` proves it); listed one by one where they are few;
and otherwise, where not too many look alike, estimated without bias: of an assignment drawn uniformly, 1 / (the number
of assignments that give its network) is on average the share of architectures among assignments.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import log, sqrt
from random import Random
from typing import TYPE_CHECKING, Protocol

from sqsem_dsl.analysis.distinct import Distinct
from sqsem_dsl.diagram.signatures import signatures

if TYPE_CHECKING:
    from sqsem_dsl.diagram.numbering import Numbering
    from sqsem_dsl.ir.graph import Graph

LISTED = 2_000
"""Assignments that are listed without being asked to."""
LISTED_IF_ASKED = 100_000
"""Spaces for which listing is suggested: a thousand assignments take some ten seconds, more for deep networks."""
DRAWN = 200
MAX_NETWORKS = 2_000
"""Networks worked out for an estimate."""
RISK = 0.05
"""The share of intervals that miss."""


class Identified(Protocol):
    @property
    def id(self) -> str: ...


class Numbered(Protocol):
    """What is asked of a space."""

    @property
    def graph(self) -> Graph: ...

    @property
    def count(self) -> int | None: ...

    @property
    def numbering(self) -> Numbering: ...

    def generic(self, index: int) -> Identified: ...


@dataclass(frozen=True)
class Architectures:
    """The number of architectures. `count` is exact, or an unbiased estimate, or None where neither is in reach; it is
    certain, or in an estimate 95 % sure, to lie in `interval`."""

    count: int | None
    exact: bool
    how: str
    interval: tuple[int, int | None]


def count_architectures(space: Numbered, listed: int = LISTED, seed: int = 0) -> Architectures:
    """The number of architectures of a space without faults. Spaces of at most `listed` assignments are listed where
    nothing is proved."""
    total = space.count
    if total is None:
        return Architectures(None, False, "not counted: too many choices live together", (1, None))
    if total <= 1:
        return Architectures(total, True, "one assignment or none", (total, total))
    found = signatures(space.graph)
    distinct = Distinct(found) if found is not None else None
    if distinct is not None and distinct.proved():
        return Architectures(total, True, "proved: no two assignments give the same network", (total, total))
    if total <= listed:
        count = len({space.generic(index).id for index in range(total)})
        return Architectures(count, True, "listed: every assignment's network has been compared", (count, count))
    if distinct is None:
        return _sampled(space, total, Random(seed))
    return _estimated(space, distinct, total, Random(seed))


def _sampled(space: Numbered, total: int, generator: Random) -> Architectures:
    """Nothing but bounds: as many as different ones are seen, and as many as assignments."""
    seen = {space.generic(generator.randrange(total)).id for _ in range(DRAWN // 4)}
    how = "not counted: too many choices live together; at least as many as were seen in a sample"
    if total <= LISTED_IF_ASKED:
        how += f"; `space.analysis.listed_architectures({total})` compares them one by one"
    return Architectures(None, False, how, (len(seen), total))


def _estimated(space: Numbered, distinct: Distinct, total: int, generator: Random) -> Architectures:
    shares: list[float] = []
    known: dict[str, int] = {}
    for share in _shares(space, distinct, total, generator, known):
        if share is None or sum(known.values()) > MAX_NETWORKS:
            # To stop here and take the mean of what was drawn would favour networks that few assignments give.
            how = "not estimated: too many assignments look alike; at least as many as were seen in a sample"
            return Architectures(None, False, how, (max(1, len(known)), total))
        shares.append(share)
    low, high = _interval(shares)
    mean = sum(shares) / len(shares)
    bounds = (max(len(known), round(low * total)), min(total, round(high * total)))
    how = f"estimated without bias from {len(shares)} assignments; the interval holds with a certainty of 95 %"
    return Architectures(round(mean * total), False, how, bounds)


def _shares(
    space: Numbered, distinct: Distinct, total: int, generator: Random, known: dict[str, int]
) -> Iterator[float | None]:
    """For assignments drawn uniformly, 1 / the number of those with the same network; None where that is not known."""
    for _ in range(DRAWN):
        index = generator.randrange(total)
        network = space.generic(index).id
        if network not in known:
            signature = distinct.signature(dict(space.numbering.unrank(index)))
            alike = distinct.alike(signature) if signature is not None else None
            if alike is None or len(alike) > MAX_NETWORKS:
                yield None
                return
            numbers = [number for options in alike if (number := space.numbering.rank(options)) is not None]
            known[network] = sum(number == index or space.generic(number).id == network for number in numbers)
        yield 1 / known[network]


def _interval(shares: list[float]) -> tuple[float, float]:
    """Where the mean of values from 0 to 1 lies: the narrower of Hoeffding's interval and of the empirical Bernstein
    interval (A. Maurer, M. Pontil, "Empirical Bernstein bounds and sample variance penalization", 2009), each with half
    of the risk."""
    n = len(shares)
    mean = sum(shares) / n
    variance = sum((share - mean) ** 2 for share in shares) / max(1, n - 1)
    hoeffding = sqrt(log(4 / RISK) / (2 * n))
    bernstein = sqrt(2 * variance * log(8 / RISK) / n) + 7 * log(8 / RISK) / (3 * max(1, n - 1))
    half = min(hoeffding, bernstein)
    return max(0.0, mean - half), min(1.0, mean + half)
