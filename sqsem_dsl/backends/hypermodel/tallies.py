"""`count` and `sum` as code."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from sqsem_dsl.ast import nodes
from sqsem_dsl.backends.hypermodel.choice_paths import Of, guarded
from sqsem_dsl.backends.hypermodel.functions import joint
from sqsem_dsl.backends.hypermodel.scope import Scope
from sqsem_dsl.backends.hypermodel.values import AND, ATOM, SUM, Kind, Scalar, known
from sqsem_dsl.backends.hypermodel.writer import Star, Writer
from sqsem_dsl.ir.scalars import compute
from sqsem_dsl.operators.row import Value


def tally(writer: Writer, node: nodes.Call, scope: Scope, of: Of) -> Scalar:
    """The number of conditions that hold, or the sum of numbers. In a rule, choices that are not active add nothing:
    terms that may not be active are added in statements before the rule.
    """
    counts = node.name == "count"
    total = writer.free("count" if counts else "total")
    plain: list[str] = []
    kinds: list[Kind] = ["int"]
    known_terms: list[Value] = []
    added = 0
    for argument in node.arguments:
        outer, writer.star = writer.star, Star()
        term = of(argument.value)
        star, writer.star = writer.star, outer
        writer.used -= set(star.variables)
        if term.kind == "list":
            term = Scalar(f'len({term.code}.split("+"))', "int")
        elif not counts:
            kinds.append(term.kind)
        if term.static and not star.variables:
            known_terms.append(term.value)  # type: ignore[arg-type]
        guards = guarded(writer, term.code, scope, argument.value.span) if writer.in_rule else []
        for several in star.ranges.values():
            if len(several) > 1:
                remedy = "write one term for each, or use `space.hypermodel()`"
                writer.module.refuse(argument.value.span, f"`{argument.value.span.text}`", "its ranges differ", remedy)
        loops = [(name, next(iter(several))) for name, several in star.ranges.items()]
        if not guards:
            plain.append(_expression(term, loops, list(star.tests), len(node.arguments) == 1))
            continue
        if not added:
            writer.write(f"{total} = 0")
        added += 1
        with ExitStack() as blocks:
            for name, numbers in loops:
                blocks.enter_context(writer.block(f"for {name} in {numbers}"))
            tests = [*star.tests, *guards, *([term.inside(AND)] if term.kind == "bool" else [])]
            blocks.enter_context(writer.block(f"if {' and '.join(tests)}"))
            writer.write(f"{total} += {1 if term.kind == 'bool' else term.code}")
    if len(known_terms) == len(node.arguments):
        return known(compute("sum", tuple(int(each) if isinstance(each, bool) else each for each in known_terms)))
    writer.used.discard(total)
    writer.used |= {total} if added else set()
    code = " + ".join([total] * bool(added) + plain)
    atom = len(plain) + bool(added) == 1 and (added or (plain[0].endswith(")") and not plain[0].startswith("(")))
    return Scalar(code, joint(kinds), ATOM if atom else SUM)


def _expression(term: Scalar, loops: Sequence[tuple[str, str]], tests: Sequence[str], alone: bool) -> str:
    """What a term adds, where all that it reads is active. `alone`: it is the only one."""
    if loops:
        heads = "".join(f" for {name} in {several}" for name, several in loops)
        test = f" if {' and '.join(tests)}" if tests else ""
        return f"sum({term.code}{heads}{test})"
    if term.kind == "bool":
        return f"int({term.code})" if alone else f"({term.code})"
    return term.inside(SUM)
