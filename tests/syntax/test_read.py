"""Reading files and JSON: contents, errors, and the two forms of a spec."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from sqsem_dsl.ast.nodes import Node
from sqsem_dsl.ast.outline import Spec
from sqsem_dsl.ast.read import read
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import Source
from sqsem_dsl.format.format import format_text
from sqsem_dsl.format.json_form import spec_json, spec_schema
from sqsem_dsl.format.read_file import read_file, read_json
from tests.syntax import strategies

TEXT = 'space s {\n  input x: [20]\n  output y = x -> dense(any [2, 3], note = "ä")\n}\n'


def spec_of(text: str) -> Spec:
    result = read(Source("<test>", text))
    assert result.spec is not None
    return result.spec


def test_a_file_is_named_as_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.sqs").write_text(TEXT, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert read_file("a.sqs").source.name == "a.sqs"
    assert read_file(Path("a.sqs"), name="std/a.sqs").source.name == "std/a.sqs"


def test_a_byte_order_mark_and_windows_line_ends_are_no_matter(tmp_path: Path) -> None:
    file = tmp_path / "a.sqs"
    file.write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", " # c\r\n").encode())
    result = read_file(file)
    assert result.spec == spec_of(TEXT)
    assert [c.text for c in result.tokens.comments] == ["# c"] * 4


def test_an_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    file = tmp_path / "a.sqs"
    file.write_text(TEXT, encoding="utf-8")
    monkeypatch.setattr(Path, "open", refuse)
    (found,) = read_file(file).diagnostics
    assert found.code == "SQS021"
    assert "permission denied" in found.title


@pytest.mark.parametrize("path", ["no\0such.sqs", "x" * 5_000, "none/such/place.sqs"])
def test_an_impossible_path_is_a_diagnostic(path: str) -> None:
    assert next(d.code for d in read_file(path).diagnostics) in ("SQS020", "SQS021")


def test_json_is_read_like_its_text(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text(spec_json(spec_of(TEXT)), encoding="utf-8")
    result = read_file(file)
    assert result.spec == spec_of(TEXT)
    assert result.source.name == f"{file} (as text)"
    assert result.source.text == TEXT.replace("]\n", "]\n\n", 1)
    renamed = tmp_path / "a.sqs"
    renamed.write_text("\n" + spec_json(spec_of(TEXT)), encoding="utf-8")
    assert read_file(renamed).spec == spec_of(TEXT)


def test_our_json_is_pydantics() -> None:
    spec = spec_of(TEXT)
    assert json.loads(spec_json(spec)) == json.loads(spec.model_dump_json())


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(strategies.spec)
def test_any_spec_survives_json(spec: Spec) -> None:
    result = read_json(Source("<test>.json", spec_json(spec)))
    assert result.spec == spec


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("{", "SQS030", "{"),
        ("", "SQS030", ""),
        ("[]", "SQS031", "[]"),
        ("[" * 100_000, "SQS030", "["),
        ('{"version": 1}', "SQS031", "1"),
        ('{"span": 3}', "SQS031", "3"),
        ('{"definitions": [{"kind": "spaces"}]}', "SQS031", '{"kind": "spaces"}'),
        ('{"definitions": [{"kind": "space", "name": "2x"}]}', "SQS031", '"2x"'),
        ('{"definitions": [{"kind": "block", "name": "b", "formals": [], "body": {}}]}', "SQS031", "[]"),
        ('{"version": "1", "uses": [{"names": ["a"], "path": "a\\nb"}]}', "SQS031", '"a\\nb"'),
    ],
)
def test_wrong_json_is_placed(text: str, code: str, place: str) -> None:
    found = read_json(Source("a.json", text)).diagnostics
    assert found[0].code == code
    assert found[0].span.text == place


def test_what_json_can_say_and_text_cannot_is_shown_in_the_text() -> None:
    shape = {"kind": "list", "items": []}
    items = [{"kind": "input", "name": "x", "shape": shape}]
    text = json.dumps({"definitions": [{"kind": "space", "name": "s", "items": items}]})
    (found,) = read_json(Source("a.json", text)).diagnostics
    assert found.span.source.name == "a.json (as text)"


def test_the_schema_knows_every_node() -> None:
    schema = json.loads(spec_schema())
    names = {kind.__name__ for kind in Node.__subclasses__()} - {"Spec"}
    assert len(names) > 30
    assert names <= set(schema["$defs"])
    assert "span" not in json.dumps(schema)


def test_formatting_a_wrong_text_raises_its_diagnostics() -> None:
    with pytest.raises(SqsError) as caught:
        format_text("space s {")
    assert [d.code for d in caught.value.diagnostics] == ["SQS004"]
    assert "never closed" in str(caught.value)
