"""Specs with syntax errors: the same run reports other errors too, except those that the damage may explain."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sqsem_dsl.api.space import Compilation
from sqsem_dsl.ast.read import read
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import Source
from sqsem_dsl.syntax.scanner import scan
from tests.reference.calls import count_calls

SPECS = sorted((Path(__file__).parents[2] / "specs").glob("*.sqs"))


def others(text: str, path: Path | None = None) -> list[Diagnostic]:
    """The diagnostics besides the syntax errors; there must be at least one of these."""
    compilation = Compilation(read(Source("<test>", text)), path)
    syntax = compilation.read.diagnostics
    assert syntax, "it parses"
    return [d for d in compilation.diagnostics if d not in syntax]


def codes(text: str) -> list[str]:
    return [d.code for d in others(text)]


SOUND = {
    "the head of a block": "block b(x, n: int { out x }\nspace s { input x: [4]  output y = x -> b(2, m = 3) }",
    "a block without a name": "block (x) { out x -> relu }\nspace s { input x: [4]  output y = x -> b }",
    "the out of a block": "block b(x) { let y = x -> relu }\nspace s { input x: [4]  output y = x -> b }",
    "a block that is never closed": "block b(x) { out x -> relu\nspace s { input x: [4]  output y = x -> b }",
    "a value": "space s { input x: [4]  let n =  output y = x -> dense(n) -> repeat n { relu } }",
    "a let without a name": "space s { input x: [4]  let = x -> relu\n output y = z -> dense(2) }",
    "an operand": "space s { input x: [4]  let n = 2 *  output y = add(n, x) -> dense(n + 1) }",
    "an input": "space s { input x [4]  output y = x -> dense(2) }",
    "an input without a name": "space s { input : [4]  output y = x -> dense(2) }",
    "the domain of a param": "space s { input x: [4]  param n in [1,  output y = x -> dense(n) }",
    "a param with `=`": "space s { input x: [4]  param n = 3  output y = x -> dense(n) }",
    "a choice": "space s { input x: [4]  output y = x -> choose c { a: relu  b } -> dense(2)  require c == a }",
    "a structure": "space s { input x: [4]  let a = x -> slot deep { dense(8)\n output y = a -> dense(2) }",
    "an argument": "space s { input x: [4, 4, 3]  output y = x -> conv(8,, 3) -> gap }",
    "a bracket": "space s { input x: [4, 4, 3]  let a = x -> conv(8, 3 -> relu\n output y = a -> gap }",
    "a bracket too many": "space s { input x: [4]  let a = x -> dense(3))\n output y = a -> dense(2) }",
    "a brace too many": "space s { input x: [4] }\n let a = x -> dense(3)\n output y = a -> dense(2) }",
    "an end": "space s { input x: [4]  output y = x -> repeat 3 { dense(2)",
    "an arrow": "space s { input x: [4]  let n = 2  output y = x -> dense(-> n) }",
    "a use": "use ), fire from std\nspace s { input x: [4, 4, 3]  output y = x -> se -> fire(2) -> gap }",
    "settings": "space s { input x: [4]  output y = x\n train { epochs = 3 optimizer = sgd sgd(momentum = 1) } }",
    "a section": "space s { input x: [4]  output y = x -> dense(2)\n train { epochs = 3\n seach { trials = 5 } } }",
    "an output that settings name": "space s { input x: [4]  output = x -> dense(2)\n train { loss.y = mse } }",
    "a colon": "space s { input x: [4]  output y = x -> choose c { a: relu -> early : elu } -> dense(2) }",
    "a rule": "space s { input x: [4]  param n in 1..3  require 1 < n < 3  output y = x -> dense(n) }",
}


@pytest.mark.parametrize("what", SOUND)
def test_nothing_is_said_of_what_depends_on_a_damage(what: str) -> None:
    assert codes(SOUND[what]) == []


OTHERS = {
    "in the same chain": ("let a = x -> dense(3,, 4) -> dens(2)", ["SQS204"]),
    "before it in the chain": ("let a = x -> dens(2) -> dense(3,, 4)", ["SQS204"]),
    "in a chain that lacks an arrow": ("let a = x -> dens(2) -> relu relu -> softmx", ["SQS204", "SQS204"]),
    "an unknown name": ("let a = \n  let b = x -> dense(widht)", ["SQS201"]),
    "an argument": ("let a = \n  let b = x -> dense(2, bais = false)", ["SQS205"]),
    "a missing argument": ("let a = \n  let b = x -> dense", ["SQS106"]),
    "a wrong type": ("let a = \n  let b = x -> dense(x)", ["SQS107"]),
    "a domain": ("let a = \n  param n in 3..1", ["SQS301"]),
    "a body whose repeat is damaged": ("let a = x -> repeat n in 1.. { dens(2) }", ["SQS204"]),
    "a misspelt keyword": ("lett a = x -> dens(2)", ["SQS204"]),
    "an equals sign": ("let a = x\n require channels(a) = widht", ["SQS201"]),
    "a setting": ("train {\n epochs 3\n batch_size = 0 }", ["SQS116"]),
    "a brace that is never closed": ("let a = x -> dens(2) -> slot deep { relu", ["SQS204"]),
}


@pytest.mark.parametrize("what", OTHERS)
def test_the_sound_parts_are_judged(what: str) -> None:
    statements, expected = OTHERS[what]
    assert codes(f"space s {{\n  input x: [4]\n  {statements}\n  output y = x -> dense(2)\n}}") == expected


@pytest.mark.slow
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_no_right_name_is_called_wrong(data: st.DataObject) -> None:
    """A word of a shipped spec is removed or added: if it does not parse, no name is reported as wrong."""
    path = data.draw(st.sampled_from(SPECS))
    text = path.read_text(encoding="utf-8")
    pieces = [piece for piece in scan(text) if piece.kind != "comment"]
    place = data.draw(st.sampled_from(pieces))
    extra = data.draw(st.one_of(st.just(""), st.sampled_from(pieces).map(lambda piece: piece.text)))
    damaged = f"{text[: place.start]} {extra} {text[place.start if extra else place.end :]}"
    compilation = Compilation(read(Source(path.name, damaged)), path)
    if compilation.read.spec is None:
        wrong = [d for d in compilation.diagnostics if d.code[:4] == "SQS2" and getattr(d, "name", None) != extra]
        assert not wrong, f"{damaged}\n{wrong}"


def damaged_lines(count: int) -> str:
    """Syntax errors, and others, in many lines."""
    lines = [f"  let a{i} = x -> conv({i}, 3{',' * (i % 3)}) -> reluu" for i in range(3 * count)]
    lines += [f"  let b{i} = x -> repeat 3 {{ conv({i + 1}, 3) -> rellu }}" for i in range(8 * count)]
    return "space s {\n  input x: [8, 8, 3]\n" + "\n".join(lines) + "\n  output y = x\n}\n"


def test_the_work_grows_as_the_text_does() -> None:
    few, many = (count_calls(partial(others, damaged_lines(n))) for n in (10, 20))
    assert many < 2.4 * few
