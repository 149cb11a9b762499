"""The table of settings: a row for each setting of `train`, `search` and `meta`, derived from their models.

The evaluation of expressions uses it: the words of each setting, the positional order of an option's
arguments, and the values that may be searched over a continuous domain.
"""

from __future__ import annotations

import types
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, Literal, TypeAlias, Union, cast, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from sqsem_dsl.diagnostics.errors import InternalError
from sqsem_dsl.settings.base import Option, Searched
from sqsem_dsl.settings.search import MetaSettings, SearchSettings
from sqsem_dsl.settings.train import QUALIFIED, QUALIFIED_BY_INPUT, TrainSettings

Plain: TypeAlias = "int | float | bool | str | list[Plain] | dict[str, Plain]"
Where: TypeAlias = tuple[str | int, ...]
Kind = Literal["number", "whole", "flag", "word", "name", "text", "numbers", "value"]


@dataclass(frozen=True, slots=True)
class Problem:
    """An invalid value. `where` leads to it: the key, then positions in lists and names of arguments."""

    where: Where
    message: str
    help: str | None = None


@dataclass(frozen=True, slots=True)
class Argument:
    """The type of an argument, or of a setting without options.

    kind: `number`; `whole` a whole number; `flag`; `word` one of `words`; `name` any bare name (of a metric); `text` a
    string or bare name; `numbers` a list of numbers; `value` any of these.
    """

    name: str
    kind: Kind
    required: bool = False
    words: tuple[str, ...] = ()
    real_ok: bool = False
    """Whether it may be searched over a continuous domain (both of its ends are then checked)."""


@dataclass(frozen=True, slots=True)
class Rest:
    """Arguments of an option beyond its fields."""

    field: str
    """The field that takes them."""
    value: Argument
    """The type of each."""
    by_position: bool


@dataclass(frozen=True, slots=True)
class Setting:
    """A row: one setting. `value` is its type if `models` is empty."""

    name: str
    value: Argument
    models: Mapping[str, type[Option]] = field(default_factory=dict)
    takes_qualifier: bool = False
    takes_list: bool = False
    """Whether it accepts a list; `list_only` says that it accepts nothing else."""

    @property
    def list_only(self) -> bool:
        return self.name in ("metrics", "augment", "callbacks")

    @property
    def real_ok(self) -> bool:
        return self.value.real_ok

    @property
    def words(self) -> tuple[str, ...]:
        """Every word that the setting itself accepts."""
        return tuple(self.models) or self.value.words

    @property
    def options(self) -> Mapping[str, tuple[str, ...]]:
        """Each word with the names of its arguments in positional order."""
        return {name: tuple(_arguments(model)) for name, model in self.models.items()}

    def argument(self, option: str, name: str) -> Argument:
        """The type of an option's argument. Raises KeyError for an unknown one."""
        return _arguments(self.models[option])[name]

    def rest(self, option: str) -> Rest | None:
        """The further arguments that an option takes; None if its fields are all."""
        return _rest(self.models[option])


def _unwrap(annotation: Any, metadata: tuple[Any, ...] = ()) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The members of a union (without None), and all annotations of it or its only member."""
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        return _unwrap(inner, (*metadata, *more))
    if get_origin(annotation) in (Union, types.UnionType):
        members = tuple(m for m in get_args(annotation) if m is not type(None))
        return _unwrap(members[0], metadata) if len(members) == 1 else (members, metadata)
    return (annotation,), metadata


def _argument(name: str, info: FieldInfo) -> Argument:
    members, metadata = _unwrap(info.annotation, tuple(info.metadata))
    member, required = members[0], info.is_required()
    match member:
        case _ if get_origin(member) is Literal:
            return Argument(name, "word", required, get_args(member))
        case _ if get_origin(member) is tuple:
            return Argument(name, "numbers", required)
        case _ if member is bool:
            return Argument(name, "flag", required, ("true", "false"))
        case _ if member is int:
            return Argument(name, "whole", required)
        case _ if member is float:
            return Argument(name, "number", required, real_ok=Searched in metadata)
        case _ if member is str:
            return Argument(name, "name" if name in ("metric", "monitor") else "text", required)
        case _:
            raise InternalError(f"no kind of value for the setting {name}: {info.annotation}")


@cache
def _arguments(model: type[Option]) -> dict[str, Argument]:
    return {n: _argument(n, info) for n, info in model.model_fields.items() if n not in ("name", model.rest)}


@cache
def _rest(model: type[Option]) -> Rest | None:
    if model.rest is None:
        return None
    (mapping, *_), _ = _unwrap(model.model_fields[model.rest].annotation)
    _, each = get_args(mapping)
    members, metadata = _unwrap(each)
    number = members[0] is float
    required = model.model_fields[model.rest].is_required()
    value = Argument(model.rest, "number" if number else "value", required, real_ok=not number or Searched in metadata)
    return Rest(model.rest, value, model.rest_by_position)


def _row(name: str, info: FieldInfo, qualified: bool = False) -> Setting:
    members, _ = _unwrap(info.annotation)
    takes_list = False
    if get_origin(members[0]) is tuple:
        members, _ = _unwrap(get_args(members[0])[0])
        takes_list = True
    if isinstance(members[0], type) and issubclass(members[0], Option):
        models = {cast(str, model.model_fields["name"].default): model for model in members}
        return Setting(name, Argument(name, "word", words=tuple(models)), models, qualified, takes_list)
    return Setting(name, _argument(name, info), {}, qualified, takes_list)


def _rows(model: type[BaseModel], qualified: Collection[str] = ()) -> dict[str, Setting]:
    fields = {("objective" if n == "objectives" else n): info for n, info in model.model_fields.items()}
    return {n: _row(n, info, n in qualified) for n, info in fields.items() if n not in ("by_output", "by_input")}


META = Argument("meta", "text")
"""The type of every setting of `meta`: text, or a list of texts; a number or a flag is kept too."""

SECTIONS: Mapping[str, Mapping[str, Setting]] = {
    "train": _rows(TrainSettings, (*QUALIFIED, *QUALIFIED_BY_INPUT)),
    "search": _rows(SearchSettings),
    "meta": {name: Setting(name, META, takes_list=name == "authors") for name in MetaSettings.model_fields},
}
"""The settings by section and name. `meta` accepts any other name as well."""


def setting_row(section: str, name: str) -> Setting | None:
    """The row of a setting; None if there is no such setting."""
    own = Setting(name, META, takes_list=True) if section == "meta" else None
    return SECTIONS[section].get(name, own)
