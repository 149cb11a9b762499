"""A study for users: its spaces and architectures build models."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import ClassVar, cast

from sqsem_dsl import compiler
from sqsem_dsl.api.space import Architecture, Compilation, Space
from sqsem_dsl.study.journal import study as base


class Study(base.Study):
    """The trials of a folder as they were when it was opened. Open it again to see newer ones."""

    compilation: ClassVar[type[compiler.Compilation]] = Compilation

    @cached_property
    def space(self) -> Space:
        """The searched space. Raises SqsError if this version of the program rejects the spec."""
        return cast(Space, super().space)

    def architecture(self, number: int) -> Architecture:
        """The architecture of a trial. Raises KeyError if there is no such trial, and SqsError if the space does not
        contain its architecture."""
        return cast(Architecture, super().architecture(number))


def load_study(folder: str | os.PathLike[str], *, allow_extern: bool = False, damaged: bool = False) -> Study:
    """The study in a folder, finished or not; its search may still be running.

    `allow_extern` allows `extern` layers in its spec, as in `load`. With `damaged`, the readable part of a damaged
    journal is returned, and `Study.damage` describes the rest. Raises SqsError if there is no study, or one that
    cannot be read.
    """
    return Study(Path(folder), allow_extern, damaged)
