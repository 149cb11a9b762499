"""The manual of the commands: it names every command and kind, its examples run, and its page matches the output."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from sqsem_dsl.backends.keras import errors
from sqsem_dsl.cli.emit import KINDS
from sqsem_dsl.cli.program import COMMANDS
from sqsem_dsl.diagnostics.diagnostic import REGISTRY
from tests.cli.commands import runner

ROOT = Path(__file__).parents[2]
MANUAL = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")


def test_the_page_of_a_comparison() -> None:
    page = (ROOT / "tests" / "cli" / "diff" / "narrowed.txt").read_text(encoding="utf-8")
    assert f"```text\n{page}```" in MANUAL


def test_every_code_of_a_validation_is_named() -> None:
    found = {code for code, cls in REGISTRY.items() if cls.__module__ == errors.__name__}
    found -= {"SQS760", "SQS769"}  # weights and versions of backbones, which the manual describes
    assert found == set(re.findall(r"^\| `(SQS\d+)`", MANUAL, re.MULTILINE))


BLOCKS = re.findall(r"^```sh\n(.*?)^```$", MANUAL, re.DOTALL | re.MULTILINE)
TRAINED = ("sqsem verify", "sqsem diff", "sqsem-compile")
"""Blocks that need Keras, or a study; other tests run these."""
NET = "space net {\n  input x: [4]\n  const spare = 2\n  output y = x->dense(any [2,3])\n}\n"


@pytest.mark.parametrize("block", [block for block in BLOCKS if not block.startswith(TRAINED)])
def test_examples_run(
    block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "specs").symlink_to(ROOT / "specs")
    (tmp_path / "net.sqs").write_text(NET)
    run = runner(tmp_path, monkeypatch, capsys)
    for line in block.splitlines():
        program, *words = shlex.split(line.removesuffix(" < net.sqs"))
        assert program == "sqsem"
        result = run(*words, stdin=NET)
        assert result.code == 0, result.err


def test_every_command_is_named_and_has_an_example_here_or_on_the_page_it_names() -> None:
    named = re.findall(r"^\| \[`sqsem (\w+) [^`]*`\]\(([^)]*)\)", MANUAL, re.MULTILINE)
    assert [name for name, _ in named] == [name for name in COMMANDS if name != "compile"]
    for name, target in named:
        page = (
            MANUAL if target.startswith("#") else (ROOT / "docs" / target.partition("#")[0]).read_text(encoding="utf-8")
        )
        assert f"sqsem {name} " in page


def test_every_kind_that_is_emitted_is_named() -> None:
    section = MANUAL.partition("## Emit and sample")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == set(KINDS)
