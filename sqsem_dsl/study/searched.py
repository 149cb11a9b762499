"""The space that a search is for: a compiled one, or one to compile from a file or a text."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqsem_dsl.compiler import Compilation
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.space.space import Space
from sqsem_dsl.study.errors_arguments import BadArgument, NotForSpace
from sqsem_dsl.study.spec_snapshot import Sources


@dataclass(frozen=True)
class Searched:
    """A space, and what a study records about it."""

    space: Space
    sources: Sources | None
    """None if the space was not compiled from a text: a study of it cannot load it again."""
    folder: Path
    """The default folder of its study."""


def searched_of(
    spec: object, *, space: str | None = None, define: Mapping[str, object] | None = None, allow_extern: bool = False
) -> Searched:
    """The space of a `Space`, of the path of a file, or of the text of a spec.

    A `str` is a text if it has several lines, or a brace and is not the path of a file; any other is a path. `space`,
    `define` and `allow_extern` are those of `load`. Raises SqsError with every diagnostic.
    """
    if isinstance(spec, Space):
        given = {"space": space is not None, "define": bool(define)}
        if any(given.values()):
            raise SqsError([NotForSpace(NOWHERE, tuple(name for name, there in given.items() if there))])
        sources = None if spec.compilation is None else Sources.of(spec.compilation)
        return Searched(spec, sources, Path(f"{spec.name}-search"))
    if isinstance(spec, str) and is_text(spec):
        compilation = Compilation.from_text(spec, space=space, define=define, allow_extern=allow_extern)
        return Searched(compilation.space, Sources.of(compilation), Path(f"{compilation.space.name}-search"))
    if isinstance(spec, str | os.PathLike):
        path = Path(os.fspath(spec))
        compilation = Compilation.from_file(path, space=space, define=define, allow_extern=allow_extern)
        return Searched(compilation.space, Sources.of(compilation), Path(f"{path.stem}-search"))
    expected = "a `Space`, the path of a spec, or its text"
    raise SqsError([BadArgument(NOWHERE, "spec", f"of type `{type(spec).__name__}`", expected)])


def is_text(spec: str) -> bool:
    """Whether a `str` is the text of a spec and not a path.

    >>> is_text("space s { input x: [4]  output y = x -> dense(2) }"), is_text("specs/space.sqs")
    (True, False)
    """
    return "\n" in spec or ("{" in spec and not os.path.exists(spec))
