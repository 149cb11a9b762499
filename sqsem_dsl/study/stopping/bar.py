"""A score that a trial must beat at an epoch, or it ends there."""

from __future__ import annotations

from typing import NamedTuple


class Bar(NamedTuple):
    """After this epoch, a trial ends unless its best merit so far (`trial.execution.merit`) is below the bar."""

    epoch: int
    """Counted from the very first one of the training."""
    bar: float
    """Infinite if every score is good enough, minus infinite if none is."""
    reason: str
    """Why a trial ends there, in a few words: `not among the best third of 12 trials`."""


def stopped_at(epoch: int, epochs: int, reason: str) -> str:
    """Where and why a trial was stopped.

    >>> stopped_at(3, 9, "not among the best third of 12 trials")
    'after 3 of 9 epochs: not among the best third of 12 trials'
    """
    return f"after {epoch} of {epochs} epochs: {reason}"
