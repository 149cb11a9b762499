"""Options for tables: which columns the inputs take, and how."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqsem_dsl.data.columns import Values


@dataclass(frozen=True)
class TableOptions:
    """How the columns of the tables are used; the names are those in the files."""

    columns: tuple[str, ...] = ()
    """The columns that inputs take; all if empty. Ids, labels and weights are not affected."""
    drop: tuple[str, ...] = ()
    """The columns that are ignored."""
    categories: tuple[str, ...] = ()
    """The columns that are categories, although they hold numbers or have many values."""
    missing: Literal["mean", "indicator"] = "mean"
    """Missing numbers are replaced by the mean of the training set; `indicator` adds a value that is 1 where a number
    was missing."""
    weight: str | None = None
    """The column, or the array of an `.npz` file, with the weights of the samples."""
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The columns of outputs that do not have the outputs' names."""

    def __post_init__(self) -> None:
        for name in ("columns", "drop", "categories"):
            if isinstance(given := getattr(self, name), str):  # a single name
                object.__setattr__(self, name, (given,))
        labels = {output: (names,) if isinstance(names, str) else tuple(names) for output, names in self.labels.items()}
        object.__setattr__(self, "labels", labels)

    @property
    def names(self) -> tuple[str, ...]:
        """All columns that are named."""
        weight = () if self.weight is None else (self.weight,)
        labels = (name for names in self.labels.values() for name in names)
        return tuple(dict.fromkeys((*self.columns, *self.drop, *self.categories, *weight, *labels)))

    def takes(self, column: str) -> bool:
        """Whether a column may be one of an input."""
        return not self.columns or column in self.columns or column.partition(".")[0] in self.columns

    def among(self, columns: Iterable[str]) -> TableOptions:
        """The options for the columns of one of several tables, of an input."""
        own = set(columns)
        columns, drop, categories = (
            tuple(each for each in names if each in own) for names in (self.columns, self.drop, self.categories)
        )
        return TableOptions(columns, drop, categories, self.missing)

    def arranged(self, columns: Mapping[str, Values]) -> Mapping[str, Values]:
        """The columns without those that are dropped, and those of `labels` under the names of their outputs: one as
        `price`, several as `tags.red`, `tags.green`, in the given order."""
        kept = {name: name for name in columns if name not in self.drop}
        for output, names in self.labels.items():
            if all(name in kept for name in names):
                kept |= {_label(output, name, names): kept.pop(name) for name in names}
        return Renamed(columns, kept)

    def written(self, output: str, columns: tuple[str, ...]) -> tuple[str, ...]:
        """The names in the file of the columns of an output."""
        return self.labels.get(output, columns)

    def to_plain(self) -> dict[str, Any]:
        """Those that differ from the defaults, fit for JSON."""
        every = {
            "columns": list(self.columns),
            "drop": list(self.drop),
            "categories": list(self.categories),
            "missing": self.missing if self.missing != "mean" else None,
            "weight": self.weight,
            "labels": {output: list(names) for output, names in self.labels.items()},
        }
        return {name: value for name, value in every.items() if value}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> TableOptions:
        """From the data that `to_plain` returns. Raises TypeError for other names."""
        given: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in plain.items()
        }
        labels = {output: tuple(names) for output, names in plain.get("labels", {}).items()}
        given["labels"] = labels
        return cls(**given)


def _label(output: str, name: str, names: Sequence[str]) -> str:
    return output if len(names) == 1 else f"{output}.{name}"


class Renamed(Mapping[str, Values]):
    """Some columns of a table, under other names, read when they are used."""

    def __init__(self, columns: Mapping[str, Values], names: Mapping[str, str]) -> None:
        self._columns, self._names = columns, names

    def __getitem__(self, name: str) -> Values:
        return self._columns[self._names[name]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names
