"""Settings as Python expressions, with their searched values."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from sqsem_dsl.backends.hypermodel.values import literal, number
from sqsem_dsl.backends.hypermodel.writer import Module
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.ir.context import draws
from sqsem_dsl.ir.graph import ChoiceValue, Const, Draw, Graph, ScalarOf, SettingValue
from sqsem_dsl.ir.settings import setting_items

FLOATS = ("learning_rate", "weight_decay", "clipnorm", "label_smoothing")


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

    def searched(self, key: str) -> bool:
        """Whether a setting has a choice."""
        found: set[int] = set()
        for item in setting_items(self.given[key]) if key in self.given else ():
            draws(self.graph.items, item, found)
        return bool(found)

    def refuse(self, span: Span, key: str, reason: str, remedy: str) -> None:
        self.module.refuse(span, f"the setting `{key}`", reason, remedy)
