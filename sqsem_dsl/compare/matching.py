"""Matches the choices of two spaces: by the same path, or by another path for a choice that looks the same.

Choices with different paths match if kind, domain and condition are the same. A match is certain if there is no
alternative: no other choice of either space fits, it lies between the same choices, has as many iterations, and the
structures it controls use the same operators.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqsem_dsl.compare.conditions import Conditions, domain_key
from sqsem_dsl.compare.families import Family, families
from sqsem_dsl.ir.children import children
from sqsem_dsl.ir.choices import Choice
from sqsem_dsl.ir.graph import (
    Apply,
    Draw,
    FixedArg,
    Graph,
    If,
    ItemId,
    Loop,
    Merge,
    Op,
    OptionalArg,
    Residual,
    SubsetArg,
    Switch,
    Tally,
)
from sqsem_dsl.ir.path import Path
from sqsem_dsl.space.space import Space

Use = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """A family of the old space and the matching one of the new space."""

    old: Family
    new: Family
    sure: bool

    @property
    def choices(self) -> Iterator[tuple[Choice, Choice]]:
        """The choices that are in both, by their indices."""
        for index, choice in self.old.by_index.items():
            if index in self.new.by_index:
                yield choice, self.new.by_index[index]


@dataclass(frozen=True)
class Matching:
    """`kept` have the same path in both spaces, `renamed` have different ones."""

    kept: tuple[Pair, ...]
    renamed: tuple[Pair, ...]
    conditions: Conditions

    @property
    def names(self) -> Mapping[str, str]:
        """The new path of each old choice that is in both spaces, including those of `train`."""
        return self.conditions.names


def match(old: Space, new: Space) -> Matching:
    """Pairs the choices of two spaces. Choices of `train` are named by their setting and match only by path."""
    before, after = families(of_network(old)), families(of_network(new))
    conditions = Conditions(old.choices, new.choices)
    for path in conditions.old.keys() & conditions.new.keys():
        conditions.pair(path, path)
    kept = tuple(Pair(before[name], after[name], True) for name in before if name in after)
    search = _Search(_Side(before, old.graph), _Side(after, new.graph), conditions)
    return Matching(kept, tuple(search.renamed()), conditions)


def of_network(space: Space) -> Iterator[Choice]:
    """The choices of a space except those of `train`."""
    return (choice for choice in space.choices if choice.section == "architecture")


class _Side:
    """One of the two spaces."""

    def __init__(self, known: Mapping[Path, Family], graph: Graph) -> None:
        self.families = known
        self.order = list(known)
        self._uses = uses(graph)

    def uses(self, choice: Choice) -> frozenset[Use]:
        return self._uses.get(choice.path, frozenset())


class _Search:
    """Finds new names for families whose path no longer exists, in draw order, so that parents come before children."""

    def __init__(self, old: _Side, new: _Side, conditions: Conditions) -> None:
        self.old, self.new, self.conditions = old, new, conditions
        self.gone = [f for name, f in old.families.items() if name not in new.families]
        self.fresh = [f for name, f in new.families.items() if name not in old.families]
        self.became = {name: name for name in old.families if name in new.families}

    def renamed(self) -> Iterator[Pair]:
        waiting = list(self.fresh)
        for at, family in enumerate(self.gone):
            fitting = [other for other in self.fresh if self._fits(family, other)]
            free = [other for other in fitting if other in waiting]
            if not free:
                continue
            best = max(free, key=lambda other: self._likeness(family, other))
            rivals = [other for other in self.gone if other is not family and self._fits(other, best)]
            if any(other in rivals for other in self.gone[at + 1 :]) and not self._alike(family, best):
                continue  # more likely one of those
            sure = len(fitting) == 1 and not rivals and self._certain(family, best)
            waiting.remove(best)
            self.became[family.path] = best.path
            pair = Pair(family, best, sure)
            for one, other in pair.choices:
                self.conditions.pair(one.path, other.path)
            yield pair

    def _fits(self, old: Family, new: Family) -> bool:
        """Whether two families may match: common indices must be the same choice."""
        pairs = [*Pair(old, new, False).choices]
        return bool(pairs) and all(
            one.kind == other.kind
            and domain_key(one.domain) == domain_key(other.domain)
            and self.conditions.same(one, other)
            for one, other in pairs
        )

    def _certain(self, old: Family, new: Family) -> bool:
        return old.by_index.keys() == new.by_index.keys() and self._alike(old, new) and self._placed(old, new)

    def _alike(self, old: Family, new: Family) -> bool:
        """Whether the choices control the same things."""
        return all(self.old.uses(a) == self.new.uses(b) for a, b in Pair(old, new, False).choices)

    def _placed(self, old: Family, new: Family) -> bool:
        """Whether the nearest matched choices before and after are the same."""
        back = {after: before for before, after in self.became.items()}
        here, there = self.old.order.index(old.path), self.new.order.index(new.path)
        before = _nearest(reversed(self.old.order[:here]), self.became)
        after = _nearest(self.old.order[here + 1 :], self.became)
        return (before, after) == (
            _nearest(reversed(self.new.order[:there]), back, itself=True),
            _nearest(self.new.order[there + 1 :], back, itself=True),
        )

    def _likeness(self, old: Family, new: Family) -> tuple[bool, bool, int]:
        """The score of a family among several that fit: what it controls, its position, its name."""
        parts = Counter(old.path.parts) & Counter(new.path.parts)
        return self._alike(old, new), self._placed(old, new), parts.total()


def _nearest(names: Iterable[Path], known: Mapping[Path, Path], itself: bool = False) -> Path | None:
    """The first name that is known, as the other space calls it, or unchanged."""
    return next((name if itself else known[name] for name in names if name in known), None)


# ---- effects of a choice


def uses(graph: Graph) -> dict[str, frozenset[Use]]:
    """For each path, the readers of its choice: operators with the argument, structures with their operators."""
    found: dict[str, set[Use]] = {}
    paths = {i: graph.choices[item.choice].path for i, item in enumerate(graph.items) if isinstance(item, Draw)}

    def read(item: ItemId, use: Use) -> None:
        if item in paths:
            found.setdefault(paths[item], set()).add(use)

    for item in graph.items:
        match item:
            case Op(row=row, attributes=attributes):
                for name, value in attributes:
                    read(value, ("op", row.name, name))
            case Apply(function=function, arguments=arguments):
                for argument in arguments:
                    read(argument, ("apply", function))
            case Tally(terms=terms):
                for term in terms:
                    read(term, ("tally",))
            case If(test=test):
                read(test, ("if",))
            case Switch(of=of, test=test, cases=cases):
                read(test, ("switch", _made_of(graph, [case for _, case in cases], of)))
            case Loop(steps=steps, count=count):
                read(count, ("loop", _made_of(graph, steps[1:2], steps[0])))
            case Residual(of=of, mode=mode, body=body):
                read(mode, ("bypass", _made_of(graph, [body], of)))
            case Merge(parts=parts, how=how, axis=axis):
                read(how, ("how", len(parts)))
                if axis is not None:
                    read(axis, ("axis", len(parts)))
                for part in parts:
                    match part:
                        case OptionalArg(test=test, node=node):
                            read(test, ("optional", _made_of(graph, [node], None)))
                        case SubsetArg(chosen=chosen, alternatives=alternatives):
                            read(chosen, ("pick", _made_of(graph, [node for _, node in alternatives], None)))
                        case FixedArg():
                            pass
            case _:
                pass
    return {path: frozenset(several) for path, several in found.items()}


def _made_of(graph: Graph, roots: Sequence[ItemId], of: ItemId | None) -> tuple[tuple[str, int], ...]:
    """The operators between the input tensor and the roots, with their counts."""
    counted: Counter[str] = Counter()
    pending, seen = list(roots), set(roots) | ({of} if of is not None else set())
    pending = [root for root in pending if root != of]
    while pending:
        item = graph.items[pending.pop()]
        if isinstance(item, Op):
            counted[item.row.name] += 1
        for child in children(item):
            if child not in seen:
                seen.add(child)
                pending.append(child)
    return tuple(sorted(counted.items()))
