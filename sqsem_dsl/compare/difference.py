"""The effect of an edit of a spec on its space: `diff(old, new)` returns all differences as data.

| module | finds |
| --- | --- |
| `matching`, `families`, `conditions` | the matching choices, and whether their conditions are equal |
| `choices`, `statements`, `network` | the changes of choices, statements and settings, and of one network |
| `subsumption` | a proof that one space has every architecture of the other |
| `translate`, `architectures` | an architecture in the other space, and the number of shared ones |
| `validity` | the trials of a search that are still trials of the new space |
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqsem_dsl.compare.architectures import Watch, census, estimate, proved
from sqsem_dsl.compare.changes import (
    ALL,
    Altered,
    Census,
    ChoiceAdded,
    ChoiceChange,
    ChoiceRemoved,
    ChoiceRenamed,
    ConditionChanged,
    DomainChanged,
    Estimate,
    KindChanged,
    LayerChange,
    PriorChanged,
)
from sqsem_dsl.compare.conditions import domain_key
from sqsem_dsl.compare.families import families
from sqsem_dsl.compare.matching import Matching, match, of_network
from sqsem_dsl.compare.network import layer_changes
from sqsem_dsl.compare.statements import alterations
from sqsem_dsl.ir.choices import Choice
from sqsem_dsl.ir.draws import show_prior
from sqsem_dsl.space.space import Space

Pairs = Iterable[tuple[Choice, Choice]]
Same = tuple[tuple[Choice, ...], tuple[Choice, ...]]


def choice_changes(old: Space, new: Space, matching: Matching) -> Iterator[ChoiceChange]:
    """The changes of the networks' choices: renamed, removed and added ones, then kinds, domains, priors and
    conditions."""
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
    for before, after in _grouped((a, b) for a, b in pairs if _prior(a) != _prior(b)):
        yield PriorChanged(before, after)
    for before, after in _grouped((a, b) for a, b in pairs if not matching.conditions.same(a, b)):
        yield ConditionChanged(before, after)


def _prior(choice: Choice) -> str:
    """As it is written: with other values, the same prior has other probabilities."""
    return show_prior(choice.domain, choice.prior)


def _grouped(pairs: Pairs) -> Iterator[Same]:
    """Choices of one family that changed in the same way."""
    groups: dict[Hashable, list[tuple[Choice, Choice]]] = {}
    for one, other in pairs:
        domains = domain_key(one.domain), domain_key(other.domain)
        key = (one.at.family, one.kind, other.kind, domains, _prior(one), _prior(other))
        groups.setdefault(key, []).append((one, other))
    for group in groups.values():
        before, after = zip(*group, strict=True)
        yield before, after


ENUMERATED = 2_000
"""Spaces of at most this many assignments are checked completely; larger ones are sampled."""
SAMPLES = 200


@dataclass(frozen=True)
class Difference:
    """All differences between two spaces."""

    old: Space
    new: Space
    choices: tuple[ChoiceChange, ...]
    """Choices of the networks; those of `train` are part of the settings."""
    altered: tuple[Altered, ...]
    default: tuple[LayerChange, ...]
    """The differences of the default architectures."""
    architectures: Census | Estimate
    names: Mapping[str, str]
    """The new path of each choice that is in both spaces, by its old path."""

    @property
    def written(self) -> bool:
        """Whether the text or the default architecture differs."""
        return bool(self.choices or self.altered or self.default)

    @property
    def same(self) -> bool:
        """Whether nothing differs: not the text and, provably, not the architectures."""
        match self.architectures:
            case Census(kept=kept, old=old, new=new):
                return kept == old == new and not self.written
            case Estimate(kept=there, known=known):
                return there == known == ALL and not self.written


def diff(
    old: Space,
    new: Space,
    *,
    enumerate: int = ENUMERATED,
    samples: int = SAMPLES,
    seed: int = 0,
    watch: Watch = lambda done, every: None,
) -> Difference:
    """Compares two spaces.

    If it is not proved that both have the same architectures, these are counted by id if both have at most `enumerate`
    assignments, and otherwise estimated from `samples` assignments of each. `watch` receives the progress.
    """
    matching = match(old, new)
    names = matching.names
    small = all(space.count is not None and space.count <= enumerate for space in (old, new))
    certain = proved(old, new, names)
    listed = small and None in (certain.kept, certain.known)
    return Difference(
        old,
        new,
        tuple(choice_changes(old, new, matching)),
        tuple(alterations(old, new, names)),
        layer_changes(old.default(), new.default()),
        census(old, new, names, watch) if listed else estimate(certain, old, new, names, samples, seed, watch),
        names,
    )
