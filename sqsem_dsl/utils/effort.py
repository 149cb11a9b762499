"""Limits on the work of a computation: counted, not timed, so that a text has the same result on every machine.

A `Level` scales the limits of a whole analysis. Steps take time and states take memory, so that they are scaled apart:
a result that a level finds does not depend on the machine, only how long it takes does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

LevelName = Literal["quick", "normal", "thorough"]
LEVEL_NAMES: tuple[LevelName, ...] = get_args(LevelName)


@dataclass(frozen=True, slots=True)
class Level:
    """How much work an analysis may do: the limits of `normal`, scaled."""

    name: LevelName
    time: float
    """The factor of limits that stand for time: steps, additions, networks."""
    memory: float
    """The factor of limits that stand for memory: states, edges, pairs, tables."""

    def steps(self, most: int) -> int:
        """A limit of steps at this level."""
        return round(most * self.time)

    def stored(self, most: int) -> int:
        """A limit of stored things at this level."""
        return round(most * self.memory)

    @property
    def more_steps(self) -> str:
        """The remedy where too many steps end an analysis, in brackets after a space; empty if no level allows more."""
        return self._more(self.time, THOROUGH.time)

    @property
    def more_stored(self) -> str:
        """The same where too much is stored."""
        return self._more(self.memory, THOROUGH.memory)

    def _more(self, mine: float, most: float) -> str:
        return "" if mine >= most else f" (`--effort {THOROUGH.name}` allows {most / mine:g} times as many)"


NORMAL = Level("normal", 1, 1)
THOROUGH = Level("thorough", 20, 4)
LEVELS: Mapping[str, Level] = {level.name: level for level in (Level("quick", 0.1, 0.25), NORMAL, THOROUGH)}


def level_of(name: str) -> Level:
    """The level of a name. Raises ValueError for another."""
    if name not in LEVELS:
        raise ValueError(f"effort is one of {', '.join(map(repr, LEVELS))}, not {name!r}")
    return LEVELS[name]


class Exhausted(Exception):
    """No steps are left. The message gives the limit."""

    def __init__(self, most: int) -> None:
        super().__init__(f"it takes more than {most:,} steps")


class Effort:
    """The remaining work of a computation, in steps; the caller defines a step."""

    def __init__(self, most: int) -> None:
        self.most = self.left = most

    def spend(self, steps: int) -> None:
        """Count steps before they are done. Raises `Exhausted`."""
        self.left -= steps
        if self.left < 0:
            raise Exhausted(self.most)
