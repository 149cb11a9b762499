"""Whether two choices, one of each space, are active under the same condition."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from itertools import product
from math import prod

from sqsem_dsl.ir.choices import Categorical, Choice, Conjunction, Domain
from sqsem_dsl.operators.row import Value

MAX_CASES = 4096
"""The limit of tried ways to set the choices of two conditions; beyond it, the conditions are compared as written."""

Key = tuple[type, Value]


class Conditions:
    """Compares conditions under a renaming, which may grow: `names` maps old paths to new ones."""

    def __init__(self, old: Iterable[Choice], new: Iterable[Choice]) -> None:
        self.old = {choice.path: choice for choice in old}
        self.new = {choice.path: choice for choice in new}
        self.names: dict[str, str] = {}
        self._before: dict[str, str] = {}

    def pair(self, old: str, new: str) -> None:
        """Records that an old path and a new one are the same choice."""
        self.names[old], self._before[new] = new, old

    def same(self, old: Choice, new: Choice) -> bool:
        """Whether the choices are active under the same conditions, for all values that both spaces have."""
        before = [self._cube(cube, self.names) for cube in old.when]
        after = [self._cube(cube, {}) for cube in new.when]
        if before == after:
            return True
        values = {path: self._values(path) for cube in (*before, *after) for path in cube}
        if prod(map(len, values.values())) > MAX_CASES:
            return self._written(before, values) == self._written(after, values)
        return all(
            _holds(before, case) == _holds(after, case)
            for case in (dict(zip(values, each, strict=True)) for each in product(*values.values()))
        )

    def _cube(self, cube: Conjunction, names: Mapping[str, str]) -> dict[str, frozenset[Key]]:
        return {names.get(path, path): frozenset(map(_key, allowed)) for path, allowed in cube}

    def _values(self, path: str) -> list[Key]:
        """The values that a choice has in both spaces, or in its only one. `path` is its new path, if any."""
        new, old = self.new.get(path), self.old.get(self._before.get(path, path))
        several = [choice for choice in (new, old) if choice is not None]
        lists = [[*map(_key, c.domain.values)] for c in several if isinstance(c.domain, Categorical)]
        return [value for value in lists[0] if all(value in other for other in lists)] if lists else []

    @staticmethod
    def _written(
        cubes: list[dict[str, frozenset[Key]]], values: Mapping[str, list[Key]]
    ) -> frozenset[frozenset[tuple[str, frozenset[Key]]]]:
        """Cubes restricted to these values, without entries that allow every value."""
        return frozenset(
            frozenset(
                (path, allowed & set(values[path])) for path, allowed in cube.items() if set(values[path]) - allowed
            )
            for cube in cubes
        )


def _holds(cubes: Iterable[Mapping[str, frozenset[Key]]], case: Mapping[str, Key]) -> bool:
    return any(all(case[path] in allowed for path, allowed in cube.items()) for cube in cubes)


def domain_key(domain: Domain) -> Hashable:
    """A key that is equal for domains with the same values in the same order; `true` and 1 differ."""
    return tuple(map(_key, domain.values)) if isinstance(domain, Categorical) else domain


def _key(value: Value) -> Key:
    return type(value), value
