"""The parser: properties of its grammar, several errors in one run, and texts that are not specs."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sqsem_dsl.ast import nodes as m
from sqsem_dsl.ast import outline
from sqsem_dsl.ast.fields import RESERVED
from sqsem_dsl.ast.read import Read, read
from sqsem_dsl.diagnostics.render import render_json, render_short, render_text
from sqsem_dsl.diagnostics.source import Source
from sqsem_dsl.syntax import grammar, words
from sqsem_dsl.syntax.limits import DEEPEST_EXPRESSION
from sqsem_dsl.syntax.scanner import scan
from sqsem_dsl.syntax.tokens import MAX_PIECES, Tokens
from tests.reference.calls import count_calls

HERE = Path(__file__).parent
TEXTS = [path.read_text(encoding="utf-8") for path in sorted(HERE.glob("*.sqs"))]


def read_text(text: str) -> Read:
    return read(Source("<test>", text))


def codes(text: str) -> list[str]:
    return [d.code for d in read_text(text).diagnostics]


# ---- the grammar


def test_the_grammar_is_strict() -> None:
    """No two terminals collide: Lark's strict mode checks this with `interegular`."""
    pytest.importorskip("interegular")
    grammar.make_parser(grammar.grammar_text(), strict=True)


def test_every_terminal_has_a_name_and_words() -> None:
    names = {terminal.name for terminal in grammar.parser().terminals}
    assert not [name for name in names if name.startswith("__")]
    for name in names:
        assert words.spelled(name)


def test_reserved_words_are_those_of_the_model() -> None:
    match = re.search(r"NAME: /\(\?!\(\?:([a-z|]+)\)", grammar.grammar_text())
    assert match is not None
    assert set(match.group(1).split("|")) == RESERVED


@pytest.mark.parametrize("word", sorted(words.KEYWORDS))
def test_a_keyword_that_is_not_reserved_may_be_a_name(word: str) -> None:
    name = word.lower()
    settings = f"train {{ {name} = 1 {name}.{name} = {name} }}"
    alternatives = f"choose {name} {{ {name}: {name} {name}: 2 }}"
    fine = not codes(f"space s {{ let {name} = x {settings} let y = {alternatives} }}")
    assert fine == (name not in RESERVED)


def test_a_range_of_whole_numbers_is_three_tokens() -> None:
    spec = read_text("space s { param n in 1..4 }").spec
    assert spec is not None
    param = spec.definitions[0].items[0]
    assert param == m.Param(name="n", domain=m.Range(low=m.Number(text="1"), high=m.Number(text="4")))


@pytest.mark.parametrize("text", ["spacea{}", "space s{letx=1}", "space s{inputx:[1]}"])
def test_keywords_end_at_a_word_boundary(text: str) -> None:
    assert codes(text)


def test_a_cache_that_cannot_be_written_does_not_matter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    assert grammar.parser.__wrapped__().parse("sqs 1")


def test_a_damaged_cache_is_repaired(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(grammar, "make_parser", cache(grammar.make_parser))
    grammar.parser.__wrapped__()
    (file,) = (tmp_path / "sqsem").iterdir()
    file.write_bytes(b"damaged")
    assert grammar.parser.__wrapped__().parse("sqs 1")
    assert file.read_bytes() != b"damaged"


# ---- places


@pytest.mark.parametrize(
    ("text", "find", "place"),
    [
        ("param width in [1]", m.Param, "width"),
        ("let trunk = x -> relu", m.Let, "trunk"),
        ("require a <= 3", m.Require, "a <= 3"),
        ("train { epochs = 3 }", outline.Settings, "train"),
        ("train { loss.mask = dice }", outline.Setting, "loss"),
        ("let a = x -> slot se { relu }", m.Slot, "se"),
        ("let a = x -> choose c { one: relu }", m.Alternative, "one"),
        ("let a = x -> repeat n as i { relu }", m.Repeat, "repeat"),
        ("let a = x -> repeat n in 1..2 { relu }", m.Repeat, "n"),
        ("let a = repeat n in 1..2 carry b = x, c = x { out c, b }", m.Carried, "b"),
        ("let a, b = repeat 2 as i carry c = x, d = x { out c, d }", m.LetSeveral, "a"),
        ("let a = x -> bypass auto { relu }", m.Bypass, "auto"),
        ("let a = x -> if b { relu }", m.When, "if"),
        ("let a = f(1, b = 2)", m.Call, "f(1, b = 2)"),
        ("let a = 1 + (b * 2)", m.Binary, "1 + (b * 2)"),
        ("let a = x -> { relu }", m.Group, "{ relu }"),
        ("block f(y, n: int) { out y }", outline.Formal, "y"),
        ("tied block f(y) { out y }", outline.Block, "f"),
    ],
)
def test_spans_point_at_the_smallest_place(text: str, find: type[m.Node], place: str) -> None:
    spec = read_text(f"space s {{ {text} }}").spec
    assert spec is not None
    assert first(spec, find).span.text == place


def first(node: object, kind: type[m.Node]) -> m.Node:
    found = [n for n in walk(node) if isinstance(n, kind)]
    return found[0]


def walk(node: object) -> list[m.Node]:
    if isinstance(node, tuple):
        return [n for part in node for n in walk(part)]
    if not isinstance(node, m.Node):
        return []
    return [node, *(n for part in node.parts() for n in walk(part))]


@pytest.mark.parametrize("text", TEXTS)
def test_every_node_has_a_place_in_its_text(text: str) -> None:
    result = read_text(text)
    assert result.spec is not None
    for node in walk(result.spec):
        assert node.span.source is result.source
        assert 0 <= node.span.start < node.span.end <= len(text)
        assert node.whole.start <= node.span.start < node.span.end <= node.whole.end
        for part in walk(node):
            assert node.whole.start <= part.whole.start < part.whole.end <= node.whole.end


BRACED = (
    outline.Space
    | outline.Block
    | outline.Settings
    | m.Slot
    | m.OptionalInput
    | m.Choose
    | m.Pick
    | m.Repeat
    | m.Bypass
    | m.When
)
STATEMENTS = m.Const | m.Param | m.Let | m.Require | outline.Input | outline.Output


@pytest.mark.parametrize("text", TEXTS)
def test_a_node_begins_with_its_keyword_or_name_and_ends_with_its_brace(text: str) -> None:
    for node in walk(read_text(text).spec):
        whole = node.whole.text
        match node:
            case outline.Block():
                assert whole.startswith(node.sharing or "block")
            case outline.Settings():
                assert whole.startswith(node.section)
            case outline.Use():
                assert whole.startswith("use")
                assert tuple(span.text for span in node.name_spans) == node.names
                assert node.origin_span.text.strip('"') == (node.library or node.path)
            case m.Name() | m.Call() | m.Item() | outline.Formal() | m.Alternative() | outline.Setting():
                assert whole.startswith(node.name)
        if isinstance(node, BRACED | STATEMENTS) and not isinstance(node, outline.Block | outline.Settings):
            assert whole.startswith(node.kind)
        if isinstance(node, BRACED):
            assert whole.endswith("}")
        if isinstance(node, m.Repeat) and node.index is not None:
            assert node.index_span.text == node.index


@pytest.mark.parametrize("text", TEXTS)
def test_the_tokens_of_a_text_are_those_that_the_parser_reads(text: str) -> None:
    parsed = [(str(token), token.start_pos) for token in grammar.parser().parse_interactive(text).iter_parse()]
    assert [(piece.text, piece.start) for piece in Tokens(Source("<test>", text)).code] == parsed


# ---- errors


def test_independent_mistakes_are_each_reported_once() -> None:
    text = """space s {
      input image [32, 32, 3]
      const n 3
      param w in [1, 2
      let a = image -> -> relu
      let b = image -> conv(3 4)
      let slot = 3
      require w = 3
      train { epochs = }
      search { seed == 3 }
      output y = image -> repeat 2 { relu
      output z = image
    }
    space t { outptu y = 3 }
    """
    found = read_text(text).diagnostics
    lines = [d.span.source.line_col(d.span.start)[0] for d in found]
    assert lines == [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14]


def test_at_most_twenty_errors() -> None:
    assert len(codes("space s {" + "let x 1\n" * 100 + "}")) == 20


def test_a_missing_end_is_at_the_end_of_the_last_word() -> None:
    (found,) = read_text("space s {\n  input x: [1]\n\n\n").diagnostics
    assert found.code == "SQS004"
    assert found.related[0].span.start == len("space s {\n  input x: [1]")


@pytest.mark.slow
@pytest.mark.parametrize("text", TEXTS)
def test_one_missing_token_gives_few_messages(text: str) -> None:
    """Without any one token, the text is still a spec, or there are at most three messages, and mostly one."""
    pieces = [piece for piece in scan(text) if piece.kind != "comment"]
    counts = [len(codes(text[: piece.start] + text[piece.end :])) for piece in pieces[::3]]
    assert max(counts) <= 3
    assert sum(count <= 1 for count in counts) >= 0.9 * len(counts)


# ---- absurd texts

PRE, POST = "space s {\n  let x = ", "\n  output y = x\n}\n"
ABSURD = {
    "sum": PRE + " + ".join(["1"] * 10_000) + POST,
    "not": PRE + "not " * 50_000 + "1" + POST,
    "minus without end": PRE + "- " * 50_000,
    "powers": PRE + "2 ** " * 29_000 + "1" + POST,
    "else if": PRE + "x -> " + "if 1 { relu } else " * 9_000 + "{ relu }" + POST,
    "brackets": PRE + "(" * 10_000 + POST,
    "closers": "}" * 50_000,
    "large": "x" * (5 * 2**20),
    "words": "let " * 2_000_000,
    "spaces without end": "space s {" + " " * 3_000_000,
    "NUL": "\0" * 1_000_000,
    "NUL apart": PRE + "\0 " * 50_000 + POST,
    "signs": ";" * 50_000,
    "digits": PRE + "9" * 3_000_000 + POST,
    "exponent": PRE + "1e999999999" + POST,
    "signed exponent": PRE + "1e-999999999" + POST,
    "quotes": '"' * 50_000,
    "spaces in spaces": "space s { " * 90,
    "long pipe with an error": PRE + "x" + " -> relu" * 29_000 + " ->" + POST,
    "long list with an error": PRE + "f(" + "1," * 29_000 + ";)" + POST,
    "lone surrogate": PRE + "\ud800" + POST,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ABSURD)
def test_an_absurd_text_is_refused(name: str) -> None:
    result = read_text(ABSURD[name])
    assert result.spec is None
    assert 1 <= len(result.diagnostics) <= 20
    for found in result.diagnostics:
        assert len(render_text(found)) < 4_000


GROWING: dict[str, Callable[[int], str]] = {
    "sum": lambda n: PRE + " + ".join(["1"] * n) + POST,
    "not": lambda n: PRE + "not " * n + "1" + POST,
    "else if": lambda n: PRE + "x -> " + "if 1 { relu } else " * n + "{ relu }" + POST,
    "brackets": lambda n: PRE + "(" * n + POST,
    "closers": lambda n: "}" * n,
    "quotes": lambda n: '"' * n,
    "long pipe with an error": lambda n: PRE + "x" + " -> relu" * n + " ->" + POST,
    "long list with an error": lambda n: PRE + "f(" + "1," * n + ";)" + POST,
    "many errors": lambda n: PRE + "x\n" + "  let 1 = x\n" * n + POST,
}


@pytest.mark.parametrize("name", GROWING)
def test_work_grows_as_the_text_does(name: str) -> None:
    """Twice the text takes about twice the calls."""
    few, many = (count_calls(partial(read_text, GROWING[name](n))) for n in (300, 600))
    assert many < 2.4 * few


@pytest.mark.slow
def test_the_longest_and_the_deepest_that_are_read() -> None:
    assert not codes("space s {" + "let x = 1 " * (MAX_PIECES // 4 - 2) + "}")
    deepest = PRE + " + ".join(["1"] * DEEPEST_EXPRESSION) + POST
    assert not codes(deepest)
    assert codes(deepest.replace("1 +", "1 + 1 + 1 +", 1)) == ["SQS014"]
    assert not codes("block f(x) { out x" + " -> relu" * 5_000 + "}")


FRAGMENTS = [
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "->",
    "..",
    "=",
    "==",
    ",",
    ":",
    "@",
    ".",
    '"',
    "#",
    "\n",
    "\0",
    "é",
    "→",
    "3x",
    "1e",
]
FRAGMENTS += [
    "any",
    "let",
    "out",
    "in",
    "if",
    "else",
    "repeat",
    "output",
    "space",
    "train {",
    "-",
    "**",
    "//",
    "sqs 2",
    "\t",
]


@pytest.mark.slow
@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(TEXTS), st.data())
def test_a_mangled_text_gives_diagnostics_and_nothing_else(text: str, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 12))):
        place = data.draw(st.integers(0, len(text)))
        match data.draw(st.integers(0, 3)):
            case 0:
                text = text[:place] + text[place + data.draw(st.integers(1, 20)) :]
            case 1:
                text = text[:place] + data.draw(st.sampled_from(FRAGMENTS)) + text[place:]
            case 2:
                text = text[:place] + data.draw(st.characters()) + text[place + 1 :]
            case _:
                text = text[:place] + text[max(place - 30, 0) :]
    check_nothing_raised(text)


@pytest.mark.slow
@settings(deadline=None, max_examples=100)
@given(st.text(max_size=60) | st.lists(st.sampled_from([*FRAGMENTS, "x", "1", "conv", " "]), max_size=30).map(" ".join))
def test_any_text_gives_diagnostics_and_nothing_else(text: str) -> None:
    check_nothing_raised(text)


def check_nothing_raised(text: str) -> None:
    result = read_text(text)
    assert (result.spec is None) == bool(result.diagnostics)
    assert len(result.diagnostics) <= 20
    places = [d.span.start for d in result.diagnostics]
    assert places == sorted(places)
    for found in result.diagnostics:
        assert 0 <= found.span.start <= found.span.end <= len(text) + 1
        render_text(found)
        render_short(found)
        render_json(found)
