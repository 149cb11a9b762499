"""A shuffled order of the numbers below a count, of which any part can be computed without the rest: samples without
replacement from 10^20, and shares of them for several workers.

The order is a keyed permutation: a Feistel network on pairs (x // b, x % b) with addition modulo a and b in place of
exclusive or, walked along its cycles until it is below the count again. Sources: J. Black and P. Rogaway, "Ciphers with
arbitrary finite domains", CT-RSA 2002; M. Bellare, P. Rogaway and T. Spies, "The FFX mode of operation", NIST, 2010.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from hashlib import blake2b
from math import isqrt

ROUNDS = 10
FEW = 2_048
"""Below this count the order is a plain shuffle: a Feistel network on so few numbers is far from a random order."""


class Permutation:
    """The numbers 0 .. count - 1 in an order determined by the seed: `permutation[i]` is the i-th of them."""

    def __init__(self, count: int, seed: int = 0) -> None:
        if count < 0:
            raise ValueError(f"a count is not negative: {count}")
        self.count, self.seed = count, seed
        self._low = isqrt(count - 1) + 1 if count else 1
        self._high = -(-count // self._low)
        self._width = 8 + (self._low.bit_length() + 7) // 8
        """Bytes of a round's number: eight more than needed, so that its remainders are practically uniform."""
        self._keys = [f"{seed}:{turn}".encode() for turn in range(ROUNDS)]
        self._listed: list[int] | None = None
        if count <= FEW:
            self._listed = list(range(count))
            random.Random(seed).shuffle(self._listed)

    def __getitem__(self, index: int) -> int:
        """Raises IndexError for an index outside 0 .. count - 1."""
        if not 0 <= index < self.count:
            raise IndexError(f"{index} is not among the first {self.count}")
        if self._listed is not None:
            return self._listed[index]
        while (index := self._once(index)) >= self.count:
            pass
        return index

    def __iter__(self) -> Iterator[int]:
        index = 0
        while index < self.count:
            yield self[index]
            index += 1

    def position(self, number: int) -> int:
        """The index of a number. Raises IndexError for a number outside 0 .. count - 1."""
        if not 0 <= number < self.count:
            raise IndexError(f"{number} is not among the first {self.count}")
        if self._listed is not None:
            return self._listed.index(number)
        while (number := self._once(number, back=True)) >= self.count:
            pass
        return number

    def _once(self, number: int, back: bool = False) -> int:
        """The permutation of the numbers below high * low; its result may not be below the count."""
        high, low = divmod(number, self._low)
        for turn in reversed(range(ROUNDS)) if back else range(ROUNDS):
            if turn % 2:
                shift = self._number(turn, high)
                low = (low - shift if back else low + shift) % self._low
            else:
                shift = self._number(turn, low)
                high = (high - shift if back else high + shift) % self._high
        return high * self._low + low

    def _number(self, turn: int, half: int) -> int:
        key = self._keys[turn]
        data = half.to_bytes(self._width, "little")
        found = b""
        while len(found) < self._width:
            found += blake2b(data + key + len(found).to_bytes(4, "little"), digest_size=32).digest()
        return int.from_bytes(found[: self._width], "little")


def shard(count: int, part: int, parts: int, interleaved: bool = False) -> range:
    """The numbers below a count for one of several workers, 0 <= part < parts: a contiguous range, or with
    `interleaved` every parts-th. The shares are disjoint and complete, and their lengths differ by at most one.

    Raises ValueError if there is no such part.
    """
    if not 0 <= part < parts:
        raise ValueError(f"there is no part {part} of {parts}: parts are numbered from 0")
    if interleaved:
        return range(part, count, parts)
    return range(count * part // parts, count * (part + 1) // parts)
