"""The step limits of an evaluation. A step takes one state through one item, tries one option of a choice in one state,
or reads one item of a rule."""

from __future__ import annotations

MAX_STEPS = 1_000_000
"""Steps of one proof, in all its attempts: about five seconds."""
MAX_FAULTY_STEPS = 300_000
"""Steps left after the first attempt of a proof found a fault: the error may keep states apart."""
PER_ITEM = 12
"""Steps to reach an item, for any number of states."""
SLOTS_PER_STEP = 16
"""The number of slots for which a state takes one more step."""
