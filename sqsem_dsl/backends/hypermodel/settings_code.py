"""Settings as Python expressions, with their searched values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqsem_dsl.backends.hypermodel.emitted import Module
from sqsem_dsl.backends.hypermodel.values import literal, number
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.ir.choices import Categorical
from sqsem_dsl.ir.context import draws
from sqsem_dsl.ir.graph import (
    CallValue,
    ChoiceValue,
    Const,
    Draw,
    Graph,
    ListValue,
    MapValue,
    ScalarOf,
    SettingValue,
)
from sqsem_dsl.ir.settings import plain_setting, setting_items
from sqsem_dsl.settings.train import TrainSettings

FLOATS = ("learning_rate", "weight_decay", "clipnorm", "label_smoothing")


@dataclass(frozen=True)
class Coded:
    """An option, with the code of those of its arguments that are choices."""

    option: Any
    codes: Mapping[str, str]
    chosen: str = ""
    """The value of the choice with which a setting has this option: two options of one kind have different ones."""

    def code(self, argument: str) -> str:
        value = getattr(self.option, argument)
        if argument in self.codes:
            return self.codes[argument]
        return number(value) if isinstance(value, float) else literal(value)

    def given(self, argument: str, default: float) -> str:
        """`, argument=code`, unless it has this value."""
        known = argument not in self.codes and getattr(self.option, argument) == default
        return "" if known else f", {argument}={self.code(argument)}"


class Settings:
    """The settings of `train`, as code."""

    def __init__(self, module: Module, graph: Graph) -> None:
        self.module, self.graph = module, graph
        self.given: Mapping[str, SettingValue] = dict(graph.train)

    def code(self, key: str, value: SettingValue | None = None) -> str:
        """The expression for a setting or for an argument of its option."""
        value = value or self.given[key]
        if isinstance(value, ScalarOf):
            item = self.graph.items[value.item]
            if isinstance(item, Const):
                if isinstance(item.value, int | Fraction) and not isinstance(item.value, bool) and key in FLOATS:
                    return number(item.value)
                return literal(item.value)
            if isinstance(item, Draw):
                return f'hp.get("{self.graph.choices[item.choice].path}")'
        self.refuse(value.span, key, "its value is computed from a choice", "write `any` as the whole value")
        return "None"

    def choice(self, value: ChoiceValue) -> str:
        """The expression for the choice among options."""
        item = self.graph.items[value.test]
        assert isinstance(item, Draw)
        return f'hp.get("{self.graph.choices[item.choice].path}")'

    def options(self, key: str) -> list[Coded]:
        """The option that a setting has, or all among which it chooses; arguments of options may be choices."""
        value, own = self.given.get(key), key.partition(".")[0]
        if value is None:
            return [Coded(getattr(TrainSettings(), own), {})]
        several = value.options if isinstance(value, ChoiceValue) else (("", value),)
        first = {
            at: each.domain.values[0] if isinstance(each.domain, Categorical) else each.domain.low
            for at, each in enumerate(self.graph.choices)
        }
        found = []
        for chosen, each in several:
            plain = plain_setting(self.graph.items, each, first)
            arguments = each.arguments if isinstance(each, CallValue) else ()
            searched = {name: each for name, each in arguments if self._draws(each)}
            codes = {name: self.code(key, each) for name, each in searched.items()}
            found.append(Coded(getattr(TrainSettings.from_plain({own: plain}), own), codes, chosen))
        return found

    def test(self, key: str, option: Coded) -> str | None:
        """The condition under which a setting has an option; None if it always has."""
        value = self.given.get(key)
        return f"{self.choice(value)} == {literal(option.chosen)}" if isinstance(value, ChoiceValue) else None

    def own(self, key: str, value: SettingValue, more: Sequence[str] = ()) -> str:
        """The call that makes an object of the user, with further arguments."""
        assert isinstance(value, CallValue)
        given = dict(value.arguments)
        target = given["target"]
        assert isinstance(target, ScalarOf)
        item = self.graph.items[target.item]
        assert isinstance(item, Const)
        arguments = given.get("arguments")
        entries = arguments.entries if isinstance(arguments, MapValue) else ()
        listed = [f"{name}={self._argument(key, each)}" for name, each in entries]
        return f"{self.module.imported(str(item.value))}({', '.join([*listed, *more])})"

    def _argument(self, key: str, value: SettingValue) -> str:
        if isinstance(value, ListValue):
            return f"[{', '.join(self._argument(key, each) for each in value.items)}]"
        return self.code("argument", value)

    def _draws(self, value: SettingValue) -> bool:
        found: set[int] = set()
        for item in setting_items(value):
            draws(self.graph.items, item, found)
        return bool(found)

    def searched(self, key: str) -> bool:
        """Whether a setting has a choice."""
        return key in self.given and self._draws(self.given[key])

    def refuse(self, span: Span, key: str, reason: str, remedy: str) -> None:
        self.module.refuse(span, f"the setting `{key}`", reason, remedy)
