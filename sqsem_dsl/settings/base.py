"""The common parts of the models of settings: strictness, and the number types of options.

The modules of models have no `from __future__ import annotations`: Pydantic would evaluate the text of each annotation
again for every model that inherits it, which every start of a command would wait for.
"""

from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

Searched = "real"
"""Marks a number that may be searched over a continuous domain: counts and lengths in epochs do not depend on it."""

Decay = Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False), Searched]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False), Searched]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False), Searched]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False), Searched]
Continuous = Annotated[float, Field(allow_inf_nan=False), Searched]
Count = Annotated[int, Field(ge=1)]
Natural = Annotated[int, Field(ge=0)]


class Model(BaseModel):
    """Frozen and strict; validators are built on first use, so that the import is fast."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", defer_build=True)


class Option(Model):
    """One of the values of a setting, with its arguments: `sgd(momentum = 0.9)`. `name` is the word in the
    language.
    """

    rest: ClassVar[str | None] = None
    """The field, a mapping, that takes all arguments without a field of their own. The fields of such an option are
    given by position, so that no name is reserved."""
    rest_by_position: ClassVar[bool] = False
    """Whether these arguments may also be given by position; their keys are then `0`, `1`, …"""

    name: str

    @property
    def reported(self) -> str:
        """The name under which training reports a metric."""
        return self.name


def spelled(value: Any) -> Any:
    """An option as a dict if it is a bare word, alone or in a list; anything else unchanged.

    >>> spelled(["flip", {"name": "crop", "pixels": 4}])
    [{'name': 'flip'}, {'name': 'crop', 'pixels': 4}]
    """
    match value:
        case str():
            return {"name": value}
        case list():
            return [spelled(each) for each in value]
        case _:
            return value
