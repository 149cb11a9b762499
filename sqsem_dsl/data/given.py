"""The data of a search from Python: sources by name or objects in memory, with given sets and weights, split."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from os import PathLike, fspath
from typing import Any

from sqsem_dsl.data.dataset import Dataset, Loaded
from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.errors_objects import SplitTwice, UnknownForm
from sqsem_dsl.data.errors_windows import NoWindows
from sqsem_dsl.data.frames import is_frame
from sqsem_dsl.data.labels import named_labels, outputs_of_points
from sqsem_dsl.data.load import check_options, load_sources, read_words
from sqsem_dsl.data.load_windows import load_windows
from sqsem_dsl.data.objects import checked, load_object
from sqsem_dsl.data.sets import divided_by_file, joined
from sqsem_dsl.data.split import ORDERED, Splitting, split
from sqsem_dsl.data.table_options import TableOptions
from sqsem_dsl.data.weights import class_weights_by_output
from sqsem_dsl.data.windows import Windows
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.settings.metrics import OutputFact

Shapes = Mapping[str, tuple[int, ...]]
Facts = Mapping[str, OutputFact]


def load_given(
    data: object,
    inputs: Shapes,
    outputs: Facts,
    splitting: Splitting,
    *,
    validation_data: object = None,
    test_data: object = None,
    sample_weight: object = None,
    class_weight: object = None,
    group: object = None,
    windows: Windows | None = None,
    table: TableOptions | None = None,
    allow_extern: bool = False,
) -> Dataset:
    """The data set for a search. `data` and the given sets are words of `--data` (`load_data`), or objects
    (`load_object`); `data` may be a `Dataset`, which is used as it is split.

    `sample_weight` has a weight for each sample of `data`, or such an array by output; `class_weight` maps classes to
    weights, or outputs to such dicts. `group` is the group of `splitting`: the name of a column, or for objects also
    an array with the group of each sample. With `windows`, samples are windows over the rows of a table file. `table`
    says how the columns of tables and frames are used. Raises DataError with the problems of all of them.
    """
    kind = group if isinstance(group, str) or group is None else ""
    splitting = replace(splitting, group=kind)
    if kind == "" and words_of(data) is not None:
        reason = "it is an array, but the samples come from a source"
        raise DataError([UnknownForm(NOWHERE, "group", reason, "name a column or an array of the source")])
    if isinstance(data, Dataset):
        asked = {"validation_data": validation_data, "test_data": test_data, "sample_weight": sample_weight}
        asked |= {"group": group, "windows": windows, "table": table}
        given = [name for name, value in asked.items() if value is not None]
        plain = Splitting(splitting.seed, group=kind)
        given += [name for name in ("fraction", "folds", "split", "gap") if vars(splitting)[name] != vars(plain)[name]]
        if given:
            raise DataError([SplitTwice(NOWHERE, tuple(given))])
        dataset = checked(data, inputs, outputs)
    elif windows is not None:
        words = words_of(data)
        others = (validation_data, test_data, sample_weight)
        if not (is_frame(data) or words is not None) or any(value is not None for value in others):
            remedy = "give `csv:FILE` or a data frame as the data, without other sets and weights"
            raise DataError([NoWindows(NOWHERE, "they are made of one table", remedy)])
        check_options(splitting, outputs)
        source = data if words is None else read_words(words)
        dataset = load_windows(source, windows, inputs, outputs, splitting, table)
    else:
        sets = {"validation": validation_data, "test": test_data}
        found = _load(data, sets, inputs, outputs, splitting, group, sample_weight, table, allow_extern)
        dataset = found if isinstance(found, Dataset) else split(found, outputs, splitting)
    if class_weight is None:
        return dataset
    return replace(dataset, class_weights=class_weights_by_output(class_weight, outputs, dataset.classes))


def _load(
    data: object,
    sets: Mapping[str, object],
    inputs: Shapes,
    outputs: Facts,
    splitting: Splitting,
    group: object,
    sample_weight: object,
    table: TableOptions | None,
    allow_extern: bool,
) -> Loaded | Dataset:
    """All samples, before they are split; a `Dataset` if a function has split them."""
    words = words_of(data)
    named = {name: one for name, value in sets.items() if (one := words_of(value)) is not None}
    if words is not None:
        found = load_sources(
            words,
            inputs,
            outputs,
            splitting,
            validation=named.get("validation"),
            test=named.get("test"),
            table=table,
            sample_weight=sample_weight,
            allow_extern=allow_extern,
        )
        if isinstance(found, Dataset):
            asked = {"sample_weight": sample_weight, **{f"{name}_data": value for name, value in sets.items()}}
            given = tuple(name for name, value in asked.items() if value is not None)
            if given:
                raise DataError([SplitTwice(NOWHERE, given)])
            return found
        named_apart: Mapping[str, list[str]] = {}
    else:
        check_options(splitting, outputs)
        ordered = splitting.split == ORDERED
        found = load_object(
            data, inputs, outputs, sample_weight=sample_weight, group=group, ordered=ordered, table=table
        )
        named_apart = named
    objects = {name: value for name, value in sets.items() if value is not None and name not in named}
    others: dict[str, Loaded] = {}
    problems: list[Diagnostic] = []
    for name, value in {**named_apart, **objects}.items():
        try:
            if name in named:
                plain = Splitting(splitting.seed, group=splitting.group or None)
                own = load_sources(
                    named[name],
                    inputs,
                    outputs,
                    plain,
                    table=table,
                    known_classes=named_labels(found.class_names, outputs_of_points(outputs)),
                    known_columns=found.columns,
                    allow_extern=allow_extern,
                )
                if isinstance(own, Dataset):
                    raise DataError([SplitTwice(NOWHERE, (f"{name}_data",))])
            else:
                own = load_object(
                    value,
                    inputs,
                    outputs,
                    argument=f"{name}_data",
                    classes=found.class_names,
                    group=group if isinstance(group, str) and is_frame(value) else None,
                    table=table,
                    columns=found.columns,
                )
            others[name] = own
        except DataError as error:
            problems += error.diagnostics
    if problems:
        raise DataError(problems)
    found = joined(found, others) if others else found
    return divided_by_file(found, splitting.split) if words is None and splitting.by_file else found


def words_of(data: Any) -> list[str] | None:
    """The words of `--data` in an argument: a text, a path, several, or texts by the names of inputs and outputs; None
    for any other object.

    >>> words_of("digits"), words_of({"image": "images:faces", "points": "csv:p.csv"}), words_of([1.0])
    (['digits'], ['image=images:faces', 'points=csv:p.csv'], None)
    """
    match data:
        case str() | PathLike():
            return [fspath(data)]
        case list() | tuple() if data and all(isinstance(one, str | PathLike) for one in data):
            return [fspath(one) for one in data]
        case Mapping() if data and all(isinstance(one, str | PathLike) for one in data.values()):
            return [f"{name}={fspath(one)}" for name, one in data.items()]
        case _:
            return None
