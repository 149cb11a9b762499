"""Every command on every terminal: encodings without our characters, control characters, and Ctrl-C."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from sqsem_dsl.cli import INTERRUPTED, main
from sqsem_dsl.cli.messages import BUG
from sqsem_dsl.cli.terminal import ASCII, OURS, Terminal
from sqsem_dsl.utils.visible import visible
from tests.fakes.journals import make_study

ROOT = Path(__file__).resolve().parents[2]
DIGITS = ROOT / "specs" / "digits.sqs"
HOSTILE = "\x1b[31mred\x1b]0;title\x07 \x85 \x9b2J \u202eodd \u2028line \u2066x"
SPEC = f'space s {{ "{HOSTILE}"\n input x: [4]  output y = x -> dense(any [2, 3]) -> softmax }}'
COMMANDS = {
    "check": ["compile", "--check", "wrong.sqs"],
    "page": ["compile", "odd.sqs"],
    "page of a library space": ["compile", str(DIGITS)],
    "text": ["compile", "odd.sqs", "--emit", "text"],
    "json": ["compile", "odd.sqs", "--emit", "spec"],
    "diff": ["diff", "odd.sqs", "other.sqs"],
    "trials": ["trials", "study"],
    "trials as CSV": ["trials", "study", "--csv"],
    "report": ["report", "study"],
    "search": ["search", "odd.sqs", "--data", "nothing.npz"],
    "help": ["--help"],
    "help of search": ["search", "--help"],
    "help of compile": ["compile", "--help"],
}
CONTROLS = [chr(code) for code in (*range(0x20), 0x7F, *range(0x80, 0xA0), 0x202E, 0x2028, 0x2066) if code != 10]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Specs and a study with characters of every kind."""
    place = tmp_path_factory.mktemp("terminal")
    (place / "odd.sqs").write_text(SPEC, encoding="utf-8")
    (place / "other.sqs").write_text(SPEC.replace("[2, 3]", "[2, 3, 4]"), encoding="utf-8")
    (place / "wrong.sqs").write_text(SPEC.replace("softmax", "softmx"), encoding="utf-8")
    make_study(place / "study")
    return place


def in_a_process(arguments: list[str], folder: Path, encoding: str) -> tuple[int, str]:
    """The exit code of a command, and what it wrote."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": encoding}
    command = [sys.executable, "-m", "sqsem_dsl", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    return done.returncode, (done.stdout + done.stderr).decode(encoding)


def run(arguments: list[str], folder: Path, encoding: str) -> tuple[int, str]:
    """The same in this process, whose two streams have the encoding meanwhile."""
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, encoding, write_through=True)
    with contextlib.chdir(folder), redirect_stdout(stream), redirect_stderr(stream):
        try:
            code = main(arguments)
        except SystemExit as ended:  # `--help`
            code = int(ended.code or 0)
    return code, written.getvalue().decode(encoding)


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_command_writes_in_the_terminals_encoding(name: str, encoding: str, folder: Path) -> None:
    code, shown = run(COMMANDS[name], folder, encoding)
    assert code != BUG, shown
    assert "UnicodeEncodeError" not in shown
    assert shown.strip()


@pytest.mark.parametrize("name", ["check", "page of a library space"])
def test_a_process_writes_the_same(name: str, folder: Path) -> None:
    assert in_a_process(COMMANDS[name], folder, "ascii") == run(COMMANDS[name], folder, "ascii")


@pytest.mark.parametrize("name", ["check", "page", "text", "diff"])
def test_no_control_character_of_a_spec_reaches_the_terminal(name: str, folder: Path) -> None:
    _, shown = run(COMMANDS[name], folder, "utf-8")
    assert [char for char in CONTROLS if char in shown] == []
    assert name == "diff" or "␛[31mred" in shown or name == "check"


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True

    encoding = "utf-8"


def test_on_a_terminal_only_our_own_sequences_pass() -> None:
    screen = Screen()
    print("\033[1mbold\033[0m \r\033[K \x1b[8m \x1b]0;t\x07 \r", file=Terminal(screen))  # type: ignore[arg-type]
    assert screen.getvalue() == "\033[1mbold\033[0m \r\033[K ␛[8m ␛]0;t␇ ␍\n"


def test_every_form_in_ascii_is_ascii() -> None:
    assert all(form.isascii() and form.isprintable() for form in ASCII.values())
    assert OURS.fullmatch("\033[1;31m")


@pytest.mark.parametrize("char", [*CONTROLS, "\udc80", "\u200b", "\ufeff"])
def test_what_controls_is_visible(char: str) -> None:
    assert char not in visible(f"a{char}b")
    assert visible(f"a{char}b").isprintable()
    assert len(visible(f"a{char}b")) > 2


# ---- Ctrl-C

PRESSED = """
import os, signal, sys

class Presses:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)
            {then}

from sqsem_dsl.cli import main
sys.meta_path.insert(0, Presses())
sys.exit(main({arguments!r}))
"""
MOMENTS = {
    "as the program loads": ("sqsem_dsl.cli.program", ["compile", "odd.sqs"]),
    "as arguments are read": ("sqsem_dsl.cli.trials", ["trials", "study"]),
    "as a page is loaded": ("sqsem_dsl.report.text.space_page", ["compile", "odd.sqs"]),
    "as trials are loaded": ("sqsem_dsl.report.text.trials", ["trials", "study"]),
    "as a difference is loaded": ("sqsem_dsl.report.text.difference", ["diff", "odd.sqs", "other.sqs"]),
    "as data is loaded": ("numpy", ["search", "odd.sqs", "--data", "digits"]),
    "as answers are loaded": ("sqsem_dsl.report.statistics.find_answers", ["report", "study"]),
}


@pytest.mark.parametrize("then", ["pass", "raise ImportError('broken by the signal')"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_ctrl_c_while_something_is_imported(moment: str, then: str, folder: Path) -> None:
    module, arguments = MOMENTS[moment]
    if then != "pass":  # like a library that replaces every exception of its own imports
        then = "pass\n" + " " * 12 + then
        press = "try:\n                os.kill(os.getpid(), signal.SIGINT)\n            except KeyboardInterrupt:\n"
        text = PRESSED.replace("os.kill(os.getpid(), signal.SIGINT)\n", press + " " * 16 + "pass\n")
    else:
        text = PRESSED
    program = text.format(module=module, arguments=arguments, then=then)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    first = "checking odd.sqs with data digits\n" if arguments[0] == "search" else ""
    assert (done.returncode, done.stderr) == (INTERRUPTED, f"{first}interrupted\n")
