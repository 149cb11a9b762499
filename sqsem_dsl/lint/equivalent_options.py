"""Equivalent options of a choice: those that give the same networks, found from all items that read the choice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from math import prod

from sqsem_dsl.ir.choices import show
from sqsem_dsl.ir.context import Unknown, value_of
from sqsem_dsl.ir.graph import (
    Apply,
    ChoiceId,
    Dim,
    Draw,
    If,
    Input,
    ItemId,
    Loop,
    Merge,
    Op,
    OptionalArg,
    Residual,
    SubsetArg,
    Switch,
    Tally,
)
from sqsem_dsl.ir.scalars import AXES, Undefined
from sqsem_dsl.lint.equivalence import same_networks
from sqsem_dsl.lint.space_index import SpaceIndex
from sqsem_dsl.network.normalize import spelled
from sqsem_dsl.operators import TABLE, Misfit, Shape, Value, complete

MAX_WAYS = 1024
"""The limit of tried ways to set the inputs of one item; beyond it nothing is reported."""
MAX_OPTIONS = 256
"""Options of a choice that are compared."""
Case = tuple[ItemId, Value]
"""A case of a switch."""


class Matters(Exception):
    """The effect of the choice is not known well enough to compare its options."""


def alike(facts: SpaceIndex, choice: ChoiceId) -> list[list[int]]:
    """The options of a choice of the network in classes. Those of one class give the same networks for all values of
    other choices, within rules that do not read the choice."""
    values = facts.values(choice)
    alone = [[option] for option in range(len(values))]
    draw = facts.draws.get(choice)
    if draw is None or draw in facts.bound or not 1 < len(values) <= MAX_OPTIONS:
        return alone
    classes = [list(range(len(values)))]
    cases: list[list[Case]] = [[] for _ in values]
    try:
        for item in _tensor_readers(facts, draw):
            classes = [part for known in classes for part in _parted(facts, choice, item, known, cases)]
            if len(classes) == len(values):
                return alone
    except Matters:
        return alone
    return [part for known in classes for part in _by_cases(facts, known, cases)]


def _parted(
    facts: SpaceIndex, choice: ChoiceId, item: ItemId, options: list[int], cases: list[list[Case]]
) -> list[list[int]]:
    """Options by their effect on one item that reads them; the cases that they select there are combined with the
    others."""
    if len(options) == 1:
        return [options]
    parts: dict[object, list[int]] = {}
    several = list(_scalars(facts, item))
    for option in options:
        effect: list[object] = []
        for values in _ways(facts, several, choice, facts.values(choice)[option]):
            _effect(facts, item, values, effect, cases[option])
        parts.setdefault(tuple(effect), []).append(option)
    return list(parts.values())


def _by_cases(facts: SpaceIndex, options: list[int], cases: list[list[Case]]) -> list[list[int]]:
    """Options that are equal as arguments, compared by the networks of the cases that they select."""
    classes: list[list[int]] = []
    for option in options:
        for known in classes:
            if _same_cases(facts, cases[known[0]], cases[option]):
                known.append(option)
                break
        else:
            classes.append([option])
    return classes


def equal_arguments(facts: SpaceIndex, choice: ChoiceId, option: int) -> str | None:
    """The value of an option as an argument, if it is the same everywhere."""
    draw, found = facts.draws[choice], dict[str, set[Value]]()
    for item in _tensor_readers(facts, draw):
        node = facts.items[item]
        if not isinstance(node, Op):
            return None
        for name, scalar in node.attributes:
            if scalar != draw and draw in facts.named(scalar):
                for (value,) in _ways(facts, [scalar], choice, facts.values(choice)[option]):
                    if not isinstance(value, Undefined):
                        found.setdefault(f"`{name}` of `{node.row.name}`", set()).add(value)
    if not found or any(len(values) > 1 for values in found.values()):
        return None
    return "with each of them " + " and ".join(f"{what} is {show(value)}" for what, (value,) in found.items())


# ---- who reads a choice


def _tensor_readers(facts: SpaceIndex, draw: ItemId) -> list[ItemId]:
    """The tensors that read a choice, including through arithmetic."""
    found: set[ItemId] = set()
    pending, seen = [draw], {draw}
    while pending:
        for item in facts.users.get(pending.pop(), ()):
            if not isinstance(facts.items[item], Apply | If | Tally):
                found.add(item)
            elif item not in seen:
                seen.add(item)
                pending.append(item)
    return sorted(found)


def _scalars(facts: SpaceIndex, item: ItemId) -> Iterable[ItemId]:
    match facts.items[item]:
        case Input(extents=extents):
            return extents
        case Op(attributes=attributes):
            return [value for _, value in attributes]
        case Switch(test=test):
            return [test]
        case Loop(count=count):
            return [count]
        case Residual(mode=mode):
            return [mode]
        case Merge(parts=parts, how=how, axis=axis):
            settings = [how] if axis is None else [how, axis]
            tests = [part.test for part in parts if isinstance(part, OptionalArg)]
            return [*settings, *tests, *(part.chosen for part in parts if isinstance(part, SubsetArg))]
        case _:
            return []


# ---- the effect of an option


def _effect(
    facts: SpaceIndex, item: ItemId, values: Sequence[Value | Undefined], found: list[object], cases: list[Case]
) -> None:
    """The effect of these scalar values on an item: a distinguishing key, or the case that it selects."""
    node = facts.items[item]
    if any(isinstance(value, Undefined) for value in values):
        found.append(None)
        return
    match node:
        case Op(row=row, attributes=attributes):
            if TABLE.get(row.name) is not row:
                raise Matters
            given: dict[str, Value] = dict(zip((name for name, _ in attributes), values, strict=True))  # type: ignore[arg-type]
            for inputs in sorted({meeting.inputs for meeting in facts.meetings(item)}):
                found.append(_spelling(node, inputs, given))
        case Residual():
            (mode,) = values
            found.append(tuple(_joined(str(mode), *pair) for pair in sorted(facts.bypassed(item))))
        case Switch(cases=several):
            (test,) = values
            known = next((v for v, _ in several if type(v) is type(test) and v == test), None)
            if known is None:
                found.append(None)
            else:
                cases.append((item, known))
        case Loop(steps=steps):
            (count,) = values
            if not isinstance(count, int) or not 0 <= count < len(steps):
                raise Matters
            found.append(facts.plain[steps[count]])
        case _:
            found.append(tuple((type(value).__name__, value) for value in values))


def _spelling(op: Op, inputs: tuple[Shape, ...], given: Mapping[str, Value]) -> object:
    try:
        operator, attributes = spelled(op.row.name, complete(op.row, inputs, given), inputs)
    except Misfit:
        return None
    return operator, tuple((name, type(value).__name__, value) for name, value in attributes.items())


def _joined(mode: str, before: Shape, after: Shape) -> str:
    """The effect of a mode of a bypass between these shapes."""
    match mode:
        case "fit":
            return "identity" if before == after else "none"
        case "auto":
            return "identity" if before == after else "project"
        case _:
            return mode


def _ways(
    facts: SpaceIndex, several: Sequence[ItemId], choice: ChoiceId, value: Value
) -> Iterator[tuple[Value | Undefined, ...]]:
    """The values of scalars for one option, for all values of everything else that they read."""
    choices, sizes = _read(facts, several)
    choices.pop(choice, None)
    if prod(map(len, (*choices.values(), *sizes.values()))) > MAX_WAYS:
        raise Matters
    for way in product(*choices.values(), *sizes.values()):
        decided = {choice: value, **dict(zip(choices, way, strict=False))}
        known = dict(zip(sizes, way[len(choices) :], strict=True))
        yield tuple(_value(facts, item, decided, dict(known)) for item in several)


def _value(
    facts: SpaceIndex, item: ItemId, decided: Mapping[ChoiceId, Value], known: dict[ItemId, Value]
) -> Value | Undefined:
    try:
        return value_of(facts.items, item, decided, known)
    except Undefined as undefined:
        return undefined
    except Unknown:
        raise Matters from None


def _read(
    facts: SpaceIndex, several: Sequence[ItemId]
) -> tuple[dict[ChoiceId, Sequence[Value]], dict[ItemId, Sequence[Value]]]:
    """The choices and tensor sizes that scalars read, each with its values."""
    choices: dict[ChoiceId, Sequence[Value]] = {}
    sizes: dict[ItemId, Sequence[Value]] = {}
    pending, seen = list(several), set(several)
    while pending:
        item = pending.pop()
        match facts.items[item]:
            case Draw(choice=choice):
                choices[choice] = facts.values(choice) or (None,)
            case Dim(of=of, axis=axis):
                met = facts.shapes.get(of, frozenset())
                sizes[item] = sorted({shape[AXES[axis]] for shape in met if -AXES[axis] <= len(shape)})
            case Apply(arguments=arguments):
                fresh = set(arguments) - seen
                seen |= fresh
                pending.extend(fresh)
            case If(test=test, then=then, other=other):
                fresh = {test, then, other} - seen
                seen |= fresh
                pending.extend(fresh)
            case _:
                pass
    return choices, sizes


# ---- switches


def _same_cases(facts: SpaceIndex, ones: Sequence[Case], others: Sequence[Case]) -> bool:
    """Whether the cases that two options select are the same networks, matched pairwise."""
    if len(ones) != len(others):
        return False
    differing = [(one, other) for one, other in zip(ones, others, strict=True) if one != other]
    pairs = [(_case(facts, *one), _case(facts, *other)) for one, other in differing]

    def elsewhere() -> tuple[frozenset[ItemId], frozenset[ItemId]]:
        first = facts.reached(_dropped(one for one, _ in differing))
        return first, facts.reached(_dropped(other for _, other in differing))

    return same_networks(facts, pairs, elsewhere)


def _dropped(cases: Iterable[Case]) -> dict[ItemId, frozenset[Value]]:
    found: dict[ItemId, set[Value]] = {}
    for item, value in cases:
        found.setdefault(item, set()).add(value)
    return {item: frozenset(values) for item, values in found.items()}


def _case(facts: SpaceIndex, item: ItemId, value: Value) -> ItemId:
    node = facts.items[item]
    assert isinstance(node, Switch)
    return next(case for v, case in node.cases if type(v) is type(value) and v == value)
