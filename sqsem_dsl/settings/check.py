"""Checks one value of a setting on its own, and describes problems in the user's terms.

The elaboration checks the names of settings and arguments earlier, before there are values.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from pydantic import BaseModel, ValidationError

from sqsem_dsl.diagnostics.diagnostic import closest, listing
from sqsem_dsl.diagnostics.hints import value_hint
from sqsem_dsl.settings.base import Option
from sqsem_dsl.settings.check_extern import check_extern
from sqsem_dsl.settings.extern import Extern, own_name
from sqsem_dsl.settings.objective_meant import objective_meant
from sqsem_dsl.settings.search import SearchSettings
from sqsem_dsl.settings.table import SECTIONS, Argument, Plain, Problem, Setting, Where
from sqsem_dsl.settings.train import TrainSettings

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_MODELS: Mapping[str, type[BaseModel]] = {"train": TrainSettings, "search": SearchSettings}
"""The models of sections. All settings have defaults, so that a model also validates a single value."""


def check_setting(section: str, key: str, value: Plain) -> list[Problem]:
    """The problems of one value on its own. `key` is the name of a known setting (or any, in `meta`), or `loss.mask`
    for the loss of one output."""
    name = key.partition(".")[0]
    if section == "meta":
        return _check_meta(name, value, SECTIONS[section].get(name))
    row = SECTIONS[section][name]
    if not row.models:
        return _check_plain(section, name, value, (key,))
    if isinstance(value, list):
        if not row.takes_list:
            message = f"`{name}` expects one value, not a list of {len(value)}"
            return [Problem((key,), message, value_hint(name, value) or _words(row))]
        if not value and name == "objective":
            return [Problem((key,), "`objective` is an empty list", "name at least one: `maximize(val_accuracy)`")]
        problems = [problem for i, item in enumerate(value) for problem in _check_option(row, item, (key, i))]
        return problems + _twice(row, value, key)
    if row.list_only:
        word = value.get("name") if isinstance(value, dict) else _show(value)
        word = "extern(…)" if word == "extern" else word
        return [Problem((key,), f"`{name}` expects a list, not {_tell(value)}", f"write `{name} = [{word}]`")]
    return _check_option(row, value, (key,))


def _check_option(row: Setting, value: Plain, where: Where) -> list[Problem]:
    """One value of a setting that has options: its word, then its arguments."""
    word = value.get("name") if isinstance(value, dict) else value
    if not isinstance(word, str):
        return [
            Problem(
                where,
                f"`{row.name}` expects one of its options, not {_tell(value)}",
                value_hint(row.name, value) or _words(row),
            )
        ]
    model = row.models.get(word)
    if model is None and row.name == "objective":
        return [
            Problem(where, f"`objective` expects `maximize(…)` or `minimize(…)`, not `{word}`", objective_meant(word))
        ]
    if model is None:
        near = closest(word, row.models)
        help = value_hint(row.name, word)
        help = help or (f"a value with a similar name exists: `{near}`" if near else _words(row))
        return [Problem(where, f"unknown value `{word}` of `{row.name}`", help)]
    arguments = {"name": word} if isinstance(value, str) else cast("dict[str, Plain]", value)
    try:
        model.model_validate(arguments)
    except ValidationError as error:
        return [_option_problem(row, word, model, detail, where) for detail in error.errors(include_url=False)]
    match word:
        case "piecewise":
            return _check_piecewise(arguments, where)
        case "given":
            return _check_given(arguments, where)
        case "extern":
            return check_extern(row.name, arguments, where)
        case _:
            return []


def _option_problem(row: Setting, word: str, model: type[Option], detail: ErrorDetails, where: Where) -> Problem:
    argument = str(detail["loc"][0])
    if detail["type"] == "missing":
        given = "…" if argument == model.rest else f"{argument} = …"
        return Problem(where, f"`{word}` needs `{argument}`", f"write `{word}({given})`")
    place, rest = (*where, *detail["loc"]), row.rest(word)
    if rest is not None and argument == rest.field and len(detail["loc"]) > 1:
        key = str(detail["loc"][1])
        subject = f"value {int(key) + 1} of `{word}`" if key.isdigit() else f"`{key}` of `{word}`"
        return Problem(place, *_wording(subject, rest.value, detail))
    return Problem(place, *_wording(f"`{argument}` of `{word}`", row.argument(word, argument), detail))


def _check_given(value: Mapping[str, Plain], where: Where) -> list[Problem]:
    weights = cast("dict[str, float]", value["weights"])
    names = [key for key in weights if not key.isdigit()]
    if names and len(names) < len(weights):
        message = f"`given` has weights by number and by name: `{names[0]}`"
        help = "name the class of every weight, or give one for each class in the order of their numbers"
        return [Problem((*where, "weights", names[0]), message, help)]
    if not any(weights.values()):
        return [Problem(where, "all weights of `given` are 0: no sample would count", "give at least one above 0")]
    return []


def _check_piecewise(value: Mapping[str, Plain], where: Where) -> list[Problem]:
    epochs, factors = cast("list[int]", value["epochs"]), cast("list[float]", value["factors"])
    if len(epochs) != len(factors):
        message = f"`epochs` has {len(epochs)} entries and `factors` {len(factors)}"
        return [Problem((*where, "factors"), message, "give one factor for each of the epochs")]
    falls = next((i for i in range(1, len(epochs)) if epochs[i] <= epochs[i - 1]), None)
    if falls is None:
        return []
    message = f"`epochs` must rise, but {epochs[falls]} follows {epochs[falls - 1]}"
    return [Problem((*where, "epochs", falls), message, "sort the epochs")]


def _twice(row: Setting, values: list[Plain], key: str) -> list[Problem]:
    """Metrics are reported by name, so none may be listed twice; a second identical objective is redundant."""
    if row.name == "augment":
        return []
    found: list[Problem] = []
    names = [_name_of(row, value) for value in values]
    seen = names if row.name == "metrics" else values
    for i, one in enumerate(seen):
        if one in seen[:i]:
            match row.name, values[i]:
                case "metrics", {"name": "extern"}:
                    remedy = 'give it another name: `name = "my_metric"`'
                case _:
                    remedy = "remove one of them"
            found.append(Problem((key, i), f"`{names[i]}` is listed twice in `{row.name}`", remedy))
    return found


def _name_of(row: Setting, value: Plain) -> Plain:
    """The name of an option; of an `extern` that of what it names."""
    match value:
        case {"name": "extern", "target": str() as target}:
            return Extern.model_validate(value).reported if row.name == "metrics" else own_name(target)
        case {"name": name}:
            return name
        case _:
            return value


def _check_meta(key: str, value: Plain, row: Setting | None) -> list[Problem]:
    """Known keys need text; any other key accepts any value except a call."""
    items = value if isinstance(value, list) else [value]
    if row is not None and isinstance(value, list) and not row.takes_list:
        return [Problem((key,), f"`{key}` expects one text, not a list of {len(items)}", "join them into one")]
    wrong = next(
        (i for i in items if isinstance(i, (dict, list)) or (row is not None and not isinstance(i, str))), None
    )
    return [] if wrong is None else [Problem((key,), f"`{key}` expects text, not {_tell(wrong)}", "put it in quotes")]


def _check_plain(section: str, name: str, value: Plain, where: Where) -> list[Problem]:
    try:
        _MODELS[section].model_validate({name: value})
    except ValidationError as error:
        return [
            Problem(where, *_wording(f"`{name}`", SECTIONS[section][name].value, error.errors(include_url=False)[0]))
        ]
    return []


def _wording(subject: str, takes: Argument, detail: ErrorDetails) -> tuple[str, str | None]:
    """Message and help for a value that Pydantic rejected."""
    value, bounds = cast("Plain", detail["input"]), detail.get("ctx", {})
    match detail["type"]:
        case "greater_than":
            return f"{subject} is {_show(value)}, but must be above {bounds['gt']:g}", None
        case "greater_than_equal":
            return f"{subject} is {_show(value)}, but must be at least {bounds['ge']:g}", None
        case "less_than":
            return f"{subject} is {_show(value)}, but must be below {bounds['lt']:g}", None
        case "less_than_equal":
            return f"{subject} is {_show(value)}, but must be at most {bounds['le']:g}", None
        case "too_short":
            return f"{subject} is an empty list", "give at least one number"
        case "finite_number":
            return f"{subject} is {_show(value)}, but must be finite", None
        case _:
            pass
    message = f"{subject} expects {_KINDS[takes.kind]}, not {_tell(value)}"
    if not takes.words:
        several = isinstance(value, list) and value
        return message, f"to choose one of them, write `any {_show(value)}`" if several else None
    hint = value_hint(takes.name, value)
    if hint is not None:
        return message, hint
    near = closest(value, takes.words) if isinstance(value, str) else None
    return message, f"a value with a similar name exists: `{near}`" if near else f"write one of {listing(takes.words)}"


_KINDS = {
    "number": "a number",
    "whole": "a whole number",
    "flag": "`true` or `false`",
    "word": "one of its options",
    "name": "a name",
    "text": "text",
    "numbers": "a list of numbers",
}


def _words(row: Setting) -> str:
    return f"`{row.name}` is one of {listing(row.models, 20)}"


def _show(value: Plain) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case float():
            return f"{value:g}"
        case _:
            return str(value)


def _tell(value: Plain) -> str:
    """A value in a sentence: "the list", "`sgd`", "0.5"."""
    match value:
        case dict():
            return f"`{value.get('name')}(…)`" if len(value) > 1 else f"`{value.get('name')}`"
        case list():
            return f"a list of {len(value)}"
        case str():
            return f"`{value}`"
        case _:
            return _show(value)
