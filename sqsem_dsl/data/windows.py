"""Windows over rows in the order of time: how rows become samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Windows:
    """How rows become samples."""

    window: int
    """The number of rows that the inputs have."""
    horizon: int = 1
    """The number of rows after them that the outputs have."""
    series: str | None = None
    """The column that says to which series a row belongs; None if all rows are one series."""

    @property
    def rows(self) -> int:
        """All rows of a sample."""
        return self.window + self.horizon

    def to_plain(self) -> dict[str, Any]:
        """Plain data, fit for JSON."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Windows:
        """From the data that `to_plain` returns."""
        series = plain["series"]
        return cls(int(plain["window"]), int(plain["horizon"]), None if series is None else str(series))
