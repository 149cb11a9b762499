"""What the columns of tables are, as plain data for `best.json`: enough to read another table for the same model."""

from __future__ import annotations

from typing import Any

from sqsem_dsl.data.dataset import Dataset, class_count


def described(dataset: Dataset) -> dict[str, Any]:
    """`columns`, for each input: its columns in the order in which the model takes them, with the categories in the
    order of their codes. `targets`, for each output: its columns, and for numbers their mean and standard deviation in
    the training set. `windows`: how rows became samples. None of these is there without tables.
    """
    found: dict[str, Any] = {}
    if dataset.columns:
        found["columns"] = {name: columns.to_plain() for name, columns in dataset.columns.items()}
    if dataset.label_columns:
        found["targets"] = {name: _target(dataset, name) for name in dataset.label_columns}
    if dataset.windows is not None:
        found["windows"] = dataset.windows.to_plain()
    return found


def _target(dataset: Dataset, name: str) -> dict[str, Any]:
    found: dict[str, Any] = {"columns": list(dataset.label_columns[name])}
    fact = dataset.outputs[name]
    if fact.ending is None and class_count(fact) is None:
        mean, stddev = dataset.target_statistics(name)
        found |= {"mean": list(mean), "stddev": stddev}
    return found
