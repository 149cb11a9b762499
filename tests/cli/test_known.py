"""`sqsem-compile SPEC`: the page, `--where`, `--emit analysis` and `--emit sample`."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from sqsem_dsl.cli import compile_main
from sqsem_dsl.report.text.style import style_for

SMALL = """\
space small {
  "A small one."
  input x: [8]
  output y = x -> repeat n in 1..2 { dense(any [4, 6, 9]) -> relu } -> dense(2) -> softmax
  require params <= 150
  train { optimizer = any [adam, sgd] }
}
"""
TWO = "space a { input x: [8]  output y = x }\nspace b { input x: [8]  output y = x -> dense(any [2, 3]) }\n"
LIBRARY = "block b(x) { out x -> relu }\nblock c(x) { out x -> b }\n"
# 8 * w + w + 2 * w + 2 parameters with one layer of w units, 9 * w + w * v + v + 2 * v + 2 with two, of w and v.
PARAMS = [8 * w + w + 2 * w + 2 for w in (4, 6, 9)] + [
    9 * w + w * v + v + 2 * v + 2 for w in (4, 6, 9) for v in (4, 6, 9)
]


@dataclass
class Result:
    code: int
    out: str
    err: str


Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `sqsem-compile` in a folder with some specs."""
    monkeypatch.chdir(tmp_path)
    for name, text in (("small", SMALL), ("two", TWO), ("library", LIBRARY)):
        (tmp_path / f"{name}.sqs").write_text(text)

    def call(*arguments: str) -> Result:
        try:
            code = compile_main(arguments)
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return call


# ---- the page


def test_the_page(run: Run) -> None:
    result = run("small.sqs")
    within = sum(params <= 150 for params in PARAMS)
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("small  (small.sqs)\n  A small one.\n  inputs         x [8]\n")
    assert "  assignments    12\n  configurations 24\n" in result.out
    assert f"  feasible       {within} ({100 * within / 12:.1f} %)\n" in result.out
    assert result.out.endswith("\n  architectures  12, proved: no two assignments give the same network\n")
    assert "\033" not in result.out


def test_every_space_of_a_file_has_a_page(run: Run) -> None:
    out = run("two.sqs").out
    assert [line for line in out.splitlines() if "(two.sqs)" in line] == ["a  (two.sqs)", "b  (two.sqs)"]
    assert run("two.sqs", "--space", "b").out.startswith("b  (two.sqs)\n")
    assert run("two.sqs", "small.sqs").out == f"{out}\n{run('small.sqs').out}"


def test_a_library_says_what_is_in_it(run: Run) -> None:
    assert run("library.sqs").out == "library.sqs\n  a library of 2 blocks: b, c\n"


def test_all(run: Run) -> None:
    assert "n[0..1].dense.units" in run("small.sqs").out
    assert "n[1].dense.units" in run("small.sqs", "--all").out


def test_an_encoding_without_blocks_is_no_failure(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", written)
    assert run("small.sqs").code == 0
    assert b"small  (small.sqs)" in written.buffer.getvalue()  # type: ignore[attr-defined]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colours_are_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert not style_for(io.StringIO()).color
    assert style_for(Terminal()).color
    monkeypatch.setenv("NO_COLOR", "1")
    assert not style_for(Terminal()).color


def test_a_page_is_as_wide_as_the_terminal_within_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    for columns, width in (("20", 60), ("72", 72), ("250", 100)):
        monkeypatch.setenv("COLUMNS", columns)
        assert style_for(Terminal()).width == width
        assert style_for(io.StringIO()).width == 100


# ---- --where


def test_how_many_meet_a_condition(run: Run) -> None:
    within, both = sum(params >= 70 for params in PARAMS), sum(70 <= params <= 150 for params in PARAMS)
    assert run("small.sqs", "--where", "params >= 70") == Result(
        0,
        "small  12 assignments\n"
        f"  params >= 70       {within} ({100 * within / 12:.1f} %)\n"
        f"  and params <= 150  {both} ({100 * both / 12:.1f} %)\n",
        "",
    )
    assert run("two.sqs", "--where", "params > 20").out == (
        "a  1 assignment\n  params > 20  none\nb  2 assignments\n  params > 20  1 (50.0 %)\n"
    )


@pytest.mark.parametrize(
    ("where", "message"),
    [("params <=", "error[SQS"), ("n <= 2", "`n`"), ("params * macs <= 2", "must be linear")],
)
def test_what_is_no_condition(run: Run, where: str, message: str) -> None:
    for arguments in (["--where", where], ["--emit", "sample", "--where", where]):
        result = run("small.sqs", *arguments)
        assert (result.code, result.out) == (1, "")
        assert message in result.err
        assert "Traceback" not in result.err


# ---- --emit sample and --emit analysis


def sampled(result: Result) -> list[dict[str, object]]:
    assert (result.code, result.err) == (0, "")
    return [json.loads(line) for line in result.out.splitlines()]


def test_a_sample_is_within_budgets_and_condition_and_has_no_two_alike(run: Run) -> None:
    found = sampled(run("small.sqs", "--emit", "sample", "--count", "50", "--where", "params >= 60"))
    assert sorted(each["params"] for each in found) == sorted(p for p in PARAMS if 60 <= p <= 150)
    assert len({each["index"] for each in found}) == len(found)
    for each in found:
        emitted = json.loads(run("small.sqs", "--emit", "architecture", "--at", str(each["index"])).out)
        assert (emitted["params"], emitted["macs"]) == (each["params"], each["macs"])
        train = {"train.optimizer": each["choices"]["train.optimizer"]}  # type: ignore[index]
        assert {**emitted["choices"], **train} == each["choices"]


def test_the_same_seed_gives_the_same_sample(run: Run) -> None:
    first, again, other = (run("small.sqs", "--emit", "sample", "--count", "3", "--seed", s).out for s in "112")
    assert first == again != other
    assert len(first.splitlines()) == 3


def test_ten_are_sampled_unless_a_number_is_given(run: Run) -> None:
    within = sum(params <= 150 for params in PARAMS)
    assert len(sampled(run("small.sqs", "--emit", "sample"))) == min(10, within)


def test_where_nothing_is_to_be_sampled_it_says_so(run: Run) -> None:
    result = run("small.sqs", "--emit", "sample", "--where", "params <= 3")
    assert (result.code, result.out) == (1, "")
    assert "params <= 3" in result.err


def test_all_that_is_known_as_json(run: Run) -> None:
    data = json.loads(run("small.sqs", "--emit", "analysis").out)
    assert (data["space"], data["assignments"], data["configurations"]) == ("small", 12, 24)
    assert (data["params"]["min"], data["params"]["max"]) == (min(PARAMS), max(PARAMS))
    assert run("two.sqs", "--emit", "analysis").code == 1
    assert json.loads(run("two.sqs", "--space", "b", "--emit", "analysis").out)["space"] == "b"


def test_an_architecture_has_its_id(run: Run) -> None:
    ids = {json.loads(run("small.sqs", "--emit", "architecture", "--at", str(i)).out)["id"] for i in range(12)}
    assert len(ids) == 12


# ---- usage

USAGE = {
    "where to check": (
        ["--check", "--where", "params < 3"],
        "--where excludes --check, --validate and --emit, except --emit sample",
    ),
    "where to emit": (
        ["--emit", "choices", "--where", "params < 3"],
        "--where excludes --check, --validate and --emit, except --emit sample",
    ),
    "a count of nothing": (["--count", "3"], "--count requires --emit sample"),
    "a count of none": (["--emit", "sample", "--count", "0"], "must be at least 1"),
    "a seed for the page": (["--seed", "3"], "--seed requires --validate or --emit sample"),
    "all to emit": (["--all", "--emit", "analysis"], "--all excludes --check, --emit, --validate and --where"),
}


@pytest.mark.parametrize("case", USAGE)
def test_usage(run: Run, case: str) -> None:
    arguments, message = USAGE[case]
    result = run("small.sqs", *arguments)
    assert (result.code, result.out) == (2, "")
    assert message in result.err
