"""What kind of failure an exception is of a trial. Imports no backend to know its exceptions."""

from __future__ import annotations

import errno
from collections.abc import Iterator

from sqsem_dsl.study.task import FailureKind

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
"""The errors of a file system that takes nothing more."""
_OUT_OF_MEMORY = ("ResourceExhaustedError", "OutOfMemoryError")
"""TensorFlow's and torch's."""
_SAID = ("RESOURCE_EXHAUSTED", "out of memory", "Unable to allocate", "bad_alloc")
"""What JAX, whose exception has one name for everything, and others say."""


def kind_of(error: BaseException) -> FailureKind:
    """Whether there was no memory left, or what else."""
    for one in _causes(error):
        if isinstance(one, MemoryError) or type(one).__name__ in _OUT_OF_MEMORY:
            return "memory"
        if isinstance(one, RuntimeError) and any(said in str(one) for said in _SAID):
            return "memory"
    return "error"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
