"""Where data come from: embedded, or a file of arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from sqsem_dsl.data.dataset import Dataset
from sqsem_dsl.data.digits import NAME, load_digits
from sqsem_dsl.data.errors import DataError, UnknownData
from sqsem_dsl.data.npz import load_npz
from sqsem_dsl.data.split import Splitting
from sqsem_dsl.source import NOWHERE
from sqsem_dsl.spec.metrics import OutputFact

__all__ = ["EMBEDDED", "DataError", "OutputFact", "load_data"]

EMBEDDED = (NAME,)
"""Data that need no file."""


def load_data(
    what: str | Sequence[str],
    inputs: Mapping[str, tuple[int, ...]],
    outputs: Mapping[str, OutputFact],
    splitting: Splitting | int,
    *,
    allow_extern: bool = False,
) -> Dataset:
    """The data named by `what` (`digits`, or the path of an `.npz` file), for all inputs and outputs of a space.

    Shapes are without the sample axis. The same data and splitting (a number is its seed) give the same parts.
    Raises DataError, an SqsError, with everything that is wrong.
    """
    if isinstance(splitting, int):
        splitting = Splitting(splitting)
    if not isinstance(what, str):
        [what] = what
    if what in EMBEDDED:
        return load_digits(inputs, outputs, splitting)
    if not what.lower().endswith(".npz") and not Path(what).exists():
        raise DataError([UnknownData(NOWHERE, what, EMBEDDED)])
    return load_npz(what, inputs, outputs, splitting)
