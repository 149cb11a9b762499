"""`sqsem COMMAND`: the list of commands; they print and write the same as the options of `sqsem-compile`."""

from __future__ import annotations

import gc
import json
from contextlib import suppress
from pathlib import Path

import pytest

from sqsem_dsl.cli import compile_main, main
from sqsem_dsl.cli.emit import HELP, KINDS
from sqsem_dsl.cli.program import COMMANDS
from tests.cli.commands import Run, runner
from tests.test_imports import FRAMEWORKS, command
from tests.test_imports import run as run_without

GOOD = """\
space s {
  const classes = 10
  input image: [8, 8, 3]
  param filters in [4, 8]
  output label = image -> conv(filters, 3) -> gap -> dense(classes) -> softmax
}
"""
BAD = "space s {\n  input x: [8]\n  output y = x -> dens(3)\n}\n"
FIXABLE = "space s {\n  const spare = 3\n  input x: [8]\n  output y = x -> dense(any [2, 3])\n}\n"
LIBRARY = "block b(x) { out x -> relu }\n"
USER = 'use b from "library.sqs"\nspace s { input x: [4]  output y = x -> b -> dense(2) }\n'


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `sqsem` in a folder with some specs."""
    specs = {"good": GOOD, "bad": BAD, "fixable": FIXABLE, "library": LIBRARY, "user": USER}
    for name, text in specs.items():
        (tmp_path / f"{name}.sqs").write_text(text)
    return runner(tmp_path, monkeypatch, capsys)


# ---- the program


def test_help_lists_every_command_with_a_line(run: Run) -> None:
    result = run("--help")
    assert result.code == 0
    for name, line in COMMANDS.items():
        assert f"    {name:<12} {line}\n" in result.out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_examples(name: str, run: Run) -> None:
    result = run(name, "--help")
    program = "sqsem-compile" if name == "compile" else f"sqsem {name}"
    assert (result.code, result.err) == (0, "")
    assert f"examples:\n  {program} " in result.out.replace("KERAS_BACKEND=jax ", "")
    assert max(map(len, result.out.splitlines())) <= 120


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["chek", "good.sqs"], "sqsem: error: unknown command `chek`: did you mean `check`?"),
        (["fromage", "good.sqs"], "sqsem: error: unknown command `fromage`: choose from check, show, emit,"),
        (["format", "good.sqs"], "sqsem: error: unknown command `format`: did you mean `fmt`?\n  `sqsem --help` shows"),
        (["emit", "choises", "good.sqs"], "sqsem emit: error: unknown kind `choises`: did you mean `choices`?"),
        (["emit", "choices"], "the following arguments are required: SPEC"),
        (
            ["emit", "choices", "good.sqs", "--at", "1"],
            "sqsem emit choices: error: unknown option `--at`\n  `sqsem emit choices --help` shows",
        ),
        (["emit", "schema", "good.sqs"], "sqsem emit schema: error: unexpected argument `good.sqs`"),
        (["show", "good.sqs", "--all", "--where", "params < 3"], "--where: not allowed with argument --all"),
        (["check", "good.sqs", "--define", "classes"], "--define expects NAME=VALUE, not 'classes'"),
        (["sample", "good.sqs", "-n", "0"], "must be at least 1"),
        (["sample", "good.sqs", "-n", "-1"], "must be at least 1"),
        (["sample", "good.sqs", "--seed", "x"], "`x` is not a whole number"),
        (["check", "good.sqs", "--efort", "quick"], "unknown option `--efort`: did you mean `--effort`?"),
        (["check", "good.sqs", "--effort=quik"], "unknown value `quik`: did you mean `quick`?"),
        (["export", "runs", "--to", "tflite"], "unknown value `tflite`: did you mean `litert`?"),
        (["fix", "-"], "name a file instead of -"),
        (["check"], "the following arguments are required: SPEC"),
        ([], "search       search a space on data"),
        (["emit"], "architecture"),
    ],
)
def test_usage(words: list[str], message: str, run: Run) -> None:
    result = run(*words)
    assert (result.code, result.out) == (2, "")
    assert message in result.err


def test_help_loads_no_compiler() -> None:
    code = (
        "import sys\nfrom sqsem_dsl.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    print('sqsem_dsl.compiler' in sys.modules)"
    )
    assert run_without(code).stdout.endswith("\nFalse\n")


def test_a_command_loads_no_framework_and_no_other_command(tmp_path: Path) -> None:
    (tmp_path / "good.sqs").write_text(GOOD)
    spec = str(tmp_path / "good.sqs")
    calls = [
        ["check", spec],
        ["show", spec],
        ["emit", "analysis", spec],
        ["sample", spec],
        ["fmt", spec],
        ["fix", spec],
    ]
    code = f"import sys\nfrom sqsem_dsl.cli import main\nprint([main(words) for words in {calls}])\nprint(*sys.modules)"
    *_, codes, modules = run_without(code, *FRAMEWORKS).stdout.splitlines()
    assert codes == "[0, 0, 0, 0, 0, 0]"
    loaded = set(modules.split())
    assert not {f"sqsem_dsl.cli.{name}" for name in ("verify", "diff", "search", "trials", "report")} & loaded


# ---- same as sqsem-compile

SAME = {
    "check": (["check", "good.sqs"], ["--check", "good.sqs"]),
    "check several": (["check", "bad.sqs", "good.sqs"], ["--check", "bad.sqs", "good.sqs"]),
    "messages in the short form": (
        ["check", "bad.sqs", "none.sqs", "--message-format", "short"],
        ["--check", "bad.sqs", "none.sqs", "--message-format", "short"],
    ),
    "show": (["show", "good.sqs"], ["good.sqs"]),
    "show a library": (["show", "library.sqs"], ["library.sqs"]),
    "show all": (["show", "--all", "good.sqs"], ["--all", "good.sqs"]),
    "show where": (["show", "good.sqs", "--where", "params < 200"], ["good.sqs", "--where", "params < 200"]),
    "show with a constant": (["show", "good.sqs", "--define", "classes=3"], ["good.sqs", "--define", "classes=3"]),
    "show of what is wrong": (["show", "bad.sqs"], ["bad.sqs"]),
    "schema": (["emit", "schema"], ["--emit", "schema"]),
    "text of what is wrong": (["emit", "text", "bad.sqs"], ["bad.sqs", "--emit", "text"]),
    "choices of what is wrong": (["emit", "choices", "bad.sqs"], ["bad.sqs", "--emit", "choices"]),
    "an architecture": (
        ["emit", "architecture", "good.sqs", "--at", "1"],
        ["good.sqs", "--emit", "architecture", "--at", "1"],
    ),
    "sample": (
        ["sample", "good.sqs", "-n", "1", "--seed", "4", "--where", "params > 9"],
        ["good.sqs", "--emit", "sample", "--count", "1", "--seed", "4", "--where", "params > 9"],
    ),
    **{
        kind: (["emit", kind, "good.sqs"], ["good.sqs", "--emit", kind])
        for kind in ("spec", "text", "choices", "architecture", "analysis")
    },
}


@pytest.mark.parametrize("case", SAME)
def test_a_command_is_what_an_option_is(case: str, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    words, options = SAME[case]
    result = run(*words)
    code = compile_main(options)
    captured = capsys.readouterr()
    assert (result.code, result.out, result.err) == (code, captured.out, captured.err)


def test_every_kind_is_explained() -> None:
    assert HELP.keys() == KINDS.keys()


@pytest.mark.parametrize("words", [["check", "specs/toy.sqs"], ["check", "nowhere.sqs"], ["check", "--wrong"]])
def test_a_program_that_calls_a_command_collects_garbage_afterwards(
    words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commands run without collection, which must not last: later code of the process would keep all its garbage."""
    monkeypatch.chdir(Path(__file__).parents[2])
    assert gc.isenabled()
    frozen = gc.get_freeze_count()
    for call in (lambda: main(words), lambda: compile_main(words[1:])):
        with suppress(SystemExit):
            call()
        assert gc.isenabled()
        assert gc.get_freeze_count() == frozen


def test_what_is_emitted_goes_to_a_file(run: Run) -> None:
    assert run("emit", "choices", "good.sqs", "-o", "choices.json").out == ""
    assert json.loads(Path("choices.json").read_text())[0]["path"] == "filters"
    result = run("sample", "good.sqs", "-o", ".")
    assert result.code == 1
    assert "cannot write `.`: is a directory" in result.err


# ---- standard input


@pytest.mark.parametrize("words", [["check"], ["show"], ["emit", "choices"], ["sample", "-n", "1"]])
def test_a_spec_from_standard_input(words: list[str], run: Run) -> None:
    from_file, piped = run(*words, "good.sqs"), run(*words, "-", stdin=GOOD)
    assert (piped.code, piped.err) == (0, "")
    assert piped.out == from_file.out.replace("good.sqs", "<stdin>")
    assert run(*words, "-", stdin=run("emit", "spec", "good.sqs").out).out == piped.out


def test_messages_name_standard_input(run: Run) -> None:
    short = run("check", "-", "--message-format", "short", stdin=BAD)
    assert (short.code, short.err) == (1, "<stdin>:3:19: error[SQS204]: unknown operator or block `dens`\n")
    assert (
        "error[SQS022]" in run("check", "-", stdin=b"space \xff").err or "UTF-8" in run("check", "-", stdin=b"\xff").err
    )


def test_a_spec_from_standard_input_uses_files_of_this_folder(run: Run) -> None:
    assert run("check", "-", stdin=USER) == run("check", "user.sqs")


def test_sqsem_compile_takes_a_dash_for_a_name(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert compile_main(["--check", "-"]) == 1
    assert "there is no file `-`" in capsys.readouterr().err


# ---- fix and verify


def test_fix(run: Run) -> None:
    assert "`sqsem fix` fixes this" in run("check", "fixable.sqs").err
    result = run("fix", "fixable.sqs", "good.sqs")
    assert (result.code, result.out) == (0, "")
    assert result.err.startswith("fixed fixable.sqs:2:9: warning[SQS841]: the constant `spare` is never used\n")
    assert Path("fixable.sqs").read_text() == FIXABLE.replace("  const spare = 3\n", "")
    assert run("fix", "fixable.sqs").err == ""


def test_fix_says_what_remains(run: Run) -> None:
    result = run("fix", "bad.sqs", "--message-format", "short")
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert "error[SQS204]" in result.err


@pytest.mark.keras
def test_verify(run: Run) -> None:
    result = run("verify", "fixable.sqs", "-n", "2")
    assert result.code == 0
    assert result.out.startswith("s: 2 architectures, the whole space: shapes, parameters and MACs of 4 layers agree")


def test_verify_says_first_what_is_wrong(run: Run) -> None:
    result = run("verify", "bad.sqs")
    assert (result.code, result.out) == (1, "")
    assert "error[SQS204]" in result.err


def test_verify_without_keras_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "good.sqs").write_text(GOOD)
    program = command("verify", str(tmp_path / "good.sqs"), program="main")
    result = run_without(program, *FRAMEWORKS, check=False)
    assert (result.returncode, result.stdout) == (1, "")
    assert "sqsem-dsl[tensorflow]" in result.stderr
