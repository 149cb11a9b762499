"""Budgets in normal form, and the values of one sum that they allow."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, lcm

from sqsem_dsl.analysis.costs.quantities import ADDITIVE, DEPTH, LARGEST, NO_FACTORS, Factors, primitive
from sqsem_dsl.ir.graph import Budget

FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


@dataclass(frozen=True)
class Constraint:
    """A budget in whole numbers: additive quantities, plus `largest` times the activations, plus `depth` times the
    weighted layers, plus a constant, compared with 0."""

    additive: Factors
    largest: int
    depth: int
    constant: int
    relation: str

    @staticmethod
    def of(budget: Budget) -> Constraint:
        """Raises KeyError for an unknown quantity."""
        factors = dict.fromkeys((*ADDITIVE, LARGEST, DEPTH), Fraction(0))
        for name, factor in budget.terms:
            factors[name] += Fraction(factor)  # type: ignore[arg-type]
        constant = Fraction(budget.constant)  # type: ignore[arg-type]
        scale = lcm(constant.denominator, *(factor.denominator for factor in factors.values()))
        params, trainable, macs, latency, largest, depth = (int(factor * scale) for factor in factors.values())
        additive = params, trainable, macs, latency
        return Constraint(additive, largest, depth, int(constant * scale), budget.relation)

    @property
    def adds(self) -> bool:
        """Whether it reads an additive quantity."""
        return any(self.additive)

    def at(self, largest: int, depth: int) -> Constraint:
        """The constraint for known activations and weighted layers."""
        constant = self.constant + self.largest * largest + self.depth * depth
        return Constraint(self.additive, 0, 0, constant, self.relation)

    def allowed(self) -> tuple[Factors, Allowed]:
        """The additive sum that it reads, and the allowed values of this sum. All other quantities must be known."""
        direction, factor = primitive(self.additive)
        relation = self.relation if factor > 0 else FLIPPED[self.relation]
        return direction, Allowed.where(relation, Fraction(-self.constant, factor))

    def holds(self, additive: Factors = NO_FACTORS, largest: int = 0, depth: int = 0) -> bool:
        """Whether these quantities meet it."""
        known = self.at(largest, depth)
        total = known.constant + sum(factor * value for factor, value in zip(self.additive, additive, strict=True))
        return Allowed.where(self.relation, Fraction(0)).admits(total)


@dataclass(frozen=True)
class Allowed:
    """The whole numbers from low to high, without some; None means no bound."""

    low: int | None = None
    high: int | None = None
    holes: frozenset[int] = frozenset()

    @staticmethod
    def where(relation: str, bound: Fraction) -> Allowed:
        """The whole numbers in this relation to a bound."""
        match relation:
            case "<":
                return Allowed(high=ceil(bound) - 1)
            case "<=":
                return Allowed(high=floor(bound))
            case ">":
                return Allowed(low=floor(bound) + 1)
            case ">=":
                return Allowed(low=ceil(bound))
            case "==":
                return Allowed(low=ceil(bound), high=floor(bound))
            case "!=":
                return Allowed(holes=frozenset((int(bound),) if bound.denominator == 1 else ()))
            case _:
                raise ValueError(f"{relation} is not a relation")

    def __and__(self, other: Allowed) -> Allowed:
        lows = [low for low in (self.low, other.low) if low is not None]
        highs = [high for high in (self.high, other.high) if high is not None]
        return Allowed(max(lows, default=None), min(highs, default=None), self.holes | other.holes)

    def admits(self, value: int) -> bool:
        return (
            (self.low is None or value >= self.low)
            and (self.high is None or value <= self.high)
            and value not in self.holes
        )

    def slots(self, start: int, step: int, last: int) -> Slots:
        """The slots k, 0 <= k <= last, for which start + step * k is allowed."""
        low = 0 if self.low is None else max(0, -((start - self.low) // step))
        high = last if self.high is None else min(last, (self.high - start) // step)
        return Slots(low, high, frozenset((h - start) // step for h in self.holes if (h - start) % step == 0)).trimmed()


@dataclass(frozen=True)
class Slots:
    """The slots of a lattice from low to high, without some."""

    low: int
    high: int
    holes: frozenset[int] = frozenset()

    def __and__(self, other: Slots) -> Slots:
        return Slots(max(self.low, other.low), min(self.high, other.high), self.holes | other.holes).trimmed()

    def __bool__(self) -> bool:
        """Whether there are any allowed slots."""
        return self.low <= self.high

    def reflected(self, last: int) -> Slots:
        """The same slots counted down from the last."""
        return Slots(last - self.high, last - self.low, frozenset(last - hole for hole in self.holes))

    def trimmed(self) -> Slots:
        """The same slots with low and high bounds that are allowed themselves."""
        low, high = self.low, self.high
        while low in self.holes:
            low += 1
        while high in self.holes:
            high -= 1
        return Slots(low, high, frozenset(hole for hole in self.holes if low < hole < high))
