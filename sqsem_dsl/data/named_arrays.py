"""Python objects as arrays by the names of inputs and outputs."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqsem_dsl.data.dataset import Held
from sqsem_dsl.data.errors import DataError, missing
from sqsem_dsl.data.errors_objects import UnknownForm
from sqsem_dsl.data.plain_arrays import plain_array
from sqsem_dsl.data.sequences import length_names, stacked
from sqsem_dsl.diagnostics.diagnostic import Diagnostic, listing
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.utils.numbers import plural
from sqsem_dsl.utils.shapes import is_padded


def by_name(values: object, names: Collection[str], argument: str = "data") -> dict[str, object]:
    """Values by name: a dict, a list or tuple of several in the order of the space, or the only one. Raises DataError
    for another number of values than names.

    >>> by_name([1, 2], ["a", "b"]), by_name([1, 2], ["a"]), by_name({"b": 2}, ["a", "b"])
    ({'a': 1, 'b': 2}, {'a': [1, 2]}, {'b': 2})
    """
    if isinstance(values, Mapping):
        return {str(name): value for name, value in values.items()}
    if not names:
        return {}
    if len(names) > 1:
        several = isinstance(values, tuple | list)
        if not several or len(values) != len(names):  # type: ignore[arg-type]
            given = plural(len(values), "array") if several else f"one `{type(values).__name__}`"  # type: ignore[arg-type]
            reason = f"it has {given} for {listing(names)}"
            remedy = "give one array for each: a list in this order, or a dict by name"
            raise DataError([UnknownForm(NOWHERE, argument, reason, remedy)])
        return dict(zip(names, values, strict=True))  # type: ignore[call-overload]
    return {next(iter(names)): values}


def as_arrays(
    argument: str, named: Mapping[str, object], inputs: Collection[str], outputs: Collection[str]
) -> dict[str, Held]:
    """The arrays for the inputs and outputs, and lengths of padded sequences; values with other names are ignored.
    Raises DataError with all problems for missing names, and for values that are not arrays."""
    found: list[Diagnostic] = missing(argument, inputs, outputs, named)
    arrays: dict[str, Held] = {}
    shapes = inputs if isinstance(inputs, Mapping) else {}
    for name in (*inputs, *outputs, *(one for one in length_names(inputs) if one in named)):
        try:
            if name in named:
                value = named[name]
                made = stacked(argument, name, value, shapes[name]) if is_padded(shapes.get(name, ())) else None
                arrays[name] = as_array(name, value) if made is None else made
        except DataError as error:
            found += error.diagnostics
    if found:
        raise DataError(found)
    return arrays


def as_array(name: str, value: object) -> Held:
    """Anything that NumPy can convert: lists, tensors of any framework, columns of a data frame. `Samples` stay as they
    are. Raises DataError."""
    if hasattr(value, "contents") and hasattr(value, "take"):
        return value  # type: ignore[return-value]
    return plain_array(name, value)
