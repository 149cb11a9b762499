"""Names are looked up where they are written: the message is the same whether a space uses the place or not."""

from __future__ import annotations

from pathlib import Path

import pytest

from sqsem_dsl.compiler import Compilation
from sqsem_dsl.diagnostics.render import render_short

USED = "space s {{ input x: [8, 8, 3]  output y = x -> b{arguments} -> gap }}"
UNUSED = "space s {{ input x: [8, 8, 3]  output y = x -> gap }}"
BLOCKS = {
    "block b(x) { out x -> denss(3) }": "unknown operator or block `denss`",
    "block b(x) { out x -> channels }": "unknown operator or block `channels`",
    "block b(x) { out x -> dense(m) }": "unknown name `m`",
    "block b(x) { out x -> dense(params) }": "unknown name `params`",
    "block b(x) { out x -> dense(3, bais = n) }": "`dense` has no argument `bais`",
    "block b(x) { out x -> c(n = 3) } block c(x) { out x -> relu }": "`c` has no argument `n`",
    "block b(x) { out x -> dense(max(1, n = 2)) }": "`max` has no argument `n`",
    "block b(x) { out x -> conv(4, 3, padding = smae) }": "unknown symbol `smae`",
    "block b(x) { out x -> maxpool(2, 2, smae) }": "unknown symbol `smae`",
    "block b(x, n = 2) { out x -> maxpool(n, n, smae) }": "unknown symbol `smae`",
    "block b(x) { out x -> bypass atuo { relu } }": "unknown mode `atuo`",
    "block b(x) { out merge(x, x, how = ad) }": "unknown symbol `ad`",
    "block b(x) { out choose c { a: y  b: x } }": "unknown name `y`",
    "block b(x) { out x -> choose c { a: y  b: relu } }": "unknown operator or block `y`",
    "block b(x) { out x -> if 1 > 2 { rellu } else { relu } }": "unknown operator or block `rellu`",
}


def found(text: str) -> list[tuple[str, str | None]]:
    return [(d.title, d.help) for d in Compilation.from_text(text).diagnostics]


@pytest.mark.parametrize(("block", "title"), BLOCKS.items())
def test_a_block_gives_one_message_used_or_not(block: str, title: str) -> None:
    used = found(f"{block}\n{USED.format(arguments='')}")
    assert [each for each, _ in used] == [title]
    assert found(f"{block}\n{UNUSED.format()}") == used


def test_a_name_of_the_space_is_no_name_in_a_block_that_it_does_not_use() -> None:
    ((_, help),) = found(
        "block b(x) { out x -> dense(w) }\nspace s { input x: [8]  param w in 1..3  output y = x -> dense(w) }"
    )
    assert help == "a block sees its arguments and what is bound above it: make `w` an argument"


def test_an_operator_in_place_of_a_table_is_one_error() -> None:
    assert [title for title, _ in found("space s { input x: [8]  output y = x -> dense(relu[2]) }")] == [
        "expected a value, found an operator, `relu`"
    ]


def test_blocks_of_other_files_are_read_as_far_as_they_are_used(tmp_path: Path) -> None:
    (tmp_path / "two.sqs").write_text("block inner(x) { out x -> foo }\nblock lonely(x) { out x -> bar }\n")
    (tmp_path / "one.sqs").write_text('use inner from "two.sqs"\nblock b(x) { out x -> dens(3) -> inner }\n')
    (tmp_path / "s.sqs").write_text('use b from "one.sqs"\nspace s { input x: [8]  output y = x -> b -> relu }\n')
    texts = [render_short(d) for d in Compilation.from_file(tmp_path / "s.sqs").diagnostics]
    assert [text.rpartition("/")[2] for text in texts] == [
        "one.sqs:2:23: error[SQS204]: unknown operator or block `dens`",
        "two.sqs:1:27: error[SQS204]: unknown operator or block `foo`",
    ]


def test_names_in_expressions_of_settings_are_read() -> None:
    train = "train { learning_rate = 2 * lr  epochs = any [5, ten]  optimizer = sgd(momentum = any 0.0..q) }"
    texts = [title for title, _ in found(f"space s {{ input x: [8]  output y = x -> dense(2)  {train} }}")]
    assert texts == ["unknown name `lr`", "unknown name `ten`", "unknown name `q`"]


def test_a_defined_constant_is_read() -> None:
    text = "space s { input x: [8]  const n = 3  output y = x -> dense(n) }"
    (only,) = Compilation.from_text(text, define={"n": "k + 1"}).diagnostics
    assert (only.title, only.span.source.name) == ("unknown name `k`", "--define")
