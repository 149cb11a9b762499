"""All lints, and which of them are quick enough for every check."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqsem_dsl.analysis.lints.choices import check_alike, check_taken
from sqsem_dsl.analysis.lints.names import check_names
from sqsem_dsl.analysis.lints.operators import check_biases, check_bypasses, check_windows
from sqsem_dsl.analysis.lints.sequences import check_sequences
from sqsem_dsl.analysis.lints.subject import Subject
from sqsem_dsl.analysis.lints.training import check_settings
from sqsem_dsl.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True)
class Row:
    """A lint. `thorough`: it needs the costs of the whole space, and is left out where only a verdict is asked for."""

    check: Callable[[Subject], Iterator[Diagnostic]]
    thorough: bool = False


LINTS = (
    Row(check_alike),
    Row(check_taken),
    Row(check_bypasses),
    Row(check_windows),
    Row(check_biases),
    Row(check_sequences),
    Row(check_settings),
    Row(check_names),
)


def lint(subject: Subject, thorough: bool) -> Iterator[Diagnostic]:
    """What all lints find; without `thorough` those that are quick."""
    for row in LINTS:
        if thorough or not row.thorough:
            yield from row.check(subject)
