"""Forms of data that are refused, each with what to give instead."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.errors_objects import BadWeights, UnknownForm
from sqsem_dsl.data.folder import SETS
from sqsem_dsl.data.frames import is_frame
from sqsem_dsl.diagnostics.source import NOWHERE

WEIGHT = "sample_weight"
"""The name by which Keras calls weights."""


def unknown_form(data: object, argument: str) -> UnknownForm:
    """The diagnostic for an object that is not data."""
    kind = f"it is of type `{type(data).__name__}`"
    if hasattr(data, "toarray"):  # a sparse matrix
        return UnknownForm(NOWHERE, argument, f"{kind}, without labels", f"give `({argument}.toarray(), labels)`")
    if hasattr(data, "to_pandas"):  # a table of pyarrow
        return UnknownForm(NOWHERE, argument, kind, f"give a data frame: `{argument}.to_pandas()`")
    if hasattr(data, "collect"):
        return UnknownForm(NOWHERE, argument, kind, f"give a data frame: `{argument}.collect()`")
    if hasattr(data, "__array__"):
        remedy = "give the labels, too: `(x, y)`, or a dict by the names of inputs and outputs"
        return UnknownForm(NOWHERE, argument, "it is an array without labels", remedy)
    if hasattr(data, "__getitem__") and not isinstance(data, str | bytes):
        remedy = "add the method `__len__` to its class, which says how many samples or batches there are"
        return UnknownForm(NOWHERE, argument, f"{kind}, which has no `__len__`", remedy)
    if callable(data):
        return UnknownForm(NOWHERE, argument, kind, f"give what it returns: `{argument}()`")
    return UnknownForm(NOWHERE, argument, kind)


def check_mapping(data: Mapping[Any, object], inputs: Collection[str], outputs: Collection[str], argument: str) -> None:
    """Raises DataError for a dict of sets, and for one with weights, which would be ignored."""
    names = [str(name) for name in data]
    if names and not {*names} & {*inputs, *outputs} and all(name.lower() in SETS for name in names):
        others = [
            f"{SETS[name.lower()]}_data={argument}[{name!r}]" for name in names if SETS[name.lower()] != "training"
        ]
        train = next((name for name in names if SETS[name.lower()] == "training"), "train")
        reason = f"it has the sets {', '.join(f'`{name}`' for name in names)}"
        raise DataError(
            [UnknownForm(NOWHERE, argument, reason, f"give `{', '.join([f'{argument}[{train!r}]', *others])}`")]
        )
    check_weights(names, inputs, outputs, argument, f"give it as an argument: `{WEIGHT}={argument}[{WEIGHT!r}]`")


def check_weights(
    names: Collection[str], inputs: Collection[str], outputs: Collection[str], argument: str, remedy: str
) -> None:
    """Raises DataError if weights are among the arrays of a dict."""
    if WEIGHT in names and WEIGHT not in (*inputs, *outputs):
        reason = f"`{argument}` has an array of that name, which is neither an input nor an output"
        raise DataError([BadWeights(NOWHERE, WEIGHT, reason, remedy)])


def check_pair(x: object, y: object, inputs: Collection[str], outputs: Collection[str], argument: str) -> None:
    """Raises DataError for a pair that is not one of inputs and labels: two sets, or a frame and the name of a
    column."""
    if isinstance(y, str):
        output = next(iter(outputs), "y")
        remedy = (
            f"give the frame alone: its column `{output}` has the labels, or another one by "
            f"`table=TableOptions(labels={{{output!r}: {y!r}}})`"
        )
        raise DataError([UnknownForm(NOWHERE, argument, f"its labels are the text `{y}`", remedy)])
    sets = (_is_set(x) and _is_set(y)) or (len(inputs) == len(outputs) == 1 and _is_pair(x) and _is_pair(y))
    if sets:
        raise DataError([_two_sets(argument)])


def check_list(data: object, argument: str) -> None:
    """Raises DataError for a list of two sets, each of inputs and labels."""
    if isinstance(data, list) and len(data) == 2 and all(map(_is_pair, data)):
        raise DataError([_two_sets(argument)])


def _two_sets(argument: str) -> UnknownForm:
    remedy = "give the first as the data, and the other as `validation_data` or `test_data`"
    return UnknownForm(NOWHERE, argument, "it is a pair of two sets, not of inputs and labels", remedy)


def _is_set(value: Any) -> bool:
    """Whether an object gives samples or batches, and is not an array."""
    if hasattr(value, "element_spec") and hasattr(value, "cardinality"):
        return True
    plain = isinstance(value, list | tuple | Mapping | str | bytes) or hasattr(value, "__array__") or is_frame(value)
    return not plain and hasattr(value, "__getitem__") and hasattr(value, "__len__")


def _is_pair(value: Any) -> bool:
    """Whether an object is a pair of arrays of the same length, as of inputs and labels."""
    if not isinstance(value, tuple | list) or len(value) != 2:
        return False
    try:
        return len(value[0]) == len(value[1]) > 2 and not all(map(_is_number, value[0]))
    except TypeError:
        return False


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)
