"""The formatter for texts: read, print with the comments, and repeat until nothing changes."""

from __future__ import annotations

from sqsem_dsl.ast.read import Read, read
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import Source
from sqsem_dsl.format.printer import print_spec

_ROUNDS = 5


def format_text(text: str, name: str = "<string>") -> str:
    """A text in the canonical layout, with its comments; unchanged if it already is in it.

    Raises SqsError if the text is not a spec.
    """
    result = read(Source(name, text))
    if result.spec is None:
        raise SqsError(result.diagnostics)
    return format_read(result)


def format_read(result: Read) -> str:
    """The read spec in the canonical layout. A comment that had to move may let a line join; then it is printed once
    more."""
    assert result.spec is not None
    printed = print_spec(result.spec, result.tokens)
    for _ in range(_ROUNDS):
        again = read(Source(result.source.name, printed))
        assert again.spec is not None
        once_more = print_spec(again.spec, again.tokens)
        if once_more == printed:
            break
        printed = once_more
    return printed
