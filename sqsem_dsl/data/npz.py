"""Data from a file of arrays: `FILE.npz`, with one array for each input's name and one for each output's."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.lib.npyio import NpzFile

from sqsem_dsl.data.arrays import canonical, other_values
from sqsem_dsl.data.dataset import Array, Loaded
from sqsem_dsl.data.errors import DataError, UnequalLengths, UnreadableData, WrongShape, WrongType, missing
from sqsem_dsl.data.errors_sets import UnknownGroup
from sqsem_dsl.data.foreign_files import conversion
from sqsem_dsl.data.labels import numbered_texts
from sqsem_dsl.data.sequences import length_names
from sqsem_dsl.data.table import ID
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.settings.metrics import OutputFact
from sqsem_dsl.utils.memory import available_memory
from sqsem_dsl.utils.numbers import byte_size
from sqsem_dsl.utils.regular_files import not_regular


def load_npz(
    path: str,
    inputs: Mapping[str, tuple[int, ...]],
    outputs: Mapping[str, OutputFact],
    group: str | None = None,
    *,
    ids: bool = False,
    weight: str | None = None,
    known: Mapping[str, tuple[str, ...]] | None = None,
) -> Loaded:
    """The data of a file, perhaps with the groups of the array `group`, the ids of the array `id`, and the weights of
    the array `weight`. `known` are the class names that labels as text must have. Raises DataError if it is not
    readable or does not fit the space.

    Pickled objects are never loaded: a data file cannot run code.
    """
    names = (*inputs, *outputs, *length_names(inputs), *(() if weight is None else (weight,)))
    more = [name for name, wanted in ((group, True), (ID, ids)) if name is not None and wanted]
    arrays = read_arrays(path, (*names, *more))
    absent = missing(path, inputs, outputs, arrays)
    if absent:
        raise DataError(absent)
    read = {name: arrays[name] for name in names if name in arrays}
    numbers, classes = numbered_texts(path, outputs, read, known)
    part = canonical(path, inputs, outputs, numbers, weight=weight)
    groups = texts_of(group, arrays)
    if group is not None and groups is None:
        raise DataError([UnknownGroup(NOWHERE, path, group, tuple(arrays))])
    named = texts_of(ID, arrays) if ids else None
    extra = {name: held for name, held in ((group, groups), (ID, named)) if name is not None and held is not None}
    if any(len(held) != len(part) for held in extra.values()):
        lengths = ((next(iter(inputs)), len(part)), *((name, len(held)) for name, held in extra.items()))
        raise DataError([UnequalLengths(NOWHERE, lengths)])
    classes |= other_values(numbers, outputs)
    return Loaded(Path(path).name, replace(part, ids=named), classes, groups=groups)


def read_arrays(path: str, wanted: Collection[str]) -> dict[str, Array]:
    """The requested arrays that the file has; an empty placeholder for each other array, so that its name is known.

    Raises DataError for a file that is not of this format, is damaged, or needs unpickling.
    """
    other = not_regular(path)
    if other is not None:
        raise DataError([UnreadableData(NOWHERE, path, other)])
    foreign = conversion(path)
    if foreign is not None:
        raise DataError([UnreadableData(NOWHERE, path, *foreign)])
    try:
        file = np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise DataError([UnreadableData(NOWHERE, path, "no such file")]) from None
    except OSError as error:
        raise DataError([UnreadableData(NOWHERE, path, (error.strerror or str(error)).lower())]) from None
    except Exception:  # NumPy raises almost any exception for a damaged file: from zipfile, zlib, struct, tokenize, ast
        raise DataError([UnreadableData(NOWHERE, path, "it is not an `.npz` file, or it is damaged")]) from None
    if not isinstance(file, NpzFile):
        raise DataError([UnreadableData(NOWHERE, path, "it holds one array without a name")])
    with file:
        _check_size(file, wanted, path)
        return {name: _read(file, name, path) if name in wanted else np.empty(0) for name in file.files}


def _check_size(file: NpzFile, wanted: Collection[str], path: str) -> None:
    """Raises DataError for arrays that need more than the free memory: a small file may unpack to any size."""
    members = file.zip.infolist() if file.zip is not None else ()
    sizes = {member.filename.removesuffix(".npy"): member.file_size for member in members}
    needed, there = sum(size for name, size in sizes.items() if name in wanted), available_memory()
    if there is not None and needed > there:
        reason = f"its arrays take {byte_size(needed)} of memory, and {byte_size(int(there))} are available"
        raise DataError([UnreadableData(NOWHERE, path, reason)])


def _read(file: Mapping[str, Array], name: str, path: str) -> Array:
    try:
        return file[name]
    except Exception as error:  # as above
        if "allow_pickle" in str(error):
            raise DataError([WrongType(NOWHERE, name, "an array of numbers", "Python objects")]) from None
        raise DataError([UnreadableData(NOWHERE, path, f"its array `{name}` is damaged")]) from None


def texts_of(name: str | None, arrays: Mapping[str, Array]) -> tuple[str, ...] | None:
    """The values of an array of ids or groups as text; None if there is no such array. Raises DataError."""
    if name is None or name not in arrays:
        return None
    array = arrays[name]
    if array.ndim != 1:
        raise DataError([WrongShape(NOWHERE, name, ("one value for each sample",), array.shape[1:])])
    return tuple(
        one.decode(errors="backslashreplace") if isinstance(one, bytes) else str(one) for one in array.tolist()
    )
