"""Padded sequences as code: the layers that keep padding out, where a space has padded inputs.

A mask travels with its tensor (`mask_classes`), so that code does not name it: tensors without padding have none, and
the layers treat them as usual. `Module.padded` says whether there may be masks at all.
"""

from __future__ import annotations

from sqsem_dsl.backends.hypermodel.axes import axis_of
from sqsem_dsl.backends.hypermodel.helpers import helper
from sqsem_dsl.backends.hypermodel.mask_classes import MASK_CLASSES
from sqsem_dsl.backends.hypermodel.values import Scalar, Tensor
from sqsem_dsl.backends.hypermodel.writer import Writer

SEQUENCE = 2
"""The axes of a sequence of vectors, without that of the samples."""


def masked(writer: Writer, made: str, given: dict[str, Scalar], x: Tensor) -> str:
    """The expression for a layer of `x`, which must leave out the padding and hand on the mask."""
    kind = made.removeprefix("layers.").partition("(")[0]
    if x.padded and kind == "Embedding":
        return made.replace(f"layers.{kind}", helper(writer.module, "PaddedEmbedding"), 1)
    valid = "padding" in given and given["padding"].value == "valid"  # no padded sequences come there
    if writer.module.padded is None or x.rank != SEQUENCE or valid or f"Masked{kind}" not in MASK_CLASSES:
        return made
    return made.replace(f"layers.{kind}", helper(writer.module, f"Masked{kind}"), 1)


def with_mask(writer: Writer, code: str, of: str, rank: int) -> str:
    """The code of a tensor that was made from another one place by place, with the mask of that one."""
    if writer.module.padded is None or rank != SEQUENCE:
        return code
    return f"{helper(writer.module, 'KeepMask')}()([{code}, {of}])"


def pools_all(writer: Writer, given: dict[str, Scalar], x: Tensor) -> bool:
    """Whether a `gap` or `gmp` along an axis leaves out padding: it is one over all places."""
    return writer.module.padded is not None and x.rank == SEQUENCE and axis_of(given["axis"], x.rank) == 0
