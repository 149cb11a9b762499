"""From a file or a text to a spec, with everything that is wrong on the way as diagnostics."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqsem_dsl.diagnostics import Diagnostic
from sqsem_dsl.source import Source
from sqsem_dsl.spec.build import build
from sqsem_dsl.spec.model import Spec
from sqsem_dsl.syntax.parser import parse
from sqsem_dsl.syntax.scanner import Comment


@dataclass(frozen=True, eq=False)
class Read:
    """What was read. `spec` is None exactly where a diagnostic is an error."""

    source: Source
    spec: Spec | None
    comments: tuple[Comment, ...]
    diagnostics: tuple[Diagnostic, ...]


def read(source: Source) -> Read:
    """The spec in a text. Raises nothing, whatever the text is."""
    parsed = parse(source)
    if parsed.tree is None:
        return Read(source, None, parsed.comments, parsed.diagnostics)
    return Read(source, build(parsed.tree, source), parsed.comments, parsed.diagnostics)


def read_file(path: Path | str) -> Read:
    """The spec in a file; the source is named as the path was given."""
    return read(Source(str(path), Path(path).read_text(encoding="utf-8")))
