"""Errors in the valid parts of a file with syntax errors: names and values, nothing that depends on the whole file.

An unreadable part is a hole, with the names that may be bound in it. Shapes, counts, choices and uses are not checked,
since a hole may change them all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from sqsem_dsl.ast import outline
from sqsem_dsl.ast.read import Partial
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.elaborate import elaborate
from sqsem_dsl.elaborate.errors.domains import BadPick, BadRange, EmptyDomain, NotStatic, RealReaches, RepeatedValue
from sqsem_dsl.elaborate.errors.names import (
    DuplicateName,
    NotInDomain,
    ReservedName,
    TensorAsStage,
    UnknownArgument,
    UnknownName,
    UnknownOperator,
    UnknownSymbol,
)
from sqsem_dsl.elaborate.errors.statements import (
    BadInputShape,
    BadSetting,
    MisplacedArgument,
    MissingArgument,
    RepeatedArgument,
    TooManyArguments,
    UnknownType,
    WrongType,
)
from sqsem_dsl.elaborate.imports import Library
from sqsem_dsl.elaborate.resolve.resolve import resolve
from sqsem_dsl.ir import faults

JUDGED: tuple[type[Diagnostic], ...] = (
    # names
    UnknownName, UnknownOperator, UnknownArgument, UnknownSymbol, UnknownType,
    DuplicateName, ReservedName, NotInDomain,
    # arguments and values
    WrongType, MissingArgument, TooManyArguments, RepeatedArgument,
    MisplacedArgument, TensorAsStage, BadInputShape, BadSetting,
    EmptyDomain, RepeatedValue, BadRange, NotStatic, RealReaches, BadPick,
    faults.BadAttribute, faults.BadOperand, faults.NotWhole, faults.DividedByZero,
)  # fmt: skip
"""The errors of a single statement that hold for any content of the holes."""


def check_partial(
    partial: Partial,
    path: Path | None,
    wanted: str | None = None,
    allow_extern: bool = False,
) -> Iterator[Diagnostic]:
    """The errors of names and values in the valid parts of a file at a path; in its spaces, only in the selected
    one."""
    library = Library(path.parent if path is not None else None)
    library.add(partial.spec, path)
    yield from (d for d in library.diagnostics if getattr(d, "name", None) not in partial.maybe.words)
    # A name that a `use` does not find is reported there; using it is not a second error.
    asked = {name for use in partial.spec.uses for name in use.names} if library.diagnostics else set()
    maybe = replace(partial.maybe, words=partial.maybe.words | asked)
    found: list[Diagnostic] = []
    for space in partial.spec.definitions:
        if isinstance(space, outline.Space) and wanted in (None, space.name):
            found.extend(elaborate(space, partial.spec, library, allow_extern=allow_extern, maybe=maybe).diagnostics)
    found.extend(resolve(partial.spec, library, maybe=maybe))
    yield from (d for d in found if isinstance(d, JUDGED) and getattr(d, "name", None) not in maybe.words)
