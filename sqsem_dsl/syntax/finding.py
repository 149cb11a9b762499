"""The result of a diagnosis: the diagnostic, and how parsing may continue."""

from __future__ import annotations

from dataclasses import dataclass

from sqsem_dsl.diagnostics.diagnostic import Diagnostic


@dataclass(frozen=True)
class Repair:
    """Reads `insert` as if it were there, then continues at the offset `resume`. `sure`: there is no other
    interpretation, so that the code around it can be checked as it is read."""

    insert: tuple[str, ...]
    resume: int
    sure: bool = False


@dataclass(frozen=True)
class Finding:
    """The diagnostic, and the repairs to try, most likely first."""

    diagnostic: Diagnostic
    repairs: tuple[Repair, ...] = ()
