"""The steps that an evaluation may take. A step takes one state through one item, tries one option of a choice in one
state, or reads one item of a rule."""

from __future__ import annotations

MAX_STEPS = 1_000_000
"""Steps of one proof, in all its attempts: about five seconds."""
MAX_FAULTY_STEPS = 300_000
"""Steps that are left where the first attempt of a proof met a fault: what is wrong may keep states apart."""
PER_ITEM = 12
"""Steps to come to an item at all, however few the states are."""
SLOTS_PER_STEP = 16
"""Slots by which a state takes a step more."""
