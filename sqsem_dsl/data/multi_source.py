"""Sources for single inputs and outputs, combined sample by sample."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from sqsem_dsl.data.arrays import canonical
from sqsem_dsl.data.dataset import Array, Held, Indices, Loaded, Part, take
from sqsem_dsl.data.errors import DataError, UnequalLengths
from sqsem_dsl.data.errors_sets import SecondSet, UnknownGroup
from sqsem_dsl.data.errors_sources import LabelsDisagree, NoLabels, NoSource, UnknownName
from sqsem_dsl.data.folder import FOLDER, Folder
from sqsem_dsl.data.masks import unequal_sizes
from sqsem_dsl.data.matching import Ids, matched
from sqsem_dsl.data.sets import divide
from sqsem_dsl.data.source import Claim, Opened, base_name, open_source
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.settings.metrics import OutputFact

Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(frozen=True, eq=False)
class Named:
    """The sources of one set, opened."""

    sources: Mapping[str, str]
    """By the names of inputs, and perhaps of outputs; a source may serve several."""
    opened: Mapping[str, Opened]
    inputs: Mapping[str, tuple[int, ...]]
    outputs: Mapping[str, OutputFact]
    group: str | None

    def class_names(self, output: str) -> set[str]:
        """The names that its tables have for the classes of an output; otherwise those of its class folders."""
        found = {name for one in self.opened.values() for name in one.class_names(output)}
        return found or {name for one in self.opened.values() for name in one.folder_names()}


def open_named(
    sources: Mapping[str, str],
    inputs: Mapping[str, tuple[int, ...]],
    outputs: Mapping[str, OutputFact],
    group: str | None = None,
) -> Named:
    """Opens a source for each input, by name, and perhaps for outputs. Raises DataError with all problems."""
    _check_names(sources, inputs, outputs)
    words = dict.fromkeys(sources[name] for name in (*inputs, *outputs) if name in sources)

    def serves(word: str) -> tuple[str, ...]:
        return tuple(name for name in sources if sources[name] == word)

    opened = _all(words, lambda word: open_source(word, inputs, outputs, serves(word), group, alone=len(words) == 1))
    if group is not None:
        _check_group(group, opened.values())
    return Named(sources, opened, inputs, outputs, group)


def load_named(named: Named, classes: Mapping[str, tuple[str, ...]] | None = None) -> Loaded:
    """The data of opened sources. `classes` are the class names of outputs in all sets, if there are several.

    Samples of several sources are matched by their ids, in the order of the first input's source. Labels come from
    the outputs' own sources and from all columns with their names; if one output has none, from class folders. Sets
    come from the folders of images. Raises DataError with all problems of the match, or of the matched data.
    """
    sources, opened, inputs, outputs = named.sources, named.opened, named.inputs, named.outputs
    found: list[Diagnostic] = []
    samples = _tried(found, lambda: _all(inputs, lambda name: opened[sources[name]].input(name)))
    claims, by_class = _tried(found, lambda: _claims(sources, opened, outputs, classes or {})) or (None, False)
    ids = _tried(found, lambda: _all(opened, lambda word: opened[word].ids()))
    used = [word for word in opened if any(sources.get(name) == word for name in inputs)]
    others = {word for each in claims.values() for word in each} if claims is not None else set(sources.values())
    used += [word for word in opened if word not in used and word in others]
    order = None if ids is None else _tried(found, lambda: matched({word: ids[word] for word in used}))
    if ids is not None and claims is not None and not found:
        found += _unequal_sizes(sources, opened, ids, inputs, outputs)
    if samples is None or claims is None or ids is None or order is None or found:
        raise DataError(found)
    arrays: dict[str, Held] = {name: _put(held, order[sources[name]]) for name, held in samples.items()}
    first = ids[used[0]]
    names: dict[str, tuple[str, ...]] = {}
    for name, each in claims.items():
        ordered = {word: _ordered(claim, order[word]) for word, claim in each.items()}
        _check_agreement(name, outputs[name], ordered, first)
        arrays[name] = next(iter(ordered.values())).values
        own = next((claim.classes for claim in ordered.values() if claim.classes), ())
        if own:
            names[name] = own
    title = " + ".join(base_name(word) for word in used)
    part: Part = canonical(title, inputs, outputs, arrays)
    if first is not None:
        placed = order[used[0]]
        part = replace(part, ids=first.paths if placed is None else tuple(first.paths[at] for at in placed))
    groups = [_texts(word, opened[word].groups(by_class), order[word], part) for word in used]
    loaded = Loaded(title, part, names, groups=next((found for found in groups if found is not None), None))
    sets = [_texts(word, opened[word].sets(), order[word], part) for word in used]
    several = dict.fromkeys(found for found in sets if found is not None)
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


def _check_group(group: str, opened: Iterable[Opened]) -> None:
    """Raises DataError if no source has the groups."""
    has = [group in one.columns() or (group == FOLDER and isinstance(one.content, Folder)) for one in opened]
    if not any(has):
        words = " + ".join(one.source for one in opened)
        columns = tuple(column for one in opened for column in one.columns())
        raise DataError([UnknownGroup(NOWHERE, words, group, columns)])


def _check_names(
    sources: Mapping[str, str], inputs: Mapping[str, tuple[int, ...]], outputs: Mapping[str, OutputFact]
) -> None:
    found: list[Diagnostic] = [
        UnknownName(NOWHERE, name, tuple(inputs), tuple(outputs))
        for name in sources
        if name not in inputs and name not in outputs
    ]
    given = " ".join(f"{name}={source}" for name, source in sources.items())
    found += [NoSource(NOWHERE, name, shape, given) for name, shape in inputs.items() if name not in sources]
    if found:
        raise DataError(found)


def _claims(
    sources: Mapping[str, str],
    opened: Mapping[str, Opened],
    outputs: Mapping[str, OutputFact],
    classes: Mapping[str, tuple[str, ...]],
) -> tuple[dict[str, dict[str, Claim]], bool]:
    """For each output the labels of each source that has some, by source; and whether folders are classes."""

    def told(name: str) -> dict[str, Claim]:
        own, names = sources.get(name), classes.get(name, ())
        ranked = sorted(opened, key=lambda word: word != own)  # its own source first
        return {word: claim for word in ranked if (claim := opened[word].claim(name, names)) is not None}

    claims = _all(outputs, told)
    silent = [name for name, found in claims.items() if not found]
    by_class = len(silent) == 1
    if by_class:
        name = silent[0]
        by_folders = _all(opened, lambda word: opened[word].claim_by_folders(name, classes.get(name, ())))
        claims[name] = {word: claim for word, claim in by_folders.items() if claim is not None}
    silent = [name for name, found in claims.items() if not found]
    if silent:
        raise DataError(NoLabels(NOWHERE, name, tuple(opened)) for name in silent)
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
    return Claim(take(claim.values, order), written, claim.classes)


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


def _tried(found: list[Diagnostic], make: Callable[[], Value]) -> Value | None:
    """The value, or None and its problems in `found`."""
    try:
        return make()
    except DataError as error:
        found += [diagnostic for diagnostic in error.diagnostics if diagnostic not in found]
        return None


def _all(keys: Iterable[Key], make: Callable[[Key], Value]) -> dict[Key, Value]:
    """The value of each key. Raises DataError with the problems of all of them."""
    made: dict[Key, Value] = {}
    found: list[Diagnostic] = []
    for key in keys:
        try:
            made[key] = make(key)
        except DataError as error:
            found += [diagnostic for diagnostic in error.diagnostics if diagnostic not in found]
    if found:
        raise DataError(found)
    return made
