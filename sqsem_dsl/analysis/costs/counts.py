"""Arrays of exact counts of any size.

Counts below 2^63 are one row of 64 bits. Larger ones are several rows of limbs of 32 bits each, lowest first. Sums of
up to 2^32 limbs fit in 64 bits, so carries are propagated only after a whole sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

BITS = 32
MASK = np.uint64(2**BITS - 1)
NARROW = 2**63
"""Counts below this are a single row."""
CHUNK = 2**16
"""Terms added at once in a dot product: sums of up to 2^21 products of 16 bits by 16 bits are exact in a float."""

Row = npt.NDArray[np.uint64]
Limb = npt.NDArray[Any]
"""A limb of each of several counts: 32 bits, in an array of 32 or 64."""
Where = slice | tuple[slice, ...] | npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Counts:
    """Exact counts, none above `top`. A single row holds the counts; several rows hold one limb each."""

    rows: tuple[npt.NDArray[Any], ...]
    top: int

    @staticmethod
    def one() -> Counts:
        """The single count 1."""
        return Counts((np.ones(1, np.uint64),), 1)

    @staticmethod
    def of(counts: Sequence[int]) -> Counts:
        """Counts from whole numbers."""
        top = max(counts)
        if top < NARROW:
            return Counts((np.array(counts, np.uint64),), top)
        bits = range(0, BITS * _limbs_for(top), BITS)
        return Counts(tuple(np.array([c >> bit & 2**BITS - 1 for c in counts], np.uint32) for bit in bits), top)

    def __len__(self) -> int:
        return len(self.rows[0])

    @property
    def bytes(self) -> int:
        """Memory used, in bytes."""
        return sum(row.nbytes for row in self.rows)

    def __getitem__(self, where: Where | npt.NDArray[Any] | tuple[npt.NDArray[Any], ...]) -> Counts:
        return Counts(tuple(row[where] for row in self.rows), self.top)

    def at(self, index: int) -> int:
        """One count."""
        if len(self.rows) == 1:
            return int(self.rows[0][index])
        return sum(int(row[index]) << BITS * i for i, row in enumerate(self.rows))

    def present(self) -> npt.NDArray[np.intp]:
        """The positions with nonzero counts."""
        some = self.rows[0] != 0
        for row in self.rows[1:]:
            some |= row != 0
        return np.flatnonzero(some)

    def total(self) -> int:
        """The sum of all."""
        return sum(int(row.sum(dtype=np.uint64)) << BITS * i for i, row in enumerate(_limbs(self)))

    def cumulated(self) -> Counts:
        """For each position, the sum up to and including it."""
        total = self.total()
        if total < NARROW:
            return Counts((np.cumsum(self.rows[0] if len(self.rows) == 1 else _narrow(self.rows)),), total)
        rows = [np.cumsum(row, dtype=np.uint64) for row in _limbs(self)]
        return _settled(len(self), [(slice(None), rows)], _limbs_for(total))

    def times(self, factor: int) -> Counts:
        """All counts multiplied by a number of at least 1."""
        return self if factor == 1 else gathered(len(self), [(slice(None), self, factor)])

    def integers(self) -> npt.NDArray[Any]:
        """An array of whole numbers: 64 bits if they fit, otherwise Python integers."""
        if len(self.rows) == 1:
            return self.rows[0]
        found = np.zeros(len(self), object)
        for i, row in enumerate(self.rows):
            found += row.astype(object) << BITS * i
        return found


def gathered(size: int | tuple[int, ...], parts: Iterable[tuple[Where, Counts, int]]) -> Counts:
    """The sum of counts times factors, each with its target positions; the positions of one are distinct."""
    parts = list(parts)
    top = sum(counts.top * factor for _, counts, factor in parts)
    if top < NARROW:
        row = np.zeros(size, np.uint64)
        for where, counts, factor in parts:
            row[where] += counts.rows[0] if factor == 1 else counts.rows[0] * np.uint64(factor)
        return Counts((row,), int(row.max(initial=0)))
    limbs = [(where, _times(_limbs(counts), factor)) for where, counts, factor in parts]
    return _settled(size, limbs, _limbs_for(top))


def dot(one: Counts, other: Counts) -> int:
    """The sum of the products of counts at the same position."""
    found = 0
    for start in range(0, len(one), CHUNK):
        left, right = (_halves(counts[start : start + CHUNK]) for counts in (one, other))
        products = left.T @ right
        for i, j in np.ndindex(products.shape):
            found += int(products[i, j]) << 16 * (i + j)
    return found


def _limbs_for(top: int) -> int:
    return -(-top.bit_length() // BITS)


def _limbs(counts: Counts) -> list[Limb]:
    if len(counts.rows) > 1:
        return list(counts.rows)
    [row] = counts.rows
    return [row] if counts.top < 2**BITS else [row & MASK, row >> np.uint64(BITS)]


def _halves(counts: Counts) -> npt.NDArray[np.float64]:
    """A column for every 16 bits."""
    bits = counts.top.bit_length() if len(counts.rows) == 1 else BITS
    columns = [row >> row.dtype.type(low) & 0xFFFF for row in counts.rows for low in range(0, bits, 16)]
    return np.stack(columns or [counts.rows[0]], axis=1).astype(np.float64)


def _times(limbs: Sequence[Limb], factor: int) -> list[Limb]:
    """Limbs times a number, digit by digit; each result is below 2^32 times a small factor."""
    if factor == 1:
        return list(limbs)
    digits = []
    while factor:
        factor, digit = divmod(factor, 2**BITS)
        digits.append(np.uint64(digit))
    found = [np.zeros_like(limbs[0], np.uint64) for _ in range(len(limbs) + len(digits))]
    for i, limb in enumerate(limbs):
        for j, digit in enumerate(digits):
            product = limb.astype(np.uint64) * digit
            found[i + j] += product & MASK
            found[i + j + 1] += product >> np.uint64(BITS)
    return found


def _settled(size: int | tuple[int, ...], parts: Sequence[tuple[Where, Sequence[Limb]]], most: int) -> Counts:
    """The sum of the limbs of several counts, each with its target positions, with no more rows than needed. The sum
    has `most` limbs at most, so that those of a part beyond them are 0.

    Each limb is added, and its carry propagated, in one array that stays in the processor's cache."""
    carry = np.zeros(size, np.uint64)
    settled = []
    for place in range(most):
        for where, limbs in parts:
            if place < len(limbs):
                carry[where] += limbs[place]
        settled.append(carry.astype(np.uint32))  # the lower 32 bits
        carry >>= np.uint64(BITS)
    assert not carry.any()
    while len(settled) > 1 and not settled[-1].any():
        settled.pop()
    top = ((int(settled[-1].max(initial=0)) + 1) << BITS * (len(settled) - 1)) - 1
    if top < NARROW:
        row = _narrow(settled)
        return Counts((row,), int(row.max(initial=0)))
    return Counts(tuple(settled), top)


def _narrow(rows: Sequence[npt.NDArray[Any]]) -> Row:
    found: Row = rows[0].astype(np.uint64)
    for i, row in enumerate(rows[1:], 1):
        found |= row.astype(np.uint64) << np.uint64(BITS * i)
    return found
