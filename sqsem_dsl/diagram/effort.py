"""How much an evaluation may do before it gives up: counted, not timed, so that a text has one answer everywhere."""

from __future__ import annotations

MAX_STEPS = 1_200_000
"""Steps of one proof, in all its attempts: a few seconds."""
MAX_FAULTY_STEPS = 300_000
"""Steps that are left where the first attempt of a proof met a fault: what is wrong may keep states apart."""
PER_ITEM = 5
"""Steps to come to an item at all, however few the states are."""


class Effort:
    """What an evaluation may still do, in steps. A step takes one state through one item, tries one option of a choice
    in one state, or reads one item of a rule."""

    def __init__(self, most: int = MAX_STEPS) -> None:
        self.most = self.left = most
