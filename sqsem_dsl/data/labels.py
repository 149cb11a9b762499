"""Classes by name as class numbers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from sqsem_dsl.data.columns import is_number
from sqsem_dsl.data.dataset import Array, Held, class_count
from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.errors_sets import OtherClasses
from sqsem_dsl.data.errors_sources import ClassCount, NotForClasses
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.settings.metrics import OutputFact


def class_units(fact: OutputFact) -> int | None:
    """The number of classes of an output with one class for each sample; None for other outputs."""
    return class_count(fact) if len(fact.shape) == 1 else None


def class_names(each: Sequence[str], units: int) -> tuple[str, ...]:
    """The names among the labels of `units` classes, in the order of their class numbers; empty if the labels are class
    numbers already.

    Labels that are all numbers are names if they are not the class numbers from 0, but as many different whole numbers
    as there are classes.

    >>> class_names(["dog", "cat", "dog"], 2), class_names(["1", "0", "1"], 2), class_names(["2", "1.0", "10"], 3)
    (('cat', 'dog'), (), ('1', '2', '10'))
    >>> class_names(["1", "2"], 3), class_names(["1", "-1"], 2), class_names(["1.5", "2"], 2)
    ((), ('-1', '1'), ())
    """
    if not all(map(is_number, each)):
        return tuple(sorted(set(each)))
    values = {float(text) for text in each}
    if len(values) != units or values == {*range(units)} or not all(map(float.is_integer, values)):
        return ()
    return in_order({str(int(value)) for value in values})


def in_order(names: Collection[str]) -> tuple[str, ...]:
    """Class names in the order of their class numbers: as numbers if all are, otherwise as text."""
    return tuple(sorted(names, key=int) if all(map(_is_whole, names)) else sorted(names))


def named_labels(classes: Mapping[str, tuple[str, ...]], points: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The class names that labels are written with: without those of outputs whose labels are class numbers, and of
    the outputs `points`, which have a class for each point, as masks.

    >>> named_labels({"pet": ("cat", "dog"), "digit": ("0", "1"), "rank": ("1", "2"), "mask": ("0", "255")}, ["mask"])
    {'pet': ('cat', 'dog'), 'rank': ('1', '2')}
    """
    return {
        output: names
        for output, names in classes.items()
        if output not in points and names != tuple(map(str, range(len(names))))
    }


def outputs_of_points(outputs: Mapping[str, OutputFact]) -> tuple[str, ...]:
    """The outputs that do not have one class for each sample."""
    return tuple(name for name, fact in outputs.items() if class_units(fact) is None)


def _is_whole(text: str) -> bool:
    return text.removeprefix("-").isdecimal()


def spelled(label: str, names: Sequence[str]) -> str:
    """A label as its class name: without a point if the names are whole numbers.

    >>> spelled("2.0", ("1", "2")), spelled("two", ("1", "2")), spelled("2.0", ("one", "two"))
    ('2', 'two', '2.0')
    """
    whole = is_number(label) and float(label).is_integer() and all(map(_is_whole, names))
    return str(int(float(label))) if whole else label


def class_numbers(
    source: str, output: str, fact: OutputFact, each: Sequence[str], names: Sequence[str] | None = None
) -> Array:
    """The class of each sample as a number, one a sample.

    Labels without names (`class_names`) are already class numbers, and `canonical` checks them. Otherwise the names are
    numbered from 0 in their order, or as in `names`, the names of all sets. Raises DataError if their count differs
    from that of the output's classes, for labels that are not in `names`, or if the output has no classes.
    """
    units = class_units(fact)
    if units is None:
        raise DataError([NotForClasses(NOWHERE, source, output, fact.shape)])
    names = names or class_names(each, units)
    if not names:
        return np.array(each, np.float64)
    as_name = {text: spelled(text, names) for text in set(each)}
    unknown = in_order(set(as_name.values()) - set(names))
    if unknown:
        raise DataError([OtherClasses(NOWHERE, output, unknown, tuple(names))])
    if len(names) != units:
        raise DataError([ClassCount(NOWHERE, source, output, units, tuple(names))])
    numbers = {name: number for number, name in enumerate(names)}
    return np.array([numbers[as_name[text]] for text in each], np.int64)


def texts(held: Held | None) -> tuple[str, ...] | None:
    """The values of an array that holds names, without spaces around them; None if it holds numbers or the like."""
    if not isinstance(held, np.ndarray) or held.dtype.kind not in "USO":
        return None
    each = held.ravel().tolist()
    if not all(isinstance(one, str | bytes) for one in each):
        return None
    return tuple((one.decode(errors="backslashreplace") if isinstance(one, bytes) else one).strip() for one in each)


def numbered_texts(
    source: str,
    outputs: Mapping[str, OutputFact],
    arrays: Mapping[str, Held],
    known: Mapping[str, tuple[str, ...]] | None = None,
) -> tuple[dict[str, Held], dict[str, tuple[str, ...]]]:
    """The arrays, with class numbers in place of labels that are text, and the class names of those outputs in the
    order of their numbers.

    `known` has the names that the labels of an output must have; without them, the names are those that occur, sorted.
    Raises DataError for other names, for another number of names than classes, and for outputs without classes.
    """
    numbers, found = dict(arrays), {}
    for name, fact in outputs.items():
        each = texts(arrays.get(name))
        if each is None or (class_units(fact) is None and all(map(is_number, each))):
            continue  # numbers, perhaps written as text, which `canonical` refuses
        names = (known or {}).get(name) or class_names(each, class_units(fact) or 0)
        numbers[name] = class_numbers(source, name, fact, each, names or None)
        if names:
            found[name] = names
    return numbers, found
