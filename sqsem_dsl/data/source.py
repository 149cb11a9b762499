"""One source of `--data NAME=SOURCE`, opened: its inputs, its labels, and its ids."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from math import prod
from pathlib import Path

from sqsem_dsl.data.arrays import is_image, other_values
from sqsem_dsl.data.dataset import Array, Held
from sqsem_dsl.data.errors import DataError, UnequalLengths, WrongShape, missing
from sqsem_dsl.data.errors_files import BadLines, ColumnCount, SharedColumns
from sqsem_dsl.data.errors_sources import UnknownKind
from sqsem_dsl.data.folder import FOLDER, Folder, check_images, image_size, read_folder, stem, without_ending
from sqsem_dsl.data.images import ImageFiles
from sqsem_dsl.data.labels import class_names, class_numbers, class_units
from sqsem_dsl.data.matching import Ids, repetition
from sqsem_dsl.data.npz import read_arrays, texts_of
from sqsem_dsl.data.output_images import output_images, unfit_output
from sqsem_dsl.data.paths import read_listing, unused_columns
from sqsem_dsl.data.table import ID, SHOWN, Table, owned, read_table
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.errors import InternalError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.settings.metrics import OutputFact


@dataclass(frozen=True, eq=False)
class Claim:
    """A source's labels for an output, one entry per sample, and their text in the source."""

    values: Held
    written: tuple[str, ...] | None = None
    """The label of each sample, if it is text."""
    classes: tuple[str, ...] = ()
    """The names of the classes in the order of their numbers, if the source has names."""


@dataclass(frozen=True, eq=False)
class Opened:
    """A source, read as far as necessary; `label` and inputs of one file are read together."""

    source: str
    content: Folder | Table | Mapping[str, Array]
    inputs: Mapping[str, tuple[int, ...]]
    """All inputs of the space."""
    outputs: Mapping[str, OutputFact]
    serves: tuple[str, ...]
    """The inputs and outputs for which this source is given."""
    group: str | None = None
    """The column or array that has the groups, in one of the sources."""
    listed: Mapping[str, Folder] = field(default_factory=dict)
    """The images that a table lists, by input or output, in the order of the rows."""

    def folder(self, name: str) -> Folder | None:
        """The images for an input or output."""
        if isinstance(self.content, Folder):
            return self.content if name in self.serves else None
        return self.listed.get(name)

    def input(self, name: str) -> Held:
        """The samples for an input. Raises DataError if they do not fit it."""
        shape, folder = self.inputs[name], self.folder(name)
        if folder is not None:
            size = image_size(folder, name, shape)
            largest = check_images(folder, name, size[-1])
            return ImageFiles.of(folder.path, folder.files, size, largest)
        match self.content:
            case Folder():
                raise InternalError(f"{self.source} is not for {name}")
            case Table() as table:
                columns = self._columns(table, name)
                return self._shaped(table, "input", name, shape, columns)
            case arrays:
                return arrays[name]

    def class_names(self, name: str) -> tuple[str, ...]:
        """The names of an output's classes in a table, sorted; empty if it has none."""
        return class_names(self.content.texts.get(name, ())) if isinstance(self.content, Table) else ()

    def folder_names(self) -> tuple[str, ...]:
        """The names of class folders; empty if the source has none. Raises DataError."""
        by_class = isinstance(self.content, Folder) and self.content.sorted_by_class
        return self.content.classes(self.group == FOLDER)[0] if by_class and isinstance(self.content, Folder) else ()

    def sets(self) -> tuple[str, ...] | None:
        """The set of each sample, if the source has sets."""
        return self.content.sets if isinstance(self.content, Folder) else None

    def groups(self, by_class: bool) -> tuple[str, ...] | None:
        """The group of each sample; None if they are not in this source. Raises DataError."""
        match self.content:
            case Folder() as folder:
                return folder.groups(by_class) if self.group == FOLDER else None
            case Table() as table:
                return table.texts.get(self.group or "")
            case arrays:
                return texts_of(self.group, arrays)

    def columns(self) -> tuple[str, ...]:
        """The names of its columns or arrays."""
        match self.content:
            case Folder():
                return ()
            case Table() as table:
                return (*table.texts, *table.names)
            case arrays:
                return tuple(arrays)

    def claim(self, name: str, names: tuple[str, ...] = ()) -> Claim | None:
        """The labels for an output, except those by folders; None if there are none. `names` are the classes of all
        sets. Raises DataError."""
        fact = self.outputs[name]
        folder = self.folder(name)
        if folder is not None:
            images, values = output_images(folder, name, fact)
            return Claim(images, classes=values)
        match self.content:
            case Folder():
                return None
            case Table() as table:
                if name in table.texts:
                    texts = table.texts[name]
                    numbers = class_numbers(self.source, name, fact, texts, names)
                    _check_lines(table, name, numbers, fact)
                    return Claim(numbers, texts, names or class_names(texts))
                columns = owned(table.names, name)
                return Claim(self._shaped(table, "output", name, fact.shape, columns)) if columns else None
            case arrays:
                if name not in arrays:
                    return None
                return Claim(arrays[name], classes=other_values(arrays, {name: fact}).get(name, ()))

    def claim_by_folders(self, name: str, known: tuple[str, ...] = ()) -> Claim | None:
        """The labels for an output by the folders of the images; None if the source has no class folders."""
        match self.content:
            case Folder(sorted_by_class=True) as folder if any(served in self.inputs for served in self.serves):
                names, each = folder.classes(self.group == FOLDER)
                names = known or names
                return Claim(class_numbers(self.source, name, self.outputs[name], each, names), each, names)
            case _:
                return None

    def ids(self) -> Ids | None:
        """The ids of its samples. Raises DataError for duplicate ids, or if there are not as many as samples."""
        match self.content:
            case Folder() as folder:
                paths = tuple(without_ending(file) for file in folder.files)
                return Ids(tuple(stem(file) for file in folder.files), paths, folder.files)
            case Table(id=None) as table:
                files = next(iter(self.listed.values())).files if self.listed else ()
                if len(set(files)) < len(files) or not files:
                    return None
                paths = tuple(without_ending(file) for file in files)
                return Ids(tuple(stem(file) for file in files), paths, tuple(f"line {line}" for line in table.lines))
            case Table() as table:
                assert table.id is not None
                written = table.texts[table.id]
                places = tuple(f"line {line}" for line in table.lines)
            case arrays:
                if ID not in arrays or arrays[ID].ndim != 1:
                    return None
                self._check_lengths(arrays)
                written = texts_of(ID, arrays) or ()
                places = tuple(f"sample {at}" for at in range(len(written)))
        ids = Ids(tuple(stem(one) for one in written), tuple(without_ending(one) for one in written), places)
        twice = repetition(self.source, ids, ids.paths)
        if twice is not None:
            raise DataError([twice])
        return ids

    def _check_lengths(self, arrays: Mapping[str, Array]) -> None:
        read = {name: array for name, array in arrays.items() if name in self.serves or name in self.outputs}
        found: list[Diagnostic] = [
            WrongShape(NOWHERE, name, ("an entry for each sample",), ())
            for name, array in read.items()
            if not array.ndim
        ]
        lengths = {ID: len(arrays[ID])} | {name: len(array) for name, array in read.items() if array.ndim}
        if len(set(lengths.values())) > 1:
            found.append(UnequalLengths(NOWHERE, tuple(lengths.items())))
        if found:
            raise DataError(found)

    def _columns(self, table: Table, name: str) -> tuple[str, ...]:
        """The columns of an input: those with its name, else all columns without an owner."""
        own = owned(table.names, name)
        if own:
            return own
        sharing = tuple(other for other in self.serves if other in self.inputs and not owned(table.names, other))
        if len(sharing) > 1:
            raise DataError([SharedColumns(NOWHERE, table.path, sharing)])
        others = {column for other in (*self.inputs, *self.outputs) for column in owned(table.names, other)}
        return tuple(column for column in table.names if column not in others)

    def _shaped(self, table: Table, role: str, name: str, shape: tuple[int, ...], columns: Collection[str]) -> Array:
        """Columns as samples of a shape, its last axis running fastest."""
        if len(columns) != prod(shape):
            found = tuple(columns)
            guessed = table.id if table.id is not None and table.id.lower() != ID else None
            raise DataError([ColumnCount(NOWHERE, table.path, role, name, shape, prod(shape), found, guessed)])
        return table.columns(columns).reshape(len(table.lines), *shape)


def open_source(
    source: str,
    inputs: Mapping[str, tuple[int, ...]],
    outputs: Mapping[str, OutputFact],
    serves: tuple[str, ...],
    group: str | None = None,
    *,
    alone: bool = False,
) -> Opened:
    """Opens `images:DIR`, `csv:FILE` or `FILE.npz` for some inputs and outputs, and for groups, which a source that is
    alone must have. Raises DataError."""
    kind, _, path = source.partition(":")
    listed: Mapping[str, Folder] = {}
    if kind == "images":
        content: Folder | Table | Mapping[str, Array] = read_folder(path)
        unfit = [unfit_output(path, name, outputs[name]) for name in serves if name in outputs]
        found = [diagnostic for diagnostic in unfit if diagnostic is not None]
        if found:
            raise DataError(found)
    elif kind == "csv":
        fit = {name: fact.shape for name, fact in outputs.items() if unfit_output(path, name, fact) is None}
        images = {name: inputs[name] for name in serves if name in inputs and is_image(inputs[name])}
        listing = read_listing(path, images, fit)
        listed = listing.images
        labels = [name for name, fact in outputs.items() if class_units(fact) is not None]
        groups = [] if group is None else [group]
        texts = [*listing.used, *groups]
        if listed and all(name in listed for name in serves if name in inputs):  # no input takes numbers
            texts += unused_columns(listing, tuple(outputs))
        needed = [name for name in serves if name in outputs] + (groups if alone else [])
        content = read_table(path, [*labels, *texts], needed)
    elif source.lower().endswith(".npz"):
        arrays = read_arrays(source, (*serves, *outputs, ID, group or ID))
        absent = missing(source, [n for n in serves if n in inputs], [n for n in serves if n in outputs], arrays)
        if absent:
            raise DataError(absent)
        content = arrays
    else:
        raise DataError([UnknownKind(NOWHERE, source, *_unknown(source))])
    return Opened(source, content, inputs, outputs, serves, group, listed)


def _check_lines(table: Table, name: str, numbers: Array, fact: OutputFact) -> None:
    """Raises DataError with the lines of labels that are not class numbers."""
    units = class_units(fact)
    assert units is not None
    faults = tuple(
        (line, f"`{text}` in the column `{name}` is not a class number from 0 to {units - 1}")
        for line, text, number in zip(table.lines, table.texts[name], numbers.tolist(), strict=True)
        if number not in range(units)
    )
    if faults:
        remedy = "number the classes from 0, or name them in words, which are numbered in sorted order"
        raise DataError([BadLines(NOWHERE, table.path, faults[:SHOWN], len(faults), remedy)])


def base_name(source: str) -> str:
    """The short name of a source: the last part of its path.

    >>> base_name("images:data/faces/"), base_name("points.csv")
    ('faces', 'points.csv')
    """
    path = source.removeprefix("images:").removeprefix("csv:")
    return Path(path).name or path


def _unknown(source: str) -> tuple[str, str]:
    """Why something is not a source, and what to write instead."""
    if Path(source).is_dir():
        return "it is a directory", f"write `images:{source}` for a folder of images"
    if source.lower().endswith((".csv", ".tsv", ".txt")):
        return "it does not say how to read it", f"write `csv:{source}` for a table"
    return "it cannot be the source of one input", "a source is `images:DIR`, `csv:FILE` or `FILE.npz`"
