"""Predictions of a model for samples: arrays by output, and a table with a row for each sample."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO
from zipfile import ZipFile

import numpy as np
from numpy.typing import NDArray

from sqsem_dsl.data.dataset import Array, class_count
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.settings.metrics import OutputFact
from sqsem_dsl.study.errors_inference import NotATable
from sqsem_dsl.study.journal.frames import load_pandas

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a model returns for samples."""

    values: Mapping[str, Array]
    """The model's output, float32 `[samples, ...]`, by name: probabilities of classes, or numbers."""
    outputs: Mapping[str, OutputFact]
    classes: Mapping[str, tuple[str, ...]]
    """The class names of each output with one class per sample or point."""
    ids: tuple[str, ...] | None = None
    """The ids of the samples, if the data have ids."""

    def __len__(self) -> int:
        return len(next(iter(self.values.values())))

    def __repr__(self) -> str:
        shapes = ", ".join(f"{name} {list(array.shape[1:])}" for name, array in self.values.items())
        return f"<Predictions for {len(self)} samples: {shapes}>"

    def class_numbers(self, output: str) -> NDArray[np.intp]:
        """The number of the most probable class of each sample (or point); for a sigmoid 1 above a probability of
        0.5. Raises KeyError for an output without classes."""
        fact, values = self.outputs[output], self.values[output]
        match fact.ending:
            case "softmax":
                return np.asarray(values.argmax(axis=-1), np.intp)
            case "sigmoid":
                return (values > 0.5).astype(np.intp)
            case None:
                raise KeyError(output)

    def labels(self, output: str) -> NDArray[Any]:
        """The name of the most probable class of each sample (or point). Raises KeyError for an output without named
        classes: numbers, and several yes-or-no labels."""
        numbers = self.class_numbers(output)
        names = np.array(self.classes[output])
        return names[numbers[..., 0] if self.outputs[output].ending == "sigmoid" else numbers]

    def table(self) -> dict[str, list[Any]]:
        """Columns by name: `id`, and for each output its class and the probability of each class (`OUTPUT.CLASS`), the
        probability of each yes-or-no label, or its numbers.

        Raises SqsError for an output with a map or a sequence per sample.
        """
        columns: dict[str, list[Any]] = {"id": list(self.ids) if self.ids is not None else list(range(len(self)))}
        for name, array in self.values.items():
            columns |= self._columns(name, array)
        return columns

    def _columns(self, name: str, array: Array) -> dict[str, list[Any]]:
        fact = self.outputs[name]
        if len(fact.shape) != 1:
            raise SqsError([NotATable(NOWHERE, name, fact.shape)])
        if class_count(fact) is not None:
            names = self.classes[name]
            shares = array if fact.ending == "softmax" else np.concatenate([1 - array, array], axis=1)
            probable = {f"{name}.{each}": shares[:, at].tolist() for at, each in enumerate(names)}
            return {name: self.labels(name).tolist(), **probable}
        if array.shape[1] == 1:
            return {name: array[:, 0].tolist()}
        return {f"{name}.{at}": array[:, at].tolist() for at in range(array.shape[1])}

    def write_csv(self, file: TextIO) -> None:
        """Writes the table as CSV, numbers with up to seven digits. Raises SqsError as `table` does."""
        columns = self.table()
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for row in zip(*columns.values(), strict=True):
            writer.writerow(f"{value:.7g}" if isinstance(value, float) else value for value in row)

    def write_npz(self, path: str | os.PathLike[str]) -> None:
        """Writes an array for each output, and `id` if the samples have ids. Raises OSError."""
        arrays: dict[str, Any] = dict(self.values) | ({} if self.ids is None else {"id": np.array(self.ids)})
        with ZipFile(path, "w") as archive:  # not `numpy.savez`: an output may have the name of its argument, `file`
            for name, array in arrays.items():
                with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                    np.lib.format.write_array(file, np.asarray(array), allow_pickle=False)

    def to_pandas(self) -> pandas.DataFrame:
        """The table as a pandas frame. Raises SqsError as `table` does, and if pandas is missing."""
        frame: pandas.DataFrame = load_pandas("a frame of predictions").DataFrame(self.table()).set_index("id")
        return frame

    def samples(self) -> Iterator[tuple[str, dict[str, Array]]]:
        """The id of each sample, or its number, and its values by output."""
        for at in range(len(self)):
            name = str(at) if self.ids is None else self.ids[at]
            yield name, {output: array[at] for output, array in self.values.items()}
