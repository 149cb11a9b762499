"""One source of `--data NAME=SOURCE`, opened: its inputs, its labels, and its ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import prod

from sqsem_dsl.data.arrays import other_values
from sqsem_dsl.data.columns import Columns
from sqsem_dsl.data.dataset import Array, Held
from sqsem_dsl.data.errors import DataError, UnequalLengths, WrongShape
from sqsem_dsl.data.errors_files import ColumnCount, SharedColumns
from sqsem_dsl.data.folder import FOLDER, Folder, check_images, image_size, stem, without_ending
from sqsem_dsl.data.images import ImageFiles
from sqsem_dsl.data.labels import class_names, class_numbers, class_units, numbered_texts, texts
from sqsem_dsl.data.matching import Ids, repetition
from sqsem_dsl.data.npz import texts_of
from sqsem_dsl.data.output_images import output_images
from sqsem_dsl.data.sequences import sequences
from sqsem_dsl.data.table import ID, Table, owned
from sqsem_dsl.data.table_input import read_input
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
    columns: tuple[str, ...] = ()
    """The columns of the table that they come from, under the names in the file."""


@dataclass(frozen=True, eq=False)
class Given:
    """The samples for an input, and their columns if they come from a table."""

    held: Held
    columns: Columns | None = None


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
    aside: tuple[str, ...] = ()
    """The columns that are neither values of an input nor ids: those of groups and of paths of images."""
    weight: str | None = None
    """The name of the weights of the samples."""
    known: Mapping[str, Columns] = field(default_factory=dict)
    """The columns of inputs that other data have defined: this source is encoded alike."""

    def folder(self, name: str) -> Folder | None:
        """The images for an input or output."""
        if isinstance(self.content, Folder):
            return self.content if name in self.serves else None
        return self.listed.get(name)

    def input(self, name: str) -> Given:
        """The samples for an input. Raises DataError if they do not fit it."""
        shape, folder = self.inputs[name], self.folder(name)
        if folder is not None:
            size = image_size(folder, name, shape)
            largest = check_images(folder, name, size[-1])
            return Given(ImageFiles.of(folder.path, folder.files, size, largest))
        match self.content:
            case Folder():
                raise InternalError(f"{self.source} is not for {name}")
            case Table() as table:
                columns = self._columns(table, name)
                guessed = self._id if self._id is not None and self._id.lower() != ID else None
                return Given(*read_input(table, name, shape, columns, guessed, self.known.get(name)))
            case arrays:
                return Given(sequences(self.source, {name: shape}, arrays).get(name, arrays[name]))

    def class_names(self, name: str) -> tuple[str, ...]:
        """The names of an output's classes in a table or an array, in order; empty if it has none."""
        units = class_units(self.outputs[name])
        if units is None:
            return ()
        match self.content:
            case Folder():
                return ()
            case Table() as table:
                return class_names(table.words(name), units) if name in table.columns else ()
            case arrays:
                return class_names(texts(arrays.get(name)) or ("0",), units)

    def has_labels(self, name: str) -> bool:
        """Whether it has labels for an output, other than class folders."""
        match self.content:
            case Folder():
                return self.folder(name) is not None
            case Table() as table:
                return name in self.listed or bool(owned(table.names, name))
            case arrays:
                return name in arrays

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
                return None if self.group not in table.columns else table.words(str(self.group))
            case arrays:
                return texts_of(self.group, arrays)

    def columns(self) -> tuple[str, ...]:
        """The names of its columns or arrays."""
        match self.content:
            case Folder():
                return ()
            case Table() as table:
                return table.names
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
                units = class_units(fact)
                if name in table.columns and units is not None:
                    each = table.words(name)
                    numbers = class_numbers(self.source, name, fact, each, names)
                    _check_lines(table, name, numbers, units)
                    written = table.options.written(name, (name,))
                    return Claim(numbers, each, names or class_names(each, units), written)
                columns = owned(table.names, name)
                if not columns:
                    return None
                written = table.options.written(name, columns)
                return Claim(self._shaped(table, name, fact.shape, columns), columns=written)
            case arrays:
                if name not in arrays:
                    return None
                known = {name: names} if names else None
                as_numbers, found = numbered_texts(self.source, {name: fact}, {name: arrays[name]}, known)
                found |= other_values(as_numbers, {name: fact})
                return Claim(as_numbers[name], texts(arrays[name]), found.get(name, ()))

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
            case Table() as table if self._id is None:
                files = next(iter(self.listed.values())).files if self.listed else ()
                if len(set(files)) < len(files) or not files:
                    return None
                paths = tuple(without_ending(file) for file in files)
                return Ids(tuple(stem(file) for file in files), paths, tuple(f"line {line}" for line in table.lines))
            case Table() as table:
                written = table.words(str(self._id))
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
        read = {name: array for name, array in arrays.items() if name in (*self.serves, *self.outputs, self.weight)}
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

    @cached_property
    def _id(self) -> str | None:
        """The column of the ids, if the source is a table."""
        table = self.content
        if not isinstance(table, Table):
            return None
        named = [column for name in (*self.inputs, *self.outputs) for column in owned(table.names, name)]
        known = [column for columns in self.known.values() for column in columns.names]
        return table.id([*named, *known, *self.aside])

    def weights(self) -> Array | None:
        """The weights of the samples; None if the source has none. Raises DataError for values that are not numbers."""
        match self.content:
            case _ if self.weight is None:
                return None
            case Folder():
                return None
            case Table() as table:
                return table.numbers([self.weight]).reshape(-1) if self.weight in table.columns else None
            case arrays:
                return arrays.get(self.weight)

    def _columns(self, table: Table, name: str) -> tuple[str, ...]:
        """The columns of an input: those with its name, else all columns without an owner."""
        own = owned(table.names, name)
        if not own:
            sharing = tuple(other for other in self.serves if other in self.inputs and not owned(table.names, other))
            if len(sharing) > 1:
                raise DataError([SharedColumns(NOWHERE, table.path, sharing)])
            others = {column for other in (*self.inputs, *self.outputs) for column in owned(table.names, other)}
            others |= {self._id or "", self.weight or "", *self.aside}
            own = tuple(column for column in table.names if column not in others)
        return tuple(column for column in own if table.options.takes(column))

    def _shaped(self, table: Table, name: str, shape: tuple[int, ...], columns: Sequence[str]) -> Array:
        """The numbers of an output as samples of its shape, its last axis running fastest."""
        if len(columns) != prod(shape):
            raise DataError(
                [ColumnCount(NOWHERE, table.path, "output", name, shape, prod(shape), tuple(columns), None)]
            )
        return table.numbers(columns).reshape(len(table.lines), *shape)


def _check_lines(table: Table, name: str, labels: Array, units: int) -> None:
    """Raises DataError with the lines of labels that are not class numbers."""
    faults = tuple(
        (line, f"`{text}` in the column `{name}` is not a class number from 0 to {units - 1}")
        for line, text, number in zip(table.lines, table.words(name), labels.tolist(), strict=True)
        if number not in range(units)
    )
    if faults:
        remedy = f"number the classes from 0, or give each of the {units} classes a number or a name of its own"
        raise DataError([table.bad_lines(faults, remedy)])
