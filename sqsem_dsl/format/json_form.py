"""Specs as JSON: the output of `--emit spec` and `--emit schema`, and reading it back with the places of errors.

Reading builds Pydantic's validators, which texts never need.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from sqsem_dsl.ast.errors import NotASpec, NotJson
from sqsem_dsl.ast.node import Node, part_names
from sqsem_dsl.ast.outline import Spec
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import Source, Span

MOST = 20
"""Errors reported for one JSON text."""


def spec_json(spec: Spec) -> str:
    """A spec as indented JSON with a final newline: the output of `model_dump_json`, for any depth of a spec."""
    return json.dumps(_data(spec), indent=2, ensure_ascii=False) + "\n"


def _data(value: object) -> object:
    """Plain dictionaries and lists. Pydantic's own serializer supports only half the depth that a text may have."""
    match value:
        case Node():
            return {name: _data(getattr(value, name)) for name in part_names(type(value))}
        case tuple():
            return [_data(part) for part in value]
        case _:
            return value


def spec_schema() -> str:
    """The JSON Schema of specs in JSON form."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Spec.model_json_schema()}
    return json.dumps(schema, indent=2) + "\n"


def spec_from_json(source: Source) -> tuple[Spec | None, tuple[Diagnostic, ...]]:
    """The spec in a JSON text, without places, or the errors in the text."""
    try:
        return Spec.model_validate_json(source.text), ()
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
    except RecursionError:
        return None, (NotJson(Span(source, 0, 0), "it is nested too deeply"),)
    places = _Places(source.text)
    diagnostics: dict[tuple[int, str], Diagnostic] = {}
    for entry in found[:MOST]:
        reason = _reason(entry)
        if entry["type"] == "json_invalid":
            offset = _json_error(source.text)
            return None, (NotJson(Span(source, offset, offset + 1), reason),)
        path, start, end = places.find(entry["loc"])
        diagnostics.setdefault((start, path), NotASpec(Span(source, start, end), path or "the whole", reason))
    return None, tuple(diagnostics[key] for key in sorted(diagnostics))


def _reason(entry: ErrorDetails) -> str:
    """Pydantic's reason in the style of our messages."""
    match entry["type"]:
        case "string_pattern_mismatch":
            pattern = str(entry.get("ctx", {}).get("pattern", ""))
            if pattern.startswith("^[A-Za-z_]"):
                return "not a name"
            return "not a number such as `1e-4`" if pattern[1:].startswith("\\d") else "it holds a quote or a line end"
        case "extra_forbidden":
            return "there is no such field"
        case "missing":
            return "this field is missing"
        case "json_invalid" if "recursion limit" in entry["msg"]:
            return "it is nested too deeply"
        case "json_invalid":
            return re.sub(r"^Invalid JSON: | at line \d+ column \d+$", "", entry["msg"])
        case _:
            message = entry["msg"].removeprefix("Value error, ")
            return message[:1].lower() + message[1:]


def _json_error(text: str) -> int:
    """The place where the JSON becomes invalid, according to Python's reader."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return min(error.pos, max(len(text) - 1, 0))
    except (RecursionError, ValueError):
        return 0
    return 0


class _Places:
    """The places of the values of a JSON text, found by following a path of keys and indices."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.decoder = json.JSONDecoder()

    def find(self, location: Sequence[str | int]) -> tuple[str, int, int]:
        """The path as text, and the first and last offset of the value that Pydantic's location refers to.

        Pydantic's locations contain the tags of unions between the keys: entries that are not a key of the current
        object are skipped. The place of a missing key is the object in which it is missing.
        """
        path, offset = "", self.skip(0)
        for position, step in enumerate(location):
            found = self.child(offset, step)
            if found is not None:
                offset = found
                path += f"[{step}]" if isinstance(step, int) else f"{'.' if path else ''}{step}"
            elif position == len(location) - 1 and isinstance(step, str):
                path += f"{'.' if path else ''}{step}"
        try:
            end = self.decoder.raw_decode(self.text, offset)[1]
        except (ValueError, RecursionError):
            end = offset + 1
        return path, offset, end

    def skip(self, offset: int) -> int:
        while offset < len(self.text) and self.text[offset] in " \t\r\n,:":
            offset += 1
        return offset

    def child(self, offset: int, step: str | int) -> int | None:
        """The start of the value of a key or an index in the object or list at an offset."""
        opener = self.text[offset : offset + 1]
        if opener != ("[" if isinstance(step, int) else "{"):
            return None
        offset, index = self.skip(offset + 1), 0
        while offset < len(self.text) and self.text[offset] not in "]}":
            try:
                if isinstance(step, str):
                    key, after = self.decoder.raw_decode(self.text, offset)
                    offset = self.skip(after)
                    if key == step:
                        return offset
                elif index == step:
                    return offset
                offset = self.skip(self.decoder.raw_decode(self.text, offset)[1])
            except (ValueError, RecursionError):
                return None
            index += 1
        return None
