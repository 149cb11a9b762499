"""The result of a diagnosis: the diagnostic, and how parsing may continue."""

from __future__ import annotations

from dataclasses import dataclass

from sqsem_dsl.diagnostics.diagnostic import Diagnostic


@dataclass(frozen=True)
class Repair:
    """Read `insert` as if it were there, then continue at the offset `resume`. `sure`: nothing else can be meant, so
    that what stands around it can be judged as it is read."""

    insert: tuple[str, ...]
    resume: int
    sure: bool = False


@dataclass(frozen=True)
class Finding:
    """What is wrong, and the repairs to try, most likely first."""

    diagnostic: Diagnostic
    repairs: tuple[Repair, ...] = ()
