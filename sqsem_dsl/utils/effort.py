"""A limit on the work of a computation: counted, not timed, so that a text has the same result on every machine."""

from __future__ import annotations


class Exhausted(Exception):
    """No steps are left. The message gives the limit."""

    def __init__(self, most: int) -> None:
        super().__init__(f"it takes more than {most:,} steps")


class Effort:
    """The remaining work of a computation, in steps; the caller defines a step."""

    def __init__(self, most: int) -> None:
        self.most = self.left = most

    def spend(self, steps: int) -> None:
        """Count steps before they are done. Raises `Exhausted`."""
        self.left -= steps
        if self.left < 0:
            raise Exhausted(self.most)
