"""Sources for single inputs and outputs, combined sample by sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from sqsem_dsl.data.arrays import canonical
from sqsem_dsl.data.columns import Columns
from sqsem_dsl.data.dataset import Array, Held, Indices, Loaded, Part, take
from sqsem_dsl.data.errors import DataError, UnequalLengths
from sqsem_dsl.data.errors_sets import SecondSet
from sqsem_dsl.data.errors_sources import LabelsDisagree, NoLabels
from sqsem_dsl.data.masks import unequal_sizes
from sqsem_dsl.data.matching import Ids, matched
from sqsem_dsl.data.named import Named, of_each, tried
from sqsem_dsl.data.open_source import base_name
from sqsem_dsl.data.sets import divide
from sqsem_dsl.data.source import Claim, Opened
from sqsem_dsl.data.table import Table
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.settings.metrics import OutputFact


def load_named(
    named: Named,
    classes: Mapping[str, tuple[str, ...]] | None = None,
    known: Mapping[str, Columns] | None = None,
    divided: bool = True,
) -> Loaded:
    """The data of opened sources. `classes` are the class names of outputs in all sets, if there are several; `known`
    are the columns of inputs in other data, with which these are encoded alike.

    Samples of several sources are matched by their ids, in the order of the first input's source. Labels come from
    the outputs' own sources and from all columns with their names; if one output has none, from class folders. Sets
    come from the folders of images, unless the data stay undivided. Raises DataError with all problems of the match, or
    of the matched data.
    """
    sources, inputs, outputs, weight = named.sources, named.inputs, named.outputs, named.options.weight
    opened = {word: replace(one, known=known or {}) for word, one in named.opened.items()}
    found: list[Diagnostic] = []
    samples = tried(found, lambda: of_each(inputs, lambda name: opened[sources[name]].input(name)))
    claims, by_class = tried(found, lambda: _claims(sources, opened, outputs, classes or {})) or (None, False)
    weights = tried(found, lambda: of_each(opened, lambda word: opened[word].weights()))
    ids = tried(found, lambda: of_each(opened, lambda word: opened[word].ids()))
    used = [word for word in opened if any(sources.get(name) == word for name in inputs)]
    others = {word for each in claims.values() for word in each} if claims is not None else set(sources.values())
    others |= {word for word, array in (weights or {}).items() if array is not None}
    used += [word for word in opened if word not in used and word in others]
    order = None if ids is None else tried(found, lambda: matched({word: ids[word] for word in used}))
    if ids is not None and claims is not None and not found:
        found += _unequal_sizes(sources, opened, ids, inputs, outputs)
    if samples is None or claims is None or weights is None or ids is None or order is None or found:
        raise DataError(found)
    columns = {name: given.columns for name, given in samples.items() if given.columns is not None}
    encoded = {name: each for name, each in columns.items() if not each.plain}
    arrays: dict[str, Held] = {name: _put(given.held, order[sources[name]]) for name, given in samples.items()}
    for word, array in weights.items():
        if array is not None and weight is not None:
            arrays.setdefault(weight, _put(array, order[word]))
    first = ids[used[0]]
    names: dict[str, tuple[str, ...]] = {}
    labeled: dict[str, tuple[str, ...]] = {}
    for name, each in claims.items():
        ordered = {word: _ordered(claim, order[word]) for word, claim in each.items()}
        _check_agreement(name, outputs[name], ordered, first)
        arrays[name] = next(iter(ordered.values())).values
        own = next((claim.classes for claim in ordered.values() if claim.classes), ())
        if own:
            names[name] = own
        own = next((claim.columns for claim in ordered.values() if claim.columns), ())
        if own:
            labeled[name] = own
    title = " + ".join(base_name(word) for word in used)
    shapes = {name: (len(encoded[name].each),) if name in encoded else shape for name, shape in inputs.items()}
    part: Part = canonical(title, shapes, outputs, arrays, tuple(encoded), weight)
    if first is not None:
        placed = order[used[0]]
        part = replace(part, ids=first.paths if placed is None else tuple(first.paths[at] for at in placed))
    groups = [_texts(word, opened[word].groups(by_class), order[word], part) for word in used]
    grouped = next((one for one in groups if one is not None), None)
    loaded = Loaded(title, part, names, groups=grouped, columns=columns, label_columns=labeled)
    if not divided:
        return loaded
    sets = [_texts(word, opened[word].sets(), order[word], part) for word in used]
    several = dict.fromkeys(one for one in sets if one is not None)
    if len(several) > 1:
        raise DataError([SecondSet(NOWHERE, title, "has folders that put the same sample into different sets")])
    return divide(loaded, next(iter(several))) if several else loaded


def _texts(word: str, each: tuple[str, ...] | None, order: Indices | None, part: Part) -> tuple[str, ...] | None:
    """A text of each sample of a source, in the order of the samples. Raises DataError for another number."""
    if each is None:
        return None
    if len(each) != len(part):
        raise DataError([UnequalLengths(NOWHERE, ((word, len(each)), ("samples", len(part))))])
    return each if order is None else tuple(each[at] for at in order)


def _claims(
    sources: Mapping[str, str],
    opened: Mapping[str, Opened],
    outputs: Mapping[str, OutputFact],
    classes: Mapping[str, tuple[str, ...]],
) -> tuple[dict[str, dict[str, Claim]], bool]:
    """For each output the labels of each source that has some, by source; and whether folders are classes."""

    def claims_of(name: str) -> dict[str, Claim]:
        own, names = sources.get(name), classes.get(name, ())
        ranked = sorted(opened, key=lambda word: word != own)  # its own source first
        return {word: claim for word in ranked if (claim := opened[word].claim(name, names)) is not None}

    claims = of_each(outputs, claims_of)
    silent = [name for name, found in claims.items() if not found]
    by_class = len(silent) == 1
    if by_class:
        name = silent[0]
        by_folders = of_each(opened, lambda word: opened[word].claim_by_folders(name, classes.get(name, ())))
        claims[name] = {word: claim for word, claim in by_folders.items() if claim is not None}
    silent = [name for name, found in claims.items() if not found]
    if silent:
        tables = [one.content for one in opened.values() if isinstance(one.content, Table)]
        columns = tuple(dict.fromkeys(column for table in tables for column in table.header))
        raise DataError(NoLabels(NOWHERE, name, tuple(opened), columns) for name in silent)
    return claims, by_class


def _check_agreement(name: str, fact: OutputFact, claims: Mapping[str, Claim], ids: Ids | None) -> None:
    """Raises DataError if two sources label a sample differently."""
    (first, one), *others = claims.items()
    for second, other in others:
        labels = [
            canonical(word, {}, {name: fact}, {name: claim.values}).labels[name][:]
            for word, claim in ((first, one), (second, other))
        ]
        if len(labels[0]) != len(labels[1]):  # sources without ids
            raise DataError([UnequalLengths(NOWHERE, ((first, len(labels[0])), (second, len(labels[1]))))])
        differing = np.flatnonzero((labels[0] != labels[1]).reshape(len(labels[0]), -1).any(axis=1))
        if len(differing):
            at = int(differing[0])
            sample = ids.paths[at] if ids is not None else str(at)
            written = (_written(one, labels[0], at), _written(other, labels[1], at))
            raise DataError([LabelsDisagree(NOWHERE, name, sample, (first, second), written, len(differing))])


def _written(claim: Claim, labels: Array, at: int) -> str:
    return f"`{claim.written[at]}`" if claim.written is not None else str(labels[at].tolist())


def _ordered(claim: Claim, order: Indices | None) -> Claim:
    if order is None:
        return claim
    written = None if claim.written is None else tuple(claim.written[at] for at in order)
    return replace(claim, values=take(claim.values, order), written=written)


def _put(held: Held, order: Indices | None) -> Held:
    return held if order is None else take(held, order)


def _unequal_sizes(
    sources: Mapping[str, str],
    opened: Mapping[str, Opened],
    ids: Mapping[str, Ids | None],
    inputs: Mapping[str, tuple[int, ...]],
    outputs: Mapping[str, OutputFact],
) -> list[Diagnostic]:
    """A diagnostic for each output whose masks differ in size from their photos: those of the first input of images
    with the output's height and width, else of the first input of images.
    """
    found: list[Diagnostic] = []
    photos = [name for name in inputs if opened[sources[name]].folder(name) is not None]
    for name, fact in outputs.items():
        given = [word for word in opened if opened[word].folder(name) is not None]
        if not given or not photos or fact.ending is None or len(fact.shape) < 3:
            continue
        photo, word = min(photos, key=lambda input: inputs[input][:2] != fact.shape[:2]), given[0]
        left, right = opened[sources[photo]].folder(photo), opened[word].folder(name)
        if left is not None and right is not None and left != right:
            found += unequal_sizes((left, ids[sources[photo]]), (right, ids[word]))
    return found
