"""What became of the choices, family by family."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator

from sqsem_dsl.compare.changes import (
    ChoiceAdded,
    ChoiceChange,
    ChoiceRemoved,
    ChoiceRenamed,
    ConditionChanged,
    DomainChanged,
    KindChanged,
)
from sqsem_dsl.compare.conditions import domain_key
from sqsem_dsl.compare.families import families, pattern
from sqsem_dsl.compare.matching import Matching, of_network
from sqsem_dsl.ir.choices import Choice
from sqsem_dsl.space.space import Space

Pairs = Iterable[tuple[Choice, Choice]]
Same = tuple[tuple[Choice, ...], tuple[Choice, ...]]


def choice_changes(old: Space, new: Space, matching: Matching) -> Iterator[ChoiceChange]:
    """The changes of the networks' choices: renamed, removed and added ones, then kinds, domains and conditions."""
    names = matching.names
    known = set(names.values())
    for pair in matching.renamed:
        before, after = zip(*pair.choices, strict=True)
        yield ChoiceRenamed(before, after, pair.sure)
    for family in families(choice for choice in of_network(old) if choice.path not in names).values():
        yield ChoiceRemoved(family.choices)
    for family in families(choice for choice in of_network(new) if choice.path not in known).values():
        yield ChoiceAdded(family.choices)
    pairs = [each for pair in (*matching.kept, *matching.renamed) for each in pair.choices]
    for before, after in _grouped((one, other) for one, other in pairs if one.kind != other.kind):
        yield KindChanged(before, after)
    for before, after in _grouped((a, b) for a, b in pairs if domain_key(a.domain) != domain_key(b.domain)):
        yield DomainChanged(before, after)
    for before, after in _grouped((a, b) for a, b in pairs if not matching.conditions.same(a, b)):
        yield ConditionChanged(before, after)


def _grouped(pairs: Pairs) -> Iterator[Same]:
    """Choices of one family to which the same happened."""
    groups: dict[Hashable, list[tuple[Choice, Choice]]] = {}
    for one, other in pairs:
        key = (pattern(one.path), one.kind, other.kind, domain_key(one.domain), domain_key(other.domain))
        groups.setdefault(key, []).append((one, other))
    for group in groups.values():
        before, after = zip(*group, strict=True)
        yield before, after
