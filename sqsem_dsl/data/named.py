"""Sources by the names of inputs and outputs, opened."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.errors_sets import UnknownGroup
from sqsem_dsl.data.errors_sources import NoSource, UnknownName
from sqsem_dsl.data.errors_tables import UnknownColumn, UnknownOutput
from sqsem_dsl.data.folder import FOLDER, Folder
from sqsem_dsl.data.open_source import open_source
from sqsem_dsl.data.source import Opened
from sqsem_dsl.data.table import Table
from sqsem_dsl.data.table_options import TableOptions
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
    options: TableOptions

    def class_names(self, output: str) -> set[str]:
        """The names that its tables have for the classes of an output; otherwise those of its class folders."""
        if any(one.has_labels(output) for one in self.opened.values()):
            return {name for one in self.opened.values() for name in one.class_names(output)}
        return {name for one in self.opened.values() for name in one.folder_names()}


def open_named(
    sources: Mapping[str, str],
    inputs: Mapping[str, tuple[int, ...]],
    outputs: Mapping[str, OutputFact],
    group: str | None = None,
    options: TableOptions | None = None,
) -> Named:
    """Opens a source for each input, by name, and perhaps for outputs. Raises DataError with all problems."""
    options = options or TableOptions()
    _check_names(sources, inputs, outputs, options)
    words = dict.fromkeys(sources[name] for name in (*inputs, *outputs) if name in sources)

    def open_one(word: str) -> Opened:
        serves = tuple(name for name in sources if sources[name] == word)
        return open_source(word, inputs, outputs, serves, group, options)

    opened = of_each(words, open_one)
    if group is not None:
        _check_group(group, opened.values())
    return Named(sources, opened, inputs, outputs, group, options)


def check_columns(opened: Iterable[Opened], options: TableOptions) -> None:
    """Raises DataError for columns that the options name and no table has."""
    sources = list(opened)
    headers = [one.content.header for one in sources if isinstance(one.content, Table)]
    known = tuple(dict.fromkeys(name for header in headers for name in header))
    arrays = {name for one in sources if isinstance(one.content, dict) for name in one.content}
    found = [
        UnknownColumn(NOWHERE, name, known)
        for name in options.names
        if name not in known
        and not (name == options.weight and name in arrays)
        and not (name in options.columns and any(column.startswith(f"{name}.") for column in known))
    ]
    if found:
        raise DataError(found)


def _check_group(group: str, opened: Iterable[Opened]) -> None:
    """Raises DataError if no source has the groups."""
    has = [group in one.columns() or (group == FOLDER and isinstance(one.content, Folder)) for one in opened]
    if not any(has):
        words = " + ".join(one.source for one in opened)
        columns = tuple(column for one in opened for column in one.columns())
        raise DataError([UnknownGroup(NOWHERE, words, group, columns)])


def _check_names(
    sources: Mapping[str, str],
    inputs: Mapping[str, tuple[int, ...]],
    outputs: Mapping[str, OutputFact],
    options: TableOptions,
) -> None:
    found: list[Diagnostic] = [
        UnknownName(NOWHERE, name, tuple(inputs), tuple(outputs))
        for name in sources
        if name not in inputs and name not in outputs
    ]
    given = " ".join(f"{name}={source}" for name, source in sources.items())
    found += [NoSource(NOWHERE, name, shape, given) for name, shape in inputs.items() if name not in sources]
    found += [UnknownOutput(NOWHERE, name, tuple(outputs)) for name in options.labels if name not in outputs]
    if found:
        raise DataError(found)


def tried(found: list[Diagnostic], make: Callable[[], Value]) -> Value | None:
    """The value, or None and its problems in `found`."""
    try:
        return make()
    except DataError as error:
        found += [diagnostic for diagnostic in error.diagnostics if diagnostic not in found]
        return None


def of_each(keys: Iterable[Key], make: Callable[[Key], Value]) -> dict[Key, Value]:
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
