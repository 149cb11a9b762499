"""Rules as code: a trial that breaks a `require` fails.

In a space, a rule on a tensor holds wherever the architecture does not use that tensor. The code of a rule runs
wherever its statement is reached. So there is code only for rules on tensors that are used whenever it is reached.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack

from sqsem_dsl.ast import nodes
from sqsem_dsl.backends.hypermodel.choice_paths import guarded
from sqsem_dsl.backends.hypermodel.layout import STEP, layout
from sqsem_dsl.backends.hypermodel.scalars import scalar
from sqsem_dsl.backends.hypermodel.scope import Scope
from sqsem_dsl.backends.hypermodel.values import literal
from sqsem_dsl.backends.hypermodel.writer import Writer
from sqsem_dsl.ir.scalars import AXES

_WORDS = (
    "for",
    "in",
    "if",
    "and",
    "or",
    "not",
    "range",
    "hp",
    "sum",
    "int",
    "len",
    "raise",
    "keras_tuner",
    "min",
    "max",
)
"""The words of rules that are not the names of variables."""
_OPPOSITE: Mapping[str, nodes.BinaryOperator] = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


def rule(writer: Writer, condition: nodes.Expr, scope: Scope) -> None:
    """A `require` that is not a budget: a trial that breaks it fails."""
    before, start = set(writer.used), len(writer.lines)
    writer.in_rule = True
    test = scalar(writer, _opposite(condition), scope)
    writer.in_rule = False
    if test.value is False:
        return
    guards = guarded(writer, test.code, scope, condition.span)
    for measured in _measured(condition):
        if not (isinstance(measured, nodes.Name) and measured.name in scope.sure):
            reason = f"`{measured.whole.text}` may be a tensor that an architecture does not use"
            remedy = "measure a tensor that every architecture uses, or use `space.hypermodel()`"
            writer.module.refuse(condition.span, "the rule", reason, remedy)
    text = " ".join(condition.whole.text.split())
    with ExitStack() as blocks:
        for guard in guards:
            blocks.enter_context(writer.block(f"if {guard}"))
        blocks.enter_context(writer.block(f"if {test.code}"))
        writer.write(f"raise keras_tuner.errors.FailedTrialError({literal(f'require {text}')})")
    if any(" in hp.read" in line for line in writer.lines[start:]):
        _move(writer, start, condition)
    writer.used = before  # counts and totals are read by this rule alone


def _move(writer: Writer, start: int, condition: nodes.Expr) -> None:
    """Moves the lines of a rule to where the model is complete, with the loops around them: only then it is known
    which choices it has read."""
    moved = writer.lines[start:]
    del writer.lines[start:]
    loops = {match[1] for head in writer.heads if (match := re.match(r"for (\w+) in range\(", head))}
    text = re.sub(r'f?"[^"]*"', lambda found: " ".join(re.findall(r"\{([^}]*)\}", found[0])), " ".join(moved))
    made = {name for pair in re.findall(r"(\w+) = 0|for (\w+) in", text) for name in pair}
    words = set(re.findall(r"(?<![.\w])[a-z_]\w*", text))
    if len(loops) < len(writer.heads) or ".shape[" in text or (loops and not words <= {*loops, *made, *_WORDS}):
        reason = "KerasTuner cannot tell when its choices are active"
        remedy = "write it directly in the space, or use `space.hypermodel()`"
        writer.module.refuse(condition.span, "the rule", reason, remedy)
    indent = writer.indent[: len(writer.indent) - len(STEP) * len(writer.heads)]
    for depth, head in enumerate(writer.heads):
        writer.late += layout(f"{head}:", indent + STEP * depth)
    writer.late += moved


def _opposite(condition: nodes.Expr) -> nodes.Expr:
    match condition:
        case nodes.Unary(operator="not", operand=operand):
            return operand
        case nodes.Binary(operator=operator, left=left, right=right) if operator in _OPPOSITE:
            return nodes.Binary.model_construct(
                operator=_OPPOSITE[operator], left=left, right=right, span=condition.span, whole=condition.whole
            )
        case _:
            return nodes.Unary.model_construct(
                operator="not", operand=condition, span=condition.span, whole=condition.whole
            )


def _measured(node: object) -> Iterator[nodes.Node]:
    """The tensors whose sizes an expression reads."""
    match node:
        case nodes.Call(name=name, arguments=arguments) if name in AXES:
            yield from (argument.value for argument in arguments)
        case nodes.Node():
            for part in node.parts():
                yield from _measured(part)
        case tuple():
            for part in node:
                yield from _measured(part)
        case _:
            pass
