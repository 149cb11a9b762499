"""Classes by name as class numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from sqsem_dsl.data.columns import is_number
from sqsem_dsl.data.dataset import Array, class_count
from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.errors_sets import OtherClasses
from sqsem_dsl.data.errors_sources import ClassCount, NotForClasses
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.settings.metrics import OutputFact


def class_units(fact: OutputFact) -> int | None:
    """The number of classes of an output with one class for each sample; None for other outputs."""
    return class_count(fact) if len(fact.shape) == 1 else None


def class_names(each: Sequence[str]) -> tuple[str, ...]:
    """The names among text labels, in the order of their numbers; empty if all are numbers."""
    return () if all(is_number(text) for text in each) else tuple(sorted(set(each)))


def in_words(classes: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The class names of the outputs whose names are not numbers, as those of masks and of digits are.

    >>> in_words({"animal": ("cat", "dog"), "mask": ("0", "255")})
    {'animal': ('cat', 'dog')}
    """
    return {output: names for output, names in classes.items() if not all(map(str.isdecimal, names))}


def class_numbers(
    source: str, output: str, fact: OutputFact, each: Sequence[str], names: Sequence[str] | None = None
) -> Array:
    """The class of each sample as a number, one a sample.

    Texts that are all numbers are already class numbers, and `canonical` checks them. Otherwise the class names are
    numbered from 0 in sorted order, or as in `names`, the names of all sets. Raises DataError if their count differs
    from that of the output's classes, for labels that are not in `names`, or if the output has no classes.
    """
    units = class_units(fact)
    if units is None:
        raise DataError([NotForClasses(NOWHERE, source, output, fact.shape)])
    if names and not set(each) <= set(names):
        unknown = tuple(sorted(set(each) - set(names)))
        raise DataError([OtherClasses(NOWHERE, output, unknown, tuple(names))])
    if not names:
        names = class_names(each)
        if not names:
            return np.array(each, np.float64)
    if len(names) != units:
        raise DataError([ClassCount(NOWHERE, source, output, units, tuple(names))])
    numbers = {name: number for number, name in enumerate(names)}
    return np.array([numbers[name] for name in each], np.int64)
