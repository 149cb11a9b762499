"""The names that may be bound in the unreadable parts of a text."""

from __future__ import annotations

from dataclasses import dataclass

HOLE = "?"
"""The name that replaces a missing one; no text can contain it."""


@dataclass(frozen=True)
class MaybeDefined:
    """`words` are in text that could not be read. If a definition lost its name, a used name may be its value
    (`any_value`) or its block (`any_block`). False if everything was read."""

    words: frozenset[str] = frozenset()
    any_value: bool = False
    any_block: bool = False

    def __bool__(self) -> bool:
        return bool(self.words)

    def value(self, name: str) -> bool:
        """Whether a name may be that of a value."""
        return self.any_value or name in self.words

    def block(self, name: str) -> bool:
        """Whether a name may be that of a block."""
        return self.any_block or name in self.words


ALL_READ = MaybeDefined()
