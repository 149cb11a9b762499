"""Inputs of whole numbers: words, tokens and other categories, checked with the bound of the spec."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sqsem_dsl.data.dataset import Held
from sqsem_dsl.data.errors_whole import WholeRange
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.operators.row import Shape, WholeShape


def check_whole(data: str, name: str, held: Held, shape: Shape, first: int = 0) -> Iterator[Diagnostic]:
    """A diagnostic if an input of whole numbers has other values, or values that are not below its bound. Nothing for
    other inputs, and for places of padding, which are -1. `data` names the source of the samples, and `first` is the
    number of the first of them."""
    if not isinstance(shape, WholeShape):
        return
    values = held[:].reshape(len(held), -1)
    whole = values == np.rint(values) if values.dtype.kind == "f" else np.ones(values.shape, bool)
    wrong = ~whole | (values < 0) | (values >= shape.below)
    if shape.padded is not None:
        wrong &= values != -1
    if not wrong.any():
        return
    sample = int(wrong.any(axis=1).argmax())
    value = values[sample, int(wrong[sample].argmax())]
    shown = f"{value:g}" if values.dtype.kind == "f" else f"{int(value):,}"
    largest = int(values.max()) if whole.all() and values.min() >= 0 else None
    yield WholeRange(NOWHERE, data, name, shown, first + sample, shape.below, int(wrong.sum()), largest)
