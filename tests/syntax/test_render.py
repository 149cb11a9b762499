"""The renderers with made-up diagnostics, so layout and wording are tested separately."""

from __future__ import annotations

import json

import pytest

from sqsem_dsl.diagnostics.diagnostic import REGISTRY, Diagnostic, Fix, Label
from sqsem_dsl.diagnostics.render import WIDEST, render_json, render_short, render_text
from sqsem_dsl.diagnostics.source import NOWHERE, Source, Span


class Apples(Diagnostic, code="SQS999"):
    """Apples are compared with oranges."""

    text: str = "an apple"
    others: tuple[Label, ...] = ()
    remedy: str | None = None
    remark: str | None = None
    remedy_fix: Fix | None = None

    title = "cannot compare `apples` with `oranges`"
    label = "{text}"
    help = "{remedy}"
    note = "{remark}"

    @property
    def related(self) -> tuple[Label, ...]:
        return self.others

    @property
    def fix(self) -> Fix | None:
        return self.remedy_fix


REGISTRY.pop("SQS999")  # not a code of the compiler


def place(source: Source, word: str, nth: int = 0) -> Span:
    start = -1
    for _ in range(nth + 1):
        start = source.text.index(word, start + 1)
    return Span(source, start, start + len(word))


FRUIT = Source("fruit.sqs", "let a = apple\nlet b = pear\nlet c = plum\nlet o = orange\nlet d = apple == orange\n")


def check(found: Diagnostic, expected: str) -> None:
    assert render_text(found) == expected.strip("\n")


def test_a_frame() -> None:
    check(
        Apples(place(FRUIT, "apple", 1), remedy="peel them", remark="both are round"),
        """
error[SQS999]: cannot compare `apples` with `oranges`
 --> fruit.sqs:5:9
  |
5 | let d = apple == orange
  |         ^^^^^ an apple
  |
  = help: peel them
  = note: both are round
""",
    )


def test_other_places_in_the_order_of_lines() -> None:
    others = (
        Label(place(FRUIT, "orange"), "the orange"),
        Label(place(FRUIT, "apple"), "the apple"),
        Label(place(FRUIT, "orange", 1), "compared here"),
    )
    check(
        Apples(place(FRUIT, "apple", 1), others=others),
        """
error[SQS999]: cannot compare `apples` with `oranges`
 --> fruit.sqs:5:9
  |
1 | let a = apple
  |         ----- the apple
...
4 | let o = orange
  |         ------ the orange
5 | let d = apple == orange
  |         ^^^^^ an apple
  |                  ------ compared here
""",
    )


def test_another_file_has_a_frame_of_its_own() -> None:
    other = Source("std/fruit.sqs", "\n" * 11 + "block apple(x) { out x }\n")
    check(
        Apples(place(FRUIT, "apple"), others=(Label(place(other, "apple"), "made here"),), remedy="peel them"),
        """
error[SQS999]: cannot compare `apples` with `oranges`
  --> fruit.sqs:1:9
   |
 1 | let a = apple
   |         ^^^^^ an apple
  ::: std/fruit.sqs:12:7
   |
12 | block apple(x) { out x }
   |       ----- made here
   |
   = help: peel them
""",
    )


def test_tabs_and_wide_characters_keep_the_underline_in_place() -> None:
    source = Source("wide.sqs", "\tlet 模型 = x\u0301y -> apple\t# 模\n")
    check(
        Apples(place(source, "apple")),
        """
error[SQS999]: cannot compare `apples` with `oranges`
 --> wide.sqs:1:18
  |
1 |     let 模型 = x\u0301y -> apple # 模
  |                      ^^^^^ an apple
""".replace("apple # 模", "apple  # 模"),
    )


def test_wide_characters_are_underlined_in_their_width() -> None:
    source = Source("wide.sqs", "let 模型 = 1\n")
    assert "  |     ^^^^ an apple" in render_text(Apples(place(source, "模型"))).splitlines()


def test_several_lines_are_shown_by_their_first() -> None:
    check(
        Apples(Span(FRUIT, 8, 40), remedy="first\nsecond"),
        """
error[SQS999]: cannot compare `apples` with `oranges`
 --> fruit.sqs:1:9
  |
1 | let a = apple
  |         ^^^^^ an apple
  |
  = help: first
          second
""",
    )


@pytest.mark.parametrize("text", ["let a =", "let a =\n", "let a =\n\n\n"])
def test_the_end_of_the_file(text: str) -> None:
    source = Source("end.sqs", text)
    shown = render_text(Apples(Span(source, len(text), len(text))))
    assert shown.splitlines()[-1].endswith("^ an apple")


def test_a_long_line_is_cut_around_the_place() -> None:
    source = Source("long.sqs", "x -> " * 200 + "apple" + " -> y" * 200)
    shown = render_text(Apples(place(source, "apple"))).splitlines()
    assert shown[3].startswith("1 | …")
    assert shown[3].endswith("…")
    assert len(shown[3]) <= WIDEST + 10
    assert shown[3][shown[4].index("^") :].startswith("apple")


def test_a_long_line_shows_each_of_its_places() -> None:
    source = Source("long.sqs", "pear" + " " * 500 + "apple")
    shown = render_text(Apples(place(source, "apple"), others=(Label(place(source, "pear"), "a pear"),))).splitlines()
    for under, word in (("^", "apple"), ("----", "pear")):
        (row,) = [i for i, line in enumerate(shown) if line.startswith("  |") and under in line]
        assert shown[row - 1][shown[row].index(under) :].startswith(word)


def test_nothing_in_a_source_moves_the_cursor() -> None:
    source = Source("evil\x1b.sqs", "let \x1b[31mred\r = \u202e1 \0 apple\n")
    shown = render_text(Apples(place(source, "apple")))
    assert all(char == "\n" or char.isprintable() for char in shown)
    frame, under = shown.splitlines()[3:5]
    assert frame[under.index("^") :].startswith("apple")


def test_without_a_place_there_is_no_frame() -> None:
    assert render_text(Apples(NOWHERE, remedy="peel")) == (
        "error[SQS999]: cannot compare `apples` with `oranges`\n  = help: peel"
    )
    missing = Span(Source("none.sqs", ""), 0, 0)
    assert render_text(Apples(missing)).splitlines()[1:] == [" --> none.sqs"]
    assert render_short(Apples(missing)) == "none.sqs: error[SQS999]: cannot compare `apples` with `oranges`"
    assert render_short(Apples(NOWHERE)) == "error[SQS999]: cannot compare `apples` with `oranges`"


def test_colour_changes_nothing_but_colour() -> None:
    found = Apples(place(FRUIT, "apple"), others=(Label(place(FRUIT, "pear"), "a pear"),), remedy="peel")
    colored = render_text(found, color=True)
    assert "\033[1;31m^^^^^ an apple\033[0m" in colored
    for code in ("\033[0m", "\033[1m", "\033[1;31m", "\033[1;34m", "\033[1;36m"):
        colored = colored.replace(code, "")
    assert colored == render_text(found)


def test_short() -> None:
    shown = render_short(Apples(place(FRUIT, "orange")))
    assert shown == "fruit.sqs:4:9: error[SQS999]: cannot compare `apples` with `oranges`"


def test_json() -> None:
    fix = Fix(place(FRUIT, "apple"), "orange")
    found = Apples(
        place(FRUIT, "pear"), others=(Label(place(FRUIT, "apple"), "the apple"),), remedy="peel", remedy_fix=fix
    )
    shown = render_json(found)
    assert "\n" not in shown
    apple = {"file": "fruit.sqs", "line": 1, "column": 9, "end_line": 1, "end_column": 14, "start": 8, "end": 13}
    assert json.loads(shown) == {
        "code": "SQS999", "severity": "error", "title": "cannot compare `apples` with `oranges`", "label": "an apple",
        "help": "peel", "note": None, "file": "fruit.sqs", "line": 2, "column": 9, "end_line": 2, "end_column": 13,
        "start": 22, "end": 26, "related": [{**apple, "text": "the apple"}], "fix": {**apple, "replacement": "orange"},
    }  # fmt: skip
    assert json.loads(render_json(Apples(NOWHERE)))["file"] is None
