"""The choices that a rule names by their paths, as code.

A rule says nothing about choices that are not active, and KerasTuner has no value for them. So the code of a rule asks
first whether the choices that it reads are active (`guarded`). In `count` and `sum`, each term asks for itself
(`tallies`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

from sqsem_dsl.ast import nodes
from sqsem_dsl.backends.hypermodel.declarations import Entry, value_code
from sqsem_dsl.backends.hypermodel.emitted import Module
from sqsem_dsl.backends.hypermodel.functions import decimals_of, joint
from sqsem_dsl.backends.hypermodel.places import Part, path_code
from sqsem_dsl.backends.hypermodel.scope import Scope
from sqsem_dsl.backends.hypermodel.values import COMPARISON, SUM, Kind, Scalar, kind_of
from sqsem_dsl.backends.hypermodel.writer import Writer
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
    return _entries(writer.module, code)


def _entries(module: Module, code: str) -> list[Entry]:
    pattern = re.compile(_pattern(code))
    return [entry for entry in module.entries if pattern.fullmatch(entry.choice.path)]


def path_value(writer: Writer, node: nodes.Node, scope: Scope, of: Of) -> Scalar | None:
    """The value of the choice that a name or a path means; None if there is none. A path may start at any structure
    around it."""
    steps = node.steps if isinstance(node, nodes.ChoicePath) else (node,)
    parts: list[Part] = []
    stars = 0
    for step in steps:
        if isinstance(step, nodes.Item):
            indices = []
            for index in step.indices:
                indices.append(index_code(writer, index, of, stars))
                stars += isinstance(index, nodes.Every | nodes.Range)
            parts.append(Part(step.name, indices[0], more=tuple(indices[1:])))
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


def index_code(writer: Writer, index: nodes.Index, of: Of, stars: int) -> str:
    """The code of an index; for a `*` or a range, the variable of the term for it, which is the `stars`-th one."""
    star = writer.star
    if not isinstance(index, nodes.Every | nodes.Range):
        return of(index).code
    assert star is not None
    while len(star.variables) <= stars:
        star.variables = (*star.variables, writer.free("nmpqrs"[len(star.variables) % 6]))
    variable = star.variables[stars]
    if isinstance(index, nodes.Range):
        star.ranges.setdefault(variable, {})[range_code(of(index.low), of(index.high))] = None
    return variable


def range_code(low: Scalar, high: Scalar) -> str:
    """The numbers from one to another."""
    end = str(high.value + 1) if isinstance(high.value, int) else f"{high.inside(SUM)} + 1"
    return f"range({end})" if low.value == 0 else f"range({low.code}, {end})"


def _value(writer: Writer, code: str) -> Scalar | None:
    meant = _meant(writer, code)
    if not meant or any(isinstance(v, tuple) for each in meant if each.choice.kind != "pick" for v in _values(each)):
        return None
    for variable in writer.star.variables if writer.star is not None else ():
        assert writer.star is not None
        if f"{{{variable}}}" in code and variable not in writer.star.ranges:
            before, _, after = code.removeprefix("f").strip('"').partition(f"{{{variable}}}")
            ends = [_pattern(f'"{each}"') for each in (before, after)]  # in quotes: a name may begin with `f`
            at = re.compile(f"{ends[0]}(\\d+){ends[1]}")
            numbers = [int(m[1]) for each in meant if (m := at.fullmatch(each.choice.path))]
            writer.star.ranges[variable] = {f"range({max(numbers) + 1})": None}
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


def values_of(writer: Writer, code: str) -> frozenset[object]:
    """The values of the only choice that some code reads; empty if it may read others."""
    paths = READ.findall(code)
    return frozenset(value for path in paths[:1] for entry in _meant(writer, path) for value in _values(entry))


# ---- what is not active


def guarded(writer: Writer, code: str, scope: Scope, span: Span) -> list[str]:
    """The conditions under which all choices that some code reads are active. Refuses those that KerasTuner may declare
    where they are not."""
    guards: dict[str, None] = {}
    if any(call in code for call in writer.module.lazy_scalars):
        remedy = "write the choices in the rule, or use `space.hypermodel()`"
        writer.module.refuse(span, "the rule", "it reads a number that is computed from choices", remedy)
    for path in dict.fromkeys(READ.findall(code)):
        meant = _meant(writer, path)
        if any(entry.wider for entry in meant) or not meant:
            if writer.block_name or writer.in_function:
                remedy = "write the rule in the space itself, or use `space.hypermodel()`"
                reason = f"KerasTuner cannot tell when the choice {path.removeprefix('f')} is active"
                writer.module.refuse(span, "the rule", reason, remedy)
            writer.module.recorded.setdefault(path, span)
            guards[f"{path} in hp.read"] = None
        elif not all(_around(entry, path, scope) for entry in meant):
            guards[f"hp.is_active({path})"] = None
    return list(guards)


def may_be_inactive(writer: Writer, code: str) -> bool:
    """Whether some code reads a choice that not every trial has."""
    if any(call in code for call in writer.module.lazy_scalars):
        return True
    return any(entry.when or entry.wider for path in READ.findall(code) for entry in _meant(writer, path))


def if_active(writer: Writer, code: str) -> str:
    """The same code with a value of no meaning for choices that are not active."""

    def read(match: re.Match[str]) -> str:
        meant = _meant(writer, match[1])
        if not any(entry.when or entry.wider for entry in meant):
            return match[0]
        default = "" if match[0] == code else f", {value_code(meant[0].choice, meant[0].default)}"
        writer.module.unrecorded.add(match[1])
        return f"hp.values.get({match[1]}{default})"

    return READ.sub(read, code)


def whether_active_or_not(writer: Writer, code: str) -> str:
    """The same code, which gives None for choices that are not active."""
    writer.module.unrecorded.update(READ.findall(code))
    return code.replace("hp.get(", "hp.values.get(")


def check_recorded(module: Module) -> None:
    """Refuses rules that ask whether the model has read a choice which some code reads unrecorded."""
    for path, span in module.recorded.items():
        known = _entries(module, path)
        if any(entry in known for other in module.unrecorded for entry in _entries(module, other)):
            choice = path.removeprefix("f").strip('"')
            reason = f"it reads `{choice}`, which code also gives to a block that may not need it"
            remedy = "let the block read the choice itself, or use `space.hypermodel()`"
            module.refuse(span, "the rule", reason, remedy)


def _around(entry: Entry, path: str, scope: Scope) -> bool:
    """Whether a choice is active at a place since it only depends on the repeats around it, in the same iteration."""
    around = []
    for at, part in enumerate(scope.path):
        if part.index is not None and scope.path_base is None:
            inside = path_code(None, scope.path[: at + 1]).removeprefix("f").strip('"')
            if path.removeprefix("f").strip('"').startswith(inside):
                around.append(_pattern(path_code(None, (*scope.path[:at], Part(part.name)))))
    return all(any(re.fullmatch(each, parent.path) for each in around) for parent, _ in entry.when)
