"""Settings under an assignment: the plain data that `settings` checks, the ways to set choices, and positions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product
from math import prod
from typing import assert_never

from sqsem_dsl.diagnostics.errors import InternalError
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.ir.choices import Categorical
from sqsem_dsl.ir.context import draws, value_of
from sqsem_dsl.ir.graph import (
    CallValue,
    ChoiceId,
    ChoiceValue,
    Declared,
    Graph,
    Item,
    ItemId,
    ListValue,
    MapValue,
    ScalarOf,
    SettingValue,
)
from sqsem_dsl.operators.row import Value
from sqsem_dsl.settings.sections import Plain, TrainSettings

Assignment = Mapping[ChoiceId, Value]
LABEL_SETTINGS = ("loss", "metrics", "class_weights")
MAX_WAYS = 64
"""The limit of ways to set the choices of settings. Up to this limit all are checked, beyond it only some."""


def setting_items(value: SettingValue) -> Iterator[ItemId]:
    """The scalars that a setting reads, in order."""
    match value:
        case ScalarOf(item=item):
            yield item
        case CallValue(arguments=named) | MapValue(entries=named):
            for _, argument in named:
                yield from setting_items(argument)
        case ListValue(items=items):
            for each in items:
                yield from setting_items(each)
        case ChoiceValue(test=test, options=options):
            yield test
            for _, option in options:
                yield from setting_items(option)
        case _:
            assert_never(value)


def plain_setting(items: Sequence[Item], value: SettingValue, assignment: Assignment) -> Plain:
    """The plain value of a setting: an option is `{"name": …, argument: …}`."""
    match value:
        case ScalarOf(item=item):
            return _plain(value_of(items, item, assignment))
        case CallValue(name=name, arguments=arguments):
            return {"name": name, **{key: plain_setting(items, each, assignment) for key, each in arguments}}
        case MapValue(entries=entries):
            return {key: _argument(items, each, assignment) for key, each in entries}
        case ListValue(items=several):
            return [plain_setting(items, each, assignment) for each in several]
        case ChoiceValue(test=test, options=options):
            return plain_setting(items, dict(options)[str(value_of(items, test, assignment))], assignment)
        case _:
            assert_never(value)


def _argument(items: Sequence[Item], value: SettingValue, assignment: Assignment) -> Plain:
    """The plain value of an argument of any type: a continuous choice is a float, also at a whole number."""
    match value:
        case ScalarOf(item=item):
            return _typed(value_of(items, item, assignment))
        case ListValue(items=several):
            return [_argument(items, each, assignment) for each in several]
        case _:
            return plain_setting(items, value, assignment)


def _typed(value: Value) -> Plain:
    match value:
        case Fraction():
            return float(value)
        case tuple():
            return [_typed(each) for each in value]
        case _:
            return _plain(value)


def _plain(value: Value) -> Plain:
    match value:
        case bool() | int() | str():
            return value
        case Fraction():
            return value.numerator if value.denominator == 1 else float(value)
        case tuple():
            return [_plain(each) for each in value]
        case None:
            raise InternalError("a setting without a value")


def ways(items: Sequence[Item], choices: Sequence[Declared], values: Iterable[SettingValue]) -> Iterator[Assignment]:
    """Ways to set the choices that settings read, continuous ones to their ends: every way or, if there are too many,
    each choice in turn off its first value."""
    found: set[ChoiceId] = set()
    for value in values:
        for item in setting_items(value):
            draws(items, item, found)
    options: dict[ChoiceId, tuple[Value, ...]] = {}
    for choice in sorted(found):
        domain = choices[choice].domain
        options[choice] = domain.values if isinstance(domain, Categorical) else (domain.low, domain.high)
    if prod(len(several) for several in options.values()) <= MAX_WAYS:
        yield from (dict(zip(options, way, strict=True)) for way in product(*options.values()))
        return
    first = {choice: several[0] for choice, several in options.items()}
    yield first
    for choice, several in options.items():
        for other in several[1:]:
            yield {**first, choice: other}


def count_ways(items: Sequence[Item], choices: Sequence[Declared], value: SettingValue) -> int:
    """The number of ways to make the discrete choices of a setting, without those of the network. Choices inside an
    option count only if it is selected."""
    match value:
        case ScalarOf(item=item):
            found: set[ChoiceId] = set()
            draws(items, item, found)
            domains = (choices[choice].domain for choice in found if choices[choice].section != "architecture")
            return prod(len(domain.values) for domain in domains if isinstance(domain, Categorical))
        case CallValue(arguments=named) | MapValue(entries=named):
            return prod(count_ways(items, choices, each) for _, each in named)
        case ListValue(items=several):
            return prod(count_ways(items, choices, each) for each in several)
        case ChoiceValue(options=options):
            return sum(count_ways(items, choices, each) for _, each in options)
        case _:
            assert_never(value)


def place_of(items: Sequence[Item], value: SettingValue, where: tuple[str | int, ...], assignment: Assignment) -> Span:
    """The span of the part of a setting that a problem is about."""
    match value:
        case ChoiceValue(test=test, options=options):
            name = plain_setting(items, ScalarOf(test), assignment)
            return place_of(items, dict(options)[str(name)], where, assignment)
        case CallValue(arguments=named) | MapValue(entries=named) if where and where[0] in dict(named):
            return place_of(items, dict(named)[str(where[0])], where[1:], assignment)
        case ListValue(items=several) if where and isinstance(where[0], int) and where[0] < len(several):
            return place_of(items, several[where[0]], where[1:], assignment)
        case _:
            return value.span


def label_settings(graph: Graph) -> Iterator[TrainSettings]:
    """The losses, metrics and class weights of `train` for each way to make the choices in them.

    Raises pydantic's ValidationError for settings that are not valid.
    """
    entries = [(key, value) for key, value in graph.train if key.partition(".")[0] in LABEL_SETTINGS]
    for assignment in ways(graph.items, graph.choices, (value for _, value in entries)):
        yield TrainSettings.from_plain({key: plain_setting(graph.items, value, assignment) for key, value in entries})
