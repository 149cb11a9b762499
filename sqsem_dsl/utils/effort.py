"""How much a computation may do before it gives up: counted, not timed, so that a text has one answer everywhere."""

from __future__ import annotations


class Exhausted(Exception):
    """There are no steps left. The message says how many there were."""

    def __init__(self, most: int) -> None:
        super().__init__(f"it takes more than {most:,} steps")


class Effort:
    """What a computation may still do, in steps; who counts them says what a step is."""

    def __init__(self, most: int) -> None:
        self.most = self.left = most

    def spend(self, steps: int) -> None:
        """Count steps before they are taken. Raises `Exhausted`."""
        self.left -= steps
        if self.left < 0:
            raise Exhausted(self.most)
