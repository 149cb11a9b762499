"""Settings under an assignment, as the plain data that the models of `spec.settings` take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import assert_never

from sqsem_dsl.diagnostics import InternalError
from sqsem_dsl.space.context import value_of
from sqsem_dsl.space.graph import CallOf, ChoiceId, Item, OneOf, ScalarOf, SettingValue, Several
from sqsem_dsl.space.operators.row import Value
from sqsem_dsl.spec.settings import Plain

Assignment = Mapping[ChoiceId, Value]


def plain_setting(items: Sequence[Item], value: SettingValue, assignment: Assignment) -> Plain:
    """The plain value of a setting: an option is `{"name": …, argument: …}`."""
    match value:
        case ScalarOf(item=item):
            return _plain(value_of(items, item, assignment))
        case CallOf(name=name, arguments=arguments):
            return {"name": name, **{key: plain_setting(items, each, assignment) for key, each in arguments}}
        case Several(items=several):
            return [plain_setting(items, each, assignment) for each in several]
        case OneOf(test=test, options=options):
            return plain_setting(items, dict(options)[str(value_of(items, test, assignment))], assignment)
        case _:
            assert_never(value)


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
