"""How much an evaluation may do before it gives up: counted, not timed, so that a text has one answer everywhere."""

from __future__ import annotations

MAX_STEPS = 1_000_000
"""Steps of one proof, in all its attempts: a few seconds."""
MAX_FAULTY_STEPS = 300_000
"""Steps that are left where the first attempt of a proof met a fault: what is wrong may keep states apart."""
PER_ITEM = 12
"""Steps to come to an item at all, however few the states are."""
SLOTS_PER_STEP = 16
"""Slots by which a state takes a step more."""


class Exhausted(Exception):
    """There are no steps left. The message says how many there were."""

    def __init__(self, most: int) -> None:
        super().__init__(f"it takes more than {most:,} steps")


class Effort:
    """What an evaluation may still do, in steps. A step takes one state through one item, tries one option of a choice
    in one state, or reads one item of a rule; what else is counted says what its steps are."""

    def __init__(self, most: int = MAX_STEPS) -> None:
        self.most = self.left = most

    def spend(self, steps: int) -> None:
        """Count steps before they are taken. Raises `Exhausted`."""
        self.left -= steps
        if self.left < 0:
            raise Exhausted(self.most)
