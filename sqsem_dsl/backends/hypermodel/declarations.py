"""The choices of a space as KerasTuner's hyperparameters, each in the scope of the choices that it depends on.

The code comes from `space.choices`, which know exactly when each choice is active: so an oracle sees as many different
assignments as the space has. Iterations of a repeat with the same choices become a loop. KerasTuner only knows
conditions that hold together. A choice with alternatives of conditions is declared wherever any of them may hold;
`Entry.wider` says so, and the module names these choices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations, groupby

from sqsem_dsl.backends.hypermodel.layout import STEP, layout
from sqsem_dsl.backends.hypermodel.values import literal, number
from sqsem_dsl.ir.choices import Categorical, Choice, Continuous, as_range
from sqsem_dsl.ir.draws import likeliest
from sqsem_dsl.ir.path import Path
from sqsem_dsl.operators.row import Value

Condition = tuple[Choice, tuple[Value, ...]]
Cube = dict[str, tuple[Value, ...]]
Bound = tuple[tuple[Path, int, str], ...]
"""The loops around a declaration: the name of the repeat, the iteration, and the variable."""


@dataclass(frozen=True)
class Entry:
    """A hyperparameter with its conditions, outermost first."""

    choice: Choice
    default: Value
    when: tuple[Condition, ...]
    wider: bool = False
    """Whether it is also declared where it is not active."""


def entries(choices: Sequence[Choice], defaults: Mapping[str, Value]) -> tuple[Entry, ...]:
    """The hyperparameters of choices whose parents come before them. `defaults` overrides the likeliest values."""
    known = {choice.path: choice for choice in choices}
    made: dict[str, Entry] = {}
    for choice in choices:
        if not choice.when:
            continue
        cubes = _merged([dict(cube) for cube in choice.when], known)
        wanted = _common(cubes, known)
        counting = _counting(choice, known)
        for repeat, iteration in counting:
            later = tuple(v for v in _values(repeat) if isinstance(v, int) and v > iteration)
            wanted[repeat.path] = tuple(v for v in wanted.get(repeat.path, later) if v in later)
        when: list[Condition] = []
        while True:
            fitting = next((p for p in wanted if p in made and made[p].when == tuple(when)), None)
            if fitting is None:
                break
            when.append((known[fitting], wanted.pop(fitting)))
        wider = len(cubes) > 1 or not choice.exact or bool(wanted)
        made[choice.path] = Entry(choice, defaults.get(choice.path, likeliest(choice)), tuple(when), wider)
    return tuple(made.values())


def _merged(cubes: list[Cube], known: Mapping[str, Choice]) -> list[Cube]:
    """The same conditions in fewer cases: cases that differ in one choice alone become one."""
    for one, other in combinations(cubes, 2):
        differing = [path for path in one if one[path] != other.get(path)]
        if one.keys() != other.keys() or len(differing) != 1:
            continue
        (path,) = differing
        values = tuple(v for v in _values(known[path]) if v in one[path] or v in other[path])
        joined = {**one, path: values}
        if len(values) == len(_values(known[path])):
            del joined[path]
        return _merged([joined, *(cube for cube in cubes if cube is not one and cube is not other)], known)
    return cubes


def _common(cubes: list[Cube], known: Mapping[str, Choice]) -> Cube:
    """The conditions that hold in every case: those on the same choices, with the values of all cases."""
    shared = [path for path in cubes[0] if all(path in cube for cube in cubes)]
    found = {path: tuple(v for v in _values(known[path]) if any(v in cube[path] for cube in cubes)) for path in shared}
    return {path: values for path, values in found.items() if len(values) < len(_values(known[path]))}


def _values(choice: Choice) -> tuple[Value, ...]:
    return choice.domain.values if isinstance(choice.domain, Categorical) else ()


def _counting(choice: Choice, known: Mapping[str, Choice]) -> list[tuple[Choice, int]]:
    """The choices of the repeats around a choice, each with the iteration in which it is."""
    found = []
    for path, iteration, _ in _loops(choice.at):
        repeat = known.get(str(path))
        if repeat is not None and all(type(value) is int for value in _values(repeat)) and _values(repeat):
            found.append((repeat, iteration))
    return found


def _loops(path: Path) -> list[tuple[Path, int, int]]:
    """The repeats around a path: their names, the iterations, and the numbers of the parts."""
    return [
        (Path((*path.parts[:at], replace(part, indices=()))), int(part.indices[0]), at)
        for at, part in enumerate(path.parts)
        if len(part.indices) == 1
    ]


# ---- the code


def declaration_lines(found: Sequence[Entry], indent: str) -> list[str]:
    """The lines that declare the hyperparameters."""
    plain = _rendered(found, (), indent)
    if plain is not None:
        return plain
    lines: list[str] = []
    for entry in found:  # in their own order, in which parents come first
        lines += _scoped([entry], (), indent)
    return lines


def _rendered(found: Sequence[Entry], bound: Bound, indent: str) -> list[str] | None:
    """The lines with loops; None if a choice would be declared before one in its conditions."""
    depth = len(bound)
    groups: dict[str, list[Entry]] = {}
    for entry in found:
        loops = _loops(entry.choice.at)
        groups.setdefault(str(loops[depth][0]) if len(loops) > depth else f" {entry.choice.path}", []).append(entry)
    order = [entry.choice.path for group in groups.values() for entry in group]
    if any(order.index(c.path) > order.index(e.choice.path) for e in found for c, _ in e.when if c.path in order):
        return None
    lines: list[str] = []
    for alone, several in groupby(groups.items(), key=lambda item: item[0].startswith(" ")):
        if alone:
            lines += _scoped([entry for _, group in several for entry in group], bound, indent)
            continue
        for name, group in several:
            made = _loop(Path.parse(name), group, bound, indent)
            if made is None:
                return None
            lines += made
    return lines


def _loop(name: Path, group: Sequence[Entry], bound: Bound, indent: str) -> list[str] | None:
    """A loop over the iterations of a repeat if their choices are the same, else one iteration after another."""
    depth = len(bound)
    variable = "ijklmn"[depth % 6]
    iterations: dict[int, list[Entry]] = {}
    for entry in group:
        iterations.setdefault(_loops(entry.choice.at)[depth][1], []).append(entry)
    bodies = [
        _rendered(several, (*bound, (name, iteration, variable)), indent + STEP)
        for iteration, several in iterations.items()
    ]
    if None in bodies:
        return None
    first = bodies[0]
    assert first is not None
    if len(bodies) > 1 and all(body == first for body in bodies) and list(iterations) == list(range(len(bodies))):
        return [f"{indent}for {variable} in range({len(bodies)}):", *first]
    lines: list[str] = []
    for iteration, several in iterations.items():
        body = _rendered(several, (*bound, (name, iteration, str(iteration))), indent)
        if body is None:
            return None
        lines += body
    return lines


def _scoped(found: Sequence[Entry], bound: Bound, indent: str) -> list[str]:
    """Declarations in the scopes of their conditions; neighbors share them."""
    lines: list[str] = []
    opened: tuple[str, ...] = ()
    for entry in found:
        heads = tuple(
            f"with hp.conditional_scope({_name(choice.at, bound)}, {_accepted(choice, values, bound)}):"
            for choice, values in entry.when
            if values != _values(choice) or any(str(n) == choice.path and not v.isdigit() for n, _, v in bound)
        )
        same = 0
        while same < min(len(heads), len(opened)) and heads[same] == opened[same]:
            same += 1
        for at in range(same, len(heads)):
            lines += layout(heads[at], indent + STEP * at)
        opened = heads
        lines += layout(_hyperparameter(entry, bound), indent + STEP * len(heads))
    return lines


def _name(path: Path, bound: Bound) -> str:
    """The code of a path in the loops around it."""
    own = {(str(name), iteration): variable for name, iteration, variable in bound}
    parts = []
    for at, part in enumerate(path.parts):
        text = part.name
        for number_, index in enumerate(part.indices):
            name = str(Path((*path.parts[:at], replace(part, indices=()))))
            variable = own.get((name, int(index)), str(index)) if number_ == 0 else str(index)
            text += f"[{variable}]" if variable.isdigit() else f"[{{{variable}}}]"
        parts.append(text)
    text = ".".join(parts)
    return f'f"{text}"' if "{" in text else f'"{text}"'


def _accepted(choice: Choice, values: tuple[Value, ...], bound: Bound) -> str:
    """The values of a choice under which another is active."""
    coded = [value_code(choice, value) for value in values]
    loop = next(((i, variable) for name, i, variable in bound if str(name) == choice.path), None)
    every = _values(choice)
    if loop is None or loop[1].isdigit() or values != tuple(v for v in every if isinstance(v, int) and v > loop[0]):
        return f"[{', '.join(coded)}]"
    steps = as_range(every)
    last = every[-1]
    if steps is not None and steps.step == 1 and steps[0] <= 1 and isinstance(last, int):
        return f"list(range({loop[1]} + 1, {last + 1}))"
    return f"[n for n in {literal(every)} if n > {loop[1]}]"


def _hyperparameter(entry: Entry, bound: Bound) -> str:
    choice, name = entry.choice, _name(entry.choice.at, bound)
    match choice.domain:
        case Continuous(low=low, high=high, log=log):
            default = [] if entry.default == low else [f"default={number(_number(entry.default))}"]
            sampling = ['sampling="log"'] if log else []
            return f"hp.Float({', '.join([name, number(low), number(high), *sampling, *default])})"
        case Categorical(values=values):
            default = [] if entry.default == values[0] else [f"default={value_code(choice, entry.default)}"]
            if set(values) <= {True, False} and all(isinstance(value, bool) for value in values):
                default = ["default=True"] if entry.default is True else []
                return f"hp.Boolean({', '.join([name, *default])})"
            steps = as_range(values)
            if steps is not None and (steps.step == 1 or len(steps) > 3):
                step = [] if steps.step == 1 else [f"step={steps.step}"]
                return f"hp.Int({', '.join([name, str(steps[0]), str(steps[-1]), *step, *default])})"
            coded = ", ".join(value_code(choice, value) for value in values)
            return f"hp.Choice({', '.join([name, f'[{coded}]', *default])})"


def _number(value: Value) -> int | Fraction:
    assert isinstance(value, int | Fraction)
    return value


def value_code(choice: Choice, value: Value) -> str:
    """A value as KerasTuner holds it: numbers of one type, sets of alternatives as `a+b`, lists as texts."""
    if isinstance(value, tuple):
        return literal("+".join(map(str, value)) if choice.kind == "pick" else literal(value))
    floats = any(isinstance(each, Fraction) for each in _values(choice))
    return number(value) if floats and isinstance(value, int | Fraction) else literal(value)
