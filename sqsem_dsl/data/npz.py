"""Data from a file of arrays: `FILE.npz`, with one array for each input's name and one for each output's."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np

from sqsem_dsl.data.arrays import canonical
from sqsem_dsl.data.dataset import Array, Dataset
from sqsem_dsl.data.errors import DataError, UnreadableData, WrongType, missing
from sqsem_dsl.data.split import Splitting, split
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.settings.metrics import OutputFact
from sqsem_dsl.utils.regular_files import not_regular


def load_npz(
    path: str, inputs: Mapping[str, tuple[int, ...]], outputs: Mapping[str, OutputFact], splitting: Splitting
) -> Dataset:
    """The data of a file, divided as asked. Raises DataError for a file that cannot be read or does not fit the space.

    Pickled objects are never loaded: a data file cannot run code.
    """
    arrays = read_arrays(path, (*inputs, *outputs))
    absent = missing(path, inputs, outputs, arrays)
    if absent:
        raise DataError(absent)
    part = canonical(path, inputs, outputs, {name: arrays[name] for name in (*inputs, *outputs)})
    return split(Path(path).name, outputs, part, splitting)


def read_arrays(path: str, wanted: Collection[str]) -> dict[str, Array]:
    """The wanted arrays of a file that are there; of the others an empty stand-in, so that their names are known.

    Raises DataError for a file that is none, is damaged, or holds what only unpickling could read.
    """
    other = not_regular(path)
    if other is not None:
        raise DataError([UnreadableData(NOWHERE, path, other)])
    try:
        file = np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise DataError([UnreadableData(NOWHERE, path, "no such file")]) from None
    except OSError as error:
        raise DataError([UnreadableData(NOWHERE, path, (error.strerror or str(error)).lower())]) from None
    except Exception:  # NumPy raises nearly anything for a damaged file: from zipfile, zlib, struct, tokenize, ast
        raise DataError([UnreadableData(NOWHERE, path, "it is not an `.npz` file, or it is damaged")]) from None
    if not isinstance(file, np.lib.npyio.NpzFile):
        raise DataError([UnreadableData(NOWHERE, path, "it holds one array without a name")])
    with file:
        return {name: _read(file, name, path) if name in wanted else np.empty(0) for name in file.files}


def _read(file: Mapping[str, Array], name: str, path: str) -> Array:
    try:
        return file[name]
    except Exception as error:  # as above
        if "allow_pickle" in str(error):
            raise DataError([WrongType(NOWHERE, name, "an array of numbers", "Python objects")]) from None
        raise DataError([UnreadableData(NOWHERE, path, f"its array `{name}` is damaged")]) from None
