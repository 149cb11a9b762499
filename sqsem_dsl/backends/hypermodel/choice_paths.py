"""The choices that a rule names by their paths, and `count` and `sum` of them, as code.

A rule says nothing about choices that are not active, and KerasTuner has no value for them. So the code of a rule asks
first whether the choices that it reads are active (`guarded`). In `count` and `sum`, each term asks for itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import ExitStack
from fractions import Fraction

from sqsem_dsl.ast import nodes
from sqsem_dsl.backends.hypermodel.declarations import Entry, value_code
from sqsem_dsl.backends.hypermodel.functions import decimals_of, joint
from sqsem_dsl.backends.hypermodel.places import Part, path_code
from sqsem_dsl.backends.hypermodel.scope import Scope
from sqsem_dsl.backends.hypermodel.values import ATOM, COMPARISON, SUM, Kind, Scalar, kind_of
from sqsem_dsl.backends.hypermodel.writer import Star, Writer
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.ir.choices import Categorical

READ = re.compile(r'hp\.get\((f?"[^"]*"|path)\)')
"""The code that reads a choice."""
Of = Callable[[nodes.Value], Scalar]


def _pattern(code: str) -> str:
    """A regular expression for the paths that the code of a path may give."""
    text = code.removeprefix("f").strip('"') if code != "path" else "{path}"
    return "".join(
        (".+" if part == "{path}" else r"-?\d+") if part.startswith("{") else re.escape(part)
        for part in re.split(r"(\{[^}]*\})", text)
    )


def _meant(writer: Writer, code: str) -> list[Entry]:
    pattern = re.compile(_pattern(code))
    return [entry for entry in writer.module.entries if pattern.fullmatch(entry.choice.path)]


def path_value(writer: Writer, node: nodes.Node, scope: Scope, of: Of) -> Scalar | None:
    """The value of the choice that a name or a path means; None if there is none. A path may start at any structure
    around it."""
    steps = node.steps if isinstance(node, nodes.ChoicePath) else (node,)
    parts: list[Part] = []
    for step in steps:
        if isinstance(step, nodes.Item):
            if len(step.indices) > 1:
                return None
            parts.append(Part(step.name, _index(writer, step.indices[0], of)))
        else:
            assert isinstance(step, nodes.Name)
            parts.append(Part(step.name))
    for end in range(len(scope.path), -1, -1):
        own = (*scope.path[:end], *parts)
        found = _value(writer, path_code(scope.path_base, own))
        if found is None and len(parts) > 1 and parts[-1].index is None:
            found = _alternative(writer, path_code(scope.path_base, own[:-1]), parts[-1].name)
        if found is not None:
            return found
    return None


def _index(writer: Writer, index: nodes.Index, of: Of) -> str:
    star = writer.star
    match index:
        case nodes.Every() if star is not None:
            return star.variable
        case nodes.Range(low=low, high=high) if star is not None:
            first, last = of(low).value, of(high).value
            assert isinstance(first, int)
            assert isinstance(last, int)
            star.ranges.add(range(first, last + 1))
            return star.variable
        case _:
            assert not isinstance(index, nodes.Every | nodes.Range)
            return of(index).code


def _value(writer: Writer, code: str) -> Scalar | None:
    meant = _meant(writer, code)
    if not meant or any(isinstance(v, tuple) for each in meant if each.choice.kind != "pick" for v in _values(each)):
        return None
    if writer.star is not None and f"{{{writer.star.variable}}}" in code:
        at = _pattern(code.replace(f"{{{writer.star.variable}}}", "{}")).replace(r"-?\d+", r"(\d+)", 1)
        numbers = [int(m[1]) for each in meant if (m := re.fullmatch(at, each.choice.path))]
        if not writer.star.ranges:
            writer.star.ranges.add(range(max(numbers) + 1))
    kinds: list[Kind] = []
    decimals: int | None = 0
    for entry in meant:
        values = entry.choice.domain.values if isinstance(entry.choice.domain, Categorical) else ()
        kinds += [kind_of(value) for value in values] or ["real"]
        several = [decimals_of(v) if isinstance(v, int | Fraction) else 0 for v in values] or [None]
        decimals = None if decimals is None or None in several else max(decimals, *(d or 0 for d in several))
    kind: Kind = kinds[0] if len(set(kinds)) == 1 else joint(kinds)
    return Scalar(f"hp.get({code})", kind, decimals=decimals)


def _alternative(writer: Writer, code: str, name: str) -> Scalar | None:
    """Whether a `choose` or a `pick` has selected an alternative."""
    several = {value for entry in _meant(writer, code) for value in _values(entry)}
    if name in several:
        return Scalar(f'hp.get({code}) == "{name}"', "bool", COMPARISON)
    if any(isinstance(value, tuple) and name in value for value in several):
        return Scalar(f'"{name}" in hp.get({code}).split("+")', "bool", COMPARISON)
    return None


def _values(entry: Entry) -> tuple[object, ...]:
    return entry.choice.domain.values if isinstance(entry.choice.domain, Categorical) else ()


# ---- what is not active


def guarded(writer: Writer, code: str, scope: Scope, span: Span) -> list[str]:
    """The conditions under which all choices that some code reads are active. Refuses those that KerasTuner may declare
    where they are not."""
    guards: dict[str, None] = {}
    for path in dict.fromkeys(READ.findall(code)):
        meant = _meant(writer, path)
        if any(entry.wider for entry in meant) or not meant:
            remedy = "use `space.hypermodel()`, which knows when each choice is active"
            reason = f"KerasTuner cannot tell when the choice {path.removeprefix('f')} is active"
            writer.module.refuse(span, "the rule", reason, remedy)
        elif not all(_around(entry, path, scope) for entry in meant):
            guards[f"hp.is_active({path})"] = None
    return list(guards)


def may_be_inactive(writer: Writer, code: str) -> bool:
    """Whether some code reads a choice that not every trial has."""
    return any(entry.when or entry.wider for path in READ.findall(code) for entry in _meant(writer, path))


def if_active(writer: Writer, code: str) -> str:
    """The same code with a value of no meaning for choices that are not active."""

    def read(match: re.Match[str]) -> str:
        meant = _meant(writer, match[1])
        if not any(entry.when or entry.wider for entry in meant):
            return match[0]
        default = "" if match[0] == code else f", {value_code(meant[0].choice, meant[0].default)}"
        return f"hp.values.get({match[1]}{default})"

    return READ.sub(read, code)


def _around(entry: Entry, path: str, scope: Scope) -> bool:
    """Whether a choice is active at a place since it only depends on the repeats around it, in the same iteration."""
    around = []
    for at, part in enumerate(scope.path):
        if part.index is not None and scope.path_base is None:
            inside = path_code(None, scope.path[: at + 1]).removeprefix("f").strip('"')
            if path.removeprefix("f").strip('"').startswith(inside):
                around.append(_pattern(path_code(None, (*scope.path[:at], Part(part.name)))))
    return all(any(re.fullmatch(each, parent.path) for each in around) for parent, _ in entry.when)


# ---- `count` and `sum`


def tally(writer: Writer, node: nodes.Call, scope: Scope, of: Of) -> Scalar:
    """The number of conditions that hold, or the sum of numbers, in a rule: choices that are not active add nothing.

    Terms that may not be active, and those of several iterations, are added in statements before the rule.
    """
    counts = node.name == "count"
    total = writer.free("count" if counts else "total")
    plain: list[str] = []
    kinds: list[Kind] = ["int"]
    added = 0
    for argument in node.arguments:
        outer, writer.star = writer.star, Star(writer.free("n"))
        term = of(argument.value)
        star, writer.star = writer.star, outer
        writer.used.discard(star.variable)
        if term.kind == "list":
            term = Scalar(f'len({term.code}.split("+"))', "int")
        elif not counts:
            kinds.append(term.kind)
        guards = guarded(writer, term.code, scope, argument.value.span)
        if not star.ranges and not guards:
            plain.append(f"({term.code})" if term.kind == "bool" else term.inside(SUM))
            continue
        if not added:
            writer.write(f"{total} = 0")
        added += 1
        if len(star.ranges) > 1:
            remedy = "write one term for each, or use `space.hypermodel()`"
            writer.module.refuse(argument.value.span, f"`{argument.value.span.text}`", "its ranges differ", remedy)
        _add(writer, total, term, guards, star)
    writer.used |= {total} if added else set()
    code = " + ".join([total] * bool(added) + plain)
    return Scalar(code, joint(kinds), SUM if len(plain) + bool(added) > 1 else ATOM if added else SUM)


def _add(writer: Writer, total: str, term: Scalar, guards: list[str], star: Star) -> None:
    """Writes the statements that add a term to a total."""
    with ExitStack() as blocks:
        for several in star.ranges:
            ends = f"{several.start}, {several.stop}" if several.start else str(several.stop)
            blocks.enter_context(writer.block(f"for {star.variable} in range({ends})"))
        for test in [*guards, term.code] if term.kind == "bool" else guards:
            blocks.enter_context(writer.block(f"if {test}"))
        writer.write(f"{total} += {1 if term.kind == 'bool' else term.code}")
