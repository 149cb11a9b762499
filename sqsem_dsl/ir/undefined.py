"""The exception of a function that has no value."""

from __future__ import annotations


class Undefined(Exception):
    """A function has no value for these arguments. `reason`: `zero`, `large`, `table`, `uncertain` or `operand`."""

    def __init__(self, reason: str, message: str = "", extent: int = 0) -> None:
        super().__init__(reason, message)
        self.reason, self.message, self.extent = reason, message, extent
