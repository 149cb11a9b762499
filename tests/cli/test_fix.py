"""`sqsem-compile --fix`: its changes, its limits, and that it never makes a spec worse."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

import sqsem_dsl
from sqsem_dsl.cli import compile_main
from sqsem_dsl.cli.fix import apply_fixes
from sqsem_dsl.diagnostics.diagnostic import REGISTRY, Diagnostic, Fix
from sqsem_dsl.diagnostics.source import Source

SPEC = """\
sqs 1
use se, fire from std   # the library

# A space with comments in every place.
space s {
  const size = 16  # pixels
  const spare = 3  # of no use
  input image: [size, size, 3]

  # Nothing reads this.
  let lost = image
    -> relu

  output label = image
    -> conv(8, 3  # filters, kernel
       ) -> batchnorm -> relu
    -> conv(16, 3,) -> batchnorm  # the last one
    -> gap -> dense(4) -> softmax
}
"""
FIXED = """\
sqs 1
# the library

# A space with comments in every place.
space s {
  const size = 16  # pixels
  # of no use
  input image: [size, size, 3]

  # Nothing reads this.

  output label = image
    -> conv(8, 3, bias = false  # filters, kernel
       ) -> batchnorm -> relu
    -> conv(16, 3, bias = false) -> batchnorm  # the last one
    -> gap -> dense(4) -> softmax
}
"""


@dataclass
class Result:
    code: int
    out: str
    err: str


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "net.sqs"
    path.write_text(SPEC)
    return path


def fix(capsys: pytest.CaptureFixture[str], *arguments: str) -> Result:
    try:
        code = compile_main(["--fix", *arguments])
    except SystemExit as ended:  # argparse's way
        code = ended.code if isinstance(ended.code, int) else 1
    captured = capsys.readouterr()
    return Result(code, captured.out, captured.err)


def fixed_text(text: str) -> str:
    return apply_fixes(Source("net.sqs", text), None).text


def test_safe_fixes_are_applied_and_nothing_else_is_touched(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = fix(capsys, "net.sqs")
    assert spec.read_text() == FIXED
    assert result.code == 0
    assert "label [4] softmax" in result.out
    assert sqsem_dsl.compiler.check_file(spec) == []


def test_it_says_what_it_changed(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = fix(capsys, "--check", "net.sqs")
    assert result.out == ""
    assert [line for line in result.err.splitlines() if line.startswith("fixed")] == [
        "fixed net.sqs:2:5: warning[SQS841]: the imported block `se` is never used",
        "fixed net.sqs:7:9: warning[SQS841]: the constant `spare` is never used",
        "fixed net.sqs:11:7: warning[SQS841]: the binding `lost` is never used",
        "fixed net.sqs:15:8: warning[SQS825]: the bias of this `conv` has no effect: `batchnorm` removes it",
        "fixed net.sqs:17:8: warning[SQS825]: the bias of this `conv` has no effect: `batchnorm` removes it",
        "fixed net.sqs:2:5: warning[SQS841]: the imported block `fire` is never used",
    ]
    assert "  -     -> conv(16, 3,) -> batchnorm  # the last one\n" in result.err
    assert "  +     -> conv(16, 3, bias = false) -> batchnorm  # the last one\n" in result.err


def test_it_says_it_to_programs(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = fix(capsys, "--check", "--message-format", "json", "net.sqs")
    objects = [json.loads(line) for line in result.err.splitlines()]
    assert [each["fixed"]["code"] for each in objects] == ["SQS841"] * 3 + ["SQS825"] * 2 + ["SQS841"]


def test_a_second_time_changes_nothing(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fix(capsys, "net.sqs")
    before = spec.stat().st_mtime_ns
    again = fix(capsys, "--check", "net.sqs")
    assert (again.err, spec.stat().st_mtime_ns) == ("", before)


def test_without_it_the_message_says_that_it_helps(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compile_main(["--check", "net.sqs"]) == 0
    assert capsys.readouterr().err.endswith("`sqsem-compile --fix` fixes 6 of these\n")
    assert spec.read_text() == SPEC


def test_line_ends_and_a_byte_order_mark_stay(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec.write_bytes(b"\xef\xbb\xbf" + SPEC.replace("\n", "\r\n").encode())
    fix(capsys, "net.sqs")
    assert spec.read_bytes() == b"\xef\xbb\xbf" + FIXED.replace("\n", "\r\n").encode()


def test_what_a_comment_allows_stays() -> None:
    text = SPEC.replace("# the last one", "# sqs: allow SQS825")
    assert "conv(16, 3,) -> batchnorm  # sqs: allow SQS825" in fixed_text(text)


def test_a_statement_with_a_comment_inside_stays() -> None:
    text = "space s {\n  input x: [4]\n  let a = x  # first\n    -> relu\n  output y = x -> dense(2)\n}\n"
    assert fixed_text(text) == text


def test_statements_side_by_side() -> None:
    text = "space s { const a = 1  const b = 2  input x: [4]  param p in [3]  output y = x -> dense(b)  let l = x }"
    assert fixed_text(text) == "space s { const b = 2  input x: [4]  output y = x -> dense(b) }"


def test_a_body_without_its_last_statement_has_no_out() -> None:
    body = "x -> {{ {} out it -> relu }} -> dense(2)"
    text = f"space s {{ input x: [4] output y = {body.format('const a = 1 const b = a')} }}"
    assert fixed_text(text) == "space s { input x: [4] output y = x -> { it -> relu } -> dense(2) }"
    block = "block b(x) { const a = 1 out x -> relu } space s { input x: [4] output y = x -> b -> dense(2) }"
    assert fixed_text(block) == "block b(x) { out x -> relu } space s { input x: [4] output y = x -> b -> dense(2) }"


def test_a_block_that_nothing_uses_is_not_thrown_away() -> None:
    text = "space s { block b(x) { out x -> relu } input x: [4] output y = x -> dense(2) }"
    assert fixed_text(text) == text


def test_a_mistake_of_syntax_with_a_certain_remedy() -> None:
    text = "space s { input x: [4] param p in [1, 2] require p = 1 output y = x -> dense(p) }"
    assert fixed_text(text) == text.replace("p = 1", "p == 1")


def test_the_blocks_of_two_spaces_are_fixed_for_both() -> None:
    block = "block c(x) { out x -> conv(8, 3) } "
    normed = "space a { input x: [8, 8, 3] output y = x -> c -> batchnorm } "
    plain = "space b { input x: [8, 8, 3] output y = x -> c -> relu }"
    assert fixed_text(block + normed + plain) == block + normed + plain
    assert "bias = false" in fixed_text(block + normed)


class Wrong(Diagnostic, code="SQS899", severity="warning"):
    """A warning whose fix has no effect; only for tests."""

    replacement = ""
    title = "nothing is wrong"

    @property
    def fix(self) -> Fix | None:
        return Fix(self.span, self.replacement)


REGISTRY.pop("SQS899")  # not a code of the compiler


@pytest.mark.parametrize("replacement", ["", "x -> nowhere", "x ->"])
def test_a_spec_is_never_left_worse(replacement: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "space s { input x: [4] const a = 1 output y = x -> dense(2) }"
    whole = sqsem_dsl.compiler.Compilation.findings

    def findings(self: sqsem_dsl.compiler.Compilation, thorough: bool = True) -> tuple[Diagnostic, ...]:
        space = self.spaces[0] if self.spaces else None
        outputs = [item for item in space.items if item.kind == "output"] if space is not None else []
        return (*whole(self, thorough), *(Wrong(output.value.span) for output in outputs))

    monkeypatch.setattr(sqsem_dsl.compiler.Compilation, "findings", findings)
    monkeypatch.setattr(Wrong, "replacement", replacement)
    assert fixed_text(text) == "space s { input x: [4] output y = x -> dense(2) }"


def test_edits_that_never_end_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        sqsem_dsl.compiler.Compilation,
        "findings",
        lambda self, thorough=True: (Wrong(self.spaces[0].items[0].shape.span),),
    )
    monkeypatch.setattr(Wrong, "replacement", "[4 ]")
    text = "space s { input x: [4] output y = x -> dense(2) }"
    assert fixed_text(text) == text.replace("[4]", "[4 ]")


@pytest.mark.parametrize("option", [["--emit", "text"], ["--define", "a=1"], ["--space", "s"]])
def test_what_it_does_not_go_with(option: list[str], spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fix(capsys, *option, "net.sqs").code == 2
    assert spec.read_text() == SPEC


def test_a_spec_in_json_form_and_a_missing_file_are_left_alone(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compile_main(["--emit", "spec", "-o", "net.json", "net.sqs"]) == 0
    before = Path("net.json").read_text()
    assert fix(capsys, "net.json", "missing.sqs").code == 1
    assert Path("net.json").read_text() == before


def test_a_file_that_cannot_be_written(
    spec: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(self: Path, data: bytes) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "write_bytes", refused)
    result = fix(capsys, "net.sqs")
    assert result.code == 1
    assert "cannot write `net.sqs`: permission denied" in result.err
    assert spec.read_text() == SPEC
