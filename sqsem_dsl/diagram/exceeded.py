"""The limits that end an evaluation of all assignments."""

from __future__ import annotations

from typing import Literal

from sqsem_dsl.ir.graph import ItemId

Limit = Literal["steps", "states", "edges"]


class StateLimitExceeded(Exception):
    """A frontier or the diagram exceeds its limit. `keys` are the slots that the states hold."""

    def __init__(self, keys: frozenset[int], at: ItemId, what: Limit, most: int) -> None:
        super().__init__(keys)
        self.keys, self.at, self.what, self.most = keys, at, what, most


class Long(StateLimitExceeded):
    """An evaluation takes more steps than its limit."""

    def __init__(self, keys: frozenset[int], at: ItemId, most: int) -> None:
        super().__init__(keys, at, "steps", most)
