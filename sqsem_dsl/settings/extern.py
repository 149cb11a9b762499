"""`extern("package.module:Name", …)` in `train { }`: a loss, a metric, an optimizer or a callback of the user.

Nothing here imports the module that it names: `operators.extern_objects` does.
"""

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from sqsem_dsl.settings.base import Option

TARGET = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


class Extern(Option):
    """An object of a class, or a function, of the user. `arguments` are numbers, flags, texts, and lists of these."""

    rest: ClassVar = "arguments"

    name: Literal["extern"] = "extern"
    target: str
    arguments: Mapping[str, Any] = {}

    @property
    def reported(self) -> str:
        """The argument `name` of a metric, otherwise the name of its class or function as Keras spells it."""
        return str(self.arguments.get("name", snake_case(own_name(self.target))))

    @property
    def text(self) -> str:
        """As it is written in a spec."""
        return extern_text(self.target, self.arguments)


def own_name(target: str) -> str:
    """The name of the class or function.

    >>> own_name("package.module:FocalLoss")
    'FocalLoss'
    """
    return target.rpartition(":")[2]


def snake_case(name: str) -> str:
    """The name that Keras gives by default to objects of a class.

    >>> snake_case("CohenKappa"), snake_case("F2Score"), snake_case("top_share")
    ('cohen_kappa', 'f2_score', 'top_share')
    """
    parted = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", parted).lower()


def extern_text(target: object, arguments: Mapping[str, object]) -> str:
    """As it is written in a spec.

    >>> extern_text("my_code:Kappa", {"weighting": 1, "labels": ["a", "b"]})
    'extern("my_code:Kappa", weighting = 1, labels = ["a", "b"])'
    """
    return f"extern({', '.join([_text(target), *(f'{key} = {_text(each)}' for key, each in arguments.items())])})"


def _text(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{value}"'
        case list() | tuple():
            return f"[{', '.join(map(_text, value))}]"
        case _:
            return str(value)
