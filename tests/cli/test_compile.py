"""`sqsem-compile`: exit codes, message formats, emitted forms, and errors on the command line."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from sqsem_dsl.cli import compile_main, main

GOOD = """\
space s {
  const classes = 10

  input image: [8, 8, 3]

  param filters in [4, 8]

  output label = image -> conv(filters, 3) -> gap -> dense(classes) -> softmax
}
"""
BAD = "space s {\n  input x: [8]\n  output y = x -> dens(3)\n}\n"
WARNED = "space s {\n  input x: [8]\n  param w in [1, 2]\n  require w > 0\n  output y = x -> dense(w)\n}\n"
TWO = "space a { input x: [8]  output y = x }\nspace b { input x: [8]  output y = x -> dense(2) }\n"
LIBRARY = "block b(x) { out x -> relu }\n"


@dataclass
class Result:
    code: int
    out: str
    err: str

    @property
    def codes(self) -> list[str]:
        """The codes of the messages, in the short form."""
        return [line.partition("[")[2].partition("]")[0] for line in self.err.splitlines() if "[SQS" in line]


Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `sqsem-compile` in a folder with some specs."""
    monkeypatch.chdir(tmp_path)
    for name, text in (("good", GOOD), ("bad", BAD), ("warned", WARNED), ("two", TWO), ("library", LIBRARY)):
        (tmp_path / f"{name}.sqs").write_text(text)

    def call(*arguments: str) -> Result:
        try:
            code = compile_main(arguments)
        except SystemExit as ended:  # argparse's way
            code = ended.code if isinstance(ended.code, int) else 1
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return call


# ---- exit codes and streams


def test_a_good_spec_is_summed_up(run: Run) -> None:
    result = run("good.sqs")
    assert (result.code, result.err) == (0, "")
    assert "image [8, 8, 3]" in result.out
    assert "label [10] softmax" in result.out


def test_check_says_nothing_where_nothing_is_wrong(run: Run) -> None:
    assert run("--check", "good.sqs", "library.sqs", "two.sqs") == Result(0, "", "")


def test_a_wrong_spec_ends_with_1(run: Run) -> None:
    result = run("bad.sqs")
    assert (result.code, result.out) == (1, "")
    assert result.err == (
        "error[SQS204]: unknown operator or block `dens`\n"
        " --> bad.sqs:3:19\n"
        "  |\n"
        "3 |   output y = x -> dens(3)\n"
        "  |                   ^^^^\n"
        "  |\n"
        "  = help: an operator with a similar name exists: `dense`\n"
        "\n"
        "1 error\n"
    )


def test_every_file_is_checked(run: Run) -> None:
    result = run("--message-format", "short", "bad.sqs", "good.sqs", "missing.sqs")
    assert (result.code, result.codes) == (1, ["SQS204", "SQS020"])
    assert "good.sqs" in result.out


def test_a_warning_is_no_failure(run: Run) -> None:
    result = run("--check", "--message-format", "short", "warned.sqs")
    assert (result.code, result.codes) == (0, ["SQS603"])
    assert result.err.startswith("warned.sqs:4:11: warning[SQS603]: ")


def test_a_bug_of_ours_ends_with_70(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object) -> None:
        raise RuntimeError("out of cheese")

    monkeypatch.setattr("sqsem_dsl.compiler.resolve", broken)
    result = run("good.sqs")
    assert result.code == 70
    assert "sqsem has a bug: RuntimeError: out of cheese" in result.err
    assert "Traceback" not in result.err


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_and_version(run: Run, arguments: list[str]) -> None:
    result = run(*arguments)
    assert (result.code, result.err) == (0, "")
    assert "sqsem" in result.out


def test_both_commands_are_one(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    ours = run("good.sqs")
    assert main(["compile", "good.sqs"]) == 0
    assert capsys.readouterr().out == ours.out


# ---- message formats


def test_short_messages_are_a_line_each(run: Run) -> None:
    result = run("--message-format", "short", "bad.sqs")
    assert result.err == "bad.sqs:3:19: error[SQS204]: unknown operator or block `dens`\n"


def test_json_messages_are_an_object_a_line(run: Run) -> None:
    (line,) = run("--message-format", "json", "bad.sqs").err.splitlines()
    found = json.loads(line)
    assert (found["code"], found["severity"], found["file"]) == ("SQS204", "error", "bad.sqs")
    assert (found["line"], found["column"], found["end_line"], found["end_column"]) == (3, 19, 3, 23)
    assert BAD[found["start"] : found["end"]] == "dens"
    assert found["help"] == "an operator with a similar name exists: `dense`"


# ---- usage: 2

USAGE = {
    "no spec": ([], "name at least one SPEC"),
    "a define without a value": (["good.sqs", "--define", "classes"], "--define expects NAME=VALUE"),
    "an unknown target": (["good.sqs", "--emit", "keras"], "unknown value `keras`: choose from spec, "),
    "an unknown option": (["good.sqs", "--chek"], "unknown option `--chek`: did you mean `--check`?"),
    "an unknown form": (["good.sqs", "--message-format", "xml"], "unknown value `xml`: choose from text, short, json"),
    "two specs to emit": (["good.sqs", "two.sqs", "--emit", "text"], "--emit requires exactly one SPEC"),
    "check and emit": (["good.sqs", "--check", "--emit", "text"], "--check excludes --emit"),
    "at without an architecture": (["good.sqs", "--at", "1"], "--at requires --emit architecture or python"),
    "an output without a target": (["good.sqs", "-o", "x.json"], "-o requires --emit"),
}


@pytest.mark.parametrize("case", USAGE)
def test_usage(run: Run, case: str) -> None:
    arguments, message = USAGE[case]
    result = run(*arguments)
    assert (result.code, result.out) == (2, "")
    assert message in result.err


# ---- files, defines, spaces, architectures

WRONG = {
    "a missing file": (["missing.sqs"], "SQS020", "there is no file `missing.sqs`"),
    "a nearly right name": (["god.sqs"], "SQS020", "a file with a similar name exists: `good.sqs`"),
    "a folder": (["."], "SQS021", "it is a folder"),
    "an unknown constant": (["good.sqs", "--define", "clases=3"], "SQS104", "similar name exists: `classes`"),
    "a define that is not a value": (
        ["good.sqs", "--define", "classes=["],
        "SQS104",
        "`--define classes=[` is not a number",
    ),
    "a define that is a choice": (
        ["good.sqs", "--define", "classes=any [1, 2]"],
        "SQS104",
        "is not a number, symbol or string",
    ),
    "a define that does not fit": (["good.sqs", "--define", "classes=0"], "SQS403", "`units` of `dense` is 0"),
    "an unknown space": (["two.sqs", "--space", "c"], "SQS103", "name one with `--space`: `a`, `b`"),
    "which of two spaces": (["two.sqs", "--emit", "choices"], "SQS103", "this file has 2 spaces"),
    "no space": (["library.sqs", "--emit", "choices"], "SQS103", "this file has no space"),
    "a number past the end": (["--at", "2"], "SQS610", "the space has 2 assignments, numbered from 0"),
    "a number below 0": (["--at", "-1"], "SQS610", "there is no architecture number -1"),
    "a word": (["--at", "first"], "SQS612", "`--at first` does not select an architecture"),
    "broken JSON": (["--at", '{"filters": 4'], "SQS612", "or a JSON object such as"),
    "a list": (["--at", "[1]"], "SQS612", "does not select an architecture"),
    "an unknown choice": (["--at", '{"filter": 4}'], "SQS605", "a choice with a similar name exists: `filters`"),
    "a missing choice": (["--at", "{}"], "SQS606", "missing value for `filters`"),
    "a value outside the domain": (["--at", '{"filters": 5}'], "SQS607", "its domain is [4, 8]"),
    "a truth value for a number": (["--at", '{"filters": true}'], "SQS607", "`filters` cannot be true"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong(run: Run, case: str) -> None:
    arguments, code, message = WRONG[case]
    if arguments[0] == "--at":
        arguments = ["good.sqs", "--emit", "architecture", *arguments]
    result = run(*arguments)
    assert (result.code, result.out) == (1, "")
    assert f"error[{code}]" in result.err
    assert message in result.err
    assert "Traceback" not in result.err


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable to root")
def test_a_file_that_may_not_be_read(run: Run, tmp_path: Path) -> None:
    (tmp_path / "good.sqs").chmod(0)
    assert run("--message-format", "short", "good.sqs").codes == ["SQS021"]


def test_define(run: Run) -> None:
    assert "label [3] softmax" in run("good.sqs", "--define", "classes=3").out
    assert "label [4] softmax" in run("good.sqs", "--define", "classes=2 * 2").out


# ---- emitted forms


def test_spec_and_text_are_the_same_spec(run: Run) -> None:
    assert run("good.sqs", "--emit", "text") == Result(0, GOOD, "")
    assert run("good.sqs", "--emit", "spec", "-o", "good.json") == Result(0, "", "")
    assert run("good.json", "--emit", "text").out == GOOD
    assert run("good.json", "--emit", "choices").out == run("good.sqs", "--emit", "choices").out


def test_schema_needs_no_spec(run: Run) -> None:
    result = run("--emit", "schema")
    assert result.code == 0
    assert "$defs" in json.loads(result.out)


def test_choices(run: Run) -> None:
    (choice,) = json.loads(run("good.sqs", "--emit", "choices").out)
    assert (choice["path"], choice["kind"]) == ("filters", "param")


def test_architecture(run: Run) -> None:
    def emit(*at: str) -> dict[str, object]:
        return dict(json.loads(run("good.sqs", "--emit", "architecture", *at).out))

    assert emit() == emit("--at", "default") == emit("--at", "0") == emit("--at", '{"filters": 4}')
    other = emit("--at", "1")
    assert other == emit("--at", '{"filters": 8.0}')
    assert other["choices"] == {"filters": 8}
    # conv: 3 * 3 * 3 * 8 + 8, dense: 8 * 10 + 10
    assert other["params"] == 224 + 90
    assert {"layers", "params", "trainable_params", "macs"} <= other.keys()


def test_a_wrong_spec_is_not_emitted_but_as_what_it_says(run: Run) -> None:
    assert run("bad.sqs", "--emit", "choices").code == 1
    assert run("bad.sqs", "--emit", "text").out == BAD


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        (".", "is a directory"),
        ("no/such/folder.json", "no such file or directory"),
        ("/dev/full", "no space left on device"),
    ],
)
def test_a_place_that_cannot_be_written(run: Run, place: str, reason: str) -> None:
    if place == "/dev/full" and not Path(place).exists():
        pytest.skip("no /dev/full here")
    result = run("good.sqs", "--emit", "spec", "-o", place)
    assert (result.code, result.out) == (1, "")
    assert f"cannot write `{place}`: {reason}" in result.err
    assert "name another file with `-o`" in result.err
