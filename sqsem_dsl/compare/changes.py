"""The possible differences between two spaces, as data. The wording is in `report.difference`.

Changes of choices hold all choices of a family (`families`) that changed in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqsem_dsl.ir.choices import Categorical, Choice, show
from sqsem_dsl.network.layers import Layer
from sqsem_dsl.operators.row import Value

# ---- choices


@dataclass(frozen=True, slots=True)
class ChoiceAdded:
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class ChoiceRemoved:
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class ChoiceRenamed:
    """The same choices with other paths; not `sure` if there are other possible matches."""

    old: tuple[Choice, ...]
    new: tuple[Choice, ...]
    sure: bool


@dataclass(frozen=True, slots=True)
class KindChanged:
    """A path that is now another kind of choice: a `slot` that was a `param`."""

    old: tuple[Choice, ...]
    new: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class DomainChanged:
    old: tuple[Choice, ...]
    new: tuple[Choice, ...]

    @property
    def added(self) -> tuple[Value, ...]:
        """Values that only the new domain has; empty if one of the two is continuous."""
        return _only(self.new[0], self.old[0])

    @property
    def removed(self) -> tuple[Value, ...]:
        return _only(self.old[0], self.new[0])

    @property
    def default(self) -> tuple[Value, Value] | None:
        """The old and new defaults, if they differ."""
        old, new = self.old[0].default, self.new[0].default
        return None if show(old) == show(new) else (old, new)

    @property
    def reordered(self) -> bool:
        """Whether the common values have another order, so that assignments have other numbers."""
        match self.old[0].domain, self.new[0].domain:
            case Categorical(values=old), Categorical(values=new):
                before, after = [*map(show, old)], [*map(show, new)]
                return [v for v in before if v in after] != [v for v in after if v in before]
            case _:
                return False


@dataclass(frozen=True, slots=True)
class PriorChanged:
    """Choices that samplers draw differently, with the same values."""

    old: tuple[Choice, ...]
    new: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class ConditionChanged:
    """Choices that are active under another condition, as far as the values that both spaces have show."""

    old: tuple[Choice, ...]
    new: tuple[Choice, ...]


ChoiceChange = (
    ChoiceAdded | ChoiceRemoved | ChoiceRenamed | KindChanged | DomainChanged | PriorChanged | ConditionChanged
)


def _only(here: Choice, there: Choice) -> tuple[Value, ...]:
    match here.domain, there.domain:
        case Categorical(values=values), Categorical():
            return tuple(value for value in values if not there.admits(value))
        case _:
            return ()


# ---- everything else


What = Literal["input", "output", "rule", "budget", "train", "search"]


@dataclass(frozen=True, slots=True)
class Altered:
    """A statement or a setting: its old and new text; None if it is absent."""

    what: What
    name: str
    """The name of an input, an output or a setting; empty for rules and budgets."""
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class LayerChange:
    """A layer that only one of two networks has, or whose attributes differ."""

    old: Layer | None
    new: Layer | None

    @property
    def attributes(self) -> tuple[tuple[str, Value, Value], ...]:
        """Name, old and new value of each difference, for a layer in both."""
        if self.old is None or self.new is None:
            return ()
        old, new = self.old.attributes, self.new.attributes
        names = (*old, *(name for name in new if name not in old))
        return tuple((n, old.get(n), new.get(n)) for n in names if show(old.get(n)) != show(new.get(n)))


# ---- architectures


@dataclass(frozen=True, slots=True)
class Census:
    """All different architectures within rules and budgets, by their ids.

    If `held`, continuous choices had a fixed value, one that both spaces have if possible.
    """

    old: int
    new: int
    kept: int
    held: bool

    @property
    def gained(self) -> int:
        return self.new - self.kept

    @property
    def lost(self) -> int:
        return self.old - self.kept


Z = 1.959964
"""The normal distribution's 97.5 % quantile."""


@dataclass(frozen=True, slots=True)
class Share:
    """The fraction of a space's assignments whose architecture is in the other space: all, none, or found for `hits` of
    `samples` random ones.

    If it is not `proved`, it is a lower bound: an architecture was looked up under its own choices only, and may be
    elsewhere.
    """

    hits: int
    samples: int
    proved: bool = False
    whole: bool = False
    """Whether these are all assignments within rules and budgets: then nothing is random."""

    @property
    def value(self) -> float:
        return self.hits / self.samples

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval (E. B. Wilson, J. Am. Stat. Assoc. 22, 1927)."""
        if self.proved or self.whole:
            return self.value, self.value
        n, p, z2 = self.samples, self.value, Z * Z
        middle = (p + z2 / (2 * n)) / (1 + z2 / n)
        half = Z / (1 + z2 / n) * (p * (1 - p) / n + z2 / (4 * n * n)) ** 0.5
        return max(0.0, middle - half), min(1.0, middle + half)


ALL, NONE = Share(1, 1, proved=True), Share(0, 1, proved=True)


@dataclass(frozen=True, slots=True)
class Estimate:
    """The shares of spaces that are too large to enumerate: of the old one's assignments in the new one, and vice
    versa.

    None if no assignment within the budgets was found.
    """

    kept: Share | None
    known: Share | None
