"""The names that may be bound in what could not be read of a text."""

from __future__ import annotations

from dataclasses import dataclass

HOLE = "?"
"""The name that stands for what is missing; no text can spell it."""


@dataclass(frozen=True)
class MaybeDefined:
    """`words` stand in text that could not be read. Where a definition lost its name, it may be `any_value` that is
    used, or `any_block`. False where all was read."""

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
