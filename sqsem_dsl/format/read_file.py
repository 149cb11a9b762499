"""Reads a spec from a file or a text in either form, `.sqs` or JSON."""

from __future__ import annotations

from pathlib import Path

from sqsem_dsl.ast.read import Read, load, read
from sqsem_dsl.diagnostics.source import Source
from sqsem_dsl.syntax.tokens import Tokens


def read_json(source: Source) -> Read:
    """The spec in a JSON text. Its places are in its printed text, a source named `NAME (as text)`."""
    # Six modules that a text does not need.
    from sqsem_dsl.format.json_form import spec_from_json
    from sqsem_dsl.format.printer import print_spec

    spec, found = spec_from_json(source)
    if spec is None:
        return Read(Tokens(source), None, found)
    return read(Source(f"{source.name} (as text)", print_spec(spec)))


def read_text(source: Source) -> Read:
    """The spec in a text of either form: JSON if the name ends with `.json` or the text begins with `{`."""
    return read_json(source) if is_json(source) else read(source)


def is_json(source: Source) -> bool:
    """Whether a text is meant as a spec in JSON form."""
    return source.name.endswith(".json") or source.text.lstrip()[:1] == "{"


def read_file(path: Path | str, name: str | None = None) -> Read:
    """The spec in a file, in either form; the source is named as the path was given, or `name`. Never raises."""
    shown = name if name is not None else str(path)
    loaded = load(Path(path), shown)
    return read_text(loaded) if isinstance(loaded, Source) else loaded
