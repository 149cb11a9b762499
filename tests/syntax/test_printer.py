"""Printing and reading are inverse, printing is stable, and no comment is lost."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sqsem_dsl.ast.outline import Spec
from sqsem_dsl.ast.read import read
from sqsem_dsl.diagnostics.source import Source
from sqsem_dsl.format.bodies import WIDTH
from sqsem_dsl.format.format import format_text
from sqsem_dsl.format.printer import print_spec
from sqsem_dsl.syntax.scanner import scan
from tests.syntax import strategies

HERE = Path(__file__).parent
SPECS = sorted([*HERE.glob("*.sqs"), *(HERE.parent.parent / "specs").glob("*.sqs")])
SNIPPETS = [
    line
    for line in (HERE / "snippets.txt").read_text(encoding="utf-8").splitlines()
    if line.strip() and not line.startswith("// ")
]
relaxed = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


def spec_of(text: str) -> Spec:
    result = read(Source("<test>", text))
    assert result.spec is not None, [d.title for d in result.diagnostics]
    return result.spec


@pytest.mark.parametrize("line", SNIPPETS)
def test_a_snippet_prints_back_unchanged(line: str) -> None:
    """A line of `snippets.txt` is a file, or (behind `item:`, `expr:`, `value:`) a part of one."""
    kind, _, rest = line.partition(": ")
    frames = {
        "item": "space s {{\n  {}\n}}\n",
        "expr": "space s {{\n  let x = {}\n}}\n",
        "value": "space s {{\n  train {{ x = {} }}\n}}\n",
    }
    text = frames[kind].format(rest) if kind in frames else line + "\n"
    assert format_text(text) == text
    assert print_spec(Spec.model_validate_json(spec_of(text).model_dump_json())) == text or kind not in frames


def test_there_are_enough_snippets() -> None:
    assert len(SNIPPETS) >= 120


@pytest.mark.slow
@relaxed
@given(strategies.spec)
def test_printing_and_reading_are_inverse(spec: Spec) -> None:
    text = print_spec(spec)
    again = read(Source("<test>", text))
    assert again.spec == spec
    assert print_spec(again.spec, again.tokens) == text


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_formatting_keeps_the_spec_and_is_stable(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    result = read(Source(path.name, text))
    assert result.spec is not None
    once = print_spec(result.spec, result.tokens)
    again = read(Source(path.name, once))
    assert again.spec == result.spec
    assert print_spec(again.spec, again.tokens) == once
    assert sorted(c.text for c in again.tokens.comments) == sorted(c.text for c in result.tokens.comments)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_a_spec_survives_json(path: Path) -> None:
    spec = spec_of(path.read_text(encoding="utf-8"))
    assert Spec.model_validate_json(spec.model_dump_json()) == spec


@pytest.mark.slow
@relaxed
@given(st.sampled_from(SPECS), st.data())
def test_comments_survive_anywhere(path: Path, data: st.DataObject) -> None:
    """A comment before any token is kept, the spec is unchanged, and the result is stable."""
    text = path.read_text(encoding="utf-8")
    gaps = [match.end() for match in re.finditer(r"[\s(){}\[\],](?=\S)", text) if in_code(text, match.end())]
    for mark in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(gaps))
        between = data.draw(st.sampled_from([" # note {}\n", "\n# note {}\n", "\n\n  # note {}\n\n"]))
        text = text[:place] + between.format(mark) + text[place:]
        gaps = [match.end() for match in re.finditer(r"[\s(){}\[\],](?=\S)", text) if in_code(text, match.end())]
    result = read(Source("<test>", text))
    assert result.spec is not None
    once = format_text(text)
    again = read(Source("<test>", once))
    assert again.spec == result.spec
    assert sorted(c.text for c in again.tokens.comments) == sorted(c.text for c in result.tokens.comments)
    assert format_text(once) == once


def in_code(text: str, offset: int) -> bool:
    """Whether an offset is neither in a comment nor in a string."""
    line = text[text.rfind("\n", 0, offset) + 1 : offset]
    return "#" not in line and line.count('"') % 2 == 0


@pytest.mark.slow
@relaxed
@given(strategies.spec, st.integers(1, 10**6))
def test_any_layout_of_a_spec_formats_to_lines_that_fit_where_they_can(spec: Spec, seed: int) -> None:
    """Random line ends between the tokens of a printed spec change only the layout."""
    text = print_spec(spec)
    pieces = [piece.text for piece in scan(text)]
    broken = "".join(piece + ("\n" if (seed >> (i % 20)) & 1 else " ") for i, piece in enumerate(pieces))
    formatted = format_text(broken)
    assert spec_of(formatted) == spec
    assert format_text(formatted) == formatted


def test_long_lines_are_broken() -> None:
    stages = " -> ".join(f"conv({i}, 3, stride = 2)" for i in range(20))
    text = format_text(f"space s {{ output y = x -> {stages} }}")
    assert max(map(len, text.splitlines())) <= WIDTH


@pytest.mark.parametrize(
    "text",
    [
        "space s {\n  const a = 1\n\n  require (a or b) and c\n\n  require slot x { a }\n}\n",
        "block f(x) {\n  let a = 1\n\n  out slot x { a }\n}\n",
    ],
)
def test_empty_lines_stay(text: str) -> None:
    assert format_text(text) == text


def test_neighboring_tables_of_numbers_stand_in_columns() -> None:
    loose = """\
space s {
  const a = [1, 20, -3]
  # Of the same length, so that they are one table.
  const long_name = [100, 2, 0.5]  # with a note
  const b = [1, 2]

  const c = [10, 2]
}
"""
    neat = """\
space s {
  const a         = [  1, 20,  -3]
  # Of the same length, so that they are one table.
  const long_name = [100,  2, 0.5]  # with a note
  const b = [1, 2]

  const c = [10, 2]
}
"""
    assert format_text(loose) == neat
    assert format_text(neat) == neat


def test_a_table_that_would_be_too_wide_is_none() -> None:
    names = [f"x{'y' * 40}", "x"]
    rows = [
        f"const {name} = [{', '.join(['1'] * 15 + [last])}]" for name, last in zip(names, ["1", "2000"], strict=True)
    ]
    text = f"space s {{\n  {rows[0]}\n  {rows[1]}\n}}\n"
    assert format_text(text) == text


def test_parameters_of_a_block_fill_lines() -> None:
    formals = ", ".join(f"parameter{number}: int = {number}" for number in range(9))
    text = format_text(f"block b(x, {formals}) {{ out x }}")
    assert text.splitlines() == [
        "block b(",
        "  x, parameter0: int = 0, parameter1: int = 1, parameter2: int = 2, parameter3: int = 3,",
        "  parameter4: int = 4, parameter5: int = 5, parameter6: int = 6, parameter7: int = 7,",
        "  parameter8: int = 8,",
        ") {",
        "  out x",
        "}",
    ]
    assert format_text(text) == text


def test_a_last_stage_of_one_long_pipe_hangs_on_its_line() -> None:
    inner = " -> ".join(["gap(x)", *(f"dense({units}) -> relu" for units in range(10_000, 10_003)), "sigmoid"])
    text = f"block b(x) {{\n  out x -> scale(\n    {inner},\n  )\n}}\n"
    assert format_text(f"block b(x) {{ out x -> scale({inner}) }}") == text
    assert format_text(text) == text


def test_a_long_header_of_a_family_is_broken() -> None:
    axes = "source_node in 0..6, target_node in [1, 2, 4, 6]"
    rule = "target_node > source_node and target_node - source_node < 3"
    values = "[none, skip, conv3, conv5, pool]"
    text = f"space s {{ param edge[{axes} where {rule}] in {values} prior skip }}"
    wanted = f"space s {{\n  param edge[\n    {axes}\n    where {rule}\n  ] in {values} prior skip\n}}\n"
    assert format_text(text) == wanted
    assert format_text(wanted) == wanted
    # As long as the header fits, only the values are broken.
    text = f"space s {{ param edge[{axes}] in [conv_3, conv_5, average, maximum, {values[1:-1]}] }}"
    wanted = f"space s {{\n  param edge[{axes}] in [\n    conv_3, conv_5, average, maximum, {values[1:-1]},\n  ]\n}}\n"
    assert format_text(text) == wanted
    assert format_text(wanted) == wanted


def test_comments_in_the_indices_of_a_family_stay_there() -> None:
    text = """\
space s {
  param edge[
    i in 0..2,   # from
    j in 0..2    # to
    where j > i  # and not back
  ] in 1..3
}
"""
    assert format_text(text) == text
    assert format_text(text.replace("  ] in", "] in  ").replace("    where", "where")) == text


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.integers(1, 40), st.integers(1, 12)), min_size=1, max_size=4),
    st.integers(0, 12),
    st.integers(1, 20),
    st.lists(st.booleans(), min_size=6, max_size=6),
)
def test_families_of_any_width(axes: list[tuple[int, int]], terms: int, values: int, marks: list[bool]) -> None:
    """With comments in the header or without, the tree stays, the layout is stable, and no line is too long."""
    names = [f"{'i' * wide}{at}" for at, (wide, _) in enumerate(axes)]
    indices = [f"{name} in [{', '.join(map(str, range(count)))}]" for name, (_, count) in zip(names, axes, strict=True)]
    rule = " or ".join([f"{names[0]} == {number}" for number in range(terms)])
    parts = ["param p [", *",\n".join(indices).split("\n"), f"where {rule}" if terms else "", "]"]
    noted = [
        f"{part} # note {at}\n" if mark else part for at, (part, mark) in enumerate(zip(parts, marks, strict=False))
    ]
    text = f"space s {{ {' '.join([*noted, *parts[len(noted) :]])} in [{', '.join(map(str, range(values)))}] }}"
    once = format_text(text)
    assert spec_of(once) == spec_of(text)
    assert format_text(once) == once
    assert once.count("# note") == text.count("# note")
    assert all(len(line.split("  # note")[0]) <= WIDTH for line in once.splitlines())
