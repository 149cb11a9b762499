"""The specs of `specs/`, each compiled once for all tests of a process."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from sqsem_dsl import Compilation, Space

SPECS = Path(__file__).resolve().parents[2] / "specs"


@cache
def compiled(name: str) -> Compilation:
    """The compilation of a spec. What one test computes of it, such as its costs, no other test computes again."""
    return Compilation.from_file(SPECS / f"{name}.sqs")


def space_of(name: str) -> Space:
    """The space of a spec."""
    return compiled(name).space
