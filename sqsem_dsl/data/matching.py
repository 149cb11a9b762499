"""Matching of samples from several sources by their ids."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sqsem_dsl.data.dataset import Indices
from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.errors_sources import NoIds, NoPartner, RepeatedId
from sqsem_dsl.diagnostics.source import NOWHERE

_FIRST_WORD = re.compile(r"(?<![^/])(?P<word>[A-Za-z]+)[_-](?=[^/]+$)")
_LAST_WORD = re.compile(r"(?<=[^/])[_-](?P<word>[A-Za-z]+)$")


@dataclass(frozen=True)
class Ids:
    """The ids of a source's samples, one entry per sample."""

    stems: tuple[str, ...]
    paths: tuple[str, ...]
    """With their folders; equal to the stems for ids that are not paths."""
    places: tuple[str, ...]
    """The position of each: the file, or the line."""


def matched(sources: Mapping[str, Ids | None]) -> dict[str, Indices | None]:
    """For each source the positions that put it into the order of the first; None if the order does not change.

    Ids are those of `names_of`. Sources without any ids keep their order. Raises DataError for duplicate ids, samples
    without a match, and sources without ids if others have ids.
    """
    known = {source: ids for source, ids in sources.items() if ids is not None}
    if len(sources) == 1 or not known:
        return dict.fromkeys(sources)
    if len(known) < len(sources):
        raise DataError([NoIds(NOWHERE, tuple(s for s in sources if s not in known), tuple(known))])
    names = names_of(known)
    repeated = [found for source, ids in known.items() if (found := repetition(source, ids, names[source]))]
    if repeated:
        raise DataError(repeated)
    first, *others = known
    lacking = [
        NoPartner(NOWHERE, one, other, missing, len(names[one]))
        for later in others
        for one, other in ((first, later), (later, first))
        if (missing := _without(names[one], names[other]))
    ]
    if lacking:
        raise DataError(lacking)
    order: dict[str, Indices | None] = {first: None}
    for source in others:
        positions = {name: at for at, name in enumerate(names[source])}
        order[source] = np.array([positions[name] for name in names[first]], np.intp)
    return order


def names_of(sources: Mapping[str, Ids]) -> dict[str, tuple[str, ...]]:
    """The names by which samples are matched: stems if they are unique in every source, else paths.

    If they differ, a word that all names of a source begin or end with is left out where the rest makes them equal.

    >>> several = {"photos": ("01", "02"), "masks": ("01_mask", "02_mask")}
    >>> names_of({source: Ids(names, names, names) for source, names in several.items()})["masks"]
    ('01', '02')
    """
    by_stem = all(len(set(ids.stems)) == len(ids.stems) for ids in sources.values())
    names = {source: ids.stems if by_stem else ids.paths for source, ids in sources.items()}
    forms = {source: _forms(each) for source, each in names.items()}
    for wanted in map(set, next(iter(forms.values()))):
        fit = {source: [each for each in some if set(each) == wanted] for source, some in forms.items()}
        if all(fit.values()):
            return {source: some[0] for source, some in fit.items()}
    return names


def _forms(names: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The names, and the names without a word that all of them begin or end with: `mask_01`, `01-mask`."""
    forms = [names]
    for word in (_FIRST_WORD, _LAST_WORD):
        found = [word.search(name) for name in names]
        if len({match and match["word"] for match in found}) == 1 and found[0] is not None:
            forms += [tuple(word.sub("", name) for name in form) for form in forms]
    return forms


def repetition(source: str, ids: Ids, names: tuple[str, ...]) -> RepeatedId | None:
    """The first id that occurs more than once."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            places = tuple(place for place, other in zip(ids.places, names, strict=True) if other == name)
            return RepeatedId(NOWHERE, source, name, places[:4])
        seen.add(name)
    return None


def _without(names: tuple[str, ...], partners: tuple[str, ...]) -> tuple[str, ...]:
    there = set(partners)
    return tuple(name for name in names if name not in there)
