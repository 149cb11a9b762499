"""Given training, validation and test sets: by sources, by the folders of images, or by a file of ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from sqsem_dsl.data.columns import Columns
from sqsem_dsl.data.csv_file import csv_rows, opened_csv
from sqsem_dsl.data.dataset import Held, Loaded, Part
from sqsem_dsl.data.errors import DataError, WrongShape
from sqsem_dsl.data.errors_files import BadLines, UnreadableTable
from sqsem_dsl.data.errors_sets import NoSet, OtherClasses, SecondSet, SharedGroups, SplitOptions, UnknownIds
from sqsem_dsl.data.folder import SETS, stem, without_ending
from sqsem_dsl.data.images import ImageFiles
from sqsem_dsl.data.labels import named_labels
from sqsem_dsl.data.masks import MaskFiles
from sqsem_dsl.data.table import SHOWN
from sqsem_dsl.diagnostics.diagnostic import Diagnostic, listing
from sqsem_dsl.diagnostics.source import NOWHERE

COLUMNS = ("id", "set")


def divide(loaded: Loaded, sets: Sequence[str]) -> Loaded:
    """The data with the set of each sample: `training`, `validation` or `test`.

    Raises DataError if samples of one group are in two sets, if there is no training set, and for data with sets.
    """
    _check_undivided(loaded)
    outside = sum(not name for name in sets)
    if outside:
        raise DataError([SecondSet(NOWHERE, loaded.name, f"has {outside} images outside of the folders of its sets")])
    places = {name: np.flatnonzero(np.array(sets) == name) for name in ("training", "validation", "test")}
    if not len(places["training"]):
        raise DataError([SecondSet(NOWHERE, loaded.name, "has no sample for training")])
    groups = loaded.groups
    by_set = {name: loaded.part.take(at) for name, at in places.items() if len(at)}
    if groups is not None:
        _check_groups(loaded.name, {name: {groups[at] for at in places[name]} for name in by_set})
        groups = tuple(groups[at] for at in places["training"])
    validation, test = by_set.get("validation"), by_set.get("test")
    return replace(loaded, part=by_set["training"], validation=validation, test=test, groups=groups)


def joined(training: Loaded, others: Mapping[str, Loaded]) -> Loaded:
    """The data with a validation set, a test set or both from other sources.

    Raises DataError for sets that are given twice, and for groups with samples in two sets.
    """
    for name, other in others.items():
        _check_undivided(other, f"is the {name} set, but has sets of its own")
        if (training.validation if name == "validation" else training.test) is not None:
            raise DataError([SecondSet(NOWHERE, training.name, f"has a {name} set, and another one is given")])
    _check_columns(training, others.values())
    _check_labels(training, others.values())
    groups = {name: set(one.groups) for name, one in {"training": training, **others}.items() if one.groups is not None}
    _check_groups(training.name, groups)
    parts = _alike([training.part, *(other.part for other in others.values())])
    found = replace(training, part=parts[0])
    for name, part in zip(others, parts[1:], strict=True):
        found = replace(found, validation=part) if name == "validation" else replace(found, test=part)
    return found


def divided_by_file(loaded: Loaded, path: str) -> Loaded:
    """The data with the sets of a table with the columns `id` and `set`. Raises DataError."""
    if loaded.part.ids is None:
        reason = f"`{path}` names samples by id, but `{loaded.name}` has no ids"
        remedy = "add a column `id` to the table (an array `id` to the `.npz` file), or use `--validation` and `--test`"
        raise DataError([SplitOptions(NOWHERE, reason, remedy)])
    ids = tuple(without_ending(one) for one in loaded.part.ids)
    stems = Counter(map(stem, ids))
    positions = {stem(one): at for at, one in enumerate(ids) if stems[stem(one)] == 1}
    positions |= {one: at for at, one in enumerate(ids)}
    given = _read(path)
    known = [one for one in given if one in positions]
    twice = [one for one, count in Counter(positions[one] for one in known).items() if count > 1]
    if twice:
        lines = [one for one in known if positions[one] == twice[0]]
        reason = f"it has two lines for `{ids[twice[0]]}`: {listing(lines)}"
        raise DataError([UnreadableTable(NOWHERE, path, reason)])
    found = {positions[one]: given[one] for one in known}
    unknown = tuple(one for one in given if one not in positions)
    missing = tuple(one for at, one in enumerate(ids) if at not in found)
    if unknown or missing:
        problems = [UnknownIds(NOWHERE, path, loaded.name, unknown)] if unknown else []
        raise DataError([*problems, *([NoSet(NOWHERE, path, loaded.name, missing, len(ids))] if missing else [])])
    return divide(loaded, [found[at] for at in range(len(ids))])


def _read(path: str) -> dict[str, str]:
    """The set of each id, without image endings."""
    with opened_csv(path) as file:
        rows = [(line, [value.strip() for value in row]) for line, row in csv_rows(file)]
    header = [name.lower() for name in rows[0][1]] if rows else []
    absent = [name for name in COLUMNS if name not in header]
    if absent:
        reason = f"it has no column {listing(absent)} (a split has the columns `id` and `set`)"
        raise DataError([UnreadableTable(NOWHERE, path, reason)])
    sets: dict[str, str] = {}
    faults: list[tuple[int, str]] = []
    for line, row in rows[1:]:
        if len(row) != len(header):
            faults.append((line, f"it has {len(row)} values, but the header has {len(header)}"))
            continue
        name, chosen = (row[header.index(column)] for column in COLUMNS)
        name = without_ending(name)
        if chosen.lower() not in SETS:
            faults.append((line, f"`{chosen}` is not a set"))
        elif name in sets:
            faults.append((line, f"the id `{name}` occurs twice"))
        else:
            sets[name] = SETS[chosen.lower()]
    if faults:
        remedy = "the column `set` is `train`, `validation` or `test`, with one line for each id"
        raise DataError([BadLines(NOWHERE, path, tuple(faults[:SHOWN]), len(faults), remedy)])
    return sets


def _check_undivided(loaded: Loaded, reason: str = "has sets of its own, and others are given") -> None:
    if loaded.validation is not None or loaded.test is not None:
        raise DataError([SecondSet(NOWHERE, loaded.name, reason)])


def _check_columns(training: Loaded, others: Iterable[Loaded]) -> None:
    """Raises DataError if a set is not encoded like the training set: sources of another kind than a table."""
    for other in others:
        for name, held in training.part.inputs.items():
            own, given = (one.columns.get(name, Columns(())) for one in (training, other))
            if own != given and not (own.plain and given.plain):
                reason = f"has other columns for `{name}` than the training set `{training.name}`: both must be tables"
                raise DataError([SecondSet(NOWHERE, other.name, reason, "give both as tables, or both as arrays")])
            found = other.part.inputs[name].shape[1:]
            if found != held.shape[1:]:
                raise DataError([WrongShape(NOWHERE, name, (str(list(held.shape[1:])),), found)])


def _check_labels(training: Loaded, others: Iterable[Loaded]) -> None:
    """Raises DataError if labels of a set do not mean what those of the training set do."""
    found: list[Diagnostic] = []
    for other in others:
        for name, held in training.part.labels.items():
            own, given = (one.label_columns.get(name, ()) for one in (training, other))
            masks = other.part.labels[name]
            if own and given and own != given:
                reason = f"has {listing(given)} for `{name}`, and the training set {listing(own)}, in this order"
                remedy = "give the columns of labels the same names in all sets, in the same order"
                found.append(SecondSet(NOWHERE, other.name, reason, remedy))
            elif isinstance(held, MaskFiles) and isinstance(masks, MaskFiles) and held.meaning != masks.meaning:
                reason = f"has masks of `{name}` with other values than those of the training set"
                found.append(SecondSet(NOWHERE, other.name, reason, "save the masks of all sets with the same values"))
            points = [name] if len(held.shape) > 2 else []
            own, given = (named_labels(one.class_names, points).get(name, ()) for one in (training, other))
            if own != given:
                unknown = tuple(each for each in given if each not in own)
                found.append(OtherClasses(NOWHERE, name, unknown or given, own or ("class numbers",)))
    if found:
        raise DataError(found)


def _check_groups(data: str, groups: Mapping[str, set[str]]) -> None:
    shared = [
        SharedGroups(NOWHERE, data, (one, other), tuple(sorted(common)))
        for one, other in combinations(groups, 2)
        if (common := groups[one] & groups[other])
    ]
    if shared:
        raise DataError(shared)


def _alike(parts: Sequence[Part]) -> list[Part]:
    """The sets with files of 8 and of 16 bits read on the same scale."""
    largest = {
        name: max(held.divisor for part in parts if isinstance(held := part.inputs[name], ImageFiles))
        for name in parts[0].inputs
        if any(isinstance(part.inputs[name], ImageFiles) for part in parts)
    }

    def scaled(name: str, held: Held) -> Held:
        return replace(held, divisor=largest[name]) if isinstance(held, ImageFiles) else held

    return [replace(part, inputs={name: scaled(name, held) for name, held in part.inputs.items()}) for part in parts]
