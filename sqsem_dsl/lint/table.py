"""All lints, with those that are fast enough for every check."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.lint.attention import check_attention
from sqsem_dsl.lint.choices import check_alike, check_unused_values
from sqsem_dsl.lint.context import LintContext
from sqsem_dsl.lint.names import check_names
from sqsem_dsl.lint.operators import check_biases, check_bypasses, check_windows
from sqsem_dsl.lint.outputs import check_reached
from sqsem_dsl.lint.sequences import check_sequences
from sqsem_dsl.lint.training import check_settings
from sqsem_dsl.utils.recursion import with_recursion_limit

Check = Callable[[LintContext], Iterator[Diagnostic]]
QUICK: tuple[Check, ...] = (
    check_alike,
    check_unused_values,
    check_bypasses,
    check_windows,
    check_attention,
    check_biases,
    check_sequences,
    check_reached,
    check_settings,
    check_names,
)
"""Lints that need only the proof of shapes, or the text."""


def _thorough() -> tuple[Check, ...]:
    """Lints that need more: the costs of all networks, or all networks of a small space."""
    from sqsem_dsl.lint.outputs import check_fed
    from sqsem_dsl.lint.requires import check_budgets
    from sqsem_dsl.lint.small import check_small

    return check_budgets, check_fed, check_small


@with_recursion_limit
def lint(subject: LintContext, thorough: bool) -> list[Diagnostic]:
    """The findings of all lints; without `thorough`, those of the fast ones."""
    return [found for check in (*QUICK, *(_thorough() if thorough else ())) for found in check(subject)]
