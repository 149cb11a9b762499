"""Lints of attention."""

from __future__ import annotations

from collections.abc import Iterator

from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagram.combine import show_shape
from sqsem_dsl.ir.graph import Op
from sqsem_dsl.lint.context import LintContext
from sqsem_dsl.lint.findings.operators import AttentionToOne
from sqsem_dsl.operators.attention import ATTENTION


def check_attention(subject: LintContext) -> Iterator[Diagnostic]:
    """Attention to a memory of one place: the weights of that place are always 1, whatever queries and keys are."""
    for span, uses in subject.items(Op).items():
        if uses[0][2].row.name != ATTENTION:
            continue
        memories = [meeting.inputs[-1] for facts, item, _ in uses for meeting in facts.meetings(item)]
        if memories and all(memory[0] == 1 for memory in memories):
            yield AttentionToOne(span, None, show_shape(memories[0]))
